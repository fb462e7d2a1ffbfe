#include "core/prune/catalog_params.h"

namespace prunescope {

namespace {

// Named as in methods.md 4.3; none of the numbers are the paper's.
std::vector<ParamSpec> dcpParams() {
    constexpr auto kEncoder = ParamEffect::EncoderPass;
    constexpr auto kSelect = ParamEffect::Selection;
    return {
        choiceOf(
            "ablation",
            "Ablation",
            {"none", "acgr-only", "tatcs-only", "no-recovery", "no-text"},
            kEncoder,
            "Leaves a part of the method out, over the trigger and the settings below (ours)."),
        choiceOf("schedule",
                 "Schedule",
                 {"geometric", "linear", "flowcut", "single"},
                 kEncoder,
                 "How the token count falls from N to the pool over the events (ours)."),
        realParam("pool_share",
                  "Pool share",
                  0.75,
                  {0, 1},
                  kEncoder,
                  "Part of the patches that leaves the encoder, for TATCS to choose from (ours)."),
        choiceOf("score",
                 "Score",
                 {"flowcut", "cls"},
                 kEncoder,
                 "What ranks tokens into anchors and context: FlowCut's score or CLS attention."),
        choiceOf("similarity",
                 "Similarity of",
                 {"key", "hidden"},
                 kEncoder,
                 "What is compared between context and anchor: head-mean keys or hidden states."),
        realParam("lambda",
                  "Semantic share",
                  0.7,
                  {0, 1},
                  kEncoder,
                  "Weight of semantic against spatial similarity in the context-to-anchor graph."),
        inUnits(realParam("sigma",
                          "Spatial reach",
                          4.0,
                          {0.5, 24},
                          kEncoder,
                          "Width of the spatial similarity, in cells of a 24-wide grid."),
                "cells"),
        integerParam("edges",
                     "Edges per context token",
                     2,
                     {1, 8},
                     kEncoder,
                     "Anchors to which each context token hands itself on."),
        realParam("temperature",
                  "Edge temperature",
                  0.1,
                  {0.01, 2},
                  kEncoder,
                  "Softmax temperature over the edges of a context token."),
        realParam("beta_max",
                  "Recovery strength",
                  0.2,
                  {0, 1},
                  kEncoder,
                  "Largest share of context in a recovered anchor; 0 changes no anchor."),
        switchParam("keep_norm",
                    "Keep norms",
                    false,
                    kEncoder,
                    "Rescale recovered anchors to the norm they had."),
        switchParam(
            "proportional",
            "Proportional attention",
            true,
            kEncoder,
            "After an event an anchor counts in attention for all that it stands for (ours)."),
        switchParam("recovery",
                    "Recovery",
                    true,
                    kEncoder,
                    "Off: context tokens are removed without handing anything on (ablation)."),
        choiceOf("reference",
                 "Compared with",
                 {"full", "pool", "chained"},
                 kEncoder,  // "chained" measures every event
                 "What kappa compares the kept set with: all patches, the pool, or step by step."),
        realParam("eta",
                  "Text share in clusters",
                  0.3,
                  {0, 1},
                  kSelect,
                  "Weight of the text profile when tokens join clusters."),
        realParam("mu",
                  "Text pull on representatives",
                  0.05,
                  {0, 2},
                  kSelect,
                  "Bonus for text-relevant tokens when a cluster re-selects."),
        choiceOf("init",
                 "First representatives",
                 {"facility", "kcenter", "scope"},
                 kSelect,
                 "Greedy rule for cluster centres: coverage, farthest point, coverage x score."),
        integerParam("rounds",
                     "Rounds",
                     1,
                     {1, 3},
                     kSelect,
                     "How often clustering and re-selection repeat."),
        switchParam("guard",
                    "Guard",
                    true,
                    kSelect,
                    "Keep the first choice when re-selection does not lower the shift (ours)."),
        switchParam("use_text", "Use the question", true, kSelect, "Off: re-select without text."),
    };
}

// Two ablations leave one part of the method out, whatever the trigger says.
Trigger triggerOf(const RunSettings& settings) {
    const std::string ablation = MethodParams(settings).choice("ablation");
    if (ablation == "acgr-only") {
        return Trigger::Never;
    }
    return ablation == "tatcs-only" ? Trigger::Always : settings.trigger;
}

}  // namespace

std::vector<MethodSpec> dcpMethods() {
    MethodSpec dcp;
    dcp.id = "dcp";
    dcp.title = "DCP-Prune";
    dcp.paper = "DCP-Prune, 2026, arXiv 2606.16633";
    dcp.note =
        "our implementation of arXiv 2606.16633, whose authors published no code; every default is "
        "ours";
    dcp.sites = {Site::Kind::EncoderLayer, Site::Kind::AfterEncoder};
    dcp.in_encoder = true;
    dcp.on_rules =
        "A pinned patch is always an anchor, is first among the centres and represents its "
        "cluster; a banned one is always context, and neither centre nor representative.";
    dcp.uses_threshold = true;
    dcp.trigger_of = triggerOf;
    dcp.uses_text = true;
    dcp.uses_seed = true;  // draws of the null band, which the relative trigger reads
    dcp.params = dcpParams();
    return {dcp};
}

}  // namespace prunescope
