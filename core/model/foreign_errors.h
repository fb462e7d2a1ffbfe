#pragma once

#include "core/base/error.h"

#include <exception>
#include <new>
#include <utility>

namespace prunescope {

/// The exception being handled, in our terms: out of memory, or a failure with LibTorch's first
/// line. Call inside a catch block.
[[noreturn]] void rethrowTranslated();

/// Runs `work` and lets only Error and Cancelled out.
template <typename Work>
auto translated(Work&& work) -> decltype(work()) {
    try {
        return std::forward<Work>(work)();
    } catch (const Error&) {
        throw;
    } catch (const std::exception&) {
        rethrowTranslated();
    }
}

}  // namespace prunescope
