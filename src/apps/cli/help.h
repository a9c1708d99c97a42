// The examples that --help shows. A test runs every one of them as it stands.
#pragma once

namespace mycelium::cli::help {

inline constexpr const char* command = R"(Examples:
  seq 3 | mycelium pub unix:///tmp/numbers.sock &
  mycelium sub unix:///tmp/numbers.sock --count 3

Every verb has its own: mycelium pub --help

URLs: shm://name, unix:///path/to/socket, unix://@name, tcp://host:port
Exit status: 0 done, 1 failed, 2 wrong command line.
)";

inline constexpr const char* pub = R"(Examples:
  seq 3 | mycelium pub unix:///tmp/numbers.sock &
  mycelium sub unix:///tmp/numbers.sock --count 3

  mycelium pub tcp://127.0.0.1:7461 --file /etc/hostname &
  mycelium sub tcp://127.0.0.1:7461 --count 1 --raw

  yes tick | mycelium pub unix://@ticks --rate 50 --count 10 &
  mycelium sub unix://@ticks --count 10 --json
)";

inline constexpr const char* sub = R"(Examples:
  mycelium sub unix:///tmp/news.sock --count 2 --timeout 20s &
  printf 'first\nsecond\n' | mycelium pub unix:///tmp/news.sock

  seq 1000 | mycelium pub unix://@numbers &
  mycelium sub unix://@numbers --policy latest --timeout 3s | tail -n 1
)";

inline constexpr const char* call = R"(Examples:
  mycelium serve unix:///tmp/echo.sock --echo --count 2 &
  mycelium call unix:///tmp/echo.sock 'hello'
  date | mycelium call unix:///tmp/echo.sock -

  mycelium serve unix://@sum --exec "awk '{ n += \$1 } END { print n }'" --count 1 &
  seq 10 | mycelium call unix://@sum - --timeout 2s
)";

inline constexpr const char* serve = R"(Examples:
  mycelium serve unix:///tmp/upper.sock --exec 'tr a-z A-Z' --count 1 &
  mycelium call unix:///tmp/upper.sock 'hello'

  mycelium serve tcp://127.0.0.1:7462 --echo --count 1 &
  mycelium call tcp://127.0.0.1:7462 'anybody there?'
)";

inline constexpr const char* ls = R"(Examples:
  seq 3 | mycelium pub unix:///tmp/numbers.sock &
  mycelium ls
  mycelium sub unix:///tmp/numbers.sock --count 3

  mycelium ls --json

Nodes are found in /proc, without their help: stopped and hanging ones, too.
)";

inline constexpr const char* inspect = R"(Examples:
  yes tick | mycelium pub shm://clock --rate 100 --count 300 &
  mycelium sub shm://clock --count 200 > /dev/null &
  mycelium inspect $!
  mycelium inspect $(pgrep -n -f 'pub shm://clock') --records 3

The process is not asked: it may be stopped. docs/formats/shared-memory.md
explains what is shown.
)";

inline constexpr const char* stats = R"(Examples:
  yes tick | mycelium pub unix://@clock --rate 100 --count 100 &
  mycelium sub unix://@clock --count 100 | tail -n 1 &
  mycelium stats --interval 500ms

  mycelium stats --json --interval 100ms

For each subscription of a publisher, sent = delivered + dropped + in flight,
and each term is counted where it happens: ✓ says that they fit.
)";

inline constexpr const char* top = R"(Examples:
  seq 3 | mycelium pub unix:///tmp/numbers.sock &
  mycelium top --once --interval 100ms
  mycelium sub unix:///tmp/numbers.sock --count 3

BEHIND: sent, and not known to be received. LOST: dropped or missed, ever.
)";

inline constexpr const char* relay = R"(Examples:
  mycelium relay --domain market_data --in shm://md/in --out shm://md/out &
  mycelium sub shm://md/out --json --count 1 --timeout 20s &
  mycelium relay list shm://md/out
  printf '\x01\x02hi' | mycelium pub --dial shm://md/in --file -
  mycelium relay drain shm://md/out

Consumers may ask for types of messages: mycelium sub --types 1,11.
)";

inline constexpr const char* up = R"(Examples:
  printf '[service.clock]\ncommand = ["date"]\nrestart = "never"\n' > /tmp/clock.toml
  mycelium up /tmp/clock.toml

Ctrl-C stops all in reverse order, a second one at once. docs/guide/deployment.md
explains the file.
)";

inline constexpr const char* ps = R"(Examples:
  printf '[service.cat]\ncommand = ["sleep", "60"]\n' > /tmp/sleepy.toml
  mycelium up /tmp/sleepy.toml &
  until mycelium ps sleepy 2> /dev/null; do sleep 0.1; done
  mycelium down sleepy

CPU and MEMORY are those of the service's processes together.
)";

inline constexpr const char* control = R"(Examples:
  printf '[service.nap]\ncommand = ["sleep", "60"]\n' > /tmp/naps.toml
  mycelium up /tmp/naps.toml &
  until mycelium ps naps > /dev/null 2>&1; do sleep 0.1; done
  mycelium restart naps nap
  mycelium stop naps nap
  mycelium start naps nap
  mycelium ps naps
  mycelium down naps
)";

inline constexpr const char* tlv = R"(Examples:
  echo '{"relay_domain":1,"version":1,"source":1,"flags":0,"sequence":7,
         "timestamp":0,"tlvs":[{"type":2,"hex":"0a0b"}]}' > /tmp/message.json
  mycelium tlv encode < /tmp/message.json | mycelium tlv decode
  mycelium tlv encode < /tmp/message.json | od -A d -t x1
)";

inline constexpr const char* bench = R"(Examples:
  mycelium bench --list
  mycelium bench --short --rows tlv
  mycelium bench --rows round-trip/shm,loan --wide
  mycelium bench --scaling --short --rows links/unix
)";

}  // namespace mycelium::cli::help
