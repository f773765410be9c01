// PostgreSQL stands still under more load than fits.
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "canvass/aggregator/v1/aggregator_service.grpc.pb.h"
#include "canvass/reporter/v1/station_reporter_service.grpc.pb.h"
#include "common/base/text.h"
#include "common/rpc/channel.h"
#include "common/rpc/status.h"
#include "tests/faults/campaign.h"

namespace canvass::faults {
namespace {

constexpr int kStallStations = 400;
constexpr int kFlooders = 6;
// Beside what a service took before: full queues, and not more for a longer time.
constexpr std::size_t kGrowthBytesMax = std::size_t{256} << 20U;
constexpr std::size_t kLaterGrowthBytesMax = std::size_t{64} << 20U;
constexpr absl::Duration kSampleEvery = absl::Milliseconds(100);
constexpr absl::Duration kPauseWhileAllIsWell = absl::Milliseconds(25);
constexpr absl::Duration kPauseAfterAnError = absl::Milliseconds(50);
constexpr absl::Duration kStreamLivesFor = absl::Seconds(20);
constexpr absl::Duration kQuiet = absl::Seconds(1);

// A caller reports for one source.
int SourceOf(int flooder) { return flooder % kSources; }

// Sends the next revision of each of its stations in one message after another, and waits for
// nothing but room while `flooding`. Begins again behind what was acknowledged when a stream
// breaks.
class Flooder {
 public:
  Flooder(const TrialElection& election, Witness& witness, int number)
      : election_(election), witness_(witness) {
    for (int i = number / kSources; i < election.stations(); i += kFlooders / kSources) {
      done_.push_back({.source_no = SourceOf(number), .station_no = i, .revision = 0});
    }
  }

  // `Request` has reports that `add` appends to.
  template <typename Request, typename Response, typename Open, typename Add>
  void Run(const std::atomic<bool>& flooding, const std::atomic<bool>& ending, Open open, Add add) {
    while (!ending) {
      grpc::ClientContext context;
      rpc::SetDeadline(context, kStreamLivesFor);
      const auto stream = open(context);
      std::thread reading([&] {
        Response response;
        while (stream->Read(&response)) TakeReceipts(response.receipts());
      });
      std::vector<ReportName> next = StartAgain();
      for (bool open_still = true; open_still && !ending;) {
        Request request;
        for (ReportName& name : next) {
          ++name.revision;
          add(request, election_.Report(name, 0));
        }
        NoteSent(next);
        open_still = stream->Write(request);
        if (!flooding) absl::SleepFor(kPauseWhileAllIsWell);
      }
      if (ending) stream->WritesDone();
      reading.join();
      const grpc::Status status = stream->Finish();
      if (status.ok()) continue;
      witness_.Unknown(ReasonOf(rpc::FromGrpcStatus(status)));
      absl::SleepFor(kPauseAfterAnError);
    }
  }

 private:
  std::vector<ReportName> StartAgain() {
    const MutexLock lock(mutex_);
    in_flight_.clear();
    return done_;
  }

  void NoteSent(const std::vector<ReportName>& names) {
    const MutexLock lock(mutex_);
    for (std::size_t i = 0; i < names.size(); ++i) in_flight_.push_back({i, names[i], absl::Now()});
  }

  template <typename Receipts>
  void TakeReceipts(const Receipts& receipts) {
    const MutexLock lock(mutex_);
    for (const v1::Receipt& receipt : receipts) {
      if (in_flight_.empty()) return witness_.Violation("A receipt that nobody asked for");
      const InFlight sent = in_flight_.front();
      in_flight_.pop_front();
      if (receipt.state() == v1::RECEIPT_STATE_REFUSED) {
        witness_.Refused(sent.name, 0, receipt.findings().empty() ? "" : receipt.findings(0).rule(),
                         sent.at);
        continue;
      }
      witness_.Received(sent.name, 0, receipt, sent.at);
      done_[sent.place].revision = std::max(done_[sent.place].revision, sent.name.revision);
    }
  }

  struct InFlight {
    std::size_t place = 0;
    ReportName name{};
    absl::Time at{};
  };

  const TrialElection& election_;
  Witness& witness_;
  Mutex mutex_;
  std::vector<ReportName> done_ ABSL_GUARDED_BY(mutex_);  // acknowledged or queued
  std::deque<InFlight> in_flight_ ABSL_GUARDED_BY(mutex_);
};

// Largest resident memory of every service while it lives.
class MemoryWatch {
 public:
  void Sample(const Stage& stage) {
    for (std::size_t i = 0; i < kParts; ++i) {
      most_[i] = std::max(most_[i], stage.MemoryOf(kEveryPart[i]));
    }
  }
  void SampleFor(const Stage& stage, absl::Duration time) {
    for (const absl::Time end = absl::Now() + time; absl::Now() < end;) {
      Sample(stage);
      absl::SleepFor(std::min(kSampleEvery, end - absl::Now()));
    }
  }
  std::size_t most(Part part) const { return most_[static_cast<std::size_t>(part)]; }
  std::string ToString() const {
    std::string text;
    for (const Part part : kEveryPart) {
      StrAppend(&text, " ", NameOf(part), " ", most(part) >> 20U, " MiB");
    }
    return text;
  }

