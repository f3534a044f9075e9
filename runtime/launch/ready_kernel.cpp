#include "runtime/launch/ready_kernel.h"

namespace tegula::runtime {

std::size_t ReadyKernel::bytes() const {
  const format::LaunchRecord& record = entry.launch;
  std::size_t bytes = sizeof(ReadyKernel) + entry.payload.capacity() +
                      record.arguments.capacity() * sizeof(format::ArgumentRecord) +
                      record.parameters.capacity() * sizeof(format::KernelParameter) +
                      record.requirements.capacity() * sizeof(format::RequirementRecord);
  for (const format::RequirementRecord& requirement : record.requirements)
    bytes += requirement.extent.nodes.capacity() * sizeof(format::Expression::Node);
  for (const format::Remark& remark : entry.remarks)
    bytes += sizeof remark + remark.pass.capacity() + remark.location.capacity() +
             remark.text.capacity();
  return bytes + (loaded != nullptr ? loaded->bytes() : 0);
}

}  // namespace tegula::runtime
