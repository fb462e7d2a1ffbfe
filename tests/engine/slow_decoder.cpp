#include "tests/engine/slow_decoder.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros.h>

namespace prunescope::test {

namespace {

using Rows = std::vector<std::int64_t>;

/// A token of the sequence, there from some layer on and until it is pruned.
struct Token {
    enum class Kind { Before, Visual, After, Generated } kind;
    double order;  ///< in the causal sense; recycled rows come in between
    std::int64_t position;
    bool alive = true;
};

double item(const at::Tensor& tensor, std::int64_t i, std::int64_t j) {
    return tensor.const_data_ptr<double>()[i * tensor.size(1) + j];
}

class SlowDecoder {
public:
    SlowDecoder(const TextConfig& config,
                const WeightMap& weights,
                const SlowMethod& method,
                const SlowPrompt& prompt)
        : config_(config), weights_(weights), method_(method), prompt_(prompt) {
        const at::Tensor parts[] = {prompt.before, prompt.visual, prompt.after, prompt.generated};
        std::int64_t position = 0;
        for (int part = 0; part < 4; ++part) {
            for (std::int64_t i = 0; i < parts[part].size(0); ++i, ++position) {
                tokens_.push_back({static_cast<Token::Kind>(part),
                                   static_cast<double>(position),
                                   position,
                                   true});
            }
        }
        x_ = at::cat(parts, 0).to(at::kDouble);
    }

    SlowResult run(const DecoderPlan& plan) {
        auto due = plan.stops.begin();
        for (int layer = 0; layer < config_.layers; ++layer) {
            if (due != plan.stops.end() && due->layer == layer) {
                prune(*due++);
            }
            runLayer(layer);
        }
        std::int64_t last = 0;
        for (std::size_t i = 0; i < tokens_.size(); ++i) {
            last = tokens_[i].order > tokens_[static_cast<std::size_t>(last)].order
                       ? static_cast<std::int64_t>(i)
                       : last;
        }
        const at::Tensor head = config_has_head() ? weight("lm_head") : weight("lm.embed_tokens");
        result_.logits =
            at::matmul(norm("lm.norm", x_.narrow(0, last, 1)), head.transpose(0, 1)).squeeze(0);
        return result_;
    }

private:
    // ---- the layers

    bool config_has_head() const {
        try {
            weights_.get("lm_head.weight");
            return true;
        } catch (const std::exception&) {
            return false;
        }
    }

    at::Tensor weight(const std::string& name) const {
        return weights_.get(name + ".weight").to(at::kDouble);
    }

    at::Tensor norm(const std::string& name, const at::Tensor& x) const {
        return x * at::rsqrt(at::mean(x * x, {-1}, true) + config_.rms_norm_eps) * weight(name);
    }

    at::Tensor linear(const std::string& name, const at::Tensor& x) const {
        const Linear both = weights_.linear(name);
        const at::Tensor out = at::matmul(x, both.weight.to(at::kDouble).transpose(0, 1));
        return both.bias.defined() ? out + both.bias.to(at::kDouble) : out;
    }

    /// [H, R, dh] rotated by the tokens' position ids, pair by pair.
    at::Tensor rotated(const at::Tensor& x, int heads) const {
        const std::int64_t rows = x.size(0);
        const std::int64_t dh = config_.head_dim;
        const at::Tensor in = x.view({rows, heads, dh}).transpose(0, 1).contiguous();
        const at::Tensor out = at::empty(in.sizes(), in.options());
        const double* from = in.const_data_ptr<double>();
        double* to = out.mutable_data_ptr<double>();
        for (std::int64_t h = 0; h < heads; ++h) {
            for (std::int64_t r = 0; r < rows; ++r) {
                const auto position =
                    static_cast<double>(tokens_[static_cast<std::size_t>(r)].position);
                for (std::int64_t c = 0; c < dh / 2; ++c) {
                    const double angle = position * std::pow(config_.rope_theta,
                                                             -2.0 * static_cast<double>(c) /
                                                                 static_cast<double>(dh));
                    const std::int64_t at = (h * rows + r) * dh + c;
                    const double a = from[at];
                    const double b = from[at + dh / 2];
                    to[at] = a * std::cos(angle) - b * std::sin(angle);
                    to[at + dh / 2] = b * std::cos(angle) + a * std::sin(angle);
                }
            }
        }
        return out;
    }

