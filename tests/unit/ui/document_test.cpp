#include <kots_export/ui/document.h>

#include <sstream>

#include <gmock/gmock.h>

namespace kots_export::ui {

namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string text_of(Document document, Colour colour = Colour::no) {
  std::ostringstream out;
  write_text(out, document, colour);
  return out.str();
}

std::string markdown_of(Block block) {
  std::ostringstream out;
  write_markdown(out, {.title = {}, .blocks = {std::move(block)}});
  return out.str();
}

std::string markdown_of_name(std::string name) {
  return markdown_of(Paragraph{{{std::move(name), Style::name}}});
}

Document one_of_each() {
  return {.title = "plan",
          .blocks = {Fields{{{{"cluster", "c"}, {"user", "u"}}, {{"namespace", "n"}}}}, Heading{"objects"},
                     List{{{.weight = Item::Weight::grave,
                            .text = {{"+ create Job j", Style::added}},
                            .note = "why",
                            .detail = {"spec: 1"}},
                           {.text = {{"2 Jobs", Style::name}, {", each:"}},
                            .detail = {"a: b"},
                            .items = {{.text = {{"~ patch Job k", Style::changed}}}}}}},
                     Code{.language = "diff", .lines = {"- a", "+ b"}},
                     Paragraph{{{"sum", Style::strong}, {" of it"}}}}};
}

TEST(TextWriter, WritesEveryKindOfBlock) {
  EXPECT_EQ(text_of(one_of_each()),
            "cluster: c, user: u\n"
            "namespace: n\n"
            "objects:\n"
            "! + create Job j  (why)\n"
            "      spec: 1\n"
            "  2 Jobs, each:\n"
            "      a: b\n"
            "  ~ patch Job k\n"
            "  - a\n"
            "  + b\n"
            "sum of it\n");
}

TEST(TextWriter, WritesAStepATableAndBars) {
  EXPECT_EQ(text_of({.title = {},
                     .blocks = {Step{.number = "8", .title = "DNS", .parts = {{{{"do"}}, {"kubectl"}}}},
                                Step{.number = {}, .title = "else", .parts = {}}}}),
            "\n8. DNS\n   do\n     kubectl\n\nelse\n");
  EXPECT_EQ(text_of({.title = {},
                     .blocks = {Table{.header = {"kind", "n"}, .rows = {{"Service", "1"}, {"Job", "20"}}}}}),
            "  kind     n\n  Service  1\n  Job      20\n");
  EXPECT_EQ(text_of({.title = {},
                     .blocks = {Bars{.label = "l", .bars = {{.name = "apply", .value = 1, .text = "1 s"}}}}}),
            "  step   time\n  apply  1 s\n");
}

TEST(TextWriter, HasColourWhereItIsWanted) {
  EXPECT_EQ(text_of(one_of_each(), Colour::yes),
            "cluster: c, user: u\n"
            "namespace: n\n"
            "\x1b[1mobjects:\x1b[0m\n"
            "\x1b[31m! \x1b[0m\x1b[32m+ create Job j\x1b[0m\x1b[2m  (why)\x1b[0m\n"
            "      spec: 1\n"
            "  2 Jobs, each:\n"
            "      a: b\n"
            "  \x1b[33m~ patch Job k\x1b[0m\n"
            "  \x1b[31m- a\x1b[0m\n"
            "  \x1b[32m+ b\x1b[0m\n"
            "\x1b[1msum\x1b[0m of it\n");
}

// Wherever a text may come from elsewhere.
Document hostile(const std::string& text) {
  return {.title = "plan",
          .blocks = {Fields{{{{"cluster", text}}}},
                     List{{{.text = {{text, Style::name}}, .note = text, .detail = {text}, .items = {}},
                           {.text = {{text, Style::removed}}}}},
                     Code{.language = "diff", .lines = {text}}}};
}

TEST(TextWriter, KeepsALineALineAndATerminalATerminal) {
  const std::string text = text_of(hostile("a\n- delete Job b\x1b[31m"));

  EXPECT_THAT(text, Not(HasSubstr("\n- delete")));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, HasSubstr("cluster: a\\n- delete Job b\\x1b[31m\n"));
}

