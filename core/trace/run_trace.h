#pragma once

#include "core/image/patch_grid.h"
#include "core/trace/settings.h"
#include "core/trace/site.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace prunescope {

/// What happened in one run, as plain immutable values: no tensors, nothing of the model. From a
/// trace alone a view can paint every stage on the picture.
///
/// Patches are numbered in raster order of their view's grid, 0..N-1. A *slot* is a row of the
/// token sequence at a stage. Lists "per patch" have N entries.

/// D of random draws of the same size from the full set: the scale on which a value of D is read.
struct NullBand {
    double p5 = 0;
    double median = 0;
    double p95 = 0;
    int draws = 0;  ///< 0: not computed

    bool operator==(const NullBand&) const = default;
};

/// A context token handed part of itself to an anchor before it was removed (ACGR), or was merged.
struct Transfer {
    std::int32_t from_patch = 0;
    std::int32_t to_patch = 0;  ///< -1: a token that stands for no patch (PruMerge's extra one)
    float weight = 0;  ///< share of the sender that went this way; a sender's weights sum to 1

    bool operator==(const Transfer&) const = default;
};

/// One place where the token count fell.
struct StageTrace {
    Site site;
    std::string name;  ///< "ACGR", "TATCS", "select": a word of the method, for labels
    int tokens_in = 0;
    int tokens_out = 0;  ///< with CLS, extra and padding rows, where the method outputs them

    std::vector<float> score;                   ///< per patch: what decided; NaN where the patch
                                                ///< was not there any more, empty if none
    std::vector<std::int32_t> slot_from_patch;  ///< per patch: slot after this stage, -1 gone;
                                                ///< CLS and padding have slots as well
    std::vector<Transfer> transfers;            ///< of this stage
    std::vector<float> mass;                    ///< [tokens_out] patches' worth a slot stands for
                                                ///< (1 = itself only); empty: all 1

    // Filled by stages that cluster (TATCS); patch indices.
    std::vector<std::int32_t> cluster_of;  ///< per patch: cluster number or -1; empty if none
    std::vector<std::int32_t> centres;     ///< per cluster: initial representative
    std::vector<std::int32_t> baseline;    ///< kept before re-selection, ascending
    std::vector<std::int32_t> chosen;      ///< per cluster: re-selected representative
    std::vector<float> text_relevance;     ///< per patch in [0, 1]; NaN outside the pool

    std::optional<double> shift_before;  ///< D after removal, before re-selection
    std::optional<double> shift_after;   ///< D after re-selection, where it ran
    NullBand null_band;                  ///< of draws of tokens_out from the full set
    double ms = 0;

    bool operator==(const StageTrace&) const = default;
};

/// What one channel adds to D.
struct ChannelShift {
    std::int32_t channel = 0;
    double share = 0;  ///< of D, in [0, 1]
    double mean_term = 0;
    double variance_term = 0;

    bool operator==(const ChannelShift&) const = default;
};

/// The outcome of the distribution metric and its trigger for one view.
struct ShiftSummary {
    std::string metric = "klDiagFwd";
    std::optional<double> kappa;        ///< D(X_k, X_f) before re-selection
    std::optional<double> kappa_after;  ///< D of the re-selection, accepted or not
    double mean_term = 0;               ///< kappa = mean_term + variance_term, for metrics that
    double variance_term = 0;           ///< have the two parts; else both 0
    double tau = 0;                     ///< the threshold that was compared with kappa: tau itself,
                                        ///< or phi * null median with the relative trigger
    bool fired = false;
    bool accepted = false;  ///< the guard kept the re-selection
    NullBand null_band;     ///< for k of N at the selected layer
    ShiftPlace place = ShiftPlace::Encoder;
    std::vector<ChannelShift> channels;  ///< of kappa: those that add most, largest first; empty
                                         ///< for metrics that are no sum over channels

    bool operator==(const ShiftSummary&) const = default;
};

/// What a token that goes to the language model is. methods.md 4.4.
enum class RowKind {
    Patch,    ///< a patch's own row, possibly enriched inside the encoder
    Merged,   ///< a mean or sum over several patches, at the place of one of them
    Cls,      ///< the CLS row (VisionZip, PruneSID)
    Extra,    ///< made of patches, at no patch's place (PruMerge)
    Padding,  ///< zeros behind the projector (HoloV); takes no part in D
};

std::string nameOf(RowKind kind);

struct OutputRow {
    RowKind kind = RowKind::Patch;
    std::int32_t patch = -1;  ///< the patch it stands for; -1 for CLS, extra and padding

