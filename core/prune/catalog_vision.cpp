#include "core/prune/catalog_params.h"

namespace prunescope {

namespace {

constexpr auto kSelect = ParamEffect::Selection;

// A method that chooses from the features that left the encoder.
MethodSpec afterEncoder(std::string id,
                        std::string title,
                        std::string paper,
                        std::string note,
                        std::vector<ParamSpec> params) {
    MethodSpec spec;
    spec.id = std::move(id);
    spec.title = std::move(title);
    spec.paper = std::move(paper);
    spec.note = std::move(note);
    spec.sites = {Site::Kind::AfterEncoder};
    spec.params = std::move(params);
    return spec;
}

// A method that prunes between the layers of the encoder.
MethodSpec insideEncoder(std::string id,
                         std::string title,
                         std::string paper,
                         std::string note,
                         std::vector<ParamSpec> params) {
    MethodSpec spec = afterEncoder(
        std::move(id), std::move(title), std::move(paper), std::move(note), std::move(params));
    spec.sites = {Site::Kind::EncoderLayer, Site::Kind::AfterEncoder};
    spec.in_encoder = true;
    return spec;
}

}  // namespace

// Methods that prune before the language model, from their formulas; one entry each.
std::vector<MethodSpec> visionMethods() {
    std::vector<MethodSpec> methods;
    methods.push_back(afterEncoder(
        "visionzip",
        "VisionZip",
        "VisionZip, 2024, arXiv 2412.04467",
        "CLS counts as one of the k; a contextual token is a sum and has about twice a token's "
        "norm, as released.",
        {integerParam("contextual",
                      "Contextual tokens",
                      0,
                      {0, 575},
                      kSelect,
                      "Merged tokens among the k; 0 takes 10 of every 64, as published."),
         choiceOf(
             "merge",
             "Contextual token",
             {"released", "mean"},
             kSelect,
             "Target plus the mean of its members (as released), or the mean of all (ours).")}));
    methods.back().rows_without_patch = 1;
    methods.back().on_rules =
        "Pinned patches are dominant tokens, at the cost of contextual ones; a banned patch is "
        "merged into a contextual token, never the target of one.";
    methods.push_back(afterEncoder(
        "holov",
        "HoloV",
        "HoloV, 2025, arXiv 2510.02912",
        "Runs of the sequence as partitions, as released; a partition's surplus becomes zero rows.",
        {integerParam("partitions",
                      "Partitions",
                      16,
                      {1, 64},
                      kSelect,
                      "Runs into which the sequence is cut; unused with spatial crops."),
         realParam("alpha",
                   "Weight of variety",
                   0.09,
                   {0, 10},
                   kSelect,
                   "Share of feature variety in a partition's weight, against attention."),
         switchParam("spatial_crops",
                     "Spatial crops",
                     false,
                     kSelect,
                     "4 x 4 rectangles of the picture instead of runs, as the paper describes.")}));
    methods.back().on_rules =
        "A partition's share is raised to what is pinned in it; the largest shares give way.";
    methods.push_back(
        insideEncoder("flowcut",
                      "FlowCut",
                      "FlowCut, 2025, arXiv 2505.19536",
                      "The stage inside the encoder; nothing to tune beside the budget.",
                      {}));
    methods.back().on_rules =
        "A pinned patch survives every layer; a banned one leaves at the first that prunes.";
    methods.push_back(afterEncoder(
        "prunesid",
        "PruneSID",
        "PruneSID, 2026, arXiv 2603.09480",
        "CLS counts as one of the k; exact eigenvectors where the authors' code draws at random.",
        {integerParam("group_size",
                      "Tokens per group",
                      4,
                      {1, 64},
                      kSelect,
                      "Budget divided by this gives the number of groups."),
         realParam("suppression",
                   "Suppression divisor",
                   32,
                   {1, 256},
                   kSelect,
                   "Tokens above budget / this of the mean cosine suppress each other.")}));
    methods.back().rows_without_patch = 1;
    methods.back().on_rules =
        "A pinned patch is never suppressed, and its group's share is raised to hold it.";
    methods.push_back(afterEncoder(
        "scope",
        "SCOPE",
        "SCOPE, 2025, arXiv 2510.24214",
        "Greedy coverage times attention; alpha 0 is facility location.",
        {realParam("alpha",
                   "Power of attention",
                   1.0,
                   {0, 4},
                   kSelect,
                   "Attention to the power of this weighs a token's gain in coverage."),
         switchParam("additive",
                     "Add attention",
                     false,
                     kSelect,
                     "Attention is added to the gain instead of multiplied.")}));
    methods.push_back(afterEncoder(
        "vispruner",
        "VisPruner",
        "VisPruner, ICCV 2025, arXiv 2412.01818",
        "Important patches by attention; of the others, look-alikes are thinned out.",
        {realParam("important_ratio",
                   "Share by attention",
                   0.5,
                   {0, 1},
                   kSelect,
                   "Share of the budget that goes to the patches of largest CLS attention.")}));
    methods.push_back(afterEncoder(
        "divprune",
        "DivPrune",
        "DivPrune, CVPR 2025, arXiv 2503.02175",
        "Farthest points among the projected tokens; the paper's ratio follows from the budget.",
        {}));
    MethodSpec cdpruner = afterEncoder(
        "cdpruner",
        "CDPruner",
        "CDPruner, NeurIPS 2025, arXiv 2506.10967",
        "Relevance by the text tower of the encoder's CLIP, as the authors have it, where the "
        "model "
        "comes with one or one lies beside it; else in projector space.",
        {choiceOf("relevance",
                  "Relevance by",
                  {"auto", "projector"},
                  kSelect,
                  "auto: CLIP's text tower where there is one. projector: cosine of projected "
                  "patches and the question's input embeddings."),
         choiceOf("sign",
                  "Sign of relevance",
                  {"minus", "plus"},
                  kSelect,
                  "minus: patches less like the question weigh more, as released for CLIP."),
         choiceOf("weight",
                  "Weight of relevance",
                  {"plain", "exponential"},
                  kSelect,
                  "Relevance as it is, or exp(theta / (2 (1 - theta)) relevance)."),
         realParam("theta",
                   "Theta",
                   0.5,
                   {0, 0.95},
                   kSelect,
                   "With exponential weight: 0 is diversity alone, towards 1 relevance alone.")});
    cdpruner.uses_text = true;
    methods.push_back(std::move(cdpruner));
    MethodSpec tome = insideEncoder(
        "tome",
        "ToMe",
        "ToMe, ICLR 2023, arXiv 2210.09461",
        "Merges in every layer, half of the tokens at most: a shallow encoder may keep more than "
        "the budget.",
        {switchParam("proportional",
                     "Proportional attention",
                     true,
                     ParamEffect::EncoderPass,
                     "Attention counts a merged token as often as it has members.")});
    tome.inside_layer = true;
    tome.on_rules =
        "A pinned patch is never merged away, but others merge into it; banned ones are merged "
        "first, and their group goes by another member.";
    methods.push_back(std::move(tome));
    methods.push_back(afterEncoder(
        "prumerge",
        "PruMerge",
        "LLaVA-PruMerge, 2024, arXiv 2403.15388",
        "Sums, not means: weights are not normalised, as released. One of the k gathers all that "
        "are not kept.",
        {choiceOf("count",
                  "Token count",
                  {"budget", "outliers"},
                  kSelect,
                  "The budget, or as released the number of outliers in attention."),
         switchParam("plus",
                     "Plus",
                     false,
                     kSelect,
                     "Add evenly spaced patches (PruMerge+); how they fit a budget is ours.")}));
    methods.back().rows_without_patch = 1;
    methods.back().on_rules =
        "Pinned patches are kept first and take in their neighbours; a banned one is a neighbour "
        "or gathered with the rest.";
    MethodSpec avgpool =
        afterEncoder("avgpool", "Average pooling", "", "Means over the cells of an even grid.", {});
    avgpool.on_rules =
        "Pinned patches are tokens of their own; windows are spread anew beside them, leave pinned "
        "and banned patches out of the mean and go by the nearest open patch.";
    methods.push_back(std::move(avgpool));
    return methods;
}

}  // namespace prunescope
