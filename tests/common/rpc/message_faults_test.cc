#include "common/rpc/message_faults.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "canvass/aggregator/v1/election_service.pb.h"
#include "canvass/v1/report.pb.h"
#include "common/base/error.h"
#include "common/election/rule.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace canvass::rpc {
namespace {

using election::Finding;
using election::Rule;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

void AddUnknownField(Message& message, int number) {
  message.GetReflection()->MutableUnknownFields(&message)->AddVarint(number, 1);
}

// Adds a message to each field of `message`, at any depth, and returns all of them by path. The
// later member of a oneof replaces the one before, so `without` names one to leave out.
void FillIn(Message& message, const std::string& path, const std::string& without,
            std::vector<std::pair<std::string, Message*>>& all) {
  all.emplace_back(path, &message);
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *message.GetDescriptor()->field(i);
    const bool is_message = field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !field.is_map();
    if (!is_message || field.name() == without) continue;
    const std::string name =
        absl::StrCat(path, path.empty() ? "" : ".", field.name(), field.is_repeated() ? "[0]" : "");
    Message* const inner = field.is_repeated()
                               ? message.GetReflection()->AddMessage(&message, &field)
                               : message.GetReflection()->MutableMessage(&message, &field);
    FillIn(*inner, name, without, all);
  }
}

TEST(FindReportFaultsTest, FindsAnUnknownFieldInEveryMessageOfAReport) {
  for (const std::string without : {"ballots", "interviews"}) {
    v1::StationReport report;
    std::vector<std::pair<std::string, Message*>> all;
    FillIn(report, "", without, all);
    EXPECT_THAT(all, SizeIs(5));  // report, count, its lines, counted_at, document
    EXPECT_THAT(FindReportFaults(report), IsEmpty());
    for (const auto& [path, message] : all) {
      AddUnknownField(*message, 99);
      const Finding wanted{.rule = Rule::kFieldUnknown,
                           .field = path,
                           .numbers = {{"field_number", 99}},
                           .subject = message->GetTypeName()};
      EXPECT_THAT(FindReportFaults(report), ElementsAre(wanted));
      message->GetReflection()->MutableUnknownFields(message)->Clear();
    }
  }
}

TEST(FindReportFaultsTest, FindsATimeThatNoClockShows) {
  struct Time {
    std::int64_t seconds;
    std::int32_t nanos;
    bool in_range;
  };
  for (const Time& time : {Time{-62'135'596'800, 0, true}, Time{253'402'300'799, 999'999'999, true},
                           Time{-62'135'596'801, 0, false}, Time{253'402'300'800, 0, false},
                           Time{0, -1, false}, Time{0, 1'000'000'000, false}}) {
    v1::StationReport report;
    report.mutable_counted_at()->set_seconds(time.seconds);
    report.mutable_counted_at()->set_nanos(time.nanos);
    const Finding wanted{.rule = Rule::kTimeOutOfRange,
                         .field = "counted_at",
                         .numbers = {{"seconds", time.seconds}, {"nanos", time.nanos}},
                         .subject = "google.protobuf.Timestamp"};
    EXPECT_EQ(FindReportFaults(report),
              time.in_range ? std::vector<Finding>() : std::vector<Finding>{wanted})
        << time.seconds << " " << time.nanos;
  }
}

TEST(CheckMessageTest, NamesTheMessageTheFieldAndTheNumbers) {
  aggregator::v1::DefineElectionRequest request;
  EXPECT_TRUE(CheckMessage(request).ok());
  request.mutable_definition()->add_sources();
  v1::Source& source = *request.mutable_definition()->add_sources();
  AddUnknownField(source, 8);
  source.mutable_visible_from()->set_nanos(-5);
  const absl::Status status = CheckMessage(request);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  const ErrorDetail detail = DetailOf(status);
  EXPECT_EQ(detail.reason, "FIELD_UNKNOWN");
  ASSERT_THAT(detail.violations, SizeIs(2));
  EXPECT_EQ(detail.violations[0].field, "definition.sources[1]");
  EXPECT_THAT(detail.violations[0].description,
              HasSubstr("canvass.v1.Source has a field with number 8"));
  EXPECT_EQ(detail.violations[1].field, "definition.sources[1].visible_from");
  EXPECT_THAT(detail.violations[1].description, HasSubstr("-5 nanoseconds"));
}

}  // namespace
}  // namespace canvass::rpc
