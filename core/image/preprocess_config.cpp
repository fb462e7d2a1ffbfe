// preprocessor_config.json in its old spelling ("size": 336) and its new ones.
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/image/preprocess.h"

#include <cmath>

namespace prunescope {

namespace {

using Json = nlohmann::json;

constexpr int kMaxEdge = 8192;
const std::string kFile = "preprocessor_config.json";

[[noreturn]] void refuse(const std::string& what) {
    throw Error(ErrorCode::Model, kFile + ": " + what);
}

/// The value of a key, or nullptr when it is absent or null.
const Json* find(const Json& object, const char* key) {
    const auto it = object.find(key);
    return it == object.end() || it->is_null() ? nullptr : &*it;
}

int edge(const Json& value, const std::string& name) {
    if (!value.is_number_integer() || value < 1 || value > kMaxEdge) {
        refuse(inQuotes(name) + " must be a whole number from 1 to " + std::to_string(kMaxEdge) +
               ", not " + inQuotes(value.dump(), 40));
    }
    return value.get<int>();
}

int edgeOf(const Json& object, const char* key, const std::string& name) {
    const Json* value = find(object, key);
    if (value == nullptr) {
        refuse(inQuotes(name) + " has no " + inQuotes(key));
    }
    return edge(*value, name + "." + key);
}

void readSize(const Json& root, PreprocessConfig& config) {
    const Json* size = find(root, "size");
    if (size == nullptr) {
        return;
    }
    if (!size->is_object()) {
        config.shortest_edge = edge(*size, "size");
    } else if (find(*size, "shortest_edge") != nullptr) {
        config.shortest_edge = edgeOf(*size, "shortest_edge", "size");
    } else {
        config.shortest_edge = 0;
        config.resize_width = edgeOf(*size, "width", "size");
        config.resize_height = edgeOf(*size, "height", "size");
    }
}

void readCropSize(const Json& root, PreprocessConfig& config) {
    const Json* crop = find(root, "crop_size");
    if (crop == nullptr) {
        return;
    }
    if (crop->is_object()) {
        config.crop_width = edgeOf(*crop, "width", "crop_size");
        config.crop_height = edgeOf(*crop, "height", "crop_size");
    } else {
        config.crop_width = config.crop_height = edge(*crop, "crop_size");
    }
}

void readSwitch(const Json& root, const char* key, bool& value) {
    if (const Json* found = find(root, key)) {
        if (!found->is_boolean()) {
            refuse(inQuotes(key) + " must be true or false");
        }
        value = found->get<bool>();
    }
}

void readColour(
    const Json& root, const char* key, double low, double high, std::array<float, 3>& out) {
    const Json* found = find(root, key);
    if (found == nullptr) {
        return;
    }
    if (!found->is_array() || found->size() != 3) {
        refuse(inQuotes(key) + " must be a list of three numbers");
    }
    for (std::size_t c = 0; c < 3; ++c) {
        const Json& value = (*found)[c];
        if (!value.is_number() || !(value.get<double>() >= low && value.get<double>() <= high)) {
            refuse(inQuotes(key) + " must hold numbers from " + number(low) + " to " +
                   number(high));
        }
        out[c] = value.get<float>();
    }
}

void readResample(const Json& root, PreprocessConfig& config) {
    const Json* found = find(root, "resample");
    if (found == nullptr) {
        return;
    }
    if (!found->is_number_integer() || *found < 1 || *found > 3) {
        throw Error(ErrorCode::Model,
                    kFile + ": resample " + inQuotes(found->dump(), 40) + " is not supported",
                    "1 (Lanczos), 2 (bilinear) and 3 (bicubic) are.");
    }
    config.resample = static_cast<Resample>(found->get<int>());
}

}  // namespace

PreprocessConfig readPreprocessConfig(const std::filesystem::path& model_dir, int image_size) {
    if (image_size < 1 || image_size > kMaxEdge) {
        throw Error(ErrorCode::Model,
                    "The vision tower's image_size " + std::to_string(image_size) +
                        " is not between 1 and " + std::to_string(kMaxEdge));
    }
    PreprocessConfig config;
    config.crop_width = config.crop_height = config.shortest_edge = image_size;
    const std::filesystem::path path = model_dir / kFile;
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) {
        return config;
    }
    const Json root =
        readJsonFile(path, ErrorCode::Model, {.max_bytes = 1u << 20, .max_depth = 16});
    if (!root.is_object()) {
        refuse("the file holds no object");
    }
    readSize(root, config);
    readCropSize(root, config);
    readSwitch(root, "do_resize", config.do_resize);
    readSwitch(root, "do_center_crop", config.do_center_crop);
    readSwitch(root, "do_rescale", config.do_rescale);
    readSwitch(root, "do_normalize", config.do_normalize);
    readResample(root, config);
    readColour(root, "image_mean", 0.0, 1.0, config.mean);
    readColour(root, "image_std", 1e-3, 1e3, config.std);
    if (const Json* factor = find(root, "rescale_factor")) {
        if (!factor->is_number() || !(factor->get<double>() > 0 && factor->get<double>() <= 1)) {
            refuse("\"rescale_factor\" must be a number above 0 and at most 1");
        }
        config.rescale_factor = factor->get<double>();
    }
    if (!config.do_center_crop && (!config.do_resize || config.shortest_edge > 0)) {
        refuse("without \"do_center_crop\" the pictures would not all get the same size");
    }
    return config;
}

}  // namespace prunescope
