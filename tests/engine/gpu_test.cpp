// Runs of the bundled model on a CUDA device against the same runs on the CPU in float32. Where
// there is no device, every test is skipped.
#include "core/base/error.h"
#include "core/base/json.h"
#include "core/engine/run.h"
#include "core/image/decode.h"
#include "core/image/sample.h"
#include "core/prune/catalog.h"
#include "tests/engine/rounding.h"
#include "tests/engine/starter.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <ATen/Context.h>
#include <ATen/ops/empty.h>
#include <c10/util/Exception.h>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

constexpr const char* kDevice = "cuda";

/// A picture and a question about it.
struct Sample {
    std::shared_ptr<const Image> image;
    std::string prompt;
};

/// The bundled samples, every question of every picture, and a checkerboard.
const std::vector<Sample>& samples() {
    static const std::vector<Sample> all = [] {
        std::vector<Sample> made{{std::make_shared<const Image>(checkerImage(400, 300, 23)),
                                  "Is there a dog in the picture?"}};
        std::string name;
        for (const auto& entry : readJsonFile(kStarter / "samples" / "samples.json")) {
            const auto file = entry.at("image").get<std::string>();
            const auto image =
                file == name
                    ? made.back().image
                    : std::make_shared<const Image>(loadImage(kStarter / "samples" / file).image);
            name = file;
            made.push_back({image, entry.at("prompt").get<std::string>()});
        }
        return made;
    }();
    return all;
}

/// One question of every picture.
std::vector<Sample> pictures() {
    std::vector<Sample> out;
    for (const Sample& sample : samples()) {
        if (out.empty() || out.back().image != sample.image) {
            out.push_back(sample);
        }
    }
    return out;
}

std::unique_ptr<Vlm> loaded(const char* device, const char* dtype) {
    return Vlm::load(kStarter, {.device = device, .dtype = dtype});
}

const Vlm& onCpu() {
    return starter();
}

const Vlm& onGpu() {
    static const auto vlm = loaded(kDevice, "fp32");
    return *vlm;
}

/// What the runs on one picture share: its encoder pass, its null bands.
struct Caches {
    StageCache cpu;
    StageCache gpu;
};

Caches& cachesOf(const Sample& sample) {
    static std::map<const Image*, Caches> all;
    return all[sample.image.get()];
}

RunRequest requestOf(const Sample& sample, const std::string& method, int budget) {
    RunRequest request;
    request.image = sample.image;
    request.prompt = sample.prompt;
    request.settings.method = method;
    request.settings.budget = budget;
    request.settings.max_new_tokens = 8;
    request.settle_ms = 0;
    return request;
}

/// Tokens of an answer up to the first that another could replace by a little rounding. The chosen
/// token leads by 2 p - 1 or more; a lead above 0.05 is clear.
std::vector<std::int64_t> clearPart(const AnswerTrace& answer) {
    constexpr float kClear = 0.525F;
    const auto first_unclear =
        std::ranges::find_if(answer.probability, [](float p) { return !(p > kClear); });
    return {answer.ids.begin(), answer.ids.begin() + (first_unclear - answer.probability.begin())};
}

/// As many first tokens of an answer as `other` has.
std::vector<std::int64_t> firstOf(const AnswerTrace& answer,
                                  const std::vector<std::int64_t>& other) {
    const std::size_t n = std::min(answer.ids.size(), other.size());
    return {answer.ids.begin(), answer.ids.begin() + static_cast<std::ptrdiff_t>(n)};
}

void expectClose(const std::optional<double>& actual, const std::optional<double>& expected) {
    ASSERT_EQ(actual.has_value(), expected.has_value());
    if (expected) {
        EXPECT_NEAR(*actual, *expected, 1e-3 * std::max(std::fabs(*expected), 1e-2));
    }
}

