// The decisions of the methods inside the language model, in float32, against the independent NumPy
// reference in float64 (tests/golden/method_reference_decoder.py) on generated inputs.

#include "core/base/json.h"
#include "core/prune/prune_method.h"
#include "core/prune/select.h"
#include "tests/support/golden_inputs.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <map>
#include <set>

#include <ATen/ops/empty.h>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

using nlohmann::json;
using testing::goldenBells;
using testing::goldenStream;

constexpr double kTieTolerance = 1e-5;

struct Shape {
    std::size_t first = 0;
    std::size_t visual = 0;
    std::size_t text = 0;
    std::size_t heads = 0;
    std::size_t key_heads = 0;
    std::size_t head_width = 0;
    std::size_t width = 0;

    explicit Shape(const json& j)
        : first(j.at("first")),
          visual(j.at("visual")),
          text(j.at("text")),
          heads(j.at("heads")),
          key_heads(j.at("key_heads")),
          head_width(j.at("head_width")),
          width(j.at("width")) {}

    std::size_t rows() const { return first + visual + text; }
};

at::Tensor tensorOf(const std::vector<float>& values, std::vector<std::size_t> sizes) {
    const std::vector<std::int64_t> shape(sizes.begin(), sizes.end());
    const at::Tensor out = at::empty(shape, at::TensorOptions().dtype(at::kFloat));
    std::ranges::copy(values, out.mutable_data_ptr<float>());
    return out;
}

// Which row each of the T rows is a copy of.
std::vector<std::size_t> copiesOf(const std::string& content, const Shape& shape) {
    std::vector<std::size_t> out(shape.rows());
    const std::vector<std::size_t> twins = testing::goldenTwins(shape.visual);
    for (std::size_t row = 0; row < out.size(); ++row) {
        out[row] = row;
        if (row >= shape.first && row < shape.first + shape.visual) {
            const std::size_t visual = row - shape.first;
            if (content == "ties") {
                out[row] = shape.first + twins[visual];
            } else if (content == "constant") {
                out[row] = shape.first;
            }
        }
    }
    return out;
}

// [H, T, T]: positive up to the diagonal, columns copied before the cut.
at::Tensor causalRows(std::uint64_t stream,
                      const Shape& shape,
                      const std::vector<std::size_t>& copies) {
    const std::size_t n = shape.rows();
    const std::vector<double> unit = testing::goldenUniforms(stream, shape.heads * n * n);
    std::vector<float> out(unit.size(), 0.0F);
    for (std::size_t h = 0; h < shape.heads; ++h) {
        for (std::size_t i = 0; i < n; ++i) {
            for (std::size_t j = 0; j <= i; ++j) {
                const double value = unit[(h * n + i) * n + copies[j]];
                const double square = value * value;
                out[(h * n + i) * n + j] =
                    static_cast<float>((square * square + 0.01) / static_cast<double>(n));
            }
        }
    }
    return tensorOf(out, {shape.heads, n, n});
}

// [outer, rows, width] bells with rows copied.
at::Tensor copiedBells(std::uint64_t stream,
                       std::size_t outer,
                       std::size_t width,
                       const std::vector<std::size_t>& copies,
                       double scale = 1.0) {
    const std::vector<double> source = goldenBells(stream, outer * copies.size() * width);
    std::vector<float> out;
    for (std::size_t o = 0; o < outer; ++o) {
        for (const std::size_t copy : copies) {
            for (std::size_t c = 0; c < width; ++c) {
                out.push_back(
                    static_cast<float>(source[(o * copies.size() + copy) * width + c] * scale));
            }
        }
    }
    const at::Tensor rows = tensorOf(out, {outer, copies.size(), width});
    return outer == 1 ? rows.squeeze(0) : rows;
}

at::Tensor rowsOf(const at::Tensor& attention, const std::vector<std::int64_t>& rows) {
    const std::int64_t n = attention.size(2);
    const auto count = static_cast<std::int64_t>(rows.size());
    const at::Tensor out = at::empty({attention.size(0), count, n}, attention.options());
    for (std::int64_t r = 0; r < count; ++r) {
        out.select(1, r).copy_(attention.select(1, rows[toSize(r)]));
    }
    return out;
}

std::vector<std::size_t> plainRows(std::size_t count) {
    std::vector<std::size_t> rows(count);
    for (std::size_t i = 0; i < count; ++i) {
        rows[i] = i;
    }
    return rows;
}

/// The twin of golden_inputs.decoder_inputs.
struct DecoderInputs {
    at::Tensor attention;
    at::Tensor next_attention;
    at::Tensor hidden;
    at::Tensor normed;
    at::Tensor keys;
    at::Tensor visual_embeddings;
    at::Tensor text_embeddings;
    at::Tensor frequencies;
    std::vector<std::int64_t> positions;