    bool operator==(const OutputRow&) const = default;
};

/// One encoder pass: LLaVA-1.5 has one view, LLaVA-NeXT one base view and up to four crops.
struct ViewTrace {
    PatchGrid grid;
    RectF source;  ///< the view's square in picture pixels: inside the picture for a crop, beyond
                   ///< its edges where it was padded
    std::vector<StageTrace> stages;  ///< in the order they ran
    std::vector<std::int32_t> kept;  ///< patches the output tokens stand for, ascending
    std::vector<OutputRow> rows;     ///< the output tokens in the order that the language model
                                     ///< reads them, not always raster; empty in older traces
    ShiftSummary shift;

    bool operator==(const ViewTrace&) const = default;
};

struct AnswerTrace {
    std::string text;                 ///< without special tokens
    std::vector<std::int64_t> ids;    ///< as generated, stop token included
    std::vector<std::string> pieces;  ///< per id: the text it added ("" for special tokens)
    std::vector<float> probability;   ///< per id: softmax probability of the chosen token
    bool complete = false;            ///< false while it streams, or when it was never asked for
    bool hit_length_limit = false;

    bool operator==(const AnswerTrace&) const = default;
};

struct Timings {
    double preprocess = 0;
    double encode = 0;
    double select = 0;
    double project = 0;
    double prefill = 0;
    double decode = 0;
    double reference =
        0;  ///< the un-pruned encoder pass for X_f, where the method has its own pass

    bool operator==(const Timings&) const = default;
};

struct ModelIdentity {
    std::string name;         ///< folder name
    std::string fingerprint;  ///< hash of config and weight headers
    std::string device;       ///< "cpu", "cuda:0"
    std::string dtype;        ///< "fp32", "bf16", "fp16"
    std::string attention;    ///< kernel that ran: "sdpa", "math"
    int layers = 0;           ///< encoder layers that run
    int threads = 0;
    int decoder_layers = 0;  ///< of the language model; 0 in older traces

    bool operator==(const ModelIdentity&) const = default;
};

struct ImageIdentity {
    std::string name;  ///< file name without its folder
    std::string hash;
    int width = 0;
    int height = 0;

    bool operator==(const ImageIdentity&) const = default;
};

/// "k tokens" means three things (methods.md 0.4): `visual_kept` is what remains at the end; the
/// layer means count the visual tokens that enter and that leave each decoder layer. All three are
/// the same for a method that prunes before the language model.
struct TokenCounts {
    int visual_full = 0;
    int visual_kept = 0;
    int text = 0;
    double layer_mean_in = 0;
    double layer_mean_out = 0;

    /// Sets the layer means of a method that prunes before the language model.
    void sameInEveryLayer() { layer_mean_in = layer_mean_out = visual_kept; }

    bool operator==(const TokenCounts&) const = default;
};

struct StageCounter {
    std::string stage;
    std::int64_t hits = 0;
    std::int64_t misses = 0;

    bool operator==(const StageCounter&) const = default;
};

struct RunTrace {
    RunSettings settings;
    std::string prompt;
    ModelIdentity model;
    ImageIdentity image;
    std::vector<ViewTrace> views;
    TokenCounts tokens;
    AnswerTrace answer;
    Timings timings_ms;  ///< what this run took: next to nothing for a stage that was reused
    Timings cost_ms;     ///< what its stages took when they were computed, reused or not
    std::vector<StageCounter> cache;  ///< counters of the whole session after this run
    std::vector<std::string> reused;  ///< stages of this run that came from the cache
    std::vector<std::string> notes;   ///< "budget 600 is more than the 576 patches: 576 taken"
    std::string version;

    bool operator==(const RunTrace&) const = default;
};

/// What became of a patch, in the vocabulary of the overlay.
enum class PatchFate {
    Kept,        ///< an output token
    Enriched,    ///< an output token that received context
    Reselected,  ///< an output token that TATCS chose and the baseline had not
    Evicted,     ///< the baseline had it, TATCS did not keep it
    Merged,      ///< handed its context on, then removed
    Dropped,     ///< removed, sent nothing
};

/// Fates of all patches after stage `stage` (index into view.stages; the last shows the result, -1
/// the state before the first stage).
std::vector<PatchFate> patchFates(const ViewTrace& view, int stage);

/// Mass each patch's slot holds after stage `stage`: 1 = itself only, 0 = gone.
std::vector<float> patchMass(const ViewTrace& view, int stage);

}  // namespace prunescope
