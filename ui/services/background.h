#pragma once

#include <type_traits>
#include <utility>

#include <QObject>
#include <QThreadPool>

namespace prunescope {

/// Runs file work beside the window: decoding pictures, looking through folders. The destructor
/// waits for what is running; its results are not delivered any more.
class Background : public QObject {
public:
    explicit Background(QObject* parent = nullptr) : QObject(parent) { pool_.setMaxThreadCount(2); }

    ~Background() override {
        pool_.clear();
        pool_.waitForDone();
    }

    /// `work()` runs on a worker and must not throw; `done(result)` on this object's thread.
    template <typename Work, typename Done>
    void run(Work work, Done done) {
        pool_.start([this, work = std::move(work), done = std::move(done)]() mutable {
            QMetaObject::invokeMethod(
                this,
                [done = std::move(done), result = work()]() mutable { done(std::move(result)); },
                Qt::QueuedConnection);
        });
    }

private:
    QThreadPool pool_;
};

}  // namespace prunescope
