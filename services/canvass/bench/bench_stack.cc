#include "services/canvass/bench/bench_stack.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"
#include "common/election/actor.h"
#include "common/postgres/private_cluster.h"
#include "common/rpc/channel_tls.h"
#include "services/canvass/clients/aggregator_client.h"
#include "services/canvass/clients/definition_messages.h"
#include "services/canvass/clients/publisher_client.h"

namespace canvass::cli::bench {
namespace {

// Defining a register of a million stations takes seconds. A longer wait means an error.
constexpr absl::Duration kShownWithin = absl::Minutes(2);
constexpr absl::Duration kLookEvery = absl::Milliseconds(20);

// PostgreSQL's server may run as another user, which must be able to enter the folder but not to
// list it.
constexpr mode_t kFolderMode = 0711;

absl::StatusOr<std::string> MakeTemporaryFolder(const std::string& parent) {
  std::string folder = StrCat(parent, "/canvass-bench-XXXXXX");
  if (mkdtemp(folder.data()) != nullptr && chmod(folder.c_str(), kFolderMode) == 0) return folder;
  return MakeError(reason::kFolderUnusable,
                   StrCat("Cannot create a folder in ", parent, ": ", std::strerror(errno)));
}

}  // namespace

void AddUses(BenchReport& report, const ProcessUses& before, const ProcessUses& after,
             std::size_t items) {
  for (std::size_t i = 0; i < after.size(); ++i) {
    report.AddUse(after[i].first, before[i].second, after[i].second, items);
  }
}

absl::StatusOr<std::unique_ptr<BenchStack>> BenchStack::Start(const BenchOptions& options,
                                                              const Invocation& invocation) {
  std::unique_ptr<BenchStack> stack(new BenchStack(invocation));
  if (options.running) {
    stack->database_ = options.database;
    return stack;
  }
  const absl::Status status = stack->StartOwn(options);
  if (!status.ok()) return status;
  return stack;
}

BenchStack::~BenchStack() {
  stack_.reset();
  if (folder_.empty()) return;
  std::error_code ignored;  // leftovers are in the temporary folder
  std::filesystem::remove_all(folder_, ignored);
}

absl::Status BenchStack::StartOwn(const BenchOptions& options) {
  auto folder = MakeTemporaryFolder(options.parent_folder);
  if (!folder.ok()) return folder.status();
  folder_ = *std::move(folder);
  auto stack = Stack::Start({.data_folder = folder_,
                             .reporter_listen = "127.0.0.1:0",
                             .aggregator_listen = "127.0.0.1:0",
                             .publisher_listen = "127.0.0.1:0",
                             .tls = options.tls,
                             .log_level = "warning"});
  if (!stack.ok()) return stack.status();
  stack_ = *std::move(stack);
  services_.reporter = stack_->reporter_address();
  services_.aggregator = stack_->aggregator_address();
  services_.publisher = stack_->publisher_address();
  database_ = stack_->cluster().owner_connection();
  return options.tls ? UseTls() : absl::OkStatus();
}

absl::Status BenchStack::UseTls() {
  const auto decides =
      stack_->FilesOf({.role = election::Role::kOperator, .name = Stack::kOperator});
  if (!decides.ok()) return decides.status();
  const auto submits = stack_->FilesOf({.role = election::Role::kOffice, .name = kBenchCountry});
  if (!submits.ok()) return submits.status();
  auto tls = rpc::ChannelTls::Open(*decides);
  if (!tls.ok()) return tls.status();
  rpc::ChannelTls::SetOfProcess(*std::move(tls));
  auto reporter_tls = rpc::ChannelTls::Open(*submits);
  if (!reporter_tls.ok()) return reporter_tls.status();
  services_.reporter_tls = *std::move(reporter_tls);
  return absl::OkStatus();
}

ProcessUses BenchStack::Uses() const {
  ProcessUses uses;
  if (stack_ != nullptr) {
    uses.emplace_back("aggregator", UseOf(stack_->aggregator_pid()));
    uses.emplace_back("reporter", UseOf(stack_->reporter_pid()));
    uses.emplace_back("publisher", UseOf(stack_->publisher_pid()));
    uses.emplace_back("PostgreSQL", UseOfTree(stack_->cluster().pid()));
  }
  uses.emplace_back("bench", UseOf(getpid()));
  return uses;
}

absl::StatusOr<std::int64_t> BenchStack::Define(const BenchElection& election) const {
  const AggregatorClient aggregator(services_);
  const auto defined =
      aggregator.DefineElection(DefinitionMessages(election.Definition(), /*validate_only=*/false));
  if (!defined.ok()) return defined.status();
  const absl::Status shown = CheckShown(election.id(), defined->sequence(), 0);
  if (!shown.ok()) return shown;
  return defined->sequence();
}

absl::Status BenchStack::CheckShown(const std::string& election_id, std::int64_t sequence,
                                    std::int64_t votes) const {
  const PublisherClient publisher(services_);
  publisher::v1::GetNationalResultRequest request;
  request.set_election_id(election_id);
  const absl::Time until = absl::Now() + kShownWithin;
  for (;;) {
    const auto answer = publisher.GetNationalResult(request);
    if (answer.ok() && answer->result().as_of().sequence() >= sequence) {
      std::int64_t shown = 0;
      for (const v1::CandidateResult& candidate : answer->result().candidates()) {
        shown += candidate.votes();
      }
      if (shown == votes) return absl::OkStatus();
      return absl::InternalError(
          absl::StrCat("The publisher shows ", shown, " votes instead of ", votes));
    }
    if (absl::Now() > until) {
      return answer.ok() ? absl::DeadlineExceededError("The publisher did not catch up in time")
                         : answer.status();
    }
    absl::SleepFor(kLookEvery);
  }
}

absl::Status MeasureOnOneStack(const BenchOptions& options, const Invocation& invocation,
                               const BenchReport& report,
                               absl::FunctionRef<absl::Status(BenchStack&, int)> run) {
  const auto stack = BenchStack::Start(options, invocation);
  if (!stack.ok()) return stack.status();
  absl::Status measured =
      report.Measure(options.runs, invocation, [&](int number) { return run(**stack, number); });
  if (measured.ok()) report.Print(invocation);
  return measured;
}

}  // namespace canvass::cli::bench
