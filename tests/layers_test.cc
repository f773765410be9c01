// Checks that every file in common/ and services/ includes only what its layer may depend on.
#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/source_tree.h"

namespace canvass {
namespace {

using canvass::testing::ReadSourceTree;
using canvass::testing::SourceTree;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Something that a file can depend on.
enum class Part {
  kStandard,
  kFiles,  // the standard library's files and streams: I/O
  kPosix,
  kAbseil,
  kFlags,
  kOpenSsl,
  kUnicode,  // ICU
  kProto,
  kGrpc,
  kPostgresLibrary,  // libpqxx, libpq
  kSqlite,
  kFormat,
  kLog,
  kMetrics,  // prometheus-cpp
  kBoost,
  kJson,
  kCommandLine,
  kBase,
  kElection,
  kLedger,
  kIdentity,
  kEdge,
  kProcess,
  kPostgres,
  kRpc,
  kTelemetry,
  kProgram,       // common/service
  kService,       // the service that the file belongs to
  kOtherService,  // another one: they meet through gRPC alone
  kUnknown,
};

using Parts = std::set<Part>;

bool StartsWith(std::string_view text, std::string_view prefix) { return text.starts_with(prefix); }

// "services/publisher" of "services/publisher/board/result_board.cc".
std::string FolderOf(std::string_view path) {
  const std::size_t first = path.find('/');
  const std::size_t second = path.find('/', first == std::string_view::npos ? first : first + 1);
  return std::string(path.substr(0, second));
}

std::string FileNameOf(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));
}

// What the first folders of an include say. The longest match counts.
const std::map<std::string, Part, std::less<>>& PartsByPrefix() {
  static const auto* const kParts = new std::map<std::string, Part, std::less<>>{
      {"absl/", Part::kAbseil},
      {"absl/flags/", Part::kFlags},
      {"openssl/", Part::kOpenSsl},
      {"unicode/", Part::kUnicode},
      {"canvass/", Part::kProto},
      {"google/protobuf/", Part::kProto},
      {"google/rpc/", Part::kProto},
      {"grpc/", Part::kGrpc},
      {"grpcpp/", Part::kGrpc},
      {"pqxx/", Part::kPostgresLibrary},
      {"pqxx", Part::kPostgresLibrary},
      {"libpq-fe.h", Part::kPostgresLibrary},
      {"postgresql/libpq-fe.h", Part::kPostgresLibrary},
      {"sqlite3.h", Part::kSqlite},
      {"fmt/", Part::kFormat},
      {"spdlog/", Part::kLog},
      {"prometheus/", Part::kMetrics},
      {"boost/", Part::kBoost},
      {"nlohmann/", Part::kJson},
      {"CLI/", Part::kCommandLine},
      {"common/base/", Part::kBase},
      {"common/edge/", Part::kEdge},
      {"common/election/", Part::kElection},
      {"common/identity/", Part::kIdentity},
      {"common/ledger/", Part::kLedger},
      {"common/process/", Part::kProcess},
      {"common/postgres/", Part::kPostgres},
      {"common/rpc/", Part::kRpc},
      {"common/service/", Part::kProgram},
      {"common/telemetry/", Part::kTelemetry},
      {"services/", Part::kOtherService},
      {"sys/", Part::kPosix},
      {"netinet/", Part::kPosix},
      // The lock under std::shared_mutex, for what that leaves open; no I/O.
      {"pthread.h", Part::kStandard},
      {"arpa/", Part::kPosix},
  };
  return *kParts;
}

// The aggregator owns the database's schema; the operator's command brings it up to date, compares
// its tables with the ledger, backs it up and restores it.
bool IsSchemaForOperator(std::string_view including_file, std::string_view include) {
  return StartsWith(including_file, "services/canvass/") &&
         (include == "services/aggregator/store/schema.h" ||
          include == "services/aggregator/store/database_audit.h" ||
          include == "services/aggregator/store/database_restore.h" ||
          include == "services/aggregator/store/ledger_snapshot.h" ||
          include == "services/aggregator/store/row_difference.h");
}

Part PartOf(std::string_view including_file, std::string_view include) {
  if (IsSchemaForOperator(including_file, include)) return Part::kService;
  if (StartsWith(include, FolderOf(including_file) + "/") && StartsWith(include, "services/")) {
    return Part::kService;
  }
  Part found = Part::kUnknown;
  std::size_t longest = 0;
  for (const auto& [prefix, part] : PartsByPrefix()) {
    if (StartsWith(include, prefix) && prefix.size() > longest) {
      found = part;
      longest = prefix.size();
    }
  }
  if (found != Part::kUnknown || include.find('/') != std::string_view::npos) return found;
  if (include == "fstream" || include == "iostream" || include == "filesystem") return Part::kFiles;
  return include.ends_with(".h") ? Part::kPosix : Part::kStandard;
}

