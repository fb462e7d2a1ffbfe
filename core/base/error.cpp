#include "core/base/error.h"

namespace prunescope {

int exitCode(ErrorCode code) noexcept {
    switch (code) {
        case ErrorCode::Usage:
            return 2;
        case ErrorCode::Model:
            return 3;
        case ErrorCode::Input:
            return 4;
        case ErrorCode::Mismatch:
            return 5;
        case ErrorCode::Failure:
        case ErrorCode::OutOfMemory:
        case ErrorCode::Internal:
            break;
    }
    return 1;
}

void require(bool holds, const std::string& what) {
    if (!holds) {
        throw Error(
            ErrorCode::Internal, what, "This is a mistake in Prunescope; please report it.");
    }
}

}  // namespace prunescope
