#include "ui/evaluate/evaluate_panel.h"

#include "core/base/text.h"
#include "core/model/bundled.h"
#include "core/prune/catalog.h"
#include "ui/evaluate/eval_plot.h"
#include "ui/views/plot_tools.h"

#include <QCheckBox>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QProgressBar>
#include <QRegularExpression>
#include <QRegularExpressionValidator>
#include <QSpinBox>
#include <QSplitter>
#include <QTabWidget>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>
#include <QWidgetAction>

namespace prunescope {

EvaluatePanel::EvaluatePanel(Evaluation* evaluation,
                             Document* document,
                             Dialogs* dialogs,
                             QWidget* parent)
    : QWidget(parent), evaluation_(evaluation), document_(document), dialogs_(dialogs) {
    setObjectName("evaluatePanel");
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(6, 2, 6, 4);
    column->setSpacing(4);
    column->addWidget(makeChoices());
    column->addWidget(makeResults(), 1);
    connect(evaluation_, &Evaluation::stateChanged, this, &EvaluatePanel::showState);
    connect(evaluation_, &Evaluation::progressed, this, &EvaluatePanel::showProgress);
    connect(evaluation_, &Evaluation::summaryChanged, this, &EvaluatePanel::showSummary);
    showMethods();
    showState();
}

QToolButton* EvaluatePanel::makeSetButton(QWidget* parent) {
    auto* button = makePlotButton("evalSet",
                                  tr("Sample set"),
                                  tr("Pictures, questions and accepted answers to score"),
                                  false,
                                  parent);
    button->setPopupMode(QToolButton::InstantPopup);
    auto* menu = new QMenu(button);
    connect(menu->addAction(tr("Bundled benchmark")), &QAction::triggered, this, [this] {
        evaluation_->openSet(QString::fromStdString(bundledBenchmark().string()));
    });
    connect(menu->addAction(tr("Samples of the model")), &QAction::triggered, this, [this] {
        evaluation_->openSet(model_directory_ + "/samples");
    });
    connect(menu->addAction(tr("File…")), &QAction::triggered, this, &EvaluatePanel::openFile);
    connect(menu->addAction(tr("Folder: tasks, or pictures with the question above…")),
            &QAction::triggered,
            this,
            &EvaluatePanel::openFolder);
    button->setMenu(menu);
    return button;
}

QToolButton* EvaluatePanel::makeMethodButton(QWidget* parent) {
    auto* button = makePlotButton(
        "evalMethods", QString(), tr("Methods to compare; unpruned always runs"), false, parent);
    button->setPopupMode(QToolButton::InstantPopup);
    auto* menu = new QMenu(button);
    for (const MethodSpec& method : methodCatalog()) {
        if (method.id == "none") {
            continue;
        }
        // A check box keeps the menu open while several are chosen.
        auto* box = new QCheckBox(QString::fromStdString(method.title), menu);
        box->setObjectName("evalMethod-" + QString::fromStdString(method.id));
        box->setChecked(method.id == RunSettings().method || method.id == "random" ||
                        method.id == "grid");
        const std::string& source = method.paper.empty() ? method.title : method.paper;
        box->setToolTip(QString::fromStdString(source));
        box->setContentsMargins(6, 2, 6, 2);
        auto* entry = new QWidgetAction(menu);
        entry->setDefaultWidget(box);
        menu->addAction(entry);
        connect(box, &QCheckBox::toggled, this, &EvaluatePanel::showMethods);
        methods_[method.id] = box;
    }
    button->setMenu(menu);
    return button;
}

QWidget* EvaluatePanel::makeChoices() {
    auto* choices = new QWidget(this);
    set_ = makeSetButton(choices);
    method_button_ = makeMethodButton(choices);
    budgets_ = new QLineEdit("64, 32, 16", choices);
    budgets_->setObjectName("evalBudgets");
    budgets_->setAccessibleName(tr("Budgets"));
    budgets_->setToolTip(tr("Budgets k: visual tokens kept, with commas between"));
    budgets_->setMaximumWidth(fontMetrics().horizontalAdvance("192, 128, 64, 32, 16") + 16);
    budgets_->setValidator(new QRegularExpressionValidator(
        QRegularExpression(QStringLiteral("\\s*\\d{1,5}(\\s*,\\s*\\d{1,5})*\\s*")), budgets_));
    limit_ = new QSpinBox(choices);
    limit_->setObjectName("evalLimit");
    limit_->setAccessibleName(tr("Samples"));
    limit_->setToolTip(tr("So many samples, drawn by task with the seed of the settings"));
    limit_->setRange(0, 1'000'000);
    limit_->setSpecialValueText(tr("all samples"));
    start_ = makePlotButton("evalStart", tr("Start"), QString(), false, choices);
    cancel_ = makePlotButton(
        "evalCancel", tr("Cancel"), tr("End it; the table keeps what is done"), false, choices);
    save_ = makePlotButton(
        "evalSave", tr("Save…"), tr("Write the table as CSV or JSON"), false, choices);
    progress_ = new QProgressBar(choices);
    progress_->setObjectName("evalProgress");
    progress_->setTextVisible(false);
    progress_->setMaximumHeight(6);
    status_ = new QLabel(choices);
    status_->setObjectName("evalStatus");
    status_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    auto* row = new QHBoxLayout;
    for (QWidget* part : std::initializer_list<QWidget*>{set_, method_button_, budgets_, limit_}) {
        row->addWidget(part);
    }
    row->addStretch(1);
    for (QToolButton* part : {start_, cancel_, save_}) {
        row->addWidget(part);
    }
    auto* column = new QVBoxLayout(choices);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(2);
    column->addLayout(row);
    column->addWidget(progress_);
    column->addWidget(status_);
    connect(start_, &QToolButton::clicked, this, &EvaluatePanel::toggle);
    connect(cancel_, &QToolButton::clicked, evaluation_, &Evaluation::cancel);
    connect(save_, &QToolButton::clicked, this, &EvaluatePanel::save);
    connect(budgets_, &QLineEdit::textChanged, this, &EvaluatePanel::showState);
    return choices;
}

QWidget* EvaluatePanel::makeResults() {
    table_ = new QTableView(this);
    table_->setObjectName("evalTable");
    table_->setAccessibleName(tr("Scores by method and budget"));
    table_->setModel(&model_);
    table_->setSelectionMode(QAbstractItemView::SingleSelection);
    table_->setAlternatingRowColors(true);
    table_->setTabKeyNavigation(false);
    table_->verticalHeader()->hide();
    table_->verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 6);
    table_->horizontalHeader()->setHighlightSections(false);
    table_->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    plot_ = new EvalPlot(this);
    changed_ = new QListWidget(this);
    changed_->setObjectName("evalChanged");
    changed_->setAccessibleName(tr("Samples whose answer changed"));
    changed_->setToolTip(tr("Double-click opens the sample with the settings it was run with"));
    tabs_ = new QTabWidget(this);
    tabs_->setObjectName("evalTabs");
    tabs_->setDocumentMode(true);
    tabs_->addTab(plot_, tr("Plot"));
    tabs_->addTab(changed_, tr("Changed answers"));
    auto* splitter = new QSplitter(Qt::Horizontal, this);
    splitter->addWidget(table_);
    splitter->addWidget(tabs_);
    splitter->setStretchFactor(0, 1);
    splitter->setStretchFactor(1, 1);
    splitter->setSizes({420, 580});
    splitter->setChildrenCollapsible(false);
    connect(table_, &QTableView::clicked, this, &EvaluatePanel::showChanged);
    connect(changed_, &QListWidget::itemActivated, this, [this](QListWidgetItem* item) {
        const auto at = static_cast<std::size_t>(changed_->row(item));
        if (at < listed_.size()) {
            const ChangedSample& chosen = listed_[at];
            Q_EMIT sampleChosen(QString::fromStdString(chosen.sample->image.string()),
                                QString::fromStdString(chosen.sample->prompt),
                                chosen.run->settings);
        }
    });
    return splitter;
}

