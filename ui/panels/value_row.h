#pragma once

#include "core/prune/catalog.h"
#include "ui/ahead/ahead_plan.h"

#include <QWidget>

class QAbstractSpinBox;
class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QHBoxLayout;
class QLabel;
class QSlider;
class QToolButton;

namespace prunescope {

class MarkStrip;

/// One setting: title, slider and field (or switch, or list) as one value, and a reset button.
/// Made from a ParamSpec; knows nothing of the document.
class ValueRow : public QWidget {
    Q_OBJECT

public:
    enum class Scale { Linear, Logarithmic };

    explicit ValueRow(const ParamSpec& spec, Scale scale, QWidget* parent = nullptr);

    const ParamSpec& spec() const { return spec_; }

    /// Shows a value; emits nothing.
    void setValue(const ParamValue& value);
    ParamValue value() const;

    /// Upper end of the slider; the field takes larger values where the spec does.
    void setSliderMax(double max);

    /// Marks under the slider; none hides them. `said` is the same in words.
    void setMarks(const std::vector<AheadMark>& marks, const QString& said);

    /// Disabled with the reason in the tooltip; "" enables.
    void setDisabledReason(const QString& reason);

    /// A sentence under the row; "" hides it.
    void setProblem(const QString& problem);

Q_SIGNALS:
    void changed(const prunescope::ParamValue& value);
    void finished();  ///< the drag or the typing is over

private:
    void makeNumber(QHBoxLayout* line);
    void makeSwitch(QHBoxLayout* line);
    void makeChoice(QHBoxLayout* line);
    void name(QWidget* widget, const QString& suffix);
    void take(const ParamValue& value);
    double fromSlider(int position) const;
    int toSlider(double value) const;
    double sliderPixel(double value) const;

    ParamSpec spec_;
    Scale scale_;
    double slider_max_;
    ParamValue value_;
    QLabel* title_ = nullptr;
    QLabel* problem_ = nullptr;
    QSlider* slider_ = nullptr;
    MarkStrip* strip_ = nullptr;
    QDoubleSpinBox* field_ = nullptr;
    QCheckBox* switch_ = nullptr;
    QComboBox* choice_ = nullptr;
    QToolButton* reset_ = nullptr;
    QWidget* controls_ = nullptr;
    QString help_;
};

}  // namespace prunescope
