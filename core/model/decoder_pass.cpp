#include "core/model/decoder_pass.h"

#include "core/base/error.h"
#include "core/base/stop.h"
#include "core/model/foreign_errors.h"
#include "core/model/language_model.h"

#include <numeric>
#include <utility>

#include <ATen/ops/cat.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/tensor.h>
#include <c10/core/InferenceMode.h>

namespace prunescope {

namespace {

at::Tensor indexOn(const std::vector<std::int64_t>& rows, const at::Device& device) {
    return at::tensor(rows, at::kLong).to(device);
}

}  // namespace

DecoderPass::DecoderPass(const LanguageModel& model,
                         std::shared_ptr<KvCache> cache,
                         const at::Tensor& embeddings)
    : model_(model),
      cache_(std::move(cache)),
      n_prompt_(embeddings.size(0)),
      hidden_(model.asInput(embeddings)),
      next_position_(n_prompt_) {
    require(cache_->length() == 0, "a pass needs an empty cache");
    model_.checkRoom(*cache_, n_prompt_);
    std::vector<std::int64_t> positions(static_cast<std::size_t>(n_prompt_));
    std::iota(positions.begin(), positions.end(), 0);
    setPositions(std::move(positions));
}

void DecoderPass::setPositions(std::vector<std::int64_t> positions) {
    positions_ = std::move(positions);
    turn_ = rowsOf(cache_->rotary(), indexOn(positions_, hidden_.device()));
}

void DecoderPass::advance(int layer, const std::stop_token& stop) {
    translated([&] {
        const c10::InferenceMode inference;
        for (; next_ < layer; ++next_) {
            throwIfStopped(stop);
            const at::Tensor input = hidden_;
            hidden_ = model_.runLayer(next_,
                                      input,
                                      {turn_, {}, next_position_, cache_->capacity() - n_prompt_},
                                      *cache_,
                                      stop);
            previous_ = input;
        }
    });
}

at::Tensor DecoderPass::hidden() const {
    return translated([&] {
        const c10::InferenceMode inference;
        return hidden_.to(at::kFloat);
    });
}

at::Tensor DecoderPass::normed() const {
    return translated([&] {
        const c10::InferenceMode inference;
        return model_.finalNorm(hidden_).to(at::kFloat);
    });
}

at::Tensor DecoderPass::lastKeys() const {
    require(previous_.defined(), "no layer has run since the rows changed");
    return cache_->layer(next_ - 1).keys.narrow(1, 0, rows()).to(at::kFloat);
}

at::Tensor DecoderPass::lastAttention(const std::vector<std::int64_t>& rows) const {
    return translated([&] {
        const c10::InferenceMode inference;
        return model_.attentionRows(
            next_ - 1, previous_, turn_, lastKeys(), indexOn(rows, hidden_.device()));
    });
}

at::Tensor DecoderPass::nextAttention(const std::vector<std::int64_t>& rows) const {
    return translated([&] {
        const c10::InferenceMode inference;
        const at::Tensor keys = model_.rotatedKeys(next_, hidden_, turn_).to(at::kFloat);
        return model_.attentionRows(next_, hidden_, turn_, keys, indexOn(rows, hidden_.device()));
    });
}

void DecoderPass::change(const RowChange& change) {
    translated([&] {
        const c10::InferenceMode inference;
        const at::Tensor kept = hidden_.index_select(0, indexOn(change.keep, hidden_.device()));
        std::vector<at::Tensor> parts{kept.narrow(0, 0, change.means_at)};
        for (const std::vector<std::int64_t>& members : change.means) {
            const at::Tensor rows = hidden_.index_select(0, indexOn(members, hidden_.device()));
            parts.push_back(at::mean(rows.to(at::kFloat), {0}, true).to(hidden_.scalar_type()));
        }
        parts.push_back(kept.narrow(0, change.means_at, kept.size(0) - change.means_at));
        hidden_ = at::cat(parts, 0);
        require(static_cast<std::int64_t>(change.positions.size()) == rows() &&
                    change.next_position <= n_prompt_,
                "position ids do not fit the rows that stay");
        previous_ = at::Tensor();
        next_position_ = change.next_position;
        setPositions(change.positions);
    });
}

at::Tensor DecoderPass::finish(bool all_rows, const std::stop_token& stop) {
    return translated([&] {
        const c10::InferenceMode inference;
        advance(model_.layers(), stop);
        at::Tensor logits = model_.logitsOf(hidden_, all_rows);
        cache_->commit(n_prompt_);
        return logits;
    });
}

}  // namespace prunescope
