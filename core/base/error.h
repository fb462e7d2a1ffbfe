#pragma once

#include <stdexcept>
#include <string>

namespace prunescope {

/// What went wrong, in the terms the command line's exit codes use (exitCode()).
enum class ErrorCode {
    Failure,      ///< anything that fits nowhere else: a full disk, a lost device
    Usage,        ///< settings or arguments out of range
    Model,        ///< a checkpoint that is missing, broken or of an architecture we do not run
    Input,        ///< a picture, prompt or sample file that cannot be used
    Mismatch,     ///< two things that should agree do not
    OutOfMemory,  ///< memory of the host or of the device ran out
    Internal,     ///< a broken invariant: our mistake, not the user's
};

/// The one exception type. `what()` is one plain sentence with the names and numbers in it,
/// `hint()` says what to do next (may be empty).
class Error : public std::runtime_error {
public:
    Error(ErrorCode code, const std::string& message, std::string hint = {})
        : std::runtime_error(message), code_(code), hint_(std::move(hint)) {}

    ErrorCode code() const noexcept { return code_; }

    const std::string& hint() const noexcept { return hint_; }

private:
    ErrorCode code_;
    std::string hint_;
};

/// 0 is success; 1 failure, 2 usage, 3 model, 4 input, 5 mismatch. Cancelled runs exit with 130.
int exitCode(ErrorCode code) noexcept;

/// Throws Error(Internal) with `what` when an invariant does not hold.
void require(bool holds, const std::string& what);

}  // namespace prunescope
