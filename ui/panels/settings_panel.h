#pragma once

#include "core/prune/catalog.h"
#include "ui/ahead/ahead_plan.h"
#include "ui/document.h"

#include <map>
#include <string>
#include <vector>

#include <QScrollArea>

class QComboBox;
class QLabel;
class QToolButton;
class QVBoxLayout;

namespace prunescope {

class ValueRow;

/// Method and settings; every control is made from the catalog. Writes undo steps into the
/// document and shows what the document says, also after undo.
class SettingsPanel : public QScrollArea {
    Q_OBJECT

public:
    explicit SettingsPanel(Document* document, QWidget* parent = nullptr);

    /// What is at hand before it is asked for, under the sliders of budget and tau.
    void showAhead(const AheadMarks& marks);

    /// Moves the keyboard to the budget.
    void focusBudget();

    /// Moves the keyboard to the method.
    void focusMethod();

private:
    void makeShared(QVBoxLayout* column);
    void makeChoices(QVBoxLayout* column);
    void makeMeasure(QVBoxLayout* column);
    QComboBox* makeCombo(QVBoxLayout* column, const QString& name, const QString& title);
    void makeMethodRows();
    void connectRow(ValueRow* row, bool of_method);
    void change(const std::string& name, const ParamValue& value, bool of_method);
    void resetAll();
    void showSettings();
    void showAvailability(const MethodSpec& method);
    void showTokenCount();

    Document* document_;
    QVBoxLayout* method_column_ = nullptr;
    QComboBox* method_ = nullptr;
    QLabel* note_ = nullptr;
    QLabel* ahead_ = nullptr;
    QComboBox* trigger_ = nullptr;
    QComboBox* image_mode_ = nullptr;
    QComboBox* metric_ = nullptr;
    QComboBox* place_ = nullptr;
    QToolButton* advanced_ = nullptr;
    QWidget* advanced_rows_ = nullptr;
    std::string shown_method_;
    std::map<std::string, ValueRow*> shared_;
    std::map<std::string, ValueRow*> of_method_;
};

}  // namespace prunescope
