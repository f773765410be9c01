#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "canvass/v1/ledger.pb.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/election/actor.h"
#include "fmt/format.h"
#include "services/canvass/commands/command_line.h"
#include "services/canvass/commands/commands.h"
#include "services/canvass/pki/pki_folder.h"
#include "services/canvass/terminal/console.h"
#include "services/canvass/terminal/invocation.h"
#include "services/canvass/terminal/proto_json.h"
#include "services/canvass/terminal/text_width.h"

namespace canvass::cli {
namespace {

using election::Actor;
using election::Role;

struct PkiArguments {
  PkiOptions pki{};
  std::string definition{};
  std::vector<std::string> identities{};  // as role/name
  std::vector<std::string> revoked{};
  std::int64_t days = 90;
};

absl::StatusOr<std::vector<Actor>> ParseActors(const std::vector<std::string>& texts) {
  std::vector<Actor> actors;
  for (const std::string& text : texts) {
    std::optional<Actor> actor = election::ParseActor(text);
    if (!actor) {
      return MakeError(reason::kUsage,
                       fmt::format("'{}' is not an identity such as station/125-7, office/az, "
                                   "operator/anna, observer/SOURCE or poll/SOURCE",
                                   Printable(text)));
    }
    actors.push_back(*std::move(actor));
  }
  return actors;
}

std::vector<Actor> Services() {
  return {{.role = Role::kService, .name = "aggregator"},
          {.role = Role::kService, .name = "reporter"},
          {.role = Role::kService, .name = "publisher"}};
}

// Everybody who may say something in this election: each station, an office for each area, each
// poll and observer.
std::vector<Actor> ActorsOf(const v1::DefinitionChange& definition) {
  std::vector<Actor> actors;
  for (const v1::Station& station : definition.stations()) {
    actors.push_back({.role = Role::kStation, .name = station.station_id()});
  }
  for (const v1::Area& area : definition.areas()) {
    actors.push_back({.role = Role::kOffice, .name = area.area_id()});
  }
  for (const v1::Source& source : definition.sources()) {
    if (source.kind() == v1::SOURCE_KIND_EXIT_POLL) {
      actors.push_back({.role = Role::kPoll, .name = source.source_id()});
    } else if (source.kind() == v1::SOURCE_KIND_PARALLEL_COUNT) {
      actors.push_back({.role = Role::kObserver, .name = source.source_id()});
    }
  }
  return actors;
}

absl::StatusOr<std::vector<Actor>> Wanted(const PkiArguments& arguments) {
  absl::StatusOr<std::vector<Actor>> actors = ParseActors(arguments.identities);
  if (!actors.ok()) return actors;
  const std::vector<Actor> services = Services();
  actors->insert(actors->end(), services.begin(), services.end());
  if (arguments.definition.empty()) return actors;
  v1::DefinitionChange definition;
  const absl::Status read = ReadProtoJson(arguments.definition, definition);
  if (!read.ok()) return read;
  const std::vector<Actor> defined = ActorsOf(definition);
  for (const Actor& actor : defined) {
    if (!election::ParseActor(ToText(actor))) {
      return MakeError(reason::kIdMalformed,
                       fmt::format("{} has an id that no certificate can name: {}",
                                   Printable(arguments.definition), Printable(ToText(actor))));
    }
  }
  actors->insert(actors->end(), defined.begin(), defined.end());
  return actors;
}

absl::Status RunPki(const PkiArguments& arguments, const Invocation& invocation) {
  const absl::StatusOr<std::vector<Actor>> revoked = ParseActors(arguments.revoked);
  if (!revoked.ok()) return revoked.status();
  const absl::StatusOr<std::vector<Actor>> wanted = Wanted(arguments);
  if (!wanted.ok()) return wanted.status();
  PkiOptions options = arguments.pki;
  options.valid_for = absl::Hours(24 * arguments.days);
  absl::StatusOr<PkiFolder> pki = PkiFolder::Open(std::move(options), absl::Now());
  if (!pki.ok()) return pki.status();
  for (const Actor& actor : *revoked) {
    const absl::Status status = pki->Revoke(actor);
    if (!status.ok()) return status;
    invocation.console.messages << fmt::format("revoked {}\n", ToText(actor));
  }
  std::int64_t issued = 0;
  for (const Actor& actor : *wanted) {
    const absl::StatusOr<bool> is_new = pki->Issue(actor);
    if (!is_new.ok()) return is_new.status();
    if (*is_new) ++issued;
  }
  invocation.console.messages << fmt::format(
      "{} of {} issued for {}, the others are there; all are in {}\n",
      Counted(issued, "certificate", "certificates"),
      GroupThousands(std::to_string(wanted->size())), pki->trust_domain(), arguments.pki.folder);
  return absl::OkStatus();
}

}  // namespace

void AddPki(CommandLine& commands) {
  auto arguments = std::make_shared<PkiArguments>();
  arguments->pki.hosts = {"localhost", "127.0.0.1", "::1"};
  CLI::App& app = commands.Add(
      "pki",
      "Makes the certificates of a rehearsal: an authority, the services, and who calls them.",
      "canvass pki ./pki --domain az-2024.example --definition election.json "
      "--identity operator/anna\n"
      "canvass pki ./pki --revoke station/125-7",
      [arguments](const Invocation& invocation) { return RunPki(*arguments, invocation); });
  app.add_option(
         "folder", arguments->pki.folder,
         "Folder of the certificates and of the authority's key. Created on first use; what "
         "is there and good stays")
      ->required();
  app.add_option("--domain", arguments->pki.trust_domain,
                 "Trust domain of a new authority. Default: canvass.example");
  app.add_option("--definition", arguments->definition,
                 "Definition file: a certificate for each station, an office for each area, each "
                 "poll and each observer");
  app.add_option("--identity", arguments->identities,
                 "ROLE/NAME that gets a certificate: station, office, operator, observer or poll");
  app.add_option("--host", arguments->pki.hosts,
                 "Host names and addresses of the services, for clients that compare them")
      ->capture_default_str();
  app.add_option("--revoke", arguments->revoked, "ROLE/NAME whose certificate is revoked");
  app.add_option("--days", arguments->days, "How long new certificates are valid")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{3650}))
      ->capture_default_str();
}

}  // namespace canvass::cli
