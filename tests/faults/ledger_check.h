#ifndef CANVASS_TESTS_FAULTS_LEDGER_CHECK_H_
#define CANVASS_TESTS_FAULTS_LEDGER_CHECK_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/election/event.h"
#include "common/ledger/merkle.h"
#include "tests/faults/trial_election.h"
#include "tests/faults/witness.h"

namespace canvass::faults {

// What clients saw up to a moment. Taken before the ledger is read: all of it must be in there.
struct Testimony {
  std::map<ReportName, Acknowledgement> acknowledged{};
  std::map<std::int64_t, AcknowledgedDecision> decisions{};
  std::map<std::int64_t, AnswersAt> answers{};
};
Testimony TestimonyOf(const Witness& witness);

// Checks one election's ledger and trusts none of it.
class LedgerCheck {
 public:
  explicit LedgerCheck(const TrialElection& election) : election_(election) {}

  // The next entry as it was read. Finds a gap, a wrong hash, a report that is there twice or that
  // nobody sent.
  void Add(std::int64_t sequence, std::string bytes, const std::string& leaf_hash_hex);
  // An entry that was read before, by another way: it must be the same.
  void AddAgain(std::int64_t sequence, std::string_view bytes);

  std::int64_t size() const { return static_cast<std::int64_t>(entries_.size()); }
  // Seals that were not opened yet.
  std::size_t closed_seals() const { return closed_.size(); }
  // Whether a report is there with this content.
  bool Holds(const ReportName& name, int variant) const;
  // Whether it is there with any content.
  bool Holds(const ReportName& name) const { return reports_.contains(name); }

  // Every acknowledgement is there, where it was said to be; every answer is the sum of the reports
  // up to its sequence, and its root that of the entries.
  void Compare(const Testimony& testimony);
  // The sums by the slow reference of the tests and by ours agree, for each source and area.
  void CompareWithReference();
  // Totals that came from somewhere else, as of the last entry.
  void CompareTotals(const std::string& where, int source_no, int area, const Figures& figures);

  // Something else that is wrong with it.
  void Note(const std::string& violation) { violations_.push_back(violation); }
  // Since the last call.
  std::vector<std::string> TakeViolations();

 private:
  // What is known of one station's report.
  struct Revision {
    int revision = 0;
    Ballots ballots{};
    bool counts = false;  // not held, or released
  };
  struct StationReports {
    std::vector<Revision> revisions{};
    std::set<int> annulled{};  // each with the revisions before it
    // The newest that counts; null for none.
    const Revision* Counting() const;
  };
  struct Totals {
    std::array<std::array<Figures, kAreas>, kSources> figures{};
    void Add(int source_no, int station_no, const Ballots& ballots, int sign);
  };
  using Stations = std::map<std::pair<int, int>, StationReports>;

  // Entries of a report, or of anything that can be sealed.
  struct Places {
    std::int64_t acknowledged = 0;
    std::int64_t counted = 0;  // where it takes effect: later, if it was sealed
  };

  void NoteReport(const Places& places, const election::ReportRecorded& report);
  void NoteOpening(std::int64_t sequence, const election::SealOpening& opening);
  bool IsClosedSeal(std::int64_t sequence) const { return closed_.contains(sequence); }
  const election::Event& EventOf(std::int64_t acknowledged) const;
  void CompareAcknowledged(const Testimony& testimony);
  void CompareDecisions(const Testimony& testimony);
  void CompareAnswers(const Testimony& testimony);
  void CompareAnswer(std::int64_t sequence, const AnswersAt& answers, const std::string& root,
                     const Totals& totals);
  static void Fold(const election::Entry& entry, Stations& stations, Totals& totals);
  Totals TotalsAtTheEnd() const;

  const TrialElection& election_;
  std::vector<election::Entry> entries_;  // of openings, what they open
  std::vector<std::string> bytes_;
  std::map<ReportName, Places> reports_;
  std::map<std::int64_t, election::EmbargoSeal> closed_;
  std::map<std::int64_t, std::int64_t> opened_at_;  // by the seal's sequence
  std::vector<std::string> violations_;
};

}  // namespace canvass::faults

#endif  // CANVASS_TESTS_FAULTS_LEDGER_CHECK_H_
