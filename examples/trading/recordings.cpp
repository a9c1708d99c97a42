#include "recordings.h"

#include <memory>
#include <sstream>

#include "generated_recording.h"

namespace trading {

mycelium::Result<Recording> open_recording(const Options& options,
                                           Recording::OnBadLine on_bad_line) {
    if (!options.trades.empty()) return Recording::open(options.trades, std::move(on_bad_line));
    return Recording::from(std::make_unique<std::istringstream>(generated_recording(options.seed)),
                           "the generated recording", std::move(on_bad_line));
}

}  // namespace trading
