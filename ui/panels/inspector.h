#pragma once

#include "ui/document.h"
#include "ui/selection.h"

#include <QTextBrowser>

namespace prunescope {

/// Everything the trace knows about the selected patch: place, fate, history per stage.
class Inspector : public QTextBrowser {
    Q_OBJECT

public:
    Inspector(Document* document, SelectionModel* selection, QWidget* parent = nullptr);

private:
    void refresh();
    QString describe(const ViewTrace& view, int patch) const;
    QString describeStage(const ViewTrace& view, int stage, int patch) const;

    Document* document_;
    SelectionModel* selection_;
};

}  // namespace prunescope
