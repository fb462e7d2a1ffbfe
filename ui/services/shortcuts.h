#pragma once

#include "ui/services/preferences.h"

#include <map>

#include <QAction>
#include <QKeySequence>
#include <QList>
#include <QObject>

namespace prunescope {

/// The keys of the window's actions: what they come with, and what the user made of them, which is
/// remembered. No key may belong to two actions.
class Shortcuts : public QObject {
    Q_OBJECT

public:
    /// Takes the actions' keys as the defaults, then applies what is remembered. Neither the
    /// preferences nor the actions are owned; both must outlive this object.
    Shortcuts(const std::map<QString, QAction*>& actions,
              Preferences* preferences,
              QObject* parent = nullptr);

    const std::map<QString, QAction*>& actions() const { return actions_; }

    QList<QKeySequence> defaults(const QString& id) const { return defaults_.at(id); }

    bool isChanged(const QString& id) const;

    /// The id of another action that listens to `keys` or to its beginning; "" none.
    QString takenBy(const QKeySequence& keys, const QString& id) const;

    /// Gives the action this key alone, an empty one none; whoever had it loses it.
    void assign(const QString& id, const QKeySequence& keys);

    void reset(const QString& id);
    void resetAll();

Q_SIGNALS:
    void changed();

private:
    void apply(const QString& id, const QList<QKeySequence>& keys);

    std::map<QString, QAction*> actions_;
    std::map<QString, QList<QKeySequence>> defaults_;
    Preferences* preferences_;
};

/// The action's help with its keys behind it, from what setTip() remembered.
void showKeysInTip(QAction* action);

/// Help without keys; showKeysInTip() adds those that are in force.
void setTip(QAction* action, const QString& tip);

}  // namespace prunescope
