#pragma once

#include "ui/evaluate/evaluation.h"
#include "ui/evaluate/result_table.h"
#include "ui/services/dialogs.h"

#include <map>

#include <QWidget>

class QCheckBox;
class QLabel;
class QLineEdit;
class QListWidget;
class QProgressBar;
class QSpinBox;
class QTabWidget;
class QTableView;
class QToolButton;

namespace prunescope {

class EvalPlot;

/// Methods and budgets on a sample set: what to run, the table as it fills, the plot, and the
/// samples behind a cell of the table.
class EvaluatePanel : public QWidget {
    Q_OBJECT

public:
    /// None is owned; all must outlive the panel.
    EvaluatePanel(Evaluation* evaluation,
                  Document* document,
                  Dialogs* dialogs,
                  QWidget* parent = nullptr);

    /// The set "of the model": its sample pictures.
    void setModelDirectory(const QString& directory) { model_directory_ = directory; }

    /// What would be run now.
    std::vector<std::string> methods() const;
    std::vector<int> budgets() const;

Q_SIGNALS:
    /// A sample of the list: show it in the inspector with the settings it was run with.
    void sampleChosen(const QString& path,
                      const QString& prompt,
                      const prunescope::RunSettings& settings);
    void noted(const QString& line);  ///< for the log

private:
    QWidget* makeChoices();
    QWidget* makeResults();
    QToolButton* makeSetButton(QWidget* parent);
    QToolButton* makeMethodButton(QWidget* parent);
    void openFile();
    void openFolder();
    void toggle();
    void save();
    void showState();
    void showProgress();
    void showSummary();
    void showMethods();
    void showChanged(const QModelIndex& cell);

    Evaluation* evaluation_;
    Document* document_;
    Dialogs* dialogs_;
    QString model_directory_;
    ResultTable model_;
    QToolButton* set_;
    QToolButton* method_button_;
    std::map<std::string, QCheckBox*> methods_;
    QLineEdit* budgets_;
    QSpinBox* limit_;
    QToolButton* start_;
    QToolButton* cancel_;
    QToolButton* save_;
    QProgressBar* progress_;
    QLabel* status_;
    QTableView* table_;
    QTabWidget* tabs_;
    EvalPlot* plot_;
    QListWidget* changed_;
    std::vector<ChangedSample> listed_;
};

}  // namespace prunescope
