#ifndef CANVASS_COMMON_ELECTION_COUNTED_PARTS_H_
#define CANVASS_COMMON_ELECTION_COUNTED_PARTS_H_

namespace canvass::election {

// What has been counted already, as far as it limits a change.
class CountedParts {
 public:
  CountedParts() = default;
  CountedParts(const CountedParts&) = delete;
  CountedParts& operator=(const CountedParts&) = delete;
  virtual ~CountedParts() = default;
  // Whether any report or poll figure of the contest (of the source, of the station) is in the
  // ledger.
  virtual bool HasReportsOfContest(int contest_no) const = 0;
  virtual bool HasReportsFromSource(int source_no) const = 0;
  virtual bool HasReportsOfStation(int station_no) const = 0;
  // Whether a report of the station counts, or is held and waits for a decision.
  virtual bool HasCountingOrHeldReportOf(int station_no) const = 0;
};

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_COUNTED_PARTS_H_
