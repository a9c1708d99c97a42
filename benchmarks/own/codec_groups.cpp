#include "benchmarks/own/codec_groups.h"

#include "benchmarks/own/fields.h"
#include "benchmarks/own/trade.h"
#include "benchmarks/raw/baselines.h"

namespace mycelium::bench {

void add_codecs(std::vector<Group>& groups) {
    groups.push_back({Unit::rate,
                      40,
                      "a struct, member by member",
                      raw_trade,
                      {{"trade-tlv", own_trade},
                       {"trade-tlv-by-schema", own_trade_by_schema},
                       {"trade-tlv-checked", own_trade_checked}}});
#ifdef MYCELIUM_HAS_MSGPACK_CXX
    groups.push_back({Unit::rate,
                      0,
                      "msgpack-cxx: an array; buffer and zone are used again",
                      msgpack_cxx_fields,
                      {{"msgpack/12-fields", own_fields}}});
#endif
}

}  // namespace mycelium::bench
