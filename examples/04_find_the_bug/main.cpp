// Lesson 4: find the bug.
//
// Two kernels with a fault that a GPU would not report: a race, whose sums are right now and then,
// and a read beyond a tensor, which gives whatever lies there. The simulator checks every access
// and names the line; it is not a debugger that you attach but a device that you open.
#include <cmath>
#include <cstdint>

#include "examples/common/common.h"
#include "tegula/dsl.h"
#include "tegula/simulator.h"

namespace {

using namespace tegula;

struct TileConfig {
  int bm = 16, bn = 64, warps = 2;
};

// Sums of columns: each block adds up bm rows, and adds that to what other blocks have found.
void racy_column_sums(const TileConfig& c, In x, InOut sums) {
  auto [rows, n] = dims2(x);
  require(sums, {n});
  auto [i, j] = grid({cdiv(rows, c.bm), cdiv(n, c.bn)});
  Tile part = sum(x.tiles({c.bm, c.bn}).load({i, j}), 0).squeeze();
  auto S = sums.tiles({c.bn});
  S.store(S.load({j}) + part, {j});  // planted: another block may store between load and store
}

// The cure: one access that reads, adds and writes.
void column_sums(const TileConfig& c, In x, InOut sums) {
  auto [rows, n] = dims2(x);
  require(sums, {n});
  auto [i, j] = grid({cdiv(rows, c.bm), cdiv(n, c.bn)});
  Tile part = sum(x.tiles({c.bm, c.bn}).load({i, j}), 0).squeeze();
  Tile column = j * c.bn + iota(c.bn);
  sums.atomic_add(part, {column}, {.mask = column < n});
}

// Rows of a table by their numbers. An id beyond the table reads beyond it.
void unguarded_lookup(const TileConfig& c, In table, In ids, Out y) {
  auto [rows, n] = dims2(table);
  auto [tokens] = dims1(ids);
  require(y, {tokens, n});
  auto [t] = grid({tokens});
  Tile column = iota(c.bn);
  Tile row = table.gather({ids.gather({t}), column}, column < n);  // planted: id < rows is missing
  y.tiles({1, c.bn}).store(row, {t, 0});
}

void lookup(const TileConfig& c, In table, In ids, Out y) {
  auto [rows, n] = dims2(table);
  auto [tokens] = dims1(ids);
  require(y, {tokens, n});
  auto [t] = grid({tokens});
  Tile column = iota(c.bn), id = ids.gather({t});
  Tile row = table.gather({id, column}, (column < n) & (id >= 0) & (id < rows));
  y.tiles({1, c.bn}).store(row, {t, 0});
}

template <class K>
auto with_fields(K kernel) {
  return std::move(kernel)
      .field("bm", &TileConfig::bm)
      .field("bn", &TileConfig::bn)
      .field("warps", &TileConfig::warps);
}
const auto racy_sums_kernel =
    with_fields(kernel("racy_column_sums", racy_column_sums, {"x", "sums"}));
const auto sums_kernel = with_fields(kernel("column_sums", column_sums, {"x", "sums"}));
const auto unguarded_kernel =
    with_fields(kernel("unguarded_lookup", unguarded_lookup, {"table", "ids", "y"}));
const auto lookup_kernel = with_fields(kernel("lookup", lookup, {"table", "ids", "y"}));

/// Launches and tells what the simulator found. A launch with a report throws at its end; the
/// device keeps the reports, with the author's line, the block, the warp and the lane as data.
template <class Launch>
bool found_faults(SimDevice& device, const char* title, Launch launch) {
  std::printf("\n%s\n", title);
  device.reset_statistics();
  try {
    launch();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::device_fault) throw;
  }
  for (const SimReport& report : device.reports()) {
    std::printf("  %s\n", report.message.c_str());
    std::printf("    line %u, block %u, warp %u, lane %u", report.location.line, report.block[0],
                report.warp, report.lane);
    if (!report.other.file.empty()) std::printf("; the other access: line %u", report.other.line);
    std::printf("\n");
  }
  if (device.reports().empty()) std::printf("  nothing to report\n");
  return !device.reports().empty();
}

int lesson() {
  // The checks are the simulator's, so this lesson runs there, with a GPU or without. Its blocks
  // run on one thread: then the report is the same in every run.
  const auto device = make_sim_device("sm_90a", {.threads = 1});
  Stream stream(device);
  std::printf("running on %s\n", device->name().c_str());

  constexpr std::size_t rows = 40, n = 60;
  const std::vector<float> ones(rows * n, 1);
  const Tensor x = examples::upload(stream, f32, {rows, n}, ones);
  const Tensor racy = examples::upload(stream, f32, {n}, std::vector<float>(n, 0));
  const Tensor sums = examples::upload(stream, f32, {n}, std::vector<float>(n, 0));
  bool as_told = found_faults(
      *device, "column sums, with a race:", [&] { racy_sums_kernel.launch(stream, x, racy); });
  as_told &=
      !found_faults(*device, "column sums, atomic:", [&] { sums_kernel.launch(stream, x, sums); });
  const float total = examples::download<float>(sums)[0];
  std::printf("  a column of %zu ones sums to %g\n", rows, double{total});

  const Tensor ids =
      examples::upload(stream, i32, {3}, std::vector<std::int32_t>{0, 39, 40});  // 40 is too far
  const Tensor y = stream.empty(f32, {3, n});
  as_told &= found_faults(
      *device, "lookup, without a guard:", [&] { unguarded_kernel.launch(stream, x, ids, y); });
  as_told &=
      !found_faults(*device, "lookup, guarded:", [&] { lookup_kernel.launch(stream, x, ids, y); });
  const float beyond = examples::download<float>(y)[2 * n];
  std::printf("  the row of an id beyond the table is %g\n", double{beyond});
  return as_told && total == rows && beyond == 0 ? 0 : 1;
}

}  // namespace

int main() { return examples::run_lesson(lesson); }