struct Layer {
  std::string name;
  Parts may_include;
  Parts must_not_reach;  // not even through headers of ours
};

Parts With(Parts parts, const Parts& more) {
  parts.insert(more.begin(), more.end());
  return parts;
}

Layer LayerOf(const std::string& path) {
  const Parts base = {Part::kStandard, Part::kAbseil, Part::kOpenSsl, Part::kBase};
  const Parts core = With(base, {Part::kElection, Part::kLedger});
  const Parts system = {Part::kPosix, Part::kFiles, Part::kFlags, Part::kService};
  const std::string folder = FolderOf(path);
  if (folder == "common/base") return {"base", With(base, {Part::kUnicode}), {}};
  if (folder == "common/election") return {"election", With(base, {Part::kElection}), {}};
  if (folder == "common/ledger") return {"ledger", core, {}};
  if (folder == "common/identity") {
    return {
        "identity", With(base, {Part::kPosix, Part::kFiles, Part::kElection, Part::kIdentity}), {}};
  }
  if (folder == "common/process")
    return {"process", With(base, {Part::kPosix, Part::kFiles, Part::kProcess}), {}};
  if (folder == "common/telemetry") {
    return {"telemetry",
            With(base, {Part::kPosix, Part::kFiles, Part::kFormat, Part::kLog, Part::kMetrics,
                        Part::kTelemetry}),
            {}};
  }
  if (folder == "common/edge") {
    return {"edge",
            With(base, {Part::kPosix, Part::kBoost, Part::kElection, Part::kIdentity,
                        Part::kTelemetry, Part::kEdge}),
            {}};
  }
  const Parts rpc = With(core, {Part::kPosix, Part::kProto, Part::kGrpc, Part::kRpc,
                                Part::kIdentity, Part::kEdge, Part::kTelemetry, Part::kService});
  if (folder == "common/service") {
    return {"service program",
            With(base, {Part::kPosix, Part::kFlags, Part::kBoost, Part::kProcess, Part::kIdentity,
                        Part::kRpc, Part::kTelemetry, Part::kProgram}),
            {Part::kPostgresLibrary}};
  }
  if (folder == "common/rpc") return {"rpc", rpc, {Part::kPostgresLibrary}};
  const Parts postgres = With(With(core, system), {Part::kPostgresLibrary, Part::kPostgres,
                                                   Part::kProcess, Part::kTelemetry});
  const std::string file = FileNameOf(path);
  if (folder == "common/postgres" || StartsWith(file, "postgres_")) {
    return {"postgres", postgres, {Part::kGrpc, Part::kProto}};
  }
  if (file.ends_with("_service.cc") || file.ends_with("_service.h")) {
    return {"service", rpc, {Part::kPostgresLibrary}};
  }
  // What is left in a service may use what its service is made of; libpqxx stays behind postgres_*.
  const Parts rest =
      With(With(rpc, system), {Part::kProgram, Part::kProcess, Part::kPostgres, Part::kFormat,
                               Part::kJson, Part::kCommandLine, Part::kSqlite});
  if (file == "main.cc") return {"main", rest, {}};
  if (folder == "services/station_reporter" || folder == "services/publisher") {
    return {"no database", rest, {Part::kPostgresLibrary, Part::kPostgres}};
  }
  return {"rest of a service", rest, {}};
}

// What the files of a room may include from the other rooms of their service; from their own they
// may include everything. The files beside main.cc compose the rooms and belong to none.
const std::map<std::string, std::set<std::string>, std::less<>>& Rooms() {
  static const auto* const kRooms = new std::map<std::string, std::set<std::string>, std::less<>>{
      {"services/aggregator/store", {}},
      {"services/aggregator/writer", {"store"}},
      {"services/aggregator/watch", {"writer"}},
      {"services/aggregator/calls", {"writer", "watch"}},
      {"services/station_reporter/link", {}},
      {"services/station_reporter/outbox", {"link"}},
      {"services/station_reporter/calls", {"link", "outbox"}},
      {"services/publisher/board", {}},
      {"services/publisher/calls", {"board"}},
      {"services/publisher/watch", {"board", "calls"}},
      {"services/canvass/terminal", {}},
      {"services/canvass/views", {"terminal"}},
      {"services/canvass/clients", {"terminal", "views"}},
      {"services/canvass/import", {"terminal", "views", "clients"}},
      {"services/canvass/pki", {}},
      {"services/canvass/stack", {"pki"}},
      {"services/canvass/demo", {"terminal", "views", "clients"}},
      {"services/canvass/bench", {"terminal", "clients", "stack"}},
      {"services/canvass/backup", {"clients", "import"}},
      {"services/canvass/commands",
       {"terminal", "views", "clients", "import", "pki", "stack", "demo", "bench", "backup"}},
  };
  return *kRooms;
}