    /// 0 where row i may see row j, else -inf. A row that left sees itself, for the sake of a
    /// softmax that is not empty.
    at::Tensor mask() const {
        const auto n = static_cast<std::int64_t>(tokens_.size());
        const at::Tensor out = at::zeros({n, n}, at::TensorOptions().dtype(at::kDouble));
        double* data = out.mutable_data_ptr<double>();
        for (std::size_t i = 0; i < tokens_.size(); ++i) {
            for (std::size_t j = 0; j < tokens_.size(); ++j) {
                const bool sees =
                    i == j || (tokens_[j].alive && tokens_[j].order <= tokens_[i].order);
                data[i * tokens_.size() + j] =
                    sees ? 0.0 : -std::numeric_limits<double>::infinity();
            }
        }
        return out;
    }

    /// Keys [Hkv, R, dh] and probabilities [H, R, R] of a layer over what is in x_ now.
    struct Attention {
        at::Tensor keys;
        at::Tensor probabilities;
    };

    Attention attentionOf(int layer, const at::Tensor& normed) const {
        const std::string name = "lm.layers." + std::to_string(layer) + ".self_attn.";
        const at::Tensor q = rotated(linear(name + "q_proj", normed), config_.heads);
        const at::Tensor k = rotated(linear(name + "k_proj", normed), config_.kv_heads);
        const at::Tensor hidden = mask();
        std::vector<at::Tensor> heads;
        const int group = config_.heads / config_.kv_heads;
        for (int h = 0; h < config_.heads; ++h) {
            const at::Tensor scores = at::matmul(q[h], k[h / group].transpose(0, 1)) /
                                      std::sqrt(static_cast<double>(config_.head_dim));
            heads.push_back(at::softmax(scores + hidden, -1).unsqueeze(0));
        }
        return {k, at::cat(heads, 0).contiguous()};
    }

    void runLayer(int layer) {
        const std::string name = "lm.layers." + std::to_string(layer) + ".";
        const at::Tensor normed = norm(name + "input_layernorm", x_);
        last_ = attentionOf(layer, normed);
        const at::Tensor values = linear(name + "self_attn.v_proj", normed);
        const int group = config_.heads / config_.kv_heads;
        std::vector<at::Tensor> mixed;
        for (int h = 0; h < config_.heads; ++h) {
            const at::Tensor v = values.narrow(1, (h / group) * config_.head_dim, config_.head_dim);
            mixed.push_back(at::matmul(last_.probabilities[h], v));
        }
        x_ = x_ + linear(name + "self_attn.o_proj", at::cat(mixed, 1));
        const at::Tensor y = norm(name + "post_attention_layernorm", x_);
        x_ = x_ +
             linear(name + "mlp.down_proj",
                    at::silu(linear(name + "mlp.gate_proj", y)) * linear(name + "mlp.up_proj", y));
    }

    // ---- the methods

    /// Rows that are there, in order.
    Rows aliveRows(Token::Kind kind) const {
        Rows rows;
        for (std::size_t i = 0; i < tokens_.size(); ++i) {
            if (tokens_[i].alive && tokens_[i].kind == kind) {
                rows.push_back(static_cast<std::int64_t>(i));
            }
        }
        std::sort(rows.begin(), rows.end(), [&](std::int64_t a, std::int64_t b) {
            return tokens_[static_cast<std::size_t>(a)].order <
                   tokens_[static_cast<std::size_t>(b)].order;
        });
        return rows;
    }

    static Rows largest(const std::vector<double>& score, int count) {
        Rows order(score.size());
        std::iota(order.begin(), order.end(), 0);
        std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
            return score[static_cast<std::size_t>(a)] > score[static_cast<std::size_t>(b)];
        });
        order.resize(static_cast<std::size_t>(count));
        std::sort(order.begin(), order.end());
        return order;
    }

