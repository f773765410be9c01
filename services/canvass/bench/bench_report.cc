#include "services/canvass/bench/bench_report.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <ostream>

#include "fmt/format.h"
#include "nlohmann/json.hpp"
#include "services/canvass/terminal/console.h"
#include "services/canvass/terminal/table.h"

namespace canvass::cli::bench {
namespace {

constexpr double kMebibyte = 1024.0 * 1024.0;
constexpr double kMicrosecondsPerSecond = 1e6;

// Formats a number with as many digits as are meaningful.
std::string NumberText(double value) {
  const double size = std::abs(value);
  if (size >= 1'000) return fmt::format("{:.0f}", value);
  return size >= 10 ? fmt::format("{:.1f}", value) : fmt::format("{:.3f}", value);
}

double Least(const Series& series) {
  return *std::min_element(series.values.begin(), series.values.end());
}

double Most(const Series& series) {
  return *std::max_element(series.values.begin(), series.values.end());
}

nlohmann::ordered_json JsonOf(const Series& series) {
  nlohmann::ordered_json json{
      {"name", series.name},  {"unit", series.unit}, {"median", Median(series.values)},
      {"min", Least(series)}, {"max", Most(series)}, {"values", series.values}};
  if (!series.target.empty()) json["target"] = series.target;
  return json;
}

Table TableOf(const std::vector<const Series*>& all) {
  Table table{.columns = {{"quantity", "quantity"},
                          {"median", "median", ColumnKind::kDecimal},
                          {"min", "min", ColumnKind::kDecimal},
                          {"max", "max", ColumnKind::kDecimal},
                          {"unit", "unit"},
                          {"target", "target"}}};
  table.rows.reserve(all.size());
  for (const Series* series : all) {
    table.rows.push_back({series->name, NumberText(Median(series->values)),
                          NumberText(Least(*series)), NumberText(Most(*series)), series->unit,
                          series->target});
  }
  return table;
}

}  // namespace

double Median(std::vector<double> values) {
  assert(!values.empty());
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double Percentile(std::vector<double> values, double percent) {
  assert(!values.empty());
  std::sort(values.begin(), values.end());
  const double rank = std::ceil(static_cast<double>(values.size()) * percent / 100);
  return values[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

void BenchReport::AddSetting(const std::string& name, const std::string& value) {
  settings_.emplace_back(name, value);
}

void BenchReport::Declare(const std::string& name, const std::string& unit,
                          const std::string& target) {
  series_.push_back({.name = name, .unit = unit, .target = target});
}

void BenchReport::Add(const std::string& name, double value) { Find(name).values.push_back(value); }

void BenchReport::AddUse(const std::string& process, const ProcessUse& before,
                         const ProcessUse& after, std::size_t items) {
  const auto add = [this](const std::string& name, const std::string& unit, double value) {
    const auto found = std::find_if(uses_.begin(), uses_.end(),
                                    [&name](const Series& series) { return series.name == name; });
    Series& series =
        found == uses_.end() ? uses_.emplace_back(Series{.name = name, .unit = unit}) : *found;
    series.values.push_back(value);
  };
  add(process + " CPU", "us each",
      (after.cpu_seconds - before.cpu_seconds) * kMicrosecondsPerSecond /
          static_cast<double>(items));
  add(process + " memory", "MiB", static_cast<double>(after.memory_bytes) / kMebibyte);
  if (after.memory_peak_bytes == 0) return;
  add(process + " memory peak", "MiB", static_cast<double>(after.memory_peak_bytes) / kMebibyte);
}

absl::Status BenchReport::Measure(int runs, const Invocation& invocation,
                                  absl::FunctionRef<absl::Status(int)> run) const {
  for (int i = 1; i <= runs; ++i) {
    if (absl::Status status = run(i); !status.ok()) return status;
    invocation.console.messages << "run " << i << ": " << Newest() << '\n' << std::flush;
  }
  return absl::OkStatus();
}

void BenchReport::Print(const Invocation& invocation) const {
  const std::vector<const Series*> all = AllSeries();
  std::ostream& out = invocation.console.out;
  if (invocation.options.format == OutputFormat::kJson) {
    nlohmann::ordered_json json{{"benchmark", title_}};
    for (const auto& [name, value] : settings_) json["settings"][name] = value;
    for (const Series* series : all) json["quantities"].push_back(JsonOf(*series));
    out << json.dump(2) << '\n';
    return;
  }
  const Table table = TableOf(all);
  if (invocation.options.format == OutputFormat::kCsv) {
    out << RenderCsv(table);
    return;
  }
  std::string heading = title_;
  for (const auto& [name, value] : settings_) heading += fmt::format(", {} {}", name, value);
  out << heading << "\n\n" << RenderTable(table);
}

std::string BenchReport::Newest() const {
  std::string text;
  for (const Series& series : series_) {
    if (series.values.empty()) continue;
    if (!text.empty()) text += ", ";
    text += fmt::format("{} {}", series.name, NumberText(series.values.back()));
    if (!series.unit.empty()) text += ' ' + series.unit;
  }
  return text;
}

std::vector<const Series*> BenchReport::AllSeries() const {
  std::vector<const Series*> all;
  all.reserve(series_.size() + uses_.size());
  for (const std::vector<Series>* part : {&series_, &uses_}) {
    for (const Series& series : *part) {
      if (!series.values.empty()) all.push_back(&series);
    }
  }
  return all;
}

Series& BenchReport::Find(const std::string& name) {
  return *std::find_if(series_.begin(), series_.end(),
                       [&name](const Series& series) { return series.name == name; });
}

}  // namespace canvass::cli::bench
