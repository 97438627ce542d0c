"""The numbers of a bench as a table, and as docs/performance.svg and the part of docs/performance.md between its two marks."""
import re

BEGIN, END = "<!-- measured by scripts/bench: begin -->", "<!-- measured by scripts/bench: end -->"
CONTESTANTS = [("ours", "kots-export", "#2a78d6"), ("h2load", "h2load, the same PATCHes", "#8a8985"), ("kubectl", "kubectl, the script's loops", "#d9822b")]


def ratio(one, other):
    return f"{one / other:.2f}" if other else "-"


def table(results):
    lines = ["| objects | | time | CPU | peak memory | requests | time to kots-export's |", "|---|---|---|---|---|---|---|"]
    for size in results["sizes"]:
        for key, name, _ in CONTESTANTS:
            if key not in size:
                continue
            one = size[key]
            lines.append(f"| {size['objects']:,} | {name} | {one['seconds']:.2f} s | {one['cpu']:.2f} s | {one['peak_kib'] / 1024:.0f} MB | {one['requests']:,} | {ratio(one['seconds'], size['ours']['seconds'])} |")
    lines += ["", "| objects | no-op rerun | the lists alone | ratio | requests of the rerun |", "|---|---|---|---|---|"]
    for size in results["sizes"]:
        one = size["ours"]
        lines.append(f"| {size['objects']:,} | {one['noop_seconds']:.2f} s | {one['lists_seconds']:.2f} s | {ratio(one['noop_seconds'], one['lists_seconds'])} | {one['noop_requests']} |")
    most = results["concurrency"]
    lines += ["", f"| `annotate`, {most['objects']:,} objects, by `--concurrency` |" + "".join(f" {one} |" for one in most["seconds"]), "|---|" + "---|" * len(most["seconds"]),
              "| time |" + "".join(f" {one:.2f} s |" for one in most["seconds"].values())]
    wire = results["bytes"]
    lines += ["", f"| on the wire, {wire['objects']:,} objects | to the server | back | an object |", "|---|---|---|---|"]
    for key, name, _ in CONTESTANTS:
        sent, received = wire[key]["sent"], wire[key]["received"]
        lines.append(f"| {name} | {sent / 1000:,.0f} kB | {received / 1000:,.0f} kB | {(sent + received) / wire['objects']:,.0f} bytes |")
    lines += ["", "| step alone, 500 objects | patches | list requests | other requests |", "|---|---|---|---|"]
    for name, step in results["steps"].items():
        lines.append(f"| {name} | {step['patches']} | {step['lists']} | {step['others']} |")
    local = results["local"]
    lines += ["", "| without a cluster | median | least |", "|---|---|---|",
              f"| `kots-export --help`, start to end | {local['start']['median_ms']:.1f} ms | {local['start']['least_ms']:.1f} ms |"]
    for one in local["transform"]:
        lines.append(f"| values file of {one['bytes'] / 1000:,.0f} kB: read, transform, write | {one['median_ms']:.1f} ms | {one['least_ms']:.1f} ms |")
    lines.append(f"| release Secret of {local['decode']['bytes'] / 1000:,.0f} kB: decode | {local['decode']['median_ms']:.1f} ms | {local['decode']['least_ms']:.1f} ms |")
    machine = results["machine"]
    lines += ["", f"Machine: {machine['cpus']} CPUs ({machine['cpu']}), Linux {machine['kernel']}; API server, etcd and client share it. "
              f"Load average before and after: {machine['load']}, {machine['load_after']}."]
    return "\n".join(lines)


def chart(results):
    """Horizontal bars of objects a second, one group a size."""
    rows = [(size["objects"], name, colour, size["objects"] / size[key]["seconds"]) for size in results["sizes"] for key, name, colour in CONTESTANTS if key in size]
    most = max(rate for *_, rate in rows)
    left, width, bar, gap = 90, 500, 16, 14
    parts, y, last = [], 64, None
    for objects, name, colour, rate in rows:
        if objects != last:
            y += gap if last else 0
            parts.append(f'<text class="t" x="{left - 10}" y="{y + 12}" text-anchor="end">{objects:,}</text>')
            last = objects
        long = width * rate / most
        parts.append(f'<rect x="{left}" y="{y}" width="{long:.1f}" height="{bar - 2}" rx="2" fill="{colour}"><title>{objects:,} objects, {name}: {rate:,.0f} a second</title></rect>'
                     f'<text x="{left + long + 6:.1f}" y="{y + 11}">{rate:,.0f}</text>')
        y += bar
    legend, at = "", left
    for _, name, colour in CONTESTANTS:
        legend += f'<rect x="{at}" y="34" width="10" height="10" rx="2" fill="{colour}"/><text x="{at + 15}" y="43">{name}</text>'
        at += 34 + 6.6 * len(name)
    style = ("text{font:12px system-ui,sans-serif;fill:#52514e}.h{font-size:14px;font-weight:600;fill:#0b0b0b}.t{font-weight:600}"
             "@media(prefers-color-scheme:dark){text{fill:#c3c2b7}.h{fill:#fff}}")
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 700 {y + 14}" width="700" height="{y + 14}" role="img" aria-label="Objects per second by number of objects">'
            f'<style>{style}</style><text class="h" x="10" y="20">Objects handed over per second, by number of objects in the namespace</text>{legend}{"".join(parts)}</svg>\n')


def write(results, docs):
    (docs / "performance.svg").write_text(chart(results))
    page = docs / "performance.md"
    text = page.read_text()
    page.write_text(re.sub(f"(?<={re.escape(BEGIN)}\n).*(?={re.escape(END)})", lambda _: table(results) + "\n", text, flags=re.S))
