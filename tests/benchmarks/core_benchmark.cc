// What one report costs in the core, step by step, in the order in which the aggregator takes them:
//
//   BM_CheckReport     every rule on a report as it came
//   BM_Encode          the exact bytes of its entry
//   BM_LeafHash        SHA-256 of them
//   BM_PutEntry        its row for PostgreSQL's binary COPY
//   BM_Fold            the entry into log, tree and tallies, stations in random order
//   BM_Decode          the entry back from its bytes, as a start and a publisher do
//   BM_DecodeAndFold   the whole of what a publisher does with an entry
//   BM_SharePercent    one share of a result
//
// The argument is the number of stations: what costs more with more of them, costs memory accesses.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/election/definition.h"
#include "common/election/event.h"
#include "common/election/report.h"
#include "common/election/report_check.h"
#include "common/election/share.h"
#include "common/ledger/election_ledger.h"
#include "common/ledger/encoding.h"
#include "common/ledger/merkle.h"
#include "common/postgres/copy.h"
#include "services/aggregator/store/ledger_store.h"
#include "services/aggregator/store/postgres_entry_rows.h"
#include "tests/support/definition_builder.h"
#include "tests/support/report_builder.h"

namespace canvass {
namespace {

constexpr int kCandidates = 16;
constexpr int kStationsPerArea = 2'000;

std::string StationId(std::int64_t station) {
  return absl::StrCat("c-", station / kStationsPerArea, "-s-", station % kStationsPerArea);
}

// An election, its definition's entries, and an entry of each station's report in random order.
struct Night {
  explicit Night(std::int64_t stations) {
    testing::DefinitionBuilder builder;
    std::vector<std::string> candidates;
    for (int i = 0; i < kCandidates; ++i) candidates.push_back(absl::StrCat("candidate-", i));
    builder.WithCandidates(candidates);
    for (std::int64_t area = 0; area * kStationsPerArea < stations; ++area) {
      builder.WithArea(absl::StrCat("c-", area));
    }
    for (std::int64_t station = 0; station < stations; ++station) {
      builder.WithStation(testing::MakeStation(
          StationId(station), absl::StrCat("c-", station / kStationsPerArea), 2'000));
    }
    change = builder.Build();
    definition = builder.BuildDefinition();
    for (std::int64_t station = 0; station < stations; ++station) {
      reports.push_back(ReportOf(station, candidates));
    }
    std::shuffle(reports.begin(), reports.end(), std::mt19937_64(1));
    std::int64_t sequence = kDefinitionEntries;
    for (const election::StationReport& report : reports) {
      election::CheckedReport checked =
          election::CheckReport(definition, report, absl::UnixEpoch());
      entries.push_back({.sequence = ++sequence,
                         .recorded_at = absl::UnixEpoch(),
                         .actor = "local",
                         .event = std::move(checked.recorded)});
      bytes.push_back(ledger::Encode(entries.back()));
    }
  }

  static election::StationReport ReportOf(std::int64_t station,
                                          const std::vector<std::string>& candidates) {
    std::vector<election::CandidateCount> votes;
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const auto count =
          static_cast<std::int64_t>((static_cast<std::size_t>(station) + i) % 90 + 1);
      votes.push_back({.candidate_id = candidates[i], .count = count});
      sum += count;
    }
    return testing::ReportBuilder()
        .WithStation(StationId(station))
        .WithVotes(std::move(votes))
        .WithBlank(2)
        .WithInvalid(2)
        .WithCast(sum + 4)
        .WithIssued(sum + 4)
        .WithRegistered(2'000)
        .Build();
  }

  // With the definition and no report.
  std::unique_ptr<ledger::ElectionLedger> Defined() const {
    auto folded = std::make_unique<ledger::ElectionLedger>("e-1");
    const ledger::Hash defined = AppendTo(*folded, change);
    AppendTo(*folded,
             election::DefinitionSeal{.parts = 1, .digest = ledger::Sha256OfHashes({defined})});
    return folded;
  }

  static ledger::Hash AppendTo(ledger::ElectionLedger& folded, election::Event event) {
    const election::Entry entry{.sequence = folded.sequence() + 1,
                                .recorded_at = absl::UnixEpoch(),
                                .actor = "local",
                                .event = std::move(event)};
    const std::string encoded = ledger::Encode(entry);
    folded.Append(encoded, entry);
    return ledger::LeafHash(encoded);
  }

  static constexpr std::int64_t kDefinitionEntries = 2;

  election::DefinitionChange change;
  election::Definition definition;
  std::vector<election::StationReport> reports;
  std::vector<election::Entry> entries;
  std::vector<std::string> bytes;
};

// Made once for each size.
const Night& NightOf(std::int64_t stations) {
  static std::vector<std::pair<std::int64_t, std::unique_ptr<Night>>> nights;
  for (const auto& [size, night] : nights) {
    if (size == stations) return *night;
  }
  nights.emplace_back(stations, std::make_unique<Night>(stations));
  return *nights.back().second;
}

// Calls `step` with one report's number after another.
template <typename Step>
void RunForEach(benchmark::State& state, const Night& night, Step step) {
  std::size_t next = 0;
  for (auto _ : state) {
    step(next);
    if (++next == night.reports.size()) next = 0;
  }
  state.SetItemsProcessed(state.iterations());
}

void BM_CheckReport(benchmark::State& state) {
  const Night& night = NightOf(state.range(0));
  RunForEach(state, night, [&night](std::size_t i) {
    benchmark::DoNotOptimize(
        election::CheckReport(night.definition, night.reports[i], absl::UnixEpoch()));
  });
}

void BM_Encode(benchmark::State& state) {
  const Night& night = NightOf(state.range(0));
  RunForEach(state, night, [&night](std::size_t i) {
    benchmark::DoNotOptimize(ledger::Encode(night.entries[i]));
  });
}

void BM_LeafHash(benchmark::State& state) {
  const Night& night = NightOf(state.range(0));
  RunForEach(state, night, [&night](std::size_t i) {
    benchmark::DoNotOptimize(ledger::LeafHash(night.bytes[i]));
  });
}

void BM_PutEntry(benchmark::State& state) {
  const Night& night = NightOf(state.range(0));
  std::vector<aggregator::AppendedEntry> appended;
  for (std::size_t i = 0; i < night.entries.size(); ++i) {
    appended.push_back({.election_id = "e-1",
                        .entry = night.entries[i],
                        .bytes = night.bytes[i],
                        .leaf_hash = ledger::LeafHash(night.bytes[i])});
  }
  constexpr std::size_t kBytesPerPart = std::size_t{64} << 10U;
  postgres::CopyEncoder rows;
  RunForEach(state, night, [&](std::size_t i) {
    if (rows.bytes().size() >= kBytesPerPart) rows.DropSent();
    aggregator::PutEntry(rows, 1, appended[i]);
  });
}

void BM_Decode(benchmark::State& state) {
  const Night& night = NightOf(state.range(0));
  RunForEach(state, night,
             [&night](std::size_t i) { benchmark::DoNotOptimize(ledger::Decode(night.bytes[i])); });
}

// Folds the night, entry by entry, and begins again with an empty count after the last one.
template <typename Fold>
void RunFold(benchmark::State& state, Fold fold) {
  const Night& night = NightOf(state.range(0));
  std::unique_ptr<ledger::ElectionLedger> folded = night.Defined();
  std::size_t next = 0;
  for (auto _ : state) {
    if (next == night.entries.size()) {
      state.PauseTiming();
      folded = night.Defined();
      next = 0;
      state.ResumeTiming();
    }
    fold(*folded, night, next);
    ++next;
  }
  state.SetItemsProcessed(state.iterations());
}

void BM_Fold(benchmark::State& state) {
  RunFold(state, [](ledger::ElectionLedger& folded, const Night& night, std::size_t i) {
    folded.Append(night.bytes[i], night.entries[i]);
  });
}

void BM_DecodeAndFold(benchmark::State& state) {
  RunFold(state, [&state](ledger::ElectionLedger& folded, const Night& night, std::size_t i) {
    if (!folded.Append(night.bytes[i]).ok()) state.SkipWithError("an entry was not folded");
  });
}

void BM_SharePercent(benchmark::State& state) {
  std::int64_t part = 4'577'693;
  for (auto _ : state) {
    benchmark::DoNotOptimize(election::SharePercent(part, 4'969'044));
    part = part == 1 ? 4'577'693 : part - 1;
  }
}

void Sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->Arg(10'000)->Arg(100'000)->Arg(1'000'000);
}

BENCHMARK(BM_CheckReport)->Apply(Sizes);
BENCHMARK(BM_Encode)->Arg(10'000);
BENCHMARK(BM_LeafHash)->Arg(10'000);
BENCHMARK(BM_PutEntry)->Arg(10'000);
BENCHMARK(BM_Fold)->Apply(Sizes);
BENCHMARK(BM_Decode)->Arg(10'000);
BENCHMARK(BM_DecodeAndFold)->Apply(Sizes);
BENCHMARK(BM_SharePercent);

}  // namespace
}  // namespace canvass
