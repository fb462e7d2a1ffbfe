#include "core/model/bundled.h"

#include <gtest/gtest.h>

namespace prunescope {
namespace {

namespace fs = std::filesystem;

TEST(Bundled, ModelAndSampleAreFoundFromAnyWorkingDirectory) {
    const fs::path before = fs::current_path();
    fs::current_path("/");
    EXPECT_TRUE(fs::is_regular_file(bundledModel() / "config.json")) << bundledModel();
    const BundledSample sample = bundledSample();
    EXPECT_TRUE(fs::is_regular_file(sample.image)) << sample.image;
    EXPECT_FALSE(sample.prompt.empty());
    fs::current_path(before);
}

}  // namespace
}  // namespace prunescope
