#pragma once

#include "core/image/preprocess.h"
#include "core/model/config.h"
#include "core/model/load_report.h"
#include "core/model/placement.h"
#include "core/model/text_tower.h"
#include "core/model/weights.h"
#include "core/text/prompt.h"
#include "core/text/tokenizer.h"

#include <memory>

namespace prunescope {

/// Everything that a Vlm is put together of.
struct VlmSource {
    LoadReport report;
    VlmConfig config;
    Placement placement;
    std::shared_ptr<const Tokenizer> tokenizer;
    ChatTemplate chat;
    PreprocessConfig preprocess;
    WeightMap weights;  ///< every tensor of expectedTensors(config, has_own_head), on the device
                        ///< and in the dtype of `placement`
    bool has_own_head = true;  ///< else the embeddings serve as head
    std::shared_ptr<const TextTower> text_tower =
        {};  ///< of the encoder's CLIP, where there is one
};

}  // namespace prunescope
