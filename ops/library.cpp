// Every op of the library: the one list of them.
#include "ops/core/op_registry.h"

namespace tegula::ops {

// Each describes the ops of its file.
void describe_cross_entropy();
void describe_dropout();
void describe_dropout_add_norm();
void describe_norm();
void describe_rotary();
void describe_softmax();
void describe_squared_relu();
void describe_swiglu();

void describe_library() {
  describe_cross_entropy();
  describe_dropout();
  describe_dropout_add_norm();
  describe_norm();
  describe_rotary();
  describe_softmax();
  describe_squared_relu();
  describe_swiglu();
}

}  // namespace tegula::ops
