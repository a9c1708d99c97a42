// Survivors: the other ends of victims, which expect whole messages and a definite end.
#pragma once

#include <memory>
#include <string>

#include "nursery.h"

namespace mycelium::attack {

/// What it does while the victim lives, and after. Fails the test that uses it.
class Survivor {
public:
    virtual ~Survivor() = default;
    virtual std::string urls() const = 0;
    virtual void begin() {}
    virtual void work(Nursery& nursery) = 0;
    virtual void end() = 0;
    /// What makes it take back what it may.
    virtual void tidy() {}
};

/// Of a victim in that role.
std::unique_ptr<Survivor> survivor_of(const std::string& role);

}  // namespace mycelium::attack
