#pragma once

#include "core/base/hash.h"
#include "core/engine/run.h"
#include "core/prune/catalog.h"

#include <cstdint>
#include <functional>
#include <memory>

namespace prunescope {

/// What the stages share; for their sources only.

/// The catalog entry of the method that runs.
const MethodSpec& methodOf(const RunContext& context);

/// Values of the method's parameters with this effect become part of a key.
void addParams(Hasher& hasher,
               const MethodSpec& spec,
               const RunSettings& settings,
               ParamEffect effect);

void addRules(Hasher& hasher, const PatchRules& rules);

/// Notes in the trace that a stage came from the cache.
void account(RunTrace& trace, CachedStage stage, bool reused);

/// cache.get() that also notes in the trace whether the value was there.
template <typename T>
std::shared_ptr<const T> cached(const RunContext& context,
                                RunTrace& trace,
                                CachedStage stage,
                                std::uint64_t key,
                                const std::function<T()>& make) {
    bool reused = true;
    auto value = context.cache.get<T>(stage, key, [&] {
        reused = false;
        return make();
    });
    account(trace, stage, reused);
    return value;
}

}  // namespace prunescope
