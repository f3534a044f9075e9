#include "compiler/pipelining/prefetch_plan.h"

#include <algorithm>
#include <array>
#include <bit>

#include "compiler/analysis/alignment.h"
#include "compiler/analysis/block_accesses.h"
#include "compiler/analysis/loop_address.h"
#include "compiler/ir/scratch.h"
#include "llvm/ADT/DenseSet.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace tegula::compiler {
namespace {

constexpr std::int64_t wanted_bytes = 96;  ///< under way, of each thread
constexpr int most_slots = 4;
constexpr std::int64_t least_iterations = 3;
constexpr std::int64_t least_piece_bytes = 4;  ///< of cp.async
/// A multiprocessor must have room for this many threads; if that leaves too little for one
/// iteration's tiles, for the fewer that such large tiles leave registers for.
constexpr std::int64_t resident_threads = 1024;
constexpr std::int64_t least_resident_threads = 768;
/// The part of a multiprocessor's shared memory that the hardware reserves for each block.
constexpr std::int64_t reserved_bytes = 1024;

/// Bytes of queues, by the size of the pieces: 4, 8, 16. In a queue thread t has every byte at
/// which (offset / piece) % threads is t; queues of one size that share bytes so never have two
/// threads meet, and those of other sizes get bytes of their own.
using QueueBytes = std::array<std::int64_t, 3>;
std::size_t size_class(std::int64_t piece_bytes) {
  return static_cast<std::size_t>(std::countr_zero(static_cast<std::uint64_t>(piece_bytes)) - 2);
}

struct Candidate {
  tile::LoadOp load;
  QueueShape shape;
};

std::optional<std::int64_t> constant_of(Value value) {
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant))) return constant.getSExtValue();
  return std::nullopt;
}

/// Whether copies of later iterations' tiles may overtake a store in the loop: it stores the tile
/// that the load has read in the same iteration, each element by the thread that read it, and every
/// iteration has another tile; or it stores no tile that the load ever reads.
bool stays_behind(Operation& op, tile::LoadOp load, scf::ForOp loop) {
  auto store = dyn_cast<tile::StoreOp>(op);
  if (!store || conflict(*tensor_access(*load), *tensor_access(op))) return false;
  if (store.getView() != load.getView()) return true;
  return llvm::equal(store.getCoordinates(), load.getCoordinates()) &&
         llvm::is_contained(load.getCoordinates(), loop.getInductionVar()) &&
         load->isBeforeInBlock(loop.getBody()->findAncestorOpInBlock(op));
}

class Planner {
 public:
  Planner(func::FuncOp function, std::int64_t shared_limit) : function_(function) {
    std::int64_t scratch = 0;
    function.walk([&](Operation* op) {
      if (const auto access = tensor_access(*op); access && access->is_store)
        stored_.insert(access->base);
      scratch += static_cast<std::int64_t>(llvm::alignTo(tile::block_scratch_bytes(op), 16));
    });
    const std::int64_t threads =
        function->getAttrOfType<IntegerAttr>(tile::warps_attribute).getInt() << layout::lane_bits;
    const auto beside = [&](std::int64_t resident) {
      const std::int64_t blocks = (resident + threads - 1) / threads;
      return (shared_limit + reserved_bytes) / blocks - reserved_bytes - scratch;
    };
    budget_ = beside(resident_threads);
    most_ = beside(least_resident_threads);
  }

  Prefetches run() {
    function_.walk<WalkOrder::PreOrder>([&](scf::ForOp loop) { plan(loop); });
    Prefetches result;
    QueueBytes first = {};
    for (std::size_t k = first.size(); k-- > 0;) {
      first[k] = result.queue_bytes;
      result.queue_bytes += static_cast<std::int64_t>(llvm::alignTo(queues_[k], 16));
    }
    for (Planned& planned : planned_) {
      for (auto [queued, candidate] : llvm::zip(planned.plan.loads, planned.candidates))
        queued.offset += first[size_class(candidate.shape.piece_bytes)];
      result.plans.push_back(std::move(planned.plan));
    }
    return result;
  }

 private:
  struct Planned {
    PrefetchPlan plan;
    llvm::SmallVector<Candidate> candidates;
    QueueBytes end = {};  ///< where queues of loops inside it begin
  };

  void plan(scf::ForOp loop) {
    if (!loop.getInductionVar().getType().isInteger(32) || !matchPattern(loop.getStep(), m_One()))
      return;
    Planned planned;
    planned.plan.loop = loop;
    planned.candidates = candidates(loop);
    if (planned.candidates.empty()) return;
    std::int64_t bytes = 0;
    for (const Candidate& c : planned.candidates) {
      bytes += c.shape.piece_bytes * c.shape.pieces;
      planned.plan.after_stores |= stored_.contains(tensor_access(*c.load)->base);
    }
    std::int64_t slots =
        std::clamp<std::int64_t>((wanted_bytes + bytes - 1) / bytes, 1, most_slots);
    if (const auto iterations = iterations_of(loop)) slots = std::min(slots, *iterations - 1);

    const QueueBytes start = end_around(loop);
    for (; slots > 0; --slots) {
      planned.end = assign_offsets(planned, start, static_cast<int>(slots));
      if (total(planned.end) <= (slots == 1 ? most_ : budget_)) break;
    }
    if (slots == 0) {
      remark(planned.candidates.front().load)
          << "is not prefetched: one iteration's tiles take "
          << total(assign_offsets(planned, start, 1)) - total(start)
          << " bytes of shared memory, and " << std::max<std::int64_t>(most_ - total(start), 0)
          << " are left if a multiprocessor is to have 768 threads; use smaller tiles";
      return;
    }
    for (std::size_t k = 0; k < queues_.size(); ++k)
      queues_[k] = std::max(queues_[k], planned.end[k]);
    for (const Candidate& c : planned.candidates)
      remark(c.load) << "is copied " << slots << (slots == 1 ? " iteration" : " iterations")
                     << " ahead, " << c.shape.piece_bytes << " bytes at a time, through "
                     << c.shape.slot_bytes() * slots << " bytes of shared memory";
    planned_.push_back(std::move(planned));
  }

