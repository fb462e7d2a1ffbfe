#include "core/metric/measure.h"
#include "core/metric/rows.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace prunescope {

namespace {

constexpr double kLeastNorm = 1e-12;

// 1 - cos, and 0 where rounding leaves less; a NaN stays one.
double distanceOf(double cosine) {
    return cosine > 1 ? 0.0 : 1 - cosine;
}

std::vector<double> unit(std::vector<double> vector) {
    const double norm = std::max(std::sqrt(dot(vector, vector)), kLeastNorm);
    for (double& value : vector) {
        value /= norm;
    }
    return vector;
}

void scaleToUnit(Rows& rows) {
    for (int i = 0; i < rows.rows; ++i) {
        const std::span<double> row = rows.row(i);
        const double norm = std::max(std::sqrt(dot(row, row)), kLeastNorm);
        for (double& value : row) {
            value /= norm;
        }
    }
}

/// meanCos: the angle between the two means.
class MeanCosine : public ShiftMeasure {
public:
    explicit MeanCosine(TokenMatrix full) : full_(full), direction_(unit(meanOfRows(full_))) {}

    ShiftValue measure(TokenMatrix kept, int /*channels*/) const override {
        ShiftValue out;
        out.value = distanceOf(dot(unit(meanOfRows(Rows(kept))), direction_));
        return out;
    }

    std::vector<double> ofDraws(const std::vector<Draw>& draws) const override {
        std::vector<double> values;
        for (const Draw& draw : draws) {
            std::vector<double> sum(direction_.size(), 0.0);
            for (const std::int32_t i : draw) {
                const std::span<const double> row = full_.row(i);
                for (std::size_t j = 0; j < row.size(); ++j) {
                    sum[j] += row[j];
                }
            }
            for (double& value : sum) {
                value /= static_cast<double>(draw.size());
            }
            values.push_back(distanceOf(dot(unit(std::move(sum)), direction_)));
        }
        return values;
    }

private:
    Rows full_;
    std::vector<double> direction_;  // of the full mean
};

/// coverage: how far the rows of the full set are from their nearest kept row.
class Coverage : public ShiftMeasure {
public:
    explicit Coverage(TokenMatrix full) : full_(full) {
        scaleToUnit(full_);
        cosines_ = gram(full_);
    }

    ShiftValue measure(TokenMatrix kept, int /*channels*/) const override {
        Rows rows(kept);
        scaleToUnit(rows);
        const Rows cosines = products(rows, full_);
        std::vector<double> nearest(static_cast<std::size_t>(full_.rows), kNone);
        for (int i = 0; i < cosines.rows; ++i) {
            raise(nearest, cosines.row(i));
        }
        ShiftValue out;
        out.value = valueOf(nearest);
        return out;
    }

    std::vector<double> ofDraws(const std::vector<Draw>& draws) const override {
        std::vector<double> values;
        for (const Draw& draw : draws) {
            std::vector<double> nearest(static_cast<std::size_t>(full_.rows), kNone);
            for (const std::int32_t i : draw) {
                raise(nearest, cosines_.row(i));
            }
            values.push_back(valueOf(nearest));
        }
        return values;
    }

private:
    static constexpr double kNone = -std::numeric_limits<double>::infinity();

    static void raise(std::vector<double>& nearest, std::span<const double> cosines) {
        for (std::size_t j = 0; j < nearest.size(); ++j) {
            nearest[j] =
                nearest[j] < cosines[j] || std::isnan(cosines[j]) ? cosines[j] : nearest[j];
        }
    }

    static double valueOf(const std::vector<double>& nearest) {
        double sum = 0;
        for (const double cosine : nearest) {
            sum += cosine;
        }
        return distanceOf(sum / static_cast<double>(nearest.size()));
    }

    Rows full_;     // unit rows
    Rows cosines_;  // [N, N]
};

}  // namespace

std::unique_ptr<const ShiftMeasure> makeMeanCosine(TokenMatrix full) {
    return std::make_unique<MeanCosine>(full);
}

std::unique_ptr<const ShiftMeasure> makeCoverage(TokenMatrix full) {
    return std::make_unique<Coverage>(full);
}

}  // namespace prunescope
