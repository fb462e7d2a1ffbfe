#include "core/metric/rows.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace prunescope {

namespace {

// Four rows by four rows keep sixteen sums in registers; 256 columns of a panel stay in the
// first-level cache.
constexpr std::size_t kTile = 4;
constexpr std::size_t kDepth = 256;

using Tile = std::array<std::array<double, kTile>, kTile>;

// Columns first .. first + depth of all rows, four rows interleaved: [ceil(rows / 4), depth, 4].
struct Panels {
    Panels(const Rows& rows, std::size_t first, std::size_t n_columns)
        : depth(n_columns),
          count((static_cast<std::size_t>(rows.rows) + kTile - 1) / kTile),
          values(count * n_columns * kTile, 0.0) {
        for (int i = 0; i < rows.rows; ++i) {
            const auto place = static_cast<std::size_t>(i);
            double* out = &values[(place / kTile) * depth * kTile + place % kTile];
            const std::span<const double> row = rows.row(i).subspan(first, depth);
            for (std::size_t p = 0; p < depth; ++p) {
                out[p * kTile] = row[p];
            }
        }
    }

    const double* panel(std::size_t i) const { return &values[i * depth * kTile]; }

    std::size_t depth;
    std::size_t count;
    std::vector<double> values;
};

Tile multiply(const double* a, const double* b, std::size_t depth) {
    Tile sum{};
    for (std::size_t p = 0; p < depth; ++p) {
        for (std::size_t r = 0; r < kTile; ++r) {
            for (std::size_t c = 0; c < kTile; ++c) {
                sum[r][c] += a[p * kTile + r] * b[p * kTile + c];
            }
        }
    }
    return sum;
}

void add(const Tile& tile, std::size_t row, std::size_t column, Rows& out) {
    const std::size_t n_rows = std::min(kTile, static_cast<std::size_t>(out.rows) - row);
    const std::size_t n_cols = std::min(kTile, static_cast<std::size_t>(out.cols) - column);
    for (std::size_t r = 0; r < n_rows; ++r) {
        const std::span<double> to = out.row(static_cast<int>(row + r));
        for (std::size_t c = 0; c < n_cols; ++c) {
            to[column + c] += tile[r][c];
        }
    }
}

}  // namespace

Rows::Rows(int n_rows, int n_cols)
    : values(static_cast<std::size_t>(n_rows) * static_cast<std::size_t>(n_cols), 0.0),
      rows(n_rows),
      cols(n_cols) {}

Rows::Rows(TokenMatrix matrix)
    : values(matrix.values.begin(), matrix.values.end()), rows(matrix.rows), cols(matrix.cols) {}

std::vector<double> meanOfRows(const Rows& rows) {
    std::vector<double> mean(static_cast<std::size_t>(rows.cols), 0.0);
    for (int i = 0; i < rows.rows; ++i) {
        const std::span<const double> row = rows.row(i);
        for (std::size_t j = 0; j < row.size(); ++j) {
            mean[j] += row[j];
        }
    }
    for (double& value : mean) {
        value /= rows.rows;
    }
    return mean;
}

void centreRows(Rows& rows, std::span<const double> centre) {
    for (int i = 0; i < rows.rows; ++i) {
        const std::span<double> row = rows.row(i);
        for (std::size_t j = 0; j < row.size(); ++j) {
            row[j] -= centre[j];
        }
    }
}

double dot(std::span<const double> a, std::span<const double> b) {
    double sum = 0;
    for (std::size_t j = 0; j < a.size(); ++j) {
        sum += a[j] * b[j];
    }
    return sum;
}

Rows products(const Rows& a, const Rows& b) {
    Rows out(a.rows, b.rows);
    const auto width = static_cast<std::size_t>(a.cols);
    for (std::size_t first = 0; first < width; first += kDepth) {
        const std::size_t depth = std::min(kDepth, width - first);
        const Panels left(a, first, depth);
        const Panels right(b, first, depth);
        for (std::size_t i = 0; i < left.count; ++i) {
            for (std::size_t j = 0; j < right.count; ++j) {
                add(multiply(left.panel(i), right.panel(j), depth), i * kTile, j * kTile, out);
            }
        }
    }
    return out;
}