TEST(MarkdownWriter, WritesEveryKindOfBlock) {
  std::ostringstream out;
  write_markdown(out, one_of_each());

  EXPECT_EQ(out.str(),
            "## Plan\n\n"
            "- cluster: `c`, user: `u`\n"
            "- namespace: `n`\n\n"
            "### Objects\n\n"
            "- **!** `+ create Job j` (`why`)\n"
            "  ```text\n"
            "  spec: 1\n"
            "  ```\n"
            "- `2 Jobs`, each:\n"
            "  ```text\n"
            "  a: b\n"
            "  ```\n"
            "  - `~ patch Job k`\n\n"
            "```diff\n"
            "- a\n"
            "+ b\n"
            "```\n\n"
            "**sum** of it\n\n");
}

TEST(MarkdownWriter, LetsNoNameEndItsCodeSpan) {
  EXPECT_EQ(markdown_of_name("a|b<c>@d"), "`a|b<c>@d`\n\n");
  EXPECT_EQ(markdown_of_name("a`b"), "``a`b``\n\n");
  EXPECT_EQ(markdown_of_name("`a``b`"), "``` `a``b` ```\n\n");
  EXPECT_EQ(markdown_of_name(" a "), "`  a  `\n\n");
  EXPECT_EQ(markdown_of_name("a\n\n# b"), "`a\\n\\n# b`\n\n");
  EXPECT_EQ(markdown_of_name("a\\"), "`a\\`\n\n");
  EXPECT_EQ(markdown_of_name(""), "\n\n");
}

TEST(MarkdownWriter, KeepsCodeSpansApart) {
  EXPECT_EQ(markdown_of(Paragraph{{{"a", Style::name}, {"b", Style::name}}}), "`a` `b`\n\n");
}

TEST(MarkdownWriter, LetsNoLineEndItsFence) {
  EXPECT_EQ(markdown_of(Code{.language = "diff", .lines = {"- a", "```", "- ````\n# b"}}),
            "`````diff\n"
            "- a\n"
            "```\n"
            "- ````\\n# b\n"
            "`````\n\n");
}

TEST(MarkdownWriter, EscapesWordsToo) {
  EXPECT_EQ(markdown_of(Paragraph{{{"a*b_[c](d)<e>&|"}}}), "a\\*b\\_\\[c\\](d)\\<e\\>\\&\\|\n\n");
  EXPECT_EQ(markdown_of(Heading{"<a>"}), "### \\<a\\>\n\n");
}

TEST(MarkdownWriter, MakesNoLineOfAForeignText) {
  std::ostringstream out;
  write_markdown(out, hostile("x\n\n# forged\n\x1b[31m"));

  EXPECT_THAT(out.str(), Not(HasSubstr("\n# forged")));
  EXPECT_THAT(out.str(), Not(HasSubstr("\x1b")));
}

TEST(MarkdownWriter, WritesAStepATableAndBars) {
  EXPECT_EQ(markdown_of(Step{.number = "8", .title = "DNS", .parts = {{{{"do"}}, {"kubectl"}}, {{{"and"}}}}}),
            "#### 8\\. DNS\n\ndo\n\n```text\nkubectl\n```\n\nand\n\n");
  EXPECT_EQ(markdown_of(Table{.header = {"kind", "n"}, .rows = {{"a|b", "<i>"}}}),
            "| kind | n |\n|---|---|\n| a\\|b | \\<i\\> |\n\n");
  EXPECT_EQ(markdown_of(Bars{.label = "l", .bars = {{.name = "apply", .value = 1, .text = "1 s"}}}),
            "| step | time |\n|---|---|\n| apply | 1 s |\n\n");
}

}  // namespace

}  // namespace kots_export::ui
