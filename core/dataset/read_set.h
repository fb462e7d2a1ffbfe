#pragma once

#include "core/dataset/sample_set.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace prunescope {

/// What the readers of all formats share: the set that grows, its limits, and how a problem is
/// noted. A reader calls at() before each line or entry, then add() or problem().
class SetBuilder {
public:
    SetBuilder(const SetOptions& options, const SetLimits& limits);

    /// What follows comes from this line of this file.
    void at(const std::filesystem::path& file, int line);

    /// Notes a problem of the current line, or throws it where that was asked.
    void problem(const std::string& message);

    /// Checks a sample, finds its picture (image_name, relative to `beside`) and adds it. A second
    /// sample of the same id gets "#2".
    void add(EvalSample sample, const std::filesystem::path& beside);

    const SetOptions& options() const { return options_; }

    const SetLimits& limits() const { return limits_; }

    /// @throws Error(Input) where nothing was added
    SampleSet finished(std::string name);

private:
    std::optional<std::filesystem::path> placeOf(const std::string& image,
                                                 const std::filesystem::path& beside);

    const SetOptions& options_;
    const SetLimits& limits_;
    std::optional<Scorer> scorer_;
    std::string file_;
    int line_ = 0;
    SampleSet set_;
    std::map<std::string, int> seen_;  ///< id -> how often
};

/// The text of a file of a set, checked against the limits. Without the mark that some editors put
/// before UTF-8.
/// @throws Error(Input)
std::string readSetText(const std::filesystem::path& path, const SetLimits& limits);

/// Calls `use(line, number)` for every line that is not blank, numbers from 1.
template <typename Use>
void forEachLine(std::string_view text, const Use& use) {
    int number = 0;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        ++number;
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        if (line.find_first_not_of(" \t") != std::string_view::npos) {
            use(line, number);
        }
    }
}

/// The extension with its dot, in lower case.
std::string lowerExtension(const std::filesystem::path& path);

/// What a folder holds, by name; nothing where it cannot be read.
std::vector<std::filesystem::path> sortedEntries(const std::filesystem::path& folder);

/// The formats. Each reads one file (or folder) into the builder.
void readLines(const std::filesystem::path& file, SetBuilder& builder);
void readGqa(const std::filesystem::path& file, SetBuilder& builder);
void readVqa(const std::filesystem::path& file, SetBuilder& builder);
void readLlava(const std::filesystem::path& file, SetBuilder& builder);
void readMme(const std::filesystem::path& folder, SetBuilder& builder);
void readCsv(const std::filesystem::path& file, SetBuilder& builder);
void readPictures(const std::filesystem::path& folder, SetBuilder& builder);

/// Answers of another file by the keys that question files use (question id; picture and question).
class AnswerTable {
public:
    /// GQA's questions, TextVQA's or VizWiz's annotations, or JSON lines with answers.
    static AnswerTable read(const std::filesystem::path& file, const SetLimits& limits);

    /// The answers of a question, or nothing.
    const std::vector<std::string>* find(const std::string& id,
                                         const std::string& image,
                                         const std::string& prompt) const;

    Scorer scorer() const { return scorer_; }

private:
    void addVqa(const nlohmann::json& entry);

    std::map<std::string, std::vector<std::string>> by_id_;
    std::map<std::string, std::vector<std::string>> by_question_;
    Scorer scorer_ = Scorer::Exact;
};

/// A string or a number as text; nothing for other kinds.
std::optional<std::string> scalarText(const nlohmann::json& value);

/// The first of these keys that is there, as text.
std::optional<std::string> textField(const nlohmann::json& object,
                                     std::initializer_list<const char*> keys);

/// An answer, a list of answers, or a list of {"answer": …}; empty where there is none.
std::vector<std::string> answerList(const nlohmann::json& object);

}  // namespace prunescope
