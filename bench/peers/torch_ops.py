#!/usr/bin/env python3
"""What PyTorch and Triton reach on the shapes of bench_ops, by the same method.

For each op, dtype and row length a JSON line for each of
  torch_eager    the usual expression, or the operator that PyTorch has for it (F.rms_norm, softmax)
  torch_compile  the expression through torch.compile (at the lengths of --compile-n, bf16 alone:
                 each takes seconds to compile)
  triton         rms_norm_fn as a kernel of Triton's, the best of several numbers of warps
with the fields of bench_ops: bytes are those that must move, times are of CUDA events, the median and
the least of many calls, 256 MiB overwritten before each. bench/compare.py puts both side by side.

With --device cpu, for a look whether all of it runs, times say nothing. Exit status 3: no torch, or
no GPU.
"""
import argparse
import json
import statistics
import sys
import time

try:
    import torch
    import torch.nn.functional as F
except ImportError as error:
    print(f"torch_ops: {error}", file=sys.stderr)
    sys.exit(3)
try:
    import triton
    import triton.language as tl
except ImportError:
    triton = None

HEAD, POSITIONS, EPS = 128, 2048, 1e-6
DTYPES = {"bf16": torch.bfloat16, "f16": torch.float16, "f32": torch.float32}


# Tensors and the expression of each op: f(rows, n, dtype) gives the arguments and a function of them.


def random(device, dtype, *shape):
    return torch.randn(*shape, device=device, dtype=torch.float32).clamp(-2, 2).to(dtype)


DROPPED = 0.1


def rms_norm(kind):
    def prepare(device, dtype, rows, n):
        x, w = random(device, dtype, rows, n), random(device, dtype, n)
        if kind == "plain":
            return (x, w), lambda x, w: F.rms_norm(x, (n,), w, EPS)
        if kind == "dropout":

            def dropped(x, w, residual):
                s = F.dropout(x.float(), DROPPED, training=True) + residual.float()
                y = s * torch.rsqrt(s.square().mean(-1, keepdim=True) + EPS) * w
                return y.to(x.dtype), s.to(residual.dtype)

            return (x, w, random(device, dtype, rows, n)), dropped
        residual = random(device, torch.float32 if kind == "f32_residual_bias" else dtype, rows, n)
        bias = random(device, dtype, n) if kind == "f32_residual_bias" else None

        def f(x, w, residual, bias):
            s = x.float() + residual.float()
            y = s * torch.rsqrt(s.square().mean(-1, keepdim=True) + EPS) * w
            if bias is not None:
                y = y + bias
            return y.to(x.dtype), s.to(residual.dtype)

        return (x, w, residual, bias), f

    return prepare


def layer_norm(device, dtype, rows, n):
    arguments = (random(device, dtype, rows, n), random(device, dtype, n))
    return arguments, lambda x, w: F.layer_norm(x, (n,), w, None, EPS)


def rms_norm_bwd(kind):
    """The usual expression of the gradients from s and rstd, as a compiler would be given it."""

    def prepare(device, dtype, rows, n):
        dy, s = random(device, dtype, rows, n), random(device, dtype, rows, n)
        w = random(device, dtype, n)
        rstd = torch.rsqrt(s.float().square().mean(-1, keepdim=True) + EPS)
        beyond = () if kind == "plain" else (random(device, dtype, rows, n),)

        def f(dy, s, w, rstd, *dresidual_out):
            h, d = s.float() * rstd, dy.float()
            g = d * w.float()
            ds = (g - h * (g * h).mean(-1, keepdim=True)) * rstd
            if dresidual_out:
                ds = ds + dresidual_out[0].float()
            return ds.to(dtype), (d * h).sum(0).to(dtype)

        return (dy, s, w, rstd, *beyond), f

    return prepare


def layer_norm_bwd(device, dtype, rows, n):
    dy, x, w = random(device, dtype, rows, n), random(device, dtype, rows, n), random(device, dtype, n)
    bias = torch.zeros_like(w)
    _, mean, rstd = torch.ops.aten.native_layer_norm(x, (n,), w, bias, EPS)
    mask = [True, True, False]
    return (dy, x, mean, rstd, w, bias), lambda dy, x, mean, rstd, w, bias: (
        torch.ops.aten.native_layer_norm_backward(dy, x, (n,), mean, rstd, w, bias, mask)[:2]
    )


