#ifndef CANVASS_SERVICES_CANVASS_DEMO_H_
#define CANVASS_SERVICES_CANVASS_DEMO_H_

#include <optional>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace canvass {

// Adds --speed, as `canvass demo` and `canvass up --demo` take it: what DemoPlayer takes, absent if
// it is not given. `speed` must outlive the app.
CLI::Option* AddSpeedOption(CLI::App& app, std::optional<double>& speed);

// Names of the nights that can be played.
inline constexpr const char* kDemoName = "az-2024";

}  // namespace canvass

#endif  // CANVASS_SERVICES_CANVASS_DEMO_H_
