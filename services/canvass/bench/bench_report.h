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
#include "services/canvass/terminal/invocation.h"

namespace canvass::cli::bench {

// Returns the middle value, or the mean of the two middle values. REQUIRES: not empty.
double Median(std::vector<double> values);
// Returns the smallest value that is at least as large as `percent` percent of the values.
// REQUIRES: not empty.
double Percentile(std::vector<double> values, double percent);

// Values of one quantity, one for each run.
struct Series {
  std::string name{};
  std::string unit{};
  std::string target{};  // e.g. ">= 0.60"; empty for none
  std::vector<double> values{};
};

// Results of a benchmark: its quantities in the order of their declaration (the ratio first), and
// the resources that each process used. Not thread-safe.
class BenchReport {
 public:
  explicit BenchReport(std::string title) : title_(std::move(title)) {}

  void AddSetting(const std::string& name, const std::string& value);
  // Declares a quantity. Quantities are printed in the order of declaration.
  void Declare(const std::string& name, const std::string& unit, const std::string& target = "");
  // Adds one run's value of a declared quantity.
  void Add(const std::string& name, double value);
  // Adds the resources that a process used between `before` and `after`. `items` is the number of
  // reports or calls in that time.
  void AddUse(const std::string& process, const ProcessUse& before, const ProcessUse& after,
              std::size_t items);

  // Calls `run` with 1, 2, ..., `runs`. `run` adds its values, which are printed to the console's
  // messages after each run. Returns the first error.
  absl::Status Measure(int runs, const Invocation& invocation,
                       absl::FunctionRef<absl::Status(int)> run) const;
  // Prints the report in the requested format.
  void Print(const Invocation& invocation) const;

 private:
  // Returns the newest values of the declared quantities: "ratio 0.61, reports 104 000 /s".
  std::string Newest() const;
  std::vector<const Series*> AllSeries() const;
  Series& Find(const std::string& name);

  std::string title_;
  std::vector<std::pair<std::string, std::string>> settings_;
  std::vector<Series> series_;
  std::vector<Series> uses_;
};

}  // namespace canvass::cli::bench

#endif  // CANVASS_SERVICES_CANVASS_BENCH_BENCH_REPORT_H_