    std::vector<double> meanAttention(const at::Tensor& probabilities,
                                      const Rows& heads,
                                      const Rows& queries,
                                      const Rows& columns) const {
        std::vector<double> out(columns.size(), 0.0);
        for (const std::int64_t h : heads) {
            const at::Tensor head = probabilities[h].contiguous();
            for (const std::int64_t t : queries) {
                for (std::size_t j = 0; j < columns.size(); ++j) {
                    out[j] += item(head, t, columns[j]) /
                              static_cast<double>(heads.size() * queries.size());
                }
            }
        }
        return out;
    }

    Rows allHeads() const {
        Rows heads(static_cast<std::size_t>(config_.heads));
        std::iota(heads.begin(), heads.end(), 0);
        return heads;
    }

    Rows raters() const {
        const at::Tensor scores = at::matmul(prompt_.visual.to(at::kDouble),
                                             prompt_.after.to(at::kDouble).transpose(0, 1));
        const at::Tensor mean = at::mean(at::softmax(scores, -1), {0}).contiguous();
        const Rows text = aliveRows(Token::Kind::After);
        Rows out;
        for (std::size_t t = 0; t < text.size(); ++t) {
            if (mean.const_data_ptr<double>()[t] > (1 + 1e-9) / static_cast<double>(text.size())) {
                out.push_back(text[t]);
            }
        }
        return out.empty() ? text : out;
    }

    /// v2: attention over what an all-ones query and key would have, rotated and multiplied out.
    at::Tensor withoutPositions(const at::Tensor& probabilities,
                                const Rows& queries,
                                const Rows& columns) const {
        const at::Tensor ones =
            at::zeros({x_.size(0), config_.head_dim}, at::TensorOptions().dtype(at::kDouble)) + 1.0;
        const at::Tensor turned = rotated(ones, 1)[0];
        const at::Tensor bias = (at::matmul(turned, turned.transpose(0, 1)) /
                                 std::sqrt(static_cast<double>(config_.head_dim)))
                                    .contiguous();
        const at::Tensor out = probabilities.clone();
        for (int h = 0; h < config_.heads; ++h) {
            for (const std::int64_t t : queries) {
                for (const std::int64_t j : columns) {
                    out[h][t][j] = out[h][t][j] / item(bias, t, j);
                }
            }
        }
        return out;
    }

    Rows strongestHeads(const at::Tensor& probabilities,
                        const Rows& queries,
                        const Rows& columns) const {
        std::vector<double> sums;
        for (const std::int64_t h : allHeads()) {
            const std::vector<double> mean = meanAttention(probabilities, {h}, queries, columns);
            sums.push_back(std::accumulate(mean.begin(), mean.end(), 0.0));
        }
        const int count =
            std::max(1, static_cast<int>(std::floor(method_.head_share * config_.heads + 0.5)));
        return largest(sums, count);
    }

