#pragma once

#include "core/engine/event.h"
#include "core/engine/request.h"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

namespace prunescope {

/// What a job may call while it runs.
struct JobContext {
    std::stop_token stop;
    std::function<void(Event)> emit;
    /// Waits for stillness until then; throws Cancelled when something new is submitted.
    std::function<void(std::chrono::steady_clock::time_point until)> settle;
};

/// What the engine thread does: real models (makeModelBackend) or a test's fake. Called on the
/// engine thread only, one call at a time.
class Backend {
public:
    virtual ~Backend() = default;
    Backend(const Backend&) = delete;
    Backend& operator=(const Backend&) = delete;

    virtual LoadReport load(const LoadRequest& request, const JobContext& context) = 0;
    virtual void run(const RunRequest& request, const JobContext& context) = 0;

protected:
    Backend() = default;
};

/// One thread that owns the model. The latest run wins: submit() replaces the waiting run and stops
/// the one that is running. A load is never replaced by a run; a newer load replaces it.
///
/// Batches come last: a run or load interrupts the variant that runs, which starts again when the
/// thread is free. A load ends all batches, since they were asked of another model.
///
/// Every event carries the id submit(), compare() or load() gave. After Failed, Stopped or Idle
/// (for loads: ModelLoaded) nothing more comes for that id. `emit` is called on the engine thread.
class Engine {
public:
    using MakeBackend = std::function<std::unique_ptr<Backend>()>;

    /// `make` runs on the engine thread, so the backend lives and dies there.
    Engine(MakeBackend make, std::function<void(Event)> emit);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    RunId submit(RunRequest request);
    RunId load(LoadRequest request);
    RunId compare(BatchRequest request);

    /// Stops the run or load that runs and forgets those that wait; Stopped is emitted for both.
    void cancel();

    /// Ends one batch; Stopped is emitted, unless it was over.
    void drop(RunId batch);

private:
    /// A batch that is not over; its variants before `next` are done.
    struct Batch {
        BatchRequest request;
        std::size_t next = 0;
    };

    /// What the thread does next; all empty: nothing.
    struct Job {
        std::vector<RunId> forgotten;
        std::optional<LoadRequest> load;
        std::optional<RunRequest> run;
        RunId batch = 0;  ///< not 0: `run` is its variant number `index`
        int index = 0;
        JobContext context;
    };

    void loop(const std::stop_token& quit);
    std::optional<Job> nextJob(const std::stop_token& quit);
    void runJob(Backend& backend, Job job);
    void runVariant(Backend& backend, Job job);
    void finishVariant(RunId batch);
    void forgetBatches();  // mutex_ is held
    void settle(std::chrono::steady_clock::time_point until, const std::stop_token& stop);

    MakeBackend make_;
    std::function<void(Event)> emit_;
    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::optional<RunRequest> pending_run_;    // guarded by mutex_
    std::optional<LoadRequest> pending_load_;  // guarded by mutex_
    std::deque<Batch> batches_;                // guarded by mutex_: the first is the next
    std::vector<RunId> forgotten_;             // guarded by mutex_: cancelled, to be told
    std::stop_source current_stop_;            // guarded by mutex_
    bool current_is_load_ = false;             // guarded by mutex_
    RunId current_batch_ = 0;                  // guarded by mutex_: 0, what runs is of no batch
    RunId last_id_ = 0;                        // guarded by mutex_
    std::jthread thread_;                      // last: joined before the rest is destroyed
};

/// The backend that loads and runs real models (core/engine/model_backend.cpp).
std::unique_ptr<Backend> makeModelBackend();

}  // namespace prunescope