    DecoderInputs(const Shape& shape, const std::string& content, std::uint64_t seed) {
        const std::vector<std::size_t> copies = copiesOf(content, shape);
        std::vector<std::size_t> own;
        for (std::size_t i = 0; i < shape.visual; ++i) {
            own.push_back(copies[shape.first + i] - shape.first);
        }
        attention = causalRows(goldenStream(seed, 20), shape, copies);
        next_attention = causalRows(goldenStream(seed, 21), shape, copies);
        hidden = copiedBells(goldenStream(seed, 22), 1, shape.width, copies);
        normed = copiedBells(goldenStream(seed, 23), 1, shape.width, copies);
        keys = copiedBells(goldenStream(seed, 24), shape.key_heads, shape.head_width, copies)
                   .view({static_cast<std::int64_t>(shape.key_heads),
                          static_cast<std::int64_t>(shape.rows()),
                          static_cast<std::int64_t>(shape.head_width)});
        visual_embeddings = copiedBells(goldenStream(seed, 25), 1, shape.width, own);
        text_embeddings =
            copiedBells(goldenStream(seed, 26), 1, shape.width, plainRows(shape.text), 0.5);
        std::vector<float> radians;
        for (std::size_t i = 0; i < shape.head_width / 2; ++i) {
            radians.push_back(static_cast<float>(1.0 / (1.0 + 3.0 * static_cast<double>(i))));
        }
        frequencies = tensorOf(radians, {radians.size()});
        for (std::int64_t row = 0; row < static_cast<std::int64_t>(shape.rows()); ++row) {
            positions.push_back(content == "gaps" ? row + row / 5 : row);
        }
    }
};

RunSettings settingsOf(const json& run) {
    RunSettings settings;
    settings.method = run.at("method").get<std::string>();
    for (const auto& [name, value] : run.at("settings").items()) {
        if (value.is_number()) {
            settings.params[name] = value.get<double>();
        } else {
            settings.params[name] = value.get<std::string>();
        }
    }
    return settings;
}

DecoderReduction decide(const DecoderInputs& inputs, const Shape& shape, const json& run) {
    const RunSettings settings = settingsOf(run);
    const DecoderView view{
        .settings = settings,
        .stop = {.layer = 2,
                 .keep = static_cast<int>(run.at("keep").size()),
                 .recycled = static_cast<int>(run.at("recycled").size())},
        .layers = 8,
        .first_visual = static_cast<std::int64_t>(shape.first),
        .n_visual = static_cast<std::int64_t>(shape.visual),
        .n_rows = static_cast<std::int64_t>(shape.rows()),
        .positions = inputs.positions,
        .hidden = [&] { return inputs.hidden; },
        .normed = [&] { return inputs.normed; },
        .keys = [&] { return inputs.keys; },
        .attention = [&](const auto& rows) { return rowsOf(inputs.attention, rows); },
        .next_attention = [&](const auto& rows) { return rowsOf(inputs.next_attention, rows); },
        .visual_embeddings = inputs.visual_embeddings,
        .text_embeddings = inputs.text_embeddings,
        .rotary_frequencies = inputs.frequencies,
    };
    return makeMethod(settings.method)->beforeDecoderLayer(view);
}

// As in the file: [[centre, member, ...], ...].
json recycledOf(const DecoderReduction& reduction) {
    json out = json::array();
    for (const RecycledRow& row : reduction.recycled) {
        json group = json::array({row.centre});
        for (const std::int64_t member : row.members) {
            group.push_back(member);
        }
        out.push_back(group);
    }
    return out;
}

// methods.md 0.3: who renumbers.
bool renumbers(const RunSettings& settings) {
    if (settings.method == "sparsevlm") {
        return std::get<std::string>(settings.params.at("version")) == "v1";
    }
    return settings.method == "pyramiddrop";
}

TEST(DecoderGolden, AgreesWithTheNumpyReference) {
    const json file =
        readJsonFile(std::filesystem::path(PRUNESCOPE_TEST_DATA) / "method" / "decisions.json",
                     ErrorCode::Input,
                     {64u << 20, 16});
    std::map<std::size_t, Shape> shapes;
    for (const json& shape : file.at("shapes")) {
        shapes.emplace(shape.at("visual"), Shape(shape));
    }
    std::map<std::string, std::pair<int, int>> alike;  // runs that decide alike, and all
    std::set<std::string> missing;
    for (const json& run : file.at("runs")) {
        const auto method = run.at("method").get<std::string>();
        if (findMethod(method) == nullptr) {
            missing.insert(method);
            continue;
        }
        const Shape& shape = shapes.at(run.at("visual"));
        const auto content = run.at("content").get<std::string>();
        const DecoderInputs inputs(shape, content, run.at("seed"));
        const DecoderReduction reduction = decide(inputs, shape, run);
        const std::string name = method + " " + run.at("settings").dump() + " " + content + " " +
                                 std::to_string(shape.visual) + " rows, " +
                                 std::to_string(run.at("keep").size()) + " stay";
        EXPECT_EQ(reduction.positions == DecoderReduction::Positions::Renumber,
                  renumbers(settingsOf(run)))
            << name;
        auto& [same, all] = alike[method];
        ++all;
        const json kept = reduction.keep;
        if (kept == run.at("keep") && recycledOf(reduction) == run.at("recycled")) {
            ++same;
            continue;
        }
        const json& gap = run.at("gap");
        std::cout << name << ": decides differently; closest decision " << gap.dump() << '\n';
        EXPECT_TRUE(!gap.is_null() && gap.get<double>() < kTieTolerance)
            << name << ": no tie explains " << kept.dump() << " + " << recycledOf(reduction).dump()
            << ", expected " << run.at("keep").dump() << " + " << run.at("recycled").dump();
    }
    for (const auto& [method, count] : alike) {
        const auto& [same, all] = count;
        std::cout << method << ": " << same << " of " << all << " decisions alike\n";
        EXPECT_LE(all - same, std::max(1, all / 100)) << method;
    }
    for (const std::string& method : missing) {
        ADD_FAILURE() << "not compared, there is no method " << method;
    }
}

}  // namespace
}  // namespace prunescope