    Rows dartKept(const Rows& visual, int keep) const {
        const Rows text = aliveRows(Token::Kind::After);
        const auto loudest = [&](const Rows& rows, int count) {
            std::vector<double> norms;
            for (const std::int64_t row : rows) {
                double sum = 0;
                for (int h = 0; h < config_.kv_heads; ++h) {
                    for (int c = 0; c < config_.head_dim; ++c) {
                        sum += std::abs(item(last_.keys[h].contiguous(), row, c));
                    }
                }
                norms.push_back(sum);
            }
            return largest(norms, std::min(count, static_cast<int>(rows.size())));
        };
        const int own = std::min(method_.pivots, keep);
        Rows chosen = loudest(visual, own);
        std::vector<std::int64_t> pivots;
        for (const std::int64_t i : chosen) {
            pivots.push_back(visual[static_cast<std::size_t>(i)]);
        }
        for (const std::int64_t i : loudest(text, method_.pivots)) {
            pivots.push_back(text[static_cast<std::size_t>(i)]);
        }
        const at::Tensor y = norm("lm.norm", x_).contiguous();
        const auto cosine = [&](std::int64_t a, std::int64_t b) {
            double dot = 0;
            double aa = 0;
            double bb = 0;
            for (std::int64_t c = 0; c < y.size(1); ++c) {
                dot += item(y, a, c) * item(y, b, c);
                aa += item(y, a, c) * item(y, a, c);
                bb += item(y, b, c) * item(y, b, c);
            }
            return dot / std::sqrt(aa * bb);
        };
        const auto n_pivots = static_cast<int>(pivots.size());
        for (int p = 0; p < n_pivots; ++p) {
            const int left = keep - own;
            for (int pick = 0; pick < left / n_pivots + (p < left % n_pivots ? 1 : 0); ++pick) {
                std::int64_t best = -1;
                double lowest = 2;
                for (std::size_t i = 0; i < visual.size(); ++i) {
                    const auto place = static_cast<std::int64_t>(i);
                    if (std::find(chosen.begin(), chosen.end(), place) != chosen.end()) {
                        continue;
                    }
                    const double value = cosine(pivots[static_cast<std::size_t>(p)], visual[i]);
                    if (value < lowest) {
                        lowest = value;
                        best = place;
                    }
                }
                chosen.push_back(best);
            }
        }
        std::sort(chosen.begin(), chosen.end());
        return chosen;
    }

    /// Members of each cluster, by ascending centre (methods.md 3.2 step 3).
    std::vector<Rows> clusters(const Rows& rows, int count) const {
        const auto m = rows.size();
        const at::Tensor x = x_.contiguous();
        std::vector<std::vector<double>> d(m, std::vector<double>(m, 0.0));
        double farthest = 0;
        for (std::size_t i = 0; i < m; ++i) {
            for (std::size_t j = 0; j < m; ++j) {
                double sum = 0;
                for (std::int64_t c = 0; c < x.size(1); ++c) {
                    const double difference = item(x, rows[i], c) - item(x, rows[j], c);
                    sum += difference * difference;
                }
                d[i][j] = std::sqrt(sum) / std::sqrt(static_cast<double>(x.size(1)));
                farthest = std::max(farthest, d[i][j]);
            }
        }
        std::vector<double> rho(m);
        for (std::size_t i = 0; i < m; ++i) {
            std::vector<double> near = d[i];
            std::sort(near.begin(), near.end());
            double sum = 0;
            for (int c = 0; c < count; ++c) {
                sum += near[static_cast<std::size_t>(c)] * near[static_cast<std::size_t>(c)];
            }
            rho[i] = std::exp(-sum / count);
        }
        std::vector<double> peak(m);
        for (std::size_t i = 0; i < m; ++i) {
            double delta = farthest;
            for (std::size_t j = 0; j < m; ++j) {
                const bool denser = rho[j] > rho[i] || (rho[j] == rho[i] && j < i);
                delta = denser ? std::min(delta, d[i][j]) : delta;
            }
            peak[i] = rho[i] * delta;
        }
        const Rows centres = largest(peak, count);
        std::vector<Rows> members(centres.size());
        for (std::size_t i = 0; i < m; ++i) {
            std::size_t best = 0;
            for (std::size_t c = 1; c < centres.size(); ++c) {
                if (d[i][static_cast<std::size_t>(centres[c])] <
                    d[i][static_cast<std::size_t>(centres[best])]) {
                    best = c;
                }
            }
            members[best].push_back(rows[i]);
        }
        return members;
    }

