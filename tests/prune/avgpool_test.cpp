#include "core/prune/avgpool.h"

#include "core/prune/grid.h"
#include "tests/prune/fake_views.h"

#include <ATen/ops/adaptive_avg_pool2d.h>

#include <gtest/gtest.h>

namespace prunescope {

using testing::runToy;
using testing::ToyEncoder;
using testing::ToyRun;

TEST(AveragePool, EqualsAdaptivePoolingThinnedAsTheGrid) {
    for (const PatchGrid grid : {PatchGrid{6, 6, 14}, PatchGrid{5, 7, 14}, PatchGrid{8, 3, 14}}) {
        for (int k = 1; k <= grid.count(); ++k) {
            ToyEncoder encoder;
            encoder.grid = grid;
            encoder.seed = static_cast<std::uint64_t>(k);
            RunSettings settings;
            settings.method = "avgpool";
            settings.budget = k;
            const ToyRun run = runToy(encoder, settings);
            const SampleShape shape = sampleShape(grid, k);
            const at::Tensor map =
                run.full.view({1, grid.rows, grid.cols, encoder.width}).permute({0, 3, 1, 2});
            const at::Tensor pooled = at::adaptive_avg_pool2d(map, {shape.rows, shape.cols})
                                          .squeeze(0)
                                          .flatten(1)
                                          .transpose(0, 1);  // [cells, D]
            std::vector<std::int64_t> cells;
            for (const int cell : thinnedCells(shape, k)) {
                cells.push_back(cell);
            }
            const at::Tensor expected = gatherRows(pooled, cells);
            EXPECT_LT(run.selection.tokens.sub(expected).abs().max().item<float>(), 1e-5) << k;
        }
    }
}

TEST(AveragePool, StandsWhereTheGridSamples) {
    ToyEncoder encoder;
    for (const int k : {1, 4, 7, 20, 36}) {
        RunSettings settings;
        settings.budget = k;
        settings.method = "avgpool";
        const Selection pooled = runToy(encoder, settings).selection;
        settings.method = "grid";
        EXPECT_EQ(pooled.kept, runToy(encoder, settings).selection.kept);
        EXPECT_EQ(pooled.rows.front().kind, k == 36 ? RowKind::Patch : RowKind::Merged);
    }
}

}  // namespace prunescope
