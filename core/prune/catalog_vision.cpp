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
    methods.push_back(
        insideEncoder("flowcut",
                      "FlowCut",
                      "FlowCut, 2025, arXiv 2505.19536",
                      "The stage inside the encoder; nothing to tune beside the budget.",
                      {}));
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
    return methods;
}

}  // namespace prunescope
