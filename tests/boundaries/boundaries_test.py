#!/usr/bin/env python3
"""Whether boundaries.py finds what it is for, in small trees with one fault each."""
import os
import tempfile
import unittest

import boundaries

DOC = """
## Folders

| folder | holds | may know |
|---|---|---|
| `runtime/format` | | nothing |
| `runtime/include` | | `runtime/format` |
| `runtime/sim/code` | | `runtime/format` |
| `runtime/sim/exec` | | `runtime/sim/code` |
| `compiler/ir` | | MLIR |
| `compiler/lower` | | `compiler/ir` |
| `tools` | | all |

## Ops
"""


class Boundaries(unittest.TestCase):
    def check(self, files, doc=DOC):
        with tempfile.TemporaryDirectory() as root:
            room_dirs = boundaries.re.findall(r"^\| `([\w/]+)`", doc, boundaries.re.M)
            for folder in room_dirs + ["docs"]:
                os.makedirs(os.path.join(root, folder), exist_ok=True)
            for path, text in {**files, boundaries.TABLE: doc}.items():
                os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                    file.write(text)
            return boundaries.check(root)

    def expect(self, part, files, doc=DOC):
        problems = self.check(files, doc)
        self.assertEqual(len(problems), 1, problems)
        self.assertIn(part, problems[0])

    def test_nothing_wrong(self):
        self.assertEqual([], self.check({
            "runtime/include/tegula/device.h": '#include "runtime/format/entry.h"\n',
            "runtime/format/entry.h": "#pragma once\n",
            # Through another room, and a folder that is part of the one above.
            "runtime/sim/exec/warp/run.cpp": '#include "runtime/format/entry.h"\n'
                                             '#include "runtime/sim/exec/warp.h"\n',
            "compiler/lower/lower.cpp": '#include "mlir/IR/Builders.h"\n'
                                        '#include "llvm/ADT/ArrayRef.h"\n',
            "tools/main.cpp": '#include "compiler/lower/lower.h"\n',
        }))

    def test_an_include_that_goes_back(self):
        self.expect("runtime/format/entry.h:2: runtime/format may not know runtime/sim/code",
                    {"runtime/format/entry.h": '\n#include "runtime/sim/code/decode.h"\n'})

    def test_a_public_header(self):
        self.expect("runtime/format may not know runtime/include (tegula/device.h)",
                    {"runtime/include/tegula/device.h": "",
                     "runtime/format/entry.cpp": '#include "tegula/device.h"\n'})

    def test_a_library(self):
        self.expect("may not know LLVM",
                    {"runtime/format/entry.cpp": '#include "llvm/ADT/ArrayRef.h"\n'})

    def test_rooms_that_are_not_named(self):
        self.expect("runtime/sim/exec may not know compiler/ir",
                    {"runtime/sim/exec/run.cpp": '#include "compiler/ir/ops.h"\n'})

    def test_td_files(self):
        self.expect("compiler/ir may not know compiler/lower",
                    {"compiler/ir/ops.td": 'include "compiler/lower/lower.td"\n'})

    def test_a_ring(self):
        self.expect("know each other", {}, DOC.replace(
            "| `runtime/format` | | nothing |", "| `runtime/format` | | `runtime/sim/exec` |"))

    def test_a_folder_without_a_row(self):
        self.expect("dsl/trace.cpp: its folder has no row", {"dsl/trace.cpp": ""})

    def test_a_row_without_a_folder(self):
        self.expect("runtime/format may know runtime/formats, which has no row", {},
                    DOC.replace("nothing", "`runtime/formats`"))

    def test_a_row_that_says_nothing(self):
        self.expect("does not say", {}, DOC.replace("nothing", ""))

    def test_no_table(self):
        self.expect("no table", {"dsl/trace.cpp": ""}, "# Architecture\n")


if __name__ == "__main__":
    unittest.main()
