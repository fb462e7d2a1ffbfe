#include "core/engine/engine.h"

#include "core/base/error.h"
#include "core/base/stop.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <thread>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

using namespace std::chrono_literals;

/// Collects events from the engine thread.
class Mailbox {
public:
    void put(Event event) {
        const std::lock_guard lock(mutex_);
        events_.push_back(std::move(event));
        wake_.notify_all();
    }

    /// The first event of this type for `id`; everything before it is dropped.
    template <typename T>
    std::optional<T> wait(RunId id) {
        std::unique_lock lock(mutex_);
        const auto until = std::chrono::steady_clock::now() + 20s;
        for (;;) {
            while (!events_.empty()) {
                Event event = std::move(events_.front());
                events_.pop_front();
                seen_.push_back(event.index());
                if (auto* wanted = std::get_if<T>(&event); wanted && wanted->id == id) {
                    return *wanted;
                }
            }
            if (wake_.wait_until(lock, until) == std::cv_status::timeout) {
                return std::nullopt;
            }
        }
    }

private:
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Event> events_;
    std::vector<std::size_t> seen_;
};

/// Ten "layers" of work; the budget says what to do, so that tests need no shared state.
class FakeBackend : public Backend {
public:
    static constexpr int kFails = 1;
    static constexpr int kThrowsStandard = 2;
    static constexpr int kEndless = 3;
    static constexpr int kSettles = 4;
    static constexpr int kOutOfMemory = 5;

    LoadReport load(const LoadRequest& request, const JobContext& context) override {
        for (int i = 0; request.directory == "slow" && i < 200; ++i) {
            throwIfStopped(context.stop);
            std::this_thread::sleep_for(1ms);
        }
        LoadReport report;
        report.name = request.directory;
        return report;
    }

    void run(const RunRequest& request, const JobContext& context) override {
        const int todo = request.settings.budget;
        for (int layer = 0; layer < 10 || todo == kEndless; ++layer) {
            throwIfStopped(context.stop);
            context.emit(Progress{request.id, "encode", static_cast<std::uint64_t>(layer), 10});
            std::this_thread::sleep_for(100us);
        }
        if (todo == kFails) {
            throw Error(ErrorCode::Input, "The picture is gone.", "Open another.");
        }
        if (todo == kThrowsStandard) {
            throw std::runtime_error("odd");
        }
        if (todo == kOutOfMemory) {
            throw std::bad_alloc();
        }
        if (todo == kSettles) {
            context.settle(std::chrono::steady_clock::now() + std::chrono::minutes(1));
        }
        context.emit(Finished{request.id, std::make_shared<const RunTrace>()});
    }
};

RunRequest request(int todo) {
    RunRequest r;
    r.settings.budget = todo;
    return r;
}

struct EngineTest : ::testing::Test {
    Mailbox mailbox;
    Engine engine{[] { return std::make_unique<FakeBackend>(); },
                  [this](Event event) { mailbox.put(std::move(event)); }};
};

TEST_F(EngineTest, ARunEndsWithIdle) {
    const RunId id = engine.submit(request(10));
    EXPECT_TRUE(mailbox.wait<Finished>(id));
    EXPECT_TRUE(mailbox.wait<Idle>(id));
}

TEST_F(EngineTest, TheLatestOfManyRunsFinishes) {
    RunId last = 0;
    for (int i = 0; i < 500; ++i) {
        last = engine.submit(request(10));
    }
    EXPECT_TRUE(mailbox.wait<Finished>(last));
}

TEST_F(EngineTest, ANewRunStopsTheOneThatRuns) {
    const RunId endless = engine.submit(request(FakeBackend::kEndless));
    ASSERT_TRUE(mailbox.wait<Progress>(endless));
    const RunId next = engine.submit(request(10));
    EXPECT_TRUE(mailbox.wait<Stopped>(endless));
    EXPECT_TRUE(mailbox.wait<Finished>(next));
}

TEST_F(EngineTest, ANewRunEndsTheWaitForStillness) {
    const RunId waiting = engine.submit(request(FakeBackend::kSettles));
    ASSERT_TRUE(mailbox.wait<Progress>(waiting));
    std::this_thread::sleep_for(20ms);
    const auto start = std::chrono::steady_clock::now();
    const RunId next = engine.submit(request(10));
    EXPECT_TRUE(mailbox.wait<Stopped>(waiting));
    EXPECT_TRUE(mailbox.wait<Finished>(next));
    EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
}

TEST_F(EngineTest, CancelStopsWithinALayer) {
    const RunId endless = engine.submit(request(FakeBackend::kEndless));
    ASSERT_TRUE(mailbox.wait<Progress>(endless));
    engine.cancel();
    EXPECT_TRUE(mailbox.wait<Stopped>(endless));
}

