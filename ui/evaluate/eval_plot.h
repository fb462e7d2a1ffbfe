#pragma once

#include "core/dataset/summary.h"

#include <QWidget>

class QCPAxisRect;
class QCustomPlot;

namespace prunescope {

/// Average score and mean D against the budget, side by side, a line per method: the figure of the
/// paper. The unpruned score and the median of random draws are drawn as references.
class EvalPlot : public QWidget {
    Q_OBJECT

public:
    explicit EvalPlot(QWidget* parent = nullptr);

    void setSummary(const Summary& summary);

protected:
    void changeEvent(QEvent* event) override;

private:
    void rebuild();
    void addMethods();
    void addReferences();
    void fitAxes();

    QCustomPlot* plot_;
    QCPAxisRect* scores_ = nullptr;
    QCPAxisRect* shifts_ = nullptr;
    Summary summary_;
};

}  // namespace prunescope
