#pragma once

#include "ui/document.h"

#include <QWidget>

class QLabel;
class QPlainTextEdit;

namespace prunescope {

/// What happened, and what the cache saved.
class LogView : public QWidget {
    Q_OBJECT

public:
    explicit LogView(Document* document, QWidget* parent = nullptr);

    void append(const QString& line);

    /// Versions, model, settings, cache and log, without the names of folders.
    QString diagnostics() const;

private:
    void showCounters();

    Document* document_;
    QPlainTextEdit* lines_;
    QLabel* counters_;
};

}  // namespace prunescope
