#include "ui/menus.h"

#include "ui/services/appearance.h"

#include <QApplication>
#include <QDialog>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QMenuBar>
#include <QMessageBox>
#include <QTextBrowser>
#include <QVBoxLayout>

namespace prunescope {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("Menus", text);
}

QString withoutMnemonic(QString text) {
    return text.remove('&');
}

QDialog* makeSheet(QMainWindow* window, const QString& name, const QString& title) {
    auto* dialog = new QDialog(window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setObjectName(name);
    dialog->setWindowTitle(title);
    return dialog;
}

QString keyRow(const QString& keys, const QString& text) {
    return QString("<tr><td style=\"padding:2px 16px 2px 0\"><b>%1</b></td><td>%2</td></tr>")
        .arg(keys.toHtmlEscaped(), text.toHtmlEscaped());
}

// The arrow keys move through the list while the line has the focus.
class PaletteLine : public QLineEdit {
public:
    PaletteLine(QListWidget* list, QWidget* parent) : QLineEdit(parent), list_(list) {}

protected:
    void keyPressEvent(QKeyEvent* event) override {
        if (event->key() == Qt::Key_Down || event->key() == Qt::Key_Up) {
            QCoreApplication::sendEvent(list_, event);
        } else {
            QLineEdit::keyPressEvent(event);
        }
    }

private:
    QListWidget* list_;
};

}  // namespace

Actions makeMenus(QMainWindow* window, const std::vector<MenuEntry>& entries) {
    Actions actions;
    std::map<QString, QMenu*> menus;
    for (const MenuEntry& entry : entries) {
        QMenu*& menu = menus[entry.menu];
        if (menu == nullptr) {
            menu = window->menuBar()->addMenu(tr(entry.menu));
            menu->setObjectName(withoutMnemonic(entry.menu).toLower() + "Menu");
            menu->setToolTipsVisible(true);
        }
        if (*entry.id == '\0') {
            menu->addSeparator();
            continue;
        }
        auto* action = new QAction(entry.text, window);
        action->setObjectName(entry.id);
        if (*entry.keys != '\0') {
            action->setShortcuts(
                QKeySequence::listFromString(entry.keys, QKeySequence::PortableText));
        }
        if (*entry.icon != '\0') {
            action->setIcon(symbolicIcon(entry.icon));
        }
        const QString keys = action->shortcut().toString(QKeySequence::NativeText);
        const QString tip = entry.tip.isEmpty() ? withoutMnemonic(entry.text) : entry.tip;
        action->setToolTip(keys.isEmpty() ? tip : tip + " (" + keys + ")");
        action->setCheckable(entry.kind == ActionKind::Toggle);
        QObject::connect(action, &QAction::triggered, window, entry.slot);
        menu->addAction(action);
        actions[entry.id] = action;
    }
    return actions;
}

void showKeySheet(QMainWindow* window, const std::vector<MenuEntry>& entries) {
    QString html = "<h3>" + tr("Anywhere") + "</h3><table>";
    for (const MenuEntry& entry : entries) {
        if (*entry.keys != '\0') {
            html += keyRow(QString(entry.keys).replace(";", ","), withoutMnemonic(entry.text));
        }
    }
    html += "</table><h3>" + tr("On the picture") + "</h3><table>";
    const std::pair<QString, QString> on_canvas[] = {
        {"1 … 5", tr("kept, merged, dropped, re-selected, clusters on or off")},
        {"C / K / E", tr("overlay, cluster fill, edges")},
        {"A D  or  [ ]", tr("previous, next stage")},
        {"Space", tr("play the stages")},
        {"+  −  0  F", tr("zoom in, out, 1:1, fit")},
        {"Arrows", tr("next patch")},
        {"\\", tr("hold: the picture alone")},
        {"Shift", tr("hold: B instead of A")},
        {tr("Click, Ctrl+click, Shift+drag"), tr("select, add, box")},
        {tr("Ctrl+wheel"), tr("overlay opacity")},
    };
    for (const auto& [keys, text] : on_canvas) {
        html += keyRow(keys, text);
    }
    html += "</table>";
    QDialog* dialog = makeSheet(window, "keySheet", tr("Keys"));
    auto* sheet = new QTextBrowser(dialog);
    sheet->setHtml(html);
    auto* column = new QVBoxLayout(dialog);
    column->addWidget(sheet);
    dialog->resize(520, 620);
    dialog->show();
}

