#ifndef CANVASS_SERVICES_CANVASS_BENCH_BENCH_REPORT_H_
#define CANVASS_SERVICES_CANVASS_BENCH_BENCH_REPORT_H_

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "services/canvass/bench/process_use.h"
#include "services/canvass/command.h"

namespace canvass::bench {

// The middle one; of two, their mean. REQUIRES: not empty.
double Median(std::vector<double> values);
// The smallest value that is not below `percent` of them. REQUIRES: not empty.
double Percentile(std::vector<double> values, double percent);

// One quantity, measured in each run.
struct Series {
  std::string name{};
  std::string unit{};
  std::string target{};  // e.g. ">= 0.60"; empty for none
  std::vector<double> values{};
};

// What a benchmark found: its quantities in the order in which they are told (the ratio first), and
// what each process used for it. Not thread-safe.
class BenchReport {
 public:
  explicit BenchReport(std::string title) : title_(std::move(title)) {}

  void AddSetting(const std::string& name, const std::string& value);
  // Announces a quantity; they are told in the order of announcement.
  void Declare(const std::string& name, const std::string& unit, const std::string& target = "");
  // A run's value of an announced quantity.
  void Add(const std::string& name, double value);
  // What a process used between two moments, for so many reports (or calls).
  void AddUse(const std::string& process, const ProcessUse& before, const ProcessUse& after,
              std::size_t items);

  // Calls `run` with 1, 2, ..., `runs`, which adds its values, and says each time what they are.
  // Ends with its first error.
  absl::Status Measure(int runs, const Session& session,
                       absl::FunctionRef<absl::Status(int)> run) const;
  // In the format that was asked for.
  void Print(const Session& session) const;

 private:
  // The newest values of the announced quantities: "ratio 0.61, reports 104 000 /s".
  std::string Newest() const;
  std::vector<const Series*> AllSeries() const;
  Series& Find(const std::string& name);

  std::string title_;
  std::vector<std::pair<std::string, std::string>> settings_;
  std::vector<Series> series_;
  std::vector<Series> uses_;
};

}  // namespace canvass::bench

#endif  // CANVASS_SERVICES_CANVASS_BENCH_BENCH_REPORT_H_
