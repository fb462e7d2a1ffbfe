#include "core/base/error.h"
#include "core/base/stop.h"
#include "core/model/foreign_errors.h"
#include "core/model/placement.h"
#include "core/model/vlm.h"
#include "tests/model/model_files.h"

#include <cstring>
#include <new>
#include <stdexcept>
#include <stop_token>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace prunescope {
namespace {

using testing::HasSubstr;

LoadOptions onHost() {
    LoadOptions options;
    options.device = "cpu";
    return options;
}

TEST(Load, ReportsWhatItFound) {
    const auto vlm = Vlm::load(test::goldenFolder("clip_llama_gqa_b_fp16"), onHost());
    const LoadReport& report = vlm->report();
    EXPECT_EQ(report.name, "clip_llama_gqa_b_fp16");
    EXPECT_EQ(report.architecture, "llava: clip 4 x 24 -> llama 2 x 32");
    EXPECT_EQ(report.naming, "B (module)");
    EXPECT_EQ(report.stored_dtype, "fp16");
    EXPECT_EQ(report.dtype, "fp32");
    EXPECT_EQ(report.device, "cpu");
    EXPECT_EQ(report.encoder_layers_run, 3);
    EXPECT_EQ(report.encoder_layers, 4);
    EXPECT_EQ(report.context_length, 512);
    EXPECT_EQ(report.fingerprint.size(), 16u);
    EXPECT_GT(report.memory_bytes, 0u);
    EXPECT_FALSE(report.tokenizer.empty());
    EXPECT_EQ(vlm->imageToken(), "<image>");
    EXPECT_EQ(vlm->imageTokenId(), 99);
    EXPECT_EQ(vlm->lastEncoderLayer(), 2);
    EXPECT_TRUE(vlm->isStopToken(2));
    EXPECT_FALSE(vlm->isStopToken(3));
    EXPECT_LE(vlm->vocabularyLimit(), 112);
}

TEST(Load, CountsBytesAndStops) {
    LoadOptions options = onHost();
    std::uint64_t last = 0;
    std::uint64_t all = 0;
    options.progress = [&](std::uint64_t done, std::uint64_t total) {
        EXPECT_GT(done, last);
        last = done;
        all = total;
    };
    Vlm::load(test::goldenFolder("clip_llama_default"), options);
    EXPECT_EQ(last, all);
    std::stop_source source;
    options.stop = source.get_token();
    int calls = 0;
    options.progress = [&](std::uint64_t, std::uint64_t) {
        if (++calls == 3) {
            source.request_stop();
        }
    };
    EXPECT_THROW(Vlm::load(test::goldenFolder("clip_llama_default"), options), Cancelled);
    EXPECT_EQ(calls, 3);
}

TEST(Load, SaysWhatIsWrongWithAFolder) {
    EXPECT_THAT(test::modelError([] { Vlm::load("/nonexistent", onHost()); }),
                HasSubstr("is not a folder"));
    const test::TempFolder folder;
    test::copyGolden("clip_llama_sparse", folder.path());
    test::changeJson(folder.path() / "config.json",
                     [](nlohmann::json& c) { c["image_token_index"] = 103; });
    EXPECT_THAT(test::modelError([&] { Vlm::load(folder.path(), onHost()); }),
                HasSubstr("names token 103 as the picture's placeholder"));
    std::filesystem::remove(folder.path() / "tokenizer.json");
    std::filesystem::remove(folder.path() / "config.json");
    EXPECT_NE(test::modelError([&] { Vlm::load(folder.path(), onHost()); }), "");
}

TEST(Load, ReadsTensorsThatAreNotAligned) {
    const test::TempFolder folder;
    test::copyGolden("clip_llama_gqa_a_bf16", folder.path());
    // One more space in the header moves all data by a byte.
    std::string bytes = test::readText(folder.path() / "model.safetensors");
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data(), sizeof length);
    bytes.insert(8 + length, " ");
    ++length;
    std::memcpy(bytes.data(), &length, sizeof length);
    folder.write("model.safetensors", bytes);
    LoadOptions options = onHost();
    options.dtype = "bf16";
    const auto moved = Vlm::load(folder.path(), options);
    const auto straight = Vlm::load(test::goldenFolder("clip_llama_gqa_a_bf16"), options);
    EXPECT_TRUE(moved->embed({5, 7}).equal(straight->embed({5, 7})));
    EXPECT_NE(moved->report().fingerprint, straight->report().fingerprint);
}

TEST(Placement, UnderstandsItsWords) {
    EXPECT_EQ(choosePlacement("cpu", "bf16", "fp16", 10).dtype, at::kBFloat16);
    EXPECT_EQ(choosePlacement("cpu", "fp16", "fp32", 10).dtype, at::kHalf);
    EXPECT_EQ(choosePlacement("cpu", "auto", "fp16", 10).dtype, at::kFloat);
    EXPECT_EQ(choosePlacement("cpu", "auto", "fp16", 1ULL << 50).dtype, at::kBFloat16);
    for (const char* device : {"gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:999", ""}) {
        try {
            choosePlacement(device, "auto", "fp16", 10);
            ADD_FAILURE() << device;
        } catch (const Error& e) {
            EXPECT_EQ(e.code(), ErrorCode::Usage);
        }
    }
    EXPECT_THROW(choosePlacement("cpu", "int8", "fp16", 10), Error);
}

ErrorCode codeOf(const std::function<void()>& work) {
    try {
        translated([&] { work(); });
    } catch (const Error& e) {
        return e.code();
    }
    return ErrorCode::Internal;
}

TEST(ForeignErrors, BecomeOurs) {
    EXPECT_EQ(codeOf([] { throw std::bad_alloc(); }), ErrorCode::OutOfMemory);
    EXPECT_EQ(codeOf([] { throw std::runtime_error("CUDA out of memory."); }),
              ErrorCode::OutOfMemory);
    EXPECT_EQ(codeOf([] { throw std::runtime_error("else"); }), ErrorCode::Failure);
    EXPECT_EQ(codeOf([] { throw Error(ErrorCode::Input, "x"); }), ErrorCode::Input);
    EXPECT_THROW(translated([] { throw Cancelled{}; }), Cancelled);
}

}  // namespace
}  // namespace prunescope