std::vector<std::string> EvaluatePanel::methods() const {
    std::vector<std::string> chosen;
    for (const MethodSpec& method : methodCatalog()) {  // in the catalog's order
        const auto box = methods_.find(method.id);
        if (box != methods_.end() && box->second->isChecked()) {
            chosen.push_back(method.id);
        }
    }
    return chosen;
}

std::vector<int> EvaluatePanel::budgets() const {
    std::vector<int> budgets;
    for (const QString& part : budgets_->text().split(',', Qt::SkipEmptyParts)) {
        if (const int budget = part.trimmed().toInt(); budget > 0) {
            budgets.push_back(budget);
        }
    }
    return budgets;
}

void EvaluatePanel::openFile() {
    const QString path =
        dialogs_->openFile(this,
                           tr("Open a sample set"),
                           tr("Sample sets (*.jsonl *.json *.csv *.tsv);;All files (*)"));
    if (!path.isEmpty()) {
        evaluation_->openSet(path);
    }
}

void EvaluatePanel::openFolder() {
    const QString path = dialogs_->openFolder(this, tr("Open a sample set"));
    if (!path.isEmpty()) {
        evaluation_->openSet(path, document_->prompt());
    }
}

void EvaluatePanel::toggle() {
    switch (evaluation_->state()) {
        case EvalState::Running:
            return evaluation_->pause();
        case EvalState::Paused:
            return evaluation_->resume();
        default:
            listed_.clear();
            changed_->clear();
            return evaluation_->start(methods(), budgets(), limit_->value());
    }
}

