#ifndef CANVASS_COMMON_BASE_RANDOM_BYTES_H_
#define CANVASS_COMMON_BASE_RANDOM_BYTES_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace canvass {

// Returns bytes that nobody can guess, from OpenSSL's generator. Ends the process if the machine
// has no randomness. Thread-safe.
void FillRandom(std::uint8_t* bytes, std::size_t size);

template <std::size_t Size>
std::array<std::uint8_t, Size> RandomBytes() {
  std::array<std::uint8_t, Size> bytes;
  FillRandom(bytes.data(), bytes.size());
  return bytes;
}

}  // namespace canvass

#endif  // CANVASS_COMMON_BASE_RANDOM_BYTES_H_
