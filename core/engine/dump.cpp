#include "core/base/file.h"
#include "core/base/text.h"
#include "core/engine/stage_tools.h"
#include "core/engine/stages.h"
#include "core/model/kv_cache.h"

#include <algorithm>
#include <array>
#include <map>

#include <ATen/ops/cat.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <c10/core/InferenceMode.h>

#include <nlohmann/json.hpp>

namespace prunescope {

namespace {

/// A safetensors file: 8 bytes of header length, JSON header padded with spaces, the data.
std::string safetensors(const std::map<std::string, at::Tensor>& tensors) {
    nlohmann::json header = nlohmann::json::object();
    std::string data;
    for (const auto& [name, tensor] : tensors) {
        const at::Tensor host = tensor.to(at::kCPU).contiguous();
        const std::size_t begin = data.size();
        data.append(static_cast<const char*>(host.const_data_ptr()), host.nbytes());
        header[name] = {{"dtype", host.scalar_type() == at::kLong ? "I64" : "F32"},
                        {"shape", host.sizes().vec()},
                        {"data_offsets", {begin, data.size()}}};
    }
    std::string text = header.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');
    std::string file;
    for (std::size_t i = 0; i < 8; ++i) {
        file += static_cast<char>((static_cast<std::uint64_t>(text.size()) >> (8 * i)) & 0xFF);
    }
    return file + text + data;
}

void checkNames(const std::vector<std::string>& what) {
    constexpr std::array<std::string_view, 6> kNames{
        "pixel_values", "input_ids", "hidden", "features", "projected", "logits"};
    for (const std::string& name : what) {
        if (std::find(kNames.begin(), kNames.end(), name) == kNames.end()) {
            throw Error(
                ErrorCode::Usage,
                inQuotes(name) + " cannot be dumped.",
                "Choose among pixel_values, input_ids, hidden, features, projected, logits.");
        }
    }
}

at::Tensor pixelValues(const Preprocessed& input) {
    std::vector<at::Tensor> views;
    for (const View& view : input.views) {
        views.push_back(at::from_blob(const_cast<float*>(view.pixels.data()),
                                      {3, view.height, view.width},
                                      at::TensorOptions().dtype(at::kFloat))
                            .clone());
    }
    return at::stack(views);
}

/// Hidden states of the whole tower, un-pruned; with several views one after the other.
at::Tensor hiddenStates(const RunContext& context, const Preprocessed& input) {
    std::vector<at::Tensor> views;
    for (const View& view : input.views) {
        views.push_back(context.vlm.hiddenStates(view, context.stop));
    }
    return views.size() == 1 ? views.front() : at::stack(views);
}

}  // namespace

void dumpRun(const RunContext& context,
             const std::vector<std::string>& what,
             const std::filesystem::path& path) {
    checkNames(what);
    const c10::InferenceMode guard;
    const Vlm& vlm = context.vlm;
    RunTrace trace = beginTrace(context);
    const TokenSequence text =
        buildPrompt(vlm.tokenizer(), vlm.chatTemplate(), vlm.imageToken(), context.request.prompt);
    const auto input = preprocessStage(context, trace);
    const auto full = featuresStage(context, *input, trace);
    const auto passes = encoderStage(context, *input, full, trace);
    const auto selections = selectionStage(context, *input, full, passes, text, trace);
    const at::Tensor visual = projectStage(context, full, selections, trace);

    std::map<std::string, at::Tensor> tensors;
    for (const std::string& name : what) {
        if (name == "pixel_values") {
            tensors[name] = pixelValues(*input);
        } else if (name == "input_ids") {
            tensors[name] = at::tensor(
                text.expanded(vlm.imageTokenId(), static_cast<int>(visual.size(0))), at::kLong);
        } else if (name == "hidden") {
            tensors[name] = hiddenStates(context, *input);
        } else if (name == "features") {
            tensors[name] = outputFeatures(context, full, selections);
        } else if (name == "projected") {
            tensors[name] = visual.to(at::kFloat);
        } else if (methodOf(context).in_decoder) {
            tensors[name] = decoderStage(context, full, selections, text, trace)
                                ->pass()
                                ->finish(true, context.stop);
        } else {
            const at::Tensor all =
                at::cat({vlm.embed(text.before), visual, vlm.embed(text.after)}, 0);
            const auto cache = vlm.newCache(static_cast<int>(all.size(0)));
            tensors[name] = vlm.feed(*cache, all, true, context.stop);
        }
    }
    writeFileAtomically(path, safetensors(tensors));
}

}  // namespace prunescope
