#ifndef CANVASS_SERVICES_AGGREGATOR_WRITER_APPENDER_H_
#define CANVASS_SERVICES_AGGREGATOR_WRITER_APPENDER_H_

#include "absl/status/status.h"
#include "services/aggregator/store/ledger_store.h"

namespace canvass::aggregator {

// Appends transactions to a ledger store, one after the other, while the caller does other work.
// Only one thread at a time may call it.
class Appender {
 public:
  Appender() = default;
  Appender(const Appender&) = delete;
  Appender& operator=(const Appender&) = delete;
  virtual ~Appender() = default;

  // Starts to append `transaction`. Until Finish returns, `transaction` must not change and nobody
  // else may use the store. REQUIRES: the previous append is finished.
  virtual void Start(const Transaction& transaction) = 0;
  // Blocks until the append has ended. Returns the status of LedgerStore::Append.
  virtual absl::Status Finish() = 0;
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_WRITER_APPENDER_H_
