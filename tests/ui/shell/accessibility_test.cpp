// What screen readers and the keyboard alone get of the window, and the calm and clear variants.
#include "tests/ui/shell/window_fixture.h"
#include "ui/accessibility/accessible_rows.h"
#include "ui/services/appearance.h"
#include "ui/theme/palette.h"
#include "ui/views/budget_plot.h"
#include "ui/views/canvas.h"
#include "ui/views/qcp.h"
#include "ui/views/shift_plot.h"
#include "ui/views/stage_labels.h"

#include <cmath>
#include <set>

#include <QAccessible>
#include <QApplication>
#include <QDockWidget>
#include <QStyle>

namespace prunescope {
namespace {

struct Heard {
    QAccessible::Event type;
    QObject* object;
    int child;
    QVariant value;
};

std::vector<Heard> g_heard;

void hear(QAccessibleEvent* event) {
    const bool has_value = event->type() == QAccessible::ValueChanged;
    g_heard.push_back(
        {event->type(),
         event->object(),
         event->type() == QAccessible::TableModelChanged ? -1 : event->child(),
         has_value ? static_cast<QAccessibleValueChangeEvent*>(event)->value() : QVariant()});
}

class AccessibilityTest : public test::WindowTest {
protected:
    void SetUp() override {
        previous_ = listenToAnnouncements(hear);
        showActive();
        openEverything();
        canvas_ = child<Canvas>("canvas");
        canvas_->setFocus();
        g_heard.clear();
    }

    void TearDown() override {
        listenToAnnouncements(previous_);
        applyAppearance(*qApp, Appearance::Light);
    }

    static bool heard(QAccessible::Event type, const QObject* object) {
        return std::ranges::any_of(
            g_heard, [&](const Heard& h) { return h.type == type && h.object == object; });
    }

    static QAccessibleTableInterface* tableOf(QWidget* widget) {
        QAccessibleInterface* interface = QAccessible::queryAccessibleInterface(widget);
        EXPECT_NE(interface, nullptr);
        EXPECT_EQ(interface->role(), QAccessible::Table);
        if (interface->tableInterface() == nullptr) {
            throw std::runtime_error("no table");
        }
        return interface->tableInterface();
    }

