#include "core/dataset/score.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <vector>

namespace prunescope {

namespace {

using namespace std::string_view_literals;

bool isDigit(char c) {
    return c >= '0' && c <= '9';
}

bool isSpace(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

std::string lowered(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return out;
}

std::string stripped(const std::string& text) {
    std::size_t first = 0;
    std::size_t end = text.size();
    while (first < end && isSpace(text[first])) {
        ++first;
    }
    while (end > first && isSpace(text[end - 1])) {
        --end;
    }
    return text.substr(first, end - first);
}

/// Words as they should be written. The processor's table maps each word without one of its
/// apostrophes, or without any where there is one only, to the word with all of them.
constexpr std::array kWithApostrophe{
    "ain't"sv,       "aren't"sv,      "can't"sv,          "could've"sv,     "couldn't"sv,
    "couldn't've"sv, "didn't"sv,      "doesn't"sv,        "don't"sv,        "hadn't"sv,
    "hadn't've"sv,   "hasn't"sv,      "haven't"sv,        "he'd"sv,         "he'd've"sv,
    "he's"sv,        "how'd"sv,       "how'll"sv,         "how's"sv,        "isn't"sv,
    "it'd"sv,        "it'd've"sv,     "it'll"sv,          "ma'am"sv,        "mightn't"sv,
    "mightn't've"sv, "might've"sv,    "mustn't"sv,        "must've"sv,      "needn't"sv,
    "not've"sv,      "o'clock"sv,     "oughtn't"sv,       "'ow's'at"sv,     "shan't"sv,
    "she'd've"sv,    "should've"sv,   "shouldn't"sv,      "shouldn't've"sv, "somebody'd've"sv,
    "somebody'll"sv, "somebody's"sv,  "someone'd"sv,      "someone'd've"sv, "someone'll"sv,
    "someone's"sv,   "something'd"sv, "something'd've"sv, "something'll"sv, "that's"sv,
    "there'd"sv,     "there'd've"sv,  "there're"sv,       "there's"sv,      "they'd"sv,
    "they'd've"sv,   "they'll"sv,     "they're"sv,        "they've"sv,      "'twas"sv,
    "wasn't"sv,      "we'd've"sv,     "we've"sv,          "weren't"sv,      "what'll"sv,
    "what're"sv,     "what's"sv,      "what've"sv,        "when's"sv,       "where'd"sv,
    "where's"sv,     "where've"sv,    "who'd"sv,          "who'd've"sv,     "who'll"sv,
    "who's"sv,       "who've"sv,      "why'll"sv,         "why're"sv,       "why's"sv,
    "won't"sv,       "would've"sv,    "wouldn't"sv,       "wouldn't've"sv,  "y'all"sv,
    "y'all'll"sv,    "y'all'd've"sv,  "you'd"sv,          "you'd've"sv,     "you'll"sv,
    "you're"sv,      "you've"sv};

std::map<std::string, std::string> makeContractions() {
    std::map<std::string, std::string> table{{"somebody'd", "somebodyd"}};  // sic
    for (const std::string_view word : kWithApostrophe) {
        for (std::size_t at = word.find('\''); at != std::string_view::npos;
             at = word.find('\'', at + 1)) {
            std::string key(word);
            key.erase(at, 1);
            table.emplace(std::move(key), word);
        }
    }
    return table;
}

std::string numberWord(const std::string& word) {
    constexpr std::array kNumbers{"zero"sv,
                                  "one"sv,
                                  "two"sv,
                                  "three"sv,
                                  "four"sv,
                                  "five"sv,
                                  "six"sv,
                                  "seven"sv,
                                  "eight"sv,
                                  "nine"sv,
                                  "ten"sv};
    if (word == "none") {
        return "0";
    }
    const auto found = std::find(kNumbers.begin(), kNumbers.end(), word);
    return found == kNumbers.end() ? word : std::to_string(found - kNumbers.begin());
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
    for (std::size_t at = text.find(what); at != std::string::npos;
         at = text.find(what, at + by.size())) {
        text.replace(at, what.size(), by);
    }
    return text;
}

bool hasCommaBetweenDigits(const std::string& text) {
    for (std::size_t at = 1; at < text.size(); ++at) {
        if (text[at] == ',' && isDigit(text[at - 1])) {
            const std::size_t after = text.find_first_not_of(',', at);
            if (after != std::string::npos && isDigit(text[after])) {
                return true;
            }
        }
    }
    return false;
}

/// Full stops that no digit follows are removed: the script's look-behind for a digit is written
/// such that it never applies. Its flag argument is taken for a count by Python: at most 32.
std::string withoutFullStops(const std::string& text) {
    constexpr int kMost = 32;
    std::string out;
    int removed = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const bool before_digit = at + 1 < text.size() && isDigit(text[at + 1]);
        if (text[at] == '.' && !before_digit && removed < kMost) {
            ++removed;
        } else {
            out += text[at];
        }
    }
    return out;
}

std::string withoutPunctuation(const std::string& text) {
    const bool has_number = hasCommaBetweenDigits(text);
    std::string out = text;
    for (const char c : R"(;/[]"{}()=+\_-><@`,?!)"sv) {
        const std::string mark(1, c);
        const bool at_word = text.find(mark + ' ') != std::string::npos ||
                             text.find(' ' + mark) != std::string::npos;
        out = replaced(std::move(out), mark, at_word || has_number ? "" : " ");
    }
    return withoutFullStops(out);
}

}  // namespace

std::string vqaNormalized(std::string_view answer) {
    static const std::map<std::string, std::string> kContractions = makeContractions();
    std::string text = lowered(answer);
    std::erase_if(text, [](char c) { return c == ',' || c == '?'; });
    text = stripped(replaced(std::move(text), "'s", " 's"));
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
    text = withoutPunctuation(stripped(text));

    std::string out;
    std::string word;
    const auto add = [&] {
        const std::string number = numberWord(word);
        word.clear();
        if (number.empty() || number == "a" || number == "an" || number == "the") {
            return;
        }
        const auto contraction = kContractions.find(number);
        out += (out.empty() ? "" : " ") +
               (contraction == kContractions.end() ? number : contraction->second);
    };
    for (const char c : text) {
        if (isSpace(c)) {
            add();
        } else {
            word += c;
        }
    }
    add();
    return out;
}

}  // namespace prunescope
