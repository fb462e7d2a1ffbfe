#pragma once

#include "core/image/preprocess.h"
#include "core/model/load_report.h"
#include "core/text/prompt.h"
#include "core/text/tokenizer.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace prunescope {

/// Device and precision as asked for: "auto" lets the machine decide.
struct LoadOptions {
    std::string device = "auto";  ///< auto, cpu, cuda, cuda:N
    std::string dtype = "auto";   ///< auto, fp32, bf16, fp16
    int threads = 0;              ///< 0: leave LibTorch's own choice
    std::function<void(std::uint64_t done, std::uint64_t total)> progress =
        {};  ///< bytes of weights
    std::stop_token stop = {};
    /// Folder of the CLIP that the vision tower comes from, whose text tower CDPruner reads. Empty:
    /// `clip` in the model's folder, else one beside it (clipFoldersFor).
    std::filesystem::path text_tower = {};
};

/// What a hook sees in encoder layer `layer`. float32, on the model's device.
struct EncoderTap {
    int layer = 0;
    at::Tensor tokens;         ///< [1 + n, D] at the hook's place in the layer, row 0 CLS
    at::Tensor cls_attention;  ///< [H, 1 + n] softmax row of CLS
    at::Tensor keys;           ///< [H, 1 + n, dh] after k_proj with bias, unscaled
    at::Tensor values;         ///< [H, 1 + n, dh]
};

/// Rows to go on with: out = mix * in over the patch rows; CLS always stays first.
struct EncoderReduction {
    std::vector<std::int64_t> keep;  ///< [n'] distinct patch rows (0 = first patch), in the order
                                     ///< in which they go on
    at::Tensor mix;                  ///< float32 [n', n] or undefined (gather)
    bool keep_norm = false;          ///< rescale every mixed row to the norm its kept row had
    at::Tensor key_mass = {};  ///< float32 [n']: later attention adds ln(mass) to the logits of
                               ///< these keys (proportional attention); undefined: it adds nothing
};

/// Looks into an encoder pass, layer by layer, and may take tokens out of it.
struct EncoderHook {
    enum class Place {
        AfterLayer,  ///< between two layers
        BeforeMlp,   ///< inside the layer, between attention and MLP
    };

    /// Called in every layer 0..S. Empty: an un-pruned pass.
    std::function<std::optional<EncoderReduction>(const EncoderTap&)> decide = {};
    /// Called when a layer in which `decide` reduced has ended, with what it gives.
    /// @param patches  float32 [n', D], without CLS
    std::function<void(const at::Tensor& patches)> reduced = {};
    Place place = Place::AfterLayer;
};

/// What one encoder pass gives.
struct EncoderOutput {
    at::Tensor features;             ///< float32 [n, D * layers] selected layers, patch rows only
    at::Tensor cls_features;         ///< float32 [1, D * layers] the CLS row of the same layers
    at::Tensor cls_attention;        ///< float32 [H, 1 + n] of layer S
    at::Tensor keys;                 ///< float32 [H, 1 + n, dh] of layer S
    at::Tensor values;               ///< float32 [H, 1 + n, dh] of layer S
    at::Tensor next_input;           ///< [1 + n, D] in the model's dtype: what layer
                                     ///< min(S + 1, last) reads, for Vlm::wideAttention
    std::vector<at::Tensor> hidden;  ///< only when asked for: [1 + n, D] float32, entry 0 after
                                     ///< pre-layernorm, entry l + 1 output of layer l, up to S
};

/// Layer min(S + 1, last) as one head over the whole width. float32.
struct WideAttention {
    at::Tensor cls_attention;  ///< [1 + n] softmax of q_CLS k / sqrt(D), CLS first
    at::Tensor keys;           ///< [1 + n, D] after k_proj with bias
};

/// What a model is put together of (vlm_source.h).
struct VlmSource;

/// The text side of the encoder's CLIP (text_tower.h).
class TextTower;

/// A position in the language model: keys and values of everything fed so far.
class KvCache;

/// A prompt on its way through the decoder's layers (decoder_pass.h).
class DecoderPass;

