#pragma once

#include <map>
#include <optional>

#include <QByteArray>
#include <QSettings>
#include <QStringList>

namespace prunescope {

enum class Appearance { System, Light, Dark };

/// What is remembered between starts: preferences only, never a document's state. INI on every
/// system; a missing or broken file gives the defaults.
class Preferences {
public:
    /// Empty path: the user's configuration folder.
    explicit Preferences(const QString& path = {});

    QStringList recentFiles() const;
    void addRecentFile(const QString& path);
    void clearRecentFiles();

    QStringList recentModels() const;
    void addRecentModel(const QString& directory);

    Appearance appearance() const;
    void setAppearance(Appearance appearance);

    /// Names as on the command line; "auto" when nothing was chosen.
    QString device() const;
    QString dtype() const;
    void setHardware(const QString& device, const QString& dtype);

    bool live() const;
    void setLive(bool live);

    /// Whether results are computed before they are asked for; nothing where nobody said.
    std::optional<bool> computeAhead() const;
    void setComputeAhead(bool on);

    /// Ids of the methods in the grid of small multiples; empty when nothing was chosen.
    QStringList gridMethods() const;
    void setGridMethods(const QStringList& ids);

    /// Where the last figure went (else the user's documents), and how: format by kind of figure.
    QString exportFolder() const;
    QString exportFormat(int kind) const;
    int exportDpi(int fallback) const;
    void setExport(const QString& folder, int kind, const QString& format, int dpi);

    /// Keys that the user gave to actions: portable text by action id, "" for none.
    std::map<QString, QString> shortcuts() const;
    void setShortcut(const QString& action, const QString& keys);
    void forgetShortcut(const QString& action);

    bool highContrast() const;
    void setHighContrast(bool on);
    bool reducedMotion() const;
    void setReducedMotion(bool on);

    /// Empty when it was written by another layout version.
    QByteArray windowGeometry() const;
    QByteArray windowState() const;
    void setWindow(const QByteArray& geometry, const QByteArray& state);

    /// Where state that outlives the program is kept: beside a given path, else the user's data
    /// folder.
    QString stateFolder() const;

    void reset();

private:
    void addRecent(const QString& key, const QString& path);

    QString state_folder_;
    mutable QSettings settings_;
};

}  // namespace prunescope
