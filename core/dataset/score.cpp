#include "core/dataset/score.h"

#include "core/base/error.h"
#include "core/base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

namespace prunescope {

namespace {

constexpr std::array<std::string_view, 9> kNames{
    "exact", "any-of", "numeric", "pope", "mme", "gqa", "vqa", "scienceqa", "agreement"};

constexpr std::string_view kSpaces = " \t\r\n";

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(kSpaces);
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(kSpaces) - first + 1);
}

std::string lowered(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return out;
}

/// Words in lower case, one space between, without the full stop at the end.
std::string words(std::string_view text) {
    std::string out;
    bool gap = false;
    for (const char c : lowered(trimmed(text))) {
        if (kSpaces.find(c) != std::string_view::npos) {
            gap = true;
            continue;
        }
        if (gap) {
            out += ' ';
        }
        gap = false;
        out += c;
    }
    if (out.ends_with('.')) {
        out.pop_back();
    }
    return out;
}

/// LLaVA's convert_gqa_for_eval.py (all full stops at the end removed, lower case); GQA's eval.py
/// then compares the strings.
std::string gqaWords(std::string_view text) {
    std::string out(text);
    out.erase(out.find_last_not_of('.') + 1);
    return lowered(out);
}

/// The first number in a text; "three" counts as 3.
std::optional<double> firstNumber(std::string_view text) {
    constexpr std::array<std::string_view, 13> kWords{"zero",
                                                      "one",
                                                      "two",
                                                      "three",
                                                      "four",
                                                      "five",
                                                      "six",
                                                      "seven",
                                                      "eight",
                                                      "nine",
                                                      "ten",
                                                      "eleven",
                                                      "twelve"};
    const std::string low = words(text);
    std::size_t at = 0;
    while (at < low.size()) {
        const std::size_t end = std::min(low.find(' ', at), low.size());
        std::string_view word = std::string_view(low).substr(at, end - at);
        at = end + 1;
        while (!word.empty() &&
               std::string_view(",.;:!?)").find(word.back()) != std::string::npos) {
            word.remove_suffix(1);
        }
        const auto spelt = std::find(kWords.begin(), kWords.end(), word);
        if (spelt != kWords.end()) {
            return static_cast<double>(spelt - kWords.begin());
        }
        double value = 0;
        const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), value);
        if (error == std::errc{} && stop == word.data() + word.size() && std::isfinite(value)) {
            return value;
        }
    }
    return std::nullopt;
}

bool sameNumber(std::string_view a, std::string_view b) {
    const auto x = firstNumber(a);
    const auto y = firstNumber(b);
    return x && y && std::abs(*x - *y) <= 1e-9 * std::max(1.0, std::abs(*y));
}

/// Mean over all but one of the people of min(1, others who say the same / 3): the accuracy of the
/// VQA challenge (arXiv 1505.00468), as m4c_evaluator.py computes it. With fewer than ten people
/// the rule is the same; with one there are no others, and being equal counts as 1.
double vqaScore(std::string_view answer, const std::vector<std::string>& people) {
    const std::string own = vqaNormalized(answer);
    const auto same = std::count_if(people.begin(), people.end(), [&](const std::string& said) {
        return vqaNormalized(said) == own;
    });
    const auto n = static_cast<double>(people.size());
    if (people.size() <= 1) {
        return static_cast<double>(same);
    }
    const auto agreeing = static_cast<double>(same);
    const double without_one = std::min(1.0, (agreeing - 1) / 3);
    return (agreeing * std::max(0.0, without_one) + (n - agreeing) * std::min(1.0, agreeing / 3)) /
           n;
}

YesNo labelOf(const std::string& label) {
    return lowered(trimmed(label)) == "no" ? YesNo::No : YesNo::Yes;
}

template <typename Same>
double anyOf(const std::vector<std::string>& accepted, const Same& same) {
    return std::any_of(accepted.begin(), accepted.end(), same) ? 1 : 0;
}

}  // namespace

std::string nameOf(Scorer scorer) {
    return std::string(kNames.at(static_cast<std::size_t>(scorer)));
}

