#include "core/base/error.h"
#include "core/engine/run.h"
#include "core/image/sample.h"

#include <filesystem>

#include <ATen/Context.h>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

const std::filesystem::path kStarter =
    std::filesystem::path(PRUNESCOPE_SOURCE_DIR) / "resources/models/starter";

/// The same picture and prompt on both devices; fp32 on both, so that selections agree.
TEST(Gpu, SelectionAndAnswerEqualTheCpus) {
    if (!at::hasCUDA()) {
        GTEST_SKIP() << "LibTorch sees no CUDA device";
    }
    const auto cpu = Vlm::load(kStarter, {.device = "cpu", .dtype = "fp32"});
    const auto gpu = Vlm::load(kStarter, {.device = "cuda", .dtype = "fp32"});
    for (const int budget : {8, 16, 32, 64, 576}) {
        RunRequest request;
        request.image = std::make_shared<const Image>(checkerImage(400, 300, 23));
        request.prompt = "Is there a dog in the picture?";
        request.settings.budget = budget;
        request.settle_ms = 0;
        StageCache cpu_cache;
        StageCache gpu_cache;
        const RunTrace on_cpu = run({*cpu, cpu_cache, request});
        const RunTrace on_gpu = run({*gpu, gpu_cache, request});
        EXPECT_EQ(on_gpu.views[0].kept, on_cpu.views[0].kept) << "budget " << budget;
        EXPECT_EQ(on_gpu.answer.ids, on_cpu.answer.ids) << "budget " << budget;
    }
}

TEST(Gpu, PruningInsideTheLanguageModelEqualsTheCpus) {
    if (!at::hasCUDA()) {
        GTEST_SKIP() << "LibTorch sees no CUDA device";
    }
    const auto cpu = Vlm::load(kStarter, {.device = "cpu", .dtype = "fp32"});
    const auto gpu = Vlm::load(kStarter, {.device = "cuda", .dtype = "fp32"});
    for (const char* method : {"fastv", "sparsevlm", "pyramiddrop", "dart"}) {
        for (const int budget : {8, 64}) {
            RunRequest request;
            request.image = std::make_shared<const Image>(checkerImage(400, 300, 23));
            request.prompt = "Is there a dog in the picture?";
            request.settings.method = method;
            request.settings.budget = budget;
            request.settle_ms = 0;
            StageCache cpu_cache;
            StageCache gpu_cache;
            const RunTrace on_cpu = run({*cpu, cpu_cache, request});
            const RunTrace on_gpu = run({*gpu, gpu_cache, request});
            EXPECT_EQ(on_gpu.views[0].kept, on_cpu.views[0].kept) << method << " " << budget;
            EXPECT_EQ(on_gpu.answer.ids, on_cpu.answer.ids) << method << " " << budget;
        }
    }
}

}  // namespace
}  // namespace prunescope
