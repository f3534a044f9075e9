#!/usr/bin/env python3
"""The masks that `tegula run` saves, regenerated with numpy from docs/rng.md alone.

  masks_check.py TEGULA

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

WORD = numpy.uint64(0xFFFFFFFF)
HALF = numpy.uint64(32)


def philox4x32_7(key, counter):
    """Words as uint64 arrays that broadcast."""
    k0, k1 = (numpy.uint64(word) for word in key)
    c0, c1, c2, c3 = (numpy.asarray(word, numpy.uint64) for word in counter)
    for _ in range(7):
        a, b = numpy.uint64(0xD2511F53) * c0, numpy.uint64(0xCD9E8D57) * c2
        c0, c1, c2, c3 = (b >> HALF) ^ c1 ^ k0, b & WORD, (a >> HALF) ^ c3 ^ k1, a & WORD
        k0, k1 = (k0 + numpy.uint64(0x9E3779B9)) & WORD, (k1 + numpy.uint64(0xBB67AE85)) & WORD
    return c0, c1, c2, c3


def threshold(p):
    return int(numpy.floor(65536 * (1 - float(numpy.float32(p))) + 0.5))


def mask(rows, n, p, seed, offset, of_x1=False):
    o = (offset + of_x1) % 2**64
    row = numpy.arange(rows, dtype=numpy.uint64)[:, None]
    call = numpy.arange((n + 7) // 8, dtype=numpy.uint64)[None, :]
    words = philox4x32_7((seed % 2**32, seed >> 32 ^ o >> 32),
                         (call, row & WORD, row >> HALF, o % 2**32))
    words = numpy.stack(numpy.broadcast_arrays(*words), -1)
    u = numpy.stack((words & numpy.uint64(0xFFFF), words >> numpy.uint64(16)), -1)
    return u.reshape(rows, -1)[:, :n] < threshold(p)


def main():
    tegula, passed = sys.argv[1], True
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)

        def run(op, p, seed, offset, outputs, *arguments):
            """Expects each of the outputs, name to mask."""
            nonlocal passed
            command = [tegula, "run", op, "--device", "sim", "--param", f"dropout_p={p}", "--param",
                       f"seed={seed}", "--param", f"offset={offset}", *arguments]
            for output in outputs:
                command += ["--out", f"{output}={folder / output}.npy"]
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            good = done.returncode == 0
            for output, want in outputs.items():
                got = numpy.load(folder / f"{output}.npy") if good else None
                good = good and got.dtype == bool and numpy.array_equal(got, want)
            print(f"{'ok' if good else 'FAILED'} {op} p={p} seed={seed} offset={offset}")
            if not good:
                print(done.stdout)
            passed = passed and good

        for p, seed, offset in ((0.5, 42, 0), (0.27, 2**63 + 12345, 2**32 - 1), (0.95, 7, 2**64 - 1)):
            x, x1 = mask(9, 1003, p, seed, offset), mask(9, 1003, p, seed, offset, True)
            run("dropout_mask", p, seed, offset, {"mask": x}, "--param", "m=9", "--param", "n=1003")
            run("dropout_mask", p, seed, offset, {"mask": x1}, "--param", "m=9", "--param", "n=1003",
                "--param", "of_x1=1")
            run("dropout", p, seed, offset, {"mask": x.reshape(3, 3, 1003)}, "--random",
                "x=3x3x1003:bf16")
            run("layer_norm_fn", p, seed, offset, {"mask": x, "mask1": x1}, "--random",
                "x=9x1003:f32", "--random", "x1=9x1003:f32", "--random", "weight=1003:f32", "--param",
                "return_dropout_mask=1")
            # Of the rows that are there, by their number among those.
            numpy.save(folder / "subset.npy", numpy.array([0, 2, 1, 0, *range(3, 10)], numpy.int32))
            run("dropout_add_rms_norm_subset", p, seed, offset, {"mask": x}, "--random",
                "x0=9x1003:f16", "--random", "weight=1003:f32", "--in",
                f"x0_subset={folder / 'subset.npy'}", "--param", "return_dropout_mask=1")
    return 0 if passed else 1


sys.exit(main())
