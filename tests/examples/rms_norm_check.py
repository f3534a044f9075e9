#!/usr/bin/env python3
"""Lesson 1 on a .npy file, as its README says, against numpy: rms_norm_check.py PROGRAM

Exits 77 (skipped) without numpy.
"""
import pathlib
import subprocess
import sys
import tempfile

try:
    import numpy
except ImportError:
    print("SKIP: numpy is not installed")
    sys.exit(77)

program = pathlib.Path(sys.argv[1]).resolve()
with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    x = numpy.random.default_rng(0).standard_normal((4, 1000)).astype("float32")
    numpy.save(folder / "x.npy", x)
    run = subprocess.run([program, "x.npy"], cwd=folder, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert "running on cuda:0\n" in run.stdout or "running on sim:sm_90a\n" in run.stdout, run.stdout
    y = numpy.load(folder / "y.npy")
    wide = x.astype("float64")
    want = wide / numpy.sqrt((wide**2).mean(axis=-1, keepdims=True) + 1e-6)
    error = abs(y - want).max()
    assert error < 4 * numpy.finfo("float32").eps * abs(want).max(), error

    bad = subprocess.run([program, "nowhere.npy"], cwd=folder, capture_output=True, text=True)
    assert bad.returncode == 2 and "nowhere.npy" in bad.stderr, bad
