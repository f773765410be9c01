#include "services/canvass/bench/flood.h"

#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/rpc/deadline.h"

namespace canvass::cli::bench {
namespace {

constexpr absl::Duration kFloodCallTimeout = absl::Seconds(30);
// Who is refused comes again at once, but does not spin.
constexpr absl::Duration kAgainAfter = absl::Milliseconds(2);

}  // namespace

// One call after another.
class Flood::Lane {
 public:
  Lane(std::shared_ptr<grpc::Channel> channel, std::string method, const grpc::ByteBuffer& request,
       const std::atomic<bool>& over)
      : stub_(std::move(channel)), method_(std::move(method)), request_(request), over_(over) {
    Call();
  }
  // After `over`.
  ~Lane() { done_.WaitForNotification(); }
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

 private:
  void Call() {
    if (over_) return done_.Notify();
    context_ = std::make_unique<grpc::ClientContext>();
    rpc::SetDeadline(*context_, kFloodCallTimeout);
    stub_.UnaryCall(context_.get(), method_, {}, &request_, &response_,
                    [this](const grpc::Status& status) {
                      if (!status.ok()) absl::SleepFor(kAgainAfter);
                      Call();
                    });
  }

  grpc::GenericStub stub_;
  const std::string method_;
  const grpc::ByteBuffer request_;
  const std::atomic<bool>& over_;
  std::unique_ptr<grpc::ClientContext> context_;
  grpc::ByteBuffer response_;
  absl::Notification done_;
};

namespace {

// A stream on a completion queue of its own, so that it may be written and read step by step.
class FloodStream {
 public:
  FloodStream(grpc::GenericStub& stub, const std::string& method) {
    rpc::SetDeadline(context_, kFloodCallTimeout);
    call_ = stub.PrepareCall(&context_, method, &queue_);
    call_->StartCall(Tag(kStart));
    open_ = Await(kStart, nullptr);
  }
  ~FloodStream() {
    context_.TryCancel();
    queue_.Shutdown();
    void* tag = nullptr;
    for (bool ok = false; queue_.Next(&tag, &ok);) {
    }
  }
  FloodStream(const FloodStream&) = delete;
  FloodStream& operator=(const FloodStream&) = delete;

  bool open() const { return open_; }
  void ReadOn() { call_->Read(&response_, Tag(kRead)); }
  // Returns false once the stream or the flood has ended. Takes answers meanwhile, if `reads`.
  bool Write(const grpc::ByteBuffer& message, bool reads, const std::atomic<bool>& over) {
    call_->Write(message, Tag(kWrite));
    reads_ = reads;
    return Await(kWrite, &over);
  }
  // Waits until the stream or the flood has ended.
  void Stay(const std::atomic<bool>& over) {
    while (Await(kNothing, &over)) {
    }
  }

 private:
  enum Step : std::uint8_t { kNothing, kStart, kRead, kWrite, kSteps };
  void* Tag(Step step) { return &tags_.at(step); }

  bool Await(Step step, const std::atomic<bool>* over) {
    for (;;) {
      void* tag = nullptr;
      bool ok = false;
      const auto soon = absl::ToChronoTime(absl::Now() + absl::Milliseconds(100));
      const auto next = queue_.AsyncNext(&tag, &ok, soon);
      if (next == grpc::CompletionQueue::TIMEOUT) {
        if (over != nullptr && *over) return false;
        continue;
      }
      if (next == grpc::CompletionQueue::SHUTDOWN || !ok) return false;
      if (tag == Tag(kRead) && reads_) ReadOn();
      if (tag == Tag(step)) return true;
    }
  }

  std::array<char, kSteps> tags_{};
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
  grpc::ByteBuffer response_;
  bool open_ = false;
  bool reads_ = false;
};

}  // namespace

Flood::Flood() = default;

Flood::~Flood() {
  over_ = true;
  lanes_.clear();
  for (std::thread& thread : threads_) thread.join();
}

void Flood::Call(const NewChannel& channel, int connections, int in_flight,
                 const std::string& method, const grpc::ByteBuffer& request) {
  for (int i = 0; i < connections; ++i) {
    const std::shared_ptr<grpc::Channel> connection = channel();
    for (int lane = 0; lane < in_flight; ++lane) {
      lanes_.push_back(std::make_unique<Lane>(connection, method, request, over_));
    }
  }
}

void Flood::Stream(const NewChannel& channel, int streams, const std::string& method,
                   const grpc::ByteBuffer& message, Manner manner) {
  const bool reads = manner != Manner::kReadsNothing;
  const std::shared_ptr<grpc::Channel> connection = channel();
  for (int i = 0; i < streams; ++i) {
    threads_.emplace_back([this, connection, method, message, manner, reads] {
      grpc::GenericStub stub(connection);
      while (!over_) {
        FloodStream stream(stub, method);
        if (reads && stream.open()) stream.ReadOn();
        while (stream.open() && stream.Write(message, reads, over_)) {
          if (manner != Manner::kHolds) continue;
          stream.Stay(over_);
          break;
        }
        absl::SleepFor(kAgainAfter);
      }
    });
  }
}

}  // namespace canvass::cli::bench
