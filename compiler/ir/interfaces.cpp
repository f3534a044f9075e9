#include "compiler/ir/interfaces.h"

#include "compiler/ir/dialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Interfaces/CastInterfaces.h"

#include "compiler/ir/tile_interfaces.cpp.inc"

using namespace mlir;

namespace tegula::tile {
namespace {

using layout::Distributed;

/// Of another dialect: all its tiles have one layout.
bool is_elementwise(Operation* op) {
  return op->getNumResults() > 0 && is_tile(op->getResult(0)) && op->getNumRegions() == 0 &&
         !isa<TileDialect>(op->getDialect());
}

double cycles_of_arithmetic(Operation* op) {
  if (isa<arith::DivFOp, arith::DivSIOp, arith::DivUIOp, arith::RemSIOp, arith::RemUIOp,
          math::SqrtOp>(op))
    return 8;
  return isa<CastOpInterface>(op) ? 2 : 0.5;
}

/// The first operand that is a tile, or null.
OpOperand* first_tile(Operation* op) {
  for (OpOperand& operand : op->getOpOperands())
    if (is_tile(operand.get())) return &operand;
  return nullptr;
}

void link_both_ways(LayoutRules rules, Value operand, Value result, LayoutLinks& links) {
  links.link(result, operand,
             [rules](const Distributed& at) mutable { return rules.operand_layout(at); });
  links.link(operand, result,
             [rules](const Distributed& at) mutable { return rules.result_layout(at); });
}

}  // namespace

void link_layouts(Operation* op, LayoutLinks& links) {
  if (auto rules = dyn_cast<LayoutRules>(op))
    rules.link_layouts(links);
  else if (is_elementwise(op))
    link_by_rules(op, links);
}

void settle_layouts(Operation* op, LayoutSettling& settling) {
  if (auto rules = dyn_cast<LayoutRules>(op))
    rules.settle_layouts(settling);
  else if (is_elementwise(op))
    settle_by_rules(op, settling);
}

std::optional<Distributed> operand_layout(Operation* op, const Distributed& at) {
  if (auto rules = dyn_cast<LayoutRules>(op)) return rules.operand_layout(at);
  return is_elementwise(op) ? std::optional(at) : std::nullopt;
}

std::optional<double> cycles_per_register(Operation* op) {
  if (auto rules = dyn_cast<LayoutRules>(op)) return rules.cycles_per_register();
  if (!is_elementwise(op) || op->getNumResults() != 1 || op->getNumOperands() == 0 || !isPure(op))
    return std::nullopt;
  return cycles_of_arithmetic(op);
}

void link_by_rules(Operation* op, LayoutLinks& links) {
  OpOperand* first = first_tile(op);
  const bool leads = op->getNumResults() > 0 && is_tile(op->getResult(0));
  if (!leads && first == nullptr) return;
  const Value leader = leads ? Value(op->getResult(0)) : first->get();
  for (Value result : llvm::drop_begin(op->getResults(), leads ? 1 : 0)) links.same(leader, result);
  auto rules = dyn_cast<LayoutRules>(op);
  for (OpOperand& operand : op->getOpOperands()) {
    if (!is_tile(operand.get()) || operand.get() == leader) continue;
    if (leads && rules)
      link_both_ways(rules, operand.get(), leader, links);
    else
      links.same(leader, operand.get());
  }
}

void link_first_operand(Operation* op, LayoutLinks& links) {
  for (Value operand : llvm::drop_begin(op->getOperands())) links.same(op->getOperand(0), operand);
  for (Value result : llvm::drop_begin(op->getResults())) links.same(op->getResult(0), result);
  link_both_ways(cast<LayoutRules>(op), op->getOperand(0), op->getResult(0), links);
}

void settle_by_rules(Operation* op, LayoutSettling& settling) {
  OpOperand* first = first_tile(op);
  if (op->getNumResults() == 0 || !is_tile(op->getResult(0))) {
    for (OpOperand& operand : op->getOpOperands())
      if (is_tile(operand.get())) settling.take(operand, layout_of(first->get().getType()));
    return;
  }
  const Distributed at = layout_of(op->getResult(0).getType());
  std::optional<Distributed> natural = at;
  if (const auto wanted = operand_layout(op, at)) {
    for (OpOperand& operand : op->getOpOperands())
      if (is_tile(operand.get())) settling.take(operand, *wanted);
  } else if (first != nullptr) {
    natural = cast<LayoutRules>(op).result_layout(layout_of(first->get().getType()));
  }
  // All results come in one layout, wherever spreading met them first.
  if (natural)
    for (Value result : op->getResults()) settling.give(result, *natural);
}

}  // namespace tegula::tile