void showCommandPalette(QMainWindow* window, const Actions& actions) {
    QDialog* dialog = makeSheet(window, "commandPalette", tr("Commands"));
    auto* list = new QListWidget(dialog);
    auto* line = new PaletteLine(list, dialog);
    line->setPlaceholderText(tr("Type a command"));
    line->setAccessibleName(tr("Command"));
    std::vector<QAction*> shown;
    for (const auto& [id, action] : actions) {
        if (action->isEnabled()) {
            const QString keys = action->shortcut().toString(QKeySequence::NativeText);
            new QListWidgetItem(withoutMnemonic(action->text()) + "    " + keys, list);
            shown.push_back(action);
        }
    }
    const auto accept = [dialog, list, shown] {
        const int row = list->currentRow();
        if (row < 0 || list->item(row)->isHidden()) {
            return;
        }
        QAction* action = shown[static_cast<std::size_t>(row)];
        dialog->close();
        action->trigger();
    };
    const auto filter = [list](const QString& text) {
        int first = -1;
        for (int row = 0; row < list->count(); ++row) {
            const bool fits = list->item(row)->text().contains(text, Qt::CaseInsensitive);
            list->item(row)->setHidden(!fits);
            first = fits && first < 0 ? row : first;
        }
        list->setCurrentRow(first);
    };
    QObject::connect(line, &QLineEdit::textChanged, dialog, filter);
    QObject::connect(line, &QLineEdit::returnPressed, dialog, accept);
    QObject::connect(list, &QListWidget::itemClicked, dialog, accept);
    auto* column = new QVBoxLayout(dialog);
    column->addWidget(line);
    column->addWidget(list);
    filter({});
    dialog->resize(460, 380);
    dialog->show();
    line->setFocus();
}

void askLine(QMainWindow* window,
             const QString& name,
             const QString& title,
             const QString& question,
             const std::function<bool(const QString&)>& take) {
    QDialog* dialog = makeSheet(window, name, title);
    auto* label = new QLabel(question, dialog);
    auto* line = new QLineEdit(dialog);
    line->setObjectName(name + "Line");
    line->setAccessibleName(title);
    line->setAccessibleDescription(question);
    label->setBuddy(line);
    QObject::connect(line, &QLineEdit::returnPressed, dialog, [dialog, line, take] {
        if (take(line->text())) {
            dialog->close();
        } else {
            line->selectAll();
        }
    });
    auto* column = new QVBoxLayout(dialog);
    column->addWidget(label);
    column->addWidget(line);
    dialog->show();
    line->setFocus();
}

void showAbout(QMainWindow* window) {
    auto* box = new QMessageBox(window);
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setObjectName("about");
    box->setWindowTitle(tr("About Prunescope"));
    box->setIconPixmap(applicationIcon().pixmap(64, 64));
    box->setText("<b>Prunescope " + QCoreApplication::applicationVersion() + "</b><br>" +
                 tr("See which visual tokens a LLaVA model keeps, and what that does to its "
                    "answer."));
    box->setInformativeText(
        tr("Runs on this machine only: no network, no telemetry.") + "<br><br>" +
        tr("Built with:") + "<br>Qt " + qVersion() +
        " (LGPL 3) · LibTorch (BSD 3) · OpenCV (Apache 2) · QCustomPlot (GPL 3) · "
        "nlohmann/json (MIT) · CLI11 (BSD 3) · SentencePiece (Apache 2)");
    box->setStandardButtons(QMessageBox::Close);
    box->setWindowModality(Qt::NonModal);
    box->show();
}

}  // namespace prunescope
