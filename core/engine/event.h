#pragma once

#include "core/base/error.h"
#include "core/engine/attribution.h"
#include "core/engine/curve.h"
#include "core/engine/request.h"
#include "core/model/load_report.h"
#include "core/trace/run_trace.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace prunescope {

using TracePtr = std::shared_ptr<const RunTrace>;

/// Counted work: "encode, layer 7 of 24".
struct Progress {
    RunId id = 0;
    std::string stage;  ///< "load", "encode", "select", "prefill", "decode", "curve", "curves",
                        ///< "attribute"
    std::uint64_t step = 0;
    std::uint64_t of = 0;  ///< 0: unknown
};

/// The selection is known: overlay, D and stages; the answer is still empty.
struct Selected {
    RunId id = 0;
    TracePtr trace;
};

/// What took longer than the selection: null bands are filled in, or the answer is complete and
/// they are not yet.
struct Refined {
    RunId id = 0;
    TracePtr trace;
};

/// One more answer token; `text` is the whole answer so far.
struct AnswerToken {
    RunId id = 0;
    bool unpruned = false;
    std::int64_t token = 0;
    std::string text;
};

/// The pruned run is complete.
struct Finished {
    RunId id = 0;
    TracePtr trace;
};

/// The un-pruned run of the same picture and prompt is complete.
struct UnprunedFinished {
    RunId id = 0;
    TracePtr trace;
};

/// D against budget for the request's method and picture, or of one method of many.
struct BudgetCurve {
    RunId id = 0;
    std::vector<BudgetPoint> points;  ///< ascending budgets
    bool complete = false;
    std::string method = {};  ///< with RunRequest::want_all_curves; else empty
};

/// What single tokens did to the answer, as far as it is known.
struct Attributed {
    RunId id = 0;
    std::shared_ptr<const Attribution> attribution;
};

/// A member of a batch: first when its selection is known, at last with its answer.
struct VariantReady {
    RunId id = 0;  ///< of the batch
    int index = 0;
    TracePtr trace;
    bool complete = false;
};

/// A member of a batch could not run; the others go on.
struct VariantFailed {
    RunId id = 0;
    int index = 0;
    ErrorCode code = ErrorCode::Failure;
    std::string message;
    std::string hint;
};

/// Nothing more comes for this request.
struct Idle {
    RunId id = 0;
};

struct ModelLoaded {
    RunId id = 0;
    LoadReport report;
};

struct Stopped {
    RunId id = 0;
};

struct Failed {
    RunId id = 0;
    bool loading = false;  ///< a model failed to load; else a run failed
    ErrorCode code = ErrorCode::Failure;
    std::string message;
    std::string hint;
};

using Event = std::variant<Progress,
                           Selected,
                           Refined,
                           AnswerToken,
                           Finished,
                           UnprunedFinished,
                           BudgetCurve,
                           Attributed,
                           VariantReady,
                           VariantFailed,
                           Idle,
                           ModelLoaded,
                           Stopped,
                           Failed>;

}  // namespace prunescope
