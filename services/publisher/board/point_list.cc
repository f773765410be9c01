#include "services/publisher/board/point_list.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "common/base/big_endian.h"
#include "common/base/varint.h"
#include "common/election/tally.h"
#include "services/publisher/board/figures.h"

namespace canvass::publisher {
namespace {

// The numbers of figures in one row. Where a row ends, further numbers are 0.
using Numbers = std::vector<std::int64_t>;

constexpr std::size_t kNumbersBesideVotes = 13 + 2 * election::kTallySums.size();

Numbers NumbersOf(const Figures& figures) {
  const election::Tally& tally = figures.tally;
  const election::Progress& progress = figures.progress;
  Numbers numbers;
  numbers.reserve(kNumbersBesideVotes + 2 * tally.votes.size());
  numbers = {progress.expected,
             progress.counted,
             progress.annulled,
             progress.held,
             progress.closed,
             progress.registered_expected,
             progress.registered_counted,
             static_cast<std::int64_t>(figures.status),
             figures.certification_sequence,
             figures.poll_sequence,
             tally.reports,
             tally.flagged};
  const auto add = [&numbers](const election::Sum& sum) {
    numbers.push_back(sum.total);
    numbers.push_back(sum.unknown);
  };
  for (const auto sum : election::kTallySums) add(tally.*sum);
  numbers.push_back(static_cast<std::int64_t>(tally.votes.size()));
  for (const election::Sum& votes : tally.votes) add(votes);
  return numbers;
}

// Reads what NumbersOf wrote.
class NumberReader {
 public:
  explicit NumberReader(const Numbers& numbers) : numbers_(numbers) {}

  std::int64_t Next() { return next_ < numbers_.size() ? numbers_[next_++] : 0; }
  std::int32_t NextSmall() { return static_cast<std::int32_t>(Next()); }
  election::Sum NextSum() {
    const std::int64_t total = Next();
    return {.total = total, .unknown = NextSmall()};
  }

