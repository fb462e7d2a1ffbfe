#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace prunescope {

/// How an answer is held against what is accepted. Each is what the benchmark's own script does;
/// the source is named at its function.
enum class Scorer {
    Exact,      ///< the same words
    AnyOf,      ///< one of the accepted answers
    Numeric,    ///< the same number
    Pope,       ///< yes or no, as POPE reads it
    Mme,        ///< yes or no, as MME reads it; pairs count double
    Gqa,        ///< the same words, lower case, no full stop
    Vqa,        ///< agreement with ten people
    ScienceQa,  ///< the letter of a choice
    Agreement,  ///< what the unpruned model answers
};

std::string nameOf(Scorer scorer);

/// @throws Error(Usage) naming the choices
Scorer scorerFrom(const std::string& name);

/// What share of the answer is right, 0 to 1.
/// @param accepted  the set's answers; for Agreement the unpruned answer alone
double scoreOf(Scorer scorer, std::string_view answer, const std::vector<std::string>& accepted);

/// What a yes/no script makes of an answer.
enum class YesNo { Yes, No, Other };

/// POPE's evaluate.py (arXiv 2305.10355; LLaVA's eval_pope.py is the same): the text up to the
/// first full stop, commas removed, split at spaces; "No", "no" or "not" among the words means no,
/// anything else (also nothing) yes. Never Other.
YesNo popeAnswer(std::string_view answer);

/// MME's calculation.py (arXiv 2306.13394), applied to the answer in lower case as its authors ask:
/// exactly "yes" or "no", else "yes", then "no", within the first four characters, else Other.
YesNo mmeAnswer(std::string_view answer);

/// Counts of POPE's script; positive is "yes".
struct PopeCounts {
    int true_positive = 0;
    int false_positive = 0;
    int true_negative = 0;
    int false_negative = 0;

    void add(YesNo answer, YesNo label);
    int count() const;
    double accuracy() const;
    double precision() const;  ///< 0 where nothing was answered with yes
    double recall() const;     ///< 0 where no label is yes
    double f1() const;
    double yesRatio() const;  ///< share answered with yes

    bool operator==(const PopeCounts&) const = default;
};

/// The letter LLaVA's eval_science_qa.py reads from an answer: the answer is a letter A to E; or
/// begins with one and ". "; or holds "The answer is X" and one more character exactly once. Else
/// '\0'.
char scienceQaLetter(std::string_view answer);

/// The answer as VQA's evaluation compares it: the EvalAI processor of Pythia / MMF, used by
/// LLaVA's m4c_evaluator.py for TextVQA and before submission for VizWiz and VQAv2: lower case,
/// commas and question marks gone, punctuation to nothing or a space, number words to digits,
/// articles gone, contractions spelt with their apostrophe. ASCII letters are lowered; others stay.
std::string vqaNormalized(std::string_view answer);

}  // namespace prunescope
