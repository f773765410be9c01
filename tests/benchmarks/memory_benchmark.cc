// What an election with many contests keeps in memory, part by part.
//
//   BM_Memory/0   80 contests that each have an area of their own, as constituencies have
//   BM_Memory/1   80 contests of the whole country
//
// 138 771 stations in 500 areas, two sources, 16 candidates; the reports come in a random order
// over six hours. Counters, in bytes of the heap:
//
//   definition    of the definition, in all
//   blank         of a count before any report, for one contest, source and area
//   count, log, history   of the count, the entries and a publisher's history, for one report

#include <benchmark/benchmark.h>
#include <malloc.h>

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
#include "common/election/count.h"
#include "common/election/definition.h"
#include "common/election/event.h"
#include "common/ledger/encoding.h"
#include "common/ledger/entry_log.h"
#include "common/ledger/merkle.h"
#include "services/publisher/board/ledger_with_history.h"
#include "tests/support/definition_builder.h"

namespace canvass {
namespace {

constexpr int kContests = 80;
constexpr int kSources = 2;
constexpr int kRegister = 138'771;
constexpr int kAreas = 500;  // the country and the districts among them
constexpr int kDistricts = kContests;
constexpr int kParts = kAreas - kDistricts - 1;  // where the stations lie
constexpr int kOnBallot = 16;
constexpr std::int64_t kReportsMax = 2'000'000;
constexpr absl::Duration kNight = absl::Hours(6);

// Returns the bytes of the heap that are in use, large blocks included.
double BytesInUse() {
  const struct mallinfo2 info = mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd);
}

std::string DistrictId(int district) { return absl::StrCat("district-", district); }

// The election's definition, and reports of its stations. The register is not in order of
// districts.
class ManyContests {
 public:
  explicit ManyContests(bool nationwide) : nationwide_(nationwide) {
    std::vector<std::string> candidates;
    for (int i = 0; i < kOnBallot; ++i) candidates.push_back(absl::StrCat("candidate-", i));
    testing::DefinitionBuilder builder;
    builder.WithCandidates(candidates);
    builder.WithSource({.id = "observers",
                        .kind = election::SourceKind::kParallelCount,
                        .names = {{"en", "Observers"}}});
    for (int i = 0; i < kDistricts; ++i) builder.WithArea(DistrictId(i));
    for (int i = 0; i < kParts; ++i) {
      builder.WithArea(absl::StrCat("part-", i), DistrictId(i % kDistricts));
    }
    // The builder's own contest is the first one.
    for (int i = 1; i < kContests; ++i) {
      builder.WithContest(absl::StrCat("contest-", i), nationwide ? "country" : DistrictId(i),
                          candidates);
    }
    for (int i = 0; i < kRegister; ++i) {
      builder.WithStation(testing::MakeStation(absl::StrCat("station-", i),
                                               absl::StrCat("part-", i % kParts), 2'000));
    }
    change_ = builder.Build();
  }

  // The entries of the definition.
  std::vector<election::Entry> Definition() const {
    std::vector<election::Entry> entries;
    entries.push_back(
        {.sequence = 1, .recorded_at = absl::UnixEpoch(), .actor = "local", .event = change_});
    const ledger::Hash digest =
        ledger::Sha256OfHashes({ledger::LeafHash(ledger::Encode(entries.front()))});
    entries.push_back({.sequence = 2,
                       .recorded_at = absl::UnixEpoch(),
                       .actor = "local",
                       .event = election::DefinitionSeal{.parts = 1, .digest = digest}});
    return entries;
  }

  std::int64_t reports() const {
    const std::int64_t all = std::int64_t{kRegister} * kSources * (nationwide_ ? kContests : 1);
    return std::min(all, kReportsMax);
  }

  // Calls `visit` with the entry of one report after another.
  template <typename Visit>
  void ForEachReport(Visit visit) const {
    std::vector<std::int64_t> order;
    const std::int64_t all = std::int64_t{kRegister} * kSources * (nationwide_ ? kContests : 1);
    for (std::int64_t i = 0; i < all; ++i) order.push_back(i);
    std::shuffle(order.begin(), order.end(), std::mt19937_64(1));
    for (std::int64_t i = 0; i < reports(); ++i) {
      visit(ReportEntry(i + 3, order[static_cast<std::size_t>(i)]));
    }
  }

 private:
  election::Entry ReportEntry(std::int64_t sequence, std::int64_t number) const {
    const int station = static_cast<int>(number % kRegister);
    const int source = static_cast<int>(number / kRegister % kSources);
    const int contest = nationwide_ ? static_cast<int>(number / kRegister / kSources)
                                    : station % kParts % kDistricts;
    election::ReportRecorded report;
    report.key = {.contest_no = contest, .source_no = source, .station_no = station};
    report.revision = 1;
    std::int32_t cast = 4;
    for (int i = 0; i < kOnBallot; ++i) {
      report.counts.votes.push_back((station + i) % 90 + 1);
      cast += report.counts.votes.back();
    }
    report.counts.registered_voters = 2'000;
    report.counts.ballots_issued = cast;
    report.counts.ballots_cast = cast;
    report.counts.blank_votes = 2;
    report.counts.invalid_votes = 2;
    return {.sequence = sequence,
            .recorded_at = absl::UnixEpoch() + kNight * (sequence - 3) / reports(),
            .actor = "local",
            .event = std::move(report)};
  }

  const bool nationwide_;
  election::DefinitionChange change_;
};

void BM_Memory(benchmark::State& state) {
  const ManyContests election(state.range(0) != 0);
  for (auto _ : state) {
    const std::vector<election::Entry> definition = election.Definition();
    const auto reports = static_cast<double>(election.reports());
    double before = BytesInUse();
    {
      election::Count count;
      count.Apply(definition[0]);
      state.counters["definition"] = BytesInUse() - before;
      count.Apply(definition[1]);
      state.counters["blank"] =
          (BytesInUse() - before - state.counters["definition"]) / (kContests * kSources * kAreas);
      before = BytesInUse();
      election.ForEachReport([&](const election::Entry& entry) { count.Apply(entry); });
      state.counters["count"] = (BytesInUse() - before) / reports;
    }
    before = BytesInUse();
    {
      ledger::EntryLog log;
      election.ForEachReport(
          [&](const election::Entry& entry) { log.Append(ledger::Encode(entry)); });
      state.counters["log"] = (BytesInUse() - before) / reports;
    }
    before = BytesInUse();
    publisher::LedgerWithHistory published("e-1");
    for (const election::Entry& entry : definition) {
      if (!published.Append(ledger::Encode(entry), entry).ok()) state.SkipWithError("not defined");
    }
    before = BytesInUse();
    election.ForEachReport([&](const election::Entry& entry) {
      if (!published.Append(ledger::Encode(entry), entry).ok()) state.SkipWithError("not folded");
    });
    state.counters["history"] =
        (BytesInUse() - before) / reports - state.counters["count"] - state.counters["log"];
  }
}

BENCHMARK(BM_Memory)->Arg(0)->Arg(1)->Iterations(1)->Unit(benchmark::kSecond);

}  // namespace
}  // namespace canvass
