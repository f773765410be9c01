#include "common/election/event.h"

#include <cstdint>
#include <optional>
#include <utility>
#include <variant>

namespace canvass::election {
namespace {

template <typename Variant>
std::int32_t SourceOfAny(const Variant& event) {
  return std::visit(
      [](const auto& any) -> std::int32_t {
        if constexpr (requires { any.key.source_no; }) {
          return any.key.source_no;
        } else if constexpr (requires { any.source_no; }) {
          return any.source_no;
        } else if constexpr (requires { any.annulment; }) {
          return any.annulment.key.source_no;
        } else if constexpr (requires { any.certification; }) {
          return any.certification.source_no;
        } else if constexpr (requires { any.content.event; }) {
          return SourceOf(any.content.event);
        } else {
          return -1;
        }
      },
      event);
}

}  // namespace

std::int32_t SourceOf(const SealedEvent& event) { return SourceOfAny(event); }

std::int32_t SourceOf(const Event& event) { return SourceOfAny(event); }

std::optional<SealedEvent> AsSealedEvent(const Event& event) {
  return std::visit(
      [](const auto& any) -> std::optional<SealedEvent> {
        if constexpr (requires(SealedEvent sealed) { sealed = any; }) {
          return SealedEvent(any);
        } else {
          return std::nullopt;
        }
      },
      event);
}

Event AsEvent(SealedEvent event) {
  return std::visit([](auto& any) { return Event(std::move(any)); }, event);
}

Entry AsCounted(Entry entry) {
  auto* const opening = std::get_if<SealOpening>(&entry.event);
  if (opening == nullptr) return entry;
  SealedContent content = std::move(opening->content);
  entry.actor = std::move(content.actor);
  entry.event = AsEvent(std::move(content.event));
  return entry;
}

}  // namespace canvass::election
