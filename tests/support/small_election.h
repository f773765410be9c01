#ifndef CANVASS_TESTS_SUPPORT_SMALL_ELECTION_H_
#define CANVASS_TESTS_SUPPORT_SMALL_ELECTION_H_

#include <string>

// An election that is small enough for mental arithmetic, as JSON that an operator would type.
namespace canvass::testing {

// Definition file of `id`: contest `mayor` (ann, bob), official source `office`, observers
// `observers`, areas town > north, south; stations n-1, n-2 in north, s-1 in south.
std::string SmallDefinition(const std::string& id);

// A clean report: `ann` + `bob` votes, one blank, two invalid, 900 registered voters.
std::string SmallReport(const std::string& election_id, const std::string& station_id, int ann,
                        int bob);

}  // namespace canvass::testing

#endif  // CANVASS_TESTS_SUPPORT_SMALL_ELECTION_H_
