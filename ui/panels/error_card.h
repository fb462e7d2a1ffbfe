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

    /// What can be done from the card.
    struct Remedies {
        bool retry = false;
        bool models = false;           ///< choose another model
        bool lower_precision = false;  ///< load the model again in bf16
        bool cpu = false;              ///< load it again on the CPU
    };

    void present(const QString& message, const QString& hint, const Remedies& remedies);

    QString message() const;

Q_SIGNALS:
    void dismissed();
    void retryRequested();
    void modelsRequested();
    void lowerPrecisionRequested();
    void cpuRequested();

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QLabel* message_;
    QLabel* hint_;
    QPushButton* retry_;
    QPushButton* lower_precision_;
    QPushButton* cpu_;
    QPushButton* models_;
};

}  // namespace prunescope
