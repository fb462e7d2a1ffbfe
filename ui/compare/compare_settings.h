#pragma once

#include <QObject>

namespace prunescope {

/// How A and B share the canvas.
enum class CompareMode { Current, Split, SideBySide, Difference };

enum class CompareSide { A, B };

/// How the comparison is shown; every canvas reads it. Not undoable.
class CompareSettings : public QObject {
    Q_OBJECT

public:
    using QObject::QObject;

    CompareMode mode() const { return mode_; }

    /// Where the split's divider stands: share of the width, 0..1.
    double divider() const { return divider_; }

    void setMode(CompareMode mode);
    void setDivider(double share);

Q_SIGNALS:
    void changed();

private:
    CompareMode mode_ = CompareMode::Current;
    double divider_ = 0.5;
};

}  // namespace prunescope
