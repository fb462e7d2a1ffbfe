#include "core/model/load_report.h"

#include <nlohmann/json.hpp>

namespace prunescope {

std::string reportToJson(const LoadReport& report) {
    // Names of files and tensors come from outside and need not be UTF-8.
    return nlohmann::ordered_json{
        {"name", report.name},
        {"directory", report.directory},
        {"architecture", report.architecture},
        {"naming", report.naming},
        {"stored_dtype", report.stored_dtype},
        {"dtype", report.dtype},
        {"device", report.device},
        {"tokenizer", report.tokenizer},
        {"chat_template", report.chat_template},
        {"fingerprint", report.fingerprint},
        {"parameters", report.parameters},
        {"file_bytes", report.file_bytes},
        {"memory_bytes", report.memory_bytes},
        {"shards", report.shards},
        {"encoder_layers_run", report.encoder_layers_run},
        {"encoder_layers", report.encoder_layers},
        {"image_size", report.image_size},
        {"patch_size", report.patch_size},
        {"context_length", report.context_length},
        {"ignored", report.ignored},
        {"warnings", report.warnings},
    }
        .dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace prunescope
