#include "tests/ops/covering.h"

#include <cstddef>
#include <iterator>
#include <random>
#include <set>
#include <tuple>
#include <utility>

namespace tegula::testing {
namespace {

/// Three options, each with its value.
using Choice = std::pair<std::size_t, int>;
using Triple = std::tuple<Choice, Choice, Choice>;

/// `use` of each triple of a row.
template <class Use>
void for_each_triple(const std::vector<int>& row, const Use& use) {
  for (std::size_t c = 2; c < row.size(); ++c)
    for (std::size_t b = 1; b < c; ++b)
      for (std::size_t a = 0; a < b; ++a) use(Triple{{a, row[a]}, {b, row[b]}, {c, row[c]}});
}

std::set<Triple> all_triples(const std::vector<int>& levels) {
  std::set<Triple> triples;
  for (std::size_t c = 2; c < levels.size(); ++c)
    for (std::size_t b = 1; b < c; ++b)
      for (std::size_t a = 0; a < b; ++a)
        for (int u = 0; u < levels[a]; ++u)
          for (int v = 0; v < levels[b]; ++v)
            for (int w = 0; w < levels[c]; ++w) triples.insert({{a, u}, {b, v}, {c, w}});
  return triples;
}

std::size_t newly_covered(const std::vector<int>& row, const std::set<Triple>& missing) {
  std::size_t count = 0;
  for_each_triple(row, [&](const Triple& t) { count += missing.count(t); });
  return count;
}

}  // namespace

std::vector<std::vector<int>> covering_design(const std::vector<int>& levels) {
  constexpr int candidates = 60;
  std::mt19937 generator(1);
  std::set<Triple> missing = all_triples(levels);
  std::vector<std::vector<int>> design;
  while (!missing.empty()) {
    std::vector<int> best;
    std::size_t most = 0;
    for (int i = 0; i < candidates; ++i) {
      std::vector<int> row;
      for (const int level : levels)
        row.push_back(static_cast<int>(generator() % static_cast<unsigned>(level)));
      // A triple that is missing, so that every row adds something.
      auto wanted = missing.begin();
      std::advance(wanted, static_cast<long>(generator() % missing.size()));
      for (const Choice& choice :
           {std::get<0>(*wanted), std::get<1>(*wanted), std::get<2>(*wanted)})
        row[choice.first] = choice.second;
      const std::size_t covered = newly_covered(row, missing);
      if (covered > most) most = covered, best = row;
    }
    for_each_triple(best, [&](const Triple& t) { missing.erase(t); });
    design.push_back(best);
  }
  return design;
}

}  // namespace tegula::testing
