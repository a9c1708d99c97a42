// Everything a user of Mycelium includes.
#pragma once

#include <mycelium/bytes.h>
#include <mycelium/codec.h>
#include <mycelium/limits.h>
#include <mycelium/node.h>
#include <mycelium/pubsub.h>
#include <mycelium/relay.h>
#include <mycelium/reqrep.h>
#include <mycelium/result.h>
#include <mycelium/run.h>
#include <mycelium/schema.h>
#include <mycelium/time.h>
#include <mycelium/tlv.h>
#include <mycelium/url.h>
