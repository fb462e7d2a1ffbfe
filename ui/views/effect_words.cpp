#include "ui/views/effect_words.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <QCoreApplication>
#include <QLocale>
#include <QStringList>

namespace prunescope {

namespace {

QString text(const char* source) {
    return QCoreApplication::translate("EffectWords", source);
}

QString inQuotes(const QString& words) {
    return QStringLiteral("“%1”").arg(words);
}

}  // namespace

QString deltaText(double delta) {
    if (std::isnan(delta)) {
        return text(QT_TRANSLATE_NOOP("EffectWords", "no number"));
    }
    if (delta == 0) {
        return QStringLiteral("0");
    }
    QString size = QStringLiteral("∞");
    if (std::isfinite(delta)) {
        // Three digits that say something: a sure answer moves by thousandths.
        constexpr int kMost = 6;
        const double places = 2 - std::floor(std::log10(std::abs(delta)));
        size = QLocale().toString(
            std::abs(delta), 'f', static_cast<int>(std::clamp(places, 0.0, double{kMost})));
    }
    return (delta < 0 ? QStringLiteral("−") : QStringLiteral("+")) + size;
}

QString attentionText(double paid) {
    return std::isfinite(paid) ? QLocale().toString(100 * paid, 'f', 1) + QStringLiteral(" %")
                               : text(QT_TRANSLATE_NOOP("EffectWords", "no number"));
}

QString tokenName(int view, const OutputRow& token) {
    const QString of_view = view > 0 ? QStringLiteral("%1:").arg(view) : QString();
    return token.patch >= 0 ? QStringLiteral("#%1%2").arg(of_view).arg(token.patch)
                            : of_view + QString::fromStdString(nameOf(token.kind));
}

QString answerPiece(const AnswerTrace& answer, int token) {
    const auto i = static_cast<std::size_t>(token);
    const QString piece =
        token >= 0 && i < answer.pieces.size() ? QString::fromStdString(answer.pieces[i]) : "";
    if (!piece.trimmed().isEmpty()) {
        return piece.trimmed();
    }
    return i + 1 == answer.pieces.size() ? text(QT_TRANSLATE_NOOP("EffectWords", "(end)"))
                                         : text(QT_TRANSLATE_NOOP("EffectWords", "(blank)"));
}

double deltaOf(const TokenEffect& effect, int answer_token) {
    const auto i = static_cast<std::size_t>(answer_token);
    return answer_token < 0             ? effect.delta
           : i < effect.delta_of.size() ? effect.delta_of[i]
                                        : std::numeric_limits<double>::quiet_NaN();
}

bool flips(const TokenEffect& effect, int answer_token) {
    return answer_token < 0 ? effect.changesAnswer() : effect.first_difference == answer_token;
}

double attentionTo(const Attribution& found, int row, int answer_token) {
    const auto at = static_cast<std::size_t>(row);
    double sum = 0;
    int n = 0;
    for (std::size_t t = 0; t < found.attention.size(); ++t) {
        const bool is_asked = answer_token < 0 || static_cast<int>(t) == answer_token;
        if (is_asked && row >= 0 && at < found.attention[t].size()) {
            sum += found.attention[t][at];
            ++n;
        }
    }
    return n > 0 ? sum / n : std::numeric_limits<double>::quiet_NaN();
}

QString effectText(const Attribution& found, int view, int patch, int answer_token) {
    QStringList said;
    for (const TokenEffect& effect : found.effects) {
        if (effect.view != view || effect.token.patch != patch || patch < 0) {
            continue;
        }
        const QString change = deltaText(deltaOf(effect, answer_token));
        const QString of = answer_token < 0 ? text(QT_TRANSLATE_NOOP("EffectWords", "the answer"))
                                            : inQuotes(answerPiece(found.answer, answer_token));
        said << (effect.added
                     ? text(QT_TRANSLATE_NOOP("EffectWords", "put back: Δ log p %1 of %2"))
                     : text(QT_TRANSLATE_NOOP("EffectWords", "without it: Δ log p %1 of %2")))
                    .arg(change, of);
        if (effect.changesAnswer()) {
            said << text(QT_TRANSLATE_NOOP("EffectWords", "the answer becomes %1"))
                        .arg(inQuotes(QString::fromStdString(effect.text).simplified()));
        }
    }
    for (std::size_t row = 0; row < found.rows.size() && patch >= 0; ++row) {
        const PlacedRow& placed = found.rows[row];
        const double paid = attentionTo(found, static_cast<int>(row), answer_token);
        if (placed.view == view && placed.row.patch == patch && !std::isnan(paid)) {
            said << (answer_token < 0 ? text(QT_TRANSLATE_NOOP("EffectWords", "attention %1, mean"))
                                      : text(QT_TRANSLATE_NOOP("EffectWords", "attention %1")))
                        .arg(attentionText(paid));
        }
    }
    return said.join(QStringLiteral(" · "));
}

}  // namespace prunescope
