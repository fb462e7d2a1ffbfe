#include "core/base/hash.h"
#include "core/base/random.h"
#include "core/base/table.h"
#include "core/base/text.h"

#include <algorithm>
#include <array>
#include <set>

#include <gtest/gtest.h>

namespace prunescope {
namespace {

TEST(Hash, DependsOnEveryByteAndLength) {
    const auto of = [](std::string_view text) { return Hasher().add(text).value(); };
    EXPECT_EQ(of("abc"), of("abc"));
    std::set<std::uint64_t> seen;
    for (const std::string_view text : {std::string_view(""),
                                        std::string_view("\0", 1),
                                        std::string_view("\0\0", 2),
                                        std::string_view("abcdefgh"),
                                        std::string_view("abcdefg"),
                                        std::string_view("abcdefghi"),
                                        std::string_view("bacdefgh")}) {
        EXPECT_TRUE(seen.insert(of(text)).second);
    }
}

TEST(Random, DrawsWithoutReplacement) {
    std::array<int, 10> counts{};
    for (std::uint64_t seed = 0; seed < 2000; ++seed) {
        const auto drawn = drawWithoutReplacement(10, 3, seed);
        ASSERT_EQ(drawn.size(), 3u);
        ASSERT_TRUE(std::is_sorted(drawn.begin(), drawn.end()));
        ASSERT_TRUE(std::adjacent_find(drawn.begin(), drawn.end()) == drawn.end());
        for (const auto i : drawn) {
            ++counts.at(static_cast<std::size_t>(i));
        }
    }
    for (const int count : counts) {
        EXPECT_NEAR(count, 600, 100);
    }
    EXPECT_EQ(drawWithoutReplacement(4, 4, 1), (std::vector<std::int32_t>{0, 1, 2, 3}));
    EXPECT_TRUE(drawWithoutReplacement(4, 0, 1).empty());
}

TEST(Text, Words) {
    EXPECT_EQ(humanBytes(999), "999 B");
    EXPECT_EQ(humanBytes(18'700'000), "18.7 MB");
    EXPECT_EQ(inQuotes("a\nb"), "\"a\\x0ab\"");
    EXPECT_EQ(number(0.1), "0.1");
    EXPECT_EQ(join({"a", "b"}, ", "), "a, b");
    EXPECT_EQ(hex(255), "00000000000000ff");
}

TEST(Table, FieldsAndColumns) {
    EXPECT_EQ(csvField("plain"), "plain");
    EXPECT_EQ(csvField("a, \"b\""), "\"a, \"\"b\"\"\"");
    EXPECT_EQ(csvField("a\nb"), "\"a\nb\"");
    EXPECT_EQ(alignedColumns({{"k", "name"}, {"16", "é"}, {"5", ""}}, {true, false}),
              " k  name\n16  é\n 5\n");
}

}  // namespace
}  // namespace prunescope
