#include "core/metric/agreement.h"

#include <algorithm>

namespace prunescope {

std::optional<std::size_t> firstDifference(const AnswerTrace& a, const AnswerTrace& b) {
    const auto [in_a, in_b] = std::mismatch(a.ids.begin(), a.ids.end(), b.ids.begin(), b.ids.end());
    if (in_a == a.ids.end() && in_b == b.ids.end()) {
        return std::nullopt;
    }
    return static_cast<std::size_t>(in_a - a.ids.begin());
}

std::vector<bool> differingTokens(const AnswerTrace& a, const AnswerTrace& b) {
    std::vector<bool> differs(std::max(a.ids.size(), b.ids.size()), true);
    for (std::size_t i = 0; i < std::min(a.ids.size(), b.ids.size()); ++i) {
        differs[i] = a.ids[i] != b.ids[i];
    }
    return differs;
}

}  // namespace prunescope