    void prune(const DecoderStop& stop) {
        const Rows visual = aliveRows(Token::Kind::Visual);
        const Rows prompt_end = aliveRows(Token::Kind::After);
        const std::int64_t last = prompt_end.back();
        std::vector<double> phi;
        Rows kept;
        if (method_.id == "fastv") {
            Rows queries{last};
            if (method_.all_queries) {
                queries = aliveRows(Token::Kind::Before);
                queries.insert(queries.end(), visual.begin(), visual.end());
                queries.insert(queries.end(), prompt_end.begin(), prompt_end.end());
            }
            phi = meanAttention(last_.probabilities, allHeads(), queries, visual);
        } else if (method_.id == "pyramiddrop") {
            const std::string name = "lm.layers." + std::to_string(stop.layer) + ".input_layernorm";
            phi = meanAttention(
                attentionOf(stop.layer, norm(name, x_)).probabilities, allHeads(), {last}, visual);
        } else if (method_.id == "sparsevlm") {
            const Rows rate = raters();
            at::Tensor attention = last_.probabilities;
            Rows heads = allHeads();
            if (method_.v2) {
                attention = withoutPositions(attention, rate, visual);
                heads = strongestHeads(attention, rate, visual);
            }
            phi = meanAttention(attention, heads, rate, visual);
        }
        kept = method_.id == "dart" ? dartKept(visual, stop.keep) : largest(phi, stop.keep);
        std::vector<Rows> made;
        if (stop.recycled > 0) {
            made = clusters(recyclable(visual, kept, phi), stop.recycled);
        }
        apply(visual, kept, made);
    }

    /// The int(0.3 n) + 1 best of the removed ones.
    static Rows recyclable(const Rows& visual, const Rows& kept, const std::vector<double>& phi) {
        Rows removed;
        std::vector<double> score;
        for (std::size_t i = 0; i < visual.size(); ++i) {
            if (std::find(kept.begin(), kept.end(), static_cast<std::int64_t>(i)) == kept.end()) {
                removed.push_back(visual[i]);
                score.push_back(phi[i]);
            }
        }
        Rows out;
        const int count = static_cast<int>(removed.size()) * 3 / 10 + 1;
        for (const std::int64_t i : largest(score, count)) {
            out.push_back(removed[static_cast<std::size_t>(i)]);
        }
        return out;
    }

    void apply(const Rows& visual, const Rows& kept, const std::vector<Rows>& made) {
        result_.kept.push_back(kept);
        result_.recycled.push_back({});
        for (const Rows& members : made) {
            Rows places;
            for (const std::int64_t member : members) {
                places.push_back(std::find(visual.begin(), visual.end(), member) - visual.begin());
            }
            result_.recycled.back().push_back(places);
        }
        const double end = tokens_[static_cast<std::size_t>(visual.back())].order;
        const double text =
            tokens_[static_cast<std::size_t>(aliveRows(Token::Kind::After).front())].order;
        for (std::size_t i = 0; i < visual.size(); ++i) {
            if (std::find(kept.begin(), kept.end(), static_cast<std::int64_t>(i)) == kept.end()) {
                tokens_[static_cast<std::size_t>(visual[i])].alive = false;
            }
        }
        double nth = 1;
        for (const Rows& members : made) {
            at::Tensor sum = at::zeros({1, x_.size(1)}, x_.options());
            for (const std::int64_t member : members) {
                sum = sum + x_.narrow(0, member, 1);
            }
            x_ = at::cat({x_, sum / static_cast<double>(members.size())}, 0);
            const double order =
                end + (text - end) * nth++ / (static_cast<double>(made.size()) + 1);
            tokens_.push_back({Token::Kind::Visual, order, 0, true});
        }
        const bool renumbers =
            method_.id == "pyramiddrop" || (method_.id == "sparsevlm" && !method_.v2);
        if (!renumbers) {
            return;
        }
        std::int64_t position = 0;
        for (const auto kind : {Token::Kind::Before,
                                Token::Kind::Visual,
                                Token::Kind::After,
                                Token::Kind::Generated}) {
            for (const std::int64_t row : aliveRows(kind)) {
                tokens_[static_cast<std::size_t>(row)].position = position++;
            }
        }
    }

    const TextConfig& config_;
    const WeightMap& weights_;
    const SlowMethod& method_;
    const SlowPrompt& prompt_;
    std::vector<Token> tokens_;
    at::Tensor x_;
    Attention last_;
    SlowResult result_;
};

}  // namespace

SlowResult slowDecode(const TextConfig& config,
                      const WeightMap& weights,
                      const SlowMethod& method,
                      const DecoderPlan& plan,
                      const SlowPrompt& prompt) {
    return SlowDecoder(config, weights, method, prompt).run(plan);
}

}  // namespace prunescope::test
