#include "runtime/tensor/allocation.h"

#include <cstdint>
#include <exception>
#include <string>

#include <fmt/format.h>

#include "tegula/allocator.h"
#include "tegula/error.h"

namespace tegula::runtime {
namespace {

[[noreturn]] void none(const Device& device, ErrorCode code, std::size_t bytes, std::string why) {
  throw Error(code,
              {.where = device.name(),
               .problem = fmt::format("the stream's allocator cannot allocate {} bytes", bytes),
               .got = std::move(why)});
}

void* ask(Allocator& allocator, const Stream& stream, std::size_t bytes) {
  Device& device = *stream.device();
  if (!allocator.serves_captures() && stream.is_capturing())
    throw Error(ErrorCode::environment,
                {.where = device.name(),
                 .argument = "stream",
                 .problem = fmt::format("the stream's allocator cannot allocate {} bytes while the "
                                        "stream is capturing a graph",
                                        bytes),
                 .wanted = "an allocator that serves_captures()",
                 .hint = "allocate before the capture, and give outputs as destinations"});
  try {
    if (void* data = allocator.allocate(device, bytes, stream.native())) return data;
  } catch (const Error& error) {
    none(device, error.code(), bytes, error.what());
  } catch (const std::exception& exception) {
    none(device, ErrorCode::out_of_resources, bytes, exception.what());
  } catch (...) {
    none(device, ErrorCode::out_of_resources, bytes, "an exception of no standard type");
  }
  none(device, ErrorCode::out_of_resources, bytes, "null");
}

}  // namespace

std::shared_ptr<void> allocate(const Stream& stream, std::size_t bytes) {
  if (stream.allocator() == nullptr)
    return {stream.device()->allocate(bytes, stream.native()),
            [stream](void* data) { stream.device()->deallocate(data, stream.native()); }};
  std::shared_ptr<void> memory(
      ask(*stream.allocator(), stream, bytes), [stream, bytes](void* data) {
        stream.allocator()->deallocate(*stream.device(), data, bytes, stream.native());
      });
  const auto address = reinterpret_cast<std::uintptr_t>(memory.get());
  if (address % Allocator::alignment != 0)
    throw Error(ErrorCode::invalid_argument,
                {.where = stream.device()->name(),
                 .problem = fmt::format("the stream's allocator did not align {} bytes", bytes),
                 .got = fmt::format("{:#x}", address),
                 .wanted = fmt::format("a multiple of {}", Allocator::alignment)});
  return memory;
}

}  // namespace tegula::runtime
