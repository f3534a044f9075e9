#!/usr/bin/env python3
"""Checks what scripts/build says, with a cmake that only prints:  build_check.py BUILD"""
import os
import pathlib
import pty
import shutil
import subprocess
import sys
import tempfile

NOTHING = "[0/2] Re-checking globbed directories...\nninja: no work to do.\n"
STEPS = "[0/2] Re-checking globbed directories...\n[1/4] Building a\n[2/4] Building b\n"
CASES = [  # what the build prints and its exit status; scripts/build's output, errors, exit status
    (NOTHING, 0, "", "", 0),
    (STEPS, 0, "build: p [25%] 1/4, 0 s\nbuild: p [50%] 2/4, 0 s\nbuild: p, 2 steps in 0 s\n", "", 0),
    (STEPS + "a.cpp:1: wrong", 5, "build: p [25%] 1/4, 0 s\nbuild: p [50%] 2/4, 0 s\n",
     STEPS + "a.cpp:1: wrongbuild: failed: cmake --build build/p --target t\n", 1),
]


def without_times(text):
    """A machine that is busy may take longer; the last line comes as often as the loop looks."""
    lines = [line for line in text.splitlines(keepends=True)]
    for position, line in enumerate(lines):
        words = line.split(" ")
        if words[-1] == "s\n":
            lines[position] = " ".join(words[:-2] + ["0", "s\n"])
    return "".join(line for at, line in enumerate(lines) if at == 0 or line != lines[at - 1])


def on_terminal(command, environment):
    """What a terminal is sent."""
    controller, terminal = pty.openpty()
    subprocess.run(command, stdout=terminal, env=environment, check=True)
    os.close(terminal)
    sent = b""
    try:
        while piece := os.read(controller, 4096):
            sent += piece
    except OSError:  # EIO: all is read
        pass
    return sent.decode()


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    for path in ["scripts", "bin", "build/p"]:
        (folder / path).mkdir(parents=True)
    script = folder / "scripts/build"
    shutil.copy(sys.argv[1], script)
    cmake = folder / "bin/cmake"
    cmake.write_text(f"#!/bin/sh\ncat {folder}/says\nexit $(cat {folder}/status)\n")
    cmake.chmod(0o755)
    environment = os.environ | {"PATH": f"{folder}/bin:{os.environ['PATH']}", "TEGULA_PROGRESS_SECONDS": "0"}

    def set_up(says, status):
        (folder / "says").write_text(says)
        (folder / "status").write_text(str(status))

    (folder / "build/p/build.ninja").touch()
    for says, status, *wanted in CASES:
        set_up(says, status)
        got = subprocess.run([script, "p", "t"], capture_output=True, text=True, env=environment)
        got = [without_times(got.stdout), got.stderr, got.returncode]
        if got != wanted:
            sys.exit(f"for {says}\ngot {got}\nwanted {wanted}")

    # Not a word within the first 30 seconds but the last.
    set_up(STEPS, 0)
    got = subprocess.run([script, "p"], capture_output=True, text=True,
                         env=environment | {"TEGULA_PROGRESS_SECONDS": "30"}).stdout
    if without_times(got) != "build: p, 2 steps in 0 s\n":
        sys.exit(f"got {got}")

    # One line on a terminal, each step over the one before.
    erase = "\r\033[K"
    got = on_terminal([script, "p"], environment)
    wanted = f"{erase}build: p [ 25%] 1/4{erase}build: p [ 50%] 2/4{erase}build: p, 2 steps in "
    if not got.startswith(wanted):
        sys.exit(f"got {got!r}\nwanted {wanted!r}")
    set_up(NOTHING, 0)
    if (got := on_terminal([script, "p"], environment)) not in ("", erase):
        sys.exit(f"got {got!r}, wanted nothing")

    # A first build says that it configures, and shows why it cannot.
    (folder / "build/p/build.ninja").unlink()
    set_up("no compiler\n", 1)
    got = subprocess.run([script, "p"], capture_output=True, text=True, env=environment)
    wanted = ("build: configuring p\n", "no compiler\nbuild: failed: cmake --preset p\n", 1)
    if (got.stdout, got.stderr, got.returncode) != wanted:
        sys.exit(f"got {got}\nwanted {wanted}")
