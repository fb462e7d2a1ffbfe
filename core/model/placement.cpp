#include "core/model/placement.h"

#include "core/base/text.h"
#include "core/model/discover.h"
#include "core/model/foreign_errors.h"
#include "core/model/precision.h"

#include <charconv>
#include <string_view>

#include <ATen/Context.h>
#include <c10/util/Exception.h>

namespace prunescope {

namespace {

int gpuCount() {
    return at::hasCUDA() ? static_cast<int>(at::detail::getCUDAHooks().deviceCount()) : 0;
}

at::Device chooseDevice(const std::string& asked) {
    const int n_gpus = gpuCount();
    if (asked == "cpu" || (asked == "auto" && n_gpus == 0)) {
        return at::Device(at::kCPU);
    }
    int index = 0;
    if (std::string_view(asked).starts_with("cuda:")) {
        const char* const end = asked.data() + asked.size();
        const auto result = std::from_chars(asked.data() + 5, end, index);
        if (result.ec != std::errc{} || result.ptr != end || index < 0) {
            throw Error(ErrorCode::Usage, "The device " + inQuotes(asked) + " has no number.");
        }
    } else if (asked != "auto" && asked != "cuda") {
        throw Error(ErrorCode::Usage,
                    "The device " + inQuotes(asked) + " is not known.",
                    "Choose auto, cpu, cuda or cuda:N.");
    }
    if (index >= n_gpus) {
        throw Error(ErrorCode::Usage,
                    "The device " + inQuotes(asked) + " is not there: LibTorch sees " +
                        std::to_string(n_gpus) + " GPUs.",
                    "Choose auto or cpu.");
    }
    return {at::kCUDA, static_cast<at::DeviceIndex>(index)};
}

at::ScalarType dtypeNamed(const std::string& name) {
    return name == "bf16" ? at::kBFloat16 : name == "fp16" ? at::kHalf : at::kFloat;
}

bool saysOutOfMemory(std::string_view message) {
    return message.find("out of memory") != std::string_view::npos ||
           message.find("can't allocate memory") != std::string_view::npos ||
           message.find("_STATUS_ALLOC_FAILED") != std::string_view::npos;  // cuBLAS, cuDNN
}

[[noreturn]] void failForMemory() {
    throw Error(ErrorCode::OutOfMemory,
                "Memory ran out.",
                "Choose bf16 or fp16, another device, or a smaller model.");
}

}  // namespace

void rethrowTranslated() {
    try {
        throw;
    } catch (const c10::OutOfMemoryError&) {
        failForMemory();
    } catch (const std::bad_alloc&) {
        failForMemory();
    } catch (const c10::Error& e) {
        if (saysOutOfMemory(e.what_without_backtrace())) {
            failForMemory();
        }
        const std::string_view message = e.what_without_backtrace();
        throw Error(ErrorCode::Failure,
                    "LibTorch: " + std::string(message.substr(0, message.find('\n'))));
    } catch (const std::exception& e) {
        if (saysOutOfMemory(e.what())) {
            failForMemory();
        }
        throw Error(ErrorCode::Failure, e.what());
    }
}

Placement choosePlacement(const std::string& device,
                          const std::string& dtype,
                          const std::string& stored,
                          std::uint64_t elements) {
    const at::Device chosen = chooseDevice(device);
    if (dtype == "fp32" || dtype == "bf16" || dtype == "fp16") {
        return {chosen, dtypeNamed(dtype)};
    }
    if (dtype != "auto") {
        throw Error(ErrorCode::Usage,
                    "The precision " + inQuotes(dtype) + " is not known.",
                    "Choose auto, fp32, bf16 or fp16.");
    }
    const std::string best = chosen.is_cpu() ? hostDtype(elements, availableMemory()) : stored;
    return {chosen, dtypeNamed(best)};
}

std::string nameOf(at::ScalarType dtype) {
    return dtype == at::kBFloat16 ? "bf16" : dtype == at::kHalf ? "fp16" : "fp32";
}

}  // namespace prunescope
