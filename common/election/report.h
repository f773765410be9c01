#ifndef CANVASS_COMMON_ELECTION_REPORT_H_
#define CANVASS_COMMON_ELECTION_REPORT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "common/election/rule.h"

// A report as submitted. Its ids are not checked yet.
namespace canvass::election {

// Largest count that a report may give.
inline constexpr std::int64_t kCountMax = 999'999'999;

struct Document {
  std::string sha256{};  // lower-case hex
  std::string uri{};

  bool operator==(const Document&) const = default;
};

struct CandidateCount {
  std::string candidate_id{};
  std::optional<std::int64_t> count{};

  bool operator==(const CandidateCount&) const = default;
};

// nullopt means unknown, not 0.
struct BallotCount {
  std::optional<std::int64_t> registered_voters{};
  std::optional<std::int64_t> ballots_issued{};
  std::optional<std::int64_t> ballots_cast{};
  std::optional<std::int64_t> blank_votes{};
  std::optional<std::int64_t> invalid_votes{};
  std::vector<CandidateCount> votes{};

  bool operator==(const BallotCount&) const = default;
};

struct InterviewCount {
  std::optional<std::int64_t> asked{};
  std::optional<std::int64_t> refused{};
  std::optional<std::int64_t> undecided{};
  std::vector<CandidateCount> answers{};

  bool operator==(const InterviewCount&) const = default;
};

struct StationReport {
  std::string election_id{};
  std::string contest_id{};
  std::string source_id{};
  std::string station_id{};
  std::int32_t revision = 1;
  std::string reason{};
  std::variant<std::monostate, BallotCount, InterviewCount> count{};
  std::optional<absl::Time> counted_at{};
  std::vector<Document> documents{};
  // What the message had that the fields above cannot hold (FIELD_UNKNOWN, TIME_OUT_OF_RANGE), so
  // that it is refused and not lost.
  std::vector<Finding> message_faults{};

  bool operator==(const StationReport&) const = default;
};

struct ReportKey {
  std::string election_id{};
  std::string contest_id{};
  std::string source_id{};
  std::string station_id{};
  std::int32_t revision = 0;  // 0 in a query means the newest

  bool operator==(const ReportKey&) const = default;
};

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_REPORT_H_
