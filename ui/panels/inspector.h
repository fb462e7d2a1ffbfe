#pragma once

#include "ui/document.h"
#include "ui/selection.h"

#include <QTextBrowser>

namespace prunescope {

/// The selected patch, or the selected region, in words: its place, what became of it, and why,
/// stage by stage. The numbers are in the token history's table.
class Inspector : public QTextBrowser {
    Q_OBJECT

public:
    Inspector(Document* document, SelectionModel* selection, QWidget* parent = nullptr);

private:
    void refresh();

    Document* document_;
    SelectionModel* selection_;
};

}  // namespace prunescope
