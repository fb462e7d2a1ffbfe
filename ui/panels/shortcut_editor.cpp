#include "ui/panels/shortcut_editor.h"

#include "ui/command_palette.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeySequenceEdit>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace prunescope {

namespace {

QString nameOf(const QAction& action) {
    return action.text().remove(QLatin1Char('&')).remove(QStringLiteral("…"));
}

QString textOf(const QList<QKeySequence>& keys) {
    return QKeySequence::listToString(keys, QKeySequence::NativeText);
}

}  // namespace

ShortcutEditor::ShortcutEditor(Shortcuts* shortcuts, QWidget* parent)
    : QDialog(parent),
      shortcuts_(shortcuts),
      filter_(new QLineEdit(this)),
      list_(new QTreeWidget(this)),
      keys_(new QKeySequenceEdit(this)),
      note_(new QLabel(this)),
      assign_(new QPushButton(tr("&Assign"), this)),
      clear_(new QPushButton(tr("&No key"), this)),
      reset_(new QPushButton(tr("&Default"), this)) {
    setObjectName("shortcutEditor");
    setWindowTitle(tr("Keys of the commands"));
    filter_->setObjectName("shortcutFilter");
    filter_->setPlaceholderText(tr("Type letters of a command"));
    filter_->setAccessibleName(tr("Command"));
    filter_->setToolTip(tr("Show the commands whose names hold these letters"));
    list_->setObjectName("shortcutList");
    list_->setAccessibleName(tr("Commands and keys"));
    list_->setRootIsDecorated(false);
    list_->setToolTip(tr("Choose a command to give it keys"));
    list_->setHeaderLabels({tr("Command"), tr("Keys"), tr("Default")});
    list_->header()->setSectionResizeMode(0, QHeaderView::Stretch);
    list_->header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
    list_->header()->setStretchLastSection(false);
    keys_->setObjectName("shortcutKeys");
    keys_->setAccessibleName(tr("New keys"));
    keys_->setToolTip(tr("Press the keys"));
    note_->setObjectName("shortcutNote");
    note_->setWordWrap(true);
    note_->setMinimumHeight(fontMetrics().height() * 2);
    const std::pair<QPushButton*, std::pair<const char*, QString>> buttons[] = {
        {assign_, {"shortcutAssign", tr("Give the command these keys")}},
        {clear_, {"shortcutClear", tr("Take the command's keys away")}},
        {reset_, {"shortcutReset", tr("Back to what the command came with")}}};
    for (const auto& [button, help] : buttons) {
        button->setObjectName(help.first);
        button->setToolTip(help.second);
        button->setAutoDefault(false);
    }
    auto* all = new QPushButton(tr("All defaults"), this);
    all->setObjectName("shortcutResetAll");
    all->setToolTip(tr("All commands back to what they came with"));
    auto* shut = new QPushButton(tr("Close"), this);
    shut->setObjectName("shortcutClose");
    shut->setToolTip(tr("Close this window"));
    for (QPushButton* button : {all, shut}) {
        button->setAutoDefault(false);
    }
    auto* edit = new QHBoxLayout;
    auto* label = new QLabel(tr("New &keys"), this);
    label->setBuddy(keys_);
    edit->addWidget(label);
    edit->addWidget(keys_, 1);
    for (QPushButton* button : {assign_, clear_, reset_}) {
        edit->addWidget(button);
    }
    auto* end = new QHBoxLayout;
    end->addWidget(all);
    end->addStretch(1);
    end->addWidget(shut);
    auto* column = new QVBoxLayout(this);
    column->addWidget(filter_);
    column->addWidget(list_, 1);
    column->addLayout(edit);
    column->addWidget(note_);
    column->addLayout(end);
    resize(620, 520);
    connect(filter_, &QLineEdit::textChanged, this, &ShortcutEditor::fill);
    connect(list_, &QTreeWidget::currentItemChanged, this, &ShortcutEditor::showCurrent);
    connect(keys_, &QKeySequenceEdit::keySequenceChanged, this, &ShortcutEditor::showConflict);
    connect(assign_, &QPushButton::clicked, this, [this] {
        shortcuts_->assign(current(), keys_->keySequence());
    });
    connect(clear_, &QPushButton::clicked, this, [this] { shortcuts_->assign(current(), {}); });
    connect(reset_, &QPushButton::clicked, this, [this] { shortcuts_->reset(current()); });
    connect(all, &QPushButton::clicked, shortcuts_, &Shortcuts::resetAll);
    connect(shut, &QPushButton::clicked, this, &QDialog::close);
    connect(shortcuts_, &Shortcuts::changed, this, &ShortcutEditor::fill);
    fill();
}

QString ShortcutEditor::current() const {
    const QTreeWidgetItem* item = list_->currentItem();
    return item == nullptr ? QString() : item->data(0, Qt::UserRole).toString();
}

void ShortcutEditor::fill() {
    const QString before = current();
    list_->clear();
    for (const auto& [id, action] : shortcuts_->actions()) {
        if (!fuzzyScore(filter_->text(), nameOf(*action))) {
            continue;
        }
        auto* item = new QTreeWidgetItem(
            list_,
            {nameOf(*action), textOf(action->shortcuts()), textOf(shortcuts_->defaults(id))});
        item->setData(0, Qt::UserRole, id);
        if (shortcuts_->isChanged(id)) {
            QFont bold = font();
            bold.setBold(true);
            item->setFont(1, bold);
        }
        if (id == before) {
            list_->setCurrentItem(item);
        }
    }
    list_->sortItems(0, Qt::AscendingOrder);
    if (list_->currentItem() == nullptr) {
        list_->setCurrentItem(list_->topLevelItem(0));
    }
    showCurrent();
}

void ShortcutEditor::showCurrent() {
    keys_->clear();
    const QString id = current();
    clear_->setEnabled(!id.isEmpty() && !shortcuts_->actions().at(id)->shortcuts().isEmpty());
    reset_->setEnabled(!id.isEmpty() && shortcuts_->isChanged(id));
    showConflict();
}

void ShortcutEditor::showConflict() {
    const QString id = current();
    const QKeySequence keys = keys_->keySequence();
    assign_->setEnabled(!id.isEmpty() && !keys.isEmpty());
    const QString other = id.isEmpty() ? QString() : shortcuts_->takenBy(keys, id);
    assign_->setText(other.isEmpty() ? tr("&Assign") : tr("&Reassign"));
    note_->setText(other.isEmpty() ? QString()
                                   : tr("%1 belongs to “%2”, which will have no key then.")
                                         .arg(keys.toString(QKeySequence::NativeText),
                                              nameOf(*shortcuts_->actions().at(other))));
}

}  // namespace prunescope
