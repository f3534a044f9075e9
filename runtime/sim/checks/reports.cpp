#include "runtime/sim/checks/reports.h"

#include <fmt/format.h>

#include <algorithm>

namespace tegula::sim {

SourceLocation Reports::location(std::uint32_t origin) const {
  return origin < locations_.size() ? locations_[origin] : SourceLocation{};
}

std::string Reports::source_line(std::uint32_t origin) const {
  const SourceLocation l = location(origin);
  if (!l.file.empty()) return fmt::format("{}:{}:{}", l.file, l.line, l.column);
  return origin == no_origin ? "an unknown line" : fmt::format("operation {}", origin);
}

void Reports::add(std::string_view check, const FaultSite& site, const std::string& what,
                  std::uint32_t other) {
  const std::lock_guard lock(mutex_);
  Kept& kept = kept_[{std::string(check), site.origin}];
  if (!kept.report.check.empty() && kept.launch_index <= site.launch_index) return;
  SimReport report;
  report.check = check;
  report.kernel = kernel_;
  report.location = location(site.origin);
  report.other = location(other);
  report.block = site.block;
  report.warp = site.warp;
  report.lane = site.lane;

  ErrorDetails details;
  if (!report.location.file.empty()) details.where = source_line(site.origin);
  details.argument = report.kernel;
  details.problem = fmt::format("{}: {}; block ({}, {}, {}), warp {}, lane {}", check, what,
                                site.block[0], site.block[1], site.block[2], site.warp, site.lane);
  report.message = Error(ErrorCode::device_fault, details).what();
  kept = {site.launch_index, arrivals_++, std::move(report), std::move(details)};
  count_.store(kept_.size(), std::memory_order_relaxed);
}

void Reports::print(const FaultSite& site, std::string text) {
  const std::lock_guard lock(mutex_);
  if (prints_.size() >= print_limit) return;
  prints_.push_back({site.launch_index,
                     {location(site.origin), site.block, site.warp, site.lane, std::move(text)}});
}

std::vector<SimReport> Reports::take_reports() {
  std::vector<Kept> in_order;
  for (auto& [key, kept] : kept_) in_order.push_back(std::move(kept));
  kept_.clear();
  std::sort(in_order.begin(), in_order.end(), [](const Kept& a, const Kept& b) {
    return std::pair(a.launch_index, a.number) < std::pair(b.launch_index, b.number);
  });
  if (in_order.size() > limit) in_order.resize(limit);
  std::vector<SimReport> reports;
  for (Kept& k : in_order) {
    reports.push_back(std::move(k.report));
    taken_.push_back(std::move(k.details));
  }
  return reports;
}

std::vector<SimPrint> Reports::take_prints() {
  std::stable_sort(prints_.begin(), prints_.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<SimPrint> prints;
  for (auto& [launch_index, print] : prints_) prints.push_back(std::move(print));
  prints_.clear();
  return prints;
}

void Reports::throw_first() const {
  if (taken_.empty()) return;
  ErrorDetails details = taken_.front();
  const std::size_t more = taken_.size() - 1;
  if (more > 0) details.hint = fmt::format("and {} further report{}", more, more == 1 ? "" : "s");
  throw Error(ErrorCode::device_fault, std::move(details));
}

}  // namespace tegula::sim
