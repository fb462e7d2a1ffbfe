// Every method that selects after the encoder, in float32, against the independent NumPy reference
// in float64 (tests/golden/method_reference.py and its family) on generated views.

#include "core/base/json.h"
#include "core/prune/prune_method.h"
#include "core/prune/select.h"
#include "tests/support/golden_inputs.h"

#include <cmath>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <map>
#include <set>

#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/matmul.h>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

using nlohmann::json;
using testing::goldenBells;
using testing::goldenStream;

// A decision that is clearer than this must come out alike.
constexpr double kTieTolerance = 1e-5;
constexpr double kTokenTolerance = 1e-4;
constexpr int kClsRow = -1;
constexpr int kExtraRow = -2;
constexpr int kEmptyRow = -3;

at::Tensor tensorOf(const std::vector<float>& values, std::vector<std::int64_t> shape) {
    const at::Tensor out = at::empty(shape, at::TensorOptions().dtype(at::kFloat));
    std::ranges::copy(values, out.mutable_data_ptr<float>());
    return out;
}

/// The twin of golden_inputs.view_inputs.
struct GoldenView {
    PatchGrid grid;
    at::Tensor cls_row;     // [1, D]
    at::Tensor tokens;      // [N, D]
    at::Tensor attention;   // [H, 1 + N]
    at::Tensor keys;        // [H, 1 + N, dh]
    at::Tensor values;      // [H, 1 + N, dh]
    at::Tensor text;        // [Lt, Dt]
    at::Tensor projection;  // [D, Dt]
};

// Which of CLS and the patches each row of attention, keys and values is a copy of.
std::vector<std::size_t> copiesOf(const std::string& content, std::size_t count) {
    std::vector<std::size_t> out(1 + count, 0);
    const std::vector<std::size_t> twins = testing::goldenTwins(count);
    for (std::size_t i = 0; i < count; ++i) {
        out[1 + i] = 1 + i;
        if (content == "ties") {
            out[1 + i] = 1 + twins[i];
        } else if (content == "constant") {
            out[1 + i] = 1;
        }
    }
    return out;
}

std::vector<float> attentionOf(const std::string& content,
                               std::uint64_t seed,
                               std::size_t heads,
                               std::size_t count,
                               const std::vector<std::size_t>& copies) {
    std::vector<double> values =
        testing::goldenUniforms(goldenStream(seed, 4), heads * (1 + count));
    for (double& value : values) {
        const double square = value * value;
        value = (square * square + 0.01) / (1.0 + static_cast<double>(count));
    }
    std::vector<double> out = values;
    for (std::size_t h = 0; h < heads; ++h) {
        for (std::size_t j = 0; j <= count; ++j) {
            double& value = out[h * (1 + count) + j];
            if (content == "ties") {
                value = values[h * (1 + count) + copies[j]];
            } else if (content == "sinks" && j > 0 && (j - 1) % 7 == 1) {
                value *= 20.0;
            } else if (content == "silent") {
                value = 0.0;
            }
        }
    }
    return testing::goldenSingles(out);
}

// [H, 1 + N, dh] with rows copied within every head.
at::Tensor headRows(std::uint64_t stream,
                    std::size_t heads,
                    std::size_t width,
                    const std::vector<std::size_t>& copies) {
    const std::vector<double> source = goldenBells(stream, heads * copies.size() * width);
    std::vector<float> out;
    out.reserve(source.size());
    for (std::size_t h = 0; h < heads; ++h) {
        for (const std::size_t copy : copies) {
            for (std::size_t c = 0; c < width; ++c) {
                out.push_back(static_cast<float>(source[(h * copies.size() + copy) * width + c]));
            }
        }
    }
    return tensorOf(out,
                    {static_cast<std::int64_t>(heads),
                     static_cast<std::int64_t>(copies.size()),
                     static_cast<std::int64_t>(width)});
}

at::Tensor bellRows(std::uint64_t stream, std::int64_t rows, std::int64_t cols, double scale) {
    std::vector<double> values = goldenBells(stream, static_cast<std::size_t>(rows * cols));
    for (double& value : values) {
        value *= scale;
    }
    return tensorOf(testing::goldenSingles(values), {rows, cols});
}

