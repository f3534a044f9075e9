// Tensors to and from other libraries, through DLPack (github.com/dmlc/dlpack), without copying.
// Its header is not needed here; where it is included too, these are its structs.
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
/// Takes `managed` over, also where it throws: its deleter is called once, with the last copy of
/// the tensor or before the error leaves. DLPack orders no work: whatever fills the memory must
/// have been ordered before `stream`'s work (or be done) when the tensor is used, and `stream`'s
/// work must be done when the last copy goes, since the memory is then its producer's again.
///
/// Throws Error{invalid_argument} for a null pointer, another device than the stream's, more than 8
/// dimensions, a shape or strides that no memory could have, an address that is no multiple of the
/// element's size; Error{unsupported} for a dtype that Tegula lacks (complex, vectors of lanes,
/// types below a byte), and for a major version of DLPack other than 1.
Tensor from_dlpack(DLManagedTensor* managed, const Stream& stream);
/// The same. A tensor that is flagged as read-only becomes one (TensorRef::read_only).
Tensor from_dlpack(DLManagedTensorVersioned* managed, const Stream& stream);

/// The tensor for another library: kDLCPU if it is the simulator's, else kDLCUDA with the device's
/// number. It shares the memory with `tensor` and keeps it until the consumer calls the deleter,
/// which may be on any thread. The caller orders the consumer's work behind what fills the tensor
/// (an Event, or Stream::synchronize), and before the deleter's call, since the memory is then
/// freed on its stream.
///
/// Throws Error{invalid_argument} for a tensor without a device, or on a device that DLPack has no
/// name for; for one that owns no memory (an alias: an op's output that is the caller's
/// destination, residual_out where it is x itself), since nothing would keep it for the consumer;
/// and, for the form without a version, which has no place to say so, one that is read-only. Where
/// somebody else owns the memory, export the owner's tensor, or share it:
/// Tensor::adopt(stream, alias, std::make_shared<Tensor>(owner)).
DLManagedTensor* to_dlpack(const Tensor& tensor);
/// The same in the form that says which version it is of (1.1) and whether it is read-only; what
/// libraries ask for since 2024.
DLManagedTensorVersioned* to_dlpack_versioned(const Tensor& tensor);

}  // namespace tegula
#pragma GCC visibility pop
