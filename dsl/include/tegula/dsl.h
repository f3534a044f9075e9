// The embedded tile language: the one header that a file of kernels includes.
//
//   struct Cfg { int bn = 1024, warps = 4; };
//   void scale(const Cfg& c, In x, Out y, F32 factor) {
//     auto [n] = dims1(x);
//     require(y, {n});
//     auto [i] = grid({cdiv(n, c.bn)});
//     y.tiles({c.bn}).store(x.tiles({c.bn}).load({i}) * factor, {i});
//   }
//   inline const auto scale_kernel = kernel("scale", scale, {"x", "y", "factor"})
//       .sweep("bn", &Cfg::bn, {512, 1024}).sweep("warps", &Cfg::warps, {4, 8});
//
//   scale_kernel.with({.bn = 512}).launch(stream, x, y, 2.0f);
//
// A kernel is a plain function that runs once for each specialisation; what it does with tiles is
// recorded. Config fields are host values, so a native `if` on one specialises. Every mistake that
// the C++ compiler cannot see is an Error{kernel} at the author's file, line and column.
#pragma once

#include "tegula/dsl/debug.h"
#include "tegula/dsl/kernel.h"
#include "tegula/dsl/loop.h"
#include "tegula/dsl/math.h"
#include "tegula/dsl/parameter.h"
#include "tegula/dsl/random.h"
#include "tegula/dsl/reduce.h"
#include "tegula/dsl/tile.h"