GoldenView makeView(const json& shape, const std::string& content, std::uint64_t seed) {
    const std::int64_t rows = shape.at("rows");
    const std::int64_t cols = shape.at("cols");
    const std::int64_t width = shape.at("width");
    const std::int64_t text_width = shape.at("text_width");
    const std::size_t count = toSize(rows * cols);
    const std::size_t heads = shape.at("heads");
    const std::size_t head_width = shape.at("head_width");
    const std::vector<std::size_t> copies = copiesOf(content, count);
    GoldenView view;
    view.grid = {static_cast<int>(rows), static_cast<int>(cols), 14};
    view.cls_row = bellRows(goldenStream(seed, 3), 1, width, 1.0);
    view.tokens =
        tensorOf(testing::goldenFeatures(
                     content == "silent" ? "normal" : content, seed, count, toSize(width)),
                 {rows * cols, width});
    view.attention = tensorOf(attentionOf(content, seed, heads, count, copies),
                              {static_cast<std::int64_t>(heads), 1 + rows * cols});
    view.keys = headRows(goldenStream(seed, 5), heads, head_width, copies);
    view.values = headRows(goldenStream(seed, 6), heads, head_width, copies);
    view.text = bellRows(goldenStream(seed, 7), shape.at("text_tokens"), text_width, 1.0);
    view.projection = bellRows(goldenStream(seed, 8), width, text_width, 0.25);
    return view;
}

RunSettings settingsOf(const json& run) {
    RunSettings settings;
    settings.method = run.at("method").get<std::string>();
    settings.budget = run.at("budget");
    for (const auto& [name, value] : run.at("settings").items()) {
        if (name == "seed") {
            settings.seed = value.get<std::uint64_t>();
        } else if (value.is_boolean()) {
            settings.params[name] = value.get<bool>() ? 1.0 : 0.0;
        } else if (value.is_number()) {
            settings.params[name] = value.get<double>();
        } else {
            settings.params[name] = value.get<std::string>();
        }
    }
    return settings;
}

// Fields that no method under test reads stay as they are.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

Selection selectionOf(const GoldenView& golden, const RunSettings& settings) {
    const int n = golden.grid.count();
    std::vector<std::int32_t> patches(toSize(n));
    for (int i = 0; i < n; ++i) {
        patches[toSize(i)] = i;
    }
    const HostMatrix full = toHost(golden.tokens);
    const ShiftReference reference(ShiftMetric::KlDiagFwd, full.view());
    const auto project = [&](const at::Tensor& rows) {
        return at::matmul(rows, golden.projection);
    };
    const SelectView view{
        .settings = settings,
        .grid = golden.grid,
        .layer = 4,
        .budget = std::min(settings.budget, n),
        .patches = patches,
        .tokens = golden.tokens,
        .cls = golden.cls_row,
        .cls_attention = golden.attention,
        .keys = golden.keys,
        .values = golden.values,
        .mass = std::vector<float>(toSize(n), 1.0F),
        .full = &reference,
        .text = golden.text,
        .project = project,
        .projected = [&] { return project(golden.tokens); },
    };
    return makeMethod(settings.method)->select(view);
}

#pragma GCC diagnostic pop

/// What differs from the reference: decisions, which a tie may explain, and numbers, which nothing
/// may.
struct Difference {
    std::string decision;
    std::string number;
};

// What the output rows stand for, numbered as in the file.
std::vector<int> orderOf(const Selection& selection) {
    std::vector<int> order;
    for (const OutputRow& row : selection.rows) {
        switch (row.kind) {
            case RowKind::Patch:
            case RowKind::Merged:
                order.push_back(row.patch);
                break;
            case RowKind::Cls:
                order.push_back(kClsRow);
                break;
            case RowKind::Extra:
                order.push_back(kExtraRow);
                break;
            case RowKind::Padding:
                order.push_back(kEmptyRow);
                break;
        }
    }
    return order;
}

std::vector<std::int32_t> keptOf(const std::vector<int>& order) {
    std::vector<std::int32_t> kept;
    std::ranges::copy_if(order, std::back_inserter(kept), [](int source) { return source >= 0; });
    std::ranges::sort(kept);
    return kept;
}

double largestOf(std::span<const float> row) {
    double largest = 0;
    for (const float value : row) {
        largest = std::max(largest, std::abs(static_cast<double>(value)));
    }
    return largest;
}

