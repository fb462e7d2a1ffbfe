#include "ui/services/appearance.h"

#include <cstdlib>

#include <QApplication>
#include <QFile>
#include <QIconEngine>
#include <QPainter>
#include <QPalette>
#include <QPixmapCache>
#include <QProxyStyle>
#include <QStyleFactory>
#include <QSvgRenderer>
#include <QToolTip>

// A static library's resources are registered by hand, outside of namespaces.
static void registerIcons() {
    Q_INIT_RESOURCE(prunescope);
}

namespace prunescope {

namespace {

struct Shades {
    QColor window, base, alternate, text, button, muted, accent, on_accent, link, mid;
};

QPalette paletteOf(const Shades& c) {
    QPalette palette(c.button, c.window);
    palette.setColor(QPalette::Window, c.window);
    palette.setColor(QPalette::Base, c.base);
    palette.setColor(QPalette::AlternateBase, c.alternate);
    palette.setColor(QPalette::WindowText, c.text);
    palette.setColor(QPalette::Text, c.text);
    palette.setColor(QPalette::ButtonText, c.text);
    palette.setColor(QPalette::Button, c.button);
    palette.setColor(QPalette::ToolTipBase, c.base);
    palette.setColor(QPalette::ToolTipText, c.text);
    palette.setColor(QPalette::PlaceholderText, c.muted);
    palette.setColor(QPalette::Highlight, c.accent);
    palette.setColor(QPalette::HighlightedText, c.on_accent);
    palette.setColor(QPalette::Link, c.link);
    palette.setColor(QPalette::Mid, c.mid);
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText}) {
        palette.setColor(QPalette::Disabled, role, c.muted);
    }
    return palette;
}

QPalette lightPalette() {
    return paletteOf({0xf4f5f7,
                      0xffffff,
                      0xeef0f3,
                      0x1d2129,
                      0xe9ebef,
                      0x6b7280,
                      0x2563c9,
                      0xffffff,
                      0x1d4fb0,
                      0xc3c8d0});
}

QPalette darkPalette() {
    return paletteOf({0x22252b,
                      0x191b20,
                      0x1f2228,
                      0xe6e8ec,
                      0x2e323a,
                      0x8b93a1,
                      0x3d7be0,
                      0xffffff,
                      0x8ab4f8,
                      0x464c58});
}

QPalette highContrastPalette(bool dark) {
    return dark ? paletteOf({Qt::black,
                             Qt::black,
                             0x141414,
                             Qt::white,
                             0x101010,
                             0xd0d0d0,
                             0xffd60a,
                             Qt::black,
                             0x9ecbff,
                             Qt::white})
                : paletteOf({Qt::white,
                             Qt::white,
                             0xf0f0f0,
                             Qt::black,
                             0xf4f4f4,
                             0x3d3d3d,
                             0x00317a,
                             Qt::white,
                             0x00317a,
                             Qt::black});
}

/// Black on white or white on black, without a shade between.
bool isHighContrast(const QPalette& palette) {
    const int window = palette.color(QPalette::Window).lightness();
    const int text = palette.color(QPalette::WindowText).lightness();
    return std::abs(window - text) == 255;
}

/// Without the animations of widgets.
class CalmStyle : public QProxyStyle {
public:
    CalmStyle() : QProxyStyle(QStyleFactory::create("Fusion")) {}

    int styleHint(StyleHint hint,
                  const QStyleOption* option,
                  const QWidget* widget,
                  QStyleHintReturn* data) const override {
        return hint == SH_Widget_Animation_Duration || hint == SH_Widget_Animate
                   ? 0
                   : QProxyStyle::styleHint(hint, option, widget, data);
    }
};

// Paints at the size and in the colour it is asked for, so icons survive a palette change.
class SymbolicEngine : public QIconEngine {
public:
    explicit SymbolicEngine(QString file) : file_(std::move(file)) {}

    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State) override {
        const qreal ratio = painter->device()->devicePixelRatioF();
        const auto group = mode == QIcon::Disabled ? QPalette::Disabled : QPalette::Active;
        const auto role =
            mode == QIcon::Selected ? QPalette::HighlightedText : QPalette::ButtonText;
        QPixmap pixmap = drawn(rect.size() * ratio, QApplication::palette().color(group, role));
        pixmap.setDevicePixelRatio(ratio);
        painter->drawPixmap(rect.topLeft(), pixmap);
    }

    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override {
        QPixmap result(size);
        result.fill(Qt::transparent);
        QPainter painter(&result);
        paint(&painter, QRect(QPoint(), size), mode, state);
        return result;
    }

    QIconEngine* clone() const override { return new SymbolicEngine(file_); }

private:
    // Reading the file takes as long as painting a button; every button is painted again and again.
    QPixmap drawn(const QSize& size, const QColor& color) const {
        const QString key = QStringLiteral("%1 %2 x %3 %4")
                                .arg(file_)
                                .arg(size.width())
                                .arg(size.height())
                                .arg(color.name(QColor::HexArgb));
        QPixmap pixmap;
        if (!QPixmapCache::find(key, &pixmap)) {
            pixmap = QPixmap(size);
            pixmap.fill(Qt::transparent);
            QPainter drawing(&pixmap);
            QSvgRenderer(file_).render(&drawing);
            drawing.setCompositionMode(QPainter::CompositionMode_SourceIn);
            drawing.fillRect(pixmap.rect(), color);
            drawing.end();
            QPixmapCache::insert(key, pixmap);
        }
        return pixmap;
    }

    QString file_;
};

}  // namespace

void applyAppearance(QApplication& app,
                     Appearance appearance,
                     bool high_contrast,
                     bool reduced_motion) {
    static const QPalette system = QApplication::palette();
    static const int flash_ms = QApplication::cursorFlashTime();
    QStyle* style = reduced_motion ? new CalmStyle : QStyleFactory::create("Fusion");
    QApplication::setStyle(style);
    QApplication::setCursorFlashTime(reduced_motion ? 0 : flash_ms);
    const bool is_system = appearance == Appearance::System;
    const bool is_dark = appearance == Appearance::Dark ||
                         (is_system && system.color(QPalette::Window).lightness() < 128);
    const QPalette palette = high_contrast || (is_system && isHighContrast(system))
                                 ? highContrastPalette(is_dark)
                             : is_dark ? darkPalette()
                                       : lightPalette();
    app.setPalette(palette);
    QToolTip::setPalette(palette);
}

QIcon applicationIcon() {
    registerIcons();
    return QIcon(":/icons/prunescope.svg");
}

QIcon symbolicIcon(const QString& name) {
    registerIcons();
    return QIcon(new SymbolicEngine(":/icons/" + name + ".svg"));
}

}  // namespace prunescope
