#include "ui/services/shortcuts.h"

namespace prunescope {

namespace {

constexpr const char* kTip = "tipWithoutKeys";

}  // namespace

void setTip(QAction* action, const QString& tip) {
    action->setProperty(kTip, tip);
    showKeysInTip(action);
}

void showKeysInTip(QAction* action) {
    const QString tip = action->property(kTip).toString();
    const QString keys = action->shortcut().toString(QKeySequence::NativeText);
    action->setToolTip(keys.isEmpty() ? tip : tip + " (" + keys + ")");
}

Shortcuts::Shortcuts(const std::map<QString, QAction*>& actions,
                     Preferences* preferences,
                     QObject* parent)
    : QObject(parent), actions_(actions), preferences_(preferences) {
    for (const auto& [id, action] : actions_) {
        defaults_[id] = action->shortcuts();
    }
    for (const auto& [id, keys] : preferences_->shortcuts()) {
        // Actions of other versions, and keys that a default has taken meanwhile, are left out.
        const QKeySequence sequence(keys, QKeySequence::PortableText);
        if (actions_.contains(id) && takenBy(sequence, id).isEmpty()) {
            apply(id, sequence.isEmpty() ? QList<QKeySequence>() : QList{sequence});
        }
    }
}

bool Shortcuts::isChanged(const QString& id) const {
    return actions_.at(id)->shortcuts() != defaults_.at(id);
}

QString Shortcuts::takenBy(const QKeySequence& keys, const QString& id) const {
    if (keys.isEmpty()) {
        return {};
    }
    for (const auto& [other, action] : actions_) {
        for (const QKeySequence& taken : action->shortcuts()) {
            const bool meets = taken.matches(keys) != QKeySequence::NoMatch ||
                               keys.matches(taken) != QKeySequence::NoMatch;
            if (other != id && meets) {
                return other;
            }
        }
    }
    return {};
}

void Shortcuts::apply(const QString& id, const QList<QKeySequence>& keys) {
    QAction* action = actions_.at(id);
    action->setShortcuts(keys);
    showKeysInTip(action);
    if (isChanged(id)) {
        preferences_->setShortcut(
            id, keys.isEmpty() ? QString() : keys.front().toString(QKeySequence::PortableText));
    } else {
        preferences_->forgetShortcut(id);
    }
}

void Shortcuts::assign(const QString& id, const QKeySequence& keys) {
    for (QString other = takenBy(keys, id); !other.isEmpty(); other = takenBy(keys, id)) {
        apply(other, {});
    }
    apply(id, keys.isEmpty() ? QList<QKeySequence>() : QList{keys});
    Q_EMIT changed();
}

void Shortcuts::reset(const QString& id) {
    for (const QKeySequence& keys : defaults_.at(id)) {
        for (QString other = takenBy(keys, id); !other.isEmpty(); other = takenBy(keys, id)) {
            apply(other, {});
        }
    }
    apply(id, defaults_.at(id));
    Q_EMIT changed();
}

void Shortcuts::resetAll() {
    for (const auto& [id, keys] : defaults_) {
        apply(id, keys);
    }
    Q_EMIT changed();
}

}  // namespace prunescope
