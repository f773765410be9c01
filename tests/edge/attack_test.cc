// Attacks each service at its port, and holds it to what others must see meanwhile: an answer
// within a second, no more than 512 MiB more memory, and five seconds later all as before.
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>
#include <zlib.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "canvass/aggregator/v1/aggregator_service.grpc.pb.h"
#include "canvass/aggregator/v1/election_service.pb.h"
#include "canvass/publisher/v1/publisher_service.grpc.pb.h"
#include "canvass/reporter/v1/station_reporter_service.pb.h"
#include "canvass/v1/report.pb.h"
#include "common/base/clock.h"
#include "common/rpc/channel.h"
#include "common/rpc/deadline.h"
#include "common/rpc/message.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/common/edge/frame_bytes.h"
#include "tests/edge/attacker.h"
#include "tests/edge/bystander.h"
#include "tests/support/running_stack.h"

namespace canvass::edge {
namespace {

constexpr std::int64_t kMebibyte = 1 << 20;
// AddressSanitizer makes the services several times slower, keeps what they free, and surrounds
// what they keep.
#ifdef __SANITIZE_ADDRESS__
constexpr int kSlack = 3;
#else
constexpr int kSlack = 1;
#endif
constexpr std::int64_t kMoreMemoryMax = kSlack * 512 * kMebibyte;
constexpr absl::Duration kAnsweredWithin = absl::Seconds(kSlack);
constexpr absl::Duration kQuietAgainAfter = absl::Seconds(5);
// What malloc may keep of the memory that an attack took.
constexpr std::int64_t kMemoryKeptMax = kSlack * 256 * kMebibyte;

constexpr char kHealthCheck[] = "/grpc.health.v1.Health/Check";

struct Service {
  std::string name;
  std::string address;
  pid_t pid = 0;
  std::string call;  // one that anybody may make
};

using Attackers = std::vector<std::unique_ptr<Attacker>>;

class AttackTest : public ::testing::Test {
 protected:
  // With an election that makes long lists.
  static void SetUpTestSuite() {
    stack_ = new testing::RunningStack();
    const testing::ProgramOutcome counted = stack_->Canvass({"demo", "az-2024", "--speed", "max"});
    ASSERT_EQ(counted.exit_code, 0) << counted.err;
  }
  static void TearDownTestSuite() { delete stack_; }

  static std::vector<Service> Services() {
    testing::RunningStack& stack = *stack_;
    return {{"publisher", stack->publisher_address(), stack->publisher_pid(),
             "/canvass.publisher.v1.PublisherService/ListElections"},
            {"aggregator", stack->aggregator_address(), stack->aggregator_pid(),
             "/canvass.aggregator.v1.ElectionService/ListElections"},
            {"reporter", stack->reporter_address(), stack->reporter_pid(),
             "/canvass.reporter.v1.StationReporterService/ListOutbox"}};
  }

  static Attackers Connect(const Service& service, int count, bool begins = true,
                           std::size_t window = Attacker::kAnyAmount) {
    Attackers attackers;
    for (int i = 0; i < count; ++i) {
      attackers.push_back(std::make_unique<Attacker>(service.address, begins, window));
    }
    return attackers;
  }

  // How many the server has not closed. An attack that ends because it was closed attacks nothing.
  static int CountOpen(const Attackers& attackers) {
    int open = 0;
    for (const auto& attacker : attackers) {
      attacker->Drain();
      open += attacker->is_open() ? 1 : 0;
    }
    return open;
  }

  // Attacks every service, one after the other.
  static void Attack(const std::function<void(const Service&)>& attack) {
    for (const Service& service : Services()) {
      SCOPED_TRACE(service.name);
      Bystander bystander(service.address, service.pid);
      WaitForAnswers(bystander);
      attack(service);
      const absl::Duration over = SteadyNow();
      Report(service, bystander);
      EXPECT_EQ(bystander.seen().failures, 0);
      EXPECT_LE(bystander.seen().longest, kAnsweredWithin);
      EXPECT_LE(bystander.seen().memory_most - bystander.seen().memory_before, kMoreMemoryMax);
      // Another connection than those that were there, as soon as there is room for one.
      auto later = std::make_unique<Bystander>(service.address, service.pid);
      const auto is_as_before = [&] {
        return later->seen().answers >= 5 &&
               later->seen().memory_now - bystander.seen().memory_before <= kMemoryKeptMax;
      };
      while (!is_as_before() && SteadyNow() - over < kQuietAgainAfter) {
        if (later->seen().failures > 0) {
          later = std::make_unique<Bystander>(service.address, service.pid);
        }
        absl::SleepFor(absl::Milliseconds(10));
      }
      std::printf("%33lld ms later: %s\n",
                  static_cast<long long>(absl::ToInt64Milliseconds(SteadyNow() - over)),
                  later->seen().ToString().c_str());
      EXPECT_GE(later->seen().answers, 5);
      EXPECT_EQ(later->seen().failures, 0);
      EXPECT_LE(later->seen().longest, kAnsweredWithin);
      EXPECT_LE(later->seen().memory_now - bystander.seen().memory_before, kMemoryKeptMax);
    }
  }

