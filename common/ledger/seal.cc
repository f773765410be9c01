#include "common/ledger/seal.h"

#include <string>
#include <string_view>

#include "common/base/text.h"

namespace canvass::ledger {
namespace {

// Keeps these hashes apart from all others that anybody makes with SHA-256.
constexpr std::string_view kDomain = "canvass/sealed/v1";

}  // namespace

Hash CommitmentTo(const election::SealNonce& nonce, const election::SealedContent& content) {
  const std::string_view random(reinterpret_cast<const char*>(nonce.data()), nonce.size());
  return Sha256(StrCat(kDomain, random, EncodeSealed(content)));
}

}  // namespace canvass::ledger
