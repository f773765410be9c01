#ifndef CANVASS_SERVICES_CANVASS_COMMANDS_DEMO_H_
#define CANVASS_SERVICES_CANVASS_COMMANDS_DEMO_H_

#include <optional>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace canvass::cli {

// Adds --speed for `canvass demo` and `canvass up --demo`. `speed` receives the speed for
// DemoPlayer and stays empty if the option is not given. `speed` must outlive `app`.
CLI::Option* AddSpeedOption(CLI::App& app, std::optional<double>& speed);

// Name of the night that can be played.
inline constexpr const char* kDemoName = "az-2024";

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_COMMANDS_DEMO_H_
