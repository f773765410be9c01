// A system clock that somebody sets while a program runs. Loaded before the C library (LD_PRELOAD),
// it adds to the time the nanoseconds that the file $CANVASS_CLOCK_OFFSET_FILE holds, as an int64,
// at any moment. The steady clock stays as it is. A wait until a time of the system's clock that
// begins after a jump lasts as long as it should; one that a jump finds waiting is not changed.
//
// Everything here may be called before main, by any thread: nothing that allocates or locks.
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>  // NOLINT(modernize-deprecated-headers): clockid_t is not in <ctime>
#include <unistd.h>

#include <atomic>
#include <cstdarg>
#include <cstdint>
#include <cstdlib>

namespace {

using Offset = std::atomic<std::int64_t>;
static_assert(Offset::is_always_lock_free);

constexpr std::int64_t kNanoseconds = 1'000'000'000;

const Offset* OpenOffset() {
  static const Offset kNone = 0;
  const char* const path = getenv("CANVASS_CLOCK_OFFSET_FILE");
  const int fd = path == nullptr ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return &kNone;
  void* const mapped = mmap(nullptr, sizeof(Offset), PROT_READ, MAP_SHARED, fd, 0);
  close(fd);
  return mapped == MAP_FAILED ? &kNone : static_cast<const Offset*>(mapped);
}

std::int64_t OffsetNow() {
  static std::atomic<const Offset*> opened = nullptr;
  const Offset* offset = opened.load(std::memory_order_acquire);
  if (offset == nullptr) {
    offset = OpenOffset();
    opened.store(offset, std::memory_order_release);
  }
  return offset->load(std::memory_order_relaxed);
}

void Add(std::int64_t nanoseconds, timespec& time) {
  const std::int64_t sum = time.tv_nsec + nanoseconds % kNanoseconds + kNanoseconds;
  time.tv_sec += nanoseconds / kNanoseconds + sum / kNanoseconds - 1;
  time.tv_nsec = sum % kNanoseconds;
}

// The C library's own.
template <typename Function>
Function* Real(std::atomic<Function*>& found, const char* name) {
  Function* function = found.load(std::memory_order_acquire);
  if (function == nullptr) {
    function = reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
    found.store(function, std::memory_order_release);
  }
  return function;
}

}  // namespace

// The C library names its parameters with underscores.
// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name)
extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  static std::atomic<int (*)(clockid_t, timespec*)> found = nullptr;
  const int result = Real(found, "clock_gettime")(clock, time);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    Add(OffsetNow(), *time);
  }
  return result;
}

int gettimeofday(timeval* __restrict time, void* __restrict /*zone*/) noexcept {
  timespec now{};
  const int result = clock_gettime(CLOCK_REALTIME, &now);
  *time = {.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1'000};
  return result;
}

time_t time(time_t* seconds) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (seconds != nullptr) *seconds = now.tv_sec;
  return now.tv_sec;
}

// Abseil's mutexes wait on futexes until a time of the system's clock, which the kernel's has to
// be.
long syscall(long number, ...) noexcept {                   // NOLINT(google-runtime-int)
  static std::atomic<long (*)(long, ...)> found = nullptr;  // NOLINT(google-runtime-int)
  va_list list;
  va_start(list, number);
  long arguments[6];                                               // NOLINT
  for (long& argument : arguments) argument = va_arg(list, long);  // NOLINT(google-runtime-int)
  va_end(list);
  timespec until{};
  if (number == SYS_futex && (arguments[1] & FUTEX_CLOCK_REALTIME) != 0 && arguments[3] != 0) {
    until = *reinterpret_cast<const timespec*>(arguments[3]);
    Add(-OffsetNow(), until);
    arguments[3] = reinterpret_cast<long>(&until);  // NOLINT(google-runtime-int)
  }
  return Real(found, "syscall")(number, arguments[0], arguments[1], arguments[2], arguments[3],
                                arguments[4], arguments[5]);
}

}  // extern "C"
// NOLINTEND(readability-inconsistent-declaration-parameter-name)
