#include "absl/status/status.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <ostream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/ascii.h"
#include "common/base/text.h"
#include "services/canvass/clients/admin_client.h"
#include "services/canvass/commands/command_line.h"
#include "services/canvass/commands/commands.h"
#include "services/canvass/commands/data_folder.h"
#include "services/canvass/commands/system_status.h"
#include "services/canvass/terminal/console.h"
#include "services/canvass/terminal/invocation.h"

namespace canvass::cli {
namespace {

struct StatusArguments {
  std::vector<std::string> addresses{};
  std::string data_folder{};
};

// The admin ports of the services that `canvass up` started over the folder, in the order of names.
std::vector<std::string> AddressesIn(const std::string& data_folder) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (std::filesystem::directory_iterator each(StrCat(data_folder, "/run"), error), end;
       !error && each != end; each.increment(error)) {
    if (each->path().string().ends_with("-admin.address")) files.push_back(each->path());
  }
  std::sort(files.begin(), files.end());
  std::vector<std::string> addresses;
  for (const std::filesystem::path& file : files) {
    std::string address;
    if (std::ifstream(file) >> address) addresses.push_back(std::move(address));
  }
  return addresses;
}

ServicePages PagesAt(const std::string& address, absl::Duration timeout) {
  ServicePages pages{.address = address};
  const auto ready = GetAdminPage(address, "/readyz", timeout);
  const auto metrics = GetAdminPage(address, "/metrics", timeout);
  for (const auto& page : {ready, metrics}) {
    if (page.ok()) continue;
    pages.ready = std::string(page.status().message());
    return pages;
  }
  pages.ready = std::string(absl::StripAsciiWhitespace(ready->text));
  pages.metrics = MetricList(metrics->text);
  return pages;
}

absl::Status RunStatus(const StatusArguments& arguments, const Invocation& invocation) {
  const std::vector<std::string> addresses =
      arguments.addresses.empty() ? AddressesIn(arguments.data_folder) : arguments.addresses;
  if (addresses.empty()) {
    return absl::UnavailableError(StrCat("No `canvass up` has run over ", arguments.data_folder,
                                         "; name the services' --admin_listen addresses"));
  }
  std::vector<ServicePages> pages;
  pages.reserve(addresses.size());
  for (const std::string& address : addresses) {
    pages.push_back(PagesAt(address, invocation.options.timeout));
  }
  const SystemStatus status = StatusOf(pages);
  const bool is_json = invocation.options.format == OutputFormat::kJson;
  invocation.console.out << (is_json ? StatusJson(status) : StatusText(status));
  for (const ServicePages& each : pages) {
    if (each.metrics.all().empty()) return absl::UnavailableError(each.ready);
  }
  return absl::OkStatus();
}

}  // namespace

void AddStatus(CommandLine& commands) {
  auto arguments = std::make_shared<StatusArguments>();
  arguments->data_folder = DefaultDataFolder();
  CLI::App& app = commands.Add(
      "status", "Shows who leads, how far behind the others are, what waits and what is refused.",
      "canvass status\ncanvass status --data ./night\n"
      "canvass status aggregator-0:9090 aggregator-1:9090 publisher-0:9090 -o json",
      [arguments](const Invocation& invocation) { return RunStatus(*arguments, invocation); });
  app.add_option(
         "addresses", arguments->addresses,
         "The services' --admin_listen addresses, host:port. Those of `canvass up` if there "
         "are none")
      ->type_name("ADDRESS");
  app.add_option("--data", arguments->data_folder, "Folder of that `canvass up`")
      ->capture_default_str();
}

}  // namespace canvass::cli
