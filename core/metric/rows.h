#pragma once

#include "core/metric/shift.h"

#include <cstddef>
#include <span>
#include <vector>

namespace prunescope {

/// float64 rows and the few products that the metrics need of them. Plain loops that the compiler
/// vectorises: N = 576 rows of d = 1024 multiply among themselves in about two times what a BLAS
/// takes (tests/bench), so that this layer needs no library.
struct Rows {
    Rows() = default;
    Rows(int n_rows, int n_cols);  ///< zeros
    explicit Rows(TokenMatrix matrix);

    std::span<double> row(int i) { return std::span(values).subspan(offset(i), width()); }

    std::span<const double> row(int i) const {
        return std::span(values).subspan(offset(i), width());
    }

    double at(int i, int j) const { return values[offset(i) + static_cast<std::size_t>(j)]; }

    double& at(int i, int j) { return values[offset(i) + static_cast<std::size_t>(j)]; }

    std::vector<double> values;  // row-major [rows, cols]
    int rows = 0;
    int cols = 0;

private:
    std::size_t width() const { return static_cast<std::size_t>(cols); }

    std::size_t offset(int i) const { return static_cast<std::size_t>(i) * width(); }
};

/// [cols]
std::vector<double> meanOfRows(const Rows& rows);

/// Subtracts `centre` [cols] from every row.
void centreRows(Rows& rows, std::span<const double> centre);

double dot(std::span<const double> a, std::span<const double> b);

/// a bᵀ: [a.rows, b.rows]
Rows products(const Rows& a, const Rows& b);

/// a aᵀ, half the work.
Rows gram(const Rows& a);

/// Sum of the squares of all entries.
double squareSum(const Rows& rows);

double trace(const Rows& square);

/// The lower Cholesky factor of a positive definite matrix, in its place; the upper triangle is not
/// touched. False, with the matrix half done, when it is not positive definite.
bool cholesky(Rows& matrix);

/// ln det of the matrix whose factor this is.
double logDeterminant(const Rows& factor);

/// The inverse of the matrix whose lower Cholesky factor this is.
Rows inverseFromCholesky(const Rows& factor);

}  // namespace prunescope
