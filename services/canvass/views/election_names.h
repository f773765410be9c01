#ifndef CANVASS_SERVICES_CANVASS_VIEWS_ELECTION_NAMES_H_
#define CANVASS_SERVICES_CANVASS_VIEWS_ELECTION_NAMES_H_

#include <google/protobuf/map.h>
#include <google/protobuf/repeated_field.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "canvass/v1/election.pb.h"

namespace canvass::cli {

using LocalizedNames = google::protobuf::Map<std::string, std::string>;

// Returns a notice such as "REHEARSAL: Synthetic split by station". Returns "" if the election is
// not a rehearsal and has no notice.
std::string NoticeText(const std::string& notice, bool rehearsal);

// Names of an election's parts by id, in one language, and the election's time zone.
class ElectionNames {
 public:
  // An empty `language` stands for the election's own order of languages.
  ElectionNames(const v1::Election& election,
                const google::protobuf::RepeatedPtrField<v1::Contest>& contests,
                const google::protobuf::RepeatedPtrField<v1::Source>& sources,
                std::string_view language);

  void AddArea(const v1::Area& area);

  // Each returns the id itself if there is no name.
  const std::string& Election() const { return election_; }
  std::string Contest(std::string_view contest_id) const;
  std::string Candidate(std::string_view contest_id, std::string_view candidate_id) const;
  std::string Source(std::string_view source_id) const;
  std::string Area(std::string_view area_id) const;
  // Returns the candidates' ids in ballot order, or nothing for an unknown contest.
  std::vector<std::string> Ballot(std::string_view contest_id) const;

  // Returns the text in the reader's language, else in the first of the election's languages that
  // has one, else in English, else in any language. Returns "" if there is no text.
  std::string TextIn(const LocalizedNames& names) const;

  // Notice that every view of the election must show: that it is a rehearsal, and its own notice.
  // "" for none.
  const std::string& Notice() const { return notice_; }
  // Whether the contest's area is exactly this area.
  bool IsWholeArea(std::string_view contest_id, std::string_view area_id) const;

  // Returns "2024-02-08 02:10:11 +04:00", or "" for a time that is not set.
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

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_VIEWS_ELECTION_NAMES_H_