void EvaluatePanel::save() {
    const QString path = dialogs_->saveAs(
        this, tr("Save the table"), "evaluation.csv", tr("Table (*.csv);;JSON (*.json)"));
    if (path.isEmpty()) {
        return;
    }
    const Summary& summary = evaluation_->summary();
    const bool as_json = path.endsWith(".json", Qt::CaseInsensitive);
    const bool is_saved = saveBytes(
        path,
        QByteArray::fromStdString(as_json ? summaryToJson(summary) + "\n" : summaryToCsv(summary)));
    const QString name = QFileInfo(path).fileName();
    Q_EMIT noted(is_saved ? tr("Wrote %1").arg(name) : tr("%1 could not be written.").arg(name));
}

void EvaluatePanel::showMethods() {
    method_button_->setText(tr("Methods: %1").arg(methods().size()));
    showState();
}

void EvaluatePanel::showState() {
    const EvalState state = evaluation_->state();
    const bool is_active = state == EvalState::Running || state == EvalState::Paused;
    QString reason = evaluation_->whyNotStart();
    if (reason.isEmpty() && budgets().empty()) {
        reason = tr("Give a budget.");
    }
    if (reason.isEmpty() && methods().empty()) {
        reason = tr("Choose a method.");
    }
    start_->setText(state == EvalState::Running  ? tr("Pause")
                    : state == EvalState::Paused ? tr("Resume")
                                                 : tr("Start"));
    start_->setEnabled(is_active || reason.isEmpty());
    start_->setToolTip(is_active          ? QString()
                       : reason.isEmpty() ? tr("Run the methods on the set, below other work")
                                          : reason);
    cancel_->setEnabled(is_active);
    save_->setEnabled(model_.rowCount() > 0);
    for (QWidget* choice :
         std::initializer_list<QWidget*>{set_, method_button_, budgets_, limit_}) {
        choice->setEnabled(!is_active);
    }
    const SampleSet* set = evaluation_->set();
    set_->setText(set != nullptr
                      ? tr("%1 · %2 samples")
                            .arg(QString::fromStdString(set->name))
                            .arg(locale().toString(static_cast<int>(set->samples.size())))
                      : tr("Sample set"));
    showProgress();
}

void EvaluatePanel::showProgress() {
    const EvalState state = evaluation_->state();
    const auto total = static_cast<int>(evaluation_->total());
    const auto done = static_cast<int>(evaluation_->done());
    progress_->setVisible(total > 0);
    progress_->setRange(0, std::max(1, total));
    progress_->setValue(done);
    QStringList parts;
    if (state == EvalState::Reading) {
        parts << tr("Reading the set …");
    } else if (total > 0) {
        parts << tr("%1 of %2 runs").arg(locale().toString(done), locale().toString(total));
    }
    if (state == EvalState::Running && evaluation_->secondsLeft() > 0) {
        parts << tr("%1 left").arg(
            QString::fromStdString(humanDuration(1000 * evaluation_->secondsLeft())));
    } else if (state == EvalState::Paused) {
        parts << tr("paused");
    } else if (state == EvalState::Finished) {
        parts << tr("finished; a click on a number lists the answers that changed");
    }
    if (!evaluation_->message().isEmpty()) {
        parts << evaluation_->message();
    }
    if (parts.isEmpty()) {
        parts << (evaluation_->whyNotStart().isEmpty() ? tr("Ready") : evaluation_->whyNotStart());
    }
    status_->setText(parts.join(QStringLiteral("  ·  ")));
    status_->setToolTip(evaluation_->message());
}

void EvaluatePanel::showSummary() {
    model_.setSummary(evaluation_->summary());
    plot_->setSummary(evaluation_->summary());
    save_->setEnabled(model_.rowCount() > 0);
}

void EvaluatePanel::showChanged(const QModelIndex& cell) {
    const auto at = static_cast<std::size_t>(cell.row());
    if (at >= model_.summary().rows.size()) {
        return;
    }
    const SummaryRow& row = model_.summary().rows[at];
    listed_ = evaluation_->changedIn(row.method, row.budget, model_.taskOf(cell.column()));
    changed_->clear();
    for (const ChangedSample& sample : listed_) {
        const QString verdict = sample.score < sample.unpruned_score   ? tr("worse")
                                : sample.score > sample.unpruned_score ? tr("better")
                                                                       : tr("as good");
        changed_->addItem(tr("%1: %2 → %3   %4   (%5)")
                              .arg(verdict,
                                   sample.unpruned,
                                   sample.pruned,
                                   QString::fromStdString(sample.sample->prompt).simplified(),
                                   QString::fromStdString(sample.sample->id)));
    }
    tabs_->setTabText(1, tr("Changed answers: %1").arg(listed_.size()));
    if (!listed_.empty()) {
        tabs_->setCurrentIndex(1);
    }
}

}  // namespace prunescope
