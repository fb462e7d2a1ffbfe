#include "ui/services/preferences.h"

#include "ui/services/desktop_motion.h"

#include <QDir>
#include <QFileInfo>
#include <QStandardPaths>

namespace prunescope {

namespace {

constexpr int kMaxRecent = 10;
constexpr int kLayoutVersion = 2;

QString defaultPath() {
    return QStandardPaths::writableLocation(QStandardPaths::GenericConfigLocation) +
           "/prunescope/prunescope.ini";
}

}  // namespace

Preferences::Preferences(const QString& path)
    : state_folder_(path.isEmpty()
                        ? QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation) +
                              "/prunescope"
                        : QFileInfo(path).absolutePath() + "/state"),
      settings_(path.isEmpty() ? defaultPath() : path, QSettings::IniFormat) {}

QString Preferences::stateFolder() const {
    return state_folder_;
}

QStringList Preferences::recentFiles() const {
    return settings_.value("recent/files").toStringList();
}

void Preferences::addRecentFile(const QString& path) {
    addRecent("recent/files", path);
}

void Preferences::clearRecentFiles() {
    settings_.remove("recent/files");
}

QStringList Preferences::recentModels() const {
    return settings_.value("recent/models").toStringList();
}

void Preferences::addRecentModel(const QString& directory) {
    addRecent("recent/models", directory);
}

void Preferences::addRecent(const QString& key, const QString& path) {
    const QString absolute = QDir::cleanPath(QFileInfo(path).absoluteFilePath());
    QStringList recent = settings_.value(key).toStringList();
    recent.removeAll(absolute);
    recent.prepend(absolute);
    settings_.setValue(key, recent.mid(0, kMaxRecent));
}

Appearance Preferences::appearance() const {
    const QString name = settings_.value("appearance").toString();
    return name == "dark"    ? Appearance::Dark
           : name == "light" ? Appearance::Light
                             : Appearance::System;
}

void Preferences::setAppearance(Appearance appearance) {
    settings_.setValue("appearance",
                       appearance == Appearance::Dark    ? "dark"
                       : appearance == Appearance::Light ? "light"
                                                         : "system");
}

QString Preferences::device() const {
    return settings_.value("hardware/device", "auto").toString();
}

QString Preferences::dtype() const {
    return settings_.value("hardware/dtype", "auto").toString();
}

void Preferences::setHardware(const QString& device, const QString& dtype) {
    settings_.setValue("hardware/device", device);
    settings_.setValue("hardware/dtype", dtype);
}

bool Preferences::live() const {
    return settings_.value("live", true).toBool();
}

void Preferences::setLive(bool live) {
    settings_.setValue("live", live);
}

std::optional<bool> Preferences::computeAhead() const {
    return said("computeAhead");
}

void Preferences::setComputeAhead(std::optional<bool> on) {
    say("computeAhead", on);
}

std::optional<bool> Preferences::said(const QString& key) const {
    const QVariant value = settings_.value(key);
    return value.isValid() ? std::optional(value.toBool()) : std::nullopt;
}

void Preferences::say(const QString& key, std::optional<bool> value) {
    if (value) {
        settings_.setValue(key, *value);
    } else {
        settings_.remove(key);
    }
}

QStringList Preferences::modelFolders() const {
    return settings_.value("models/folders").toStringList();
}

void Preferences::setModelFolders(const QStringList& folders) {
    settings_.setValue("models/folders", folders);
}

int Preferences::autosaveSeconds() const {
    return qBound(
        0, settings_.value("autosaveSeconds", kAutosaveSeconds).toInt(), kMostAutosaveSeconds);
}

void Preferences::setAutosaveSeconds(int seconds) {
    settings_.setValue("autosaveSeconds", seconds);
}

QStringList Preferences::gridMethods() const {
    return settings_.value("compare/gridMethods").toStringList();
}

void Preferences::setGridMethods(const QStringList& ids) {
    settings_.setValue("compare/gridMethods", ids);
}

QString Preferences::exportFolder() const {
    const QString last = settings_.value("export/folder").toString();
    return !last.isEmpty() && QFileInfo(last).isDir()
               ? last
               : QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation);
}

QString Preferences::exportFormat(int kind) const {
    return settings_.value(QString("export/format%1").arg(kind)).toString();
}

int Preferences::exportDpi(int fallback) const {
    return settings_.value("export/dpi", fallback).toInt();
}

void Preferences::setExport(const QString& folder, int kind, const QString& format, int dpi) {
    settings_.setValue("export/folder", folder);
    settings_.setValue(QString("export/format%1").arg(kind), format);
    settings_.setValue("export/dpi", dpi);
}

std::map<QString, QString> Preferences::shortcuts() const {
    std::map<QString, QString> all;
    settings_.beginGroup("shortcuts");
    for (const QString& action : settings_.childKeys()) {
        all[action] = settings_.value(action).toString();
    }
    settings_.endGroup();
    return all;
}

void Preferences::setShortcut(const QString& action, const QString& keys) {
    settings_.setValue("shortcuts/" + action, keys);
}

void Preferences::forgetShortcut(const QString& action) {
    settings_.remove("shortcuts/" + action);
}

bool Preferences::highContrast() const {
    return settings_.value("accessibility/highContrast", false).toBool();
}

void Preferences::setHighContrast(bool on) {
    settings_.setValue("accessibility/highContrast", on);
}

bool Preferences::reducedMotion() const {
    return motion() ? *motion() : desktopReducesMotion();
}

std::optional<bool> Preferences::motion() const {
    return said("accessibility/reducedMotion");
}

void Preferences::setMotion(std::optional<bool> reduced) {
    say("accessibility/reducedMotion", reduced);
}

QByteArray Preferences::windowGeometry() const {
    return settings_.value("window/geometry").toByteArray();
}

QByteArray Preferences::windowState() const {
    return settings_.value("window/version").toInt() == kLayoutVersion
               ? settings_.value("window/state").toByteArray()
               : QByteArray();
}

void Preferences::setWindow(const QByteArray& geometry, const QByteArray& state) {
    settings_.setValue("window/geometry", geometry);
    settings_.setValue("window/state", state);
    settings_.setValue("window/version", kLayoutVersion);
}

void Preferences::reset() {
    settings_.clear();
    settings_.sync();
}

}  // namespace prunescope
