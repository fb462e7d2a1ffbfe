#include "app/compare_command.h"

#include "app/cli_commands.h"
#include "app/compare_report.h"
#include "app/compare_set.h"
#include "app/figures.h"
#include "core/base/error.h"
#include "core/base/stop.h"
#include "core/base/text.h"
#include "core/engine/run.h"
#include "core/model/bundled.h"

#include <filesystem>
#include <iostream>
#include <optional>

namespace prunescope {

namespace {

namespace fs = std::filesystem;

/// The variants of one picture, one after another.
class Comparison {
public:
    Comparison(const CompareArguments& arguments,
               std::vector<Variant> variants,
               const Vlm& vlm,
               std::stop_token stop)
        : arguments_(arguments),
          variants_(std::move(variants)),
          boxes_(boxesFrom(arguments)),
          vlm_(vlm),
          stop_(std::move(stop)) {}

    ComparedPicture compare(const fs::path& path, const std::string& prompt) {
        RunRequest request;
        request.image = openPicture(path);
        request.image_name = path.filename().string();
        request.prompt = prompt;
        wantAnswerAlone(request);
        request.settings = variants_.front().settings;
        request.settings.method = "none";
        request.settings.params.clear();
        request.settings.patch_rules.clear();
        ComparedPicture picture{run({vlm_, cache_, request, stop_}), boxes_, {}};
        for (const Variant& variant : variants_) {
            request.settings = variant.settings;
            picture.runs.push_back(runOne(variant, request));
            if (!arguments_.overlay_dir.empty() && picture.runs.back().error.empty()) {
                writeOverlay(picture.runs.back(), *request.image, path.stem().string());
            }
        }
        ++n_pictures_;
        return picture;
    }

    const std::optional<Error>& firstError() const { return first_error_; }

private:
    ComparedRun runOne(const Variant& variant, const RunRequest& request) {
        ComparedRun done{variant.label, variant.settings, {}, {}};
        try {
            done.trace = run({vlm_, cache_, request, stop_});
            for (const std::string& note : done.trace.notes) {
                std::cerr << variant.label << ": " << note << '\n';
            }
        } catch (const Error& error) {
            done.error = error.what();
            std::cerr << variant.label << ", budget " << variant.settings.budget << ": "
                      << error.what() << '\n';
            if (!first_error_) {
                first_error_ = error;
            }
        }
        return done;
    }

    void writeOverlay(const ComparedRun& run, const Image& image, const std::string& stem) {
        std::string name = stem + "-" + run.label + "-" + std::to_string(run.settings.budget);
        if (n_pictures_ > 0) {  // pictures of different folders may share a name
            name = std::to_string(n_pictures_ + 1) + "-" + name;
        }
        for (char& c : name) {
            const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                  (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
            c = is_plain ? c : '_';
        }
        writeOverlayFile(
            run.trace, image, (fs::path(arguments_.overlay_dir) / (name + ".png")).string());
    }

    const CompareArguments& arguments_;
    std::vector<Variant> variants_;
    std::vector<RectF> boxes_;
    const Vlm& vlm_;
    std::stop_token stop_;
    StageCache cache_;
    std::optional<Error> first_error_;
    int n_pictures_ = 0;
};

void makeFolder(const std::string& folder) {
    std::error_code error;
    if (!folder.empty() && !fs::create_directories(folder, error) && !fs::is_directory(folder)) {
        throw Error(ErrorCode::Failure,
                    "The folder " + inQuotes(folder) + " could not be made.",
                    error ? error.message() + "." : "");
    }
}

}  // namespace

void compareCommand(const CompareArguments& arguments, const std::stop_token& stop) {
    if (!arguments.set.path.empty()) {
        compareSet(arguments, stop);
        return;
    }
    std::vector<fs::path> images(arguments.images.begin(), arguments.images.end());
    std::string prompt = arguments.run.prompt;
    if (images.empty()) {
        const ModelSample sample = bundledSample();
        images.push_back(sample.image);
        prompt = prompt.empty() ? sample.prompt : prompt;
    }
    variantsFrom(arguments);  // what is typed wrongly is said before the model is loaded
    boxesFrom(arguments);
    makeFolder(arguments.overlay_dir);
    const std::unique_ptr<Vlm> vlm = loadModel(arguments.run, stop);
    Comparison comparison(arguments, variantsFor(arguments, *vlm), *vlm, stop);
    ComparedPictures compared{{}, equalBasisFrom(arguments.equal)};
    for (const fs::path& image : images) {
        compared.pictures.push_back(comparison.compare(image, prompt));
    }
    if (arguments.json) {
        std::cout << compareToJson(compared) << '\n';
    } else if (arguments.csv) {
        std::cout << compareToCsv(compared);
    } else {
        std::cout << compareToTable(compared);
    }
    if (comparison.firstError()) {
        throw Error(*comparison.firstError());
    }
}

}  // namespace prunescope
