// References: what `tegula run OP --check`, and tests, hold the outputs of an op against.
//
//   reference::Outputs square_reference(const reference::Call& call, reference::Precision
//   precision) {
//     const auto formula = [](const auto& r, const auto& v) { return r(v[0] * v[0]); };
//     return {{"y", reference::elementwise(call, "y", precision, {"x"}, formula)}};
//   }
//   const reference::Of square_is("square", square_reference);
//
// A reference is asked three times for the same call, at each Precision (tegula/reference/
// rounding.h): the formula in double; the formula as a framework's own operations would round it;
// and how far f32 arithmetic may be off. docs/ops-guide.md#accuracy has the rule.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tegula/op_call.h"
#include "tegula/reference/rounding.h"

#pragma GCC visibility push(default)
namespace tegula::reference {

/// A call that has run, as its reference sees it. Names are those of the op, and of its forward.
class Call {
 public:
  explicit Call(const OpCall& call) : call_(call), outputs_(call.outputs()) {}

  const std::string& op() const { return call_.op().name(); }
  /// The values of an input, read from its device; none if the call had no such tensor.
  Values values(std::string_view input) const;
  /// The same of an input that must be there; throws Error{invalid_argument} if it is not.
  Values present_values(std::string_view input) const;
  /// The extents of an input; none if it is absent.
  Dims shape(std::string_view input) const { return call_.tensor(input).shape; }
  /// Of an input (..., N): the product of all its extents but the last, and the last.
  std::int64_t rows(std::string_view input) const;
  std::int64_t columns(std::string_view input) const;
  /// Parameters.
  bool flag(std::string_view name) const;
  std::int64_t integer(std::string_view name) const;
  double number(std::string_view name) const;
  ops::RngState rng() const;
  bool has(std::string_view parameter) const { return call_.find_parameter(parameter) != nullptr; }
  /// Of an output that the call gave.
  DType dtype(std::string_view output) const;

 private:
  const OpCall& call_;
  std::vector<std::pair<std::string, Tensor>> outputs_;
};

/// The values of outputs, by their names; there may be more than the call gave. Masks are 0 and 1.
using Outputs = std::map<std::string, std::vector<double>, std::less<>>;
using Function = Outputs (*)(const Call& call, Precision precision);

/// Says which function is an op's reference, for as long as the object lives.
class Of {
 public:
  /// `factor`: of the rule of docs/ops-guide.md#accuracy, 2, and 3 for gradients.
  Of(std::string op, Function function, double factor = 2);
  ~Of();
  Of(const Of&) = delete;
  Of& operator=(const Of&) = delete;

 private:
  std::string op_;
};

struct Reference {
  Function function = nullptr;
  double factor = 2;
};
/// Of the library's ops and those that an Of names; no function if there is none.
Reference find(std::string_view op);

/// Of an output that is `f(r, v)` of the inputs' elements v, numbers T in the order of `inputs`: r
/// rounds the result of an operation. The first input has the output's shape, the others have it
/// too, or are vectors along its last extent.
template <class F>
std::vector<double> elementwise(const Call& call, std::string_view output, Precision precision,
                                const std::vector<std::string>& inputs, const F& f) {
  std::vector<Values> values;
  for (const std::string& input : inputs) values.push_back(call.present_values(input));
  DType dtype = values.front().dtype;
  for (const Values& v : values) dtype = wider(dtype, v.dtype);
  const Rounding r(precision, dtype);
  return evaluate(precision, [&](auto number) {
    using T = decltype(number);
    std::vector<double> results;
    std::vector<T> elements(values.size());
    for (std::size_t i = 0; i < values.front().data.size(); ++i) {
      for (std::size_t k = 0; k < values.size(); ++k)
        elements[k] = values[k].data[i % values[k].data.size()];
      results.push_back(given(r.output(call.dtype(output), f(r, elements))));
    }
    return results;
  });
}

}  // namespace tegula::reference
#pragma GCC visibility pop
