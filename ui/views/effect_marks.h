#pragma once

#include "core/engine/attribution.h"
#include "ui/geometry/view_transform.h"

#include <QPainter>

namespace prunescope {

/// What a token did to the answer, within its cell: a bar from the middle of the lower edge, to the
/// right and blue where the token speaks for the answer, to the left and vermillion where it speaks
/// against it; a diamond in the upper left corner where the answer is another without it. Length,
/// side and shape say it without colour.
/// @param share  -1..1 of the largest effect; positive: for the answer
void paintEffect(QPainter& painter, const QRectF& cell, double share, bool flips_answer);

/// Attention as a square in the middle of the cell.
/// @param share  0..1 of the largest; the square's area goes with it
void paintAttention(QPainter& painter, const QRectF& cell, double share);

/// Which of the two are drawn, and of which answer token (-1: of the answer as a whole).
struct EffectLayers {
    bool effects = true;
    bool attention = true;
    int answer_token = -1;
};

/// The marks of one view's patches. Attention is drawn for single answer tokens only.
void paintEffects(QPainter& painter,
                  const ViewTransform& transform,
                  const Attribution& attribution,
                  int view,
                  const EffectLayers& layers);

/// How much the token itself speaks for the answer (or one of its tokens), in nats: what is lost
/// without it, or gained with a patch that is put back. May not be finite.
double supportOf(const TokenEffect& effect, int answer_token);

/// The largest finite size of support of all effects, 0 where there is none.
double largestSupport(const Attribution& attribution, int answer_token);

/// Support as a share of `largest`: -1..1; 0 for what is no number.
double supportShare(const TokenEffect& effect, double largest, int answer_token);

}  // namespace prunescope
