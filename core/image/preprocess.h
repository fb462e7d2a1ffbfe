#pragma once

#include "core/image/image.h"
#include "core/image/patch_grid.h"
#include "core/trace/settings.h"

#include <array>
#include <filesystem>
#include <string>
#include <vector>

namespace prunescope {

enum class Resample { Lanczos = 1, Bilinear = 2, Bicubic = 3 };  ///< PIL's numbers

/// What preprocessor_config.json says; defaults are CLIPImageProcessor's for 336.
struct PreprocessConfig {
    int crop_width = 336;
    int crop_height = 336;
    int shortest_edge = 336;  ///< 0: resize exactly to resize_width x resize_height
    int resize_width = 0;
    int resize_height = 0;
    bool do_resize = true;
    bool do_center_crop = true;
    bool do_rescale = true;
    bool do_normalize = true;
    double rescale_factor = 1.0 / 255.0;
    Resample resample = Resample::Bicubic;
    std::array<float, 3> mean{0.48145466F, 0.4578275F, 0.40821073F};
    std::array<float, 3> std{0.26862954F, 0.26130258F, 0.27577711F};

    bool operator==(const PreprocessConfig&) const = default;
};

/// Reads preprocessor_config.json (old and new spellings of `size`) or gives the defaults for
/// `image_size` where the file is missing.
/// @throws Error(Model) for values out of range or a resample code we do not have
PreprocessConfig readPreprocessConfig(const std::filesystem::path& model_dir, int image_size);

/// One model input square.
struct View {
    std::vector<float> pixels;  ///< [3, height, width], normalised
    int width = 0;
    int height = 0;
    PatchGrid grid;
    RectF source;  ///< the square in picture pixels (beyond the picture where it was padded)
};

/// Picture -> views, exactly as Hugging Face's slow CLIPImageProcessor (Crop), as LLaVA-1.5's
/// original code (Pad), or without keeping the aspect (Squash). checkpoints.md 4.
std::vector<View> preprocess(const Image& image,
                             const PreprocessConfig& config,
                             ImageMode mode,
                             int patch_px);

/// Pillow's Image.resize on uint8, bit for bit: fixed point, rounded to
/// uint8 between the passes. checkpoints.md 4.3.
Image resize(const Image& image, int width, int height, Resample resample);

}  // namespace prunescope
