#include "ui/command_palette.h"

#include <algorithm>

#include <QApplication>
#include <QDialog>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLineEdit>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace prunescope {

namespace {

constexpr int kLetter = 1;
constexpr int kTogether = 4;
constexpr int kWordStart = 6;
constexpr int kFirst = 3;

QString nameOf(const QAction& action) {
    return action.text().remove(QLatin1Char('&')).remove(QStringLiteral("…"));
}

/// The arrow keys move through the list while the line has the focus.
class PaletteLine : public QLineEdit {
public:
    PaletteLine(QTreeWidget* list, QWidget* parent) : QLineEdit(parent), list_(list) {}

protected:
    void keyPressEvent(QKeyEvent* event) override {
        switch (event->key()) {
            case Qt::Key_Down:
            case Qt::Key_Up:
            case Qt::Key_PageDown:
            case Qt::Key_PageUp:
                QCoreApplication::sendEvent(list_, event);
                break;
            default:
                QLineEdit::keyPressEvent(event);
        }
    }

private:
    QTreeWidget* list_;
};

class Palette : public QDialog {
public:
    Palette(QMainWindow* window, std::vector<QAction*> actions)
        : QDialog(window),
          actions_(std::move(actions)),
          list_(new QTreeWidget(this)),
          line_(new PaletteLine(list_, this)) {
        setAttribute(Qt::WA_DeleteOnClose);
        setObjectName("commandPalette");
        setWindowTitle(tr("Commands"));
        list_->setObjectName("paletteList");
        list_->setAccessibleName(tr("Commands that fit"));
        list_->setColumnCount(2);
        list_->setHeaderHidden(true);
        list_->setRootIsDecorated(false);
        list_->setFocusPolicy(Qt::NoFocus);
        list_->header()->setStretchLastSection(false);
        list_->header()->setSectionResizeMode(0, QHeaderView::Stretch);
        list_->header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
        line_->setObjectName("paletteLine");
        line_->setPlaceholderText(tr("Type letters of a command"));
        line_->setAccessibleName(tr("Command"));
        connect(line_, &QLineEdit::textChanged, this, &Palette::fill);
        connect(line_, &QLineEdit::returnPressed, this, &Palette::accept);
        connect(list_, &QTreeWidget::itemClicked, this, &Palette::accept);
        auto* column = new QVBoxLayout(this);
        column->addWidget(line_);
        column->addWidget(list_);
        fill({});
        resize(520, 420);
    }

    void accept() override {
        QTreeWidgetItem* item = list_->currentItem();
        if (item == nullptr || item->isDisabled()) {
            return;
        }
        QAction* action = actions_[item->data(0, Qt::UserRole).toUInt()];
        close();
        action->trigger();
    }

private:
    struct Hit {
        std::size_t action;
        int score;
    };

    void fill(const QString& typed) {
        std::vector<Hit> hits;
        for (std::size_t i = 0; i < actions_.size(); ++i) {
            if (const auto score = fuzzyScore(typed, nameOf(*actions_[i]))) {
                hits.push_back({i, *score + (actions_[i]->isEnabled() ? 0 : -1000)});
            }
        }
        std::ranges::stable_sort(hits, std::ranges::greater{}, &Hit::score);
        list_->clear();
        for (const Hit& hit : hits) {
            const QAction& action = *actions_[hit.action];
            auto* item = new QTreeWidgetItem(
                list_, {nameOf(action), action.shortcut().toString(QKeySequence::NativeText)});
            item->setData(0, Qt::UserRole, static_cast<uint>(hit.action));
            item->setToolTip(0, action.toolTip());
            item->setDisabled(!action.isEnabled());
        }
        list_->setCurrentItem(list_->topLevelItem(0));
    }

    std::vector<QAction*> actions_;
    QTreeWidget* list_;
    QLineEdit* line_;
};

}  // namespace

std::optional<int> fuzzyScore(const QString& typed, const QString& name) {
    int score = 0;
    qsizetype at = 0;
    qsizetype last = -2;
    for (const QChar letter : typed) {
        if (letter.isSpace()) {
            continue;
        }
        // A word's start is taken before the next letter of the same kind inside a word.
        qsizetype found = -1;
        for (qsizetype i = at; i < name.size(); ++i) {
            if (name[i].toCaseFolded() != letter.toCaseFolded()) {
                continue;
            }
            const bool starts_word = i == 0 || !name[i - 1].isLetterOrNumber();
            if (found < 0 || starts_word) {
                found = i;
            }
            if (starts_word || i == last + 1) {
                break;
            }
        }
        if (found < 0) {
            return std::nullopt;
        }
        const bool starts_word = found == 0 || !name[found - 1].isLetterOrNumber();
        score += kLetter + (found == last + 1 ? kTogether : 0) + (starts_word ? kWordStart : 0) +
                 (found == 0 ? kFirst : 0);
        last = found;
        at = found + 1;
    }
    return score;
}

void showCommandPalette(QMainWindow* window, const std::vector<QAction*>& actions) {
    auto* palette = new Palette(window, actions);
    palette->show();
    palette->findChild<QLineEdit*>("paletteLine")->setFocus();
}

}  // namespace prunescope
