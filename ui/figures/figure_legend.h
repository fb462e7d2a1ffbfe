#pragma once

#include "core/engine/attribution.h"
#include "ui/views/effect_marks.h"
#include "ui/views/overlay_settings.h"

#include <functional>
#include <memory>
#include <vector>

#include <QPainter>
#include <QRectF>
#include <QString>

namespace prunescope {

struct OverlayScene;

/// What single tokens did to the answer, as a figure shows it.
struct FigureEffects {
    std::shared_ptr<const Attribution> found;  ///< null: nothing of it is shown
    int view = 0;
    int answer_token = -1;  ///< of the answer as a whole

    bool isShown(const OverlayOptions& options) const {
        return found != nullptr && options.on && (options.effects || showsAttention(options));
    }

    bool showsAttention(const OverlayOptions& options) const {
        return options.attention && answer_token >= 0 && !found->attention.empty();
    }
};

/// A mark of the figure with its meaning.
struct LegendEntry {
    std::function<void(QPainter&, const QRectF&)> paint;
    QString label;
};

/// The marks that are on show, with how often each occurs.
/// @param scene  must live as long as no entry is painted any more
std::vector<LegendEntry> legendOf(const OverlayScene& scene,
                                  const OverlayOptions& options,
                                  const FigureEffects& effects);

/// The caption's line about the effects, in words and numbers.
QString effectsCaption(const FigureEffects& effects, const OverlayOptions& options);

}  // namespace prunescope
