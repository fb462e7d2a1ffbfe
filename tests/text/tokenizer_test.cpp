#include "core/text/tokenizer.h"

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/text/utf8.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace prunescope {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Json = nlohmann::json;

/// A tokenizer of a few letters; tests change one thing in it.
Json small() {
    return Json::parse(R"({
        "added_tokens": [
            {"id": 0, "content": "<unk>", "special": true, "normalized": false},
            {"id": 1, "content": "<s>", "special": true, "normalized": false},
            {"id": 9, "content": "<image>", "special": true, "normalized": false}
        ],
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "Prepend", "prepend": "▁"},
            {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
        "pre_tokenizer": null,
        "post_processor": {"type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A"}}],
            "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}},
        "decoder": {"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
            {"type": "ByteFallback"}, {"type": "Fuse"},
            {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
        "model": {"type": "BPE", "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": true,
            "vocab": {"<unk>": 0, "<s>": 1, "▁": 2, "a": 3, "b": 4, "ab": 5, "▁a": 6, "aa": 7,
                      "<0x0A>": 8},
            "merges": ["a b", ["▁", "a"], "a a"]}
    })");
}

class TokenizerFolder : public testing::Test {
protected:
    void SetUp() override {
        folder_ = std::filesystem::path(testing::TempDir()) /
                  testing::UnitTest::GetInstance()->current_test_info()->name();
        std::filesystem::remove_all(folder_);
        std::filesystem::create_directories(folder_);
    }

    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::shared_ptr<const Tokenizer> load(const Json& spec) {
        std::ofstream(folder_ / "tokenizer.json") << spec.dump();
        return loadTokenizer(folder_);
    }

    /// The sentence with which a changed tokenizer is refused.
    std::string refusal(const std::function<void(Json&)>& change) {
        Json spec = small();
        change(spec);
        try {
            load(spec);
        } catch (const Error& e) {
            EXPECT_EQ(e.code(), ErrorCode::Model);
            return e.what();
        }
        return "accepted";
    }

    static std::filesystem::path clipFile() {
        return std::filesystem::path(PRUNESCOPE_TEST_DATA) / "text_tower/clip/tokenizer.json";
    }

    std::filesystem::path folder_;
};

TEST_F(TokenizerFolder, EncodesWithPrefixMergesAndBytes) {
    const auto tokenizer = load(small());
    EXPECT_THAT(tokenizer->encode("ab", true), ElementsAre(1, 2, 5));
    EXPECT_THAT(tokenizer->encode("a a", false), ElementsAre(6, 6));
    EXPECT_THAT(tokenizer->encode("a\nb", false), ElementsAre(6, 8, 4));
    EXPECT_THAT(tokenizer->encode("a<image>a", false), ElementsAre(6, 9, 6));
    EXPECT_THAT(tokenizer->encode("", true), ElementsAre(1));
    EXPECT_EQ(tokenizer->vocabularySize(), 10);
    EXPECT_EQ(tokenizer->idOf("ab"), 5);
    EXPECT_EQ(tokenizer->idOf("zz"), std::nullopt);
    EXPECT_EQ(tokenizer->description(),
              "tokenizer.json, BPE with byte fallback, prefix on every segment");
}

TEST_F(TokenizerFolder, FusesUnknownCharactersOrNot) {
    EXPECT_THAT(load(small())->encode("zzab", false), ElementsAre(2, 0, 5));
    Json spec = small();
    spec["model"]["fuse_unk"] = false;
    EXPECT_THAT(load(spec)->encode("zzab", false), ElementsAre(2, 0, 0, 5));
}

TEST_F(TokenizerFolder, DecodesOnlyWhatItKnows) {
    const auto tokenizer = load(small());
    EXPECT_EQ(tokenizer->decode({1, 6, 2, 5, 9}, true), "a ab");
    EXPECT_EQ(tokenizer->decode({1, 6}, false), "<s> a");
    EXPECT_EQ(tokenizer->decode({-1, 10, 1'000'000'000'000, 6}, true), "a");
    EXPECT_EQ(tokenizer->tokenText(-1), "");
    EXPECT_EQ(tokenizer->tokenText(10), "");
    EXPECT_EQ(tokenizer->tokenText(8), "<0x0A>");
    EXPECT_FALSE(tokenizer->isSpecial(99));
    EXPECT_TRUE(tokenizer->isSpecial(9));
}

TEST_F(TokenizerFolder, HonoursTheFlagsOfAddedTokens) {
    Json spec = small();
    Json& image = spec["added_tokens"][2];
    image["lstrip"] = true;
    image["rstrip"] = true;
    EXPECT_THAT(load(spec)->encode("a  <image> \n a", false), ElementsAre(6, 9, 6));
    image["lstrip"] = false;
    image["rstrip"] = false;
    image["single_word"] = true;
    EXPECT_THAT(load(spec)->encode("a <image>", false), ElementsAre(6, 2, 9));
    EXPECT_THAT(load(spec)->encode("a<image>", false), ElementsAre(6, 0, 3, 0));
}

