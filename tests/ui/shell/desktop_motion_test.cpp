// What the desktop says about motion: in files, and over D-Bus.
#include "ui/services/desktop_motion.h"

#include "tests/ui/shell/test_files.h"

#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusServer>
#include <QDBusVariant>
#include <QDBusVirtualObject>
#include <QTemporaryDir>
#include <QThread>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

TEST(DesktopMotion, ReadsTheFilesOfKdeAndGtk) {
    QTemporaryDir user;
    QTemporaryDir system;
    const QStringList folders{user.path(), system.path()};
    EXPECT_FALSE(desktopReducesMotion(folders));
    test::write(system.filePath("gtk-3.0/settings.ini"), "[Settings]\ngtk-enable-animations=0\n");
    EXPECT_TRUE(desktopReducesMotion(folders));
    test::write(user.filePath("gtk-3.0/settings.ini"), "[Settings]\ngtk-enable-animations=true\n");
    EXPECT_FALSE(desktopReducesMotion(folders)) << "the user's own word goes before";
    test::write(user.filePath("gtk-4.0/settings.ini"), "[Settings]\ngtk-enable-animations=false\n");
    EXPECT_TRUE(desktopReducesMotion(folders));
    QFile::remove(user.filePath("gtk-4.0/settings.ini"));
    test::write(user.filePath("kdeglobals"), "[KDE]\nAnimationDurationFactor=0.5\n");
    EXPECT_FALSE(desktopReducesMotion(folders));
    test::write(user.filePath("kdeglobals"), "[KDE]\nAnimationDurationFactor=0\n[General]\nx=1\n");
    EXPECT_TRUE(desktopReducesMotion(folders));
    test::write(user.filePath("kdeglobals"), "\0\xff[[[\nnonsense");
    EXPECT_FALSE(desktopReducesMotion(folders));
}

/// Answers as the desktop portal does, on a thread of its own, without a bus.
class Portal : public QDBusVirtualObject {
public:
    Portal() {
        QObject::connect(
            &server_, &QDBusServer::newConnection, this, [this](QDBusConnection connection) {
                connection.registerVirtualObject("/org/freedesktop/portal/desktop", this);
            });
        moveToThread(&thread_);
        server_.moveToThread(&thread_);
        thread_.start();
    }

    ~Portal() override {
        thread_.quit();
        thread_.wait();
    }

    bool reduces(const QVariant& enable_animations) {
        answer_ = enable_animations;
        const QString name = "portal";
        const bool said = portalReducesMotion(QDBusConnection::connectToPeer(address(), name));
        QDBusConnection::disconnectFromPeer(name);
        return said;
    }

    QString address() const { return server_.address(); }

    QString introspect(const QString&) const override { return {}; }

    bool handleMessage(const QDBusMessage& asked, const QDBusConnection& connection) override {
        const QVariantList expected{"org.gnome.desktop.interface", "enable-animations"};
        if (asked.interface() != "org.freedesktop.portal.Settings" || asked.member() != "Read" ||
            asked.arguments() != expected) {
            return false;
        }
        if (!answer_.isValid()) {
            connection.send(asked.createErrorReply(QDBusError::UnknownProperty, "no such setting"));
            return true;
        }
        const QVariant inner = QVariant::fromValue(QDBusVariant(answer_));
        connection.send(asked.createReply(QVariant::fromValue(QDBusVariant(inner))));
        return true;
    }

private:
    QThread thread_;
    QDBusServer server_;
    QVariant answer_;
};

TEST(DesktopMotion, AsksThePortalForGnomesSwitch) {
    Portal portal;
    EXPECT_TRUE(portal.reduces(false));
    EXPECT_FALSE(portal.reduces(true));
    EXPECT_FALSE(portal.reduces({})) << "an error is no wish";
    EXPECT_FALSE(portal.reduces("false")) << "of another type than GNOME's";
    EXPECT_FALSE(portalReducesMotion(QDBusConnection("no such bus")));
}

}  // namespace
}  // namespace prunescope
