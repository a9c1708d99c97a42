// Machine: what this process holds of it, to see that nothing stays behind.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <sys/resource.h>

namespace mycelium::testing_support {

/// Descriptors that this process has open now.
std::size_t open_descriptors();
/// What they are, one line each: for a failure's text.
std::string descriptors_text();
/// Maps of the library's shared memory that this process has.
std::size_t shared_maps();
/// Threads of this process.
std::size_t threads();
/// Bytes of memory that are resident.
std::size_t resident_bytes();
/// The most that ever were.
std::size_t peak_resident_bytes();
#if defined(__has_feature)
#define MYCELIUM_HAS_FEATURE_(name) __has_feature(name)
#else
#define MYCELIUM_HAS_FEATURE_(name) 0
#endif
/// True with AddressSanitizer, which our builds join with UndefinedBehaviorSanitizer.
constexpr bool is_address_sanitized() {
#if defined(__SANITIZE_ADDRESS__) || MYCELIUM_HAS_FEATURE_(address_sanitizer)
    return true;
#else
    return false;
#endif
}
/// True with that or with ThreadSanitizer: their own memory hides ours.
constexpr bool is_sanitized() {
#if defined(__SANITIZE_THREAD__) || MYCELIUM_HAS_FEATURE_(thread_sanitizer)
    return true;
#else
    return is_address_sanitized();
#endif
}
/// The test is asked for its long version.
bool is_long();

/// Lowers one soft limit and puts it back.
class LimitLowered {
public:
    LimitLowered(__rlimit_resource resource, rlim_t limit);
    ~LimitLowered();
    LimitLowered(const LimitLowered&) = delete;
    LimitLowered& operator=(const LimitLowered&) = delete;

private:
    __rlimit_resource resource_;
    rlimit before_{};
};

/// As long as it lives the process can open no descriptor: the holes between those that are open
/// are filled.
class DescriptorsExhausted {
public:
    DescriptorsExhausted();
    ~DescriptorsExhausted();
    DescriptorsExhausted(const DescriptorsExhausted&) = delete;
    DescriptorsExhausted& operator=(const DescriptorsExhausted&) = delete;

private:
    rlimit before_{};
    std::vector<int> fillers_;
};

/// A directory of a test's own, removed with all that is in it.
class TemporaryDirectory {
public:
    TemporaryDirectory();
    ~TemporaryDirectory();
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    const std::string& path() const noexcept { return path_; }
    std::size_t entries() const;

private:
    std::string path_;
};

}  // namespace mycelium::testing_support
