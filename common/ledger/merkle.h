#ifndef CANVASS_COMMON_LEDGER_MERKLE_H_
#define CANVASS_COMMON_LEDGER_MERKLE_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// Hashes of RFC 6962, section 2.1.
namespace canvass::ledger {

using Hash = std::array<std::uint8_t, 32>;

// SHA-256.
Hash Sha256(std::string_view bytes);

// SHA-256(0x00 || entry).
Hash LeafHash(std::string_view entry);

// SHA-256 over the concatenated hashes. This is how the digest of a DefinitionSeal is computed from
// the leaf hashes of its parts.
Hash Sha256OfHashes(const std::vector<Hash>& hashes);

// 64 lower-case hex digits.
std::string ToHex(const Hash& hash);

// The Merkle tree of a growing list of leaves. Keeps one node for each 1 bit of the size. Not
// thread-safe.
class MerkleTree {
 public:
  void Add(const Hash& leaf_hash);
  std::int64_t size() const { return size_; }
  // Merkle Tree Hash of all leaves so far. Without leaves it is the SHA-256 of the empty string.
  Hash Root() const;

 private:
  std::int64_t size_ = 0;
  std::vector<Hash> nodes_;  // roots of the full subtrees, largest first
};

}  // namespace canvass::ledger

#endif  // CANVASS_COMMON_LEDGER_MERKLE_H_
