#include "common/rpc/message_bytes.h"

#include <grpcpp/support/byte_buffer.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "canvass/aggregator/v1/aggregator_service.pb.h"
#include "canvass/v1/report.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace canvass::rpc {
namespace {

using aggregator::v1::RecordReportsResponse;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

constexpr int kReceipts = RecordReportsResponse::kReceiptsFieldNumber;

v1::Receipt ReceiptOf(const std::string& station, int findings = 0) {
  v1::Receipt receipt;
  receipt.mutable_key()->set_station_id(station);
  for (int i = 0; i < findings; ++i) receipt.add_findings()->set_rule("VOTES_NOT_BALANCED");
  return receipt;
}

RecordReportsResponse ThreeReceipts() {
  RecordReportsResponse response;
  *response.add_receipts() = ReceiptOf("0101");
  *response.add_receipts() = {};                         // no bytes at all
  *response.add_receipts() = ReceiptOf("0102", 20'000);  // a size of three bytes
  return response;
}

TEST(MessageBytesTest, AListIsSplitIntoTheBytesOfItsMessages) {
  const RecordReportsResponse response = ThreeReceipts();
  const std::string bytes = response.SerializeAsString();
  EXPECT_THAT(SplitMessages(bytes, kReceipts),
              Optional(ElementsAre(response.receipts(0).SerializeAsString(), "",
                                   response.receipts(2).SerializeAsString())));
}

TEST(MessageBytesTest, WhatIsAppendedIsWhatProtobufWrites) {
  const RecordReportsResponse response = ThreeReceipts();
  std::string bytes;
  for (const v1::Receipt& receipt : response.receipts()) {
    AppendMessage(kReceipts, receipt.SerializeAsString(), bytes);
  }
  EXPECT_EQ(bytes, response.SerializeAsString());
  bytes.clear();
  for (const v1::Receipt& receipt : response.receipts()) {
    AppendMessage(kReceipts, receipt, bytes);
  }
  EXPECT_EQ(bytes, response.SerializeAsString());
}

TEST(MessageBytesTest, OtherFieldsArePassedOver) {
  v1::RefusedReport refused;
  refused.mutable_report()->set_station_id("0101");
  refused.add_findings()->set_rule("VOTES_NOT_BALANCED");
  refused.set_actor("clerk");
  const int findings = v1::RefusedReport::kFindingsFieldNumber;
  EXPECT_THAT(SplitMessages(refused.SerializeAsString(), findings),
              Optional(ElementsAre(refused.findings(0).SerializeAsString())));
  EXPECT_THAT(SplitMessages("", findings), Optional(IsEmpty()));
}

TEST(MessageBytesTest, BytesThatAreNoMessageAreNoList) {
  const std::string bytes = ThreeReceipts().SerializeAsString();
  RecordReportsResponse parsed;
  for (std::size_t size = 1; size < 16; ++size) {
    const std::string cut = bytes.substr(0, size);
    EXPECT_EQ(SplitMessages(cut, kReceipts).has_value(), parsed.ParseFromString(cut)) << size;
  }
  EXPECT_EQ(SplitMessages("\x0A\xFF\xFF\xFF\xFF\xFF\xFF", kReceipts), std::nullopt);
  EXPECT_EQ(SplitMessages("\x0C", kReceipts), std::nullopt);  // the end of a group
}

TEST(MessageBytesTest, BuffersGiveBackTheirBytes) {
  const std::string text(100'000, 'x');
  EXPECT_EQ(ToBytes(ToByteBuffer(text)), text);
  const std::vector<grpc::Slice> slices = {grpc::Slice("one "), grpc::Slice(""),
                                           grpc::Slice("two")};
  EXPECT_EQ(ToBytes(grpc::ByteBuffer(slices.data(), slices.size())), "one two");
  EXPECT_EQ(ToBytes(grpc::ByteBuffer()), "");
}

}  // namespace
}  // namespace canvass::rpc
