#include "ui/panels/settings_panel.h"

#include "core/metric/shift.h"
#include "ui/panels/value_row.h"
#include "ui/rules/rules_row.h"
#include "ui/services/appearance.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <QComboBox>
#include <QLabel>
#include <QPushButton>
#include <QSignalBlocker>
#include <QToolButton>
#include <QVBoxLayout>

namespace prunescope {

namespace {

constexpr std::array kTriggers{Trigger::Auto, Trigger::Relative, Trigger::Always, Trigger::Never};
constexpr std::array kImageModes{ImageMode::Crop, ImageMode::Pad, ImageMode::Squash};

std::array<QString, 4> triggerTitles() {
    return {SettingsPanel::tr("When the shift is above τ"),
            SettingsPanel::tr("Relative to random draws (φ)"),
            SettingsPanel::tr("Always"),
            SettingsPanel::tr("Never")};
}

std::array<QString, 3> imageModeTitles() {
    return {SettingsPanel::tr("Crop to a square"),
            SettingsPanel::tr("Pad to a square"),
            SettingsPanel::tr("Squash to a square")};
}

ParamValue sharedValue(const RunSettings& settings, const std::string& name) {
    if (name == "budget") {
        return static_cast<double>(settings.budget);
    }
    if (name == "tau") {
        return settings.tau;
    }
    if (name == "phi") {
        return settings.phi;
    }
    if (name == "seed") {
        return static_cast<double>(settings.seed);
    }
    return static_cast<double>(settings.max_new_tokens);
}

void setSharedValue(RunSettings& settings, const std::string& name, double value) {
    if (name == "budget") {
        settings.budget = static_cast<int>(std::lround(value));
    } else if (name == "tau") {
        settings.tau = value;
    } else if (name == "phi") {
        settings.phi = value;
    } else if (name == "seed") {
        settings.seed = static_cast<std::uint64_t>(value);
    } else {
        settings.max_new_tokens = static_cast<int>(std::lround(value));
    }
}

const MethodSpec& methodOf(const RunSettings& settings) {
    const MethodSpec* method = findMethod(settings.method);
    return method != nullptr ? *method : methodCatalog().front();
}

QString titleOf(const MethodSpec& method, const std::string& name) {
    for (const std::vector<ParamSpec>* specs : {&sharedParams(), &method.params}) {
        for (const ParamSpec& spec : *specs) {
            if (spec.name == name) {
                return QString::fromStdString(spec.title);
            }
        }
    }
    return QString::fromStdString(name);
}

}  // namespace

SettingsPanel::SettingsPanel(Document* document, QWidget* parent)
    : QScrollArea(parent), document_(document) {
    setObjectName("settingsPanel");
    setWidgetResizable(true);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto* page = new QWidget(this);
    auto* column = new QVBoxLayout(page);
    column->setSpacing(8);
    method_ = makeCombo(column, "method", tr("Method"));
    for (const MethodSpec& method : methodCatalog()) {
        method_->addItem(QString::fromStdString(method.title), QString::fromStdString(method.id));
        const QString tip = QString::fromStdString(
            method.paper.empty() ? method.note : method.paper + "\n" + method.note);
        method_->setItemData(method_->count() - 1, tip, Qt::ToolTipRole);
    }
    note_ = new QLabel(page);
    note_->setObjectName("methodNote");
    note_->setWordWrap(true);
    note_->setForegroundRole(QPalette::PlaceholderText);
    column->addWidget(note_);
    makeShared(column);
    makeChoices(column);

    advanced_ = new QToolButton(page);
    advanced_->setObjectName("advanced");
    advanced_->setText(tr("Advanced: parameters of the method"));
    advanced_->setToolTip(tr("Show or hide what only this method has"));
    advanced_->setAccessibleName(tr("Advanced"));
    advanced_->setCheckable(true);
    advanced_->setAutoRaise(true);
    advanced_->setArrowType(Qt::RightArrow);
    advanced_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    column->addWidget(advanced_);
    method_column_ = new QVBoxLayout;
    column->addLayout(method_column_);
    connect(advanced_, &QToolButton::toggled, this, [this](bool open) {
        advanced_->setArrowType(open ? Qt::DownArrow : Qt::RightArrow);
        advanced_rows_->setVisible(open);
    });

    auto* reset = new QPushButton(symbolicIcon("reset"), tr("Reset all"), page);
    reset->setObjectName("resetAll");
    reset->setToolTip(tr("All settings back to their defaults (one undo step)"));
    reset->setAccessibleName(tr("Reset all settings"));
    connect(reset, &QPushButton::clicked, this, &SettingsPanel::resetAll);
    column->addWidget(reset);
    column->addStretch(1);
    setWidget(page);

    connect(document_, &Document::settingsChanged, this, &SettingsPanel::showSettings);
    connect(document_, &Document::traceChanged, this, &SettingsPanel::showTokenCount);
    connect(document_, &Document::modelChanged, this, &SettingsPanel::showTokenCount);
    showSettings();
    showTokenCount();
}

QComboBox* SettingsPanel::makeCombo(QVBoxLayout* column,
                                    const QString& name,
                                    const QString& title) {
    auto* label = new QLabel(title, this);
    auto* combo = new QComboBox(this);
    combo->setObjectName(name);
    combo->setAccessibleName(title);
    combo->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    combo->setMinimumContentsLength(10);
    label->setBuddy(combo);
    auto* group = new QVBoxLayout;
    group->setSpacing(2);
    group->addWidget(label);
    group->addWidget(combo);
    column->addLayout(group);
    return combo;
}

void SettingsPanel::makeShared(QVBoxLayout* column) {
    for (const ParamSpec& spec : sharedParams()) {
        const bool counts = spec.name == "budget" || spec.name == "max_new_tokens";
        auto* row = new ValueRow(
            spec, counts ? ValueRow::Scale::Logarithmic : ValueRow::Scale::Linear, this);
        shared_[spec.name] = row;
        connectRow(row, false);
    }
    for (const char* name : {"budget", "tau"}) {
        if (shared_.count(name) != 0) {
            column->addWidget(shared_[name]);
        }
    }
    ahead_ = new QLabel(this);
    ahead_->setObjectName("aheadLegend");
    ahead_->setWordWrap(true);
    ahead_->setForegroundRole(QPalette::PlaceholderText);
    ahead_->setToolTip(
        tr("What was computed before it was asked for. Run > Compute ahead turns it "
           "on and off."));
    ahead_->hide();
    column->addWidget(ahead_);
    column->addWidget(new RulesRow(document_, this));
}

void SettingsPanel::makeChoices(QVBoxLayout* column) {
    trigger_ = makeCombo(column, "trigger", tr("Re-select"));
    for (const QString& title : triggerTitles()) {
        trigger_->addItem(title);
    }
    for (const auto& [name, row] : shared_) {
        if (name != "budget" && name != "tau") {
            column->addWidget(row);
        }
    }
    image_mode_ = makeCombo(column, "imageMode", tr("Picture to square"));
    image_mode_->setToolTip(tr("How a picture is brought to the model's square"));
    for (const QString& title : imageModeTitles()) {
        image_mode_->addItem(title);
    }
    makeMeasure(column);
    connect(method_, &QComboBox::currentIndexChanged, this, [this](int index) {
        RunSettings settings = document_->settings();
        settings.method = method_->itemData(index).toString().toStdString();
        settings.params.clear();
        document_->changeSettings(settings, tr("Method %1").arg(method_->itemText(index)));
    });
    connect(trigger_, &QComboBox::currentIndexChanged, this, [this](int index) {
        RunSettings settings = document_->settings();
        settings.trigger = kTriggers[static_cast<std::size_t>(index)];
        document_->changeSettings(settings, tr("Re-select: %1").arg(trigger_->itemText(index)));
    });
    connect(image_mode_, &QComboBox::currentIndexChanged, this, [this](int index) {
        RunSettings settings = document_->settings();
        settings.image_mode = kImageModes[static_cast<std::size_t>(index)];
        document_->changeSettings(settings, image_mode_->itemText(index));
    });
}

void SettingsPanel::makeMeasure(QVBoxLayout* column) {
    metric_ = makeCombo(column, "metric", tr("Shift D"));
    for (const ShiftMetricInfo& info : shiftMetrics()) {
        metric_->addItem(QString::fromStdString(info.title), QString::fromStdString(info.id));
        metric_->setItemData(
            metric_->count() - 1,
            QString::fromStdString(info.id + "\n" + info.formula + "\n" + info.note),
            Qt::ToolTipRole);
    }
    place_ = makeCombo(column, "place", tr("Measured at"));
    for (const ShiftPlaceInfo& info : shiftPlaces()) {
        place_->addItem(QString::fromStdString(info.title));
        place_->setItemData(
            place_->count() - 1, QString::fromStdString(info.help), Qt::ToolTipRole);
    }
    connect(metric_, &QComboBox::currentIndexChanged, this, [this](int index) {
        RunSettings settings = document_->settings();
        settings.metric = metric_->itemData(index).toString().toStdString();
        document_->changeSettings(settings, tr("Shift D: %1").arg(metric_->itemText(index)));
    });
    connect(place_, &QComboBox::currentIndexChanged, this, [this](int index) {
        RunSettings settings = document_->settings();
        settings.place = shiftPlaces()[static_cast<std::size_t>(index)].place;
        document_->changeSettings(settings, tr("Measured at: %1").arg(place_->itemText(index)));
    });
}

void SettingsPanel::connectRow(ValueRow* row, bool of_method) {
    const std::string name = row->spec().name;
    connect(row, &ValueRow::changed, this, [this, name, of_method](const ParamValue& value) {
        change(name, value, of_method);
    });
    connect(row, &ValueRow::finished, document_, &Document::endMerge);
}

void SettingsPanel::change(const std::string& name, const ParamValue& value, bool of_method) {
    RunSettings settings = document_->settings();
    const MethodSpec& method = methodOf(settings);
    if (!of_method) {
        setSharedValue(settings, name, std::get<double>(value));
    } else if (of_method_.at(name)->spec().fallback == value) {
        settings.params.erase(name);  // only what differs from the default is kept
    } else {
        settings.params[name] = value;
    }
    const auto* number = std::get_if<double>(&value);
    const QString text = number != nullptr ? locale().toString(*number, 'g', 6)
                                           : QString::fromStdString(std::get<std::string>(value));
    document_->changeSettings(
        settings, tr("%1 to %2").arg(titleOf(method, name), text), QString::fromStdString(name));
}

void SettingsPanel::resetAll() {
    document_->endMerge();
    document_->changeSettings(RunSettings{}, tr("Reset all settings"));
}

void SettingsPanel::makeMethodRows() {
    delete advanced_rows_;
    of_method_.clear();
    advanced_rows_ = new QWidget(widget());
    auto* column = new QVBoxLayout(advanced_rows_);
    column->setContentsMargins(10, 0, 0, 0);
    for (const ParamSpec& spec : methodOf(document_->settings()).params) {
        auto* row = new ValueRow(spec, ValueRow::Scale::Linear, advanced_rows_);
        of_method_[spec.name] = row;
        connectRow(row, true);
        column->addWidget(row);
    }
    method_column_->addWidget(advanced_rows_);
    advanced_rows_->setVisible(advanced_->isChecked());
    advanced_->setVisible(!of_method_.empty());
}

void SettingsPanel::showSettings() {
    const RunSettings& settings = document_->settings();
    const MethodSpec& method = methodOf(settings);
    if (shown_method_ != method.id) {
        shown_method_ = method.id;
        makeMethodRows();
    }
    const auto select = [](QComboBox* combo, auto index) {
        const QSignalBlocker quiet(combo);
        combo->setCurrentIndex(static_cast<int>(index));
    };
    select(method_, method_->findData(QString::fromStdString(method.id)));
    select(trigger_,
           std::find(kTriggers.begin(), kTriggers.end(), settings.trigger) - kTriggers.begin());
    select(image_mode_,
           std::find(kImageModes.begin(), kImageModes.end(), settings.image_mode) -
               kImageModes.begin());
    select(metric_, metric_->findData(QString::fromStdString(settings.metric)));
    select(place_,
           std::ranges::find(shiftPlaces(), settings.place, &ShiftPlaceInfo::place) -
               shiftPlaces().begin());
    for (QComboBox* combo : {metric_, place_}) {
        combo->setToolTip(combo->currentData(Qt::ToolTipRole).toString());
    }
    for (const auto& [name, row] : shared_) {
        row->setValue(sharedValue(settings, name));
    }
    for (const auto& [name, row] : of_method_) {
        row->setValue(paramValue(method, settings, name));
    }
    note_->setText(QString::fromStdString(method.note));
    method_->setToolTip(method_->currentData(Qt::ToolTipRole).toString());
    showAvailability(method);
    std::map<std::string, QString> problems;
    for (const Problem& problem : checkSettings(settings)) {
        problems[problem.field] = QString::fromStdString(problem.message);
    }
    for (const auto* rows : {&shared_, &of_method_}) {
        for (const auto& [name, row] : *rows) {
            row->setProblem(problems.count(name) != 0 ? problems[name] : QString());
        }
    }
}

void SettingsPanel::showAvailability(const MethodSpec& method) {
    const QString title = QString::fromStdString(method.title);
    const auto unless = [&](bool used, const QString& reason) { return used ? QString() : reason; };
    const QString no_threshold = tr("%1 does not re-select.").arg(title);
    const Trigger trigger = document_->settings().trigger;
    shared_["budget"]->setDisabledReason(
        unless(method.uses_budget, tr("%1 keeps all tokens.").arg(title)));
    shared_["tau"]->setDisabledReason(
        !method.uses_threshold
            ? no_threshold
            : unless(trigger == Trigger::Auto, tr("τ is not read with this way to re-select.")));
    shared_["phi"]->setVisible(method.uses_threshold && trigger == Trigger::Relative);
    shared_["seed"]->setDisabledReason(
        unless(method.uses_seed, tr("%1 draws nothing at random.").arg(title)));
    trigger_->setEnabled(method.uses_threshold);
    trigger_->setToolTip(method.uses_threshold ? tr("When tokens are chosen anew after the encoder")
                                               : no_threshold);
}

// The budget's slider ends at the number of tokens there are.
void SettingsPanel::showTokenCount() {
    int tokens = 0;
    if (const TracePtr trace = document_->trace(); trace && !trace->views.empty()) {
        tokens = trace->views.front().grid.count();
    } else if (document_->model() && document_->model()->patch_size > 0) {
        const int side = document_->model()->image_size / document_->model()->patch_size;
        tokens = side * side;
    }
    if (tokens > 0) {
        shared_["budget"]->setSliderMax(tokens);
    }
}

void SettingsPanel::showAhead(const AheadMarks& marks) {
    const QString key = tr("● at hand  ○ not computed");
    const QString of_tau = tauMarksText(marks);
    const QString of_budget = budgetMarksText(marks);
    shared_["tau"]->setMarks(marks.tau, of_tau + '\n' + key);
    shared_["budget"]->setMarks(marks.budget, of_budget + '\n' + key);
    QStringList said{of_budget, of_tau};
    said.removeAll(QString());
    const QString text = said.isEmpty() ? QString() : key + '\n' + said.join(" · ");
    if (ahead_->text() != text) {
        ahead_->setText(text);
        ahead_->setVisible(!text.isEmpty());
    }
}

void SettingsPanel::focusMethod() {
    method_->setFocus();
    method_->showPopup();
}

void SettingsPanel::focusBudget() {
    shared_["budget"]->findChild<QWidget*>("budgetField")->setFocus();
}

}  // namespace prunescope
