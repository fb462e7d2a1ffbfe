#pragma once

#include "ui/services/view_recall.h"

#include <QObject>

namespace prunescope {

inline constexpr int kBookmarkSlots = 9;

/// Nine places to come back to: prompt, settings, view, stage and selection. They belong to the
/// document, so setting and going are undone like any change.
class Bookmarks : public QObject {
    Q_OBJECT

public:
    /// None is owned; all must outlive this object.
    Bookmarks(Document* document,
              const SelectionModel* selection,
              ViewRecall* recall,
              QObject* parent = nullptr);

    /// nullptr: the slot is empty. @param slot  1 to 9
    const SessionBookmark* at(int slot) const;

    /// Keeps what is set and shown now, in place of what the slot held.
    void set(int slot);

    /// Goes there; does nothing for an empty slot.
    void go(int slot);

private:
    QString describe() const;

    Document* document_;
    const SelectionModel* selection_;
    ViewRecall* recall_;
};

}  // namespace prunescope