def softmax(device, dtype, rows, n):
    return (random(device, dtype, rows, n),), lambda x: torch.softmax(x, -1)


def log_softmax(device, dtype, rows, n):
    return (random(device, dtype, rows, n),), lambda x: torch.log_softmax(x, -1)


def softmax_bwd(device, dtype, rows, n):
    arguments = (random(device, dtype, rows, n), random(device, dtype, rows, n))
    return arguments, lambda dy, y: torch.ops.aten._softmax_backward_data(dy, y, -1, dtype)


def log_softmax_bwd(device, dtype, rows, n):
    arguments = (random(device, dtype, rows, n), random(device, dtype, rows, n))
    return arguments, lambda dy, y: torch.ops.aten._log_softmax_backward_data(dy, y, -1, dtype)


def cross_entropy(device, dtype, rows, n):
    x, target = random(device, dtype, rows, n), torch.randint(n, (rows,), device=device)
    return (x, target), lambda x, target: F.cross_entropy(x, target, reduction="none")


def cross_entropy_bwd(device, dtype, rows, n):
    x, target = random(device, dtype, rows, n), torch.randint(n, (rows,), device=device)
    dloss, lse = random(device, torch.float32, rows), torch.logsumexp(x.float(), -1)

    def f(dloss, x, lse, target):
        p = torch.exp(x.float() - lse[:, None])
        column = torch.arange(n, device=x.device)
        return (dloss[:, None] * torch.where(column == target[:, None], p - 1, p)).to(x.dtype)

    return (dloss, x, lse, target), f


def swiglu(device, dtype, rows, n):
    return (random(device, dtype, rows, n), random(device, dtype, rows, n)), lambda a, b: F.silu(a) * b


def swiglu_bwd(device, dtype, rows, n):
    def f(dy, a, b):
        dy, a, b = dy.float(), a.float(), b.float()
        s = torch.sigmoid(a)
        return (dy * b * s * (1 + a * (1 - s))).to(dtype), (dy * a * s).to(dtype)

    return tuple(random(device, dtype, rows, n) for _ in range(3)), f


def dropout(device, dtype, rows, n):
    return (random(device, dtype, rows, n),), lambda x: F.dropout(x, 0.1, training=True)