TEST_F(TokenizerFolder, FindsTheLongestAddedToken) {
    Json spec = small();
    spec["added_tokens"].push_back({{"id", 10}, {"content", "<image>a"}, {"special", true}});
    EXPECT_THAT(load(spec)->encode("<image>ab<image>b", false), ElementsAre(10, 2, 4, 9, 2, 4));
}

TEST_F(TokenizerFolder, ReplacesBrokenUtf8) {
    const auto tokenizer = load(small());
    EXPECT_THAT(tokenizer->encode("a\xFF", false), ElementsAre(6, 0));
    EXPECT_THAT(tokenizer->encode("a\xE2\x82", false), ElementsAre(6, 0));
}

TEST_F(TokenizerFolder, MetaspaceSchemes) {
    Json spec = small();
    spec["normalizer"] = nullptr;
    spec["pre_tokenizer"] = {{"type", "Metaspace"}, {"prepend_scheme", "first"}, {"split", false}};
    EXPECT_THAT(load(spec)->encode("ab<image>a", false), ElementsAre(2, 5, 9, 3));
    spec["pre_tokenizer"]["prepend_scheme"] = "never";
    EXPECT_THAT(load(spec)->encode("ab<image>a", false), ElementsAre(5, 9, 3));
    spec["pre_tokenizer"]["prepend_scheme"] = "always";
    spec["pre_tokenizer"]["split"] = true;
    EXPECT_THAT(load(spec)->encode("ab a<image>a", false), ElementsAre(2, 5, 6, 9, 6));
}

