#!/usr/bin/env python3
"""Checks scripts/test_summary.py:  test_summary_check.py SUMMARY"""
import pathlib
import subprocess
import sys
import tempfile

CASES = [  # the file's text; the output; the exit status
    ("""<testsuite>
  <testcase name="a" status="run"><system-out>SKIP: not this</system-out></testcase>
  <testcase name="b" status="notrun"><skipped message="SKIP_RETURN_CODE=77"/>
    <system-out>SKIP: no x &amp; no y\nmore</system-out></testcase>
  <testcase name="c" status="notrun"><skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/>
    <system-out>f.cpp:3: Skipped\nSKIP: no x &amp; no y\n</system-out></testcase>
  <testcase name="d" status="disabled"/>
  <testcase name="e" status="notrun"><skipped message="SKIP_RETURN_CODE=3"/>
    <system-out>looking\nno torch here\n</system-out></testcase>
</testsuite>""",
     "Skipped, and why:\n      2 no x & no y\n      1 d: no reason given\n      1 e: no torch here\n"
     "1 passed, 0 failed, 4 skipped\n", 0),
    ("""<testsuite><testcase name="a" status="fail"/><testcase name="b" status="run"/>
  <testcase name="c" status="notrun"><skipped message="Unable to find executable"/></testcase>
</testsuite>""", "1 passed, 2 failed, 0 skipped\n", 1),
    ("<testsuite/>", "0 passed, 0 failed, 0 skipped\n", 0),
    ("", "no results from ctest: no element found: line 1, column 0\n"
     "0 passed, 0 failed, 0 skipped\n", 1),
]

with tempfile.TemporaryDirectory() as folder:
    file = pathlib.Path(folder) / "results.xml"
    for text, output, status in CASES:
        file.write_text(text)
        got = subprocess.run([sys.executable, sys.argv[1], file], capture_output=True, text=True)
        if (got.stdout, got.returncode) != (output, status):
            sys.exit(f"for {text}\ngot {got.returncode}: {got.stdout}{got.stderr}\n"
                     f"wanted {status}: {output}")
    # Several files are summed up together, also where one is missing.
    one, other = pathlib.Path(folder) / "one.xml", pathlib.Path(folder) / "other.xml"
    one.write_text('<testsuite><testcase name="a" status="run"/></testsuite>')
    other.write_text('<testsuite><testcase name="a" status="run"/><testcase name="b" status="fail"/>'
                     "</testsuite>")
    for files, last, status in [([one, one], "2 passed, 0 failed, 0 skipped", 0),
                                ([one, other], "2 passed, 1 failed, 0 skipped", 1),
                                ([one, "missing"], "1 passed, 0 failed, 0 skipped", 1)]:
        got = subprocess.run([sys.executable, sys.argv[1], *files], capture_output=True, text=True)
        if (got.stdout.splitlines()[-1], got.returncode) != (last, status):
            sys.exit(f"for {files}\ngot {got.returncode}: {got.stdout}{got.stderr}\n"
                     f"wanted {status}: {last}")
