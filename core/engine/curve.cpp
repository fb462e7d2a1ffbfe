#include "core/engine/curve.h"

#include "core/base/text.h"

namespace prunescope {

std::string curveCsv(const std::vector<MethodCurve>& curves) {
    std::string csv = "method,budget,shift,shift_after,fired,null_median\n";
    for (const MethodCurve& curve : curves) {
        for (const BudgetPoint& point : curve.points) {
            csv += curve.method + ',' + std::to_string(point.budget) + ',' + number(point.shift) +
                   ',' + number(point.shift_after) + ',' + (point.fired ? "1" : "0") + ',' +
                   number(point.null_median) + '\n';
        }
    }
    return csv;
}

}  // namespace prunescope
