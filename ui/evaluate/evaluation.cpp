#include "ui/evaluate/evaluation.h"

#include "core/base/error.h"
#include "core/image/decode.h"

#include <algorithm>

#include <QFileInfo>

namespace prunescope {

namespace {

constexpr std::size_t kLargestBatch = 64;
constexpr int kRefreshMs = 1000;
constexpr int kResamples = 500;

QString sentence(const Error& error) {
    const QString hint = QString::fromStdString(error.hint());
    return QString::fromStdString(error.what()) + (hint.isEmpty() ? "" : " " + hint);
}

double secondsOf(const Timings& t) {
    return (t.preprocess + t.encode + t.select + t.project + t.prefill + t.decode + t.reference);
}

}  // namespace

Evaluation::Evaluation(Document* document, EngineBridge* engine, QObject* parent)
    : QObject(parent), document_(document), engine_(engine) {
    connect(engine_, &EngineBridge::arrived, this, &Evaluation::onEvent);
    connect(document_, &Document::modelChanged, this, &Evaluation::stateChanged);
}

void Evaluation::become(EvalState state) {
    if (state_ == EvalState::Running && running_.isValid()) {
        run_seconds_ += static_cast<double>(running_.elapsed()) / 1000;
    }
    state_ = state;
    if (state == EvalState::Running) {
        running_.start();
    }
    Q_EMIT stateChanged();
}

void Evaluation::openSet(const QString& path, const QString& prompt) {
    cancel();
    message_.clear();
    set_.reset();
    become(EvalState::Reading);
    files_.run(
        [path = path.toStdString(), prompt = prompt.toStdString()]() -> Read {
            try {
                SetOptions options;
                options.prompt = prompt;
                return {std::make_shared<const SampleSet>(readSampleSet(path, options)), {}};
            } catch (const Error& error) {
                return {nullptr, sentence(error)};
            } catch (const std::exception& error) {
                return {nullptr, QString::fromUtf8(error.what())};
            }
        },
        [this](const Read& read) {
            set_ = read.set;
            message_ = read.message;
            if (set_ && !set_->problems.empty()) {
                message_ = tr("%n line(s) could not be used, the first: %1",
                              nullptr,
                              static_cast<int>(set_->problems.size()))
                               .arg(QString::fromStdString(textOf(set_->problems.front())));
            }
            become(set_ ? EvalState::Ready : EvalState::NoSet);
        });
}

QString Evaluation::whyNotStart() const {
    if (!set_) {
        return state_ == EvalState::Reading ? tr("The set is being read.")
                                            : tr("Choose a sample set.");
    }
    return document_->model() ? QString() : tr("No model is loaded.");
}

void Evaluation::start(const std::vector<std::string>& methods,
                       const std::vector<int>& budgets,
                       int limit) {
    if (!whyNotStart().isEmpty()) {
        return;
    }
    cancel();
    const LoadReport& model = *document_->model();
    EvalPlan plan;
    try {
        plan.runs = planRuns(methods, budgets, document_->settings());
    } catch (const Error& error) {
        message_ = sentence(error);
        Q_EMIT stateChanged();
        return;
    }
    plan.set_name = set_->name;
    plan.samples = groupedByImage(drawSamples(
        *set_, static_cast<std::size_t>(std::max(0, limit)), document_->settings().seed));
    plan.model = model.name;
    plan.fingerprint = model.fingerprint;
    plan.device = model.device;
    plan.dtype = model.dtype;
    results_.clear();
    queue_.emplace(std::move(plan), results_);
    message_.clear();
    failures_ = 0;
    run_seconds_ = 0;
    refresh(false);
    become(EvalState::Running);
    askNext();
}

void Evaluation::pause() {
    if (state_ != EvalState::Running) {
        return;
    }
    ++ticket_;  // a picture that is being decoded is not wanted any more
    if (batch_ != 0) {
        engine_->drop(std::exchange(batch_, 0));
    }
    refresh(false);
    become(EvalState::Paused);
}

void Evaluation::resume() {
    if (state_ == EvalState::Paused) {
        become(EvalState::Running);
        askNext();
    }
}

void Evaluation::cancel() {
    if (state_ == EvalState::Running || state_ == EvalState::Paused) {
        pause();
        become(set_ ? EvalState::Ready : EvalState::NoSet);
    }
}

double Evaluation::secondsLeft() const {
    const double spent = run_seconds_ + (state_ == EvalState::Running && running_.isValid()
                                             ? static_cast<double>(running_.elapsed()) / 1000
                                             : 0);
    return done() < 3 ? 0
                      : spent * static_cast<double>(total() - done()) / static_cast<double>(done());
}

void Evaluation::askNext() {
    if (queue_->isComplete()) {
        refresh(false);
        refresh(true);  // intervals follow from a worker
        return become(EvalState::Finished);
    }
    const std::uint64_t ticket = ++ticket_;
    files_.run(
        [path = queue_->sample().image]() -> Decoded {
            try {
                return {std::make_shared<const Image>(loadImage(path).image), {}};
            } catch (const Error& error) {
                return {nullptr, sentence(error)};
            } catch (const std::exception& error) {
                return {nullptr, QString::fromUtf8(error.what())};
            }
        },
        [this, ticket](const Decoded& picture) { submit(picture, ticket); });
}

void Evaluation::submit(const Decoded& picture, std::uint64_t ticket) {
    if (ticket != ticket_ || state_ != EvalState::Running) {
        return;
    }
    const auto runs = queue_->ahead(kLargestBatch);
    of_batch_ = runs.size();
    if (!picture.image) {
        leaveOut(picture.message, of_batch_);
        return askNext();
    }
    BatchRequest batch;
    for (const auto& [sample, run] : runs) {
        RunRequest request;
        request.image = picture.image;
        request.image_name = sample->image_name;
        request.prompt = sample->prompt;
        request.settings = run->settings;
        batch.variants.push_back(std::move(request));
    }
    batch_ = engine_->compare(std::move(batch));
}

void Evaluation::leaveOut(const QString& message, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        queue_->fail(message.toStdString());
    }
    failures_ += static_cast<int>(count);
    message_ = tr("%n run(s) could not be done, the last: %1", nullptr, failures_).arg(message);
    Q_EMIT progressed();
}