  static void WaitForAnswers(const Bystander& bystander) {
    while (bystander.seen().answers < 3) absl::SleepFor(absl::Milliseconds(5));
  }

  static void Report(const Service& service, const Bystander& bystander) {
    const ::testing::TestInfo* const test = ::testing::UnitTest::GetInstance()->current_test_info();
    std::printf("%-28s %-10s %s\n", test->name(), service.name.c_str(),
                bystander.seen().ToString().c_str());
  }

  // Begins calls on 8 connections, and sends the frame that `end` makes for each.
  static void Begin(const Service& service,
                    const std::function<std::string(std::uint32_t stream)>& end) {
    Attackers attackers = Connect(service, 8);
    std::uint32_t stream = 1;
    For(absl::Seconds(3), [&] {
      std::string bytes;
      for (int i = 0; i < 500; ++i, stream += 2) {
        bytes += Attacker::CallHeaders(stream, kHealthCheck) + end(stream);
      }
      for (const auto& attacker : attackers) {
        attacker->Write(bytes);  // false: it is slowed down
        attacker->Drain();
      }
    });
    EXPECT_EQ(CountOpen(attackers), attackers.size());
    EXPECT_GT(stream, 2'000U);
  }

  // Makes so many calls on each of so many connections that read nothing of the answers.
  static void KeepCalling(const Service& service, int connections, std::uint32_t calls,
                          std::size_t window,
                          const std::function<std::string(std::uint32_t stream)>& call) {
    Attackers attackers = Connect(service, connections, /*begins=*/true, window);
    std::uint32_t stream = 1;
    const absl::Duration until = SteadyNow() + absl::Seconds(4);
    while (stream < 2 * calls && SteadyNow() < until) {
      std::string bytes;
      for (int i = 0; i < 20; ++i, stream += 2) bytes += call(stream);
      for (const auto& attacker : attackers) {
        attacker->Write(bytes);  // false: it is slowed down
        if (window == 0) attacker->Drain();
      }
    }
    EXPECT_GT(stream, 40U);
    while (SteadyNow() < until) absl::SleepFor(absl::Milliseconds(10));
  }

  // Writes the message on a stream of its own for 4 s, as fast as the service reads it.
  static void KeepWriting(const Service& service, const std::string& path,
                          const grpc::ByteBuffer& message) {
    const auto until = std::chrono::system_clock::now() + std::chrono::seconds(4);
    grpc::GenericStub stub(rpc::NewChannel(service.address));
    grpc::ClientContext context;
    grpc::CompletionQueue queue;
    const auto stream = stub.PrepareCall(&context, path, &queue);
    stream->StartCall(nullptr);
    void* tag = nullptr;
    bool ok = false;
    while (queue.AsyncNext(&tag, &ok, until) == grpc::CompletionQueue::GOT_EVENT && ok) {
      stream->Write(message, nullptr);
    }
    context.TryCancel();
    queue.Shutdown();
    while (queue.Next(&tag, &ok)) continue;
  }

  // Calls `step` again and again for `duration`.
  static void For(absl::Duration duration, const std::function<void()>& step) {
    const absl::Duration until = SteadyNow() + duration;
    while (SteadyNow() < until) step();
  }

  static testing::RunningStack* stack_;
};

testing::RunningStack* AttackTest::stack_ = nullptr;

TEST_F(AttackTest, StreamsThatAreReset) {
  Attack([](const Service& service) { Begin(service, Attacker::Reset); });
}

// Calls of an unknown method that go on: the server ends and resets them.
TEST_F(AttackTest, StreamsThatTheServerResets) {
  Attack([](const Service& service) {
    Attackers attackers = Connect(service, 8);
    std::uint32_t stream = 1;
    For(absl::Seconds(3), [&] {
      std::string bytes;
      for (int i = 0; i < 100; ++i, stream += 2) bytes += Attacker::CallHeaders(stream, "/a/B");
      for (const auto& attacker : attackers) {
        attacker->Write(bytes);  // false: it is slowed down
        attacker->Drain();
      }
    });
    EXPECT_EQ(CountOpen(attackers), attackers.size());
    EXPECT_GT(stream, 2'000U);
  });
}

TEST_F(AttackTest, HeadersWithoutEnd) {
  Attack([](const Service& service) {
    For(absl::Seconds(3), [&] {
      Attackers attackers = Connect(service, 20);
      for (const auto& attacker : attackers) {
        attacker->Write(FrameBytes(FrameType::kHeaders, 0, 1, std::string(100, '\0')));
        const std::string more =
            FrameBytes(FrameType::kContinuation, 0, 1, std::string(16'000, '\0'));
        for (int i = 0; i < 100; ++i) {
          if (!attacker->Write(more)) break;
        }
      }
      const absl::Duration until = SteadyNow() + kAnsweredWithin;
      while (CountOpen(attackers) > 0 && SteadyNow() < until) absl::SleepFor(absl::Milliseconds(1));
      EXPECT_EQ(CountOpen(attackers), 0) << "nobody may have so many headers";
    });
  });
}

TEST_F(AttackTest, FramesThatMustBeAnswered) {
  Attack([](const Service& service) {
    Attackers attackers = Connect(service, 8);
    std::string bytes;
    for (int i = 0; i < 2'000; ++i) {
      bytes += FrameBytes(FrameType::kPing, 0, 0, "12345678") +
               FrameBytes(FrameType::kSettings, 0, 0, "");
    }
    For(absl::Seconds(2), [&] {
      for (const auto& attacker : attackers) attacker->Write(bytes);  // false: it is slowed down
    });
    EXPECT_EQ(CountOpen(attackers), attackers.size());
  });
}

// As much as flow control lets through without a word of the server, which inflates to 60 MiB.
TEST_F(AttackTest, RequestsThatInflate) {
  std::string bomb(std::size_t{1} << 20U, '\0');
  {
    z_stream deflate{};
    ASSERT_EQ(deflateInit2(&deflate, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
    std::string zeros(std::size_t{1} << 20U, '\0');
    deflate.next_out = reinterpret_cast<Bytef*>(bomb.data());
    deflate.avail_out = static_cast<uInt>(bomb.size());
    constexpr int kMebibytes = 60;
    for (int i = 0; i < kMebibytes; ++i) {
      deflate.next_in = reinterpret_cast<Bytef*>(zeros.data());
      deflate.avail_in = static_cast<uInt>(zeros.size());
      ASSERT_EQ(::deflate(&deflate, i == kMebibytes - 1 ? Z_FINISH : Z_NO_FLUSH),
                i == kMebibytes - 1 ? Z_STREAM_END : Z_OK);
    }
    bomb.resize(deflate.total_out);
    deflateEnd(&deflate);
  }
  ASSERT_LT(bomb.size(), 65'000U);
  const std::string message = MessageBytes(bomb, /*compressed=*/true);
  Attack([&message](const Service& service) {
    for (int round = 0; round < 3; ++round) {
      Attackers attackers = Connect(service, 40);
      for (const auto& attacker : attackers) {
        std::string bytes = Attacker::CallHeaders(1, service.call, "gzip");
        constexpr std::size_t kFrame = 16'000;
        for (std::size_t i = 0; i < message.size(); i += kFrame) {
          const bool last = i + kFrame >= message.size();
          bytes += FrameBytes(FrameType::kData, last ? 1 : 0, 1,
                              std::string_view(message).substr(i, kFrame));
        }
        EXPECT_TRUE(attacker->Write(bytes));
      }
      absl::SleepFor(absl::Milliseconds(500));
      EXPECT_EQ(CountOpen(attackers), attackers.size());
    }
  });
}

TEST_F(AttackTest, ConnectionsThatSayNothing) {
  Attack([](const Service& service) {
    For(absl::Seconds(3), [&] { Connect(service, 1'500, /*begins=*/false); });
    Connect(service, 1'500);
  });
}

// Lists of a thousand entries, on connections that read nothing: they take any amount, which then
// fills the kernel's buffers, or none, which then stays in gRPC.
TEST_F(AttackTest, AnswersThatNobodyReads) {
  publisher::v1::ListChangesRequest changes;
  changes.set_election_id("az-2024-presidential");
  changes.set_page_size(1'000);
  aggregator::v1::ListLedgerEntriesRequest entries;
  entries.set_election_id(changes.election_id());
  entries.set_page_size(changes.page_size());
  for (const std::size_t window : {Attacker::kAnyAmount, std::size_t{0}}) {
    SCOPED_TRACE(window);
    Attack([&](const Service& service) {
      std::string path = service.call;
      std::string request;
      if (service.name == "publisher") {
        path = "/canvass.publisher.v1.PublisherService/ListChanges";
        request = changes.SerializeAsString();
      } else if (service.name == "aggregator") {
        path = "/canvass.aggregator.v1.AggregatorService/ListLedgerEntries";
        request = entries.SerializeAsString();
      }
      const bool reads_nothing = window > 0;  // of the socket
      KeepCalling(service, reads_nothing ? 4 : 40, reads_nothing ? 1'000 : 20, window,
                  Attacker::CallOf(path, request));
    });
  }
}

// Watchers that take nothing of what they are sent.
TEST_F(AttackTest, LedgersThatNobodyReads) {
  Attack([](const Service& service) {
    if (service.name != "aggregator") return;
    KeepCalling(service, 4, 1'000, 0,
                Attacker::CallOf("/canvass.aggregator.v1.AggregatorService/WatchLedger", ""));
  });
}

TEST_F(AttackTest, ReflectionThatNobodyReads) {
  Attack([](const Service& service) {
    // Field 7, list_services.
    KeepCalling(service, 16, 900, 0,
                Attacker::CallOf("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                                 std::string("\x3A\x01*")));
  });
}

// Requests of 7 MiB, most of it in fields that nobody knows or elections that nobody has, of calls
// that stay open.
TEST_F(AttackTest, LargeRequestsOfWatchers) {
  publisher::v1::WatchResultRequest result;
  result.GetReflection()->MutableUnknownFields(&result)->AddLengthDelimited(
      99, std::string(std::size_t{7} << 20U, 'x'));
  aggregator::v1::WatchLedgerRequest ledger;
  for (int i = 0; i < 300'000; ++i) {
    ledger.add_positions()->set_election_id(absl::StrCat("election-", i));
  }
  Attack([&](const Service& service) {
    const auto channel = rpc::NewChannel(service.address);
    const auto publisher = publisher::v1::PublisherService::NewStub(channel);
    const auto aggregator = aggregator::v1::AggregatorService::NewStub(channel);
    For(absl::Seconds(3), [&] {
      grpc::ClientContext context;
      rpc::SetDeadline(context, absl::Seconds(20));
      grpc::Status ended;
      if (service.name == "publisher") {
        ended = publisher->WatchResult(&context, result)->Finish();
      } else if (service.name == "aggregator") {
        ended = aggregator->WatchLedger(&context, ledger)->Finish();
      } else {
        return;
      }
      EXPECT_EQ(ended.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << ended.error_message();
    });
  });
}

// Messages of 4 MiB that hold some 30 MiB of memory each, on more streams than anybody needs.
TEST_F(AttackTest, ReportsWithoutEnd) {
  constexpr int kStreams = 60;
  canvass::v1::StationReport report;
  report.set_election_id("az-2024-presidential");
  for (int i = 0; i < 300; ++i) report.mutable_ballots()->add_votes()->set_candidate_id("x");
  aggregator::v1::RecordReportsRequest recorded;
  reporter::v1::SubmitReportsRequest submitted;
  for (int i = 0; i < 2'000; ++i) {
    *recorded.add_reports()->mutable_report() = report;
    *submitted.add_reports() = report;
  }
  const grpc::ByteBuffer to_aggregator = rpc::SerializeMessage(recorded);
  const grpc::ByteBuffer to_reporter = rpc::SerializeMessage(submitted);
  Attack([&](const Service& service) {
    if (service.name == "publisher") return;
    const bool records = service.name == "aggregator";
    std::vector<std::thread> writers;
    for (int i = 0; i < kStreams; ++i) {
      writers.emplace_back([&] {
        KeepWriting(service,
                    records ? "/canvass.aggregator.v1.AggregatorService/RecordReports"
                            : "/canvass.reporter.v1.StationReporterService/SubmitReports",
                    records ? to_aggregator : to_reporter);
      });
    }
    for (std::thread& writer : writers) writer.join();
  });
}

// Decisions that are refused, as many as a connection may have, while reports come.
TEST_F(AttackTest, DecisionsWithoutEnd) {
  aggregator::v1::ReleaseReportRequest decision;
  decision.mutable_key()->set_election_id("az-2024-presidential");
  decision.mutable_key()->set_station_id("nowhere");
  aggregator::v1::RecordReportsRequest request;
  request.add_reports()->set_validate_only(true);
  Attack([&](const Service& service) {
    if (service.name != "aggregator") return;
    std::atomic<bool> over = false;
    std::thread reporting([&] {
      const auto channel = rpc::NewChannel(service.address);
      grpc::ClientContext context;
      rpc::SetDeadline(context, absl::Seconds(20));
      const auto stream =
          aggregator::v1::AggregatorService::NewStub(channel)->RecordReports(&context);
      aggregator::v1::RecordReportsResponse response;
      absl::Duration longest;
      while (!over) {
        const absl::Duration began = SteadyNow();
        ASSERT_TRUE(stream->Write(request) && stream->Read(&response));
        longest = std::max(longest, SteadyNow() - began);
      }
      EXPECT_LE(longest, kAnsweredWithin);
      context.TryCancel();
    });
    KeepCalling(service, 8, 1'000, Attacker::kAnyAmount,
                Attacker::CallOf("/canvass.aggregator.v1.ElectionService/ReleaseReport",
                                 decision.SerializeAsString()));
    over = true;
    reporting.join();
  });
}

}  // namespace
}  // namespace canvass::edge