  /// The bytes in use if the queues end there.
  std::int64_t total(const QueueBytes& end) const {
    std::int64_t sum = 0;
    for (std::size_t k = 0; k < end.size(); ++k)
      sum += static_cast<std::int64_t>(llvm::alignTo(std::max(end[k], queues_[k]), 16));
    return sum;
  }

  /// Sets the queues' offsets; returns where they end.
  static QueueBytes assign_offsets(Planned& planned, QueueBytes at, int slots) {
    planned.plan.slots = slots;
    planned.plan.loads.clear();
    for (const Candidate& c : planned.candidates) {
      std::int64_t& end = at[size_class(c.shape.piece_bytes)];
      planned.plan.loads.push_back({c.load, end});
      end += c.shape.slot_bytes() * slots;
    }
    return at;
  }

  /// Where the queues of the loops around `loop` end.
  QueueBytes end_around(scf::ForOp loop) const {
    for (Operation* op = loop->getParentOp(); op != nullptr; op = op->getParentOp())
      for (const Planned& planned : planned_)
        if (planned.plan.loop == op) return planned.end;
    return {};
  }

  llvm::SmallVector<Candidate> candidates(scf::ForOp loop) {
    llvm::SmallVector<Candidate> result;
    for (tile::LoadOp load : loop.getBody()->getOps<tile::LoadOp>()) {
      auto view = load.getView().getDefiningOp<tile::ViewOp>();
      const auto layout = tile::layout_of(load.getType());
      if (!view || !bits_are_disjoint(layout)) continue;
      LoopAddress address(loop);
      address.add(load);
      if (!address.varies()) continue;
      const QueueShape shape = queue_shape(load.getView().getType(), load.getFull(), layout);
      if (const std::string why = obstacle(loop, load, address, shape); !why.empty())
        remark(load) << "is not prefetched: " << why;
      else
        result.push_back({load, shape});
    }
    return result;
  }

  /// Why the load has to stay as it is; empty if it need not.
  std::string obstacle(scf::ForOp loop, tile::LoadOp load, const LoopAddress& address,
                       const QueueShape& shape) {
    if (!address.obstacle().empty()) return address.obstacle().str();
    const auto iterations = iterations_of(loop);
    if (iterations && *iterations < least_iterations)
      return "the loop has " + std::to_string(*iterations) +
             " iterations; three are the least that pay";
    bool stores = false, acquiring = false;
    const Value base = tensor_access(*load)->base;
    loop.walk([&](Operation* op) {
      const auto access = tensor_access(*op);
      stores |=
          access && access->is_store && access->base == base && !stays_behind(*op, load, loop);
      acquiring |= acquires(*op);
    });
    if (stores) return "the loop stores to the same tensor";
    if (acquiring && stored_.contains(base))
      return "the loop acquires what other blocks may have stored to the same tensor";
    if (shape.piece_bytes < least_piece_bytes) {
      const auto view = load.getView().getType();
      const std::string why = why_narrow(view, load.getFull());
      return "it moves " + std::to_string(shape.piece_bytes) +
             " bytes at a time, and asynchronous copies take 4 or more" +
             (why.empty() ? "" : ": " + why);
    }
    return {};
  }

  /// Nothing if the number is not constant.
  static std::optional<std::int64_t> iterations_of(scf::ForOp loop) {
    const auto lower = constant_of(loop.getLowerBound()), upper = constant_of(loop.getUpperBound());
    if (!lower || !upper) return std::nullopt;
    return std::max<std::int64_t>(*upper - *lower, 0);
  }

  static InFlightDiagnostic remark(tile::LoadOp load) {
    auto view = load.getView().getDefiningOp<tile::ViewOp>();
    return load->emitRemark() << "prefetch-loads: '" << view.getArgument() << "' ";
  }

  func::FuncOp function_;
  llvm::DenseSet<Value> stored_;  ///< tensors that the kernel stores to
  std::int64_t budget_ = 0;       ///< bytes for all queues
  std::int64_t most_ = 0;         ///< bytes for them if this loop copies one iteration ahead
  QueueBytes queues_ = {};        ///< of all loops so far
  std::vector<Planned> planned_;
};

}  // namespace

Prefetches plan_prefetches(func::FuncOp function) {
  const auto limit = function->getAttrOfType<IntegerAttr>(tile::shared_limit_attribute);
  if (!limit) return {};
  return Planner(function, limit.getInt()).run();
}

}  // namespace tegula::compiler
