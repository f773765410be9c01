#include "services/canvass/bench/soak_bench.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "canvass/aggregator/v1/aggregator_service.pb.h"
#include "common/base/clock.h"
#include "nlohmann/json.hpp"
#include "services/canvass/bench/bench_report.h"
#include "services/canvass/bench/bench_stack.h"
#include "services/canvass/bench/soak_record.h"
#include "services/canvass/clients/aggregator_client.h"
#include "services/canvass/clients/pages.h"
#include "services/canvass/clients/publisher_client.h"
#include "services/canvass/clients/reporter_client.h"
#include "services/canvass/terminal/console.h"
#include "services/canvass/terminal/table.h"

namespace canvass::cli::bench {
namespace {

// Set by SIGINT and SIGTERM: the test ends early, and what was acknowledged is compared.
volatile std::sig_atomic_t interrupted = 0;

// Half of the submitters send one report a call, the others short streams.
constexpr int kSubmitters = 24;
// Largest number of reports that a submitter sends together, when it has some to catch up.
constexpr std::int64_t kTogetherMax = 250;
constexpr absl::Duration kLookAtUseEvery = absl::Milliseconds(20);
constexpr absl::Duration kReadEvery = absl::Milliseconds(100);
constexpr absl::Duration kSayEvery = absl::Seconds(10);
// How long the services may take until all that was sent is acknowledged.
constexpr absl::Duration kSettleWithin = absl::Minutes(3);
constexpr absl::Duration kAskAgainAfter = absl::Seconds(1);
// Everybody who submits has more patience than any fault should last.
constexpr RetryLimits kSoakPatience{.give_up_after = absl::Minutes(10),
                                    .silence_max = absl::Seconds(10)};

// Sends the reports of its share of the stations, each station's revisions in order.
class Submitter {
 public:
  Submitter(const SoakElection& election, SoakRecord& record, const CommonOptions& services,
            int number, double per_second)
      : election_(election),
        record_(record),
        reporter_(services),
        sends_streams_(number % 2 == 1),
        per_second_(per_second) {
    for (std::int64_t station = number; station < election.stations(); station += kSubmitters) {
      stations_.push_back({.number = station});
    }
  }

  void Run(absl::Duration duration) {
    const absl::Duration began = SteadyNow();
    std::int64_t sent = 0;
    while (interrupted == 0 && SteadyNow() - began < duration) {
      const auto due =
          static_cast<std::int64_t>(absl::ToDoubleSeconds(SteadyNow() - began) * per_second_) -
          sent;
      std::vector<Station*> batch = TakeWaiting();
      while (static_cast<std::int64_t>(batch.size()) < std::min(due, most_together())) {
        if (!AddNext(batch)) break;
        ++sent;
      }
      if (batch.empty()) {
        absl::SleepFor(kLookAtUseEvery);
      } else {
        Send(batch);
      }
    }
    const absl::Duration until = SteadyNow() + kSettleWithin;
    while (!waiting_.empty() && SteadyNow() < until) {
      const std::vector<Station*> batch = TakeWaiting();
      if (batch.empty()) {
        absl::SleepFor(kLookAtUseEvery);
      } else {
        Send(batch);
      }
    }
  }

 private:
  struct Station {
    std::int64_t number = 0;
    int revision = 1;            // the next one that is acknowledged
    bool is_open = false;        // it was sent, and is not acknowledged
    absl::Duration since{};      // when it was there to be sent, by the steady clock
    absl::Duration ask_again{};  // if it is open
  };

  std::int64_t most_together() const { return sends_streams_ ? kTogetherMax : 1; }

  // Adds the next station whose last report is acknowledged. Returns false if there is none.
  bool AddNext(std::vector<Station*>& batch) {
    for (std::size_t tried = 0; tried < stations_.size(); ++tried) {
      Station& station = stations_[next_++ % stations_.size()];
      if (station.is_open) continue;
      station.is_open = true;
      station.since = SteadyNow();
      batch.push_back(&station);
      return true;
    }
    return false;
  }

  // Stations whose report is to be sent again: queued is not recorded.
  std::vector<Station*> TakeWaiting() {
    std::vector<Station*> batch;
    while (static_cast<std::int64_t>(batch.size()) < most_together() && !waiting_.empty() &&
           waiting_.front()->ask_again <= SteadyNow()) {
      batch.push_back(waiting_.front());
      waiting_.pop_front();
    }
    return batch;
  }

  void Send(const std::vector<Station*>& batch) {
    for (const Station* const station : batch) record_.Sent(station->number, station->revision);
    const auto report_at = [&](std::size_t index) {
      return election_.ReportOf(batch[index]->number, batch[index]->revision);
    };
    const std::string whom = sends_streams_ ? "stream" : "call";
    const auto on_retry = [this, &whom](const absl::Status& why, absl::Duration /*wait*/) {
      record_.Retried(whom, why);
    };
    absl::Status status;
    if (sends_streams_) {
      status = reporter_.SubmitReports(
          {.count = batch.size(),
           .report_at = report_at,
           .on_receipt = [&](std::size_t index,
                             const v1::Receipt& receipt) { Take(*batch[index], receipt); },
           .on_retry = on_retry},
          kSoakPatience);
    } else {
      const auto receipt = reporter_.SubmitReport(report_at(0), kSoakPatience, on_retry);
      status = receipt.status();
      if (receipt.ok()) Take(*batch.front(), *receipt);
    }
    if (!status.ok()) record_.GaveUp(whom, status);
    for (Station* const station : batch) {
      if (!station->is_open) continue;
      station->ask_again = SteadyNow() + kAskAgainAfter;
      waiting_.push_back(station);
    }
  }