/// A LLaVA-family model, loaded. Owned and used by one thread (the engine's).
class Vlm {
public:
    /// Opens a Hugging Face `llava` folder (checkpoints.md). Nothing is converted on disk. A text
    /// tower that was not asked for and cannot be read is a warning in the report.
    /// @throws Error(Model), Error(OutOfMemory), Cancelled
    static std::unique_ptr<Vlm> load(const std::filesystem::path& directory,
                                     const LoadOptions& options);

    /// Puts a model together of parts that are there already: load() reads them from a folder, a
    /// benchmark makes them up.
    /// @throws Error(Failure) when a weight that the config asks for is missing
    static std::unique_ptr<Vlm> assemble(VlmSource source);

    ~Vlm();
    Vlm(const Vlm&) = delete;
    Vlm& operator=(const Vlm&) = delete;

    const LoadReport& report() const;
    const Tokenizer& tokenizer() const;
    const ChatTemplate& chatTemplate() const;
    const PreprocessConfig& preprocessConfig() const;
    std::string imageToken() const;
    std::int64_t imageTokenId() const;
    int patchSize() const;
    int contextLength() const;
    int lastEncoderLayer() const;  ///< S: deepest layer whose output is selected, 0-based
    bool keepsCls() const;         ///< select strategy "full": the un-pruned sequence holds CLS
    std::string attentionKernel() const;

    /// Returns when the device has done all that it was given. A GPU's calls return before their
    /// work is done: whoever stops a clock waits first.
    void waitForDevice() const;

    /// One encoder pass over one view. Stops after layer S; checks `stop` at every layer.
    /// @param pixels  the view's pixels
    /// @param hook    called after every layer 0..S, or empty
    EncoderOutput encode(const View& view,
                         const EncoderHook& hook,
                         bool want_hidden,
                         const std::stop_token& stop) const;

    /// @param next_input  EncoderOutput::next_input
    /// @throws Error(Model) when the checkpoint lacks the layer after S
    WideAttention wideAttention(const at::Tensor& next_input) const;

    /// The hidden states of the whole vision tower, as Hugging Face's `hidden_states`: entry 0
    /// after pre-layernorm, entry l + 1 the output of layer l, without pruning. The layers after S,
    /// which no run needs, are read from the model's folder one at a time.
    /// @return float32 [L + 1, 1 + n, D]
    /// @throws Error(Model) when the folder has changed or lacks these layers
    at::Tensor hiddenStates(const View& view, const std::stop_token& stop) const;

    /// [m, D * layers] -> [m, Dt], in the model's dtype.
    at::Tensor project(const at::Tensor& features) const;

    /// nullptr where the checkpoint has none.
    const TextTower* textTower() const;

    /// Input embeddings [n, Dt] of token ids, in the model's dtype.
    /// @throws Error(Input) for ids outside the table
    at::Tensor embed(const std::vector<std::int64_t>& ids) const;

    /// Feeds embeddings [n, Dt] after what `cache` holds. Position ids go on in every layer from
    /// where the layer is.
    /// @return logits of the last position, float32 [V] on the CPU; with `all_positions` [n, V]
    /// @throws Error(Input) when the context length would be exceeded
    at::Tensor feed(KvCache& cache,
                    const at::Tensor& embeddings,
                    bool all_positions,
                    const std::stop_token& stop) const;

    /// An empty cache with room for `capacity` positions.
    std::unique_ptr<KvCache> newCache(int capacity) const;

    /// Starts a pass of a whole prompt [T, Dt] that halts between layers, with an empty cache of
    /// its own with room for `capacity` positions. The model must outlive it.
    std::unique_ptr<DecoderPass> newPass(const at::Tensor& embeddings, int capacity) const;

    int decoderLayers() const;

    /// float32 [dh / 2] radians per position of the decoder's rotary embedding.
    at::Tensor rotaryFrequencies() const;

    bool isStopToken(std::int64_t id) const;

    /// First logit that may be generated: ids outside the tokenizer's vocabulary are masked by the
    /// caller with this bound. 0..limit-1 are valid.
    std::int64_t vocabularyLimit() const;

private:
    struct Parts;
    explicit Vlm(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace prunescope
