#include <mutex>

#include <fmt/format.h>

#include "ops/reference/library.h"
#include "ops/reference/transfer.h"
#include "tegula/error.h"

namespace tegula::reference {
namespace {

struct Named {
  std::mutex mutex;
  std::map<std::string, Reference, std::less<>> references;
};

Named& named() {
  static auto* const all = new Named;  // an Of may go after all other statics
  return *all;
}

}  // namespace

Values Call::values(std::string_view input) const {
  const TensorRef tensor = call_.tensor(input);
  if (!tensor.present()) return {};
  return {tensor.dtype, download(Tensor::alias(tensor))};
}

Values Call::present_values(std::string_view input) const {
  if (!call_.tensor(input).present())
    throw Error(ErrorCode::invalid_argument,
                {.where = "the reference of " + op(),
                 .argument = std::string(input),
                 .problem = "it asks for a tensor that the call does not have",
                 .got = "no tensor",
                 .wanted = "a reference that asks for `values` where a tensor may be absent"});
  return values(input);
}

std::int64_t Call::rows(std::string_view input) const {
  const Dims dims = shape(input);
  std::int64_t rows = 1;
  for (std::size_t d = 0; d + 1 < dims.size(); ++d) rows *= dims[d];
  return rows;
}

std::int64_t Call::columns(std::string_view input) const {
  const Dims dims = shape(input);
  return dims.empty() ? 0 : dims.back();
}

bool Call::flag(std::string_view name) const { return std::get<bool>(call_.parameter(name)); }
std::int64_t Call::integer(std::string_view name) const {
  return std::get<std::int64_t>(call_.parameter(name));
}
double Call::number(std::string_view name) const { return std::get<double>(call_.parameter(name)); }
ops::RngState Call::rng() const {
  return std::get<std::optional<ops::RngState>>(call_.parameter("rng")).value_or(ops::RngState{});
}

DType Call::dtype(std::string_view output) const {
  for (const auto& [name, tensor] : outputs_)
    if (name == output) return tensor.dtype();
  throw InternalError(fmt::format("{} gave no output {}", call_.op().name(), output));
}

Of::Of(std::string op, Function function, double factor) : op_(std::move(op)) {
  const std::scoped_lock lock(named().mutex);
  named().references[op_] = {function, factor};
}

Of::~Of() {
  const std::scoped_lock lock(named().mutex);
  named().references.erase(op_);
}

Reference find(std::string_view op) {
  {
    const std::scoped_lock lock(named().mutex);
    if (const auto found = named().references.find(op); found != named().references.end())
      return found->second;
  }
  return find_in_library(op);
}

}  // namespace tegula::reference
