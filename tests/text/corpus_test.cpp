// Ids and decoded texts of transformers, tokenizers and sentencepiece: all of them, exactly.
#include "core/base/json.h"
#include "core/text/tokenizer.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace prunescope {
namespace {

struct Case {
    std::string name;
    std::string folder;  ///< from the repository's root
};

class Corpus : public testing::TestWithParam<Case> {};

TEST_P(Corpus, IdsAndDecodedTextsAreExact) {
    const std::filesystem::path root = PRUNESCOPE_SOURCE_DIR;
    const auto corpus =
        readJsonFile(std::filesystem::path(PRUNESCOPE_TEST_DATA) / "tokenizer_corpus.json");
    const auto& golden = corpus.at("tokenizers").at(GetParam().name);
    const auto texts = corpus.at("texts").get<std::vector<std::string>>();
    const auto prefix = golden.at("prefix_ids").get<std::vector<std::int64_t>>();
    const auto tokenizer = loadTokenizer(root / GetParam().folder);

    ASSERT_GE(texts.size(), 290u);
    for (std::size_t i = 0; i < texts.size(); ++i) {
        SCOPED_TRACE("text " + std::to_string(i) + ": " + texts[i].substr(0, 80));
        const auto ids = golden.at("ids").at(i).get<std::vector<std::int64_t>>();
        EXPECT_EQ(tokenizer->encode(texts[i], false), ids);
        auto with_special = prefix;
        with_special.insert(with_special.end(), ids.begin(), ids.end());
        EXPECT_EQ(tokenizer->encode(texts[i], true), with_special);
        EXPECT_EQ(tokenizer->decode(ids, true), golden.at("decoded").at(i).get<std::string>());
    }
}

INSTANTIATE_TEST_SUITE_P(
    Golden,
    Corpus,
    testing::Values(Case{"starter", "tests/golden/starter"},
                    Case{"prepend_few_bytes", "tests/golden/data/clip_llama_default"},
                    Case{"metaspace_first", "tests/golden/data/clip_llama_list_full"},
                    Case{"model_legacy_false", "tests/golden/data/sentencepiece"}),
    [](const auto& tested) { return tested.param.name; });

TEST(ClipCorpus, IdsAndDecodedTextsAreExact) {
    const std::filesystem::path root = std::filesystem::path(PRUNESCOPE_TEST_DATA) / "text_tower";
    const auto golden = readJsonFile(root / "case.json");
    const auto texts = golden.at("texts").get<std::vector<std::string>>();
    const auto tokenizer = loadTokenizer(root / "clip");
    ASSERT_GE(texts.size(), 310u);
    for (std::size_t i = 0; i < texts.size(); ++i) {
        SCOPED_TRACE("text " + std::to_string(i) + ": " + texts[i].substr(0, 80));
        const auto ids = golden.at("ids").at(i).get<std::vector<std::int64_t>>();
        EXPECT_EQ(tokenizer->encode(texts[i], true), ids);
        EXPECT_EQ(tokenizer->decode(ids, false), golden.at("decoded").at(i).get<std::string>());
    }
}

/// The same tokenizer.model with another tokenizer_config.json.
class LegacyFolder : public testing::Test {
protected:
    void SetUp() override {
        const std::filesystem::path from =
            std::filesystem::path(PRUNESCOPE_TEST_DATA) / "sentencepiece";
        folder_ = std::filesystem::path(testing::TempDir()) / "legacy_sentencepiece";
        std::filesystem::remove_all(folder_);
        std::filesystem::create_directories(folder_);
        std::filesystem::copy_file(from / "tokenizer.model", folder_ / "tokenizer.model");
        std::filesystem::copy_file(from / "added_tokens.json", folder_ / "added_tokens.json");
        auto config = readJsonFile(from / "tokenizer_config.json");
        config["legacy"] = true;
        std::ofstream(folder_ / "tokenizer_config.json") << config.dump();
    }

    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::filesystem::path folder_;
};

TEST_F(LegacyFolder, IdsAndDecodedTextsAreExact) {
    const auto corpus =
        readJsonFile(std::filesystem::path(PRUNESCOPE_TEST_DATA) / "tokenizer_corpus.json");
    const auto& golden = corpus.at("tokenizers").at("model_legacy_true");
    const auto tokenizer = loadTokenizer(folder_);
    const auto texts = corpus.at("texts").get<std::vector<std::string>>();
    for (std::size_t i = 0; i < texts.size(); ++i) {
        SCOPED_TRACE("text " + std::to_string(i) + ": " + texts[i].substr(0, 80));
        const auto ids = golden.at("ids").at(i).get<std::vector<std::int64_t>>();
        EXPECT_EQ(tokenizer->encode(texts[i], false), ids);
        EXPECT_EQ(tokenizer->decode(ids, true), golden.at("decoded").at(i).get<std::string>());
    }
}

}  // namespace
}  // namespace prunescope
