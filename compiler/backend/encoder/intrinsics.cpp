#include "compiler/backend/encoder/intrinsics.h"

namespace tegula::compiler {
namespace {

using format::Opcode;
using format::ShuffleMode;
using format::Special;

template <class Enum>
std::uint8_t modifier(Enum value) {
  return static_cast<std::uint8_t>(value);
}

const std::vector<SimIntrinsic>& table() {
  static const std::vector<SimIntrinsic> rows = {
      {"llvm.fma", Opcode::fma, {0, 1, 2}},
      {"llvm.fabs", Opcode::fabs, {0}},
      {"llvm.sqrt", Opcode::fsqrt, {0}},
      {"llvm.floor", Opcode::ffloor, {0}},
      {"llvm.ceil", Opcode::fceil, {0}},
      {"llvm.trunc", Opcode::ftrunc, {0}},
      {"llvm.rint", Opcode::frint, {0}},
      {"llvm.nearbyint", Opcode::frint, {0}},
      {"llvm.roundeven", Opcode::frint, {0}},
      {"llvm.copysign", Opcode::fcopysign, {0, 1}},
      {"llvm.minnum", Opcode::fmin, {0, 1}},
      {"llvm.maxnum", Opcode::fmax, {0, 1}},
      {"llvm.minimum", Opcode::fminimum, {0, 1}},
      {"llvm.maximum", Opcode::fmaximum, {0, 1}},
      {"llvm.minimumnum", Opcode::fmin, {0, 1}},
      {"llvm.maximumnum", Opcode::fmax, {0, 1}},
      {"llvm.fptosi.sat", Opcode::fptosi, {0}},
      {"llvm.fptoui.sat", Opcode::fptoui, {0}},
      {"llvm.smin", Opcode::smin, {0, 1}},
      {"llvm.smax", Opcode::smax, {0, 1}},
      {"llvm.umin", Opcode::umin, {0, 1}},
      {"llvm.umax", Opcode::umax, {0, 1}},
      {"llvm.abs", Opcode::iabs, {0}},
      {"llvm.ctpop", Opcode::ctpop, {0}},
      {"llvm.ctlz", Opcode::ctlz, {0}},
      {"llvm.nvvm.rsqrt.approx.f", Opcode::rsqrt_approx, {0}},
      {"llvm.nvvm.ex2.approx.f32", Opcode::ex2_approx, {0}},
      {"llvm.nvvm.lg2.approx.f", Opcode::lg2_approx, {0}},
      {"llvm.nvvm.shfl.sync.bfly.i32",
       Opcode::warp_shuffle,
       {1, 2},
       modifier(ShuffleMode::butterfly)},
      {"llvm.nvvm.shfl.sync.idx.i32", Opcode::warp_shuffle, {1, 2}, modifier(ShuffleMode::index)},
      {"llvm.nvvm.barrier.cta.sync.aligned.all", Opcode::barrier, {}},
      {"llvm.nvvm.barrier.cluster.arrive.aligned", Opcode::cluster_arrive, {}},
      {"llvm.nvvm.barrier.cluster.wait.aligned", Opcode::cluster_wait, {}},
      {"llvm.nvvm.read.ptx.sreg.tid.x", Opcode::special, {}, modifier(Special::tid_x)},
      {"llvm.nvvm.read.ptx.sreg.ctaid.x", Opcode::special, {}, modifier(Special::ctaid_x)},
      {"llvm.nvvm.read.ptx.sreg.ctaid.y", Opcode::special, {}, modifier(Special::ctaid_y)},
      {"llvm.nvvm.read.ptx.sreg.ctaid.z", Opcode::special, {}, modifier(Special::ctaid_z)},
      {"llvm.nvvm.read.ptx.sreg.nctaid.x", Opcode::special, {}, modifier(Special::nctaid_x)},
      {"llvm.nvvm.read.ptx.sreg.nctaid.y", Opcode::special, {}, modifier(Special::nctaid_y)},
      {"llvm.nvvm.read.ptx.sreg.nctaid.z", Opcode::special, {}, modifier(Special::nctaid_z)},
  };
  return rows;
}

}  // namespace

const SimIntrinsic* find_sim_intrinsic(std::string_view name) {
  for (const SimIntrinsic& row : table()) {
    if (!name.starts_with(row.name)) continue;
    // The rest is a list of types: ".v8f32".
    const std::string_view rest = name.substr(row.name.size());
    if (rest.empty() || (rest[0] == '.' && !row.name.starts_with("llvm.nvvm."))) return &row;
  }
  return nullptr;
}

}  // namespace tegula::compiler