  void Take(Station& station, const v1::Receipt& receipt) {
    if (!record_.Received(station.number, station.revision, receipt, SteadyNow() - station.since)) {
      return;
    }
    ++station.revision;
    station.is_open = false;
  }

  const SoakElection& election_;
  SoakRecord& record_;
  const ReporterClient reporter_;
  const bool sends_streams_;
  const double per_second_;
  std::vector<Station> stations_;
  std::deque<Station*> waiting_;  // in the order of ask_again
  std::size_t next_ = 0;
};

// Reads the national result of `sequence` or later again and again until it is told to end, and
// never an older one.
void ReadOn(const std::string& election_id, std::int64_t sequence, const CommonOptions& services,
            const std::atomic<bool>& ending, SoakRecord& record) {
  const PublisherClient publisher(services);
  publisher::v1::GetNationalResultRequest request;
  request.set_election_id(election_id);
  request.set_min_sequence(sequence);  // a publisher may not have heard of the election
  while (!ending) {
    const auto answer = publisher.GetNationalResult(request);
    if (answer.ok()) {
      record.Read(request.min_sequence(), answer->result().as_of().sequence());
      request.set_min_sequence(answer->result().as_of().sequence());
    } else if (MayRetry(answer.status())) {
      record.Retried("reader", answer.status());
    } else {
      record.GaveUp("reader", answer.status());
    }
    absl::SleepFor(kReadEvery);
  }
}

std::string Listed(const std::map<std::string, std::int64_t>& counts) {
  std::string text;
  for (const auto& [reason, count] : counts) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", reason, " ", count);
  }
  return text.empty() ? "none" : text;
}

std::string Listed(const std::vector<SoakGap>& gaps) {
  std::string text;
  for (const SoakGap& gap : gaps) {
    absl::StrAppend(&text, text.empty() ? "" : ", ",
                    absl::FormatDuration(absl::Trunc(gap.lasted, absl::Milliseconds(100))));
  }
  return text.empty() ? "none of 1s or more" : text;
}

nlohmann::ordered_json JsonOf(const std::vector<SoakGap>& gaps) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const SoakGap& gap : gaps) {
    json.push_back({{"since", absl::ToDoubleSeconds(gap.since - absl::UnixEpoch())},
                    {"seconds", absl::ToDoubleSeconds(gap.lasted)}});
  }
  return json;
}

class SoakBench {
 public:
  SoakBench(const BenchOptions& options, const Invocation& invocation)
      : options_(options),
        invocation_(invocation),
        election_(absl::StrCat("bench-soak-", absl::ToUnixSeconds(absl::Now())), options.stations,
                  options.candidates, options.seed),
        record_(options.stations) {}

  absl::Status Run() {
    const auto stack = BenchStack::Start(options_, invocation_);
    if (!stack.ok()) return stack.status();
    const auto defined = (*stack)->Define(election_.Definition());
    if (!defined.ok()) return defined.status();
    for (const int signal : {SIGINT, SIGTERM}) {
      std::signal(signal, [](int /*signal*/) { interrupted = 1; });
    }
    SendAll((*stack)->services(), *defined);
    SoakLedger ledger(election_, record_);
    const absl::Status read = ReadLedger((*stack)->services(), ledger);
    if (!read.ok()) return read;
    const absl::Status shown =
        (*stack)->CheckShown(election_.id(), ledger.last_sequence(), ledger.Votes());
    Print(ledger, shown);
    if (shown.ok() && ledger.Lost() == 0 && ledger.doubled() == 0 && ledger.foreign() == 0) {
      return absl::OkStatus();
    }
    return absl::DataLossError("The ledger is not what clients were told");
  }

 private:
  void SendAll(const CommonOptions& services, std::int64_t defined) {
    record_.Begin();
    std::vector<std::thread> threads;
    threads.reserve(kSubmitters);
    const double per_second = static_cast<double>(options_.rate) / kSubmitters;
    for (int number = 0; number < kSubmitters; ++number) {
      threads.emplace_back([this, &services, number, per_second] {
        Submitter(election_, record_, services, number, per_second).Run(options_.duration);
      });
    }
    std::atomic<bool> ending = false;
    std::thread reader([&] { ReadOn(election_.id(), defined, services, ending, record_); });
    Say(SteadyNow() + options_.duration);
    for (std::thread& thread : threads) thread.join();
    record_.End();
    ending = true;
    reader.join();
  }

