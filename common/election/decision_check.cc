#include "common/election/decision_check.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/error.h"
#include "common/base/index.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/election/count.h"
#include "common/election/decision_fields.h"
#include "common/election/definition.h"
#include "common/election/event.h"
#include "common/election/standing.h"
#include "common/election/station_history.h"

namespace canvass::election {
namespace {

// The report that a decision is about, and its standing in the count.
struct ReportInQuestion {
  StationKey key{};
  StationStanding standing{};
};

absl::StatusOr<StationKey> FindStation(const Count& count, const ReportKey& key) {
  if (!count.defined() || key.election_id != count.definition().election().id) {
    return UnknownIdError(reason::kElectionUnknown, "key.election_id", "election", key.election_id);
  }
  const Definition& definition = count.definition();
  const absl::StatusOr<int> contest_no = FindContestAt(definition, "key.", key.contest_id);
  if (!contest_no.ok()) return contest_no.status();
  const absl::StatusOr<int> source_no = FindSourceAt(definition, "key.", key.source_id);
  if (!source_no.ok()) return source_no.status();
  const std::optional<int> station_no = definition.FindStation(key.station_id);
  if (!station_no) {
    return UnknownIdError(reason::kStationUnknown, "key.station_id", "station", key.station_id);
  }
  return StationKey{.contest_no = *contest_no, .source_no = *source_no, .station_no = *station_no};
}

// Checks what every decision about a report needs: known ids, a revision, valid texts, a reason,
// and a report of the station.
absl::StatusOr<ReportInQuestion> FindReport(const Count& count,
                                            const ReportDecisionRequest& request) {
  const absl::StatusOr<StationKey> key = FindStation(count, request.key);
  if (!key.ok()) return key.status();
  if (request.key.revision < 1) {
    return FieldError(reason::kRevisionMissing, "key.revision",
                      "must be given, so that the decision never applies to an unseen revision");
  }
  if (absl::Status texts = CheckDecisionTexts("", request.reason, request.documents); !texts.ok()) {
    return texts;
  }
  if (absl::Status reason = RequireReason(request.reason, "the decision needs a reason");
      !reason.ok()) {
    return reason;
  }
  const StationStanding standing = count.StandingOf(*key);
  if (standing.newest_revision == 0) {
    return StandingError(reason::kReportUnknown,
                         StrCat("station \"", request.key.station_id, "\" has not reported"));
  }
  return ReportInQuestion{.key = *key, .standing = standing};
}

// A station's own reports cannot count while it is closed or counted at another station.
absl::Status CheckReportsForItself(const Definition& definition, int station_no) {
  const std::string& station_id = definition.stations()[Index(station_no)].id;
  if (definition.IsClosed(station_no)) {
    return StandingError(reason::kStationClosed, StrCat("station \"", station_id, "\" is closed"));
  }
  const int counted_at = definition.CountedAt(station_no);
  if (counted_at == station_no) return absl::OkStatus();
  return StandingError(reason::kStationCountedElsewhere,
                       StrCat("station \"", station_id, "\" is counted at station \"",
                              definition.stations()[Index(counted_at)].id, "\""));
}

// Checks whether decisions about the station's report are allowed now.
absl::Status CheckOpen(const Count& count, const StationKey& key) {
  if (absl::Status station = CheckReportsForItself(count.definition(), key.station_no);
      !station.ok()) {
    return station;
  }
  if (!count.IsCertified(key.contest_no, key.source_no)) return absl::OkStatus();
  return StandingError(
      reason::kContestCertified,
      "the result of this contest is certified; reopen the contest before deciding about its "
      "reports",
      {{"certification_sequence", count.FindCertified(key.contest_no, key.source_no)->sequence}});
}

absl::Status CheckNewest(const ReportDecisionRequest& request, const StationStanding& standing) {
  if (request.key.revision == standing.newest_revision) return absl::OkStatus();
  return StandingError(
      reason::kRevisionMoved,
      StrCat("revision ", request.key.revision,
             " is not the newest revision of this report, which is ", standing.newest_revision),
      {{"revision", request.key.revision}, {"newest_revision", standing.newest_revision}});
}

Decision Standing(std::int64_t sequence) { return {.standing_sequence = sequence}; }

bool IsSame(const RecordedAnnulment& recorded, const ReportDecisionRequest& request) {
  const ReportAnnulment& annulment = recorded.annulment;
  return annulment.revision == request.key.revision && annulment.reason == request.reason &&
         annulment.station_expected_again == request.station_expected_again &&
         annulment.documents == request.documents;
}

bool IsSame(const RecordedReinstatement& recorded, const ReportDecisionRequest& request) {
  const ReportReinstatement& reinstatement = recorded.reinstatement;
  return reinstatement.revision == request.key.revision && reinstatement.reason == request.reason &&
         reinstatement.documents == request.documents;
}

// Returns the newest of `decisions` that is the same as `request`; null if there is none.
template <typename Recorded>
const Recorded* FindSame(const std::vector<Recorded>& decisions,
                         const ReportDecisionRequest& request) {
  const auto same =
      std::find_if(decisions.rbegin(), decisions.rend(),
                   [&](const Recorded& recorded) { return IsSame(recorded, request); });
  return same == decisions.rend() ? nullptr : &*same;
}

// Returns the answer to a request for a decision that is already recorded.
template <typename Recorded>
absl::StatusOr<Decision> AnswerAgain(const Recorded& recorded) {
  if (recorded.superseded_sequence == 0) return Standing(recorded.sequence);
  return SupersededError(recorded.sequence, recorded.superseded_sequence);
}

}  // namespace

absl::StatusOr<Decision> CheckRelease(const Count& count, const ReportDecisionRequest& request) {
  const absl::StatusOr<ReportInQuestion> report = FindReport(count, request);
  if (!report.ok()) return report.status();
  const std::int32_t revision = request.key.revision;
  const std::int64_t released = count.FindRelease(report->key, revision);
  if (released != 0 && report->standing.annulled_revision < revision) return Standing(released);
  if (absl::Status open = CheckOpen(count, report->key); !open.ok()) return open;
  if (absl::Status newest = CheckNewest(request, report->standing); !newest.ok()) return newest;
  if (!report->standing.newest_is_held) {
    const bool annulled = report->standing.annulled_revision >= revision;
    return StandingError(reason::kReportNotHeld,
                         StrCat("revision ", revision, " of this report is not held: it ",
                                annulled ? "was annulled" : "counts"),
                         {{"revision", revision}});
  }
  return Decision{.event = ReportRelease{.key = report->key,
                                         .revision = revision,
                                         .reason = request.reason,
                                         .documents = request.documents}};
}

absl::StatusOr<Decision> CheckAnnulment(const Count& count, const ReportDecisionRequest& request) {
  const absl::StatusOr<ReportInQuestion> report = FindReport(count, request);
  if (!report.ok()) return report.status();
  if (const StationHistory* const history = count.FindHistory(report->key); history != nullptr) {
    const RecordedAnnulment* const same = FindSame(history->annulments(), request);
    if (same != nullptr) return AnswerAgain(*same);
  }
  if (absl::Status open = CheckOpen(count, report->key); !open.ok()) return open;
  if (absl::Status newest = CheckNewest(request, report->standing); !newest.ok()) return newest;
  return Decision{.event = ReportAnnulment{.key = report->key,
                                           .revision = request.key.revision,
                                           .reason = request.reason,
                                           .station_expected_again = request.station_expected_again,
                                           .documents = request.documents}};
}

absl::StatusOr<Decision> CheckReinstatement(const Count& count,
                                            const ReportDecisionRequest& request) {
  const absl::StatusOr<ReportInQuestion> report = FindReport(count, request);
  if (!report.ok()) return report.status();
  if (const StationHistory* const history = count.FindHistory(report->key); history != nullptr) {
    const RecordedReinstatement* const same = FindSame(history->reinstatements(), request);
    if (same != nullptr) return AnswerAgain(*same);
  }
  const std::int32_t revision = request.key.revision;
  const RecordedAnnulment* const in_force = count.FindAnnulment(report->key);
  if (absl::Status open = CheckOpen(count, report->key); !open.ok()) return open;
  if (in_force == nullptr) {
    return StandingError(reason::kReportNotAnnulled, "no annulment of this report is in force",
                         {{"revision", revision}});
  }
  if (in_force->annulment.revision != revision) {
    return StandingError(
        reason::kRevisionMoved,
        StrCat("the annulment in force names revision ", in_force->annulment.revision, ", not ",
               revision),
        {{"revision", revision}, {"annulled_revision", in_force->annulment.revision}});
  }
  return Decision{.event = ReportReinstatement{.key = report->key,
                                               .revision = revision,
                                               .reason = request.reason,
                                               .documents = request.documents}};
}

absl::StatusOr<int> ResolveContest(const Definition& definition, std::string_view contest_id) {
  return FindContestAt(definition, "", contest_id);
}

absl::StatusOr<int> ResolveOfficialOrNamedSource(const Definition& definition,
                                                 std::string_view source_id) {
  return FindSourceAt(definition, "", source_id);
}

}  // namespace canvass::election
