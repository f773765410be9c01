#ifndef CANVASS_COMMON_ELECTION_STATION_RELATIONS_CHECK_H_
#define CANVASS_COMMON_ELECTION_STATION_RELATIONS_CHECK_H_

namespace canvass::election {

class DefinitionOverlay;
class ProblemList;

// Checks how the stations of a change relate to areas and to other stations, and adds these
// problems:
//   AREA_UNKNOWN: the station has no area, or one that is not defined;
//   STATION_UNKNOWN: it is counted at a station that is not defined;
//   STATION_CHAIN: it is counted at a station that is itself counted elsewhere or closed, it is
//     counted elsewhere and closed at the same time, or it is counted elsewhere or closed while
//     another station is counted at it;
//   STATION_NOT_IN_CONTEST: a contest is on the ballot at this station, but not at the one at which
//     it is counted, so its votes could not be reported.
// REQUIRES: no id of the change repeats, and the areas form a tree.
void CheckStationRelations(const DefinitionOverlay& definition, ProblemList& problems);

}  // namespace canvass::election

#endif  // CANVASS_COMMON_ELECTION_STATION_RELATIONS_CHECK_H_
