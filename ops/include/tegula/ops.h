// Every op of the library.
#pragma once

#include "tegula/ops/cross_entropy.h"
#include "tegula/ops/dropout.h"
#include "tegula/ops/dropout_add_norm.h"
#include "tegula/ops/norm.h"
#include "tegula/ops/rng.h"
#include "tegula/ops/rotary.h"
#include "tegula/ops/softmax.h"
#include "tegula/ops/squared_relu.h"
#include "tegula/ops/swiglu.h"