/// Selection, D and the answer's clear part are the CPU's. A selection may differ where rounding
/// decides it on the CPU as well: then the runs have no more in common.
void expectEqual(const RunRequest& request, const RunTrace& gpu, const RunTrace& cpu) {
    ASSERT_EQ(gpu.views.size(), cpu.views.size());
    if (!selectsAlike(gpu, cpu) && isDecidedByRounding(request, cpu)) {
        std::printf("%s: rounding decides\n", request.settings.method.c_str());
        return;
    }
    for (std::size_t v = 0; v < cpu.views.size(); ++v) {
        const ViewTrace& expected = cpu.views[v];
        EXPECT_EQ(gpu.views[v].kept, expected.kept);
        EXPECT_TRUE(gpu.views[v].rows == expected.rows);
        EXPECT_EQ(gpu.views[v].shift.fired, expected.shift.fired);
        EXPECT_EQ(gpu.views[v].shift.accepted, expected.shift.accepted);
        expectClose(gpu.views[v].shift.kappa, expected.shift.kappa);
    }
    const std::vector<std::int64_t> clear = clearPart(cpu.answer);
    EXPECT_EQ(firstOf(gpu.answer, clear), clear);
}

class Gpu : public ::testing::Test {
protected:
    void SetUp() override {
        if (std::string(kDevice) != "cpu" && !at::hasCUDA()) {
            GTEST_SKIP() << "LibTorch sees no CUDA device";
        }
    }
};

class GpuMethod : public Gpu, public ::testing::WithParamInterface<std::string> {};

TEST_P(GpuMethod, SelectsAndAnswersAsOnTheCpu) {
    int n_clear = 0;
    int n_tokens = 0;
    for (const Sample& sample : pictures()) {
        Caches& caches = cachesOf(sample);
        for (const int budget : {16, 64}) {
            SCOPED_TRACE(sample.prompt + " budget " + std::to_string(budget));
            const RunRequest request = requestOf(sample, GetParam(), budget);
            const RunTrace cpu = run({onCpu(), caches.cpu, request});
            const RunTrace gpu = run({onGpu(), caches.gpu, request});
            expectEqual(request, gpu, cpu);
            n_clear += static_cast<int>(clearPart(cpu.answer).size());
            n_tokens += static_cast<int>(cpu.answer.ids.size());
        }
    }
    RecordProperty("clear_tokens", n_clear);
    RecordProperty("tokens", n_tokens);
    EXPECT_GT(n_clear, 0);
}

std::vector<std::string> methodIds() {
    std::vector<std::string> ids;
    for (const MethodSpec& method : methodCatalog()) {
        ids.push_back(method.id);
    }
    return ids;
}

INSTANTIATE_TEST_SUITE_P(Catalog,
                         GpuMethod,
                         ::testing::ValuesIn(methodIds()),
                         [](const auto& param_info) {
                             std::string name = param_info.param;
                             std::ranges::replace(name, '-', '_');
                             return name;
                         });

TEST_F(Gpu, EveryBudgetSelectsAsOnTheCpu) {
    for (const Sample& sample : pictures()) {
        Caches& caches = cachesOf(sample);
        for (const int budget : {1, 8, 32, 128, 576}) {
            SCOPED_TRACE(sample.prompt + " budget " + std::to_string(budget));
            const RunRequest request = requestOf(sample, "dcp", budget);
            expectEqual(
                request, run({onGpu(), caches.gpu, request}), run({onCpu(), caches.cpu, request}));
        }
    }
}

TEST_F(Gpu, EveryQuestionIsAnsweredAsOnTheCpu) {
    for (const Sample& sample : samples()) {
        Caches& caches = cachesOf(sample);
        for (const char* method : {kUnprunedMethod, "dcp"}) {
            SCOPED_TRACE(sample.prompt + " " + method);
            const RunRequest request = requestOf(sample, method, 32);
            expectEqual(
                request, run({onGpu(), caches.gpu, request}), run({onCpu(), caches.cpu, request}));
        }
    }
}

TEST_F(Gpu, TheSameRunTwiceIsTheSame) {
    const RunRequest request = requestOf(pictures().back(), "dcp", 32);
    StageCache first_cache;
    StageCache second_cache;
    const RunTrace first = run({onGpu(), first_cache, request});
    const RunTrace second = run({onGpu(), second_cache, request});
    EXPECT_EQ(first.views.front().kept, second.views.front().kept);
    EXPECT_EQ(first.views.front().shift.kappa, second.views.front().shift.kappa);
    EXPECT_EQ(first.answer.probability, second.answer.probability);
}

