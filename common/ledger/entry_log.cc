#include "common/ledger/entry_log.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/index.h"
#include "common/ledger/merkle.h"

namespace canvass::ledger {

void EntryLog::Append(std::string_view entry, const Hash& leaf_hash) {
  assert(leaf_hash == LeafHash(entry));
  tree_.Add(leaf_hash);
  entries_.push_back(Store(entry));
}

std::string_view EntryLog::Get(std::int64_t sequence) const {
  assert(1 <= sequence && sequence <= size());
  return entries_[Index(sequence - 1)];
}

Hash EntryLog::RootAt(std::int64_t size) const {
  assert(0 <= size && size <= this->size());
  if (size == this->size()) return Root();
  MerkleTree tree;
  for (std::int64_t sequence = 1; sequence <= size; ++sequence) tree.Add(LeafHashOf(sequence));
  return tree.Root();
}

std::string_view EntryLog::Store(std::string_view bytes) {
  if (bytes.size() > kBlockBytes / 4) {
    // A large entry gets its own block. It is inserted before the block that is being filled, which
    // stays the last one.
    const auto place = blocks_.empty() ? blocks_.end() : blocks_.end() - 1;
    const auto block = blocks_.insert(place, Block(new char[bytes.size()]));
    std::memcpy(block->get(), bytes.data(), bytes.size());
    return {block->get(), bytes.size()};
  }
  if (block_used_ + bytes.size() >= kBlockBytes) {
    blocks_.emplace_back(new char[kBlockBytes]);
    block_used_ = 0;
  }
  char* const start = blocks_.back().get() + block_used_;
  std::copy(bytes.begin(), bytes.end(), start);
  block_used_ += bytes.size();
  return {start, bytes.size()};
}

}  // namespace canvass::ledger