// "services/publisher/board" of "services/publisher/board/result_board.cc"; empty for a file that
// stands in no room.
std::string RoomOf(std::string_view path) {
  const std::string service = FolderOf(path);
  if (!StartsWith(service, "services/")) return "";
  const std::size_t end = path.find('/', service.size() + 1);
  return end == std::string_view::npos ? "" : std::string(path.substr(0, end));
}

// Whether the rooms let this file include that one of the same service.
bool MayEnter(std::string_view including_file, std::string_view include) {
  const std::string from = RoomOf(including_file);
  if (from.empty() || FolderOf(including_file) != FolderOf(include)) return true;
  const std::string to = RoomOf(include);
  if (from == to) return true;
  const auto room = Rooms().find(from);
  return room != Rooms().end() && !to.empty() &&
         room->second.contains(to.substr(to.rfind('/') + 1));
}

// The files that the text includes, in its order.
std::vector<std::string> IncludesOf(const std::string& text) {
  std::vector<std::string> includes;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!StartsWith(line, "#include")) continue;
    const std::size_t open = line.find_first_of("<\"");
    const std::size_t close = line.find_first_of(">\"", open + 1);
    if (close != std::string::npos) includes.push_back(line.substr(open + 1, close - open - 1));
  }
  return includes;
}

// What each file includes, by path.
using IncludeTree = std::map<std::string, std::vector<std::string>>;

// Every file that `path` includes, directly or through files of the tree.
std::set<std::string> ReachedFrom(const std::string& path, const IncludeTree& tree) {
  std::set<std::string> reached;
  std::vector<std::string> waiting = {path};
  while (!waiting.empty()) {
    const auto file = tree.find(waiting.back());
    waiting.pop_back();
    if (file == tree.end()) continue;
    for (const std::string& include : file->second) {
      if (reached.insert(include).second) waiting.push_back(include);
    }
  }
  return reached;
}

// One line for each include that its file's layer forbids.
std::vector<std::string> FindViolations(const SourceTree& tree) {
  IncludeTree includes;
  for (const auto& [path, text] : tree) includes[path] = IncludesOf(text);
  std::vector<std::string> violations;
  for (const auto& [path, direct] : includes) {
    const Layer layer = LayerOf(path);
    for (const std::string& include : direct) {
      if (!layer.may_include.contains(PartOf(path, include))) {
        violations.push_back(path + " (" + layer.name + ") includes " + include);
      } else if (!MayEnter(path, include)) {
        violations.push_back(path + " (room " + RoomOf(path) + ") includes " + include);
      }
    }
    if (layer.must_not_reach.empty()) continue;
    for (const std::string& include : ReachedFrom(path, includes)) {
      if (!layer.must_not_reach.contains(PartOf(path, include))) continue;
      violations.push_back(path + " (" + layer.name + ") reaches " + include);
    }
  }
  return violations;
}

TEST(LayersTest, EveryFileKeepsToItsLayer) {
  const SourceTree tree = ReadSourceTree();
  ASSERT_FALSE(tree.empty());
  EXPECT_THAT(FindViolations(tree), IsEmpty());
}

TEST(LayersTest, EveryRoomIsKnown) {
  for (const auto& [path, text] : ReadSourceTree()) {
    const std::string room = RoomOf(path);
    EXPECT_TRUE(room.empty() || Rooms().contains(room)) << path;
  }
}