TEST_F(Gpu, LeaveOneOutIsTheCpus) {
    RunRequest request = requestOf(pictures().back(), "dcp", 8);
    StageCache cpu_cache;
    StageCache gpu_cache;
    const Attribution cpu = attribute({onCpu(), cpu_cache, request});
    const Attribution gpu = attribute({onGpu(), gpu_cache, request});
    ASSERT_EQ(cpu.effects.size(), 8U);
    ASSERT_EQ(gpu.effects.size(), cpu.effects.size());
    for (std::size_t i = 0; i < cpu.effects.size(); ++i) {
        EXPECT_TRUE(gpu.effects[i].token == cpu.effects[i].token);
        EXPECT_NEAR(gpu.effects[i].delta, cpu.effects[i].delta, 1e-3);
    }
}

TEST_F(Gpu, TheCurveOfDIsTheCpus) {
    const RunRequest request = requestOf(pictures().back(), "dcp", 32);
    StageCache cpu_cache;
    StageCache gpu_cache;
    const std::vector<BudgetPoint> cpu = budgetCurve({onCpu(), cpu_cache, request});
    const std::vector<BudgetPoint> gpu = budgetCurve({onGpu(), gpu_cache, request});
    ASSERT_EQ(gpu.size(), cpu.size());
    for (std::size_t i = 0; i < cpu.size(); ++i) {
        EXPECT_EQ(gpu[i].budget, cpu[i].budget);
        expectClose(gpu[i].shift, cpu[i].shift);
    }
}

class GpuHalf : public Gpu, public ::testing::WithParamInterface<const char*> {};

// 16 bits round decisions; what is clear without pruning stays.
TEST_P(GpuHalf, RunsWithFiniteNumbers) {
    const auto half = loaded(kDevice, GetParam());
    StageCache half_cache;
    for (const Sample& sample : pictures()) {
        for (const char* method : {kUnprunedMethod, "dcp", "visionzip", "tome", "fastv"}) {
            SCOPED_TRACE(sample.prompt + " " + method);
            const RunRequest request = requestOf(sample, method, 32);
            const RunTrace trace = run({*half, half_cache, request});
            const ViewTrace& view = trace.views.front();
            ASSERT_TRUE(view.shift.kappa.has_value());
            EXPECT_TRUE(std::isfinite(*view.shift.kappa));
            EXPECT_TRUE(trace.notes.empty()) << trace.notes.front();
            EXPECT_TRUE(trace.answer.complete);
            if (request.settings.method == kUnprunedMethod) {
                const auto clear = clearPart(run({onCpu(), cachesOf(sample).cpu, request}).answer);
                EXPECT_EQ(firstOf(trace.answer, clear), clear);
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Dtypes,
                         GpuHalf,
                         ::testing::Values("bf16", "fp16"),
                         [](const auto& param_info) { return std::string(param_info.param); });

/// Takes the device's memory in blocks that halve until none of `last` bytes is left.
std::vector<at::Tensor> takenMemory(std::int64_t last) {
    std::vector<at::Tensor> taken;
    const auto bytes = at::TensorOptions().dtype(at::kByte).device(at::kCUDA);
    for (std::int64_t block = std::int64_t{1} << 32; block >= last; block /= 2) {
        try {
            for (;;) {
                taken.push_back(at::empty({block}, bytes));
            }
        } catch (const c10::OutOfMemoryError&) {
        }
    }
    return taken;
}

TEST_F(Gpu, AFullDeviceIsSaidAndLeftUnharmed) {
    onGpu();
    {
        const std::vector<at::Tensor> taken = takenMemory(std::int64_t{1} << 16);
        ASSERT_FALSE(taken.empty());
        try {
            loaded(kDevice, "fp32");
            ADD_FAILURE() << "the device still has room";
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::OutOfMemory) << error.what();
        }
    }
    StageCache cpu_cache;
    StageCache gpu_cache;
    const RunRequest request = requestOf(pictures().back(), "dcp", 16);
    const auto again = loaded(kDevice, "fp32");
    expectEqual(request, run({*again, gpu_cache, request}), run({onCpu(), cpu_cache, request}));
}

}  // namespace
}  // namespace prunescope
