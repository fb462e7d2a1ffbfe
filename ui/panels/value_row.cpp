#include "ui/panels/value_row.h"

#include "ui/panels/mark_strip.h"
#include "ui/services/appearance.h"

#include <algorithm>
#include <cmath>

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QSignalBlocker>
#include <QSlider>
#include <QStyle>
#include <QToolButton>
#include <QVBoxLayout>

namespace prunescope {

namespace {

constexpr int kSliderSteps = 1000;

int decimalsOf(const ParamSpec& spec) {
    return spec.type == ParamType::Integer ? 0 : 3;
}

QString wordsOf(const ParamValue& value) {
    const auto* name = std::get_if<std::string>(&value);
    return name != nullptr ? QString::fromStdString(*name)
                           : QString::number(std::get<double>(value), 'g', 12);
}

// Shows 0.2 as "0.2", not "0.200".
class NumberField : public QDoubleSpinBox {
public:
    using QDoubleSpinBox::QDoubleSpinBox;

    QString textFromValue(double value) const override {
        QLocale plain = locale();
        plain.setNumberOptions(plain.numberOptions() | QLocale::OmitGroupSeparator);
        return plain.toString(value, 'f', QLocale::FloatingPointShortest);
    }
};

}  // namespace

ValueRow::ValueRow(const ParamSpec& spec, Scale scale, QWidget* parent)
    : QWidget(parent),
      spec_(spec),
      scale_(scale),
      slider_max_(spec.max),
      value_(spec.fallback),
      help_(QString::fromStdString(spec.help)) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(2);
    title_ = new QLabel(QString::fromStdString(spec.title), this);
    controls_ = new QWidget(this);
    auto* line = new QHBoxLayout(controls_);
    line->setContentsMargins(0, 0, 0, 0);
    switch (spec.type) {
        case ParamType::Switch:
            makeSwitch(line);
            break;
        case ParamType::Choice:
            makeChoice(line);
            break;
        default:
            makeNumber(line);
    }
    reset_ = new QToolButton(controls_);
    reset_->setIcon(symbolicIcon("reset"));
    reset_->setAutoRaise(true);
    name(reset_, "Reset");
    reset_->setAccessibleName(tr("Reset %1").arg(QString::fromStdString(spec.title)));
    connect(reset_, &QToolButton::clicked, this, [this] {
        take(spec_.fallback);
        Q_EMIT finished();
    });
    line->addWidget(reset_);
    if (spec.type == ParamType::Switch) {
        title_->hide();
    } else {
        column->addWidget(title_);
    }
    column->addWidget(controls_);
    problem_ = new QLabel(this);
    problem_->setObjectName(QString::fromStdString(spec.name) + "Problem");
    problem_->setWordWrap(true);
    problem_->hide();
    column->addWidget(problem_);
    setDisabledReason({});
    setValue(value_);
}

void ValueRow::name(QWidget* widget, const QString& suffix) {
    widget->setObjectName(QString::fromStdString(spec_.name) + suffix);
    widget->setAccessibleName(QString::fromStdString(spec_.title));
    widget->setAccessibleDescription(help_);
}

void ValueRow::makeNumber(QHBoxLayout* line) {
    const bool wide = spec_.max > 1e6;  // a seed: a slider would be no help
    field_ = new NumberField(this);
    field_->setDecimals(decimalsOf(spec_));
    field_->setRange(spec_.min, spec_.max);
    field_->setSingleStep(spec_.step);
    field_->setKeyboardTracking(false);
    field_->setAlignment(Qt::AlignRight);
    if (!spec_.unit.empty()) {
        field_->setSuffix(" " + QString::fromStdString(spec_.unit));
    }
    name(field_, "Field");
    title_->setBuddy(field_);
    connect(field_, &QDoubleSpinBox::valueChanged, this, [this](double value) { take(value); });
    connect(field_, &QDoubleSpinBox::editingFinished, this, &ValueRow::finished);
    if (wide) {
        line->addWidget(field_, 1);
        return;
    }
    field_->setFixedWidth(field_->fontMetrics().horizontalAdvance("0000000") + 24);
    slider_ = new QSlider(Qt::Horizontal, this);
    slider_->setRange(0, kSliderSteps);
    slider_->setMinimumWidth(60);
    slider_->setPageStep(kSliderSteps / 10);
    name(slider_, "Slider");
    connect(slider_, &QSlider::valueChanged, this, [this](int at) { take(fromSlider(at)); });
    connect(slider_, &QSlider::sliderReleased, this, &ValueRow::finished);
    strip_ = new MarkStrip([this](double value) { return sliderPixel(value); }, this);
    name(strip_, "Marks");
    strip_->hide();
    auto* column = new QVBoxLayout;
    column->setSpacing(0);
    column->addWidget(slider_);
    column->addWidget(strip_);
    line->addLayout(column, 1);
    line->addWidget(field_);
}

