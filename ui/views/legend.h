#pragma once

#include "ui/document.h"
#include "ui/selection.h"
#include "ui/views/overlay_settings.h"

#include <vector>

#include <QWidget>

class QLabel;

namespace prunescope {

class EyeButton;

/// What the marks mean, how many patches carry each, and which are shown. Right click on a row
/// shows that row alone.
class Legend : public QWidget {
    Q_OBJECT

public:
    Legend(Document* document,
           SelectionModel* selection,
           OverlaySettings* overlay,
           QWidget* parent = nullptr);

private:
    struct Row {
        EyeButton* eye = nullptr;
        QLabel* count = nullptr;
    };

    void addFateRow(PatchFate fate);
    void addClusterRow();
    void addPlainRow(const QString& name, const QPixmap& swatch, const QString& label);
    QLabel* addRuleRow(const QString& name,
                       void (*paint)(QPainter&, const QRectF&),
                       const QString& label,
                       const QString& help);
    void refreshRules();
    Row addRow(const QString& name,
               const QPixmap& swatch,
               const QString& label,
               const QString& help);
    void refreshCounts();
    void refreshEyes();
    const ViewTrace* view() const;

    Document* document_;
    SelectionModel* selection_;
    OverlaySettings* overlay_;
    std::vector<Row> rows_;  ///< fates in order, then clusters
    QLabel* pinned_ = nullptr;
    QLabel* banned_ = nullptr;
};

}  // namespace prunescope
