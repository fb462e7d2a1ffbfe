#pragma once

#include <QFrame>

namespace prunescope {

class SessionFiles;

/// Offers the state of a sitting that did not end well; blocks nothing, goes when it is answered.
class RecoveryBar : public QFrame {
    Q_OBJECT

public:
    explicit RecoveryBar(SessionFiles* files, QWidget* parent = nullptr);
};

}  // namespace prunescope
