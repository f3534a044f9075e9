#!/usr/bin/env python3
"""`tegula run rms_norm_fn` on random .npy files, compared with what numpy computes in fp64.

  numpy_check.py TEGULA

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

EPS = 1e-6
# (shape of x, dtype, with residual and prenorm, with bias)
CASES = [
    ((8, 4096), "float32", False, False),
    ((8, 4096), "float16", True, True),
    ((3, 1000), "float32", True, False),
    ((5, 77), "float16", False, True),
    ((2, 3, 129), "float32", True, True),
    ((7, 1), "float32", False, False),
    ((2, 8191), "float16", True, False),
    ((300,), "float32", False, False),
]
# Units in the last place, at the largest value: an f16 result is computed in fp32 and rounded once,
# half a unit; an fp32 result is that of a few rounded operations.
UNITS = {"float16": 0.75, "float32": 4}


def rms_norm(x, weight, bias, residual):
    x, weight = x.astype("float64"), weight.astype("float64")
    total = x if residual is None else x + residual.astype("float64")
    rstd = 1 / numpy.sqrt((total**2).mean(axis=-1) + EPS)
    y = total * rstd[..., None] * weight
    return {"y": y if bias is None else y + bias.astype("float64"), "residual_out": total, "rstd": rstd}


def difference(name, got, want, dtype):
    """A line of text, and whether it is within the bound."""
    if got.shape != want.shape or got.dtype != numpy.float32:
        return f"{name} is {got.shape} {got.dtype}, but must be {want.shape} float32", False
    dtype = "float32" if name == "rstd" else dtype
    bound = UNITS[dtype] * float(numpy.spacing(numpy.abs(want).max().astype(dtype)))
    error = float(numpy.abs(got - want).max())  # NaN compares as beyond the bound
    return f"{name} {error:.1e} of {bound:.1e}", error <= bound


def check(tegula, folder, number, shape, dtype, prenorm, with_bias):
    generator = numpy.random.default_rng(number)

    def normal(shape):
        return generator.standard_normal(shape).astype(dtype)

    inputs = {"x": normal(shape), "weight": normal(shape[-1:])}
    if with_bias:
        inputs["bias"] = normal(shape[-1:])
    if prenorm:
        inputs["residual"] = normal(shape)
    want = rms_norm(inputs["x"], inputs["weight"], inputs.get("bias"), inputs.get("residual"))
    if not prenorm:
        del want["residual_out"]

    command = [tegula, "run", "rms_norm_fn", "--device", "sim", "--param", f"eps={EPS}"]
    for name, array in inputs.items():
        numpy.save(folder / f"{name}.npy", array)
        command += ["--in", f"{name}={folder / name}.npy"]
    for name in want:
        command += ["--out", f"{name}={folder / name}.npy"]
    if prenorm:
        command += ["--param", "prenorm=1"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    title = f"{'x'.join(map(str, shape))}:{dtype} {'+'.join(inputs)}"
    if done.returncode != 0:
        print(f"FAILED {title}: exit status {done.returncode}\n{done.stdout}")
        return False
    results = [
        difference(name, numpy.load(folder / f"{name}.npy"), array, dtype)
        for name, array in want.items()
    ]
    passed = all(good for _, good in results)
    print(f"{'ok' if passed else 'FAILED'} {title}: largest differences "
          + ", ".join(text for text, _ in results))
    return passed


def main():
    with tempfile.TemporaryDirectory() as folder:
        passed = [check(sys.argv[1], pathlib.Path(folder), number, *case)
                  for number, case in enumerate(CASES)]
    return 0 if all(passed) else 1


sys.exit(main())
