#include "common/base/random_bytes.h"

#include <openssl/rand.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace canvass {

void FillRandom(std::uint8_t* bytes, std::size_t size) {
  if (RAND_bytes(bytes, static_cast<int>(size)) == 1) return;
  std::fputs("canvass: the machine has no random numbers\n", stderr);
  std::abort();
}

}  // namespace canvass
