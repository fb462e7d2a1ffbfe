#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace prunescope {

/// What loading found out about a model folder. Plain values: the window and `model --json` show
/// it.
struct LoadReport {
    std::string name;  ///< folder name (or the repository's, in a Hugging Face cache)
    std::string directory;
    std::string architecture;   ///< "llava: clip 24 x 1024 -> llama 32 x 4096"
    std::string naming;         ///< "A (hub)", "B (module)", "C (flattened tower)"
    std::string stored_dtype;   ///< "fp16", or "mixed"
    std::string dtype;          ///< as it runs: "fp32", "bf16", "fp16"
    std::string device;         ///< "cpu", "cuda:0"
    std::string tokenizer;      ///< Tokenizer::description()
    std::string chat_template;  ///< ChatTemplate::name
    std::string fingerprint;    ///< hash of config and weight file headers
    std::uint64_t parameters = 0;
    std::uint64_t file_bytes = 0;
    std::uint64_t memory_bytes = 0;  ///< of the weights as they run
    int shards = 0;
    int encoder_layers_run = 0;
    int encoder_layers = 0;
    int image_size = 0;
    int patch_size = 0;
    int context_length = 0;
    std::vector<std::string> ignored;  ///< tensors in the files that are not used
    std::vector<std::string> warnings;
};

std::string reportToJson(const LoadReport& report);

}  // namespace prunescope
