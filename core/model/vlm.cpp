#include "core/model/vlm.h"

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/hash.h"
#include "core/base/stop.h"
#include "core/base/text.h"
#include "core/model/checkpoint.h"
#include "core/model/config.h"
#include "core/model/decoder_pass.h"
#include "core/model/foreign_errors.h"
#include "core/model/kv_cache.h"
#include "core/model/language_model.h"
#include "core/model/placement.h"
#include "core/model/precision.h"
#include "core/model/projector.h"
#include "core/model/text_tower.h"
#include "core/model/vision_encoder.h"
#include "core/model/vlm_source.h"
#include "core/model/weights.h"

#include <algorithm>
#include <span>
#include <utility>

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/stack.h>
#include <c10/core/InferenceMode.h>
#include <c10/core/impl/VirtualGuardImpl.h>

namespace prunescope {

struct Vlm::Parts {
    explicit Parts(VlmSource source)
        : report(std::move(source.report)),
          config(source.config),
          placement(source.placement),
          tokenizer(std::move(source.tokenizer)),
          chat(std::move(source.chat)),
          preprocess(source.preprocess),
          encoder(source.config, source.weights),
          projector(source.config, source.weights),
          language(source.config.text, source.weights, source.has_own_head),
          text_tower(std::move(source.text_tower)) {}

