// Tensors to and from other libraries, through DLPack (github.com/dmlc/dlpack), without copying.
// DLPack's header is not needed; where it is included as well, these are its structs.
#pragma once

#include "tegula/device.h"
#include "tegula/tensor.h"

struct DLManagedTensor;
struct DLManagedTensorVersioned;

#pragma GCC visibility push(default)
namespace tegula {

/// A tensor on another library's memory, for work on `stream`, with that tensor's shape and strides
/// (none: row-major). A tensor of kDLCUDA goes to the CUDA device of its number; kDLCUDAHost and
/// kDLCUDAManaged to any CUDA device; kDLCPU to the simulator, whose memory is the host's.
///
/// Takes ownership of `managed`, even if it throws: the deleter is called once, with the last copy
/// of the tensor or before the exception leaves. DLPack orders no work: when the tensor is used,
/// whatever fills the memory must be done, or ordered before `stream`'s work; and when the last
/// copy is destroyed `stream`'s work must be done, since the memory then returns to its producer.
///
/// Throws Error{invalid_argument} for a null pointer, another device than the stream's, more than 8
/// dimensions, a shape or strides that no memory could have, an address that is not a multiple of
/// the element's size; Error{unsupported} for a dtype that Tegula lacks (complex, vectors of lanes,
/// types below a byte), and for a major version of DLPack other than 1.
Tensor from_dlpack(DLManagedTensor* managed, const Stream& stream);
/// The same. A tensor that is flagged as read-only becomes one (TensorRef::read_only).
Tensor from_dlpack(DLManagedTensorVersioned* managed, const Stream& stream);

/// The tensor for another library: kDLCPU if it is on the simulator, else kDLCUDA with the device's
/// number. It shares the memory of `tensor` and keeps it until the consumer calls the deleter,
/// which may be on any thread. The caller orders the consumer's work after whatever fills the
/// tensor (by an Event, or Stream::synchronize) and before the deleter's call, which frees the
/// memory on its stream.
///
/// Throws Error{invalid_argument} for a tensor without a device, or on a device that DLPack has no
/// name for; for one that owns no memory (an alias: an op's output that is the caller's
/// destination, residual_out where it is x itself), since nothing would keep it for the consumer;
/// and, in the unversioned form, which cannot express it, for one that is read-only. Where somebody
/// else owns the memory, export the owner's tensor, or share it: Tensor::adopt(stream, alias,
/// std::make_shared<Tensor>(owner)).
DLManagedTensor* to_dlpack(const Tensor& tensor);
/// The same in the versioned form (1.1), which also says whether the tensor is read-only. Libraries
/// since 2024 expect this form.
DLManagedTensorVersioned* to_dlpack_versioned(const Tensor& tensor);

}  // namespace tegula
#pragma GCC visibility pop
