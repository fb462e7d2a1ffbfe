#include "ui/figures/figure_legend.h"

#include "ui/views/effect_words.h"
#include "ui/views/overlay_painter.h"
#include "ui/views/overlay_scene.h"
#include "ui/views/rule_marks.h"
#include "ui/views/swatch.h"

#include <algorithm>
#include <cmath>

#include <QCoreApplication>

namespace prunescope {

namespace {

QString text(const char* source) {
    return QCoreApplication::translate("Figure", source);
}

void addRules(std::vector<LegendEntry>& entries, const PatchRules& rules) {
    const auto add = [&](void (*mark)(QPainter&, const QRectF&), const char* label, std::size_t n) {
        if (n > 0) {
            entries.push_back({[mark](QPainter& painter, const QRectF& cell) {
                                   painter.fillRect(cell, QColor(kSwatchGround));
                                   mark(painter, cell);
                               },
                               text(label).arg(n)});
        }
    };
    add(&paintPin, "Pinned by hand (%1)", rules.pinned.size());
    add(&paintBan, "Banned by hand (%1)", rules.banned.size());
}

QString ofWhat(const FigureEffects& effects) {
    return effects.answer_token < 0 ? text("the answer")
                                    : QStringLiteral("“%1”").arg(
                                          answerPiece(effects.found->answer, effects.answer_token));
}

void addEffects(std::vector<LegendEntry>& entries,
                const OverlayOptions& options,
                const FigureEffects& effects) {
    const auto count = [&](auto holds) {
        return std::ranges::count_if(effects.found->effects, [&](const TokenEffect& effect) {
            return effect.view == effects.view && holds(effect);
        });
    };
    const auto add = [&](double share, bool flips_answer, const QString& label, std::ptrdiff_t n) {
        entries.push_back({[=](QPainter& painter, const QRectF& cell) {
                               painter.fillRect(cell, QColor(kSwatchGround));
                               paintEffect(painter, cell, share, flips_answer);
                           },
                           QStringLiteral("%1 (%2)").arg(label).arg(n)});
    };
    if (options.effects) {
        const int token = effects.answer_token;
        const QString what = ofWhat(effects);
        add(0.8, false, text("Speaks for %1").arg(what), count([token](const TokenEffect& effect) {
                return supportOf(effect, token) > 0;
            }));
        add(-0.8,
            false,
            token < 0 ? text("Speaks against it") : text("Speaks against %1").arg(what),
            count([token](const TokenEffect& effect) { return supportOf(effect, token) < 0; }));
        add(0.8, true, text("Decides %1").arg(what), count([token](const TokenEffect& effect) {
                return flips(effect, token);
            }));
    }
    if (effects.showsAttention(options)) {
        entries.push_back({[](QPainter& painter, const QRectF& cell) {
                               painter.fillRect(cell, QColor(kSwatchGround));
                               paintAttention(painter, cell, 0.5);
                           },
                           text("Attention of %1").arg(ofWhat(effects))});
    }
}

}  // namespace

std::vector<LegendEntry> legendOf(const OverlayScene& scene,
                                  const OverlayOptions& options,
                                  const FigureEffects& effects) {
    std::vector<LegendEntry> entries;
    if (options.on) {
        for (const FateStyle& style : fateStyles()) {
            if (options.shows(style.fate)) {
                entries.push_back({[fate = style.fate](QPainter& painter, const QRectF& cell) {
                                       paintSwatch(painter, cell, fate);
                                   },
                                   QStringLiteral("%1 (%2)")
                                       .arg(fateLabel(style.fate))
                                       .arg(scene.count(style.fate))});
            }
        }
        if (options.clusters && !scene.clusters.empty()) {
            entries.push_back(
                {[is_filled = options.cluster_fill](QPainter& painter, const QRectF& cell) {
                     paintClusterSwatch(painter, cell, is_filled);
                 },
                 text("Cluster (%1)").arg(scene.clusters.size())});
        }
        addRules(entries, scene.rules);
    }
    if (effects.isShown(options)) {
        addEffects(entries, options, effects);
    }
    return entries;
}

QString effectsCaption(const FigureEffects& effects, const OverlayOptions& options) {
    if (!effects.isShown(options)) {
        return {};
    }
    const Attribution& found = *effects.found;
    QStringList said;
    if (options.effects) {
        const auto strongest =
            std::ranges::max_element(found.effects, {}, [&](const TokenEffect& effect) {
                const double size = std::abs(supportOf(effect, effects.answer_token));
                return std::isnan(size) ? -1 : size;
            });
        said << text("Bars: Δ log p of %1 without each token, %2 of %3 known")
                    .arg(ofWhat(effects))
                    .arg(found.effects.size())
                    .arg(found.total);
        if (strongest != found.effects.end()) {
            said << text("longest %1 nats at %2%3")
                        .arg(deltaText(deltaOf(*strongest, effects.answer_token)),
                             tokenName(strongest->view, strongest->token),
                             strongest->added ? text(" put back") : QString());
        }
    }
    if (effects.showsAttention(options)) {
        said << text("squares: attention of %1, mean over heads and layers").arg(ofWhat(effects));
    }
    return said.join(QStringLiteral(" · "));
}

}  // namespace prunescope
