#include <kots_export/ui/document.h>

#include <sstream>

#include <gmock/gmock.h>

namespace kots_export::ui {

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string html_of(const Document& document) {
  std::ostringstream out;
  write_html(out, document);
  return out.str();
}

std::string html_of(Block block) { return html_of(Document{.title = "t", .blocks = {std::move(block)}}); }

TEST(HtmlWriter, WritesEveryKindOfBlock) {
  EXPECT_THAT(html_of(Heading{"objects"}), HasSubstr("<h2>Objects</h2>"));
  EXPECT_THAT(html_of(Paragraph{{{"of "}, {"a", Style::name}, {"!", Style::strong}}}),
              HasSubstr("<p>of <code>a</code><strong>!</strong></p>"));
  EXPECT_THAT(html_of(Paragraph{{{"https://x.example", Style::link}}}),
              HasSubstr("<a href=\"https://x.example\">https://x.example</a>"));
  EXPECT_THAT(html_of(Fields{.lines = {{Fields::Field("cluster", "c"), Fields::Field("user", "u")}}}),
              HasSubstr("<div><dt>Cluster</dt><dd>c</dd></div>\n<div><dt>User</dt><dd>u</dd></div>"));
  EXPECT_THAT(html_of(List{{{.weight = Item::Weight::grave,
                             .text = {{"+ create Job j", Style::added}},
                             .note = "why",
                             .detail = {"spec: 1"},
                             .items = {{.text = {{"below"}}}}}}}),
              HasSubstr("<li class=\"grave\"><strong>!</strong> <code class=\"added\">+ create Job j</code> "
                        "<small>why</small><pre>spec: 1\n</pre><ul>\n<li>below</li>\n</ul>\n</li>"));
  EXPECT_THAT(
      html_of(Code{.language = "diff", .lines = {"- a", "+ b", "~ c", "d"}}),
      HasSubstr("<pre><span class=\"line removed\">- a</span>\n<span class=\"line added\">+ b</span>\n"
                "<span class=\"line changed\">~ c</span>\n<span class=\"line \">d</span>\n</pre>"));
  EXPECT_THAT(html_of(Step{.number = "8", .title = "DNS", .parts = {{{{"do"}}, {"kubectl get"}}}}),
              HasSubstr("<h3><span class=\"number\">8</span> DNS</h3>\n<p>do</p>\n"
                        "<pre class=\"commands\"><code>kubectl get</code>\n</pre>"));
  EXPECT_THAT(html_of(Table{.header = {"kind", "n"}, .rows = {{"Job", "1"}}}),
              AllOf(HasSubstr("<th scope=\"col\">Kind</th>"), HasSubstr("<tr><td>Job</td><td>1</td></tr>")));
}

TEST(HtmlWriter, DrawsBarsInProportion) {
  const std::string html = html_of(Bars{.label = "times",
                                        .bars = {{.name = "a", .value = 100, .text = "100 s"},
                                                 {.name = "b", .value = 50, .text = "50 s"},
                                                 {.name = "c", .value = 0, .text = "0 s"}}});

  EXPECT_THAT(html, AllOf(HasSubstr("aria-label=\"times\""), HasSubstr("width=\"240\""),
                          HasSubstr("width=\"120\""), HasSubstr("width=\"2\""), HasSubstr(">50 s</text>")));
}

// Wherever a text may come from elsewhere.
TEST(HtmlWriter, LetsNoForeignTextBecomeHtml) {
  const std::string bad = "</pre><script>alert(1)</script>\" onload='x' & \x1b[2J\n&lt;";
  const Span span{.text = bad, .style = Style::name};
  const std::string html =
      html_of({.title = bad,
               .blocks = {Heading{bad}, Paragraph{{span, {bad, Style::removed}, {bad, Style::link}}},
                          Fields{.lines = {{Fields::Field(bad, bad)}}},
                          List{{{.text = {span}, .note = bad, .detail = {bad}, .items = {{.text = {span}}}}}},
                          Code{.language = "diff", .lines = {bad}},
                          Step{.number = bad, .title = bad, .parts = {{{span}, {bad}}}},
                          Table{.header = {bad}, .rows = {{bad}}},
                          Bars{.label = bad, .bars = {{.name = bad, .value = 1, .text = bad}}}}});

  EXPECT_THAT(
      html,
      AllOf(Not(HasSubstr("<script")), Not(HasSubstr("</pre><script")), Not(HasSubstr("\x1b")),
            Not(HasSubstr("onload='")), Not(HasSubstr("\" onload")),
            HasSubstr("&lt;/pre&gt;&lt;script&gt;alert(1)&lt;/script&gt;&quot; onload=&#39;x&#39; &amp; "
                      "\\x1b[2J\\n&amp;lt;")));
}

TEST(HtmlWriter, NeedsNothingFromElsewhere) {
  const std::string html = html_of(Heading{"x"});

  EXPECT_THAT(html, AllOf(HasSubstr("default-src 'none'"), Not(HasSubstr("<script")), Not(HasSubstr("src=")),
                          Not(HasSubstr("@import")), Not(HasSubstr("url(")), Not(HasSubstr("<link"))));
  EXPECT_THAT(html, AllOf(HasSubstr("prefers-color-scheme: dark"), HasSubstr("@media print"),
                          HasSubstr("width=device-width")));
}

}  // namespace

}  // namespace kots_export::ui
