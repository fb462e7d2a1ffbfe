#pragma once

#include "ui/document.h"
#include "ui/models/ledger_model.h"
#include "ui/selection.h"

#include <QWidget>

class QLabel;
class QTableView;

namespace prunescope {

/// Token counts per stage as a table, and the three totals. A click on a row goes to its stage.
class LedgerView : public QWidget {
    Q_OBJECT

public:
    LedgerView(Document* document, SelectionModel* selection, QWidget* parent = nullptr);

private:
    void refresh();

    Document* document_;
    SelectionModel* selection_;
    LedgerModel model_;
    QTableView* table_;
    QLabel* totals_;
};

}  // namespace prunescope
