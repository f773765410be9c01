#ifndef CANVASS_SERVICES_CANVASS_ELECTION_NAMES_H_
#define CANVASS_SERVICES_CANVASS_ELECTION_NAMES_H_

#include <google/protobuf/map.h>
#include <google/protobuf/repeated_field.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "canvass/v1/election.pb.h"

namespace canvass {

using LocalizedNames = google::protobuf::Map<std::string, std::string>;

// "REHEARSAL: Synthetic split by station"; "" for an election without a notice that is none.
std::string NoticeText(const std::string& notice, bool rehearsal);

// What the ids of an election are called, in one language, and the zone in which its people read
// times.
class ElectionNames {
 public:
  // `language`: empty for the election's own order.
  ElectionNames(const v1::Election& election,
                const google::protobuf::RepeatedPtrField<v1::Contest>& contests,
                const google::protobuf::RepeatedPtrField<v1::Source>& sources,
                std::string_view language);

  void AddArea(const v1::Area& area);

  // The id itself where there is no name.
  const std::string& Election() const { return election_; }
  std::string Contest(std::string_view contest_id) const;
  std::string Candidate(std::string_view contest_id, std::string_view candidate_id) const;
  std::string Source(std::string_view source_id) const;
  std::string Area(std::string_view area_id) const;
  // Candidates' ids in ballot order; empty for an unknown contest.
  std::vector<std::string> Ballot(std::string_view contest_id) const;

  // The text in the reader's language, else in the election's first that it has, else in any; ""
  // for none.
  std::string TextIn(const LocalizedNames& names) const;

  // What every answer about the election must say: that it is a rehearsal, and its notices. "" for
  // none.
  const std::string& Notice() const { return notice_; }
  // Whether the contest is on the ballot in exactly this area.
  bool IsWholeArea(std::string_view contest_id, std::string_view area_id) const;

  // "2024-02-08 02:10:11 +04:00"; "" for a time that is not set.
  std::string Time(const google::protobuf::Timestamp& time) const;

 private:
  std::vector<std::string> languages_;
  absl::TimeZone zone_;
  std::string election_;
  std::string notice_;
  absl::flat_hash_map<std::string, std::string> contests_;
  absl::flat_hash_map<std::string, std::string> candidates_;  // by "contest/candidate"
  absl::flat_hash_map<std::string, std::string> sources_;
  absl::flat_hash_map<std::string, std::string> areas_;
  absl::flat_hash_map<std::string, std::vector<std::string>> ballots_;
  absl::flat_hash_map<std::string, std::string> contest_areas_;
};

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_ELECTION_NAMES_H_
