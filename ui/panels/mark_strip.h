#pragma once

#include "ui/ahead/ahead_plan.h"

#include <functional>
#include <vector>

#include <QWidget>

namespace prunescope {

/// Small marks under a slider: dots at values, bars over ranges. Filled where the exact result is
/// at hand, hollow where it is not.
class MarkStrip : public QWidget {
    Q_OBJECT

public:
    /// @param place  x in this widget of a value; beyond the slider's ends it gives the ends
    explicit MarkStrip(std::function<double(double value)> place, QWidget* parent = nullptr);

    /// `said`: the same in words, for tooltip and screen readers.
    void setMarks(const std::vector<AheadMark>& marks, const QString& said);

    QSize sizeHint() const override { return {60, kHeight_px}; }

    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    static constexpr int kHeight_px = 9;

    std::function<double(double)> place_;
    std::vector<AheadMark> marks_;
};

}  // namespace prunescope
