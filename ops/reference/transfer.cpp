#include "ops/reference/transfer.h"

#include "ops/reference/number_format.h"

namespace tegula::reference {

std::vector<double> download(const Tensor& tensor) {
  std::vector<std::byte> bytes(static_cast<std::size_t>(element_count(tensor.shape())) *
                               static_cast<std::size_t>(dtype_bytes(tensor.dtype())));
  tensor.copy_to_host(bytes.data(), bytes.size());
  return decode(tensor.dtype(), bytes);
}

}  // namespace tegula::reference
