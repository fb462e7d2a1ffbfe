#include "ui/remarks/bookmarks.h"

#include "ui/figures/overlay_figure.h"
#include "ui/views/stage_labels.h"

#include <algorithm>

namespace prunescope {

Bookmarks::Bookmarks(Document* document,
                     const SelectionModel* selection,
                     ViewRecall* recall,
                     QObject* parent)
    : QObject(parent), document_(document), selection_(selection), recall_(recall) {}

const SessionBookmark* Bookmarks::at(int slot) const {
    const auto& all = document_->remarks().bookmarks;
    const auto found = std::ranges::find(all, slot, &SessionBookmark::slot);
    return found == all.end() ? nullptr : &*found;
}

// "DCP-Prune · k = 64 · L3", for menus.
QString Bookmarks::describe() const {
    QString said = settingsCaption(document_->settings()).section(QStringLiteral(" · "), 0, 1);
    const TracePtr trace = document_->trace();
    const auto view = static_cast<std::size_t>(selection_->view());
    const int stage = selection_->stage();
    if (trace && view < trace->views.size() && stage >= 0 &&
        stage < static_cast<int>(trace->views[view].stages.size())) {
        said += QStringLiteral(" · ") +
                siteLabel(trace->views[view].stages[static_cast<std::size_t>(stage)].site);
    }
    return said;
}

void Bookmarks::set(int slot) {
    SessionBookmark bookmark;
    bookmark.slot = slot;
    bookmark.name = describe().toStdString();
    bookmark.prompt = document_->prompt().toStdString();
    bookmark.settings = document_->settings();
    bookmark.view = selection_->view();
    bookmark.stage = selection_->stage();
    bookmark.patches.assign(selection_->patches().begin(), selection_->patches().end());
    Remarks remarks = document_->remarks();
    std::erase_if(remarks.bookmarks, [slot](const SessionBookmark& b) { return b.slot == slot; });
    remarks.bookmarks.push_back(std::move(bookmark));
    std::ranges::sort(remarks.bookmarks, {}, &SessionBookmark::slot);
    document_->endMerge();
    document_->changeRemarks(remarks, tr("Set bookmark %1").arg(slot));
}

void Bookmarks::go(int slot) {
    const SessionBookmark* found = at(slot);
    if (found == nullptr) {
        return;
    }
    const SessionBookmark bookmark = *found;
    document_->endMerge();
    const QString prompt = QString::fromStdString(bookmark.prompt);
    const QString words = tr("Go to bookmark %1").arg(slot);
    if (prompt != document_->prompt()) {
        document_->undoStack()->beginMacro(words);
        document_->setPrompt(prompt);
        document_->changeSettings(bookmark.settings, words);
        document_->undoStack()->endMacro();
    } else {
        document_->changeSettings(bookmark.settings, words);
    }
    document_->endMerge();
    recall_->recall(
        {bookmark.view, bookmark.stage, {bookmark.patches.begin(), bookmark.patches.end()}});
}

}  // namespace prunescope
