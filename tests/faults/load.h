#ifndef CANVASS_TESTS_FAULTS_LOAD_H_
#define CANVASS_TESTS_FAULTS_LOAD_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "tests/faults/clients.h"
#include "tests/faults/trial_election.h"
#include "tests/faults/witness.h"

namespace canvass::faults {

// Clients of one trial election, each with a thread of its own, while faults happen:
// submitters that send every station's revisions in order, one at a time, streamed, and past the
// reporter, and resend what they have no answer for; one who repeats, contradicts and runs ahead of
// what the others send; one who decides; readers and a watcher.
class Load {
 public:
  // `publisher_life`: see Stage. Owns neither election nor witness.
  Load(const TrialElection& election, Witness& witness, Addresses addresses, std::uint64_t seed,
       std::function<int()> publisher_life);
  // Ends everybody.
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  // Sends nothing new, waits until every submitter knows what became of what it sent, and ends the
  // others. What is not known by then is a violation.
  void Settle(absl::Duration patience);

 private:
  enum class Way : std::uint8_t { kUnary, kStreamed, kPastReporter };
  static constexpr int kSubmitters = 4;

  void Submit(int number, Way way);
  void Meddle();
  void Decide();
  void ReadOn(int number);
  void ReadWithinLives();
  void WatchOn();
  bool ending() const { return ending_; }

  const TrialElection& election_;
  Witness& witness_;
  const Addresses addresses_;
  const std::uint64_t seed_;
  const std::function<int()> publisher_life_;
  std::atomic<bool> settling_ = false;
  std::atomic<bool> ending_ = false;
  std::atomic<absl::Time> settled_by_ = absl::InfiniteFuture();
  std::vector<std::thread> submitters_;
  std::vector<std::thread> others_;
};

}  // namespace canvass::faults

#endif  // CANVASS_TESTS_FAULTS_LOAD_H_