TEST_F(TokenizerFolder, LongWordsTakeLittleTime) {
    const auto tokenizer = load(small());
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(tokenizer->encode(std::string(1'000'000, 'a'), false).size(), 500'001u);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST_F(TokenizerFolder, RefusesWhatItDoesNotRun) {
    EXPECT_THAT(refusal([](Json& t) {
                    t["normalizer"] = {{"type", "NFKC"}};
                }),
                HasSubstr("\"NFKC\""));
    EXPECT_THAT(refusal([](Json& t) {
                    t["pre_tokenizer"] = {{"type", "ByteLevel"}};
                }),
                HasSubstr("\"ByteLevel\""));
    EXPECT_THAT(refusal([](Json& t) {
                    t["decoder"] = {{"type", "WordPiece"}};
                }),
                HasSubstr("\"WordPiece\""));
    EXPECT_THAT(refusal([](Json& t) {
                    t["post_processor"] = {{"type", "BertProcessing"}};
                }),
                HasSubstr("\"BertProcessing\""));
    EXPECT_THAT(refusal([](Json& t) { t["model"]["type"] = "Unigram"; }), HasSubstr("\"Unigram\""));
    EXPECT_THAT(refusal([](Json& t) { t["model"]["end_of_word_suffix"] = "</w>"; }),
                HasSubstr("end_of_word_suffix"));
    EXPECT_THAT(refusal([](Json& t) { t["model"]["dropout"] = 0.1; }), HasSubstr("dropout"));
    EXPECT_THAT(refusal([](Json& t) {
                    t["normalizer"]["normalizers"][1]["pattern"] = {{"Regex", " +"}};
                }),
                HasSubstr("pattern"));
}

TEST_F(TokenizerFolder, RefusesBrokenFiles) {
    EXPECT_THAT(refusal([](Json& t) { t.erase("model"); }), HasSubstr("no \"model\""));
    EXPECT_THAT(refusal([](Json& t) { t["model"]["vocab"]["a"] = -1; }), HasSubstr("out of range"));
    EXPECT_THAT(refusal([](Json& t) { t["model"]["vocab"]["a"] = 1LL << 40; }),
                HasSubstr("out of range"));
    EXPECT_THAT(refusal([](Json& t) { t["model"]["vocab"]["a"] = "3"; }),
                HasSubstr("out of range"));
    EXPECT_THAT(refusal([](Json& t) { t["model"]["vocab"]["a"] = 4; }),
                HasSubstr("belongs to both"));
    EXPECT_THAT(refusal([](Json& t) { t["model"]["vocab"] = Json::array(); }), HasSubstr("vocab"));
    EXPECT_THAT(refusal([](Json& t) { t["model"]["merges"].push_back("a z"); }),
                HasSubstr("not in the vocabulary"));
    EXPECT_THAT(refusal([](Json& t) { t["model"]["merges"].push_back("a b c"); }),
                HasSubstr("not a pair"));
    EXPECT_THAT(refusal([](Json& t) { t["model"]["merges"].push_back(5); }),
                HasSubstr("not a pair"));
    EXPECT_THAT(refusal([](Json& t) { t["model"]["merges"] = 5; }), HasSubstr("merges"));
    EXPECT_THAT(refusal([](Json& t) { t["model"]["unk_token"] = "<none>"; }),
                HasSubstr("unknown token"));
    EXPECT_THAT(refusal([](Json& t) { t["added_tokens"][0]["id"] = 1LL << 40; }),
                HasSubstr("out of range"));
    EXPECT_THAT(refusal([](Json& t) { t["added_tokens"][0]["content"] = ""; }),
                HasSubstr("0 bytes"));
    EXPECT_THAT(refusal([](Json& t) { t["added_tokens"][0]["special"] = 1; }),
                HasSubstr("special"));
    EXPECT_THAT(refusal([](Json& t) { t["post_processor"]["special_tokens"] = Json::object(); }),
                HasSubstr("no ids"));
    EXPECT_THAT(refusal([](Json& t) { t = Json::array(); }), HasSubstr("model"));
}

TEST_F(TokenizerFolder, ClipsWordsAreCutByNoOtherExpression) {
    const Json good = readJsonFile(clipFile());
    EXPECT_THAT(load(good)->description(), HasSubstr("as CLIP cuts them"));
    const auto refused = [&](const std::function<void(Json&)>& change) {
        return refusal([&](Json& t) {
            t = good;
            change(t);
        });
    };
    EXPECT_THAT(refused([](Json& t) {
                    t["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] = "(a+)+$";
                }),
                HasSubstr("(a+)+$"));
    EXPECT_THAT(
        refused([](Json& t) { t["pre_tokenizer"]["pretokenizers"][0]["behavior"] = "Isolated"; }),
        HasSubstr("splits by"));
    EXPECT_THAT(refused([](Json& t) { t["pre_tokenizer"]["pretokenizers"][0].erase("pattern"); }),
                HasSubstr("regular expression"));
    EXPECT_THAT(
        refused([](Json& t) { t["pre_tokenizer"]["pretokenizers"][1]["add_prefix_space"] = true; }),
        HasSubstr("adds a space"));
    EXPECT_THAT(refused([](Json& t) { t["pre_tokenizer"]["pretokenizers"].erase(1); }),
                HasSubstr("\"Sequence\""));
    EXPECT_THAT(refused([](Json& t) {
                    t["post_processor"]["cls"] = Json::array({"a", -1});
                }),
                HasSubstr("\"cls\""));
    EXPECT_THAT(refused([](Json& t) { t["post_processor"].erase("sep"); }), HasSubstr("\"sep\""));
    EXPECT_THAT(refused([](Json& t) { t["model"]["end_of_word_suffix"] = 5; }),
                HasSubstr("end_of_word_suffix"));
}

TEST_F(TokenizerFolder, ClipTakesBrokenAndLongTexts) {
    const auto tokenizer = loadTokenizer(clipFile().parent_path());
    EXPECT_EQ(tokenizer->encode("\xFF", true), tokenizer->encode("\xEF\xBF\xBD", true));
    EXPECT_EQ(tokenizer->encode(" \n\t ", true).size(), 2u);
    EXPECT_GT(tokenizer->encode(std::string(1'000'000, '!'), true).size(), 2u);
    EXPECT_GT(
        tokenizer->encode(replaceAll(std::string(100'000, 'e'), "e", "e\xCC\x81"), true).size(),
        2u);
}

TEST_F(TokenizerFolder, EveryCutOfAFileIsRefused) {
    const std::string text = small().dump();
    for (std::size_t n = 0; n < text.size(); n += 7) {
        std::ofstream(folder_ / "tokenizer.json") << text.substr(0, n);
        EXPECT_THROW(loadTokenizer(folder_), Error) << n;
    }
}

TEST_F(TokenizerFolder, NamesAFolderWithoutTokenizer) {
    EXPECT_THROW(loadTokenizer(folder_), Error);
    std::ofstream(folder_ / "tokenizer.model") << "not a model";
    EXPECT_THROW(loadTokenizer(folder_), Error);
}

TEST(SentencePiece, CutModelsNeverCrash) {
    const auto from = std::filesystem::path(PRUNESCOPE_TEST_DATA) / "sentencepiece/tokenizer.model";
    std::ifstream in(from, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), {});
    const auto folder = std::filesystem::path(testing::TempDir()) / "cut_sentencepiece";
    std::filesystem::create_directories(folder);
    for (std::size_t n = 0; n < bytes.size(); n += 97) {
        std::ofstream(folder / "tokenizer.model", std::ios::binary) << bytes.substr(0, n);
        try {
            loadTokenizer(folder)->encode("How many birds?", true);
        } catch (const Error&) {
        }
    }
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace prunescope
