#include "ui/compare/grid_view.h"

#include "core/prune/catalog.h"
#include "ui/compare/method_tile.h"

#include <algorithm>

#include <QEvent>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QScrollArea>
#include <QToolButton>

namespace prunescope {

namespace {

constexpr int kGap = 8;
constexpr int kNarrowest = 190;

}  // namespace

GridView::GridView(Session* session, QWidget* parent)
    : QWidget(parent),
      session_(session),
      model_(&session->grid),
      methods_(new QMenu(this)),
      progress_(new QLabel(this)),
      stop_(new QToolButton(this)),
      area_(new QScrollArea(this)) {
    setObjectName("methodGrid");
    setAccessibleName(tr("Methods side by side"));
    setFocusPolicy(Qt::StrongFocus);
    auto* page = new QWidget(area_);
    grid_ = new QGridLayout(page);
    grid_->setContentsMargins(kGap, kGap, kGap, kGap);
    grid_->setSpacing(kGap);
    area_->setWidget(page);
    area_->setWidgetResizable(true);
    area_->setFrameShape(QFrame::NoFrame);
    area_->setFocusPolicy(Qt::NoFocus);
    area_->viewport()->installEventFilter(this);
    area_->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn);  // the columns do not jump
    area_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(makeHead());
    column->addWidget(area_, 1);
    connect(model_, &MethodGrid::tilesReset, this, &GridView::rebuild);
    connect(model_, &MethodGrid::tileChanged, this, &GridView::refreshTile);
    connect(model_, &MethodGrid::workChanged, this, &GridView::refreshProgress);
    connect(&session_->document, &Document::imageChanged, this, &GridView::takePicture);
    connect(&session_->document, &Document::settingsChanged, this, &GridView::refreshSides);
    connect(&session_->reference, &Reference::inputsChanged, this, &GridView::refreshSides);
    connect(&session_->overlay, &OverlaySettings::changed, this, [this] {
        for (MethodTile* tile : tiles_) {
            tile->setOptions(session_->overlay.options());
        }
    });
    takePicture();
    rebuild();
}

QWidget* GridView::makeHead() {
    auto* head = new QWidget(this);
    auto* row = new QHBoxLayout(head);
    row->setContentsMargins(kGap, 4, kGap, 0);
    auto* choose = new QToolButton(head);
    choose->setObjectName("gridMethods");
    choose->setText(tr("Methods"));
    choose->setToolTip(tr("Which methods are shown, at most %1").arg(MethodGrid::kMost));
    choose->setPopupMode(QToolButton::InstantPopup);
    choose->setMenu(methods_);
    choose->setToolButtonStyle(Qt::ToolButtonTextOnly);
    methods_->setObjectName("gridMethodsMenu");
    makeMethodMenu();
    progress_->setObjectName("gridProgress");
    stop_->setObjectName("gridStop");
    connect(stop_, &QToolButton::clicked, this, [this] {
        model_->isStopped() ? model_->resume() : model_->stop();
    });
    row->addWidget(choose);
    row->addWidget(progress_, 1);
    row->addWidget(stop_);
    return head;
}

void GridView::makeMethodMenu() {
    for (const MethodSpec& method : methodCatalog()) {
        if (method.id == "none") {
            continue;  // always there: the others are held against it
        }
        QAction* entry = methods_->addAction(QString::fromStdString(method.title));
        entry->setData(QString::fromStdString(method.id));
        entry->setCheckable(true);
    }
    connect(methods_, &QMenu::triggered, this, [this] {
        std::vector<std::string> ids;
        for (const QAction* entry : methods_->actions()) {
            if (entry->isChecked()) {
                ids.push_back(entry->data().toString().toStdString());
            }
        }
        model_->setMethods(ids);
    });
    connect(methods_, &QMenu::aboutToShow, this, [this] {
        const std::vector<std::string>& shown = model_->methods();
        const bool is_full = static_cast<int>(shown.size()) >= MethodGrid::kMost;
        for (QAction* entry : methods_->actions()) {
            const std::string id = entry->data().toString().toStdString();
            entry->setChecked(std::find(shown.begin(), shown.end(), id) != shown.end());
            entry->setEnabled(entry->isChecked() || !is_full);
        }
    });
}

void GridView::takePicture() {
    const auto image = session_->document.image();
    picture_ = image ? Picture(toQImage(*image)) : Picture();
    for (MethodTile* tile : tiles_) {
        tile->setPicture(&picture_);
    }
}

void GridView::rebuild() {
    const std::size_t wanted = model_->tiles().size();
    while (tiles_.size() > wanted) {
        delete tiles_.back();
        tiles_.pop_back();
    }
    while (tiles_.size() < wanted) {
        const int i = static_cast<int>(tiles_.size());
        auto* tile = new MethodTile(area_->widget());
        tile->setObjectName(QString("methodTile%1").arg(i));
        tile->setPicture(&picture_);
        tile->setOptions(session_->overlay.options());
        tile->installEventFilter(this);
        connect(tile, &MethodTile::chosen, this, [this, i](bool as_reference) {
            choose(i, as_reference);
        });
        tiles_.push_back(tile);
    }
    for (std::size_t i = 0; i < wanted; ++i) {
        refreshTile(static_cast<int>(i));
    }
    layOut();
    refreshSides();
    refreshProgress();
}

