#!/usr/bin/env python3
"""Puts the lines of bench_ops and bench/peers/torch_ops.py side by side, as Markdown.

  compare.py FILE...   JSON lines of any of them

A row for each op, variant, dtype and row length: GB/s of the bytes that must move, for each
implementation its best configuration, what the default configuration of Tegula reaches of our copy
kernel in the same run, and how many times the best peer Tegula is.
"""
import json
import sys

IMPLEMENTATIONS = ["tegula", "torch_eager", "torch_compile", "triton"]


def read(paths):
    """{(op, variant, dtype, n): {implementation: [line, ...]}}, and what the files say of themselves."""
    cases, about = {}, []
    for path in paths:
        with open(path) as file:
            for text in file:
                line = json.loads(text)
                if "impl" not in line:
                    about.append(line)
                elif "gb_per_s" in line:
                    key = (line["op"], line["variant"], line["dtype"], line["n"])
                    cases.setdefault(key, {}).setdefault(line["impl"], []).append(line)
    return cases, about


def best(lines):
    return max(lines, key=lambda line: line["gb_per_s"])


def row(key, lines):
    rates = {impl: best(lines[impl])["gb_per_s"] for impl in IMPLEMENTATIONS if impl in lines}
    default = next((line for line in lines.get("tegula", []) if line["config"] == "default"), None)
    tuned = best(lines["tegula"]) if "tegula" in lines else None
    peers = [rate for impl, rate in rates.items() if impl != "tegula"]
    op, variant, dtype, n = key
    return [
        op, variant, dtype, str(n),
        f"{default['gb_per_s']:.0f}" if default else "",
        f"{100 * default['share_of_copy']:.0f} %" if default and "share_of_copy" in default else "",
        f"{tuned['gb_per_s']:.0f} ({tuned['config']})" if tuned and tuned is not default else "",
        *(f"{rates[impl]:.0f}" if impl in rates else "" for impl in IMPLEMENTATIONS[1:]),
        f"{default['gb_per_s'] / max(peers):.2f}" if default and peers and max(peers) > 0 else "",
    ]


def main():
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    cases, about = read(sys.argv[1:])
    for line in about:
        print("- " + ", ".join(f"{name} {value}" for name, value in line.items()))
    head = ["op", "variant", "dtype", "N", "default", "of copy", "best config", *IMPLEMENTATIONS[1:],
            "default / best peer"]
    print()
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for key, lines in cases.items():
        print("| " + " | ".join(row(key, lines)) + " |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