    LoadReport report;
    VlmConfig config;
    Placement placement;
    std::shared_ptr<const Tokenizer> tokenizer;
    ChatTemplate chat;
    PreprocessConfig preprocess;
    VisionEncoder encoder;
    Projector projector;
    LanguageModel language;
    std::shared_ptr<const TextTower> text_tower;
};

namespace {

std::string fingerprintOf(const std::filesystem::path& directory, const Checkpoint& checkpoint) {
    constexpr std::uint64_t kMaxConfig = 64u << 20;
    const std::vector<std::uint8_t> config =
        readFile(directory / "config.json", kMaxConfig, ErrorCode::Model);
    return hex(Hasher().add(std::span(config)).add(checkpoint.header_hash).value());
}

std::string architectureOf(const VlmConfig& config) {
    return "llava: clip " + std::to_string(config.vision.layers) + " x " +
           std::to_string(config.vision.hidden_size) + " -> " + config.text.model_type + " " +
           std::to_string(config.text.layers) + " x " + std::to_string(config.text.hidden_size);
}

LoadReport reportOf(const std::filesystem::path& directory,
                    const VlmConfig& config,
                    const Checkpoint& checkpoint,
                    const Placement& placement) {
    LoadReport report;
    report.name = modelName(directory);
    report.directory = directory.string();
    report.architecture = architectureOf(config);
    report.naming = checkpoint.naming;
    report.stored_dtype = checkpoint.stored_dtype;
    report.dtype = nameOf(placement.dtype);
    report.device = placement.device.str();
    report.fingerprint = fingerprintOf(directory, checkpoint);
    report.parameters = checkpoint.parameters;
    report.file_bytes = checkpoint.file_bytes;
    report.shards = checkpoint.shards;
    report.encoder_layers_run = config.lastLayer() + 1;
    report.encoder_layers = config.vision.layers;
    report.image_size = config.vision.image_size;
    report.patch_size = config.vision.patch_size;
    report.context_length = config.text.max_positions;
    report.ignored = checkpoint.ignored;
    report.warnings = checkpoint.warnings;
    return report;
}

/// The tokenizer and the embeddings must agree about the picture's placeholder.
void checkTokenizer(const Tokenizer& tokenizer, const VlmConfig& config, LoadReport& report) {
    if (tokenizer.tokenText(config.image_token_id).empty()) {
        throw Error(ErrorCode::Model,
                    "config.json names token " + std::to_string(config.image_token_id) +
                        " as the picture's placeholder, and the tokenizer has no such token.");
    }
    if (tokenizer.vocabularySize() > config.text.vocab_size) {
        report.warnings.push_back(
            "The tokenizer has " + std::to_string(tokenizer.vocabularySize()) +
            " tokens, the model " + std::to_string(config.text.vocab_size) + " embeddings.");
    }
}

/// What the encoder is given must be what it was trained on.
void checkPreprocess(const PreprocessConfig& preprocess, const VlmConfig& config) {
    const int side = config.vision.image_size;
    if (preprocess.do_center_crop &&
        (preprocess.crop_width != side || preprocess.crop_height != side)) {
        throw Error(ErrorCode::Model,
                    "preprocessor_config.json crops to " + std::to_string(preprocess.crop_width) +
                        " x " + std::to_string(preprocess.crop_height) +
                        " pixels; the encoder takes " + std::to_string(side) + " x " +
                        std::to_string(side) + ".");
    }
}

/// The text tower that was asked for, or the first beside the model that belongs to it.
std::shared_ptr<const TextTower> findTextTower(const std::filesystem::path& directory,
                                               const VlmConfig& config,
                                               const WeightMap& weights,
                                               const Placement& placement,
                                               const LoadOptions& options,
                                               LoadReport& report) {
    if (!options.text_tower.empty()) {
        return TextTower::load(options.text_tower, config, weights, placement, options.stop);
    }
    for (const std::filesystem::path& folder : clipFoldersFor(directory, config.vision)) {
        try {
            return TextTower::load(folder, config, weights, placement, options.stop);
        } catch (const Error& error) {
            report.warnings.push_back("The text tower in " + inQuotes(folder.string()) +
                                      " is not used: " + error.what());
        }
    }
    return nullptr;
}

void setThreads(int threads) {
    if (threads > 0 && threads != at::get_num_threads()) {
        at::set_num_threads(threads);
    }
}

/// cuDNN rounds float32 to TF32 by itself: 10 bits, too few for selections that equal the CPU's.
/// And it may take algorithms whose sums differ from run to run.
void computeExactly(const at::Device& device) {
    if (device.is_cuda()) {
        at::globalContext().setAllowTF32CuDNN(false);
        at::globalContext().setDeterministicCuDNN(true);
    }
}

}  // namespace

std::unique_ptr<Vlm> Vlm::load(const std::filesystem::path& directory, const LoadOptions& options) {
    return translated([&] {
        const c10::InferenceMode inference;
        setThreads(options.threads);
        if (!std::filesystem::is_directory(directory)) {
            throw Error(ErrorCode::Model, inQuotes(directory.string()) + " is not a folder.");
        }
        const VlmConfig config = readConfig(directory);
        Checkpoint checkpoint = openCheckpoint(directory);
        const bool has_own_head = hasOwnHead(config, checkpoint);
        std::vector<ExpectedTensor> expected = expectedTensors(config, has_own_head);
        for (ExpectedTensor& tensor : nextLayerTensors(config, checkpoint)) {
            expected.push_back(std::move(tensor));
        }
        checkTensors(expected, checkpoint);
        throwIfStopped(options.stop);
        const Placement placement = choosePlacement(
            options.device, options.dtype, checkpoint.main_dtype, elementsOf(expected));
        LoadReport report = reportOf(directory, config, checkpoint, placement);

        // Small files first: a folder without a tokenizer should not cost a minute of reading.
        auto tokenizer = loadTokenizer(directory);
        checkTokenizer(*tokenizer, config, report);
        ChatTemplate chat = readChatTemplate(directory);
        const PreprocessConfig preprocess =
            readPreprocessConfig(directory, config.vision.image_size);
        checkPreprocess(preprocess, config);
        report.tokenizer = tokenizer->description();
        report.chat_template = chat.name;

        WeightMap weights =
            loadWeights(expected, checkpoint, placement, options.progress, options.stop);
        auto text_tower = findTextTower(directory, config, weights, placement, options, report);
        if (text_tower) {
            report.architecture += ", text tower of " + text_tower->name();
        }
        return assemble({std::move(report),
                         config,
                         placement,
                         std::move(tokenizer),
                         std::move(chat),
                         preprocess,
                         std::move(weights),
                         has_own_head,
                         std::move(text_tower)});
    });
}

std::unique_ptr<Vlm> Vlm::assemble(VlmSource source) {
    return translated([&] {
        computeExactly(source.placement.device);
        source.report.memory_bytes =
            source.weights.bytes() + (source.text_tower ? source.text_tower->bytes() : 0);
        return std::unique_ptr<Vlm>(new Vlm(std::make_unique<Parts>(std::move(source))));
    });
}

Vlm::Vlm(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Vlm::~Vlm() = default;

const LoadReport& Vlm::report() const {
    return parts_->report;
}

const Tokenizer& Vlm::tokenizer() const {
    return *parts_->tokenizer;
}

const ChatTemplate& Vlm::chatTemplate() const {
    return parts_->chat;
}

const PreprocessConfig& Vlm::preprocessConfig() const {
    return parts_->preprocess;
}

std::string Vlm::imageToken() const {
    return parts_->tokenizer->tokenText(parts_->config.image_token_id);
}

std::int64_t Vlm::imageTokenId() const {
    return parts_->config.image_token_id;
}

int Vlm::patchSize() const {
    return parts_->config.vision.patch_size;
}

int Vlm::contextLength() const {
    return parts_->config.text.max_positions;
}

int Vlm::lastEncoderLayer() const {
    return parts_->config.lastLayer();
}

bool Vlm::keepsCls() const {
    return parts_->config.keeps_cls;
}

std::string Vlm::attentionKernel() const {
    return "sdpa";
}

void Vlm::waitForDevice() const {
    const at::Device& device = parts_->placement.device;
    if (!device.is_cpu()) {
        translated(
            [&] { c10::impl::VirtualGuardImpl(device.type()).synchronizeDevice(device.index()); });
    }
}

EncoderOutput Vlm::encode(const View& view,
                          const EncoderHook& hook,
                          bool want_hidden,
                          const std::stop_token& stop) const {
    return translated([&] {
        const c10::InferenceMode inference;
        const VisionConfig& vision = parts_->config.vision;
        require(view.width == vision.image_size && view.height == vision.image_size &&
                    view.pixels.size() == static_cast<std::size_t>(vision.channels) *
                                              static_cast<std::size_t>(view.width) *
                                              static_cast<std::size_t>(view.height),
                "a view must be " + std::to_string(vision.image_size) + " pixels square, not " +
                    std::to_string(view.width) + " x " + std::to_string(view.height));
        // Only read; LibTorch has no tensors of constant data.
        auto* const pixels = const_cast<float*>(view.pixels.data());
        const at::Tensor tensor =
            at::from_blob(pixels, {vision.channels, view.height, view.width}, at::kFloat);
        return parts_->encoder(tensor, hook, want_hidden, stop);
    });
}

WideAttention Vlm::wideAttention(const at::Tensor& next_input) const {
    return translated([&] {
        const c10::InferenceMode inference;
        return parts_->encoder.wideAttention(next_input);
    });
}

at::Tensor Vlm::hiddenStates(const View& view, const std::stop_token& stop) const {
    std::vector<at::Tensor> hidden = encode(view, {}, true, stop).hidden;
    return translated([&] {
        const c10::InferenceMode inference;
        const VisionConfig& vision = parts_->config.vision;
        if (parts_->config.lastLayer() + 1 < vision.layers) {
            Checkpoint checkpoint = openCheckpoint(parts_->report.directory);
            for (int l = parts_->config.lastLayer() + 1; l < vision.layers; ++l) {
                const std::vector<ExpectedTensor> expected = encoderLayerTensors(vision, l);
                checkTensors(expected, checkpoint);
                const WeightMap weights =
                    loadWeights(expected, checkpoint, parts_->placement, {}, stop);
                hidden.push_back(parts_->encoder.deeper(hidden.back(), l, weights, stop));
            }
        }
        return at::stack(hidden);
    });
}

at::Tensor Vlm::project(const at::Tensor& features) const {
    return translated([&] {
        const c10::InferenceMode inference;
        return parts_->projector(features);
    });
}

const TextTower* Vlm::textTower() const {
    return parts_->text_tower.get();
}

at::Tensor Vlm::embed(const std::vector<std::int64_t>& ids) const {
    return translated([&] {
        const c10::InferenceMode inference;
        return parts_->language.embed(ids);
    });
}

at::Tensor Vlm::feed(KvCache& cache,
                     const at::Tensor& embeddings,
                     bool all_positions,
                     const std::stop_token& stop) const {
    return translated([&] {
        const c10::InferenceMode inference;
        return parts_->language.feed(cache, embeddings, all_positions, stop);
    });
}

std::unique_ptr<KvCache> Vlm::newCache(int capacity) const {
    return translated([&] {
        const c10::InferenceMode inference;
        return parts_->language.newCache(capacity);
    });
}

std::unique_ptr<DecoderPass> Vlm::newPass(const at::Tensor& embeddings, int capacity) const {
    return translated([&] {
        const c10::InferenceMode inference;
        return std::make_unique<DecoderPass>(
            parts_->language, parts_->language.newCache(capacity), embeddings);
    });
}

int Vlm::decoderLayers() const {
    return parts_->language.layers();
}

at::Tensor Vlm::rotaryFrequencies() const {
    return translated([&] {
        const c10::InferenceMode inference;
        return parts_->language.rotaryFrequencies();
    });
}

bool Vlm::isStopToken(std::int64_t id) const {
    const std::vector<std::int64_t>& ids = parts_->config.stop_ids;
    return std::find(ids.begin(), ids.end(), id) != ids.end();
}

std::int64_t Vlm::vocabularyLimit() const {
    return std::min(parts_->config.text.vocab_size, parts_->tokenizer->vocabularySize());
}

}  // namespace prunescope
