#include "core/text/prompt.h"

#include "core/base/error.h"
#include "core/base/json.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace prunescope {
namespace {

using testing::HasSubstr;

const std::filesystem::path kStarter =
    std::filesystem::path(PRUNESCOPE_SOURCE_DIR) / "tests/golden/starter";

class Prompt : public testing::Test {
protected:
    std::string refusal(const std::string& question, ErrorCode code = ErrorCode::Input) {
        try {
            buildPrompt(*tokenizer_, chat_, "<image>", question);
        } catch (const Error& e) {
            EXPECT_EQ(e.code(), code);
            return e.what();
        }
        return "accepted";
    }

    std::shared_ptr<const Tokenizer> tokenizer_ = loadTokenizer(kStarter);
    ChatTemplate chat_ = readChatTemplate(kStarter);
};

TEST_F(Prompt, IsTheWholeTextCutAtThePicture) {
    const auto prompt = buildPrompt(*tokenizer_, chat_, "<image>", "What is in the picture?");
    const auto whole =
        tokenizer_->encode("USER: <image>\nWhat is in the picture? ASSISTANT:", true);
    EXPECT_EQ(prompt.expanded(*tokenizer_->idOf("<image>"), 1), whole);
    EXPECT_EQ(prompt.question, tokenizer_->encode("What is in the picture?", false));
    EXPECT_EQ(prompt.before.front(), 1);
}

TEST_F(Prompt, ExpandsThePlaceholder) {
    const auto prompt = buildPrompt(*tokenizer_, chat_, "<image>", "Is there a dog?");
    const auto ids = prompt.expanded(1000, 576);
    EXPECT_EQ(ids.size(), prompt.before.size() + 576 + prompt.after.size());
    EXPECT_EQ(std::count(ids.begin(), ids.end(), 1000), 576);
    EXPECT_EQ(ids[prompt.before.size()], 1000);
}

TEST_F(Prompt, RefusesEmptyQuestions) {
    EXPECT_EQ(refusal(""), "The prompt is empty");
    EXPECT_EQ(refusal(" \n\t\u3000"), "The prompt is empty");
}

TEST_F(Prompt, RefusesSpecialTokens) {
    EXPECT_EQ(refusal("Where is <image>?"), "The prompt contains the special token \"<image>\"");
    for (const std::string token : {"<s>", "</s>", "<pad>", "<unk>"}) {
        EXPECT_THAT(refusal("a" + token + "b"), HasSubstr(token));
    }
    EXPECT_EQ(refusal("<imag> < s>"), "accepted");
}

TEST_F(Prompt, RefusesVeryLongQuestions) {
    EXPECT_EQ(refusal(std::string(65536, 'a')), "accepted");
    EXPECT_THAT(refusal(std::string(65537, 'a')), HasSubstr("at most 65.5 kB"));
}

TEST_F(Prompt, UnknownCharactersAreNoSpecialTokens) {
    const auto few =
        loadTokenizer(std::filesystem::path(PRUNESCOPE_TEST_DATA) / "clip_llama_default");
    EXPECT_NO_THROW(buildPrompt(*few, chat_, "<image>", "What is \u4e2d?"));
}

TEST_F(Prompt, RefusesAnImageTokenThatTheTokenizerLacks) {
    EXPECT_THROW(buildPrompt(*tokenizer_, chat_, "<picture>", "What?"), Error);
    EXPECT_THROW(buildPrompt(*tokenizer_, chat_, "", "What?"), Error);
}

class Template : public testing::Test {
protected:
    void SetUp() override {
        folder_ = std::filesystem::path(testing::TempDir()) /
                  testing::UnitTest::GetInstance()->current_test_info()->name();
        std::filesystem::remove_all(folder_);
        std::filesystem::create_directories(folder_);
        starter_ = readJsonFile(kStarter / "chat_template.json").at("chat_template");
    }

    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::string nameWith(const std::string& file, const std::string& contents) {
        std::ofstream(folder_ / file) << contents;
        std::string name;
        try {
            name = readChatTemplate(folder_).name;
        } catch (const Error& e) {
            EXPECT_EQ(e.code(), ErrorCode::Model);
            name = e.what();
        }
        std::filesystem::remove(folder_ / file);
        return name;
    }

    std::filesystem::path folder_;
    std::string starter_;
};

TEST_F(Template, DefaultsToLlava15) {
    const ChatTemplate chat = readChatTemplate(folder_);
    EXPECT_EQ(chat.name, "llava-1.5");
    EXPECT_EQ(chat.before_image + "|" + chat.after_image + "|" + chat.after_text,
              "USER: |\n| ASSISTANT:");
}

TEST_F(Template, IsRecognisedInEveryFile) {
    const nlohmann::json text = {{"chat_template", starter_}};
    const nlohmann::json named = {
        {"chat_template", {{{"name", "default"}, {"template", starter_}}}}};
    EXPECT_EQ(nameWith("chat_template.jinja", starter_), "llava-1.5");
    EXPECT_EQ(nameWith("chat_template.jinja", starter_ + "\n"), "llava-1.5");
    EXPECT_EQ(nameWith("chat_template.json", text.dump()), "llava-1.5");
    EXPECT_EQ(nameWith("tokenizer_config.json", text.dump()), "llava-1.5");
    EXPECT_EQ(nameWith("tokenizer_config.json", named.dump()), "llava-1.5");
    EXPECT_EQ(nameWith("tokenizer_config.json", "{}"), "llava-1.5");
}

TEST_F(Template, LayoutAndCommentsDoNotMatter) {
    std::string spread;
    for (std::size_t i = 0; i < starter_.size(); ++i) {
        spread += starter_[i];
        if (i > 0 && starter_[i - 1] == '%' && starter_[i] == '}') {
            spread += "\n    {#- a comment -#}\n    ";
        }
    }
    spread.resize(spread.rfind('}') + 1);
    EXPECT_EQ(nameWith("chat_template.jinja", spread), "llava-1.5");
}

TEST_F(Template, OthersAreRefused) {
    EXPECT_EQ(nameWith("chat_template.jinja", "{{ messages }}"),
              "chat_template.jinja has a chat template that is not known");
    EXPECT_THAT(nameWith("chat_template.jinja", starter_ + " "), HasSubstr("not known"));
    EXPECT_THAT(nameWith("chat_template.jinja", ""), HasSubstr("not known"));
    EXPECT_THAT(nameWith("chat_template.json", R"({"chat_template": 5})"), HasSubstr("not a text"));
    for (std::size_t n = 0; n < starter_.size(); ++n) {
        EXPECT_THAT(nameWith("chat_template.jinja", starter_.substr(0, n)), HasSubstr("not known"));
    }
}

}  // namespace
}  // namespace prunescope