Rows gram(const Rows& a) {
    Rows out(a.rows, a.rows);
    const auto width = static_cast<std::size_t>(a.cols);
    for (std::size_t first = 0; first < width; first += kDepth) {
        const std::size_t depth = std::min(kDepth, width - first);
        const Panels panels(a, first, depth);
        for (std::size_t i = 0; i < panels.count; ++i) {
            for (std::size_t j = 0; j <= i; ++j) {
                add(multiply(panels.panel(i), panels.panel(j), depth), i * kTile, j * kTile, out);
            }
        }
    }
    for (int i = 0; i < out.rows; ++i) {
        for (int j = 0; j < i; ++j) {
            out.at(j, i) = out.at(i, j);
        }
    }
    return out;
}

double squareSum(const Rows& rows) {
    return dot(rows.values, rows.values);
}

double trace(const Rows& square) {
    double sum = 0;
    for (int i = 0; i < square.rows; ++i) {
        sum += square.at(i, i);
    }
    return sum;
}

// Row by row of the lower triangle, with the products of a block of columns taken together: the
// inner loop runs along rows, which lie in memory as they are read.
bool cholesky(Rows& matrix) {
    const int n = matrix.rows;
    for (int j = 0; j < n; ++j) {
        const std::span<double> pivot_row = matrix.row(j);
        if (!(pivot_row[static_cast<std::size_t>(j)] > 0)) {
            return false;
        }
        const double pivot = std::sqrt(pivot_row[static_cast<std::size_t>(j)]);
        pivot_row[static_cast<std::size_t>(j)] = pivot;
        // Column j below the diagonal, then its outer product off the rest.
        std::vector<double> column(static_cast<std::size_t>(n - j - 1));
        for (int i = j + 1; i < n; ++i) {
            matrix.at(i, j) /= pivot;
            column[static_cast<std::size_t>(i - j - 1)] = matrix.at(i, j);
        }
        for (int i = j + 1; i < n; ++i) {
            const double factor = column[static_cast<std::size_t>(i - j - 1)];
            double* rest = &matrix.at(i, j + 1);
            for (std::size_t l = 0; l <= static_cast<std::size_t>(i - j - 1); ++l) {
                rest[l] -= factor * column[l];
            }
        }
    }
    return true;
}

double logDeterminant(const Rows& factor) {
    double sum = 0;
    for (int i = 0; i < factor.rows; ++i) {
        sum += std::log(factor.at(i, i));
    }
    return 2 * sum;
}

// Column c of L⁻¹ is row c of its transpose U: U[c][i] for i >= c, by forward substitution over
// whole rows of a growing result; then the inverse is UᵀU read by rows, U Uᵀ in products.
Rows inverseFromCholesky(const Rows& factor) {
    const int n = factor.rows;
    Rows lower(n, n);  // L⁻¹
    for (int i = 0; i < n; ++i) {
        const std::span<double> row = lower.row(i);
        for (int j = 0; j < i; ++j) {
            const double weight = factor.at(i, j);
            const double* above = lower.row(j).data();
            for (std::size_t c = 0; c <= static_cast<std::size_t>(j); ++c) {
                row[c] -= weight * above[c];
            }
        }
        const double pivot = 1.0 / factor.at(i, i);
        for (std::size_t c = 0; c < static_cast<std::size_t>(i); ++c) {
            row[c] *= pivot;
        }
        row[static_cast<std::size_t>(i)] = pivot;
    }
    Rows upper(n, n);  // its transpose
    for (int i = 0; i < n; ++i) {
        for (int j = 0; j <= i; ++j) {
            upper.at(j, i) = lower.at(i, j);
        }
    }
    return gram(upper);
}

}  // namespace prunescope
