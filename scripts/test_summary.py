#!/usr/bin/env python3
"""Sums up JUnit files of ctest's: why tests were skipped, then `N passed, N failed, N skipped`.

  test_summary.py FILE...

Exits 1 if a test failed, or if a file cannot be read. ctest itself counts a test whose program is
missing as skipped; here it failed.
"""
import collections
import re
import sys
import xml.etree.ElementTree as ElementTree


def outcome(case):
    status = case.get("status")
    if status == "run":
        return "passed"
    if status == "disabled":
        return "skipped"
    mark = case.find("skipped")
    return "skipped" if mark is not None and mark.get("message", "").startswith("SKIP_") else "failed"


def reason(case):
    """The text behind "SKIP: ", with which a test that skips says why, or else its last line."""
    output = case.findtext("system-out") or ""
    found = re.search(r"SKIP: (.*)", output)
    if found:
        return found.group(1).strip()
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return f"{case.get('name', '?')}: {lines[-1] if lines else 'no reason given'}"


def main():
    cases, problems = [], []
    for file in sys.argv[1:]:
        try:
            cases += ElementTree.parse(file).getroot().iter("testcase")
        except (OSError, ElementTree.ParseError) as error:
            problems.append(f"no results from ctest: {error}")
    counts = collections.Counter(outcome(case) for case in cases)
    reasons = collections.Counter(reason(case) for case in cases if outcome(case) == "skipped")
    if reasons:
        print("Skipped, and why:")
        for text, count in reasons.most_common():
            print(f"{count:7} {text}")
    for problem in problems:
        print(problem)
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return 1 if problems or counts["failed"] else 0


sys.exit(main())
