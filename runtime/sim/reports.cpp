#include "runtime/sim/reports.h"

#include <fmt/format.h>

namespace tegula::sim {

void Reports::add(std::string_view check, const FaultSite& site, const std::string& what) {
  if (full() || !seen_.emplace(std::string(check), site.origin).second) return;
  SimReport report;
  report.check = check;
  report.kernel = kernel_;
  if (site.origin < locations_.size()) report.location = locations_[site.origin];
  report.block = site.block;
  report.warp = site.warp;
  report.lane = site.lane;

  const SourceLocation& l = report.location;
  ErrorDetails details;
  if (!l.file.empty()) details.where = fmt::format("{}:{}:{}", l.file, l.line, l.column);
  details.argument = report.kernel;
  details.problem = fmt::format("{}: {}; block ({}, {}, {}), warp {}, lane {}", check, what,
                                site.block[0], site.block[1], site.block[2], site.warp, site.lane);
  report.message = Error(ErrorCode::device_fault, details).what();
  reports_.push_back(std::move(report));
  details_.push_back(std::move(details));
}

void Reports::throw_first() const {
  if (details_.empty()) return;
  ErrorDetails details = details_.front();
  const std::size_t more = details_.size() - 1;
  if (more > 0) details.hint = fmt::format("and {} further report{}", more, more == 1 ? "" : "s");
  throw Error(ErrorCode::device_fault, std::move(details));
}

}  // namespace tegula::sim
