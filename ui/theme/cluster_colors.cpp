#include "ui/theme/cluster_colors.h"

#include <algorithm>
#include <numeric>
#include <set>

namespace prunescope {

namespace {

using Neighbours = std::vector<std::set<std::int32_t>>;

Neighbours neighboursOf(const PatchGrid& grid, const std::vector<std::int32_t>& cluster_of, int n) {
    Neighbours touching(static_cast<std::size_t>(n));
    const auto at = [&](int row, int col) {
        return cluster_of[static_cast<std::size_t>(row * grid.cols + col)];
    };
    const auto join = [&](std::int32_t a, std::int32_t b) {
        if (a >= 0 && b >= 0 && a != b) {
            touching[static_cast<std::size_t>(a)].insert(b);
            touching[static_cast<std::size_t>(b)].insert(a);
        }
    };
    for (int row = 0; row < grid.rows; ++row) {
        for (int col = 0; col < grid.cols; ++col) {
            for (int d_row = 0; d_row <= 1; ++d_row) {
                for (int d_col = -1; d_col <= 1; ++d_col) {
                    const int r = row + d_row;
                    const int c = col + d_col;
                    if (r < grid.rows && c >= 0 && c < grid.cols) {
                        join(at(row, col), at(r, c));
                    }
                }
            }
        }
    }
    return touching;
}

}  // namespace

std::vector<int> clusterHues(const PatchGrid& grid, const std::vector<std::int32_t>& cluster_of) {
    if (cluster_of.empty()) {
        return {};
    }
    const int n = *std::max_element(cluster_of.begin(), cluster_of.end()) + 1;
    const Neighbours touching = neighboursOf(grid, cluster_of, n);
    std::vector<std::size_t> order(static_cast<std::size_t>(n));
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return touching[a].size() > touching[b].size();
    });
    std::vector<int> hue(static_cast<std::size_t>(n), -1);
    std::array<int, kClusterHues.size()> used{};
    for (const std::size_t cluster : order) {
        // Fewest conflicts first, then the hue used least, so that colours spread evenly.
        std::array<int, kClusterHues.size()> conflicts{};
        for (const std::int32_t other : touching[cluster]) {
            const int theirs = hue[static_cast<std::size_t>(other)];
            if (theirs >= 0) {
                ++conflicts[static_cast<std::size_t>(theirs)];
            }
        }
        std::size_t best = 0;
        for (std::size_t h = 1; h < kClusterHues.size(); ++h) {
            if (std::pair(conflicts[h], used[h]) < std::pair(conflicts[best], used[best])) {
                best = h;
            }
        }
        hue[cluster] = static_cast<int>(best);
        ++used[best];
    }
    return hue;
}

}  // namespace prunescope
