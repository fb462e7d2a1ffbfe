#pragma once

#include "core/trace/token_history.h"
#include "ui/document.h"
#include "ui/selection.h"

#include <QWidget>

class QLabel;
class QTableWidget;

namespace prunescope {

/// What every stage did with the selected patch, or with all selected patches as one region: a row
/// per stage. The current row is the current stage, both ways.
class TokenHistoryPanel : public QWidget {
    Q_OBJECT

public:
    TokenHistoryPanel(Document* document, SelectionModel* selection, QWidget* parent = nullptr);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void refresh();
    void showToken(const TokenHistory& history);
    void showRegion(const RegionHistory& history);
    void fill(const QStringList& titles,
              const std::vector<QStringList>& cells,
              std::vector<int> stages,
              QStringList reasons);
    void followStage();
    void showReason(int row);

    Document* document_;
    SelectionModel* selection_;
    QLabel* title_;
    QTableWidget* table_;
    QLabel* reason_;
    std::vector<int> stages_;  ///< per row
    QStringList reasons_;      ///< per row
};

}  // namespace prunescope
