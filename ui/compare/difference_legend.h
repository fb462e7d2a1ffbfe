#pragma once

#include "ui/compare/compare_settings.h"
#include "ui/compare/difference.h"
#include "ui/session.h"

#include <array>

#include <QWidget>

class QLabel;

namespace prunescope {

/// What the difference overlay's marks mean and how many patches carry each.
class DifferenceLegend : public QWidget {
    Q_OBJECT

public:
    DifferenceLegend(Document* document,
                     SelectionModel* selection,
                     Reference* reference,
                     CompareSettings* compare,
                     QWidget* parent = nullptr);

    /// The difference is what the canvas shows.
    bool applies() const;

Q_SIGNALS:
    void appliesChanged(bool applies);

private:
    void refresh();

    Document* document_;
    SelectionModel* selection_;
    Reference* reference_;
    CompareSettings* compare_;
    std::array<QLabel*, kPresenceCount> counts_{};
};

/// The legend of the overlay, or that of the difference while it is shown, and above it what single
/// tokens did once that is known.
QWidget* makeLegends(Session* session, QWidget* parent);

}  // namespace prunescope