// Plain rows against the row they are, merged ones by their products with seeded directions.
std::string tokensDiffer(const GoldenView& view, const json& run, const HostMatrix& tokens) {
    const std::vector<double> directions =
        goldenBells(goldenStream(run.at("seed"), 9), toSize(3 * tokens.cols));
    std::map<int, json> merged;
    for (const json& row : run.at("merged")) {
        merged[row.at(0).get<int>()] = row;
    }
    const HostMatrix full = toHost(view.tokens);
    const HostMatrix cls = toHost(view.cls_row);
    for (int i = 0; i < tokens.rows; ++i) {
        const std::span<const float> row = tokens.row(i);
        const int source = run.at("order").at(toSize(i));
        const auto found = merged.find(i);
        if (found == merged.end()) {
            const auto expected = source == kClsRow ? cls.row(0) : full.row(source);
            if (!std::ranges::equal(row, expected)) {
                return "row " + std::to_string(i) + " is not that of patch " +
                       std::to_string(source);
            }
            continue;
        }
        for (std::size_t check = 0; check < 3; ++check) {
            double product = 0;
            for (std::size_t c = 0; c < row.size(); ++c) {
                product += directions[check * row.size() + c] * static_cast<double>(row[c]);
            }
            const double expected = found->second.at(1 + check);
            if (std::abs(product - expected) > kTokenTolerance * largestOf(row)) {
                return "merged row " + std::to_string(i) + " gives " + std::to_string(product) +
                       ", the reference " + std::to_string(expected);
            }
        }
    }
    return "";
}

Difference compare(const GoldenView& view, const json& run, const Selection& selection) {
    const auto order = run.at("order").get<std::vector<int>>();
    const std::vector<int> actual = orderOf(selection);
    Difference d;
    if (actual != order) {
        return {json(actual).dump(), ""};
    }
    if (selection.kept != keptOf(order)) {
        d.number = "kept is not what the rows say";
        return d;
    }
    const HostMatrix tokens = toHost(selection.tokens);
    const auto filled =
        std::ranges::count_if(order, [](int source) { return source != kEmptyRow; });
    if (tokens.rows != filled) {
        d.number = std::to_string(tokens.rows) + " rows, not " + std::to_string(filled);
        return d;
    }
    d.number = tokensDiffer(view, run, tokens);
    const json& shift = run.at("D");
    if (!shift.is_null()) {
        const double kappa = selection.shift.kappa.value_or(-1);
        const double expected = shift;
        if (std::abs(kappa - expected) > 1e-4 * std::max(std::abs(expected), 1e-4)) {
            d.number += " D " + std::to_string(kappa) + ", not " + std::to_string(expected);
        }
    }
    return d;
}

struct Tally {
    int runs = 0;
    int differ = 0;
};

TEST(MethodGolden, AgreesWithTheNumpyReference) {
    const json file =
        readJsonFile(std::filesystem::path(PRUNESCOPE_TEST_DATA) / "method" / "selections.json",
                     ErrorCode::Input,
                     {64u << 20, 16});
    std::map<int, json> shapes;
    for (const json& shape : file.at("shapes")) {
        shapes[shape.at("patches").get<int>()] = shape;
    }
    std::map<std::tuple<int, std::uint64_t>, GoldenView> views;
    std::map<std::string, Tally> tallies;
    std::set<std::string> missing;
    for (const json& run : file.at("runs")) {
        const auto method = run.at("method").get<std::string>();
        if (findMethod(method) == nullptr) {
            missing.insert(method);
            continue;
        }
        const int patches = run.at("patches");
        const std::uint64_t seed = run.at("seed");
        const auto content = run.at("content").get<std::string>();
        auto [place, fresh] = views.try_emplace({patches, seed});
        if (fresh) {
            place->second = makeView(shapes.at(patches), content, seed);
        }
        const RunSettings settings = settingsOf(run);
        const std::string name = method + " " + run.at("settings").dump() + " " + content + " " +
                                 std::to_string(patches) + " patches, k " +
                                 std::to_string(settings.budget);
        const std::vector<Problem> problems = checkSettings(settings);
        ASSERT_TRUE(problems.empty()) << name << ": " << problems.front().message;
        const Selection selection = selectionOf(place->second, settings);
        const Difference d = compare(place->second, run, selection);
        ++tallies[method].runs;
        EXPECT_EQ(d.number, "") << name;
        if (!d.decision.empty()) {
            ++tallies[method].differ;
            const json& gap = run.at("gap");
            std::cout << name << ": " << d.decision << "; closest decision " << gap.dump() << '\n';
            EXPECT_TRUE(!gap.is_null() && gap.get<double>() < kTieTolerance)
                << name << ": no tie explains it: " << d.decision << ", expected "
                << run.at("order").dump();
        }
    }
    for (const auto& [method, tally] : tallies) {
        std::cout << method << ": " << tally.runs - tally.differ << " of " << tally.runs
                  << " runs decide alike\n";
        EXPECT_LE(tally.differ, tally.runs / 100 + (tally.runs < 100 ? 1 : 0)) << method;
    }
    for (const std::string& method : missing) {
        ADD_FAILURE() << "not compared, there is no method " << method;
    }
}

}  // namespace
}  // namespace prunescope
