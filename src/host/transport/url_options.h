// What may stand behind the '?' of a URL.
#pragma once

#include <mycelium/ext/stream.h>
#include <mycelium/result.h>
#include <mycelium/url.h>

#include "host/os/user.h"

namespace mycelium::transport {

/// invalid: an option that nobody reads (a typing error in `allow` must not pass for consent), or a
/// value that cannot be one.
Result<void> check_options(const Url& url, const StreamTransport& streams);
/// Of a scheme that takes none.
Result<void> check_no_options(const Url& url);
/// Should frames over this transport and URL carry a checksum? (`?checksum=on`)
bool is_checked(const StreamTransport& streams, const Url& url);
/// Does the URL admit processes of this user? (`?allow=uid:1000,uid:1001`, `?allow=uid:*`)
bool allows(const Url& url, std::int64_t user);

}  // namespace mycelium::transport
