#include "core/engine/engine.h"

#include "core/base/error.h"
#include "core/base/stop.h"

#include <algorithm>
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
    const std::lock_guard lock(mutex_);
    forgetBatches();
    current_stop_.request_stop();
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
    forgetBatches();
    current_stop_.request_stop();
    wake_.notify_all();
    return last_id_;
}

RunId Engine::compare(BatchRequest request) {
    const std::lock_guard lock(mutex_);
    request.id = ++last_id_;
    for (RunRequest& variant : request.variants) {
        variant.id = request.id;
        const bool wants_curve = request.spare && variant.want_curve;
        wantAnswerAlone(variant);
        variant.want_curve = wants_curve;
    }
    const RunId id = request.id;
    const auto place = request.ahead   ? batches_.begin()
                       : request.spare ? batches_.end()
                                       : std::ranges::find_if(batches_, [](const Batch& waiting) {
                                             return waiting.request.spare;
                                         });
    batches_.insert(place, Batch{std::move(request)});
    if (batches_.front().request.id == id && current_batch_ != 0) {
        current_stop_.request_stop();
    }
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
    if (current_batch_ == 0) {
        current_stop_.request_stop();
    }
    wake_.notify_all();
}

void Engine::drop(RunId batch) {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(batches_.begin(), batches_.end(), [&](const Batch& waiting) {
        return waiting.request.id == batch;
    });
    if (found == batches_.end()) {
        return;
    }
    batches_.erase(found);
    forgotten_.push_back(batch);
    if (current_batch_ == batch) {
        current_stop_.request_stop();
    }
    wake_.notify_all();
}

void Engine::forgetBatches() {
    for (const Batch& batch : batches_) {
        forgotten_.push_back(batch.request.id);
    }
    batches_.clear();
}

void Engine::settle(std::chrono::steady_clock::time_point until, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    // Only a stop ends this wait early: a newer request stops the run that waits here.
    wake_.wait_until(lock, stop, until, [] { return false; });
    throwIfStopped(stop);
}

std::optional<Engine::Job> Engine::nextJob(const std::stop_token& quit) {
    std::unique_lock lock(mutex_);
    current_is_load_ = false;
    current_batch_ = 0;
    const bool is_awake = wake_.wait(lock, quit, [this] {
        return pending_load_ || pending_run_ || !batches_.empty() || !forgotten_.empty();
    });
    if (!is_awake) {
        return std::nullopt;
    }
    Job job;
    job.forgotten = std::exchange(forgotten_, {});
    // A model first: the run that waits is meant for it.
    if (pending_load_) {
        job.load = std::exchange(pending_load_, std::nullopt);
        current_is_load_ = true;
    } else if (pending_run_) {
        job.run = std::exchange(pending_run_, std::nullopt);
    } else if (!batches_.empty()) {
        const Batch& batch = batches_.front();
        job.batch = current_batch_ = batch.request.id;
        job.index = static_cast<int>(batch.next);
        if (batch.next < batch.request.variants.size()) {
            job.run = batch.request.variants[batch.next];
        }
    }
    current_stop_ = std::stop_source{};
    job.context.stop = current_stop_.get_token();
    return job;
}

void Engine::loop(const std::stop_token& quit) {
    const std::unique_ptr<Backend> backend = make_();
    while (std::optional<Job> job = nextJob(quit)) {
        for (const RunId stopped : std::exchange(job->forgotten, {})) {
            emit_(Stopped{stopped});
        }
        job->context.settle = [this, stop = job->context.stop](auto until) { settle(until, stop); };
        if (job->batch != 0) {
            runVariant(*backend, std::move(*job));
        } else if (job->load || job->run) {
            runJob(*backend, std::move(*job));
        }
    }
}

namespace {

/// Tells `fail(code, message, hint)` what `work` threw. Being stopped passes through.
template <typename Work, typename Fail>
void orFail(Work work, Fail fail) {
    try {
        work();
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

}  // namespace

void Engine::runJob(Backend& backend, Job job) {
    job.context.emit = emit_;
    const RunId id = job.load ? job.load->id : job.run->id;
    const auto work = [&] {
        if (job.load) {
            emit_(ModelLoaded{id, backend.load(*job.load, job.context)});
        } else {
            backend.run(*job.run, job.context);
            emit_(Idle{id});
        }
    };
    try {
        orFail(work, [&](ErrorCode code, const std::string& message, const std::string& hint) {
            emit_(Failed{id, job.load.has_value(), code, message, hint});
        });
    } catch (const Cancelled&) {
        emit_(Stopped{id});
    }
}

void Engine::runVariant(Backend& backend, Job job) {
    const RunId id = job.batch;
    const int index = job.index;
    job.context.emit = [this, id, index](const Event& event) {
        if (const auto* selected = std::get_if<Selected>(&event)) {
            emit_(VariantReady{id, index, selected->trace, false});
        } else if (const auto* refined = std::get_if<Refined>(&event)) {
            emit_(VariantReady{id, index, refined->trace, false});
        } else if (const auto* finished = std::get_if<Finished>(&event)) {
            emit_(VariantReady{id, index, finished->trace, true});
        } else if (std::holds_alternative<Attributed>(event)) {
            emit_(event);
        }
    };
    try {
        orFail(
            [&] {
                if (job.run) {
                    backend.run(*job.run, job.context);
                }
            },
            [&](ErrorCode code, const std::string& message, const std::string& hint) {
                emit_(VariantFailed{id, index, code, message, hint});
            });
        finishVariant(id);
    } catch (const Cancelled&) {
        // Interrupted: the batch still waits and goes on with this variant. Dropped: it is told
        // among the forgotten.
    }
}

void Engine::finishVariant(RunId batch) {
    bool is_over = false;
    {
        const std::lock_guard lock(mutex_);
        const auto found = std::find_if(batches_.begin(), batches_.end(), [&](const Batch& b) {
            return b.request.id == batch;
        });
        if (found == batches_.end()) {
            return;  // dropped meanwhile
        }
        is_over = ++found->next >= found->request.variants.size();
        if (is_over) {
            batches_.erase(found);
        }
    }
    if (is_over) {
        emit_(Idle{batch});
    }
}

}  // namespace prunescope
