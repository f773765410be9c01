#include "common/ledger/merkle.h"

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/types/span.h"
#include "gtest/gtest.h"
#include "tests/support/seed.h"

namespace canvass::ledger {
namespace {

// The leaves and tree heads that Certificate Transparency's implementations are tested with.
const std::vector<std::string>& KnownLeaves() {
  static const auto& leaves = *new std::vector<std::string>{
      "",
      absl::HexStringToBytes("00"),
      absl::HexStringToBytes("10"),
      absl::HexStringToBytes("2021"),
      absl::HexStringToBytes("3031"),
      absl::HexStringToBytes("40414243"),
      absl::HexStringToBytes("5051525354555657"),
      absl::HexStringToBytes("606162636465666768696a6b6c6d6e6f"),
  };
  return leaves;
}

const std::vector<std::string>& KnownRoots() {
  static const auto& roots = *new std::vector<std::string>{
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
      "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
      "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
      "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
      "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
      "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
      "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
  };
  return roots;
}

// Merkle Tree Hash as RFC 6962, section 2.1, defines it: split at the largest power of two.
Hash SlowRoot(absl::Span<const std::string> leaves) {
  if (leaves.empty()) return Sha256("");
  if (leaves.size() == 1) return Sha256(std::string(1, '\0') + leaves[0]);
  std::size_t left_size = 1;
  while (left_size * 2 < leaves.size()) left_size *= 2;
  const Hash left = SlowRoot(leaves.subspan(0, left_size));
  const Hash right = SlowRoot(leaves.subspan(left_size));
  std::string node(1, '\1');
  node.append(left.begin(), left.end());
  node.append(right.begin(), right.end());
  return Sha256(node);
}

TEST(Sha256Test, KnownVectors) {
  // FIPS 180-2, appendix B.1, and the hash of nothing.
  EXPECT_EQ(ToHex(Sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(ToHex(Sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Sha256Test, OfHashesIsOfTheirBytes) {
  const Hash a = Sha256("a");
  const Hash b = Sha256("b");
  std::string bytes(a.begin(), a.end());
  bytes.append(b.begin(), b.end());
  EXPECT_EQ(Sha256OfHashes({a, b}), Sha256(bytes));
  EXPECT_EQ(Sha256OfHashes({}), Sha256(""));
}

TEST(LeafHashTest, IsPrefixed) {
  EXPECT_EQ(ToHex(LeafHash("")),
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
}

TEST(MerkleTreeTest, KnownRoots) {
  MerkleTree tree;
  EXPECT_EQ(ToHex(tree.Root()), KnownRoots()[0]);
  for (std::size_t size = 1; size <= KnownLeaves().size(); ++size) {
    tree.Add(LeafHash(KnownLeaves()[size - 1]));
    EXPECT_EQ(ToHex(tree.Root()), KnownRoots()[size]) << size;
    EXPECT_EQ(tree.size(), static_cast<std::int64_t>(size));
  }
}

TEST(MerkleTreeTest, EqualsTheDefinitionAtEverySize) {
  constexpr std::size_t kSizeMax = 300;
  std::vector<std::string> leaves;
  MerkleTree tree;
  for (std::size_t size = 1; size <= kSizeMax; ++size) {
    leaves.push_back("entry " + std::to_string(size));
    tree.Add(LeafHash(leaves.back()));
    ASSERT_EQ(tree.Root(), SlowRoot(leaves)) << size;
  }
}

TEST(MerkleTreeTest, EqualsTheDefinitionAtRandomSizes) {
  for (const std::uint64_t seed : testing::SeedsToTry(20)) {
    SCOPED_TRACE(testing::Replay(seed));
    std::mt19937_64 random(seed);
    std::vector<std::string> leaves(random() % 5'000);
    MerkleTree tree;
    for (std::string& leaf : leaves) {
      leaf = std::to_string(random());
      tree.Add(LeafHash(leaf));
    }
    ASSERT_EQ(tree.Root(), SlowRoot(leaves)) << leaves.size();
  }
}

}  // namespace
}  // namespace canvass::ledger
