#ifndef CANVASS_COMMON_ELECTION_COUNTED_PARTS_H_
#define CANVASS_COMMON_ELECTION_COUNTED_PARTS_H_

namespace canvass::election {

// Tells which parts of a definition have reports. Such parts may change only within limits.
class CountedParts {
 public:
  CountedParts() = default;
  CountedParts(const CountedParts&) = delete;
  CountedParts& operator=(const CountedParts&) = delete;
  virtual ~CountedParts() = default;
  // Whether the ledger has a report of the contest, source or station. For a contest or a source,
  // poll figures count as reports.
  virtual bool HasReportsOfContest(int contest_no) const = 0;
  virtual bool HasReportsFromSource(int source_no) const = 0;
  virtual bool HasReportsOfStation(int station_no) const = 0;
  // Whether a report of the station counts, or is held and awaits a decision.
  virtual bool HasCountingOrHeldReportOf(int station_no) const = 0;
};

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_COUNTED_PARTS_H_