def rotary(interleaved):
    def prepare(device, dtype, rows, n):
        length = min(rows, POSITIONS)
        x = random(device, dtype, max(rows // length, 1), length, n // HEAD, HEAD)
        cos, sin = (random(device, dtype, length, HEAD // 2) for _ in range(2))

        def f(x, cos, sin):
            c, s = cos[None, :, None, :], sin[None, :, None, :]
            if interleaved:
                x1, x2 = x[..., 0::2], x[..., 1::2]
                return torch.stack((x1 * c - x2 * s, x1 * s + x2 * c), -1).flatten(-2)
            x1, x2 = x.chunk(2, -1)
            return torch.cat((x1 * c - x2 * s, x1 * s + x2 * c), -1)

        return (x, cos, sin), f

    return prepare


def whole_heads(n):
    return n % HEAD == 0 and n <= 256 * HEAD


# op, variant, tensors of x's dtype, bytes of a row beyond those (bench/ops/op_spec.cpp), which n.
OPS = [
    ("rms_norm_fn", "plain", rms_norm("plain"), 2, lambda n: 4, None),
    ("rms_norm_fn", "residual", rms_norm("residual"), 4, lambda n: 4, None),
    ("rms_norm_fn", "dropout", rms_norm("dropout"), 4, lambda n: 4, None),
    ("rms_norm_fn_bwd", "plain", rms_norm_bwd("plain"), 3, lambda n: 4, None),
    ("rms_norm_fn_bwd", "residual", rms_norm_bwd("residual"), 4, lambda n: 4, None),
    ("layer_norm_fn", "plain", layer_norm, 2, lambda n: 8, None),
    ("layer_norm_fn_bwd", "plain", layer_norm_bwd, 3, lambda n: 8, None),
    ("rms_norm_fn", "f32_residual_bias", rms_norm("f32_residual_bias"), 2, lambda n: 8 * n + 4, None),
    ("softmax", "plain", softmax, 2, lambda n: 0, None),
    ("softmax_bwd", "plain", softmax_bwd, 3, lambda n: 0, None),
    ("log_softmax", "plain", log_softmax, 2, lambda n: 0, None),
    ("log_softmax_bwd", "plain", log_softmax_bwd, 3, lambda n: 0, None),
    ("cross_entropy", "plain", cross_entropy, 1, lambda n: 16, None),
    ("cross_entropy_bwd", "plain", cross_entropy_bwd, 2, lambda n: 16, None),
    ("rotary", "plain", rotary(False), 2, lambda n: 0, whole_heads),
    ("rotary", "interleaved", rotary(True), 2, lambda n: 0, whole_heads),
    ("swiglu", "plain", swiglu, 3, lambda n: 0, None),
    ("swiglu_bwd", "plain", swiglu_bwd, 5, lambda n: 0, None),
    ("dropout", "plain", dropout, 2, lambda n: 0, None),
]

if triton is not None:

    @triton.jit
    def rms_norm_row(x, weight, residual, y, residual_out, rstd, eps, n: tl.constexpr,
                     HAS_RESIDUAL: tl.constexpr, BLOCK: tl.constexpr):
        """A block a row, all of it in registers."""
        row = tl.program_id(0).to(tl.int64)
        column = tl.arange(0, BLOCK)
        inside = column < n
        v = tl.load(x + row * n + column, mask=inside, other=0.0).to(tl.float32)
        if HAS_RESIDUAL:
            v += tl.load(residual + row * n + column, mask=inside, other=0.0).to(tl.float32)
            tl.store(residual_out + row * n + column, v, mask=inside)
        inverse = tl.rsqrt(tl.sum(v * v, axis=0) / n + eps)
        tl.store(rstd + row, inverse)
        w = tl.load(weight + column, mask=inside).to(tl.float32)
        tl.store(y + row * n + column, v * inverse * w, mask=inside)

    @triton.jit
    def rms_norm_long(x, weight, residual, y, residual_out, rstd, eps, n: tl.constexpr,
                      HAS_RESIDUAL: tl.constexpr, BLOCK: tl.constexpr):
        """A block a row, read twice."""
        row = tl.program_id(0).to(tl.int64)
        total = tl.zeros([BLOCK], dtype=tl.float32)
        for start in range(0, n, BLOCK):
            column = start + tl.arange(0, BLOCK)
            inside = column < n
            v = tl.load(x + row * n + column, mask=inside, other=0.0).to(tl.float32)
            if HAS_RESIDUAL:
                v += tl.load(residual + row * n + column, mask=inside, other=0.0).to(tl.float32)
                tl.store(residual_out + row * n + column, v, mask=inside)
            total += v * v
        inverse = tl.rsqrt(tl.sum(total, axis=0) / n + eps)
        tl.store(rstd + row, inverse)
        for start in range(0, n, BLOCK):
            column = start + tl.arange(0, BLOCK)
            inside = column < n
            v = tl.load(x + row * n + column, mask=inside, other=0.0).to(tl.float32)
            if HAS_RESIDUAL:
                v += tl.load(residual + row * n + column, mask=inside, other=0.0).to(tl.float32)
            w = tl.load(weight + column, mask=inside).to(tl.float32)
            tl.store(y + row * n + column, v * inverse * w, mask=inside)


def triton_rms_norms(variant, arguments):
    """Of each configuration its name, a callable, and where the callable leaves y and the sum."""
    x, w = arguments[0], arguments[1]
    residual = arguments[2] if variant == "residual" else None
    rows, n = x.shape
    y, rstd = torch.empty_like(x), torch.empty(rows, device=x.device)
    out = torch.empty_like(x) if residual is not None else None
    whole = triton.next_power_of_2(n)
    kernel, block = (rms_norm_row, whole) if whole <= 32768 else (rms_norm_long, 4096)
    for warps in (4, 8, 16):
        yield f"{block}x{warps}", lambda: kernel[(rows,)](
            x, w, residual, y, out, rstd, EPS, n, HAS_RESIDUAL=residual is not None, BLOCK=block,
            num_warps=warps), (y, out)


# Measuring.


class Timer:
    def __init__(self, device, reps):
        self.device, self.reps = device, reps
        size = 1 << 26 if device == "cuda" else 1024
        self.flush = torch.empty(size, dtype=torch.float32, device=device)

    def __call__(self, call):
        for _ in range(3):
            call()
        if self.device != "cuda":
            times = []
            for _ in range(self.reps):
                self.flush.fill_(1)
                start = time.perf_counter()
                call()
                times.append(1e6 * (time.perf_counter() - start))
        else:
            pairs = [[torch.cuda.Event(enable_timing=True) for _ in range(2)] for _ in range(self.reps)]
            torch.cuda.synchronize()
            for start, end in pairs:
                self.flush.fill_(1)
                start.record()
                call()
                end.record()
            torch.cuda.synchronize()
            times = [1e3 * start.elapsed_time(end) for start, end in pairs]
        return statistics.median(times), min(times)


def implementations(options, op, variant, arguments, f, dtype, n):
    yield "torch_eager", "", lambda: f(*arguments)
    if dtype == "bf16" and n in options.compile_n:
        torch._dynamo.reset()
        compiled = torch.compile(f, dynamic=False)
        yield "torch_compile", "", lambda: compiled(*arguments)
    if op == "rms_norm_fn" and variant in ("plain", "residual") and options.device == "cuda" and triton:
        for config, call, _ in triton_rms_norms(variant, arguments):
            yield "triton", config, call


def measure(options, timer, spec, dtype, n, out):
    op, variant, prepare, tensors, beyond, _ = spec
    each = tensors * n * DTYPES[dtype].itemsize + beyond(n)
    rows = options.rows or -(-options.bytes // each)
    line = {"op": op, "variant": variant, "dtype": dtype, "rows": rows, "n": n, "bytes": rows * each}
    arguments, f = prepare(options.device, DTYPES[dtype], rows, n)
    best = {}
    for impl, config, call in implementations(options, op, variant, arguments, f, dtype, n):
        try:
            with torch.no_grad():
                median, least = timer(call)
        except Exception as error:  # out of memory, a compiler that gives up: told, not fatal
            text = str(error).splitlines()
            print(f"torch_ops: {impl} {op} {dtype} {n}: {text[0] if text else error!r}", file=sys.stderr)
            continue
        if impl not in best or median < best[impl]["us_median"]:
            best[impl] = {"impl": impl, **line, "config": config, "us_median": median, "us_min": least,
                          "reps": options.reps, "gb_per_s": rows * each / median * 1e-3}
    for result in best.values():
        print(json.dumps(result), file=out, flush=True)


def numbers(text):
    return [int(part) for part in text.split(",")]


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--device", default="cuda", choices=["cuda", "cpu"])
    parser.add_argument("--ops", default="", help="ops, or op/variant pairs (default: all)")
    parser.add_argument("--dtypes", default="bf16,f32")
    parser.add_argument("--n", type=numbers, default=[1024, 4096, 8192, 16384, 65536])
    parser.add_argument("--compile-n", type=numbers, default=[4096, 16384, 65536])
    parser.add_argument("--rows", type=int, default=0)
    parser.add_argument("--bytes", type=int, default=1 << 30)
    parser.add_argument("--reps", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=0, help="begin nothing new after that")
    parser.add_argument("--out", default="")
    return parser.parse_args()


def main():
    options = parse()
    if options.device == "cuda" and not torch.cuda.is_available():
        print("torch_ops: no GPU: torch.cuda.is_available() is False", file=sys.stderr)
        return 3
    torch.manual_seed(1)
    chosen = set(options.ops.split(",")) if options.ops else None
    out = open(options.out, "w") if options.out else sys.stdout
    about = {"peer": "torch", "torch": torch.__version__, "triton": getattr(triton, "__version__", None)}
    print(json.dumps(about), file=out, flush=True)
    timer, start = Timer(options.device, options.reps), time.monotonic()
    for spec in OPS:
        if chosen and spec[0] not in chosen and f"{spec[0]}/{spec[1]}" not in chosen:
            continue
        for dtype in options.dtypes.split(","):
            for n in options.n:
                if options.seconds and time.monotonic() - start > options.seconds:
                    return 0
                if spec[5] is None or spec[5](n):
                    measure(options, timer, spec, dtype, n, out)
                    if options.device == "cuda":
                        torch.cuda.empty_cache()
    return 0


if __name__ == "__main__":
    sys.exit(main())
