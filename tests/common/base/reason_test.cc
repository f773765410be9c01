// Checks that the list of reasons, its table for callers and the code agree.
#include "common/base/reason.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/election/rule.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/source_tree.h"

namespace canvass {
namespace {

using canvass::testing::ReadSourceFile;
using canvass::testing::ReadSourceTree;
using canvass::testing::SourceTree;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;
using ::testing::SizeIs;

constexpr char kList[] = "common/base/reason.h";
constexpr char kRules[] = "common/election/rule.cc";

// One reason as the header's text has it.
struct ListedReason {
  std::string constant{};  // "kNotActive"
  std::string name{};      // "NOT_ACTIVE"
  std::string code{};      // "kUnavailable"
  std::string senders{};   // "aggregator"
  std::string retry{};     // "kSame"
};

std::vector<ListedReason> ReadList() {
  static const std::regex kReason(
      R"re(inline constexpr Reason (\w+) = \{\s*"([^"]*)",\s*absl::StatusCode::(\w+),\s*)re"
      R"re("([^"]*)",\s*Retry::(\w+)\};)re");
  const std::string header = ReadSourceFile(kList);
  std::vector<ListedReason> reasons;
  for (std::sregex_iterator found(header.begin(), header.end(), kReason), end; found != end;
       ++found) {
    const std::smatch& match = *found;
    reasons.push_back({match[1], match[2], match[3], match[4], match[5]});
  }
  return reasons;
}

// "NOT_ACTIVE" of "kNotActive".
std::string UpperSnake(std::string_view constant) {
  std::string snake;
  for (const char c : constant.substr(1)) {
    if (absl::ascii_isupper(static_cast<unsigned char>(c)) && !snake.empty()) snake += '_';
    snake += absl::ascii_toupper(static_cast<unsigned char>(c));
  }
  return snake;
}

// The row that the README must have of a reason, up to its meaning.
std::string RowOf(const ListedReason& reason) {
  return absl::StrCat("| `", reason.name, "` | `", UpperSnake(reason.code), "` | ", reason.senders,
                      " | ", absl::AsciiStrToLower(UpperSnake(reason.retry)), " |");
}

// The rows of a README's table of reasons, whole.
std::vector<std::string> RowsIn(const std::string& readme) {
  std::istringstream lines(readme);
  std::string line;
  while (std::getline(lines, line) && line != "| reason | code | sender | try again | meaning |") {
  }
  std::getline(lines, line);  // |---|---|...
  std::vector<std::string> rows;
  while (std::getline(lines, line) && line.starts_with("|")) rows.push_back(line);
  return rows;
}

// A row without its last column.
std::string WithoutMeaning(const std::string& row) {
  const std::vector<std::string> cells = absl::StrSplit(row, " | ");
  if (cells.size() < 5) return row;
  return row.substr(0, row.size() - cells.back().size() - 1);
}

TEST(ReasonTest, EveryReasonOfTheHeaderIsRead) {
  const std::string header = ReadSourceFile(kList);
  const std::vector<std::string> parts = absl::StrSplit(header, "inline constexpr ");
  EXPECT_THAT(ReadList(), SizeIs(parts.size() - 1));
  EXPECT_THAT(ReadList(), Not(IsEmpty()));
}

TEST(ReasonTest, NamesAreSortedAndUniqueAndThoseOfTheirConstants) {
  std::string before;
  for (const ListedReason& reason : ReadList()) {
    EXPECT_LT(before, reason.name);
    EXPECT_EQ(UpperSnake(reason.constant), reason.name);
    before = reason.name;
  }
}

TEST(ReasonTest, SendersAreProgramsOfOurs) {
  const std::vector<std::string> programs = {"reporter", "aggregator", "publisher", "canvass"};
  for (const ListedReason& reason : ReadList()) {
    if (reason.senders == "any") continue;
    const std::vector<std::string> senders = absl::StrSplit(reason.senders, ", ");
    EXPECT_THAT(programs, IsSupersetOf(senders)) << reason.name;
    EXPECT_THAT(std::set<std::string>(senders.begin(), senders.end()), SizeIs(senders.size()))
        << reason.name;
  }
}

TEST(ReasonTest, TheTableForCallersIsTheList) {
  std::vector<std::string> expected;
  for (const ListedReason& reason : ReadList()) expected.push_back(RowOf(reason));
  std::vector<std::string> given;
  for (const std::string& row : RowsIn(ReadSourceFile("proto/README.md"))) {
    given.push_back(WithoutMeaning(row));
    EXPECT_GT(row.size(), given.back().size() + 4) << "no meaning: " << row;
  }
  EXPECT_THAT(given, ElementsAreArray(expected));
}

TEST(ReasonTest, RowsAreReadFromATextAroundThem) {
  EXPECT_THAT(RowsIn("# A\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n"
                     "| reason | code | sender | try again | meaning |\n|---|---|---|---|---|\n"
                     "| `A_B` | `ABORTED` | any | no | Why. |\n| `C` | x |\n\nMore.\n| `D` |\n"),
              ElementsAre("| `A_B` | `ABORTED` | any | no | Why. |", "| `C` | x |"));
  EXPECT_EQ(WithoutMeaning("| `A_B` | `ABORTED` | any | no | Why. |"),
            "| `A_B` | `ABORTED` | any | no |");
  EXPECT_EQ(RowOf({.constant = "kAB",
                   .name = "A_B",
                   .code = "kNotFound",
                   .senders = "reporter, canvass",
                   .retry = "kAnew"}),
            "| `A_B` | `NOT_FOUND` | reporter, canvass | anew |");
}

bool IsWordCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_';
}

// Whether `word` stands in `text` as a whole word.
bool HasWord(std::string_view text, std::string_view word) {
  for (std::size_t at = text.find(word); at != std::string_view::npos;
       at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if (end == text.size() || !IsWordCharacter(text[end])) return true;
  }
  return false;
}

TEST(ReasonTest, EveryReasonIsGivenSomewhere) {
  SourceTree tree = ReadSourceTree();
  ASSERT_EQ(tree.erase(kList), 1);
  for (const ListedReason& reason : ReadList()) {
    const bool used = std::any_of(tree.begin(), tree.end(), [&](const auto& file) {
      return HasWord(file.second, "reason::" + reason.constant);
    });
    EXPECT_TRUE(used) << reason.constant;
  }
  EXPECT_TRUE(HasWord("(reason::kA, 1)", "reason::kA"));
  EXPECT_FALSE(HasWord("(reason::kAB, 1)", "reason::kA"));
}

// A string literal of a source text.
struct Literal {
  std::size_t at = 0;  // of its first quote
  std::string text{};
};

// A source text's string literals, and the text with blanks for what they, comments and characters
// say.
struct Code {
  std::vector<Literal> literals{};
  std::string rest{};
};

// End of the literal or comment that begins at `at`, behind its last character; `at` for neither.
std::size_t EndOfWords(const std::string& text, std::size_t at) {
  const std::size_t none = std::string::npos;
  const bool in_word = at > 0 && IsWordCharacter(text[at - 1]);
  if (text[at] == '/') {
    return text.compare(at, 2, "//") == 0 ? std::min(text.find('\n', at), text.size()) : at;
  }
  if (text[at] == '"' && in_word && text[at - 1] == 'R') {
    const std::size_t open = text.find('(', at);
    const std::string close = absl::StrCat(")", text.substr(at + 1, open - at - 1), "\"");
    const std::size_t end = text.find(close, open);
    return end == none ? text.size() : end + close.size();
  }
  if (text[at] == '\'' && in_word) return at;  // 1'000 is a number
  std::size_t end = at + 1;
  while (end < text.size() && text[end] != text[at]) end += text[end] == '\\' ? 2 : 1;
  return std::min(end + 1, text.size());
}

Code Scan(const std::string& text) {
  Code code{.rest = text};
  std::size_t at = 0;
  while ((at = text.find_first_of("/\"'", at)) != std::string::npos) {
    const std::size_t end = EndOfWords(text, at);
    const bool is_raw = at > 0 && text[at - 1] == 'R';
    if (text[at] == '"' && !is_raw) {
      code.literals.push_back({at, text.substr(at + 1, end - at - 2)});
    }
    for (std::size_t i = at; i < end; ++i) code.rest[i] = ' ';
    at = std::max(end, at + 1);
  }
  return code;
}

bool IsUpperSnake(std::string_view text) {
  return !text.empty() && absl::ascii_isupper(static_cast<unsigned char>(text.front())) &&
         text.find('_') != std::string_view::npos &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return IsWordCharacter(c) && !absl::ascii_islower(static_cast<unsigned char>(c));
         });
}

// Whether a literal behind `before` is taken as a reason, whatever it says.
bool TakesReason(std::string_view before) {
  const std::string line(
      absl::StripTrailingAsciiWhitespace(absl::string_view(before.data(), before.size())));
  static const std::vector<std::string> kEnds = [] {
    std::vector<std::string> ends = {"FieldError(", "set_rule("};
    for (const char* field : {".reason", ">reason", ".rule", ">rule"}) {
      for (const char* sign : {" =", " ==", " !="}) ends.push_back(absl::StrCat(field, sign));
    }
    return ends;
  }();
  return std::any_of(kEnds.begin(), kEnds.end(),
                     [&](const std::string& end) { return line.ends_with(end); });
}

// Whether what comes behind `before` belongs to a statement that makes an error.
bool MakesError(std::string_view before) {
  const std::size_t start = before.rfind(';');
  const std::string_view statement = before.substr(start == std::string_view::npos ? 0 : start);
  return statement.find("MakeError(") != std::string_view::npos ||
         statement.find("FieldError(") != std::string_view::npos ||
         statement.find("ErrorWithDetail(") != std::string_view::npos;
}

std::ptrdiff_t LineAt(std::string_view text, std::size_t at) {
  const std::string_view before = text.substr(0, at);
  return 1 + std::count(before.begin(), before.end(), '\n');
}

// One line for each literal that should be a constant of the list, or a rule's name.
std::vector<std::string> FindLooseReasons(const SourceTree& tree) {
  std::set<std::string, std::less<>> names;
  for (const ListedReason& reason : ReadList()) names.insert(reason.name);
  for (const election::Rule rule : election::AllRules()) names.emplace(RuleName(rule));
  std::vector<std::string> loose;
  for (const auto& [path, text] : tree) {
    if (path == kList || path == kRules) continue;
    const Code code = Scan(text);
    const std::string_view rest = code.rest;
    for (const Literal& literal : code.literals) {
      const std::string_view before = rest.substr(0, literal.at);
      if (!names.contains(literal.text) && !TakesReason(before) &&
          !(IsUpperSnake(literal.text) && MakesError(before))) {
        continue;
      }
      loose.push_back(absl::StrCat(path, ":", LineAt(text, literal.at), ": ", literal.text));
    }
  }
  return loose;
}

TEST(LooseReasonTest, ThereIsNone) {
  const SourceTree tree = ReadSourceTree();
  ASSERT_TRUE(tree.contains(kList));
  ASSERT_TRUE(tree.contains(kRules));
  EXPECT_THAT(FindLooseReasons(tree), IsEmpty());
}

class FoundLooseReasonTest : public ::testing::TestWithParam<std::string> {};

TEST_P(FoundLooseReasonTest, IsFound) {
  EXPECT_THAT(FindLooseReasons({{"common/a.cc", "int a = 1;\n" + GetParam() + "\n"}}),
              ElementsAre(HasSubstr("common/a.cc:2: ")));
}

INSTANTIATE_TEST_SUITE_P(
    EachForm, FoundLooseReasonTest,
    ::testing::Values(
        R"(return Unavailable("NOT_ACTIVE", "stopping");)",
        R"(if (finding.rule() == "VOTES_NOT_BALANCED") return;)",
        R"(if (DetailOf(status).reason == "NEW_REASON") return;)",
        R"(if (detail->reason != "anything") return;)",
        R"(return ErrorWithDetail(code, message, {.reason = "anything"});)",
        R"(faults.push_back({.rule = "anything"});)", R"(finding.set_rule("anything");)",
        R"(return FieldError("ANY", "field", "is required");)",
        R"(return MakeError(code, StrCat("a (", b, ");"), Reason{"NEW_REASON"});)",
        R"(const char* a = "/*"; const char b = '"'; f("NOT_ACTIVE"); int c = 1'000;)",
        R"(const char* a = R"sql(a ")sql"; f("NOT_ACTIVE");)"));

TEST(LooseReasonTest, FindsNoneWhereThereIsNone) {
  EXPECT_THAT(FindLooseReasons(
                  {{kList, R"(inline constexpr Reason kNotActive = {"NOT_ACTIVE"};)"},
                   {kRules, R"({Rule::kNoBallots, "NO_BALLOTS"},)"},
                   {"common/a.h", "// E.g. \"NOT_ACTIVE\".\nint a;  // .reason = \"NOT_ACTIVE\"\n"},
                   {"common/a.cc",
                    "return MakeError(reason::kNotActive, \"(NOT_ACTIVE)\");\n"
                    "std::getenv(\"CANVASS_DATABASE\");\n"
                    "change.reason = StrCat(\"a\");\n"
                    "const char* a = R\"(\"NOT_ACTIVE\")\";\n"}}),
              IsEmpty());
}

TEST(LooseReasonTest, IsFoundInItsFileAlone) {
  const std::vector<std::string> loose =
      FindLooseReasons({{"common/a.cc", "f(reason::kNotActive);\n"},
                        {"services/b.cc", "f(\n    \"NOT_ACTIVE\");\n"}});
  EXPECT_THAT(loose, SizeIs(1));
  EXPECT_THAT(loose, Contains("services/b.cc:2: NOT_ACTIVE"));
}

}  // namespace
}  // namespace canvass
