#pragma once

#include "core/dataset/score.h"
#include "core/image/patch_grid.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace prunescope {

/// A thing in a picture, where a set says so.
struct NamedBox {
    std::string name;
    RectF box;  ///< picture pixels

    bool operator==(const NamedBox&) const = default;
};

/// One question about one picture.
struct EvalSample {
    std::string id;               ///< unique in its set
    std::filesystem::path image;  ///< ready to open
    std::string image_name;       ///< as the set writes it
    std::string prompt;
    std::vector<std::string> answers;  ///< accepted; empty: compared with the unpruned answer
    std::string task;                  ///< a column of the table
    std::vector<std::string> tags;
    std::vector<NamedBox> boxes;
    Scorer scorer = Scorer::Exact;
    std::string group;  ///< samples that are right together only (MME: the picture); else empty

    bool operator==(const EvalSample&) const = default;
};

/// Something in a set that cannot be used. Shown, counted, and never silently dropped.
struct SetProblem {
    std::string file;
    int line = 0;  ///< from 1; 0: the file as a whole
    std::string message;

    bool operator==(const SetProblem&) const = default;
};

/// "pope.json line 12: the label is "maybe", not yes or no."
std::string textOf(const SetProblem& problem);

struct SampleSet {
    std::string name;
    std::vector<EvalSample> samples;  ///< in the order of the files
    std::vector<SetProblem> problems;
};

enum class SetFormat {
    Auto,      ///< told by the contents
    Lines,     ///< JSON lines: POPE, LLaVA's question files, the bundled benchmark
    Gqa,       ///< GQA's questions: one object of id -> {imageId, question, answer}
    Vqa,       ///< TextVQA ({"data": [...]}) and VizWiz ([{image, question, answers}])
    Llava,     ///< LLaVA's conversations (ScienceQA-image)
    Mme,       ///< a folder of tasks with pictures and "question <tab> answer" texts
    Csv,       ///< comma- or tab-separated, with a header
    Pictures,  ///< a folder of pictures and one prompt
};

/// @throws Error(Usage) naming the choices
SetFormat setFormatFrom(const std::string& name);

struct SetOptions {
    SetFormat format = SetFormat::Auto;
    std::filesystem::path images = {};   ///< where pictures lie; empty: beside the set
    std::filesystem::path answers = {};  ///< answers of a question file (Lines) that has none
    std::string prompt = {};             ///< Pictures: the question; else unused
    std::string suffix = {};             ///< added to every question on a line of its own
    std::string scorer = {};             ///< overrides the format's scorer; empty: the format's
    bool stop_on_problem = false;        ///< throw at the first problem instead of collecting it
};

/// Limits for sets from outside.
struct SetLimits {
    std::uint64_t max_file_bytes = 512u << 20;
    std::size_t max_line_bytes = 1u << 20;
    std::size_t max_samples = 1'000'000;
    std::size_t max_prompt_bytes = 64u << 10;
    std::size_t max_answers = 100;
};

/// Reads a set. Pictures are looked for relative to `images`, or to the file that names them, and
/// are not decoded here. A name that leads out of that folder, or to no file, is a problem of its
/// line.
/// @throws Error(Input): nothing readable at `path`, no sample at all, or (stop_on_problem) the
/// first problem; Error(Usage): Pictures without a prompt
SampleSet readSampleSet(const std::filesystem::path& path,
                        const SetOptions& options = {},
                        const SetLimits& limits = {});

/// `count` of the set's samples, drawn with `seed` and in the set's order: so many of each task as
/// its share says, at least one where there is one. 0: all.
std::vector<EvalSample> drawSamples(const SampleSet& set, std::size_t count, std::uint64_t seed);

/// Samples of one picture stand together (in the order of their first), so that the work done for
/// a picture is shared.
std::vector<EvalSample> groupedByImage(std::vector<EvalSample> samples);

/// Changes with anything that decides a result: ids, names and sizes of pictures, prompts, answers,
/// scorers, boxes.
std::uint64_t contentHash(const std::vector<EvalSample>& samples);

}  // namespace prunescope