 private:
  std::array<std::size_t, kParts> most_{};
};

// Submissions of which the sender was told that they are kept for later, or that it must come back.
std::int64_t Told(const Witness::Counts& counts) {
  std::int64_t told = counts.queued;
  for (const char* reason : {"QUEUE_FULL", "OUTBOX_FULL"}) {
    const auto found = counts.errors.find(reason);
    if (found != counts.errors.end()) told += found->second;
  }
  return told;
}

class Flood {
 public:
  explicit Flood(Trial& trial) : clients_(trial.addresses()) {
    for (int i = 0; i < kFlooders; ++i) {
      flooders_.push_back(std::make_unique<Flooder>(trial.election(), trial.witness(), i));
      Flooder& flooder = *flooders_.back();
      // One of them goes past the reporter.
      if (i == 0) {
        threads_.emplace_back([this, &flooder] { RunPastReporter(flooder); });
      } else {
        threads_.emplace_back([this, &flooder, source = TrialElection::SourceId(SourceOf(i))] {
          RunThroughReporter(flooder, source);
        });
      }
    }
  }
  ~Flood() {
    ending_ = true;
    for (std::thread& thread : threads_) thread.join();
  }
  Flood(const Flood&) = delete;
  Flood& operator=(const Flood&) = delete;

  void set_flooding(bool flooding) { flooding_ = flooding; }

 private:
  void RunPastReporter(Flooder& flooder) {
    flooder.Run<aggregator::v1::RecordReportsRequest, aggregator::v1::RecordReportsResponse>(
        flooding_, ending_,
        [this](grpc::ClientContext& context) { return clients_.OpenRecording(context); },
        [this](aggregator::v1::RecordReportsRequest& request, const v1::StationReport& report) {
          *request.add_reports() = clients_.WithActor(report);
        });
  }
  void RunThroughReporter(Flooder& flooder, const std::string& source_id) {
    flooder.Run<reporter::v1::SubmitReportsRequest, reporter::v1::SubmitReportsResponse>(
        flooding_, ending_,
        [this, source_id](grpc::ClientContext& context) {
          return clients_.OpenSubmission(context, source_id);
        },
        [](reporter::v1::SubmitReportsRequest& request, const v1::StationReport& report) {
          *request.add_reports() = report;
        });
  }

  const Clients clients_;
  std::atomic<bool> flooding_ = false;
  std::atomic<bool> ending_ = false;
  std::vector<std::unique_ptr<Flooder>> flooders_;
  std::vector<std::thread> threads_;
};

}  // namespace

bool Campaign::TryStall(absl::Duration stall) {
  const std::unique_ptr<Trial> trial = NewTrial(0, kStallStations);
  if (trial == nullptr) return false;
  MemoryWatch before;
  MemoryWatch early;  // the first half of the time
  MemoryWatch late;
  std::vector<Happened> happened;
  {
    Flood flood(*trial);
    before.SampleFor(*stage_, kQuiet);
    const Witness::Counts at_first = trial->witness().counts();
    flood.set_flooding(true);
    happened.push_back({.fault = {.kind = FaultKind::kStopPostgres, .lasts = stall},
                        .report = {.at = absl::Now()}});
    stage_->SignalPostgres(SIGSTOP);
    early.SampleFor(*stage_, stall / 2);
    late.SampleFor(*stage_, stall / 2);
    stage_->SignalPostgres(SIGCONT);
    flood.set_flooding(false);
    late.SampleFor(*stage_, kQuiet);
    flood.set_flooding(true);
    happened.push_back({.fault = {.kind = FaultKind::kCrashPostgres, .lasts = stall},
                        .report = {.at = absl::Now()}});
    stage_->StopPostgres();
    early.SampleFor(*stage_, stall / 2);
    late.SampleFor(*stage_, stall / 2);
    flood.set_flooding(false);
    stage_->StartPostgres().IgnoreError();
    late.SampleFor(*stage_, kQuiet);
    if (Told(trial->witness().counts()) == Told(at_first)) {
      trial->witness().Violation("Nobody was told that PostgreSQL is away");
    }
  }
  std::printf(
      "PostgreSQL stood still and was gone for %s each. Memory before:%s; most in the first "
      "halves:%s; in the second:%s\n",
      absl::FormatDuration(stall).c_str(), before.ToString().c_str(), early.ToString().c_str(),
      late.ToString().c_str());
  for (const Part part : kEveryPart) {
    if (late.most(part) <= before.most(part) + kGrowthBytesMax &&
        late.most(part) <= early.most(part) + kLaterGrowthBytesMax) {
      continue;
    }
    trial->witness().Violation(StrCat(NameOf(part), " goes on taking memory"));
  }
  return Finish(*trial, "stall", happened, /*with_reference=*/false);
}

}  // namespace canvass::faults
