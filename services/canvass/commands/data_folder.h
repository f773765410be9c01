#ifndef CANVASS_SERVICES_CANVASS_COMMANDS_DATA_FOLDER_H_
#define CANVASS_SERVICES_CANVASS_COMMANDS_DATA_FOLDER_H_

#include <string>

namespace canvass::cli {

// Where `canvass up` keeps its data if it is not told.
std::string DefaultDataFolder();

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_COMMANDS_DATA_FOLDER_H_
