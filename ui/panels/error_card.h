#pragma once

#include <QFrame>

class QLabel;
class QPushButton;

namespace prunescope {

/// Cause, next step, and buttons; stays until it is closed and blocks nothing.
class ErrorCard : public QFrame {
    Q_OBJECT

public:
    explicit ErrorCard(QWidget* parent = nullptr);

    enum class Retry { Offer, None };

    void present(const QString& message, const QString& hint, Retry retry);

    QString message() const;

Q_SIGNALS:
    void dismissed();
    void retryRequested();

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QLabel* message_;
    QLabel* hint_;
    QPushButton* retry_;
};

}  // namespace prunescope
