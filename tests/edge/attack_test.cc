// Attacks each service at its port, and holds it to what others must see meanwhile: an answer
// within a second, no more than 512 MiB more memory, and five seconds later all as before.
#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "canvass/aggregator/v1/aggregator_service.pb.h"
#include "canvass/publisher/v1/publisher_service.pb.h"
#include "common/base/clock.h"
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
  static void SetUpTestSuite() { stack_ = new testing::RunningStack(); }
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

  static Attackers Connect(const Service& service, int count, bool begins = true) {
    Attackers attackers;
    for (int i = 0; i < count; ++i) {
      attackers.push_back(std::make_unique<Attacker>(service.address, begins));
    }
    return attackers;
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
      // Another connection than those that were there.
      Bystander later(service.address, service.pid);
      while (later.seen().answers < 5 && SteadyNow() - over < kQuietAgainAfter) {
        absl::SleepFor(absl::Milliseconds(10));
      }
      EXPECT_GE(later.seen().answers, 5);
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
        attacker->Write(bytes);
        attacker->Drain();
      }
    });
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

// The server resets them: a window update of 0 is an error of the stream (RFC 9113, section 6.9).
TEST_F(AttackTest, StreamsThatTheServerResets) {
  Attack([](const Service& service) {
    Begin(service, [](std::uint32_t stream) {
      return FrameBytes(FrameType::kWindowUpdate, 0, stream, std::string(4, '\0'));
    });
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
      for (const auto& attacker : attackers) attacker->Write(bytes);
    });
  });
}

// A mebibyte that inflates to a gibibyte.
TEST_F(AttackTest, RequestsThatInflate) {
  std::string bomb(std::size_t{1} << 20U, '\0');
  {
    z_stream deflate{};
    ASSERT_EQ(deflateInit2(&deflate, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
    std::string zeros(std::size_t{1} << 20U, '\0');
    deflate.next_out = reinterpret_cast<Bytef*>(bomb.data());
    deflate.avail_out = static_cast<uInt>(bomb.size());
    for (int i = 0; i < 1'000; ++i) {
      deflate.next_in = reinterpret_cast<Bytef*>(zeros.data());
      deflate.avail_in = static_cast<uInt>(zeros.size());
      ASSERT_EQ(::deflate(&deflate, i == 999 ? Z_FINISH : Z_NO_FLUSH),
                i == 999 ? Z_STREAM_END : Z_OK);
    }
    bomb.resize(deflate.total_out);
    deflateEnd(&deflate);
  }
  const std::string message = MessageBytes(bomb, /*compressed=*/true);
  Attack([&message](const Service& service) {
    for (int round = 0; round < 3; ++round) {
      Attackers attackers = Connect(service, 6);
      for (const auto& attacker : attackers) {
        attacker->Write(Attacker::CallHeaders(1, service.call, "gzip"));
        constexpr std::size_t kFrame = 16'000;
        for (std::size_t i = 0; i < message.size(); i += kFrame) {
          const bool last = i + kFrame >= message.size();
          attacker->Write(FrameBytes(FrameType::kData, last ? 1 : 0, 1,
                                     std::string_view(message).substr(i, kFrame)));
          attacker->Drain();
        }
      }
      absl::SleepFor(absl::Milliseconds(500));
    }
  });
}

TEST_F(AttackTest, ConnectionsThatSayNothing) {
  Attack([](const Service& service) {
    For(absl::Seconds(3), [&] { Connect(service, 1'500, /*begins=*/false); });
    Connect(service, 1'500);
  });
}

// Lists of a thousand entries, on connections that take any amount and read nothing.
TEST_F(AttackTest, AnswersThatNobodyReads) {
  const testing::ProgramOutcome counted = stack_->Canvass({"demo", "az-2024", "--speed", "max"});
  ASSERT_EQ(counted.exit_code, 0) << counted.err;
  publisher::v1::ListChangesRequest changes;
  changes.set_election_id("az-2024-presidential");
  changes.set_page_size(1'000);
  aggregator::v1::ListLedgerEntriesRequest entries;
  entries.set_election_id(changes.election_id());
  entries.set_page_size(changes.page_size());
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
    Attackers attackers = Connect(service, 4);
    std::uint32_t stream = 1;
    For(absl::Seconds(4), [&] {
      std::string bytes;
      for (int i = 0; i < 100; ++i, stream += 2) {
        bytes += Attacker::CallHeaders(stream, path) + Attacker::LastMessage(stream, request);
      }
      for (const auto& attacker : attackers) attacker->Write(bytes);
    });
  });
}

}  // namespace
}  // namespace canvass::edge
