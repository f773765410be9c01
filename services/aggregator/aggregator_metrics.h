#ifndef CANVASS_SERVICES_AGGREGATOR_AGGREGATOR_METRICS_H_
#define CANVASS_SERVICES_AGGREGATOR_AGGREGATOR_METRICS_H_

#include <cstddef>
#include <cstdint>

#include "common/telemetry/metric_sheet.h"
#include "services/aggregator/writer/committed_ledgers.h"
#include "services/aggregator/writer/write_queue.h"
#include "services/aggregator/writer/writer_figures.h"

// The aggregator's figures as metrics. deploy/README.md says what each means.
namespace canvass::aggregator {

struct LeadFigures {
  bool leads = false;
  std::int64_t epoch = 0;  // see LedgerStore::epoch
  bool diverged = false;   // an operator has to look at the database
};

void AddLead(const LeadFigures& lead, telemetry::MetricSheet& sheet);
void AddWriter(const WriterFigures& figures, const WriteQueue::Size& waiting,
               telemetry::MetricSheet& sheet);
void AddWatchers(std::size_t watchers, std::size_t report_streams, telemetry::MetricSheet& sheet);
// Adds the sequence of each election, and how far its contests are, by source. Stations and areas
// have no series of their own, and what callers name has none unless it is defined.
void AddElections(const CommittedLedgers::Contents& committed, telemetry::MetricSheet& sheet);

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_AGGREGATOR_METRICS_H_