void ValueRow::makeSwitch(QHBoxLayout* line) {
    switch_ = new QCheckBox(QString::fromStdString(spec_.title), this);
    name(switch_, "Switch");
    connect(switch_, &QCheckBox::toggled, this, [this](bool on) {
        take(on ? 1.0 : 0.0);
        Q_EMIT finished();
    });
    line->addWidget(switch_, 1);
}

void ValueRow::makeChoice(QHBoxLayout* line) {
    choice_ = new QComboBox(this);
    for (const std::string& choice : spec_.choices) {
        choice_->addItem(QString::fromStdString(choice));
    }
    name(choice_, "Choice");
    title_->setBuddy(choice_);
    connect(choice_, &QComboBox::currentIndexChanged, this, [this](int index) {
        if (index >= 0) {
            take(spec_.choices[static_cast<std::size_t>(index)]);
            Q_EMIT finished();
        }
    });
    line->addWidget(choice_, 1);
}

void ValueRow::take(const ParamValue& value) {
    if (value != value_) {
        setValue(value);
        Q_EMIT changed(value_);
    }
}

void ValueRow::setValue(const ParamValue& value) {
    value_ = value;
    if (const auto* number = std::get_if<double>(&value)) {
        if (field_ != nullptr) {
            const QSignalBlocker quiet(field_);
            field_->setValue(*number);
        }
        // Do not pull the handle while it is dragged: several positions are one whole number.
        if (slider_ != nullptr && !slider_->isSliderDown()) {
            const QSignalBlocker quiet(slider_);
            slider_->setValue(toSlider(*number));
        }
        if (switch_ != nullptr) {
            const QSignalBlocker quiet(switch_);
            switch_->setChecked(*number != 0.0);
        }
    } else if (choice_ != nullptr) {
        const QSignalBlocker quiet(choice_);
        choice_->setCurrentText(wordsOf(value));
    }
    reset_->setEnabled(value_ != spec_.fallback);
    reset_->setToolTip(value_ == spec_.fallback ? tr("Is the default")
                                                : tr("Back to %1").arg(wordsOf(spec_.fallback)));
}

ParamValue ValueRow::value() const {
    return value_;
}

void ValueRow::setSliderMax(double max) {
    slider_max_ = std::clamp(max, spec_.min + 1, spec_.max);
    setValue(value_);
}

double ValueRow::fromSlider(int position) const {
    const double share = static_cast<double>(position) / kSliderSteps;
    const double value = scale_ == Scale::Logarithmic
                             ? spec_.min * std::pow(slider_max_ / spec_.min, share)
                             : spec_.min + share * (slider_max_ - spec_.min);
    if (spec_.type == ParamType::Integer) {
        return std::round(value);
    }
    // Round to a decimal number, not to a multiple of a binary fraction.
    return std::round(value * 1000) / 1000;
}

int ValueRow::toSlider(double value) const {
    const double inside = std::clamp(value, spec_.min, slider_max_);
    const double share = scale_ == Scale::Logarithmic
                             ? std::log(inside / spec_.min) / std::log(slider_max_ / spec_.min)
                             : (inside - spec_.min) / (slider_max_ - spec_.min);
    return static_cast<int>(std::lround(share * kSliderSteps));
}

// Where the middle of the handle would be.
double ValueRow::sliderPixel(double value) const {
    const int handle = slider_->style()->pixelMetric(QStyle::PM_SliderLength, nullptr, slider_);
    const double span = slider_->width() - handle;
    return handle / 2.0 + span * toSlider(value) / kSliderSteps;
}

void ValueRow::setMarks(const std::vector<AheadMark>& marks, const QString& said) {
    if (strip_ != nullptr) {
        strip_->setMarks(marks, said);
        strip_->setVisible(!marks.empty());
    }
}

void ValueRow::setDisabledReason(const QString& reason) {
    const bool usable = reason.isEmpty();
    controls_->setEnabled(usable);
    title_->setEnabled(usable);
    const QString tip = usable ? help_ : help_ + "\n" + reason;
    setToolTip(tip);
    for (QWidget* widget :
         std::initializer_list<QWidget*>{title_, slider_, field_, switch_, choice_}) {
        if (widget != nullptr) {
            widget->setToolTip(tip);
        }
    }
}

void ValueRow::setProblem(const QString& problem) {
    problem_->setText(problem);
    problem_->setVisible(!problem.isEmpty());
}

}  // namespace prunescope
