#include "host/os/held_memory.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

namespace mycelium::os {
namespace {

TEST(HeldMemory, a_processs_memory_of_a_name_is_found_once) {
    const Fd memory = Fd::adopt(::memfd_create("mycelium.held test", MFD_CLOEXEC));
    const Fd again = Fd::adopt(::dup(memory.get()));
    const Fd other = Fd::adopt(::memfd_create("mycelium.held test two", MFD_CLOEXEC));
    const auto own = find_held_memory("mycelium.held test", ::getpid()).value();
    ASSERT_EQ(own.files.size(), 1u);
    EXPECT_EQ(own.files[0].pid, ::getpid());
    EXPECT_TRUE(own.files[0].open().ok());
    const auto all = find_held_memory("mycelium.held test").value();
    EXPECT_EQ(std::count_if(all.files.begin(), all.files.end(),
                            [](const HeldFile& file) { return file.pid == ::getpid(); }),
              1);
}

TEST(HeldMemory, what_has_gone_meanwhile_is_unavailable) {
    Fd memory = Fd::adopt(::memfd_create("mycelium.held gone", MFD_CLOEXEC));
    const auto own = find_held_memory("mycelium.held gone", ::getpid()).value();
    memory.reset();
    ASSERT_EQ(own.files.size(), 1u);
    EXPECT_EQ(own.files[0].open().error(), Errc::unavailable);
}

}  // namespace
}  // namespace mycelium::os
