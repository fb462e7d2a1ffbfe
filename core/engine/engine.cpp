#include "core/engine/engine.h"

#include "core/base/error.h"
#include "core/base/stop.h"

#include <chrono>
#include <new>
#include <utility>

namespace prunescope {

Engine::Engine(MakeBackend make, std::function<void(Event)> emit)
    : make_(std::move(make)),
      emit_(std::move(emit)),
      thread_([this](const std::stop_token& quit) { loop(quit); }) {}

Engine::~Engine() {
    cancel();
}

RunId Engine::submit(RunRequest request) {
    const std::lock_guard lock(mutex_);
    request.id = ++last_id_;
    pending_run_ = std::move(request);
    if (!current_is_load_) {
        current_stop_.request_stop();
    }
    wake_.notify_all();
    return last_id_;
}

RunId Engine::load(LoadRequest request) {
    const std::lock_guard lock(mutex_);
    request.id = ++last_id_;
    pending_load_ = std::move(request);
    current_stop_.request_stop();
    wake_.notify_all();
    return last_id_;
}

void Engine::cancel() {
    const std::lock_guard lock(mutex_);
    if (pending_run_) {
        forgotten_.push_back(pending_run_->id);
        pending_run_.reset();
    }
    if (pending_load_) {
        forgotten_.push_back(pending_load_->id);
        pending_load_.reset();
    }
    current_stop_.request_stop();
    wake_.notify_all();
}

void Engine::settle(int ms, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
    // Only a stop ends this wait early: a newer request stops the run that waits here.
    wake_.wait_until(lock, stop, until, [] { return false; });
    throwIfStopped(stop);
}

void Engine::loop(const std::stop_token& quit) {
    const std::unique_ptr<Backend> backend = make_();
    for (;;) {
        std::optional<LoadRequest> load;
        std::optional<RunRequest> run;
        std::vector<RunId> forgotten;
        JobContext context;
        {
            std::unique_lock lock(mutex_);
            current_is_load_ = false;
            if (!wake_.wait(lock, quit, [this] {
                    return pending_load_ || pending_run_ || !forgotten_.empty();
                })) {
                return;
            }
            forgotten = std::exchange(forgotten_, {});
            // A model first: the run that waits is meant for it.
            if (pending_load_) {
                load = std::exchange(pending_load_, std::nullopt);
                current_is_load_ = true;
            } else if (pending_run_) {
                run = std::exchange(pending_run_, std::nullopt);
            }
            current_stop_ = std::stop_source{};
            context.stop = current_stop_.get_token();
        }
        for (const RunId stopped : forgotten) {
            emit_(Stopped{stopped});
        }
        if (!load && !run) {
            continue;
        }
        runJob(*backend, load, run, std::move(context));
    }
}

void Engine::runJob(Backend& backend,
                    const std::optional<LoadRequest>& load,
                    const std::optional<RunRequest>& run,
                    JobContext context) {
    context.emit = emit_;
    context.settle = [this, stop = context.stop](int ms) { settle(ms, stop); };
    const RunId id = load ? load->id : run->id;
    const auto fail = [&](ErrorCode code, const std::string& message, const std::string& hint) {
        emit_(Failed{id, load.has_value(), code, message, hint});
    };
    try {
        if (load) {
            emit_(ModelLoaded{id, backend.load(*load, context)});
        } else {
            backend.run(*run, context);
            emit_(Idle{id});
        }
    } catch (const Cancelled&) {
        emit_(Stopped{id});
    } catch (const Error& error) {
        fail(error.code(), error.what(), error.hint());
    } catch (const std::bad_alloc&) {
        fail(ErrorCode::OutOfMemory,
             "Memory ran out.",
             "Close other programs, or choose a smaller model or precision.");
    } catch (const std::exception& error) {
        fail(ErrorCode::Failure, error.what(), {});
    }
}

}  // namespace prunescope
