#include "services/canvass/commands/demo.h"

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/numbers.h"
#include "fmt/format.h"
#include "services/canvass/commands/command_line.h"
#include "services/canvass/commands/commands.h"
#include "services/canvass/demo/demo_player.h"
#include "services/canvass/demo/published_night.h"
#include "services/canvass/terminal/invocation.h"

namespace canvass::cli {
namespace {

struct DemoArguments {
  std::string name{};
  std::optional<double> speed{};
};

// A CLI11 validator: returns "" for a speed and otherwise the error. CLI::Range takes "nan".
std::string CheckSpeed(const std::string& text) {
  constexpr double kSpeedMax = 1'000'000;
  double speed = 0;
  const bool is_speed = absl::SimpleAtod(text, &speed) && 0 <= speed && speed <= kSpeedMax;
  return is_speed ? "" : fmt::format("Value {} not in range [0 - {}]", text, kSpeedMax);
}

absl::Status RunDemo(const DemoArguments& arguments, const Invocation& invocation) {
  const auto facts = ParsePublishedNight(EmbeddedNight());
  if (!facts.ok()) return facts.status();
  return DemoPlayer(*facts, arguments.speed.value_or(0), invocation).Play();
}

}  // namespace

CLI::Option* AddSpeedOption(CLI::App& app, std::optional<double>& speed) {
  return app
      .add_option("--speed", speed,
                  "Speed of the night: 1 is real time, 60 plays a minute in one second, and max "
                  "does not wait for reports")
      ->transform(CLI::Validator(
          [](std::string& text) {
            if (text == "max") text = "0";
            return std::string();
          },
          "NUMBER or max", "speed"))
      ->check(CLI::Validator(CheckSpeed, "", "speed range"));
}

void AddDemo(CommandLine& commands) {
  auto arguments = std::make_shared<DemoArguments>();
  CLI::App& app = commands.Add(
      "demo",
      "Replays a real election through the services: reports, announcements, "
      "annulments and certification.",
      "canvass demo az-2024 --speed 2000",
      [arguments](const Invocation& invocation) { return RunDemo(*arguments, invocation); });
  app.add_option("name", arguments->name,
                 "az-2024: the presidential election of 7 February 2024 in Azerbaijan")
      ->required()
      ->check(CLI::IsMember({kDemoName}));
  AddSpeedOption(app, arguments->speed)->default_str("max");
}

}  // namespace canvass::cli