void GridView::refreshTile(int tile) {
    const auto& all = model_->tiles();
    const auto i = static_cast<std::size_t>(tile);
    const TracePtr unpruned = all.empty() ? nullptr : all.front().trace;
    tiles_.at(i)->present(all.at(i), unpruned, model_->boxes());
    if (i == 0) {  // the measure of all others
        for (std::size_t other = 1; other < tiles_.size(); ++other) {
            tiles_[other]->present(all[other], unpruned, model_->boxes());
        }
    }
    refreshProgress();
}

void GridView::refreshSides() {
    const Reference& reference = session_->reference;
    for (std::size_t i = 0; i < tiles_.size(); ++i) {
        const RunSettings& settings = model_->tiles()[i].settings;
        const bool is_b = reference.isSet() && reference.inputs().settings == settings &&
                          reference.inputs().prompt == session_->document.prompt();
        tiles_[i]->setSides(settings == session_->document.settings(), is_b);
    }
}

void GridView::refreshProgress() {
    const int all = static_cast<int>(model_->tiles().size());
    const int done = model_->doneCount();
    const bool is_over = done == all;
    const int budget = session_->document.settings().budget;
    progress_->setText(is_over               ? tr("%1 methods at %2 tokens").arg(all).arg(budget)
                       : model_->isStopped() ? tr("Stopped at %1 of %2").arg(done).arg(all)
                                             : tr("%1 of %2").arg(done).arg(all));
    stop_->setText(model_->isStopped() ? tr("Go on") : tr("Stop"));
    stop_->setToolTip(model_->isStopped() ? tr("Compute the methods that are left")
                                          : tr("Leave the other methods for later"));
    stop_->setVisible(!is_over);
}

void GridView::choose(int tile, bool as_reference) {
    const MethodGrid::Tile chosen = model_->tiles().at(static_cast<std::size_t>(tile));
    Document& document = session_->document;
    if (as_reference) {
        const bool is_done = chosen.status == MethodGrid::Status::Done;
        session_->reference.set({chosen.settings, document.prompt()},
                                is_done ? chosen.trace : nullptr,
                                tr("%1 as B").arg(chosen.title));
    } else {
        document.endMerge();
        document.changeSettings(chosen.settings, tr("Method %1").arg(chosen.title));
    }
}

int GridView::columns() const {
    const int free = area_->viewport()->width() - 2 * kGap;
    return std::max(1, (free + kGap) / (kNarrowest + kGap));
}

void GridView::layOut() {
    const int n = columns();
    for (int column = 0; column < MethodGrid::kMost; ++column) {
        grid_->setColumnStretch(column, column < n ? 1 : 0);
    }
    const int width = (area_->viewport()->width() - (n + 1) * kGap) / n;
    const int rows = (static_cast<int>(tiles_.size()) + n - 1) / n;
    for (int row = 0; row <= MethodGrid::kMost; ++row) {
        grid_->setRowStretch(row, row == rows ? 1 : 0);
    }
    for (std::size_t i = 0; i < tiles_.size(); ++i) {
        const int at = static_cast<int>(i);
        grid_->removeWidget(tiles_[i]);
        grid_->addWidget(tiles_[i], at / n, at % n);
        tiles_[i]->setFixedHeight(tiles_[i]->heightFor(width));
        tiles_[i]->show();
    }
}

// Whoever comes by keyboard stands on the current method.
void GridView::focusInEvent(QFocusEvent* /*event*/) {
    const std::string& method = session_->document.settings().method;
    for (std::size_t i = 0; i < tiles_.size(); ++i) {
        if (model_->tiles()[i].settings.method == method) {
            tiles_[i]->setFocus();
            return;
        }
    }
    if (!tiles_.empty()) {
        tiles_.front()->setFocus();
    }
}

bool GridView::eventFilter(QObject* watched, QEvent* event) {
    if (watched == area_->viewport()) {
        if (event->type() == QEvent::Resize) {
            layOut();
        }
        return QWidget::eventFilter(watched, event);
    }
    const auto found = std::find(tiles_.begin(), tiles_.end(), watched);
    if (found == tiles_.end()) {
        return QWidget::eventFilter(watched, event);
    }
    if (event->type() == QEvent::FocusIn) {
        area_->ensureWidgetVisible(*found);
    }
    if (event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent*>(event)->key();
        const int step = key == Qt::Key_Left    ? -1
                         : key == Qt::Key_Right ? 1
                         : key == Qt::Key_Up    ? -columns()
                         : key == Qt::Key_Down  ? columns()
                                                : 0;
        const auto to = (found - tiles_.begin()) + step;
        if (step != 0) {
            if (to >= 0 && to < static_cast<std::ptrdiff_t>(tiles_.size())) {
                tiles_[static_cast<std::size_t>(to)]->setFocus();
            }
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

}  // namespace prunescope
