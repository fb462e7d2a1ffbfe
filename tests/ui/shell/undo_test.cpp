// Undo takes every change of the document back, whatever came in whichever order.
#include "core/prune/catalog.h"
#include "core/trace/trace_json.h"
#include "ui/document.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

constexpr int kCommands = 1000;

/// All of the document that can be saved.
struct Snapshot {
    std::shared_ptr<const Image> image;
    QString name;
    QString path;
    QString prompt;
    RunSettings settings;
    Remarks remarks;

    explicit Snapshot(const Document& document)
        : image(document.image()),
          name(document.imageName()),
          path(document.imagePath()),
          prompt(document.prompt()),
          settings(document.settings()),
          remarks(document.remarks()) {}

    bool operator==(const Snapshot&) const = default;
};

class RandomCommands {
public:
    RandomCommands(Document* document, unsigned seed) : document_(document), random_(seed) {}

    /// Pushes exactly one step.
    void step() {
        document_->endMerge();
        const int before = document_->undoStack()->index();
        while (document_->undoStack()->index() == before) {
            change();
        }
    }

private:
    int below(int most) { return static_cast<int>(random_() % static_cast<unsigned>(most)); }

    void change() {
        switch (below(10)) {
            case 0:
                openPicture();
                break;
            case 1:
                document_->setPrompt(QString("Question %1?").arg(below(1000)));
                break;
            case 2:
                document_->setSample(picture(), "sample", "/s/sample.png", "Is it?");
                break;
            case 3:
                changeRemarks();
                break;
            case 4:
            case 5:
                changeRules();
                break;
            default:
                drag();
        }
    }

    std::shared_ptr<const Image> picture() {
        return std::make_shared<const Image>(
            Image{1, 1, {static_cast<std::uint8_t>(below(256)), 2, 3}});
    }

    void openPicture() {
        const QString name = QString("p%1.png").arg(below(100));
        document_->setImage(picture(), name, below(2) == 0 ? QString() : "/p/" + name);
    }

    void changeRemarks() {
        Remarks remarks = document_->remarks();
        if (below(3) == 0 && !remarks.notes.empty()) {
            remarks.notes.pop_back();
        } else if (below(2) == 0) {
            remarks.notes.push_back({{below(576)}, 0, "note " + std::to_string(below(100))});
        } else {
            remarks.bookmarks = {{1 + below(9), "b", "", document_->settings(), 0, below(5), {}}};
        }
        document_->changeRemarks(remarks, "Remark");
    }

    // Pins and bans of some patches, or none of either.
    void changeRules() {
        RunSettings settings = document_->settings();
        PatchRules rules;
        for (int i = below(4); i > 0; --i) {
            (below(2) == 0 ? rules.pinned : rules.banned).push_back(144 * i + below(144));
        }
        std::ranges::sort(rules.pinned);
        std::ranges::sort(rules.banned);
        settings.patch_rules.clear();
        if (!rules.empty()) {
            settings.patch_rules.push_back(rules);
        }
        document_->changeSettings(settings, "Pins and bans");
    }

    // As a slider does: many values, one step.
    void drag() {
        const auto& methods = methodCatalog();
        for (int i = 1 + below(4); i > 0; --i) {
            RunSettings settings = document_->settings();
            settings.budget = 1 + below(576);
            settings.tau = below(100) / 100.0;
            settings.seed = random_();
            if (below(4) == 0) {
                settings.method = methods[random_() % methods.size()].id;
                settings.params = {{"lambda", below(10) / 10.0}};
            }
            document_->changeSettings(
                settings, QString("Kept tokens to %1").arg(settings.budget), "drag");
        }
    }

    Document* document_;
    std::mt19937 random_;
};

TEST(Undo, AThousandCommandsAreTakenBackAndDoneAgain) {
    for (const unsigned seed : {1U, 2U, 3U}) {
        Document document;
        document.setPrompt("What is it?");
        document.endMerge();
        QUndoStack* stack = document.undoStack();
        stack->clear();
        RandomCommands commands(&document, seed);
        std::vector<Snapshot> states{Snapshot(document)};
        for (int i = 0; i < kCommands; ++i) {
            commands.step();
            states.emplace_back(document);
            EXPECT_FALSE(stack->undoText().isEmpty()) << "each step is worded";
        }
        ASSERT_EQ(stack->count(), kCommands);
        for (int i = kCommands; i > 0; --i) {
            stack->undo();
            ASSERT_EQ(Snapshot(document), states[static_cast<std::size_t>(i) - 1]) << i;
        }
        EXPECT_FALSE(stack->canUndo());
        for (int i = 0; i < kCommands; ++i) {
            stack->redo();
            ASSERT_EQ(Snapshot(document), states[static_cast<std::size_t>(i) + 1]) << i;
        }
        EXPECT_FALSE(stack->canRedo());
    }
}

TEST(Undo, NotesGoWithTheirPictureAndComeBackWithIt) {
    Document document;
    document.setImage(std::make_shared<const Image>(Image{1, 1, {1, 2, 3}}), "a", "");
    const Remarks remarks{{{{4}, 0, "an ear"}}, {{1, "first", "", {}, 0, 0, {4}}}};
    document.changeRemarks(remarks, "Note");
    document.setImage(std::make_shared<const Image>(Image{1, 1, {3, 2, 1}}), "b", "");
    EXPECT_TRUE(document.remarks().notes.empty());
    EXPECT_EQ(document.remarks().bookmarks, remarks.bookmarks);
    document.undoStack()->undo();
    EXPECT_EQ(document.remarks(), remarks);
}

}  // namespace
}  // namespace prunescope
