#pragma once

#include "ui/accessibility/accessible_rows.h"
#include "ui/compare/compare_settings.h"
#include "ui/compare/reference.h"
#include "ui/document.h"
#include "ui/selection.h"
#include "ui/views/overlay_painter.h"
#include "ui/views/overlay_settings.h"

#include <optional>
#include <vector>

#include <QTimer>
#include <QWidget>

namespace prunescope {

/// The picture in the model's geometry with the overlay of one view's current stage. Reads the
/// document, reads and writes the selection. Any number may exist.
class Canvas : public QWidget, public AccessibleRows {
    Q_OBJECT

public:
    /// None of the three is owned; all must outlive the canvas.
    Canvas(Document* document,
           SelectionModel* selection,
           OverlaySettings* overlay,
           QWidget* parent = nullptr);

    /// Makes this canvas one of A or B and lets it show the other too. Neither is owned.
    void compareWith(Reference* reference, CompareSettings* compare, CompareSide side);

    const ViewTransform& transform() const { return transform_; }

    /// Takes zoom and position of a canvas that is linked with this one.
    void follow(const Canvas& other);

    /// The state of the pointed-at patch in words; empty when none is hovered.
    QString hoverText() const;

    /// What the canvas shows now, without hover card and ribbons.
    QImage snapshot() const;

    QSize sizeHint() const override { return {640, 520}; }

    QSize minimumSizeHint() const override { return {240, 200}; }

    // ---- to screen readers the patches are the rows of a table
    QString rowsCaption() const override;
    int rowCount() const override;
    QString rowName(int patch) const override;
    QString rowText(int patch) const override;
    QRect rowRect(int patch) const override;
    bool isRowSelected(int patch) const override;
    void selectRow(int patch, bool selected) override;
    int currentRow() const override;

    /// What single tokens did to the answer, drawn on their patches; null: nothing is.
    void showEffects(std::shared_ptr<const Attribution> effects);

public Q_SLOTS:
    void fitView();
    void zoomToPixels();  ///< 100 %: one picture pixel per device pixel
    void zoomBy(double factor);

Q_SIGNALS:
    void statusText(const QString& text);  ///< of the hovered patch, for the status bar
    void playToggled();                    ///< Space was tapped
    void historyRequested(int patch);      ///< double click on a patch
    void openRequested();                  ///< click while there is no picture
    void transformChanged();               ///< the user zoomed, panned or fitted
    void patchMenuRequested(int patch, const QPoint& global_position);

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void keyReleaseEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;

private:
    static constexpr double kPictureMargin = 12;
    static constexpr double kFooterHeight = 24;  // room for the line at the bottom

    enum class Drag { None, Press, Pan, Box, Divider };

    void takePicture();
    void takeState();
    void takeTrace();
    void takeStage();
    void takeOther();
    void takeRules();
    const PatchRules& rulesNow() const;
    QString ruleText(int patch) const;
    TracePtr traceOf(CompareSide side) const;
    static bool belongs(const RunTrace& trace, const Image& image);
    void hover(int patch);
    void nudge(int d_col, int d_row);
    void stepStage(int by);
    void finishBox(Qt::KeyboardModifiers modifiers);
    bool handleOverlayKey(int key);
    bool handleViewKey(QKeyEvent* event);
    OverlayInput input() const;
    const ViewTrace* view() const;
    const ViewTrace* viewOf(const TracePtr& trace) const;
    const ViewTrace* otherView() const;
    const ViewTrace* leadingView() const;  ///< A's, whose stages and patches the selection means
    int stageOf(const ViewTrace* shown) const;
    int ownPatch(int selected) const;
    int selectedPatch(int own) const;
    std::vector<int> ownPatches() const;
    void refreshStatic();
    void refreshOther();
    void staleAll();
    bool isSplit() const;
    bool isDifference() const;
    bool isDivider(QPointF at) const;
    double dividerX() const;
    OverlayInput otherInput() const;
    void paintPictures(QPainter& painter);
    void paintFrames(QPainter& painter) const;
    void paintSides(QPainter& painter) const;
    void paintNotes(QPainter& painter) const;
    void paintAttribution(QPainter& painter) const;
    QString effectOf(int patch) const;
    QString sideTitle(CompareSide side) const;
    QRectF fitArea() const;
    void paintEmpty(QPainter& painter) const;
    void paintRibbon(QPainter& painter) const;
    void paintProgress(QPainter& painter) const;
    void paintFooter(QPainter& painter) const;
    void paintHoverCard(QPainter& painter) const;

    Document* document_;
    SelectionModel* selection_;
    OverlaySettings* overlay_;
    Reference* reference_ = nullptr;
    CompareSettings* compare_ = nullptr;
    CompareSide side_ = CompareSide::A;

    RunState shown_state_ = RunState::NoModel;  ///< a moment behind while runs come and go
    QTimer state_soon_;
    std::shared_ptr<const Attribution> effects_;  ///< of A's run
    TracePtr trace_;                              ///< only a trace that belongs to the picture
    Picture picture_;
    std::shared_ptr<const Image> shown_image_;
    OverlayScene scene_;
    ViewTransform transform_;
    bool is_fitted_ = true;

    QImage static_layer_;
    bool static_is_stale_ = true;

    TracePtr other_trace_;  ///< of the other side, when it belongs to the picture
    OverlayScene other_scene_;
    QImage other_layer_;  ///< the other side, or the difference; ready before it is asked for
    bool other_is_stale_ = true;
    QTimer prepare_;

    Drag drag_ = Drag::None;
    QPointF press_;
    QPointF cursor_;
    bool space_held_ = false;
    bool space_used_ = false;
    bool raw_held_ = false;
    bool other_held_ = false;
};

}  // namespace prunescope