TEST(LayersTest, AllowsWhatTheLayersAllow) {
  EXPECT_THAT(FindViolations({
                  {"common/election/tally.cc",
                   "#include <vector>\n#include \"absl/status/status.h\"\n"
                   "#include \"common/election/tally.h\"\n"},
                  {"common/ledger/merkle.cc",
                   "#include <openssl/sha.h>\n"
                   "#include \"common/election/event.h\"\n"},
                  {"common/postgres/session.cc", "#include <libpq-fe.h>\n#include <pqxx/pqxx>\n"},
                  {"services/aggregator/store/postgres_ledger_store.cc",
                   "#include <pqxx/pqxx>\n#include \"services/aggregator/store/ledger_store.h\"\n"},
                  {"services/publisher/publisher_service.cc",
                   "#include \"canvass/publisher/v1/publisher_service.grpc.pb.h\"\n"
                   "#include \"services/publisher/board/result_board.h\"\n"},
              }),
              IsEmpty());
}

// One file with one include that its layer forbids.
struct Forbidden {
  std::string file;
  std::string include;
};

class ForbiddenIncludeTest : public ::testing::TestWithParam<Forbidden> {};

TEST_P(ForbiddenIncludeTest, IsFound) {
  const auto& [file, include] = GetParam();
  const std::vector<std::string> violations =
      FindViolations({{file, "#include " + include + "\n"}});
  ASSERT_FALSE(violations.empty());
  EXPECT_THAT(violations.front(), HasSubstr(file));
  EXPECT_THAT(violations.front(), HasSubstr(include.substr(1, include.size() - 2)));
}

INSTANTIATE_TEST_SUITE_P(
    EachLayer, ForbiddenIncludeTest,
    ::testing::Values(
        Forbidden{"common/base/clock.h", "\"common/election/tally.h\""},
        Forbidden{"common/election/count.cc", "\"common/ledger/encoding.h\""},
        Forbidden{"common/election/count.cc", "<fstream>"},
        Forbidden{"common/election/text_check.cc", "<unicode/uchar.h>"},
        Forbidden{"common/election/count.cc", "<unistd.h>"},
        Forbidden{"common/election/report.h", "\"canvass/v1/report.pb.h\""},
        Forbidden{"common/election/report.h", "<fmt/format.h>"},
        Forbidden{"common/ledger/encoding.cc", "<google/protobuf/message.h>"},
        Forbidden{"common/ledger/encoding.cc", "<nlohmann/json.hpp>"},
        Forbidden{"common/postgres/session.cc", "<grpcpp/grpcpp.h>"},
        Forbidden{"common/rpc/server.cc", "<pqxx/pqxx>"},
        Forbidden{"common/rpc/server.cc", "\"common/postgres/session.h\""},
        Forbidden{"common/telemetry/log.cc", "\"common/election/count.h\""},
        Forbidden{"services/aggregator/store/postgres_ledger_store.cc", "\"common/rpc/status.h\""},
        Forbidden{"services/aggregator/calls/election_service.cc", "\"common/postgres/session.h\""},
        Forbidden{"services/aggregator/writer/ledger_writer.cc", "<pqxx/pqxx>"},
        Forbidden{"services/publisher/board/result_board.cc", "\"common/postgres/session.h\""},
        Forbidden{"services/publisher/main.cc", "\"services/aggregator/store/ledger_store.h\""},
        Forbidden{"services/canvass/commands/up.cc", "<boost/asio.hpp>"},
        Forbidden{"common/process/child_process.cc", "\"common/postgres/session.h\""},
        // Rooms of one service.
        Forbidden{"services/aggregator/store/schema.cc",
                  "\"services/aggregator/writer/ledger_writer.h\""},
        Forbidden{"services/aggregator/writer/ledger_writer.h",
                  "\"services/aggregator/aggregator.h\""},
        Forbidden{"services/publisher/board/result_board.h",
                  "\"services/publisher/calls/question.h\""},
        Forbidden{"services/canvass/terminal/table.h", "\"services/canvass/views/result_view.h\""},
        Forbidden{"services/canvass/unknown_room/file.h",
                  "\"services/canvass/terminal/table.h\""}));

TEST(LayersTest, FindsLibpqxxBehindAHeader) {
  const std::vector<std::string> violations = FindViolations({
      {"services/aggregator/writer/write_queue.h", "#include \"common/postgres/session.h\"\n"},
      {"common/postgres/session.h", "#include <pqxx/pqxx>\n"},
      {"services/aggregator/calls/aggregator_service.cc",
       "#include \"services/aggregator/writer/write_queue.h\"\n"},
  });
  EXPECT_THAT(violations, SizeIs(1));
  EXPECT_THAT(violations, Contains(HasSubstr("aggregator_service.cc (service) reaches pqxx/pqxx")));
}

}  // namespace
}  // namespace canvass
