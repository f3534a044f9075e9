// Every op of the library.
#pragma once

#include "tegula/ops/norm.h"
