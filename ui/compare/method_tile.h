#pragma once

#include "ui/compare/method_grid.h"
#include "ui/views/overlay_painter.h"
#include "ui/views/picture.h"

#include <QAbstractButton>
#include <QPixmap>

namespace prunescope {

/// One method of the grid: its overlay in small, painted by the canvas's painter, and what it led
/// to. Click: it becomes the current method; with Ctrl: B.
class MethodTile : public QAbstractButton {
    Q_OBJECT

public:
    explicit MethodTile(QWidget* parent = nullptr);

    /// @param unpruned  the un-pruned run, or null; its answer is the measure
    void present(const MethodGrid::Tile& tile,
                 const TracePtr& unpruned,
                 const std::vector<RectF>& boxes);
    void setPicture(const Picture* picture);  ///< not owned; null: none
    void setOptions(const OverlayOptions& options);

    /// Marks it as the current method, as B, or as neither.
    void setSides(bool is_a, bool is_b);

    /// The lines under the picture, as plain text.
    const QStringList& lines() const { return lines_; }

    QSize sizeHint() const override { return {200, heightFor(200)}; }

    /// Of a tile that wide, with a square picture.
    int heightFor(int width) const;

Q_SIGNALS:
    void chosen(bool as_reference);

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    QRectF pictureArea() const;
    void refreshPicture();
    void paintBadge(QPainter& painter, const QString& letter, QColor color, double at) const;

    MethodGrid::Tile tile_;
    const Picture* picture_ = nullptr;
    OverlayOptions options_;
    QStringList lines_;
    bool differs_ = false;
    bool is_a_ = false;
    bool is_b_ = false;
    QPixmap rendered_;
    bool is_stale_ = true;
};

/// The lines of one tile: D, objects, answer, time.
QStringList tileLines(const MethodGrid::Tile& tile,
                      const TracePtr& unpruned,
                      const std::vector<RectF>& boxes);

}  // namespace prunescope
