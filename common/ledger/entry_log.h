#ifndef CANVASS_COMMON_LEDGER_ENTRY_LOG_H_
#define CANVASS_COMMON_LEDGER_ENTRY_LOG_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/ledger/merkle.h"

namespace canvass::ledger {

// The entries of one election in memory, from sequence 1, and their Merkle tree. Bytes are stored
// in large blocks that never move, so a view stays valid as long as the log lives. Not thread-safe;
// const access may be shared.
class EntryLog {
 public:
  // Appends the next entry.
  void Append(std::string_view entry) { Append(entry, LeafHash(entry)); }
  // The same for an entry whose hash is known. REQUIRES: leaf_hash == LeafHash(entry).
  void Append(std::string_view entry, const Hash& leaf_hash);
  std::int64_t size() const { return static_cast<std::int64_t>(entries_.size()); }
  // Exact bytes. REQUIRES: 1 <= sequence <= size().
  std::string_view Get(std::int64_t sequence) const;
  Hash LeafHashOf(std::int64_t sequence) const { return LeafHash(Get(sequence)); }
  // Tree head over all entries.
  Hash Root() const { return tree_.Root(); }
  // The tree over all entries. A caller can copy it and add further leaves.
  const MerkleTree& tree() const { return tree_; }
  // Tree head over the first `size` entries. Visits all of them. REQUIRES: size <= size().
  Hash RootAt(std::int64_t size) const;

 private:
  std::string_view Store(std::string_view bytes);

  // Large enough to make allocations rare, small enough for an election of ten stations.
  static constexpr std::size_t kBlockBytes = 1U << 20U;
  using Block = std::unique_ptr<char[]>;  // NOLINT(modernize-avoid-c-arrays): not zeroed

  std::vector<Block> blocks_;
  std::size_t block_used_ = kBlockBytes;
  std::vector<std::string_view> entries_;
  MerkleTree tree_;
};

}  // namespace canvass::ledger

#endif  // CANVASS_COMMON_LEDGER_ENTRY_LOG_H_
