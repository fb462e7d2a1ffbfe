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
    void setComputeAhead(std::optional<bool> on);

    /// Looked through for models, one level deep; absolute.
    QStringList modelFolders() const;
    void setModelFolders(const QStringList& folders);

    static constexpr int kAutosaveSeconds = 5;
    static constexpr int kMostAutosaveSeconds = 600;

    /// From a change to its autosave; 0: never.
    int autosaveSeconds() const;
    void setAutosaveSeconds(int seconds);

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

    /// Whether motion is reduced: as somebody said, else as the desktop has it.
    bool reducedMotion() const;

    /// What somebody said; nothing: as the desktop.
    std::optional<bool> motion() const;
    void setMotion(std::optional<bool> reduced);

    /// Empty when it was written by another layout version.
    QByteArray windowGeometry() const;
    QByteArray windowState() const;
    void setWindow(const QByteArray& geometry, const QByteArray& state);

    /// Of the file that holds all this.
    QString path() const { return settings_.fileName(); }

    /// Where state that outlives the program is kept: beside a given path, else the user's data
    /// folder.
    QString stateFolder() const;

    void reset();

private:
    void addRecent(const QString& key, const QString& path);
    std::optional<bool> said(const QString& key) const;
    void say(const QString& key, std::optional<bool> value);

    QString state_folder_;
    mutable QSettings settings_;
};

}  // namespace prunescope
