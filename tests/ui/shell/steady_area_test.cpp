#include "ui/panels/steady_area.h"

#include <QLabel>
#include <QTest>
#include <QVBoxLayout>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

/// Counts how often the layout around has to be made anew.
class Around : public QWidget {
public:
    int requests = 0;

protected:
    bool event(QEvent* event) override {
        requests += event->type() == QEvent::LayoutRequest ? 1 : 0;
        return QWidget::event(event);
    }
};

TEST(SteadyArea, TellsTheLayoutAroundOnlyOfWhatNoLongerFits) {
    Around around;
    auto* panel = new QWidget;
    auto* inside = new QVBoxLayout(panel);
    auto* label = new QLabel("short");
    inside->addWidget(label);
    auto* outside = new QVBoxLayout(&around);
    outside->addWidget(new SteadyArea(panel));
    around.resize(400, 200);
    around.show();
    QTest::qWait(20);
    around.requests = 0;

    label->setText("a longer text, which fits");
    QTest::qWait(20);
    EXPECT_EQ(around.requests, 0);
    EXPECT_EQ(panel->width(), panel->parentWidget()->width()) << "it fills the area";

    label->setMinimumHeight(500);
    QTest::qWait(20);
    EXPECT_GT(around.requests, 0);
    EXPECT_GE(around.minimumSizeHint().height(), 500);
}

}  // namespace
}  // namespace prunescope