void Evaluation::onResult(const RunTrace& trace) {
    try {
        results_.push_back(queue_->finish(trace, secondsOf(trace.timings_ms)));
    } catch (const Error& error) {
        return leaveOut(sentence(error), 1);
    }
    Q_EMIT progressed();
    if (!refreshed_.isValid() || refreshed_.elapsed() > kRefreshMs) {
        refresh(false);
    }
}

void Evaluation::onEvent(const Event& event) {
    const RunId id = std::visit([](const auto& e) { return e.id; }, event);
    if (batch_ == 0 || id != batch_) {
        return;
    }
    if (const auto* ready = std::get_if<VariantReady>(&event)) {
        if (!ready->complete) {
            return;
        }
        onResult(*ready->trace);
    } else if (const auto* failed = std::get_if<VariantFailed>(&event)) {
        leaveOut(QString::fromStdString(failed->message), 1);
    } else if (std::holds_alternative<Idle>(event)) {
        batch_ = 0;
        return askNext();
    } else if (std::holds_alternative<Stopped>(event) || std::holds_alternative<Failed>(event)) {
        // Another model was loaded: what is done belongs to the old one.
        batch_ = 0;
        message_ = tr("Stopped: another model was loaded.");
        refresh(false);
        become(set_ ? EvalState::Ready : EvalState::NoSet);
    }
}

void Evaluation::refresh(bool with_intervals) {
    SummaryOptions options;
    options.resamples = with_intervals ? kResamples : 0;
    options.seed = document_->settings().seed;
    const EvalPlan& plan = queue_->plan();
    if (!with_intervals) {
        summary_ = summarize(plan, results_, options);
        refreshed_.start();
        Q_EMIT summaryChanged();
        return;
    }
    files_.run([plan, results = results_, options] { return summarize(plan, results, options); },
               [this, count = results_.size(), name = plan.set_name](const Summary& summary) {
                   if (count == results_.size() && queue_->plan().set_name == name) {
                       summary_ = summary;
                       Q_EMIT summaryChanged();
                   }
               });
}

std::vector<ChangedSample> Evaluation::changedIn(const std::string& method,
                                                 int budget,
                                                 const std::string& task) const {
    std::vector<ChangedSample> changed;
    if (!queue_) {
        return changed;
    }
    const EvalPlan& plan = queue_->plan();
    const auto run = std::find_if(plan.runs.begin(), plan.runs.end(), [&](const EvalRun& r) {
        return r.label == method && !r.isUnpruned() && r.settings.budget == budget;
    });
    if (run == plan.runs.end()) {
        return changed;
    }
    std::map<std::string_view, const EvalSample*> samples;
    for (const EvalSample& sample : plan.samples) {
        if (task.empty() || sample.task == task) {
            samples.emplace(sample.id, &sample);
        }
    }
    std::map<std::string_view, const SampleResult*> unpruned;
    for (const SampleResult& result : results_) {
        if (result.budget == 0) {
            unpruned.emplace(result.sample, &result);
        } else if (result.method == method && result.budget == budget) {
            const auto sample = samples.find(result.sample);
            const auto before = unpruned.find(result.sample);
            if (sample != samples.end() && before != unpruned.end() &&
                before->second->answer != result.answer) {
                changed.push_back({sample->second,
                                   &*run,
                                   QString::fromStdString(before->second->answer),
                                   QString::fromStdString(result.answer),
                                   before->second->score,
                                   result.score});
            }
        }
    }
    return changed;
}

}  // namespace prunescope
