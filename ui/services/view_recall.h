#pragma once

#include "ui/document.h"
#include "ui/selection.h"

#include <optional>
#include <vector>

#include <QObject>

namespace prunescope {

/// What was looked at: a view, its stage, the selected patches.
struct ViewPlace {
    int view = 0;
    int stage = -1;  ///< beyond the last means the last
    std::vector<int> patches = {};
};

/// Brings the selection to a place as soon as the result on show is one of the inputs: at once, or
/// after the run that is under way. A later call replaces an earlier one that still waits.
class ViewRecall : public QObject {
    Q_OBJECT

public:
    /// Neither is owned; both must outlive this object.
    ViewRecall(const Document* document, SelectionModel* selection, QObject* parent = nullptr);

    void recall(const ViewPlace& place);

private:
    void take();

    const Document* document_;
    SelectionModel* selection_;
    std::optional<ViewPlace> waiting_;
};

}  // namespace prunescope
