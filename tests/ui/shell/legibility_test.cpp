// What people read is there in full, in the smallest window that we promise.
#include "tests/ui/shell/window_fixture.h"

#include <QApplication>
#include <QDockWidget>
#include <QLabel>
#include <QScrollBar>
#include <QTabBar>
#include <QTableWidget>
#include <QTextBrowser>

namespace prunescope {
namespace {

class LegibilityTest : public test::WindowTest {
protected:
    void SetUp() override {
        window_.resize(1280, 800);
        window_.show();
        openEverything();
    }

    void settle() { QTest::qWait(50); }

    QDockWidget* raised(const QString& name) {
        auto* dock = child<QDockWidget>(name);
        dock->show();
        dock->raise();
        settle();
        return dock;
    }
};

TEST_F(LegibilityTest, NoTabsWordsAreCut) {
    int n_tabs = 0;
    for (const int width : {1280, 1920}) {
        window_.resize(width, 800);
        settle();
        for (const QTabBar* bar :
             window_.findChildren<QTabBar*>(QString(), Qt::FindDirectChildrenOnly)) {
            for (int i = 0; bar->isVisible() && i < bar->count(); ++i) {
                const int words = bar->fontMetrics().horizontalAdvance(bar->tabText(i));
                const std::string label =
                    bar->tabText(i).toStdString() + " at " + std::to_string(width);
                EXPECT_GE(bar->tabRect(i).width(), words + 8) << label;
                EXPECT_LE(bar->tabRect(i).right(), bar->width()) << label;
                ++n_tabs;
            }
        }
    }
    EXPECT_EQ(n_tabs, 2 * (2 + 7 + 2)) << "left, below, right";
}

TEST_F(LegibilityTest, EveryPanelIsReachedByItsTab) {
    for (const QDockWidget* dock : window_.findChildren<QDockWidget*>()) {
        raised(dock->objectName());
        EXPECT_FALSE(dock->visibleRegion().isEmpty()) << dock->objectName().toStdString();
        EXPECT_GT(dock->widget()->height(), 40) << dock->objectName().toStdString();
    }
}

TEST_F(LegibilityTest, CostsAreNeverCut) {
    auto* costs = child<QLabel>("costs");
    costs->setText(
        "Visual tokens 48 (259 per layer) of 576, text 13\npicture 31 ms · encode 1,441 ms "
        "· select 0.2 ms · project 1.5 ms · prefill 1,608 ms · decode 1,265 ms");
    settle();
    EXPECT_GE(costs->height(), costs->heightForWidth(costs->width()));
    EXPECT_GT(costs->height(), 3 * costs->fontMetrics().height()) << "it does wrap";
    costs->setText("Visual tokens 48 of 576, text 13");
    settle();
    EXPECT_LT(costs->minimumSizeHint().height(), 2 * costs->fontMetrics().height());
}

TEST_F(LegibilityTest, TheHistoryOfATokenNeedsNoScrollingSideways) {
    raised("tokenHistoryDock");
    auto* table = child<QTableWidget>("tokenHistoryTable");
    for (const std::vector<int>& patches : {std::vector<int>{9}, {1}, {0, 1, 8, 9}}) {
        session_.selection.setPatches(patches);
        settle();
        ASSERT_GE(table->rowCount(), 1);
        EXPECT_EQ(table->horizontalScrollBar()->maximum(), 0) << patches.size();
        const int why = table->columnCount() - 1;
        EXPECT_GE(table->columnWidth(why), 180);
        for (int row = 0; row < table->rowCount(); ++row) {
            const QRect room(0, 0, table->columnWidth(why) - 6, 1000);
            const QString reason = table->item(row, why)->text();
            EXPECT_GE(table->rowHeight(row),
                      table->fontMetrics().boundingRect(room, Qt::TextWordWrap, reason).height())
                << "cut: " << reason.toStdString();
        }
    }
}

TEST_F(LegibilityTest, EmptyBookmarksAreCalledSoWhereverCommandsAreListed) {
    for (int slot = 1; slot <= 9; ++slot) {
        const QString text =
            window_.action(QStringLiteral("goBookmark%1").arg(slot))->text().remove('&');
        EXPECT_EQ(text, QStringLiteral("Bookmark %1: empty").arg(slot));
    }
}

}  // namespace
}  // namespace prunescope
