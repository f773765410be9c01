#ifndef CANVASS_SERVICES_AGGREGATOR_WRITER_SEALED_CONTENTS_H_
#define CANVASS_SERVICES_AGGREGATOR_WRITER_SEALED_CONTENTS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include "common/election/count.h"
#include "common/election/event.h"
#include "common/ledger/election_ledger.h"

namespace canvass::aggregator {

// What the closed seals of one election hide. Only the leader knows it, and nothing of it may reach
// an answer to anyone but the source and operators. Not thread-safe: only the writer's thread may
// use it, const functions too.
class SealedContents {
 public:
  struct Item {
    election::SealNonce nonce{};
    election::SealedContent content{};
  };

  // Adds what the seal with this sequence hides.
  void Add(std::int64_t sequence, Item item);
  // Forgets what this seal and the later ones of its source hide, because they may build on a
  // content that is not known.
  void Forget(int source_no, std::int64_t from_sequence);
  // Must be called after an event was folded into the ledger.
  void NoteFolded(const election::Event& event);

  bool empty() const { return items_.empty(); }
  // Null if it is not known.
  const Item* Find(std::int64_t sequence) const;
  // The first later seal that is about the same report or the same poll figures; nullopt if there
  // is none.
  std::optional<std::int64_t> FindSuccessor(std::int64_t sequence) const;

  // The count of these sources as it is if their seals are opened, with what they said in public.
  // Other sources have nothing in it. What the sources say next is checked against it. Sequences
  // are those of the seals. The result is valid until the ledger or this changes.
  const election::Count& CountOpened(const ledger::ElectionLedger& ledger) const;

 private:
  std::unique_ptr<election::Count> Open(const ledger::ElectionLedger& ledger) const;

  void Erase(std::int64_t sequence);

  std::map<std::int64_t, Item> items_;    // by sequence
  std::map<int, std::size_t> by_source_;  // number of items; none is 0
  // Made when it is first needed, and again after anything but a further seal of the same sources.
  mutable std::unique_ptr<election::Count> opened_;
};

}  // namespace canvass::aggregator

#endif  // CANVASS_SERVICES_AGGREGATOR_WRITER_SEALED_CONTENTS_H_