  // Says how it goes until the time has come.
  void Say(absl::Duration until) const {
    while (interrupted == 0 && SteadyNow() < until) {
      absl::SleepFor(std::min(kSayEvery, until - SteadyNow()));
      const SoakRecord::Summary summary = record_.summary();
      invocation_.console.messages << absl::StrCat("acknowledged ", summary.acknowledged,
                                                   "; retried: ", Listed(summary.retried),
                                                   "; noticed: ", Listed(summary.noticed), "\n")
                                   << std::flush;
    }
  }

  absl::Status ReadLedger(const CommonOptions& services, SoakLedger& ledger) const {
    const AggregatorClient aggregator(services);
    aggregator::v1::ListLedgerEntriesRequest request;
    request.set_election_id(election_.id());
    return ForEachPage(
        request, [&](const auto& page) { return ReadPage(aggregator, page); },
        [&](const aggregator::v1::ListLedgerEntriesResponse& page) {
          for (const v1::LedgerEntry& entry : page.entries()) ledger.Add(entry);
          return true;
        });
  }

  // The aggregators may still be changing.
  static absl::StatusOr<aggregator::v1::ListLedgerEntriesResponse> ReadPage(
      const AggregatorClient& aggregator, const aggregator::v1::ListLedgerEntriesRequest& request) {
    const absl::Duration until = SteadyNow() + kSettleWithin;
    for (;;) {
      auto page = aggregator.ListLedgerEntries(request);
      if (page.ok() || SteadyNow() > until) return page;
      absl::SleepFor(kAskAgainAfter);
    }
  }

  void Print(const SoakLedger& ledger, const absl::Status& shown) const {
    const SoakRecord::Summary summary = record_.summary();
    if (invocation_.options.format == OutputFormat::kJson) {
      PrintJson(summary, ledger, shown);
    } else {
      PrintTable(summary, ledger, shown);
    }
  }

  void PrintTable(const SoakRecord::Summary& summary, const SoakLedger& ledger,
                  const absl::Status& shown) const {
    Table table{.columns = {{"quantity", "quantity"}, {"value", "value"}}};
    const auto add = [&table](const std::string& name, const auto& value) {
      table.rows.push_back({name, absl::StrCat(value)});
    };
    add("reports acknowledged", summary.acknowledged);
    add("acknowledged and lost", ledger.Lost());
    add("recorded twice", ledger.doubled());
    add("recorded and never sent so", ledger.foreign());
    add("recorded in all", ledger.reports());
    add("acknowledged as repeated", summary.repeated);
    add("receipts QUEUED", summary.queued);
    add("errors that a client retried", Listed(summary.retried));
    add("errors that a client noticed", Listed(summary.noticed));
    add("published votes", shown.ok() ? "as recorded" : std::string(shown.message()));
    if (!summary.waited_ms.empty()) {
      for (const double percent : {50.0, 99.0, 99.9, 100.0}) {
        add(absl::StrCat("ms until acknowledged, ", percent, " %"),
            Percentile(summary.waited_ms, percent));
      }
    }
    add("times without an acknowledgement", Listed(summary.gaps));
    add("results read", summary.read);
    add("times without an answer to a reader", Listed(summary.reading_gaps));
    invocation_.console.out << RenderTable(table);
  }

  // On one line, so that it can be found among others.
  void PrintJson(const SoakRecord::Summary& summary, const SoakLedger& ledger,
                 const absl::Status& shown) const {
    nlohmann::ordered_json json{{"election", election_.id()},
                                {"acknowledged", summary.acknowledged},
                                {"lost", ledger.Lost()},
                                {"doubled", ledger.doubled()},
                                {"foreign", ledger.foreign()},
                                {"recorded", ledger.reports()},
                                {"repeated", summary.repeated},
                                {"queued", summary.queued},
                                {"retried", summary.retried},
                                {"noticed", summary.noticed},
                                {"published", shown.ok() ? "" : std::string(shown.message())}};
    nlohmann::ordered_json waited;
    for (const double percent : {50.0, 90.0, 99.0, 99.9, 100.0}) {
      if (summary.waited_ms.empty()) break;
      waited[absl::StrCat(percent)] = Percentile(summary.waited_ms, percent);
    }
    json["waited_ms"] = waited;
    json["gaps"] = JsonOf(summary.gaps);
    json["read"] = summary.read;
    json["reading_gaps"] = JsonOf(summary.reading_gaps);
    nlohmann::ordered_json seconds = nlohmann::ordered_json::array();
    for (const auto& [at, second] : summary.seconds) {
      seconds.push_back(
          {{"at", at}, {"acknowledged", second.acknowledged}, {"retried", second.retried}});
    }
    json["seconds"] = seconds;
    invocation_.console.out << json.dump() << '\n';
  }

  const BenchOptions& options_;
  const Invocation& invocation_;
  const SoakElection election_;
  SoakRecord record_;
};

}  // namespace

absl::Status BenchSoak(const BenchOptions& options, const Invocation& invocation) {
  return SoakBench(options, invocation).Run();
}

}  // namespace canvass::cli::bench
