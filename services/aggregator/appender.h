#ifndef CANVASS_SERVICES_AGGREGATOR_APPENDER_H_
#define CANVASS_SERVICES_AGGREGATOR_APPENDER_H_

#include "absl/status/status.h"
#include "services/aggregator/ledger.h"

namespace canvass::aggregator {

// Appends groups to a ledger, one after the other, each beside what its caller does meanwhile. One
// caller at a time.
class Appender {
 public:
  Appender() = default;
  Appender(const Appender&) = delete;
  Appender& operator=(const Appender&) = delete;
  virtual ~Appender() = default;

  // Begins. Until Finish has returned, the group stays as it is and nobody else uses the ledger.
  // REQUIRES: what was begun before is finished.
  virtual void Start(const AppendGroup& group) = 0;
  // Waits for the end, and says what Ledger::Append says.
  virtual absl::Status Finish() = 0;
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_APPENDER_H_