 private:
  const Numbers& numbers_;
  std::size_t next_ = 0;
};

Figures FiguresOfNumbers(const Numbers& numbers) {
  NumberReader reader(numbers);
  Figures figures;
  election::Progress& progress = figures.progress;
  for (std::int32_t* const stations : {&progress.expected, &progress.counted, &progress.annulled,
                                       &progress.held, &progress.closed}) {
    *stations = reader.NextSmall();
  }
  progress.registered_expected = reader.Next();
  progress.registered_counted = reader.Next();
  figures.status = static_cast<election::ResultStatus>(reader.Next());
  figures.certification_sequence = reader.Next();
  figures.poll_sequence = reader.Next();
  election::Tally& tally = figures.tally;
  tally.reports = reader.NextSmall();
  tally.flagged = reader.NextSmall();
  for (const auto sum : election::kTallySums) tally.*sum = reader.NextSum();
  tally.votes.resize(static_cast<std::size_t>(reader.Next()));
  for (election::Sum& votes : tally.votes) votes = reader.NextSum();
  return figures;
}

// A point is: twice its moment, plus 1 if it is kept; how many numbers follow; a bit for each
// number that differs from that of the point after it; and those differences. The moment too is how
// many moments earlier it is. The newest point differs from nothing but zeros.
constexpr std::size_t kMaskBits = 8;
constexpr std::size_t kSizeBytes = sizeof(std::uint16_t);

constexpr std::size_t MaskBytes(std::size_t numbers) {
  return (numbers + kMaskBits - 1) / kMaskBits;
}

std::int64_t At(const Numbers& numbers, std::size_t i) {
  return i < numbers.size() ? numbers[i] : 0;
}

std::string Pack(std::uint64_t head, const Numbers& numbers, const Numbers& after) {
  const std::size_t size = std::max(numbers.size(), after.size());
  std::string packed;
  packed.reserve(2 * size + kMaskBits);  // nearly always enough
  AppendVarint(packed, head);
  AppendVarint(packed, size);
  const std::size_t mask = packed.size();
  packed.resize(mask + MaskBytes(size));
  for (std::size_t first = 0; first < size; first += kMaskBits) {
    unsigned bits = 0;
    for (std::size_t i = first; i < std::min(first + kMaskBits, size); ++i) {
      const std::int64_t difference = At(numbers, i) - At(after, i);
      if (difference == 0) continue;
      bits |= 1U << (i - first);
      AppendVarint(packed, ZigZag(difference));
    }
    packed[mask + first / kMaskBits] = static_cast<char>(bits);
  }
  assert(packed.size() <= std::numeric_limits<std::uint16_t>::max());
  return packed;
}

// Turns the numbers of the point after it into those of the point. Returns its head.
std::uint64_t Unpack(std::string_view packed, Numbers& numbers) {
  const std::uint64_t head = TakeVarint(packed);
  numbers.resize(TakeVarint(packed));
  std::string_view values = packed.substr(MaskBytes(numbers.size()));
  for (std::size_t first = 0; first < numbers.size(); first += kMaskBits) {
    auto bits = static_cast<unsigned char>(packed[first / kMaskBits]);
    for (; bits != 0; bits = static_cast<unsigned char>(bits & (bits - 1U))) {
      numbers[first + static_cast<std::size_t>(std::countr_zero(bits))] +=
          UnZigZag(TakeVarint(values));
    }
  }
  return head;
}

std::uint64_t HeadNumber(std::uint32_t moments, bool kept) {
  return std::uint64_t{moments} << 1U | (kept ? 1U : 0U);
}

PointList::Head HeadOf(std::uint64_t number) {
  return {.moment = static_cast<std::uint32_t>(number >> 1U), .kept = (number & 1U) != 0};
}

// The last of older points, without its size.
std::string_view LastOlder(std::string_view older) {
  const auto size = static_cast<std::size_t>(
      ReadBigEndian<std::uint16_t>(older.substr(older.size() - kSizeBytes)));
  older.remove_suffix(kSizeBytes);
  return older.substr(older.size() - size);
}

// Grows by a quarter. Most areas have many points and never change again.
void AppendBytes(std::vector<char>& to, std::string_view bytes) {
  if (to.size() + bytes.size() > to.capacity()) {
    to.reserve(std::max(to.size() + bytes.size(), to.size() + to.size() / 4));
  }
  to.insert(to.end(), bytes.begin(), bytes.end());
}

}  // namespace

PointList::Head PointList::NewestHead() const {
  assert(!empty());
  std::string_view packed = NewestBytes();
  return HeadOf(TakeVarint(packed));
}

Figures PointList::NewestFigures() const {
  assert(!empty());
  Numbers numbers;
  Unpack(NewestBytes(), numbers);
  return FiguresOfNumbers(numbers);
}

void PointList::ReplaceNewest(const Head& head, const Figures& figures) {
  assert(!empty());
  DropNewest();
  Append(head, figures);
}

void PointList::Append(const Head& head, const Figures& figures) {
  AppendNumbers(head, NumbersOf(figures));
}

void PointList::AppendNumbers(const Head& head, const Numbers& numbers) {
  if (!empty()) {
    Numbers before;
    const Head newest = HeadOf(Unpack(NewestBytes(), before));
    assert(newest.moment <= head.moment);
    bytes_.resize(newest_at_);
    std::string older = Pack(HeadNumber(head.moment - newest.moment, newest.kept), before, numbers);
    AppendBigEndian(older, static_cast<std::uint16_t>(older.size()));
    AppendBytes(bytes_, older);
  }
  if (bytes_.size() > std::numeric_limits<std::uint32_t>::max()) std::abort();
  newest_at_ = static_cast<std::uint32_t>(bytes_.size());
  AppendBytes(bytes_, Pack(HeadNumber(head.moment, head.kept), numbers, {}));
  ++size_;
  if (!head.kept) ++thinnable_;
}

void PointList::DropNewest() {
  Numbers numbers;
  const Head dropped = HeadOf(Unpack(NewestBytes(), numbers));
  bytes_.resize(newest_at_);
  --size_;
  if (!dropped.kept) --thinnable_;
  if (empty()) return;
  const std::string_view packed = LastOlder({bytes_.data(), bytes_.size()});
  const Head before = HeadOf(Unpack(packed, numbers));
  newest_at_ -= static_cast<std::uint32_t>(packed.size() + kSizeBytes);
  bytes_.resize(newest_at_);
  AppendBytes(bytes_, Pack(HeadNumber(dropped.moment - before.moment, before.kept), numbers, {}));
}

void PointList::VisitNumbers(
    absl::FunctionRef<bool(const Head& head, const Numbers& numbers)> visit) const {
  if (empty()) return;
  Numbers numbers;
  Head head = HeadOf(Unpack(NewestBytes(), numbers));
  std::string_view older(bytes_.data(), newest_at_);
  while (visit(head, numbers) && !older.empty()) {
    const std::string_view packed = LastOlder(older);
    older.remove_suffix(packed.size() + kSizeBytes);
    const Head earlier = HeadOf(Unpack(packed, numbers));
    head = {.moment = head.moment - earlier.moment, .kept = earlier.kept};
  }
}

void PointList::VisitNewestFirst(
    absl::FunctionRef<bool(const Head& head, FiguresFunction figures)> visit) const {
  VisitNumbers([&](const Head& head, const Numbers& numbers) {
    return visit(head, [&numbers] { return FiguresOfNumbers(numbers); });
  });
}

void PointList::ThinOut(std::size_t count) {
  std::vector<std::string> points;  // each packed as the newest one is; the newest first
  points.reserve(size());
  VisitNumbers([&](const Head& head, const Numbers& numbers) {
    points.push_back(Pack(HeadNumber(head.moment, head.kept), numbers, {}));
    return true;
  });
  *this = PointList();
  std::size_t seen = 0;
  std::for_each(points.rbegin(), points.rend(), [&](const std::string& point) {
    Numbers numbers;
    const Head head = HeadOf(Unpack(point, numbers));
    if (!head.kept) ++seen;
    const bool goes = !head.kept && seen <= count && seen % 2 == 0;
    if (!goes) AppendNumbers(head, numbers);
  });
}

}  // namespace canvass::publisher
