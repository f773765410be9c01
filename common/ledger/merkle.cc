#include "common/ledger/merkle.h"

#include <openssl/evp.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"

namespace canvass::ledger {
namespace {

// Prefixes of RFC 6962, section 2.1, so that a leaf is never mistaken for a node.
constexpr std::uint8_t kLeafPrefix = 0x00;
constexpr std::uint8_t kNodePrefix = 0x01;

// One SHA-256 context for each thread, because looking up the algorithm costs more than a short
// hash.
class Sha256Context {
 public:
  static Sha256Context& OfThisThread() {
    thread_local Sha256Context context;
    return context;
  }

  Sha256Context(const Sha256Context&) = delete;
  Sha256Context& operator=(const Sha256Context&) = delete;

  void Start() { Check(EVP_DigestInit_ex2(context_, nullptr, nullptr)); }
  void Add(const void* bytes, std::size_t size) { Check(EVP_DigestUpdate(context_, bytes, size)); }
  Hash Finish() {
    Hash hash{};
    Check(EVP_DigestFinal_ex(context_, hash.data(), nullptr));
    return hash;
  }

 private:
  Sha256Context()
      : algorithm_(EVP_MD_fetch(nullptr, "SHA256", nullptr)), context_(EVP_MD_CTX_new()) {
    Check(algorithm_ != nullptr && context_ != nullptr);
    Check(EVP_DigestInit_ex2(context_, algorithm_, nullptr));
  }
  ~Sha256Context() {
    EVP_MD_CTX_free(context_);
    EVP_MD_free(algorithm_);
  }

  // SHA-256 fails only if memory or OpenSSL's default provider is missing.
  static void Check(int succeeded) {
    if (succeeded == 0) std::abort();
  }

  EVP_MD* algorithm_;
  EVP_MD_CTX* context_;
};

Hash NodeHash(const Hash& left, const Hash& right) {
  Sha256Context& context = Sha256Context::OfThisThread();
  context.Start();
  context.Add(&kNodePrefix, 1);
  context.Add(left.data(), left.size());
  context.Add(right.data(), right.size());
  return context.Finish();
}

}  // namespace

Hash Sha256(std::string_view bytes) {
  Sha256Context& context = Sha256Context::OfThisThread();
  context.Start();
  context.Add(bytes.data(), bytes.size());
  return context.Finish();
}

Hash LeafHash(std::string_view entry) {
  Sha256Context& context = Sha256Context::OfThisThread();
  context.Start();
  context.Add(&kLeafPrefix, 1);
  context.Add(entry.data(), entry.size());
  return context.Finish();
}

Hash Sha256OfHashes(const std::vector<Hash>& hashes) {
  Sha256Context& context = Sha256Context::OfThisThread();
  context.Start();
  for (const Hash& hash : hashes) context.Add(hash.data(), hash.size());
  return context.Finish();
}

std::string ToHex(const Hash& hash) {
  const std::string bytes(hash.begin(), hash.end());
  return absl::BytesToHexString(bytes);
}

void MerkleTree::Add(const Hash& leaf_hash) {
  nodes_.push_back(leaf_hash);
  // Each trailing 1 bit of the old size is a full subtree of the same size as the new one, so the
  // two merge.
  for (auto carry = static_cast<std::uint64_t>(size_); (carry & 1U) != 0; carry >>= 1U) {
    const Hash right = nodes_.back();
    nodes_.pop_back();
    nodes_.back() = NodeHash(nodes_.back(), right);
  }
  ++size_;
}

Hash MerkleTree::Root() const {
  if (nodes_.empty()) return Sha256("");
  Hash root = nodes_.back();
  for (auto left = nodes_.rbegin() + 1; left != nodes_.rend(); ++left) root = NodeHash(*left, root);
  return root;
}

}  // namespace canvass::ledger