Scorer scorerFrom(const std::string& name) {
    const auto found = std::find(kNames.begin(), kNames.end(), name);
    if (found == kNames.end()) {
        throw Error(ErrorCode::Usage,
                    "There is no scorer " + inQuotes(name) + ".",
                    "Choose one of " +
                        join(std::vector<std::string>(kNames.begin(), kNames.end()), ", ") + ".");
    }
    return static_cast<Scorer>(found - kNames.begin());
}

double scoreOf(Scorer scorer, std::string_view answer, const std::vector<std::string>& accepted) {
    if (accepted.empty()) {
        return 0;
    }
    switch (scorer) {
        case Scorer::Exact:
        case Scorer::AnyOf:
        case Scorer::Agreement:
            return anyOf(accepted,
                         [own = words(answer)](const std::string& a) { return words(a) == own; });
        case Scorer::Numeric:
            return anyOf(accepted, [&](const std::string& a) { return sameNumber(answer, a); });
        case Scorer::Pope:
            return popeAnswer(answer) == labelOf(accepted.front()) ? 1 : 0;
        case Scorer::Mme:
            return mmeAnswer(answer) == labelOf(accepted.front()) ? 1 : 0;
        case Scorer::Gqa:
            return anyOf(accepted,
                         [own = gqaWords(answer)](const std::string& a) { return a == own; });
        case Scorer::Vqa:
            return vqaScore(answer, accepted);
        case Scorer::ScienceQa:
            return anyOf(accepted, [own = scienceQaLetter(answer)](const std::string& a) {
                return own != '\0' && a == std::string(1, own);
            });
    }
    return 0;
}

YesNo popeAnswer(std::string_view answer) {
    std::string text(answer.substr(0, answer.find('.')));
    std::erase(text, ',');
    std::size_t at = 0;
    while (at <= text.size()) {
        const std::size_t end = std::min(text.find(' ', at), text.size());
        const std::string_view word = std::string_view(text).substr(at, end - at);
        if (word == "No" || word == "no" || word == "not") {
            return YesNo::No;
        }
        at = end + 1;
    }
    return YesNo::Yes;
}

YesNo mmeAnswer(std::string_view answer) {
    const std::string text = lowered(answer);
    const std::string_view prefix = std::string_view(text).substr(0, 4);
    if (prefix.find("yes") != std::string_view::npos) {
        return YesNo::Yes;
    }
    return prefix.find("no") != std::string_view::npos ? YesNo::No : YesNo::Other;
}

void PopeCounts::add(YesNo answer, YesNo label) {
    const bool is_yes = answer == YesNo::Yes;
    (label == YesNo::Yes ? (is_yes ? true_positive : false_negative)
                         : (is_yes ? false_positive : true_negative)) += 1;
}

int PopeCounts::count() const {
    return true_positive + false_positive + true_negative + false_negative;
}

namespace {

double ratio(int part, int whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / whole;
}

}  // namespace

double PopeCounts::accuracy() const {
    return ratio(true_positive + true_negative, count());
}

double PopeCounts::precision() const {
    return ratio(true_positive, true_positive + false_positive);
}

double PopeCounts::recall() const {
    return ratio(true_positive, true_positive + false_negative);
}

double PopeCounts::f1() const {
    const double sum = precision() + recall();
    return sum == 0 ? 0 : 2 * precision() * recall() / sum;
}

double PopeCounts::yesRatio() const {
    return ratio(true_positive + false_positive, count());
}

char scienceQaLetter(std::string_view answer) {
    const auto is_option = [](char c) { return c >= 'A' && c <= 'E'; };
    if (answer.size() == 1 && is_option(answer[0])) {
        return answer[0];
    }
    if (answer.size() >= 3 && is_option(answer[0]) && answer.substr(1, 2) == ". ") {
        return answer[0];
    }
    constexpr std::string_view kSays = "The answer is ";
    char letter = '\0';
    int found = 0;
    for (std::size_t at = answer.find(kSays); at != std::string_view::npos;
         at = answer.find(kSays, at + 1)) {
        const std::string_view rest = answer.substr(at + kSays.size());
        if (rest.size() >= 2 && rest[0] >= 'A' && rest[0] <= 'Z' && rest[1] != '\n') {
            letter = rest[0];
            ++found;
        }
    }
    return found == 1 && is_option(letter) ? letter : '\0';
}

}  // namespace prunescope
