#include "ui/remarks/notes_panel.h"

#include <algorithm>
#include <utility>

#include <QEvent>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSplitter>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace prunescope {

NotesPanel::NotesPanel(Document* document, SelectionModel* selection, QWidget* parent)
    : QWidget(parent),
      document_(document),
      selection_(selection),
      list_(new QTreeWidget(this)),
      text_(new QPlainTextEdit(this)),
      remove_(new QPushButton(tr("&Delete"), this)) {
    setObjectName("notesPanel");
    list_->setObjectName("notes");
    list_->setAccessibleName(tr("Notes"));
    list_->setToolTip(tr("Choosing a note selects its patches"));
    list_->setRootIsDecorated(false);
    list_->setHeaderLabels({tr("About"), tr("Note")});
    list_->header()->setSectionResizeMode(0, QHeaderView::ResizeToContents);
    text_->setObjectName("noteText");
    text_->setAccessibleName(tr("Text of the note"));
    text_->setToolTip(tr("What the note says"));
    text_->setPlaceholderText(tr("Select patches, or none for the whole picture, and press Add."));
    text_->setTabChangesFocus(true);
    text_->installEventFilter(this);
    auto* add = new QPushButton(tr("&Add"), this);
    add->setObjectName("addNoteButton");
    add->setToolTip(tr("A new note about the selected patches, or about the picture"));
    remove_->setObjectName("deleteNote");
    remove_->setToolTip(tr("Delete the chosen note"));
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(add);
    buttons->addWidget(remove_);
    buttons->addStretch(1);
    auto* right = new QWidget(this);
    auto* column = new QVBoxLayout(right);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(text_, 1);
    column->addLayout(buttons);
    auto* halves = new QSplitter(this);
    halves->addWidget(list_);
    halves->addWidget(right);
    halves->setStretchFactor(0, 1);
    halves->setStretchFactor(1, 1);
    auto* row = new QVBoxLayout(this);
    row->setContentsMargins(4, 4, 4, 4);
    row->addWidget(halves);
    connect(add, &QPushButton::clicked, this, &NotesPanel::addNote);
    connect(remove_, &QPushButton::clicked, this, &NotesPanel::remove);
    connect(text_, &QPlainTextEdit::textChanged, this, &NotesPanel::write);
    connect(list_, &QTreeWidget::currentItemChanged, this, &NotesPanel::showCurrent);
    connect(document_, &Document::remarksChanged, this, &NotesPanel::fill);
    connect(document_, &Document::traceChanged, this, &NotesPanel::fill);
    fill();
}

int NotesPanel::current() const {
    const auto* item = list_->currentItem();
    return item == nullptr ? -1 : list_->indexOfTopLevelItem(const_cast<QTreeWidgetItem*>(item));
}

QString NotesPanel::placeOf(const SessionNote& note) const {
    if (note.patches.empty()) {
        return tr("Picture");
    }
    const TracePtr trace = document_->trace();
    const auto view = static_cast<std::size_t>(note.view);
    if (note.patches.size() > 1 || !trace || view >= trace->views.size()) {
        return note.patches.size() > 1
                   ? tr("#%1 and %n more", nullptr, static_cast<int>(note.patches.size()) - 1)
                         .arg(note.patches.front())
                   : QStringLiteral("#%1").arg(note.patches.front());
    }
    const PatchGrid& grid = trace->views[view].grid;
    return QStringLiteral("#%1 r%2 c%3")
        .arg(note.patches.front())
        .arg(grid.rowOf(note.patches.front()))
        .arg(grid.colOf(note.patches.front()));
}

void NotesPanel::fill() {
    const int before = current();
    const auto& notes = document_->remarks().notes;
    const auto n = static_cast<int>(notes.size());
    {
        const QSignalBlocker quiet(list_);
        while (list_->topLevelItemCount() > n) {
            delete list_->topLevelItem(n);
        }
        while (list_->topLevelItemCount() < n) {
            new QTreeWidgetItem(list_);
        }
        for (int i = 0; i < n; ++i) {
            const SessionNote& note = notes[static_cast<std::size_t>(i)];
            QTreeWidgetItem* item = list_->topLevelItem(i);
            item->setText(0, placeOf(note));
            item->setText(1, QString::fromStdString(note.text).simplified());
        }
        list_->setCurrentItem(list_->topLevelItem(std::clamp(before, 0, std::max(0, n - 1))));
    }
    if (!is_writing_) {
        showCurrent();
    }
}

void NotesPanel::showCurrent() {
    const auto& notes = document_->remarks().notes;
    const int at = current();
    const bool is_one = at >= 0 && at < static_cast<int>(notes.size());
    text_->setEnabled(is_one);
    remove_->setEnabled(is_one);
    const QSignalBlocker quiet(text_);
    if (!is_one) {
        text_->clear();
        return;
    }
    const SessionNote& note = notes[static_cast<std::size_t>(at)];
    const QString said = QString::fromStdString(note.text);
    if (said != text_->toPlainText()) {
        text_->setPlainText(said);
    }
    if (list_->hasFocus() && !note.patches.empty()) {
        selection_->setView(note.view);
        selection_->setPatches({note.patches.begin(), note.patches.end()});
    }
}

void NotesPanel::addNote() {
    Remarks remarks = document_->remarks();
    SessionNote note;
    note.view = selection_->view();
    note.patches.assign(selection_->patches().begin(), selection_->patches().end());
    remarks.notes.push_back(std::move(note));
    document_->endMerge();
    document_->changeRemarks(remarks, tr("Add note"));
    document_->endMerge();
    list_->setCurrentItem(list_->topLevelItem(static_cast<int>(remarks.notes.size()) - 1));
    text_->setFocus();
}

void NotesPanel::write() {
    const int at = current();
    Remarks remarks = document_->remarks();
    if (at < 0 || at >= static_cast<int>(remarks.notes.size())) {
        return;
    }
    remarks.notes[static_cast<std::size_t>(at)].text = text_->toPlainText().toStdString();
    is_writing_ = true;
    document_->changeRemarks(remarks, tr("Write note"), QString("note%1").arg(at));
    is_writing_ = false;
}

void NotesPanel::remove() {
    const int at = current();
    Remarks remarks = document_->remarks();
    if (at >= 0 && at < static_cast<int>(remarks.notes.size())) {
        remarks.notes.erase(remarks.notes.begin() + at);
        document_->endMerge();
        document_->changeRemarks(remarks, tr("Delete note"));
    }
}

// What was written in one go is one step.
bool NotesPanel::eventFilter(QObject* watched, QEvent* event) {
    if (watched == text_ && event->type() == QEvent::FocusOut) {
        document_->endMerge();
    }
    return QWidget::eventFilter(watched, event);
}

}  // namespace prunescope