    Canvas* canvas_ = nullptr;
    AnnouncementListener previous_ = nullptr;
};

TEST_F(AccessibilityTest, ThePatchesAreATable) {
    QAccessibleTableInterface* table = tableOf(canvas_);
    ASSERT_EQ(table->rowCount(), 16);
    ASSERT_EQ(table->columnCount(), 2);
    const ViewTrace& view = session_.document.trace()->views.front();
    const int stage = session_.selection.stage();
    for (int patch = 0; patch < 16; ++patch) {
        EXPECT_EQ(table->cellAt(patch, 1)->text(QAccessible::Name), patchText(view, stage, patch));
        const QRect cell = table->cellAt(patch, 1)->rect();
        const QRect whole(canvas_->mapToGlobal(QPoint()), canvas_->size());
        EXPECT_TRUE(whole.contains(cell.center())) << patch;
    }
    EXPECT_EQ(table->cellAt(5, 0)->text(QAccessible::Name), "patch 5, row 1, column 1");
    EXPECT_EQ(table->cellAt(16, 0), nullptr);
    EXPECT_EQ(table->cellAt(0, 2), nullptr);
    QAccessibleInterface* whole = QAccessible::queryAccessibleInterface(canvas_);
    EXPECT_EQ(whole->childCount(), 32);
    EXPECT_EQ(whole->indexOfChild(table->cellAt(5, 1)), 11);
    EXPECT_EQ(whole->child(11), table->cellAt(5, 1)) << "a cell is made once";
    const QPoint middle = table->cellAt(5, 1)->rect().center();
    EXPECT_EQ(whole->childAt(middle.x(), middle.y()), table->cellAt(5, 1));

    EXPECT_TRUE(table->selectRow(5));
    EXPECT_EQ(session_.selection.patches(), std::vector<int>{5});
    EXPECT_TRUE(table->isRowSelected(5));
    EXPECT_TRUE(table->cellAt(5, 0)->state().selected);
    EXPECT_EQ(table->selectedRows(), QList<int>{5});
    EXPECT_TRUE(heard(QAccessible::SelectionWithin, canvas_));
    EXPECT_TRUE(table->unselectRow(5));
    EXPECT_TRUE(session_.selection.patches().empty());
}

TEST_F(AccessibilityTest, WalkingWithTheArrowsNamesThePatch) {
    session_.selection.setPatches({5});
    g_heard.clear();
    QTest::keyClick(canvas_, Qt::Key_Right);
    const auto focus = std::ranges::find(g_heard, QAccessible::Focus, &Heard::type);
    ASSERT_NE(focus, g_heard.end());
    EXPECT_EQ(focus->child, 6 * 2 + 1) << "the sentence of patch 6";
    EXPECT_EQ(QAccessible::queryAccessibleInterface(canvas_)->focusChild(),
              tableOf(canvas_)->cellAt(6, 1));
    session_.selection.setStage(0);
    EXPECT_TRUE(heard(QAccessible::TableModelChanged, canvas_)) << "a stage changes every row";
}

TEST_F(AccessibilityTest, ThePlotsAreTablesWithAValue) {
    auto* shift = child<QCustomPlot>("shiftPlotArea");
    QAccessibleTableInterface* table = tableOf(shift);
    ASSERT_EQ(table->rowCount(), 2);
    EXPECT_TRUE(table->cellAt(1, 1)->text(QAccessible::Name).contains("D 0.35"));
    EXPECT_TRUE(table->selectRow(0));
    EXPECT_EQ(session_.selection.stage(), 0);
    QAccessibleValueInterface* tau = QAccessible::queryAccessibleInterface(shift)->valueInterface();
    ASSERT_NE(tau, nullptr);
    EXPECT_DOUBLE_EQ(tau->currentValue().toDouble(), session_.document.settings().tau);
    tau->setCurrentValue(0.5);
    EXPECT_DOUBLE_EQ(session_.document.settings().tau, 0.5);
    EXPECT_TRUE(heard(QAccessible::ValueChanged, shift));
    shift->setFocus();
    g_heard.clear();
    QTest::keyClick(shift, Qt::Key_Up);
    EXPECT_NEAR(session_.document.settings().tau, 0.51, 1e-9);
    EXPECT_TRUE(heard(QAccessible::ValueChanged, shift));

    auto* budget = child<QCustomPlot>("budgetPlotArea");
    child<QDockWidget>("budgetDock")->raise();
    ASSERT_TRUE(QTest::qWaitFor([&] { return tableOf(budget)->rowCount() == 2; }, 5000));
    EXPECT_EQ(tableOf(budget)->cellAt(0, 0)->text(QAccessible::Name), "k = 4");
    EXPECT_TRUE(tableOf(budget)->selectRow(0));
    EXPECT_EQ(session_.document.settings().budget, 4);
    budget->setFocus();
    QTest::keyClick(budget, Qt::Key_Right);
    EXPECT_EQ(session_.document.settings().budget, 5);
    EXPECT_TRUE(heard(QAccessible::ValueChanged, budget));
}

TEST_F(AccessibilityTest, TheEndOfAJobIsAnnounced) {
    auto* status = child<QWidget>("statusLine");
    window_.action("run")->trigger();
    ASSERT_TRUE(reaches(RunState::Running) && reaches(RunState::Ready));
    EXPECT_TRUE(heard(QAccessible::Alert, status));
    EXPECT_EQ(status->accessibleDescription(),
              "Done: 8 of 16 tokens kept. The answer is: word0 word1 cat");
    script_->run_error = "It broke.";
    window_.action("run")->trigger();
    ASSERT_TRUE(reaches(RunState::Error));
    EXPECT_TRUE(status->accessibleDescription().startsWith("It broke."));
}

TEST_F(AccessibilityTest, TabReachesEveryControlAndIsNowhereTrapped) {
    std::set<QWidget*> wanted;
    for (QWidget* widget : window_.findChildren<QWidget*>()) {
        const bool is_part = widget->objectName().startsWith("qt_") || widget->inherits("QTabBar");
        if (widget->window() == &window_ && widget->isVisible() && widget->isEnabled() &&
            !is_part && widget->focusPolicy() & Qt::TabFocus && widget->focusProxy() == nullptr &&
            !widget->visibleRegion().isEmpty()) {
            wanted.insert(widget);
        }
    }
    ASSERT_GT(wanted.size(), 25U);
    std::set<QWidget*> seen;
    canvas_->setFocus();
    QWidget* before = nullptr;
    for (int i = 0; i < 400; ++i) {
        QWidget* focus = QApplication::focusWidget();
        ASSERT_NE(focus, nullptr);
        ASSERT_NE(focus, before) << focus->objectName().toStdString() << " keeps the keyboard";
        before = focus;
        if (!seen.insert(focus).second && focus == canvas_) {
            break;
        }
        QTest::keyClick(focus, Qt::Key_Tab);
    }
    for (const QWidget* widget : wanted) {
        EXPECT_TRUE(seen.contains(const_cast<QWidget*>(widget)))
            << widget->metaObject()->className() << ' ' << widget->objectName().toStdString();
    }
}

double luminance(const QColor& color) {
    const auto linear = [](double c) {
        return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) +
           0.0722 * linear(color.blueF());
}

/// WCAG 2.1.
double contrast(const QColor& a, const QColor& b) {
    const double p = luminance(a);
    const double q = luminance(b);
    return (std::max(p, q) + 0.05) / (std::min(p, q) + 0.05);
}

TEST_F(AccessibilityTest, HighContrastIsHighEverywhere) {
    for (const Appearance appearance : {Appearance::Light, Appearance::Dark}) {
        window_.setAppearance(appearance);
        window_.action("highContrast")->setChecked(false);
        window_.action("highContrast")->trigger();
        EXPECT_TRUE(preferences_.highContrast());
        const QPalette palette = QApplication::palette();
        const std::pair<QPalette::ColorRole, QPalette::ColorRole> pairs[] = {
            {QPalette::WindowText, QPalette::Window},
            {QPalette::Text, QPalette::Base},
            {QPalette::Text, QPalette::AlternateBase},
            {QPalette::ButtonText, QPalette::Button},
            {QPalette::HighlightedText, QPalette::Highlight},
            {QPalette::Link, QPalette::Base},
            {QPalette::PlaceholderText, QPalette::Base}};
        for (const auto& [ink, ground] : pairs) {
            EXPECT_GE(contrast(palette.color(ink), palette.color(ground)), 7) << ink;
        }
        QTest::qWait(20);  // widgets hear of a palette by event
        const Theme& theme = themeFor(window_.palette());
        EXPECT_EQ(theme, highContrastTheme(appearance == Appearance::Dark));
        for (const QColor& ink :
             {theme.ink, theme.faint, theme.series, theme.fired, theme.threshold}) {
            EXPECT_GE(contrast(ink, theme.background), 7) << ink.name().toStdString();
        }
        window_.action("highContrast")->trigger();
        EXPECT_FALSE(preferences_.highContrast());
        QTest::qWait(20);
        const Theme& plain = themeFor(window_.palette());
        EXPECT_GE(contrast(plain.ink, plain.background), 7);
        EXPECT_GE(contrast(plain.faint, plain.background), 4.3);
    }
}

TEST_F(AccessibilityTest, ReducedMotionStopsWhatMovesByItself) {
    EXPECT_TRUE(window_.isAnimated());
    window_.action("reducedMotion")->trigger();
    EXPECT_TRUE(preferences_.reducedMotion());
    EXPECT_FALSE(window_.isAnimated());
    EXPECT_EQ(QApplication::style()->styleHint(QStyle::SH_Widget_Animation_Duration), 0);
    EXPECT_EQ(QApplication::cursorFlashTime(), 0);
    window_.action("reducedMotion")->trigger();
    EXPECT_TRUE(window_.isAnimated());
    EXPECT_GT(QApplication::cursorFlashTime(), 0);
}

}  // namespace
}  // namespace prunescope