TEST_F(EngineTest, CancelAnswersForARunThatWaited) {
    const RunId loading = engine.load({.id = 0, .directory = "slow"});
    const RunId waiting = engine.submit(request(10));
    engine.cancel();
    EXPECT_TRUE(mailbox.wait<Stopped>(waiting) || mailbox.wait<Stopped>(loading));
    const RunId after = engine.submit(request(10));
    EXPECT_TRUE(mailbox.wait<Finished>(after));
}

TEST_F(EngineTest, FailuresAreEventsAndTheEngineGoesOn) {
    const RunId bad = engine.submit(request(FakeBackend::kFails));
    const auto failed = mailbox.wait<Failed>(bad);
    ASSERT_TRUE(failed);
    EXPECT_EQ(failed->message, "The picture is gone.");
    EXPECT_EQ(failed->hint, "Open another.");
    EXPECT_EQ(failed->code, ErrorCode::Input);
    EXPECT_FALSE(failed->loading);
    const auto odd = mailbox.wait<Failed>(engine.submit(request(FakeBackend::kThrowsStandard)));
    ASSERT_TRUE(odd);
    EXPECT_EQ(odd->code, ErrorCode::Failure);
    const auto memory = mailbox.wait<Failed>(engine.submit(request(FakeBackend::kOutOfMemory)));
    ASSERT_TRUE(memory);
    EXPECT_EQ(memory->code, ErrorCode::OutOfMemory);
    EXPECT_TRUE(mailbox.wait<Finished>(engine.submit(request(10))));
}

TEST_F(EngineTest, ARunWaitsForTheModelAndDoesNotStopIt) {
    const RunId loading = engine.load({.id = 0, .directory = "slow"});
    const RunId run = engine.submit(request(10));
    const auto loaded = mailbox.wait<ModelLoaded>(loading);
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->report.name, "slow");
    EXPECT_TRUE(mailbox.wait<Finished>(run));
}

TEST_F(EngineTest, ANewerModelReplacesTheOneThatLoads) {
    const RunId slow = engine.load({.id = 0, .directory = "slow"});
    std::this_thread::sleep_for(5ms);
    const RunId quick = engine.load({.id = 0, .directory = "quick"});
    const auto loaded = mailbox.wait<ModelLoaded>(quick);
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->report.name, "quick");
    EXPECT_LT(slow, quick);
}

BatchRequest batch(std::vector<int> todos) {
    BatchRequest b;
    for (const int todo : todos) {
        b.variants.push_back(request(todo));
    }
    return b;
}

TEST_F(EngineTest, ABatchRunsItsVariantsInOrderAndEndsWithIdle) {
    const RunId id = engine.compare(batch({10, 11, 12}));
    for (int index = 0; index < 3; ++index) {
        const auto ready = mailbox.wait<VariantReady>(id);
        ASSERT_TRUE(ready);
        EXPECT_EQ(ready->index, index);
        EXPECT_TRUE(ready->complete);
        EXPECT_NE(ready->trace, nullptr);
    }
    EXPECT_TRUE(mailbox.wait<Idle>(id));
    const RunId empty = engine.compare({});
    EXPECT_TRUE(mailbox.wait<Idle>(empty));
}

TEST_F(EngineTest, AVariantThatFailsDoesNotEndTheBatch) {
    const RunId id = engine.compare(batch({FakeBackend::kFails, FakeBackend::kOutOfMemory, 10}));
    const auto failed = mailbox.wait<VariantFailed>(id);
    ASSERT_TRUE(failed);
    EXPECT_EQ(failed->index, 0);
    EXPECT_EQ(failed->message, "The picture is gone.");
    const auto memory = mailbox.wait<VariantFailed>(id);
    ASSERT_TRUE(memory);
    EXPECT_EQ(memory->index, 1);
    EXPECT_EQ(memory->code, ErrorCode::OutOfMemory);
    const auto ready = mailbox.wait<VariantReady>(id);
    ASSERT_TRUE(ready);
    EXPECT_EQ(ready->index, 2);
    EXPECT_TRUE(mailbox.wait<Idle>(id));
}

TEST_F(EngineTest, ARunInterruptsABatchWhichGoesOnAfterwards) {
    std::vector<int> todos(30, 10);
    const RunId id = engine.compare(batch(todos));
    ASSERT_TRUE(mailbox.wait<VariantReady>(id));
    RunId last = 0;
    for (int i = 0; i < 50; ++i) {
        last = engine.submit(request(10));
    }
    EXPECT_TRUE(mailbox.wait<Finished>(last));
    int last_index = -1;
    while (last_index != 29) {
        const auto ready = mailbox.wait<VariantReady>(id);
        ASSERT_TRUE(ready);
        EXPECT_TRUE(ready->index > last_index || last_index == -1);
        last_index = ready->index;
    }
    EXPECT_TRUE(mailbox.wait<Idle>(id));
}

