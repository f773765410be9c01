#ifndef CANVASS_SERVICES_AGGREGATOR_STORE_POSTGRES_REFUSAL_ROWS_H_
#define CANVASS_SERVICES_AGGREGATOR_STORE_POSTGRES_REFUSAL_ROWS_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "common/postgres/copy.h"
#include "services/aggregator/store/ledger_store.h"

namespace canvass::aggregator {

// COPY statement that takes the rows of PutRefusal.
inline constexpr const char* kCopyRefusals =
    "COPY canvass.refused_reports (election_no, actor, refused_at, election_id, contest_id, "
    "source_id, station_id, revision, reason, counted_at, interviews, numbers, candidate_ids, "
    "votes, "
    "documents, rules, severities, fields, subjects, finding_numbers) FROM STDIN (FORMAT binary);";

// COPY statement that returns the rows for ReadRefusal, oldest first.
inline constexpr const char* kCopyRefusalsOut =
    "COPY (SELECT actor, refused_at, election_id, contest_id, source_id, station_id, revision, "
    "reason, counted_at, interviews, numbers, candidate_ids, votes, documents, rules, severities, "
    "fields, subjects, finding_numbers FROM canvass.refused_reports ORDER BY refusal_no) "
    "TO STDOUT (FORMAT binary);";

// `election_no` is 0 for an unknown election.
void PutRefusal(postgres::CopyEncoder& rows, int election_no, const Refusal& refusal);
absl::StatusOr<Refusal> ReadRefusal(std::string_view bytes);

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_STORE_POSTGRES_REFUSAL_ROWS_H_
