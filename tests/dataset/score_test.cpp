#include "core/dataset/score.h"

#include "core/base/error.h"

#include <gmock/gmock.h>

namespace prunescope {
namespace {

TEST(Score, NamesReadBack) {
    for (const Scorer scorer : {Scorer::Exact,
                                Scorer::AnyOf,
                                Scorer::Numeric,
                                Scorer::Pope,
                                Scorer::Mme,
                                Scorer::Gqa,
                                Scorer::Vqa,
                                Scorer::ScienceQa,
                                Scorer::Agreement}) {
        EXPECT_EQ(scorerFrom(nameOf(scorer)), scorer);
    }
    EXPECT_THROW(scorerFrom("bleu"), Error);
}

TEST(Score, ExactIgnoresCaseSpaceAndTheLastFullStop) {
    EXPECT_EQ(scoreOf(Scorer::Exact, " I do  not know. ", {"i do not know"}), 1);
    EXPECT_EQ(scoreOf(Scorer::Exact, "I know", {"I do not know"}), 0);
    EXPECT_EQ(scoreOf(Scorer::AnyOf, "cat", {"dog", "cat"}), 1);
    EXPECT_EQ(scoreOf(Scorer::AnyOf, "cow", {"dog", "cat"}), 0);
    EXPECT_EQ(scoreOf(Scorer::Exact, "cat", {}), 0);
}

TEST(Score, NumericReadsTheFirstNumberInDigitsOrWords) {
    EXPECT_EQ(scoreOf(Scorer::Numeric, "There are three.", {"3"}), 1);
    EXPECT_EQ(scoreOf(Scorer::Numeric, "3.0", {"3"}), 1);
    EXPECT_EQ(scoreOf(Scorer::Numeric, "4 or 3", {"3"}), 0);
    EXPECT_EQ(scoreOf(Scorer::Numeric, "many", {"3"}), 0);
    EXPECT_EQ(scoreOf(Scorer::Numeric, "nan", {"nan"}), 0);
}

// What POPE's script does with odd answers is its definition, not an accident to mend.
TEST(Score, PopeReadsTheFirstSentence) {
    EXPECT_EQ(popeAnswer("Yes"), YesNo::Yes);
    EXPECT_EQ(popeAnswer("No, there is none"), YesNo::No);
    EXPECT_EQ(popeAnswer("There is not a cat"), YesNo::No);
    EXPECT_EQ(popeAnswer("Yes. No."), YesNo::Yes);
    EXPECT_EQ(popeAnswer("NO"), YesNo::Yes) << "only No, no and not count";
    EXPECT_EQ(popeAnswer("nothing"), YesNo::Yes) << "whole words only";
    EXPECT_EQ(popeAnswer("yes\nno"), YesNo::Yes) << "split at spaces, not at line ends";
    EXPECT_EQ(popeAnswer(""), YesNo::Yes);
}

TEST(Score, PopeCountsGiveItsFiveNumbers) {
    PopeCounts counts;
    for (int i = 0; i < 6; ++i) {
        counts.add(YesNo::Yes, YesNo::Yes);
    }
    counts.add(YesNo::Yes, YesNo::No);
    counts.add(YesNo::Yes, YesNo::No);
    counts.add(YesNo::No, YesNo::No);
    counts.add(YesNo::No, YesNo::Yes);
    EXPECT_DOUBLE_EQ(counts.accuracy(), 0.7);
    EXPECT_DOUBLE_EQ(counts.precision(), 6.0 / 8);
    EXPECT_DOUBLE_EQ(counts.recall(), 6.0 / 7);
    EXPECT_DOUBLE_EQ(counts.f1(), 2 * 0.75 * (6.0 / 7) / (0.75 + 6.0 / 7));
    EXPECT_DOUBLE_EQ(counts.yesRatio(), 0.8);
    EXPECT_EQ(PopeCounts{}.f1(), 0);
}

TEST(Score, MmeReadsTheFirstFourCharacters) {
    EXPECT_EQ(mmeAnswer("Yes"), YesNo::Yes);
    EXPECT_EQ(mmeAnswer("NO"), YesNo::No);
    EXPECT_EQ(mmeAnswer("yes, it is"), YesNo::Yes);
    EXPECT_EQ(mmeAnswer(" no."), YesNo::No);
    EXPECT_EQ(mmeAnswer("The answer is yes"), YesNo::Other);
    EXPECT_EQ(mmeAnswer("nope"), YesNo::No) << "the script finds no in nope";
    EXPECT_EQ(scoreOf(Scorer::Mme, "I think so", {"Yes"}), 0);
}

TEST(Score, GqaComparesLowerCaseWithoutFullStops) {
    EXPECT_EQ(scoreOf(Scorer::Gqa, "Left.", {"left"}), 1);
    EXPECT_EQ(scoreOf(Scorer::Gqa, "left..", {"left"}), 1);
    EXPECT_EQ(scoreOf(Scorer::Gqa, " left", {"left"}), 0) << "spaces are not removed";
    EXPECT_EQ(scoreOf(Scorer::Gqa, "to the left", {"left"}), 0);
}

// By hand from the rules of the EvalAI processor.
TEST(Score, VqaNormalizationFollowsTheProcessor) {
    EXPECT_EQ(vqaNormalized("The two Dogs"), "2 dogs");
    EXPECT_EQ(vqaNormalized("None"), "0");
    EXPECT_EQ(vqaNormalized("1,000"), "1000") << "commas go first";
    EXPECT_EQ(vqaNormalized("stop-sign"), "stop sign");
    EXPECT_EQ(vqaNormalized("stop - sign"), "stop sign") << "beside a space it goes";
    EXPECT_EQ(vqaNormalized("a.m."), "am");
    EXPECT_EQ(vqaNormalized("3.5"), "3.5");
    EXPECT_EQ(vqaNormalized(".5"), ".5");
    EXPECT_EQ(vqaNormalized("5."), "5");
    EXPECT_EQ(vqaNormalized("dont"), "don't");
    EXPECT_EQ(vqaNormalized("hes"), "he's");
    EXPECT_EQ(vqaNormalized("couldnt've"), "couldn't've");
    EXPECT_EQ(vqaNormalized("y'alld've"), "y'all'd've");
    EXPECT_EQ(vqaNormalized("somebody'd"), "somebodyd") << "as the table has it";
    EXPECT_EQ(vqaNormalized("mcdonald's"), "mcdonald 's");
    EXPECT_EQ(vqaNormalized("what?"), "what");
    EXPECT_EQ(vqaNormalized("coca\ncola\t!"), "coca cola");
    EXPECT_EQ(vqaNormalized("a an the"), "");
}

TEST(Score, VqaIsTheMeanOverAllButOnePerson) {
    const auto people = [](int same) {
        std::vector<std::string> all(10, "other");
        for (int i = 0; i < same; ++i) {
            all[static_cast<std::size_t>(i)] = "Cat";
        }
        return all;
    };
    EXPECT_DOUBLE_EQ(scoreOf(Scorer::Vqa, "cat", people(0)), 0);
    // One person said so: nine others see one match, that person sees none.
    EXPECT_DOUBLE_EQ(scoreOf(Scorer::Vqa, "cat", people(1)), 9 * (1.0 / 3) / 10);
    EXPECT_DOUBLE_EQ(scoreOf(Scorer::Vqa, "cat", people(2)), (2 * (1.0 / 3) + 8 * (2.0 / 3)) / 10);
    EXPECT_DOUBLE_EQ(scoreOf(Scorer::Vqa, "cat", people(3)), (3 * (2.0 / 3) + 7) / 10);
    EXPECT_DOUBLE_EQ(scoreOf(Scorer::Vqa, "the cat", people(4)), 1);
    EXPECT_DOUBLE_EQ(scoreOf(Scorer::Vqa, "cat", people(10)), 1);
    EXPECT_DOUBLE_EQ(scoreOf(Scorer::Vqa, "cat", {"cat"}), 1);
}

TEST(Score, ScienceQaFindsTheLetter) {
    EXPECT_EQ(scienceQaLetter("B"), 'B');
    EXPECT_EQ(scienceQaLetter("B. a whale"), 'B');
    EXPECT_EQ(scienceQaLetter("I see. The answer is C."), 'C');
    EXPECT_EQ(scienceQaLetter("The answer is C"), '\0') << "one character has to follow";
    EXPECT_EQ(scienceQaLetter("The answer is A. The answer is B."), '\0');
    EXPECT_EQ(scienceQaLetter("The answer is Q."), '\0');
    EXPECT_EQ(scienceQaLetter("F"), '\0');
    EXPECT_EQ(scienceQaLetter("b"), '\0');
    EXPECT_EQ(scoreOf(Scorer::ScienceQa, "unclear", {"A"}), 0);
}

}  // namespace
}  // namespace prunescope
