#ifndef CANVASS_TESTS_FAULTS_STAGE_H_
#define CANVASS_TESTS_FAULTS_STAGE_H_

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/faults/identities.h"
#include "tests/faults/postgres_proxy.h"

namespace canvass::postgres {
class PrivateCluster;
}  // namespace canvass::postgres

namespace canvass::process {
class ChildProcess;
}  // namespace canvass::process

namespace canvass::faults {

// The programs of ours that are attacked. Either aggregator may be the active one.
enum class Part : std::uint8_t { kAggregatorA, kAggregatorB, kReporter, kPublisher };
inline constexpr std::size_t kParts = 4;
inline constexpr std::array<Part, kParts> kEveryPart{Part::kAggregatorA, Part::kAggregatorB,
                                                     Part::kReporter, Part::kPublisher};
std::string_view NameOf(Part part);

struct StageOptions {
  std::string folder{};          // of this stage alone; made
  std::string program_folder{};  // where the services lie
  // A file system that the stage may fill: a small one in memory. Without it (mounting needs root)
  // no disk runs full.
  bool small_file_systems = true;
  bool with_tls = true;
};

// The processes under attack: PostgreSQL, two aggregators over it, each through a proxy, a reporter
// with its outbox and a publisher. Calls return at once unless their comment says that they wait.
// None of the processes outlives this one. Not thread-safe, except the addresses and
// publisher_life.
class Stage {
 public:
  // Returns once everything is healthy.
  static absl::StatusOr<std::unique_ptr<Stage>> Start(const StageOptions& options);
  ~Stage();
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  const std::string& reporter_address() const { return addressed(Part::kReporter).address; }
  const std::string& publisher_address() const { return addressed(Part::kPublisher).address; }
  const std::string& aggregator_address(Part aggregator) const {
    return addressed(aggregator).address;
  }
  // Both, by comma, as clients name them.
  std::string aggregator_addresses() const;
  const std::string& folder() const { return options_.folder; }
  // Null without TLS.
  const Identities* identities() const { return identities_.get(); }
  bool may_fill_disks() const { return mounted_; }

  // Does nothing where it runs already, or has ended.
  void StartPart(Part part);
  // Ends the part with SIGTERM and starts the same of other programs. Returns once it serves, as
  // what it was; an error if it does not end with 0 or does not serve in time.
  absl::Status Replace(Part part, const std::string& program_folder);
  // True where that killed it.
  bool SignalPart(Part part, int signal);
  // Resident memory in bytes; 0 where it does not run.
  std::size_t MemoryOf(Part part) const;
  // Sets the system's clock, as the part sees it, so far beside ours; also for its next start.
  void SetClock(Part part, absl::Duration offset);
  // Which aggregator serves; the first where none does. Asks one of them.
  Part ActiveAggregator() const;
  static Part Other(Part aggregator);
  // Whether it says that it serves; waits 150 ms for an answer at most.
  bool Serves(Part part) const;
  PostgresProxy& ProxyOf(Part aggregator);
  // How often the publisher was started: what it says never goes back within one of its lives.
  int publisher_life() const { return publisher_life_; }

  // The server, as a crash would end it; with SIGKILL its children find out by themselves.
  void CrashPostgres(int signal);
  void StopPostgres();
  absl::Status StartPostgres();
  bool PostgresRuns() const;
  // The sessions of the aggregators (PostgreSQL restarts all of them when one is killed).
  std::vector<pid_t> PostgresBackends() const;
  // Every process of the server.
  void SignalPostgres(int signal);
  // For looking past the services; "" while the server is away.
  std::string reader_connection() const;
  std::string superuser_connection() const;
  std::string owner_connection() const;

  // Leaves no byte free; Empty frees it again.
  void FillPostgresDisk();
  void EmptyPostgresDisk();
  void FillOutboxDisk();
  void EmptyOutboxDisk();

  // Ends every fault, starts what does not run, and waits until all is healthy.
  absl::Status Heal();
  // How programs ended that nobody had killed, and forgets it.
  std::vector<std::string> TakeUnexpectedEnds();

 private:
  struct Program {
    std::string folder{};
    std::string file{};
    std::string health{};
    std::string address{};
    std::vector<std::string> flags{};
    std::string log{};
    std::string clock{};  // the file of its offset
    std::unique_ptr<process::ChildProcess> process{};
    bool killed = false;  // by us, since it was started
  };

  explicit Stage(StageOptions options);
  absl::Status StartAll();
  void MountSmallFileSystems();
  void PrepareParts();
  absl::Status WaitUntilHealthy();
  bool IsServing(Part part, const std::string& name, absl::Duration patience) const;
  Program& program(Part part) { return programs_[static_cast<std::size_t>(part)]; }
  const Program& addressed(Part part) const { return programs_[static_cast<std::size_t>(part)]; }

  StageOptions options_;
  bool mounted_ = false;
  std::unique_ptr<Identities> identities_;
  std::unique_ptr<postgres::PrivateCluster> cluster_;
  std::array<std::unique_ptr<PostgresProxy>, 2> proxies_;
  std::array<Program, kParts> programs_;
  std::atomic<int> publisher_life_ = 0;
  std::vector<std::string> unexpected_ends_;
};

}  // namespace canvass::faults

#endif  // CANVASS_TESTS_FAULTS_STAGE_H_
