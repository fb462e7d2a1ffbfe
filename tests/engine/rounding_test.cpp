#include "tests/engine/rounding.h"

#include "core/base/json.h"
#include "core/image/decode.h"
#include "core/image/sample.h"
#include "tests/engine/starter.h"

#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

/// Every bundled picture and a checkerboard, whose many equal patches make decisions close.
std::vector<std::shared_ptr<const Image>> pictures() {
    std::vector<std::shared_ptr<const Image>> out{
        std::make_shared<const Image>(checkerImage(400, 300, 23))};
    std::set<std::string> files;
    for (const auto& entry : readJsonFile(kStarter / "samples" / "samples.json")) {
        const auto file = entry.at("image").get<std::string>();
        if (files.insert(file).second) {
            out.push_back(
                std::make_shared<const Image>(loadImage(kStarter / "samples" / file).image));
        }
    }
    return out;
}

/// On how many pictures rounding decides what `method` selects.
int decidedByRounding(const std::string& method) {
    int n = 0;
    for (const auto& picture : pictures()) {
        RunRequest request;
        request.image = picture;
        request.prompt = "Is there a dog in the picture?";
        request.settings.method = method;
        request.settings.budget = 64;
        request.want_answer = false;
        StageCache cache;
        const RunTrace cpu = run({starter(), cache, request});
        n += isDecidedByRounding(request, cpu) ? 1 : 0;
    }
    return n;
}

TEST(Rounding, DecidesWhatVisPrunerDropsOnSomePictures) {
    EXPECT_GT(decidedByRounding("vispruner"), 0);
}

TEST(Rounding, DecidesNothingForOthers) {
    EXPECT_EQ(decidedByRounding("grid"), 0);
    EXPECT_EQ(decidedByRounding("visionzip"), 0);
}

TEST(Rounding, ASelectionOfOtherTokensIsSeen) {
    RunRequest request;
    request.image = pictures().front();
    request.prompt = "Is there a dog in the picture?";
    request.settings.method = "random";
    request.want_answer = false;
    StageCache cache;
    const RunTrace one = run({starter(), cache, request});
    EXPECT_TRUE(selectsAlike(one, run({starter(), cache, request})));
    ++request.settings.seed;
    EXPECT_FALSE(selectsAlike(one, run({starter(), cache, request})));
}

}  // namespace
}  // namespace prunescope
