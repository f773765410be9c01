#include "common/telemetry/metric_sheet.h"

#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>
#include <prometheus/metric_type.h>
#include <prometheus/text_serializer.h>

#include <cassert>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace canvass::telemetry {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

}  // namespace

MetricSheet::MetricSheet() = default;
MetricSheet::~MetricSheet() = default;

void MetricSheet::AddCounter(std::string_view name, std::string_view help, double value,
                             const MetricLabels& labels) {
  ClientMetric* const series = Add(name, help, MetricType::Counter, labels);
  if (series != nullptr) series->counter.value = value;
}

void MetricSheet::AddGauge(std::string_view name, std::string_view help, double value,
                           const MetricLabels& labels) {
  ClientMetric* const series = Add(name, help, MetricType::Gauge, labels);
  if (series != nullptr) series->gauge.value = value;
}

void MetricSheet::AddHistogram(std::string_view name, std::string_view help,
                               const Histogram& histogram, const MetricLabels& labels) {
  ClientMetric* const series = Add(name, help, MetricType::Histogram, labels);
  if (series == nullptr) return;
  std::uint64_t total = 0;
  for (std::size_t i = 0; i <= histogram.bounds().size(); ++i) {
    total += histogram.count(i);
    const double bound = i < histogram.bounds().size() ? histogram.bounds()[i]
                                                       : std::numeric_limits<double>::infinity();
    series->histogram.bucket.push_back({.cumulative_count = total, .upper_bound = bound});
  }
  series->histogram.sample_count = total;
  series->histogram.sample_sum = histogram.sum();
}

ClientMetric* MetricSheet::Add(std::string_view name, std::string_view help, MetricType type,
                               const MetricLabels& labels) {
  auto found = families_.find(name);
  if (found == families_.end()) {
    MetricFamily family{
        .name = std::string(name), .help = std::string(help), .type = type, .metric = {}};
    found = families_.emplace(name, std::make_unique<MetricFamily>(std::move(family))).first;
  }
  MetricFamily& family = *found->second;
  assert(family.type == type && family.help == help);
  if (family.metric.size() >= kSeriesMax) {
    ++left_out_;
    return nullptr;
  }
  ClientMetric& series = family.metric.emplace_back();
  for (const auto& [label, value] : labels) {
    series.label.push_back({.name = label, .value = value});
  }
  return &series;
}

std::string MetricSheet::Text() const {
  std::vector<MetricFamily> families;
  families.reserve(families_.size() + 1);
  for (const auto& [name, family] : families_) families.push_back(*family);
  MetricFamily left_out{.name = "canvass_metric_series_left_out",
                        .help = "Series that this sheet has no room for.",
                        .type = MetricType::Gauge,
                        .metric = std::vector<ClientMetric>(1)};
  left_out.metric.front().gauge.value = static_cast<double>(left_out_);
  families.push_back(std::move(left_out));
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace canvass::telemetry
