#include "services/canvass/clients/metric_list.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "common/base/text.h"

namespace canvass::cli {
namespace {

// Takes a label's value, after its first quote, from the beginning of `rest`. Returns nullopt
// without a quote at its end.
std::optional<std::string> TakeValue(std::string_view& rest) {
  std::string value;
  bool is_escaped = false;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    const char c = rest[i];
    if (is_escaped) {
      value += c == 'n' ? '\n' : c;
      is_escaped = false;
    } else if (c == '\\') {
      is_escaped = true;
    } else if (c == '"') {
      rest.remove_prefix(i + 1);
      return value;
    } else {
      value += c;
    }
  }
  return std::nullopt;
}

// Takes "{name="value",...}" from the beginning of `rest`. Returns whether it was well-formed.
bool TakeLabels(std::string_view& rest, Metric& metric) {
  rest.remove_prefix(1);
  while (!rest.empty() && rest.front() != '}') {
    const std::size_t equals = rest.find("=\"");
    if (equals == std::string_view::npos) return false;
    const std::string name(rest.substr(0, equals));
    rest.remove_prefix(equals + 2);
    std::optional<std::string> value = TakeValue(rest);
    if (!value) return false;
    metric.labels[name] = *std::move(value);
    if (rest.starts_with(',')) rest.remove_prefix(1);
  }
  if (rest.empty()) return false;
  rest.remove_prefix(1);
  return true;
}

std::optional<Metric> ParseLine(std::string_view line) {
  const std::size_t end = line.find_first_of("{ ");
  if (line.starts_with('#') || end == 0 || end == std::string_view::npos) return std::nullopt;
  Metric metric{.name = std::string(line.substr(0, end))};
  std::string_view rest = line.substr(end);
  if (rest.front() == '{' && !TakeLabels(rest, metric)) return std::nullopt;
  if (!absl::SimpleAtod(ToAbsl(rest), &metric.value)) return std::nullopt;
  return metric;
}

}  // namespace

std::string Metric::Label(std::string_view label) const {
  const auto found = labels.find(label);
  return found == labels.end() ? "" : found->second;
}

MetricList::MetricList(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::optional<Metric> metric = ParseLine(text.substr(0, end));
    if (metric) metrics_.push_back(*std::move(metric));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::vector<Metric> MetricList::Find(std::string_view name) const {
  std::vector<Metric> found;
  std::copy_if(metrics_.begin(), metrics_.end(), std::back_inserter(found),
               [name](const Metric& metric) { return metric.name == name; });
  return found;
}

std::optional<double> MetricList::Value(std::string_view name, std::string_view label,
                                        std::string_view value) const {
  for (const Metric& metric : metrics_) {
    if (metric.name != name) continue;
    if (label.empty() || metric.Label(label) == value) return metric.value;
  }
  return std::nullopt;
}

}  // namespace canvass::cli