TEST_F(EngineTest, CancelLeavesABatchAloneAndDropEndsIt) {
    const RunId id = engine.compare(batch({10, FakeBackend::kEndless, 10}));
    ASSERT_TRUE(mailbox.wait<VariantReady>(id));
    engine.cancel();
    const RunId run = engine.submit(request(10));
    EXPECT_TRUE(mailbox.wait<Finished>(run));
    engine.drop(id);
    EXPECT_TRUE(mailbox.wait<Stopped>(id));
    const RunId next = engine.compare(batch({10}));
    EXPECT_TRUE(mailbox.wait<Idle>(next));
    engine.drop(next);  // over: nothing comes
    EXPECT_TRUE(mailbox.wait<Finished>(engine.submit(request(10))));
}

TEST_F(EngineTest, ABatchAheadGoesBeforeTheOneThatRuns) {
    const RunId grid = engine.compare(batch({10, FakeBackend::kEndless}));
    ASSERT_TRUE(mailbox.wait<VariantReady>(grid));
    BatchRequest urgent = batch({10});
    urgent.ahead = true;
    const RunId ahead = engine.compare(std::move(urgent));
    EXPECT_TRUE(mailbox.wait<Idle>(ahead));
    engine.drop(grid);
    EXPECT_TRUE(mailbox.wait<Stopped>(grid));
}

TEST_F(EngineTest, ASpareBatchGoesAfterAllOthersAlsoLaterOnes) {
    BatchRequest idle_work = batch({10, FakeBackend::kEndless});
    idle_work.spare = true;
    const RunId spare = engine.compare(idle_work);
    ASSERT_TRUE(mailbox.wait<VariantReady>(spare));
    const RunId grid = engine.compare(batch({10, 10}));
    EXPECT_TRUE(mailbox.wait<Idle>(grid));
    const RunId other = engine.compare(idle_work);
    const RunId next = engine.compare(batch({10}));
    EXPECT_TRUE(mailbox.wait<Idle>(next));
    engine.drop(spare);
    EXPECT_TRUE(mailbox.wait<VariantReady>(other));
    engine.drop(other);
    EXPECT_TRUE(mailbox.wait<Stopped>(other));
}

TEST_F(EngineTest, ARunWaitsForNoSpareWork) {
    BatchRequest endless = batch({FakeBackend::kEndless});
    endless.spare = true;
    for (int i = 0; i < 50; ++i) {
        const RunId spare = engine.compare(endless);
        const auto start = std::chrono::steady_clock::now();
        EXPECT_TRUE(mailbox.wait<Finished>(engine.submit(request(10))));
        EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
        engine.drop(spare);
        EXPECT_TRUE(mailbox.wait<Stopped>(spare));
    }
}

TEST_F(EngineTest, AnotherModelEndsAllBatches) {
    const RunId running = engine.compare(batch({10, FakeBackend::kEndless}));
    const RunId waiting = engine.compare(batch({10}));
    ASSERT_TRUE(mailbox.wait<VariantReady>(running));
    const RunId loading = engine.load({.id = 0, .directory = "quick"});
    EXPECT_TRUE(mailbox.wait<Stopped>(running));
    EXPECT_TRUE(mailbox.wait<Stopped>(waiting));
    EXPECT_TRUE(mailbox.wait<ModelLoaded>(loading));
}

TEST(EngineShutdown, EndsWhileARunGoesOn) {
    std::atomic<int> events = 0;
    {
        Engine engine([] { return std::make_unique<FakeBackend>(); }, [&](Event) { ++events; });
        engine.submit(request(FakeBackend::kEndless));
        while (events == 0) {
            std::this_thread::yield();
        }
    }
    EXPECT_GT(events.load(), 0);
}

TEST(EngineShutdown, EndsWhileABatchGoesOnAndOthersWait) {
    std::atomic<int> events = 0;
    {
        Engine engine([] { return std::make_unique<FakeBackend>(); }, [&](Event) { ++events; });
        for (int i = 0; i < 3; ++i) {
            engine.compare(batch({10, FakeBackend::kEndless}));
        }
        while (events == 0) {
            std::this_thread::yield();
        }
    }
    EXPECT_GT(events.load(), 0);
}

TEST(EngineShutdown, ManyShortLives) {
    for (int i = 0; i < 50; ++i) {
        Engine engine([] { return std::make_unique<FakeBackend>(); }, [](Event) {});
        engine.submit(request(10));
        if (i % 2 == 0) {
            engine.cancel();
        }
    }
}

}  // namespace
}  // namespace prunescope
