#pragma once

#include "ui/document.h"
#include "ui/selection.h"

#include <QWidget>

class QPlainTextEdit;
class QPushButton;
class QTreeWidget;

namespace prunescope {

/// The notes of the session: about patches, or about the picture where none were selected.
/// Choosing one selects its patches; writing is undone like any change.
class NotesPanel : public QWidget {
    Q_OBJECT

public:
    NotesPanel(Document* document, SelectionModel* selection, QWidget* parent = nullptr);

    /// A new empty note about the selected patches, ready to be written.
    void addNote();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    int current() const;
    void fill();
    void showCurrent();
    void write();
    void remove();
    QString placeOf(const SessionNote& note) const;

    Document* document_;
    SelectionModel* selection_;
    QTreeWidget* list_;
    QPlainTextEdit* text_;
    QPushButton* remove_;
    bool is_writing_ = false;  // the change comes from here
};

}  // namespace prunescope
