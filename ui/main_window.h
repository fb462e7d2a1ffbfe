#pragma once

#include "ui/menus.h"
#include "ui/panels/error_card.h"
#include "ui/services/dialogs.h"
#include "ui/services/preferences.h"
#include "ui/session.h"

#include <vector>

#include <QMainWindow>

class QDockWidget;
class QMimeData;

namespace prunescope {

class Bookmarks;
class BudgetPlot;
class Canvas;
class CompareArea;
class EvaluatePanel;
class ExportDialog;
class FigureExporter;
class FigureReproduction;
class Gallery;
class LogView;
class ModelChooser;
class NotesPanel;
class PatchRuler;
class PreferencesDialog;
class PromptPanel;
class SettingsPanel;
class ShiftPlot;
class ShortcutEditor;
class Shortcuts;
class StageScrubber;
class StatusLine;
class ViewRecall;
enum class FigureKind;

/// Docks, menus and connections. What actions do is the controller's; what is shown is the views'.
class MainWindow : public QMainWindow {
    Q_OBJECT

public:
    /// None is owned; all must outlive the window.
    MainWindow(Session* session, Preferences* preferences, Dialogs* dialogs);

    /// Opens the first sample when the model's samples are known (the first start).
    void openFirstSample();

    /// Shows `<model_directory>/samples` in the gallery.
    void showSamplesOf(const QString& model_directory);

    /// A session, a model's folder or a picture.
    void openAny(const QString& path);

    void resetLayout();
    void setAppearance(Appearance appearance);

    QAction* action(const QString& id) const { return actions_.at(id); }

Q_SIGNALS:
    void appearanceChanged();  ///< theme, contrast or motion

protected:
    void closeEvent(QCloseEvent* event) override;
    void showEvent(QShowEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    void recallGridMethods();
    void makeCentre();
    void makeDocks();
    QDockWidget* dock(Qt::DockWidgetArea area,
                      const QString& name,
                      const QString& title,
                      QWidget* content);
    void makeActions();
    void makeToolBar();
    void makeRecentMenu();
    void connectViews();
    void connectController();
    void connectAhead();
    void connectCompare();
    std::vector<MenuEntry> fileMenu();
    std::vector<MenuEntry> exportEntries();
    std::vector<MenuEntry> copyEntries();
    std::vector<MenuEntry> editMenu();
    MenuEntry preferencesEntry(const char* menu);
    std::vector<MenuEntry> viewMenu();
    std::vector<MenuEntry> patchMenu();
    std::vector<MenuEntry> runMenu();
    std::vector<MenuEntry> compareMenu();
    std::vector<MenuEntry> bookmarkMenu();
    std::vector<MenuEntry> helpMenu();

    void openPicture();
    bool openMime(const QMimeData& mime, const QString& name);
    void pastePicture();
    void showModels();
    void showPatchMenu(int patch, const QPoint& at);
    void showTokenHistory();
    void showAttribution();
    void connectRules();
    void goToPatch();
    void selectObject();
    void focusPanel(int step);
    void maximisePanel();
    void nudgeBudget(int by);
    void nudgeTau(double by);
    void openModel(const QString& directory);
    void connectFigures();
    void connectRemarks();
    void connectAttribution();
    void connectPreferences();
    void connectKeys();
    void reproduceFigure(const QString& path);
    FigureKind focusedFigure() const;
    void showTitle();
    void showState();
    void showError();
    void showCompareState();
    void showCompareMode(CompareMode mode);
    void stepMethod(int by);
    void stop();
    ErrorCard::Remedies remedies() const;
    void followLastStage();
    void changeTau(double tau);
    void showAppearance();
    void refreshIcons();

    Session* session_;
    Preferences* preferences_;
    Dialogs* dialogs_;

    std::vector<MenuEntry> entries_;
    Actions actions_;
    QList<QDockWidget*> docks_;
    QByteArray default_state_;
    QByteArray state_before_maximised_;  ///< empty: no panel is maximised
    int stages_shown_ = 0;
    bool is_first_show_ = true;
    bool opens_first_sample_ = false;
    bool card_is_of_document_ = false;  // else it is about a picture or a file

    ErrorCard* error_card_ = nullptr;
    CompareArea* compare_ = nullptr;
    Canvas* canvas_ = nullptr;  // A's
    StageScrubber* scrubber_ = nullptr;
    ShiftPlot* shift_plot_ = nullptr;
    BudgetPlot* budget_plot_ = nullptr;
    EvaluatePanel* evaluate_ = nullptr;
    Gallery* gallery_ = nullptr;
    PromptPanel* prompt_ = nullptr;
    SettingsPanel* settings_ = nullptr;
    LogView* log_ = nullptr;
    PatchRuler* ruler_ = nullptr;
    StatusLine* status_ = nullptr;
    ModelChooser* models_ = nullptr;
    NotesPanel* notes_ = nullptr;
    ViewRecall* recall_ = nullptr;
    Bookmarks* bookmarks_ = nullptr;
    Shortcuts* shortcuts_ = nullptr;
    ShortcutEditor* shortcut_editor_ = nullptr;
    PreferencesDialog* preferences_dialog_ = nullptr;  ///< made when first asked for
    FigureExporter* exporter_ = nullptr;
    ExportDialog* export_ = nullptr;
    FigureReproduction* reproduction_ = nullptr;
};

}  // namespace prunescope
