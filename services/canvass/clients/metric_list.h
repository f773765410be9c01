#ifndef CANVASS_SERVICES_CANVASS_CLIENTS_METRIC_LIST_H_
#define CANVASS_SERVICES_CANVASS_CLIENTS_METRIC_LIST_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace canvass::cli {

// One line of a page of metrics.
struct Metric {
  std::string name{};
  std::map<std::string, std::string, std::less<>> labels{};
  double value = 0;

  // "" for none.
  std::string Label(std::string_view label) const;
};

// A page of metrics in Prometheus' text format.
class MetricList {
 public:
  MetricList() = default;
  // Leaves out lines that are not of that format.
  explicit MetricList(std::string_view text);

  const std::vector<Metric>& all() const { return metrics_; }
  // Those with this name, in their order.
  std::vector<Metric> Find(std::string_view name) const;
  // The first one with this name and, unless `label` is empty, with this value of it.
  std::optional<double> Value(std::string_view name, std::string_view label = "",
                              std::string_view value = "") const;

 private:
  std::vector<Metric> metrics_;
};

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_CLIENTS_METRIC_LIST_H_
