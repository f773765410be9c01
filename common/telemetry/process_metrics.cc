#include "common/telemetry/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace canvass::telemetry {
namespace {

// Fields of /proc/self/stat after the name of the program, which may contain any character; the
// first one is number 3 in proc(5).
std::vector<std::string> StatFields() {
  std::ifstream file("/proc/self/stat");
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return {};
  return absl::StrSplit(text.substr(name_end + 1), ' ', absl::SkipWhitespace());
}

// Field `number` of proc(5), 0 if it is missing.
double FieldOf(const std::vector<std::string>& fields, std::size_t number) {
  double value = 0;
  const std::size_t index = number - 3;
  return index < fields.size() && absl::SimpleAtod(fields[index], &value) ? value : 0;
}

// When the machine started, in seconds since the Unix epoch.
std::optional<double> BootTime() {
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);) {
    double seconds = 0;
    if (line.starts_with("btime ") && absl::SimpleAtod(line.substr(6), &seconds)) return seconds;
  }
  return std::nullopt;
}

std::size_t OpenFiles() {
  std::error_code error;
  std::size_t count = 0;
  for (std::filesystem::directory_iterator each("/proc/self/fd", error), end; !error && each != end;
       each.increment(error)) {
    ++count;
  }
  return count;
}

}  // namespace

void AddProcessMetrics(MetricSheet& sheet) {
  const std::vector<std::string> fields = StatFields();
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  sheet.AddCounter("process_cpu_seconds_total", "Processor time, of user and system, in seconds.",
                   (FieldOf(fields, 14) + FieldOf(fields, 15)) / ticks);
  sheet.AddGauge("process_virtual_memory_bytes", "Virtual memory in bytes.", FieldOf(fields, 23));
  sheet.AddGauge("process_resident_memory_bytes", "Resident memory in bytes.",
                 FieldOf(fields, 24) * static_cast<double>(sysconf(_SC_PAGESIZE)));
  sheet.AddGauge("process_open_fds", "Open files.", static_cast<double>(OpenFiles()));
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    sheet.AddGauge("process_max_fds", "Most files that may be open.",
                   static_cast<double>(limit.rlim_cur));
  }
  if (const std::optional<double> boot = BootTime()) {
    sheet.AddGauge("process_start_time_seconds",
                   "When the process started, in seconds since the Unix epoch.",
                   *boot + FieldOf(fields, 22) / ticks);
  }
}

}  // namespace canvass::telemetry
