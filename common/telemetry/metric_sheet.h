#ifndef CANVASS_COMMON_TELEMETRY_METRIC_SHEET_H_
#define CANVASS_COMMON_TELEMETRY_METRIC_SHEET_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/telemetry/histogram.h"

namespace prometheus {
struct ClientMetric;
struct MetricFamily;
enum class MetricType;
}  // namespace prometheus

namespace canvass::telemetry {

// Names and values of one series, e.g. {{"result", "RECORDED"}}.
using MetricLabels = std::vector<std::pair<std::string, std::string>>;

// The metrics of a service at one moment, in Prometheus' text format. Every part of the service
// writes its figures on the sheet when somebody asks for it, so counting costs the parts no more
// than an atomic addition. No other code uses prometheus-cpp. Not thread-safe.
class MetricSheet {
 public:
  // Series of one name. More are left out, and `canvass_metric_series_left_out` says how many: what
  // is defined or called decides how many there are, and a sheet must stay small enough to scrape.
  static constexpr std::size_t kSeriesMax = 2'000;

  MetricSheet();
  ~MetricSheet();
  MetricSheet(const MetricSheet&) = delete;
  MetricSheet& operator=(const MetricSheet&) = delete;

  // Adds a series. `help` is one line without a name, e.g. "Calls that were started." REQUIRES: a
  // name has the same kind and help each time, and values of labels are UTF-8.
  void AddCounter(std::string_view name, std::string_view help, double value,
                  const MetricLabels& labels = {});
  void AddGauge(std::string_view name, std::string_view help, double value,
                const MetricLabels& labels = {});
  void AddHistogram(std::string_view name, std::string_view help, const Histogram& histogram,
                    const MetricLabels& labels = {});

  // The sheet in text format 0.0.4, families in the order of their names.
  std::string Text() const;

 private:
  // Returns null if there are kSeriesMax already.
  prometheus::ClientMetric* Add(std::string_view name, std::string_view help,
                                prometheus::MetricType type, const MetricLabels& labels);

  std::map<std::string, std::unique_ptr<prometheus::MetricFamily>, std::less<>> families_;
  std::int64_t left_out_ = 0;
};

}  // namespace canvass::telemetry

#endif  // CANVASS_COMMON_TELEMETRY_METRIC_SHEET_H_
