#include "core/prune/catalog_params.h"

namespace prunescope {

namespace {

constexpr auto kDecoder = ParamEffect::Decoder;

MethodSpec languageMethod(std::string id, std::string title, std::string paper, std::string note) {
    MethodSpec spec;
    spec.id = std::move(id);
    spec.title = std::move(title);
    spec.paper = std::move(paper);
    spec.note = std::move(note);
    spec.sites = {Site::Kind::DecoderLayer};
    spec.in_decoder = true;
    spec.uses_text = true;
    spec.on_rules =
        "A pinned patch stays at every stage; a banned one does not enter the language model.";
    return spec;
}

ParamSpec earlyLayerParam() {
    return integerParam(
        "layer",
        "Before layer",
        2,
        {1, 64},
        kDecoder,
        "Decoder layer K, counted from 0, whose input is pruned; at most the last.");
}

MethodSpec fastv() {
    MethodSpec spec = languageMethod(
        "fastv",
        "FastV",
        "Chen et al., 2024, arXiv 2403.06764",
        "Attention of the last prompt token in the language model, as in the released code; the "
        "paper's text averages over all tokens. Its drop ratio is the budget: k = (1 - R) N.");
    spec.decoder_plan = &fastvPlan;
    spec.params = {earlyLayerParam(),
                   choiceOf("query",
                            "Attention of",
                            {"last", "all"},
                            kDecoder,
                            "Last prompt token (as released) or the mean of all tokens (as "
                            "described).")};
    return spec;
}

MethodSpec sparsevlm() {
    MethodSpec spec = languageMethod(
        "sparsevlm",
        "SparseVLM",
        "Zhang et al., 2024, arXiv 2410.04417",
        "Three stages, scaled to the depth of the decoder. The released lists are reached at "
        "budgets 17, 26, 36, 110 (v1) and 20, 28, 60, 118 (v2) of 576; other budgets interpolate "
        "(ours). No noise on densities.");
    spec.decoder_plan = &sparsevlmPlan;
    spec.params = {
        choiceOf("version",
                 "Version",
                 {"v1", "v2"},
                 kDecoder,
                 "v1 recycles removed tokens and renumbers; v2 corrects attention for positions."),
        switchParam("recycled_in_budget",
                    "Budget counts recycled",
                    true,
                    kDecoder,
                    "Off: recycled tokens of v1 come on top of the budget, as in the released "
                    "lists."),
        realParam("head_share",
                  "Heads used",
                  0.4375,
                  {0.01, 1},
                  kDecoder,
                  "Share of the heads that v2 reads, those with most attention from text to "
                  "picture; 14 of 32.")};
    return spec;
}

MethodSpec pyramiddrop() {
    MethodSpec spec = languageMethod(
        "pyramiddrop",
        "PyramidDrop",
        "Xing et al., 2024, arXiv 2410.17247",
        "Stages at equal distances in the decoder; counts fall by the same ratio at each, so that "
        "an eighth of the tokens gives the paper's 1/2, 1/4, 1/8.");
    spec.decoder_plan = &pyramiddropPlan;
    spec.params = {
        integerParam(
            "stages", "Stages", 3, {1, 8}, kDecoder, "Places at which tokens are dropped."),
        realParam("interval",
                  "Interval",
                  0.25,
                  {0.03, 0.5},
                  kDecoder,
                  "Share of the decoder's layers between two stages; 8 of 32 in the "
                  "paper.")};
    return spec;
}

MethodSpec dart() {
    MethodSpec spec = languageMethod(
        "dart",
        "DART",
        "Wen et al., 2025, arXiv 2502.11494",
        "Keeps pivots and the tokens that resemble them least. The released count is a multiple of "
        "the pivots; exact budgets spread the remainder (ours).");
    spec.decoder_plan = &dartPlan;
    spec.params = {earlyLayerParam(),
                   integerParam("image_pivots",
                                "Picture pivots",
                                4,
                                {1, 64},
                                kDecoder,
                                "Visual tokens with the largest keys, which stay."),
                   integerParam("text_pivots",
                                "Text pivots",
                                4,
                                {0, 64},
                                kDecoder,
                                "Tokens after the picture with the largest keys."),
                   choiceOf("count",
                            "Count",
                            {"exact", "floor", "released"},
                            kDecoder,
                            "Exactly the budget, the multiple of the pivots below it, or the "
                            "released rule: 64 gives 68.")};
    return spec;
}

}  // namespace

// Methods that prune inside the language model.
std::vector<MethodSpec> languageMethods() {
    return {fastv(), sparsevlm(), pyramiddrop(), dart()};
}

}  // namespace prunescope
