// The free names that docs/language.md lists in its reference: a name that the language does not
// declare does not compile here, and language_doc_test.cpp looks here for each that the page lists.
#pragma once

#include "tegula/dsl.h"

namespace tegula::testing::language_doc_names {

using tegula::bf16;
using tegula::f16;
using tegula::f32;
using tegula::f64;
using tegula::f8e4m3;
using tegula::f8e5m2;
using tegula::i1;
using tegula::i16;
using tegula::i32;
using tegula::i64;
using tegula::i8;
using tegula::u16;
using tegula::u32;
using tegula::u64;
using tegula::u8;

using tegula::cat;
using tegula::full;
using tegula::iota;
using tegula::join;
using tegula::split;
using tegula::transpose;
using tegula::zeros;

using tegula::abs;
using tegula::cdiv;
using tegula::ceil;
using tegula::clamp;
using tegula::cos;
using tegula::erf;
using tegula::exp;
using tegula::exp2;
using tegula::floor;
using tegula::fma;
using tegula::log;
using tegula::log2;
using tegula::max;
using tegula::min;
using tegula::rounded;
using tegula::rsqrt;
using tegula::select;
using tegula::sigmoid;
using tegula::sin;
using tegula::sqrt;
using tegula::tanh;
using tegula::umulhi;

using tegula::all;
using tegula::any;
using tegula::argmax;
using tegula::argmin;
using tegula::cluster_max;
using tegula::cluster_min;
using tegula::cluster_sum;
using tegula::cumsum;
using tegula::reduce;
using tegula::reduce_max;
using tegula::reduce_min;
using tegula::scan;
using tegula::sum;

using tegula::cluster_grid;
using tegula::dims1;
using tegula::dims4;
using tegula::grid;
using tegula::grid_persistent;
using tegula::if_;
using tegula::multiprocessors;
using tegula::range;
using tegula::while_;
using tegula::workspace;

using tegula::assert_that;
using tegula::philox4x32;
using tegula::print;

}  // namespace tegula::testing::language_doc_names
