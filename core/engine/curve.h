#pragma once

#include <string>
#include <vector>

namespace prunescope {

/// D at one budget.
struct BudgetPoint {
    int budget = 0;
    double shift = 0;        ///< kappa
    double shift_after = 0;  ///< of what is kept in the end (= shift where nothing was re-selected)
    bool fired = false;
    double null_median = 0;

    bool operator==(const BudgetPoint&) const = default;
};

/// D against budget of one method.
struct MethodCurve {
    std::string method;
    std::vector<BudgetPoint> points;  ///< ascending budgets

    bool operator==(const MethodCurve&) const = default;
};

/// One line per point: method,budget,shift,shift_after,fired,null_median.
std::string curveCsv(const std::vector<MethodCurve>& curves);

}  // namespace prunescope
