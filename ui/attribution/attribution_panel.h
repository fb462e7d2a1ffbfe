#pragma once

#include "ui/attribution/attribution_model.h"
#include "ui/attribution/token_attribution.h"

#include <QWidget>

class QLabel;
class QProgressBar;
class QPushButton;
class QSortFilterProxyModel;
class QTableView;

namespace prunescope {

/// What every visual token did to the answer and how much the answer looks at it, strongest first.
/// Rows and patches select each other. With an answer token chosen, its own columns.
class AttributionPanel : public QWidget {
    Q_OBJECT

public:
    AttributionPanel(TokenAttribution* attribution,
                     Document* document,
                     SelectionModel* selection,
                     QWidget* parent = nullptr);

private:
    void makeTable();
    void refresh();
    void takeAnswerToken();
    void selectRows();
    void takeRows();
    QString statement() const;
    QString outcome(const Attribution& found) const;

    TokenAttribution* attribution_;
    Document* document_;
    SelectionModel* selection_;
    AttributionModel model_;
    QSortFilterProxyModel* sorted_;
    QPushButton* start_;
    QPushButton* cancel_;
    QProgressBar* progress_;
    QLabel* statement_;
    QTableView* table_;
    bool is_following_ = false;  ///< rows are being selected, by no user
};

}  // namespace prunescope
