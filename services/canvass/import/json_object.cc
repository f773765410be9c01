#include "services/canvass/import/json_object.h"

#include <cstddef>
#include <utility>

#include "fmt/format.h"
#include "nlohmann/json.hpp"

namespace canvass::cli {
namespace {

const nlohmann::json& Null() {
  static const auto* const kNull = new nlohmann::json();
  return *kNull;
}

}  // namespace

JsonObject::JsonObject(const nlohmann::json& json, std::string path, JsonProblems& problems)
    : json_(json), path_(std::move(path)), problems_(problems) {
  if (!json_.is_object()) {
    problems_.push_back(
        {.field = path_,
         .description = fmt::format("must be an object {{...}}, not {}", json_.type_name())});
  }
}

bool JsonObject::Has(const std::string& key) { return !Get(key).is_null(); }

const nlohmann::json& JsonObject::Get(const std::string& key) {
  known_.insert(key);
  if (!json_.is_object()) return Null();
  const auto found = json_.find(key);
  return found == json_.end() ? Null() : *found;
}

std::string JsonObject::Text(const std::string& key) {
  const nlohmann::json& value = Get(key);
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_null()) AddProblem(key, "must be a string");
  return "";
}

std::string JsonObject::RequiredText(const std::string& key) {
  std::string text = Text(key);
  const nlohmann::json& value = Get(key);
  if (text.empty() && (value.is_null() || value.is_string())) AddProblem(key, "is missing");
  return text;
}

bool JsonObject::Flag(const std::string& key) {
  const nlohmann::json& value = Get(key);
  if (value.is_boolean()) return value.get<bool>();
  if (!value.is_null()) AddProblem(key, "must be true or false");
  return false;
}

std::vector<std::string> JsonObject::Texts(const std::string& key) {
  const nlohmann::json& value = Get(key);
  if (value.is_string()) return {value.get<std::string>()};
  std::vector<std::string> texts;
  for (const nlohmann::json* element : List(key)) {
    if (element->is_string()) {
      texts.push_back(element->get<std::string>());
    } else {
      AddProblem(key, "must be a string or a list of strings");
    }
  }
  return texts;
}

election::LocalizedText JsonObject::Localized(const std::string& key) {
  const nlohmann::json& value = Get(key);
  election::LocalizedText texts;
  if (value.is_null()) return texts;
  if (!value.is_object()) {
    AddProblem(key, R"(must be strings by language tag, e.g. {"en": "Station {}"})");
    return texts;
  }
  for (const auto& [language, text] : value.items()) {
    if (text.is_string()) {
      texts.emplace_back(language, text.get<std::string>());
    } else {
      AddProblem(fmt::format("{}.{}", key, language), "must be a string");
    }
  }
  return texts;
}

std::vector<const nlohmann::json*> JsonObject::List(const std::string& key) {
  const nlohmann::json& value = Get(key);
  std::vector<const nlohmann::json*> elements;
  if (value.is_null()) return elements;
  if (!value.is_array()) {
    AddProblem(key, "must be a list [...]");
    return elements;
  }
  for (const nlohmann::json& element : value) elements.push_back(&element);
  return elements;
}

std::string JsonObject::PathOf(const std::string& key) const {
  return path_.empty() ? key : path_ + "." + key;
}

void JsonObject::AddProblem(const std::string& key, std::string description) {
  problems_.push_back({.field = PathOf(key), .description = std::move(description)});
}

void JsonObject::RefuseUnknown() {
  if (!json_.is_object()) return;
  for (const auto& [key, value] : json_.items()) {
    if (known_.contains(key)) continue;
    AddProblem(key, fmt::format("is not a known key; the keys are {}", fmt::join(known_, ", ")));
  }
}

}  // namespace canvass::cli
