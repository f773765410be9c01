#include "common/rpc/message_faults.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/unknown_field_set.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "common/base/error.h"
#include "common/base/reason.h"
#include "common/base/text.h"

namespace canvass::rpc {
namespace {

using election::Finding;
using election::Rule;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::Timestamp;

// Collects the faults of one message and of those in it.
class FaultSearch {
 public:
  void Visit(const Message& message, const std::string& path) {
    const Reflection& reflection = *message.GetReflection();
    const auto& unknown = reflection.GetUnknownFields(message);
    for (int i = 0; i < unknown.field_count(); ++i) {
      faults_.push_back({.rule = Rule::kFieldUnknown,
                         .field = path,
                         .numbers = {{"field_number", unknown.field(i).number()}},
                         .subject = message.GetTypeName()});
    }
    if (message.GetDescriptor() == Timestamp::descriptor()) {
      return VisitTime(static_cast<const Timestamp&>(message), path);
    }
    std::vector<const FieldDescriptor*> fields;
    reflection.ListFields(message, &fields);
    for (const FieldDescriptor* const field : fields) VisitField(message, *field, path);
  }

  std::vector<Finding> Take() { return std::move(faults_); }

 private:
  // The maps of our messages have no messages in them.
  void VisitField(const Message& message, const FieldDescriptor& field, const std::string& path) {
    if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE || field.is_map()) return;
    const Reflection& reflection = *message.GetReflection();
    const std::string name = StrCat(path, path.empty() ? "" : ".", field.name());
    if (!field.is_repeated()) return Visit(reflection.GetMessage(message, &field), name);
    for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
      Visit(reflection.GetRepeatedMessage(message, &field, i), StrCat(name, "[", i, "]"));
    }
  }

  void VisitTime(const Timestamp& time, const std::string& path) {
    if (IsInRange(time)) return;
    faults_.push_back({.rule = Rule::kTimeOutOfRange,
                       .field = path,
                       .numbers = {{"seconds", time.seconds()}, {"nanos", time.nanos()}},
                       .subject = time.GetTypeName()});
  }

  std::vector<Finding> faults_;
};

bool IsKnown(const Message& message) {
  return message.GetReflection()->GetUnknownFields(message).empty();
}

template <typename Messages>
bool AllKnown(const Messages& messages) {
  return std::all_of(messages.begin(), messages.end(), IsKnown);
}

}  // namespace

bool IsInRange(const Timestamp& time) {
  return kTimestampSecondsMin <= time.seconds() && time.seconds() <= kTimestampSecondsMax &&
         0 <= time.nanos() && time.nanos() <= kTimestampNanosMax;
}

std::vector<Finding> FindMessageFaults(const Message& message) {
  FaultSearch search;
  search.Visit(message, "");
  return search.Take();
}

std::vector<Finding> FindReportFaults(const v1::StationReport& report) {
  // A report without a field has its default instance here, which has no faults.
  const v1::BallotCount& ballots = report.ballots();
  const v1::InterviewCount& interviews = report.interviews();
  const bool faultless = IsKnown(report) && IsKnown(ballots) && AllKnown(ballots.votes()) &&
                         IsKnown(interviews) && AllKnown(interviews.answers()) &&
                         AllKnown(report.documents()) && IsKnown(report.counted_at()) &&
                         IsInRange(report.counted_at());
  return faultless ? std::vector<Finding>() : FindMessageFaults(report);
}

absl::Status CheckMessage(const Message& request) {
  const std::vector<Finding> faults = FindMessageFaults(request);
  if (faults.empty()) return absl::OkStatus();
  ErrorDetail detail;
  for (const Finding& fault : faults) {
    detail.violations.push_back({.field = fault.field.empty() ? "request" : fault.field,
                                 .description = election::MessageOf(fault)});
  }
  for (const auto& [name, number] : faults.front().numbers) {
    detail.metadata.emplace_back(name, StrCat(number));
  }
  const bool unknown = faults.front().rule == Rule::kFieldUnknown;
  const std::string message =
      StrCat(detail.violations.front().field, ": ", detail.violations.front().description);
  return MakeError(unknown ? reason::kFieldUnknown : reason::kTimeOutOfRange, message,
                   std::move(detail));
}

}  // namespace canvass::rpc
