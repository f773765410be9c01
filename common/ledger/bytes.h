#ifndef CANVASS_COMMON_LEDGER_BYTES_H_
#define CANVASS_COMMON_LEDGER_BYTES_H_

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "common/base/varint.h"

// The encoding of single values in a ledger entry (grammar in encoding.cc). ByteWriter and
// ByteReader have the same members, so that one function describes the fields of a struct for
// writing and reading.
namespace canvass::ledger {

namespace internal {

// The bit of a value in a byte of flags: a flag itself, or whether an optional has a value.
inline bool FlagOf(bool flag) { return flag; }
template <typename T>
bool FlagOf(const std::optional<T>& value) {
  return value.has_value();
}

inline void SetFlag(bool& flag, bool set) { flag = set; }
template <typename T>
void SetFlag(std::optional<T>& value, bool set) {
  if (set) {
    value.emplace();
  } else {
    value.reset();
  }
}

}  // namespace internal

// Appends values to `bytes`, which must outlive this.
class ByteWriter {
 public:
  static constexpr bool kReads = false;

  explicit ByteWriter(std::string& bytes) : bytes_(bytes) {}

  void Byte(std::uint8_t value) { bytes_.push_back(static_cast<char>(value)); }

  void Varint(std::uint64_t value) { AppendVarint(bytes_, value); }

  // REQUIRES: value >= 0.
  template <typename Integer>
  void Whole(const Integer& value) {
    assert(value >= 0);
    Varint(static_cast<std::uint64_t>(value));
  }

  void Signed(const std::int64_t& value) { Varint(ZigZag(value)); }

  void Text(const std::string& text) {
    Varint(text.size());
    bytes_.append(text);
  }

  template <typename... Values>
  void Flags(const Values&... values) {
    std::uint8_t flags = 0;
    unsigned bit = 0;
    (..., (flags = static_cast<std::uint8_t>(
               flags | (static_cast<unsigned>(internal::FlagOf(values)) << bit++))));
    Byte(flags);
  }

  // Microseconds since the Unix epoch.
  void Time(const absl::Time& time) { Signed(absl::ToUnixMicros(time)); }

  // Writes at most 8 numbers: one byte that tells which of them are not `unknown`, then those
  // numbers.
  template <typename... Numbers>
  void Given(std::int32_t unknown, const Numbers&... numbers) {
    Flags((numbers != unknown)...);
    (..., (numbers != unknown ? Whole(numbers) : void()));
  }

  template <typename Enum>
  void Enumerator(const Enum& value, Enum /*lowest*/, Enum /*highest*/) {
    Byte(static_cast<std::uint8_t>(value));
  }

  template <typename Bytes>
  void Raw(const Bytes& bytes) {
    for (const std::uint8_t byte : bytes) Byte(byte);
  }

 private:
  std::string& bytes_;
};

// Reads values from the front of `bytes`, which must outlive this. At the first value that is
// missing or not encoded as ByteWriter encodes it, ok() becomes false. Every further value is then
// 0, empty or unknown, and an enumerator stays as it was.
class ByteReader {
 public:
  static constexpr bool kReads = true;

  explicit ByteReader(std::string_view bytes)
      : start_(bytes.data()), at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool ok() const { return problem_ == nullptr; }
  bool AtEnd() const { return at_ == end_; }
  std::size_t remaining() const { return static_cast<std::size_t>(end_ - at_); }
  // What is wrong, and at which offset. problem() is null if nothing is wrong.
  const char* problem() const { return problem_; }
  std::size_t problem_offset() const { return problem_offset_; }

  // Only the first problem is kept. Skips the rest of the bytes.
  void Fail(const char* problem) {
    if (problem_ != nullptr) return;
    problem_ = problem;
    problem_offset_ = static_cast<std::size_t>(at_ - start_);
    at_ = end_;
  }

  std::uint8_t Byte() {
    if (at_ == end_) {
      Fail("the entry ends too early");
      return 0;
    }
    return static_cast<std::uint8_t>(*at_++);
  }

  std::uint64_t Varint() {
    constexpr unsigned kShiftMax = 63;
    const char* const first = at_;
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += kVarintBits) {
      const std::uint8_t byte = Byte();
      if (!ok()) return 0;
      const std::uint64_t digit = byte & static_cast<std::uint8_t>(~kVarintMore);
      if (shift == kShiftMax && byte > 1) return FailAt(first, "a number has more than 64 bits");
      value |= digit << shift;
      if ((byte & kVarintMore) != 0) continue;
      if (byte == 0 && shift > 0) return FailAt(first, "a number is not in its shortest form");
      return value;
    }
  }

  template <typename Integer>
  void Whole(Integer& value) {
    const char* const first = at_;
    std::uint64_t whole = Varint();
    if (whole > static_cast<std::uint64_t>(std::numeric_limits<Integer>::max())) {
      whole = FailAt(first, "a number is too large for its field");
    }
    value = static_cast<Integer>(whole);
  }

  void Signed(std::int64_t& value) { value = UnZigZag(Varint()); }

  void Text(std::string& text) {
    const char* const first = at_;
    const std::uint64_t size = Varint();
    if (size > remaining()) {
      FailAt(first, "a text is longer than the entry");
      return;
    }
    text.assign(at_, size);
    at_ += size;
  }

  template <typename... Values>
  void Flags(Values&... values) {
    const char* const first = at_;
    const unsigned flags = Byte();
    if ((flags >> sizeof...(values)) != 0) {
      FailAt(first, "an unknown flag is set");
      return;
    }
    unsigned bit = 0;
    (..., internal::SetFlag(values, ((flags >> bit++) & 1U) != 0));
  }

  void Time(absl::Time& time) {
    std::int64_t micros = 0;
    Signed(micros);
    time = absl::FromUnixMicros(micros);
  }

  template <typename... Numbers>
  void Given(std::int32_t unknown, Numbers&... numbers) {
    const char* const first = at_;
    const unsigned given = Byte();
    if ((given >> sizeof...(numbers)) != 0) FailAt(first, "an unknown flag is set");
    unsigned bit = 0;
    const auto read = [&](std::int32_t& number) {
      number = unknown;
      if (((given >> bit++) & 1U) != 0) Whole(number);
    };
    (..., read(numbers));
  }

  template <typename Enum>
  void Enumerator(Enum& value, Enum lowest, Enum highest) {
    const char* const first = at_;
    const std::uint8_t byte = Byte();
    if (!ok()) return;
    if (byte < static_cast<std::uint8_t>(lowest) || byte > static_cast<std::uint8_t>(highest)) {
      FailAt(first, "a code is out of its range");
      return;
    }
    value = static_cast<Enum>(byte);
  }

  template <typename Bytes>
  void Raw(Bytes& bytes) {
    for (std::uint8_t& byte : bytes) byte = Byte();
  }

 private:
  std::uint64_t FailAt(const char* where, const char* problem) {
    if (ok()) at_ = where;
    Fail(problem);
    return 0;
  }

  const char* start_;
  const char* at_;
  const char* end_;
  const char* problem_ = nullptr;
  std::size_t problem_offset_ = 0;
};

}  // namespace canvass::ledger

#endif  // CANVASS_COMMON_LEDGER_BYTES_H_
