// Another library, as DLPack shows it: host memory, and a deleter that counts.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "runtime/dlpack/dlpack_abi.h"
#include "tegula/dlpack.h"

namespace tegula::testing {

/// Lends one tensor at a time; it must outlive the loan.
class Producer {
 public:
  Producer(dlpack::DataType dtype, std::vector<std::int64_t> of_shape)
      : shape(std::move(of_shape)) {
    view.data = memory;
    view.rank = static_cast<std::int32_t>(shape.size());
    view.dtype = dtype;
    view.shape = shape.data();
    view.device = {dlpack::DeviceType::cpu, 0};
  }
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  DLManagedTensor* managed() {
    managed_ = {view, this,
                [](dlpack::Managed* m) { ++static_cast<Producer*>(m->context)->deleted; }};
    return reinterpret_cast<DLManagedTensor*>(&managed_);
  }
  DLManagedTensorVersioned* versioned() {
    versioned_ = {
        dlpack::major_version,
        dlpack::minor_version,
        this,
        [](dlpack::ManagedVersioned* m) { ++static_cast<Producer*>(m->context)->deleted; },
        0,
        view};
    return reinterpret_cast<DLManagedTensorVersioned*>(&versioned_);
  }

  dlpack::TensorView view;  ///< what is lent next
  std::vector<std::int64_t> shape, strides;
  int deleted = 0;
  alignas(256) std::byte memory[4096] = {};

 private:
  dlpack::Managed managed_;
  dlpack::ManagedVersioned versioned_;
};

}  // namespace tegula::testing
