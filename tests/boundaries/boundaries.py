#!/usr/bin/env python3
"""boundaries.py ROOT: holds the includes below ROOT to the table of folders in docs/architecture.md.

Each row says which folders a folder may know. What those may know it may know as well, and so no two
folders know each other: a ring in the table is an error. A folder without a row of its own belongs to
the nearest one above it. Prints what is wrong, one line each; exits with 1 if anything is.
"""
import os
import re
import sys

TABLE = "docs/architecture.md"
ROOTS = ("runtime", "dsl", "ops", "compiler", "tools", "bench", "examples")
# Libraries that rows name like folders, by what their includes begin with. MLIR stands on LLVM.
LIBRARIES = {"mlir": "MLIR", "llvm": "LLVM"}
SOURCES = (".h", ".cpp", ".td", ".inc")
INCLUDE = re.compile(r'\s*#?\s*include\s+"([^"]+)"')


class Rooms:
    """The rows of the table: what each folder may know, and with it what that may know."""

    def __init__(self, text):
        self.problems = []
        self.rows = {"MLIR": ["LLVM"], "LLVM": []}
        table = re.search(r"^\| folder \| holds \| may know \|$(.*?)(?=^[^|]|\Z)", text, re.M | re.S)
        for line in table.group(1).splitlines() if table else ():
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if not line.startswith("| `") or len(cells) != 3:
                continue
            known = re.findall(r"`([\w/]+)`|\b(MLIR|LLVM|all|nothing)\b", cells[2])
            names = [folder or word for folder, word in known]
            for room in re.findall(r"`([\w/]+)`", cells[0]):
                self.rows[room] = [name for name in names if name != "nothing"]
                if not names:
                    self.problems.append(f"{TABLE}: the row of {room} does not say what it may know")
        if len(self.rows) == len(LIBRARIES):
            self.problems.append(f"{TABLE}: there is no table of folders (folder, holds, may know)")
        for room, names in self.rows.items():
            for name in names:
                if name != "all" and not self.members(name):
                    self.problems.append(f"{TABLE}: {room} may know {name}, which has no row")
        found = len(self.rows) > len(LIBRARIES)
        self.known = {room: self.reachable(room) for room in self.rows} if found else {}

    def members(self, name):
        """The rooms that a name in the table stands for: its own and those below."""
        return [room for room in self.rows if room == name or room.startswith(name + "/")]

    def reachable(self, start):
        seen, to_visit = set(), [start]
        while to_visit:
            for name in self.rows[to_visit.pop()]:
                # "all" is for what nothing else knows: it closes no ring.
                for room in self.members(name) if name != "all" else ():
                    if room not in seen and room != start:
                        seen.add(room)
                        to_visit.append(room)
        return seen

    def ring(self):
        for room in self.rows:
            for other in self.known[room]:
                if room in self.known[other]:
                    return room, other
        return None

    def of(self, path):
        """The room that a file or an include belongs to; None if it has none."""
        if path.split("/")[0] in LIBRARIES:
            return LIBRARIES[path.split("/")[0]]
        folder = os.path.dirname(path)
        while folder and folder not in self.rows:
            folder = os.path.dirname(folder)
        return folder or None

    def may_know(self, room, other):
        return room == other or other in self.known[room] or "all" in self.rows[room]


def files(root):
    for top in ROOTS:
        for folder, _, names in os.walk(os.path.join(root, top)):
            for name in sorted(names):
                if name.endswith(SOURCES):
                    yield os.path.relpath(os.path.join(folder, name), root)


def check(root):
    with open(os.path.join(root, TABLE), encoding="utf-8") as doc:
        rooms = Rooms(doc.read())
    problems = rooms.problems
    if not rooms.known:
        return problems
    if (ring := rooms.ring()) is not None:
        problems.append(f"{TABLE}: {ring[0]} and {ring[1]} know each other")
    for room in rooms.rows:
        if room not in LIBRARIES.values() and not os.path.isdir(os.path.join(root, room)):
            problems.append(f"{TABLE}: there is no folder {room}")
    paths = list(files(root))
    # A public header is included without its folder.
    public = {path.split("/include/", 1)[1]: path for path in paths if "/include/" in path}
    for path in paths:
        room = rooms.of(path)
        if room is None:
            problems.append(f"{path}: its folder has no row in {TABLE}")
            continue
        with open(os.path.join(root, path), encoding="utf-8") as source:
            for number, line in enumerate(source, 1):
                if not (match := INCLUDE.match(line)):
                    continue
                other = rooms.of(public.get(match[1], match[1]))
                # Without a folder: generated beside the file, or a test's.
                if other is not None and not rooms.may_know(room, other):
                    problems.append(f"{path}:{number}: {room} may not know {other} ({match[1]})")
    return problems


if __name__ == "__main__":
    found = check(sys.argv[1])
    print("\n".join(found))
    sys.exit(1 if found else 0)
