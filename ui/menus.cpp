#include "ui/menus.h"

#include "ui/services/appearance.h"
#include "ui/services/shortcuts.h"

#include <QApplication>
#include <QDialog>
#include <QLabel>
#include <QLineEdit>
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
    return QString(
               "<tr><td width=210 style=\"padding:2px 16px 2px 0\"><b>%1</b></td>"
               "<td style=\"padding:2px 0\">%2</td></tr>")
        .arg(keys.toHtmlEscaped(), text.toHtmlEscaped());
}

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
        setTip(action, entry.tip.isEmpty() ? withoutMnemonic(entry.text) : entry.tip);
        action->setCheckable(entry.kind == ActionKind::Toggle);
        QObject::connect(action, &QAction::triggered, window, entry.slot);
        menu->addAction(action);
        actions[entry.id] = action;
    }
    return actions;
}

void showKeySheet(QMainWindow* window,
                  const std::vector<MenuEntry>& entries,
                  const Actions& actions) {
    QString html;
    QString menu;
    for (const MenuEntry& entry : entries) {
        if (*entry.id == '\0' || actions.at(entry.id)->shortcuts().isEmpty()) {
            continue;
        }
        const QString title = withoutMnemonic(tr(entry.menu));
        if (title != menu) {
            html += (menu.isEmpty() ? "" : "</table>") + QString("<h3>") + title.toHtmlEscaped() +
                    "</h3><table>";
            menu = title;
        }
        const QAction& action = *actions.at(entry.id);
        html += keyRow(QKeySequence::listToString(action.shortcuts(), QKeySequence::NativeText),
                       withoutMnemonic(action.text()));
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
        {tr("Double click"), tr("history of the patch")},
        {tr("Ctrl+wheel"), tr("overlay opacity")},
    };
    for (const auto& [keys, text] : on_canvas) {
        html += keyRow(keys, text);
    }
    html += "</table><h3>" + tr("On the pruned answer") + "</h3><table>";
    const std::pair<QString, QString> on_answer[] = {
        {tr("Click"), tr("choose a token: its effects and its attention")},
        {tr("← →  Home End"), tr("previous, next, first, last token")},
        {"Esc", tr("the answer as a whole")},
    };
    for (const auto& [keys, text] : on_answer) {
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
        "nlohmann/json (MIT) · CLI11 (BSD 3) · SentencePiece (Apache 2) · ICU (Unicode)");
    box->setStandardButtons(QMessageBox::Close);
    box->setWindowModality(Qt::NonModal);
    box->show();
}

}  // namespace prunescope
