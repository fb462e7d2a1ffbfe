#pragma once

#include "core/model/vlm.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace prunescope::test {

/// A golden folder's results by transformers, and its model.
class GoldenCase {
public:
    explicit GoldenCase(const std::string& name, const std::string& dtype = "fp32");

    const Vlm& vlm() const { return *vlm_; }

    at::Tensor expected(const std::string& name) const { return expected_.at(name); }

    std::vector<std::int64_t> ids(const std::string& name) const;
    View view() const;

    /// What the projector gets: features, with CLS where the model keeps it.
    at::Tensor features(const EncoderOutput& output) const;

    /// Embeddings of the golden prompt with `visual` in its place.
    at::Tensor embeddings(const at::Tensor& visual) const;

private:
    std::map<std::string, at::Tensor> expected_;
    std::unique_ptr<Vlm> vlm_;
};

/// The tensors of a safetensors file, copied.
std::map<std::string, at::Tensor> readTensors(const std::filesystem::path& path);

/// max |a - b| / (|b| + 1); shapes must agree.
double relativeError(const at::Tensor& a, const at::Tensor& b);

}  // namespace prunescope::test
