#ifndef CANVASS_SERVICES_CANVASS_BENCH_FLOOD_H_
#define CANVASS_SERVICES_CANVASS_BENCH_FLOOD_H_

#include <grpcpp/channel.h>
#include <grpcpp/support/byte_buffer.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace canvass::cli::bench {

// Everything that one caller does to keep others from being served. Each begins when it is made,
// on connections of its own, goes on whatever the answers are, and stops at the end of its life.
// Not thread-safe.
class Flood {
 public:
  using NewChannel = std::function<std::shared_ptr<grpc::Channel>()>;

  Flood();
  ~Flood();
  Flood(const Flood&) = delete;
  Flood& operator=(const Flood&) = delete;

  // Makes the same unary call again and again, with `in_flight` calls at any time on each of
  // `connections` connections.
  void Call(const NewChannel& channel, int connections, int in_flight, const std::string& method,
            const grpc::ByteBuffer& request);
  enum class Manner : std::uint8_t { kReads, kReadsNothing, kHolds };
  // Opens `streams` streams of `method` on one connection, and each again when it ends. Writes
  // `message` on each as fast as the service reads it; who holds a stream writes it once. Reads the
  // answers, or nothing.
  void Stream(const NewChannel& channel, int streams, const std::string& method,
              const grpc::ByteBuffer& message, Manner manner);

 private:
  class Lane;

  std::atomic<bool> over_ = false;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::vector<std::thread> threads_;
};

}  // namespace canvass::cli::bench

#endif  // CANVASS_SERVICES_CANVASS_BENCH_FLOOD_H_
