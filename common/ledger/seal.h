#ifndef CANVASS_COMMON_LEDGER_SEAL_H_
#define CANVASS_COMMON_LEDGER_SEAL_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/election/event.h"
#include "common/ledger/merkle.h"

// What an EmbargoSeal commits to.
namespace canvass::ledger {

// The exact bytes of what a seal hides: `sealed-content` in the grammar of encoding.cc. Every
// content has exactly one encoding.
std::string EncodeSealed(const election::SealedContent& content);

// Returns DATA_LOSS if EncodeSealed cannot have written `bytes`.
absl::StatusOr<election::SealedContent> DecodeSealed(std::string_view bytes);

// SHA-256("canvass/sealed/v1" || nonce || EncodeSealed(content)). With a random nonce it tells
// nothing about the content, and no other content fits it.
Hash CommitmentTo(const election::SealNonce& nonce, const election::SealedContent& content);

}  // namespace canvass::ledger

#endif  // CANVASS_COMMON_LEDGER_SEAL_H_
