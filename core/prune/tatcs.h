#pragma once

#include "core/prune/cover.h"
#include "core/prune/select.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace prunescope {

/// TATCS: clusters the pool around k greedy representatives with some regard for the question, and
/// takes one central, relevant token per cluster. methods.md 4.3 "TATCS(Y, text, k)", our
/// definition.
struct TatcsOptions {
    std::string init = "facility";  ///< or "kcenter", "scope"
    double eta = 0.3;
    double mu = 0.05;  ///< ours; methods.md 4.3 has 0.2, which cost answers (core/prune/README.md)
    int rounds = 1;
};

struct TatcsInput {
    at::Tensor tokens;         ///< float32 [M, D] Y before the M to k step
    at::Tensor projected;      ///< float32 [M, Dt] proj(Y); undefined: no text
    at::Tensor text;           ///< float32 [Lt, Dt]; undefined or Lt = 0: no text
    std::vector<float> mass;   ///< [M] w
    std::vector<float> score;  ///< [M] c
    SlotRules rules = {};      ///< [M] pinned: first centres, and chosen; banned: neither
};

/// Step 3.
struct TextRelevance {
    bool has_text = false;
    FineCosines profile;           ///< [M, raters] cosines, column-centred
    std::vector<float> relevance;  ///< [M] rho in [0, 1]; 0.5 where it is the same for all
};

struct Reselection {
    std::vector<int> centres;     ///< per cluster: initial representative, in order of picking
    std::vector<int> cluster_of;  ///< per slot, of the last round
    std::vector<int> chosen;      ///< per cluster: re-selected representative
    std::vector<float> medoid;    ///< per slot: what step 6 compared, of the last round
    TextRelevance text;
};

TextRelevance textRelevance(const at::Tensor& projected, const at::Tensor& text, int n_tokens);

/// Steps 1 to 7. 1 <= k <= M. All indices are slots of Y.
Reselection tatcs(const TatcsInput& in, const TatcsOptions& options, int k);

}  // namespace prunescope
