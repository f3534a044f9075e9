#!/usr/bin/env python3
"""What Triton's wheel takes to compile the kernel that bench_compile compiles.

rms norm forward at N = 4096, bf16, with residual and bias, for sm_90, 4 warps; needs no GPU and no
torch (`pip install triton`). Nothing is cached between rounds. Prints one JSON object: the first
compile of the process and the median of the later ones, milliseconds, phases as Triton names them,
and the registers that ptxas reports.

  triton_compile.py [ROUNDS]
"""
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

os.environ["TRITON_ALWAYS_COMPILE"] = "1"
os.environ["TRITON_CACHE_DIR"] = tempfile.mkdtemp()

import triton
import triton.language as tl
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource


@triton.jit
def rms_norm_fwd(x, weight, bias, residual, y, residual_out, rstd, stride_x, stride_res, stride_y,
                 stride_out, n, eps, BN: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    columns = tl.arange(0, BN)
    inside = columns < n
    s = tl.load(x + row * stride_x + columns, mask=inside, other=0.0).to(tl.float32)
    s += tl.load(residual + row * stride_res + columns, mask=inside, other=0.0).to(tl.float32)
    tl.store(residual_out + row * stride_out + columns, s, mask=inside)
    inverse = 1 / tl.sqrt(tl.sum(s * s, axis=0) / n + eps)
    tl.store(rstd + row, inverse)
    w = tl.load(weight + columns, mask=inside).to(tl.float32)
    b = tl.load(bias + columns, mask=inside).to(tl.float32)
    tl.store(y + row * stride_y + columns, s * inverse * w + b, mask=inside)


def source():
    pointers = ["x", "weight", "bias", "residual", "y", "residual_out"]
    signature = {name: "*bf16" for name in pointers}
    signature["rstd"] = "*fp32"
    for name in ["stride_x", "stride_res", "stride_y", "stride_out", "n"]:
        signature[name] = "i32"
    signature["eps"] = "fp32"
    signature["BN"] = "constexpr"
    arguments = list(signature)
    aligned = [arguments.index(a) for a in arguments if a not in ("rstd", "eps", "BN")]
    return ASTSource(fn=rms_norm_fwd, signature=signature, constexprs={(arguments.index("BN"),): 4096},
                     attrs={(k,): [["tt.divisibility", 16]] for k in aligned})


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    target = GPUTarget("cuda", 90, 32)
    totals = []
    kernel = None
    for _ in range(rounds + 1):
        start = time.perf_counter()
        kernel = triton.compile(source(), target=target, options={"num_warps": 4})
        totals.append((time.perf_counter() - start) * 1e3)
    with tempfile.NamedTemporaryFile(suffix=".ptx", mode="w") as file:
        file.write(kernel.asm["ptx"])
        file.flush()
        ptxas = triton.knobs.nvidia.ptxas.path
        log = subprocess.run([ptxas, "-v", "--gpu-name=sm_90a", file.name, "-o", os.devnull],
                             capture_output=True, text=True).stderr
    found = re.search(r"Used (\d+) registers", log)
    print(json.dumps({
        "triton": triton.__version__,
        "kernel": "rms_norm_fwd",
        "arch": "sm_90",
        "rounds": rounds,
        "milliseconds": {"first": totals[0], "median": statistics.median(totals[1:])},
        "registers": int(found.group(1)) if found else None,
        "ptx_lines": kernel.asm["ptx"].count("\n"),
        "cubin_bytes": len(kernel.asm["cubin"]),
    }, indent=2))


if __name__ == "__main__":
    main()
