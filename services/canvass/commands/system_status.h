#ifndef CANVASS_SERVICES_CANVASS_COMMANDS_SYSTEM_STATUS_H_
#define CANVASS_SERVICES_CANVASS_COMMANDS_SYSTEM_STATUS_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "services/canvass/clients/metric_list.h"

// What the services of an installation say about themselves, put together. Pure.
namespace canvass::cli {

// The pages of one service.
struct ServicePages {
  std::string address{};  // of its admin port
  MetricList metrics{};   // empty if it does not answer
  std::string ready{};    // /readyz without its line end; why it does not answer, if it does not
};

struct ServiceStatus {
  std::string service = "unknown";  // "aggregator", "reporter" or "publisher"
  std::string address{};
  std::string state{};                              // for people, e.g. "leads (epoch 3)"
  std::map<std::string, std::int64_t> sequences{};  // by election
  std::int64_t reports_waiting = 0;                 // in memory
  std::int64_t bytes_waiting = 0;
  std::int64_t reports_queued = 0;  // in an outbox
  std::int64_t memory_bytes = 0;
};

struct ElectionStatus {
  std::string id{};
  std::int64_t sequence = 0;  // the highest that any service has
  // Stations of all contests, of each by the source that has most.
  std::int64_t expected = 0;
  std::int64_t in = 0;    // counted or annulled
  std::int64_t held = 0;  // from all sources
};

struct SystemStatus {
  std::vector<ServiceStatus> services{};
  std::vector<ElectionStatus> elections{};
  // Reports that were refused since the aggregators started, by rule, most first.
  std::vector<std::pair<std::string, std::int64_t>> refused{};
  int leaders = 0;

  // Entries that the service lacks of those that another one has, of all its elections.
  std::int64_t Behind(const ServiceStatus& service) const;
};

SystemStatus StatusOf(const std::vector<ServicePages>& pages);

// What a person wants to know first.
std::string StatusText(const SystemStatus& status);
// One object on several lines. Numbers are numbers.
std::string StatusJson(const SystemStatus& status);

}  // namespace canvass::cli

#endif  // CANVASS_SERVICES_CANVASS_COMMANDS_SYSTEM_STATUS_H_
