#pragma once

#include <string_view>

namespace kots_export::ui {

// The style of a page: for a phone and a desk, light and dark, and on paper, where nothing is cut off.
inline constexpr std::string_view kHtmlStyle = R"(
:root { color-scheme: light dark; --page: #ffffff; --text: #1c1c1a; --soft: #5c5b57; --line: #d9d8d3; --box: #f5f4f0;
  --added: #1a6b2b; --removed: #b3261e; --changed: #8a5300; --mark: #2a66b8; --on-mark: #ffffff; }
@media (prefers-color-scheme: dark) { :root { --page: #191918; --text: #eceae4; --soft: #aeaca4; --line: #3b3a37;
  --box: #242422; --added: #74c98a; --removed: #ff8f85; --changed: #e6b566; --mark: #7fb0f0; --on-mark: #14130f; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 1rem; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; padding-top: .6rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.6rem 0 .3rem; }
p { margin: .3rem 0; }
a { color: var(--mark); }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)); gap: .6rem 1.5rem; margin: 0; }
dt { color: var(--soft); font-size: .85rem; }
dd { margin: 0; overflow-wrap: anywhere; }
code, pre { font: .85rem/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
pre { background: var(--box); border: 1px solid var(--line); border-radius: 6px; padding: .6rem .8rem; margin: .4rem 0;
  white-space: pre-wrap; }
pre .line { display: inline; }
pre.commands code, li li code { user-select: all; -webkit-user-select: all; cursor: copy; }
ul { margin: .3rem 0; padding-left: 1.2rem; }
li { margin: .15rem 0; overflow-wrap: anywhere; }
li.grave { list-style: none; margin-left: -1.2rem; }
li.grave > strong { color: var(--removed); }
small { color: var(--soft); }
.added { color: var(--added); }
.removed { color: var(--removed); }
.changed { color: var(--changed); }
.number { display: inline-block; min-width: 1.7em; padding: 0 .3em; text-align: center; border-radius: 1em;
  background: var(--mark); color: var(--on-mark); font-weight: 600; }
.table { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .25rem .8rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--soft); font-size: .85rem; font-weight: 600; }
@media (max-width: 30rem) { table { font-size: .85rem; } th, td { padding-right: .4rem; } }
svg.bars { width: 100%; max-width: 32rem; height: auto; }
svg.bars text { fill: var(--soft); font: 12px system-ui, sans-serif; }
svg.bars text.value { fill: var(--text); }
svg.bars rect { fill: var(--mark); }
@media print { :root { --page: #ffffff; --text: #000000; --soft: #444444; --line: #bbbbbb; --box: #ffffff;
  --added: #1a6b2b; --removed: #b3261e; --changed: #8a5300; --mark: #2a66b8; --on-mark: #ffffff; }
  main { max-width: none; padding: 0; } h2, h3 { break-after: avoid; } .step, tr, svg, dl > div { break-inside: avoid; }
  .number, svg.bars rect { -webkit-print-color-adjust: exact; print-color-adjust: exact; } }
)";

}  // namespace kots_export::ui
