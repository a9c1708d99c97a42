// The mycelium command: its command line. What the verbs do stands in a file each.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <new>
#include <sstream>
#include <string>
#include <vector>

#include "apps/cli/bench.h"
#include "apps/cli/call.h"
#include "apps/cli/help.h"
#include "apps/cli/inspect.h"
#include "apps/cli/ls.h"
#include "apps/cli/output.h"
#include "apps/cli/pub.h"
#include "apps/cli/quantity.h"
#include "apps/cli/report.h"
#include "apps/cli/serve.h"
#include "apps/cli/stats.h"
#include "apps/cli/sub.h"
#include "apps/cli/tlv.h"
#include "apps/cli/top.h"
#include "apps/cli/usage.h"
#include "host/os/signals.h"
#include "host/os/standard_io.h"

namespace mycelium::cli {

namespace {

using Verb = std::function<int()>;

/// Help without what an option's text says already.
class Format final : public CLI::Formatter {
public:
    Format() { column_width(26); }
    std::string make_option_opts(const CLI::Option* option) const override {
        const std::string type = option->get_positional() ? "" : option->get_type_name();
        return type.empty() ? "" : " " + type;
    }
};

/// An option whose text `parse` makes a value of.
template <class Value, class Parse>
CLI::Option* add_parsed(CLI::App* app, const std::string& name, Value& value, Parse parse,
                        const std::string& text) {
    return app->add_option_function<std::string>(
        name,
        [&value, parse, name](const std::string& written) {
            auto parsed = parse(written);
            if (!parsed) throw CLI::ValidationError(name, parsed.error().message());
            value = *parsed;
        },
        text);
}

template <class Value>
CLI::Option* add_duration(CLI::App* app, const std::string& name, Value& value,
                          const std::string& text) {
    return add_parsed(app, name, value, parse_duration, text)->type_name("DURATION");
}

Result<std::uint64_t> parse_message_size(std::string_view text) {
    MYCELIUM_TRY_ASSIGN(const std::uint64_t size, parse_size(text));
    if (size == 0 || size > limits::message_bytes_ceiling)
        return Error{Errc::invalid, "a message has 1 to " +
                                        std::to_string(limits::message_bytes_ceiling) + " bytes"};
    return size;
}

/// Reads whole numbers in a range.
auto whole_number(std::uint64_t min, std::uint64_t max = UINT64_MAX) {
    return [min, max](std::string_view text) -> Result<std::uint64_t> {
        std::uint64_t number = 0;
        const char* end = text.data() + text.size();
        const auto [stopped, error] = std::from_chars(text.data(), end, number);
        if (error == std::errc{} && stopped == end && number >= min && number <= max) return number;
        const std::string bounds = max == UINT64_MAX
                                       ? std::to_string(min) + " on"
                                       : std::to_string(min) + " to " + std::to_string(max);
        return Error{Errc::invalid,
                     "'" + std::string{text} + "' is not a whole number from " + bounds};
    };
}

/// Reads numbers in a range.
auto number(double min, double max, std::string_view bounds) {
    return [min, max, bounds](std::string_view text) -> Result<double> {
        double value = 0;
        const char* end = text.data() + text.size();
        const auto [stopped, error] = std::from_chars(text.data(), end, value);
        if (error == std::errc{} && stopped == end && value >= min && value <= max) return value;
        return Error{Errc::invalid,
                     "'" + std::string{text} + "' is not a number from " + std::string{bounds}};
    };
}

Result<SlowReader> parse_policy(std::string_view text) {
    for (auto policy :
         {SlowReader::block, SlowReader::drop_oldest, SlowReader::latest, SlowReader::disconnect})
        if (name_of(policy) == text) return policy;
    return Error{Errc::invalid, "'" + std::string{text} +
                                    "' is none of block, drop_oldest, latest and disconnect"};
}

/// One URL, or a list of them.
template <class Written>
void add_urls(CLI::App* app, EndOptions& end, const std::string& text) {
    const auto take = [&end](const Written& written) {
        std::vector<std::string> urls;
        if constexpr (std::is_same_v<Written, std::string>)
            urls.push_back(written);
        else
            urls = written;
        if (auto checked = check_urls(urls); !checked)
            throw CLI::ValidationError(checked.error().message());
        end.urls = std::move(urls);
    };
    app->add_option_function<Written>(
           "URL", take, text + ": shm://name, unix:///path, unix://@name or tcp://host:port")
        ->required();
}

void add_ends(CLI::App* app, EndOptions& end, const std::string& usual) {
    auto* bind = app->add_flag_callback(
        "--bind", [&end] { end.role = Role::bind; }, "Bind the URL");
    app->add_flag_callback(
           "--dial", [&end] { end.role = Role::connect; },
           "Dial the URL (" + usual + " unless said)")
        ->excludes(bind);
    add_parsed(app, "--message-max", end.message_bytes_max, parse_message_size,
               "Largest message (64MiB)")
        ->type_name("SIZE");
}

Verb add_pub(CLI::App& app, PubOptions& options) {
    auto* verb = app.add_subcommand("pub", "Publish the lines of standard input, or a file");
    add_urls<std::vector<std::string>>(verb, options.end, "Where to meet, one place or several");
    add_ends(verb, options.end, "pub binds");
    verb->add_option("--file,-f", options.file,
                     "Publish this file as one message; - is standard input")
        ->type_name("FILE");
    add_parsed(verb, "--rate", options.rate, number(0.001, 1e9, "0.001 to 1000000000"),
               "Messages per second (as fast as they come)")
        ->type_name("N");
    add_parsed(verb, "--count,-n", options.count, whole_number(1),
               "End after so many messages; a file: publish it so often")
        ->type_name("N");
    add_parsed(verb, "--wait", options.wait, whole_number(0, 4096),
               "Wait for so many subscribers first (1)")
        ->type_name("N");
    add_duration(verb, "--timeout", options.timeout, "Give up waiting for them after this (never)");
    add_duration(verb, "--linger", options.linger,
                 "At the end, wait so long until all is delivered (5s)");
    verb->footer(help::pub);
    return [&options] { return run_pub(options); };
}

Verb add_sub(CLI::App& app, SubOptions& options) {
    auto* verb =
        app.add_subcommand("sub", "Write what is published to standard output, a line per message");
    add_urls<std::vector<std::string>>(verb, options.end, "Where to meet, one place or several");
    add_ends(verb, options.end, "sub dials");
    auto* raw = verb->add_flag_callback(
        "--raw", [&] { options.form = SubOptions::Form::raw; },
        "Messages as they are, without a newline after each");
    verb->add_flag_callback(
            "--json", [&] { options.form = SubOptions::Form::json; },
            "A JSON object per message: header, what was missed before it, and its fields or "
            "base64")
        ->excludes(raw);
    add_parsed(verb, "--count,-n", options.count, whole_number(1), "End after so many messages")
        ->type_name("N");
    add_duration(verb, "--timeout", options.timeout, "End after so long a silence (never)");
    add_parsed(verb, "--policy", options.policy, parse_policy,
               "When we are too slow: block (default), drop_oldest, latest, disconnect")
        ->type_name("POLICY");
    add_parsed(verb, "--queue", options.queue_messages_max, whole_number(1, 1 << 20),
               "Messages the publisher keeps for us (1024)")
        ->type_name("N");
    verb->footer(help::sub);
    return [&options] { return run_sub(options); };
}

Verb add_call(CLI::App& app, CallOptions& options) {
    auto* verb = app.add_subcommand("call", "Ask once and write the answer to standard output");
    add_urls<std::string>(verb, options.end, "Who to ask");
    auto* body = verb->add_option("BODY", options.body, "What to ask; - is standard input")
                     ->type_name("BODY");
    auto* file = verb->add_option("--file,-f", options.file, "Ask with the content of this file")
                     ->type_name("FILE");
    file->excludes(body);
    verb->add_option("--method,-m", options.method, "The method's name, if the replier has several")
        ->type_name("NAME");
    add_duration(verb, "--timeout", options.timeout, "Give up after this (5s)");
    auto* raw = verb->add_flag_callback(
        "--raw", [&] { options.form = CallOptions::Form::raw; },
        "The answer as it is, without a newline after it");
    verb->add_flag_callback(
            "--json", [&] { options.form = CallOptions::Form::json; },
            "The answer as a JSON object: its fields or base64")
        ->excludes(raw);
    verb->add_flag("--notify", options.is_notification, "Wait for no answer")->excludes(raw);
    add_ends(verb, options.end, "call dials");
    verb->footer(help::call);
    verb->final_callback([body, file] {
        if (body->count() == 0 && file->count() == 0)
            throw CLI::ValidationError("say what to ask: BODY, - for standard input, or --file");
    });
    return [&options] { return run_call(options); };
}

Verb add_serve(CLI::App& app, ServeOptions& options, bool& echo) {
    auto* verb = app.add_subcommand("serve", "Answer requests with what they say, or by a command");
    add_urls<std::vector<std::string>>(verb, options.end, "Where to meet, one place or several");
    add_ends(verb, options.end, "serve binds");
    auto* echoes = verb->add_flag("--echo", echo, "Answer what was asked");
    auto* command =
        verb->add_option("--exec", options.command,
                         "Run this shell command for each request: the body is its standard input, "
                         "its standard "
                         "output the answer; if it fails, its standard error is the error answer")
            ->type_name("COMMAND");
    command->excludes(echoes);
    add_parsed(verb, "--jobs,-j", options.jobs, whole_number(1, 1024),
               "Commands at the same time (1)")
        ->type_name("N")
        ->needs(command);
    add_duration(verb, "--timeout", options.timeout, "Longest run of a command (60s)")
        ->needs(command);
    add_parsed(verb, "--count,-n", options.count, whole_number(1), "End after so many requests")
        ->type_name("N");
    verb->footer(help::serve);
    verb->final_callback([&options, echoes, command] {
        if (echoes->count() == 0 && command->count() == 0)
            throw CLI::ValidationError("say how to answer: --echo or --exec COMMAND");
        if (command->count() != 0 &&
            options.command->find_first_not_of(" \t\n") == std::string::npos)
            throw CLI::ValidationError("--exec needs a command; --echo answers without one");
    });
    return [&options] { return run_serve(options); };
}

Verb add_tlv(CLI::App& app, TlvOptions& options) {
    auto* verb = app.add_subcommand("tlv", "Turn one message from JSON into bytes, or back");
    auto* encode =
        verb->add_subcommand("encode", "JSON on standard input, the message on standard output");
    auto* decode =
        verb->add_subcommand("decode", "The message on standard input, JSON on standard output");
    decode->add_flag("--force", options.is_forced, "Show a message although its checksum is wrong");
    for (auto* direction : {encode, decode}) direction->footer(help::tlv);
    verb->require_subcommand(1);
    verb->footer(help::tlv);
    return [&options, encode] {
        options.direction =
            encode->parsed() ? TlvOptions::Direction::encode : TlvOptions::Direction::decode;
        return run_tlv(options);
    };
}

Verb add_bench(CLI::App& app, BenchOptions& options) {
    auto* verb =
        app.add_subcommand("bench", "Measure what messages cost here, beside the bare machine");
    add_parsed(verb, "--rounds", options.rounds, whole_number(1, 1000),
               "Rounds of each measurement (5)")
        ->type_name("N");
    add_parsed(verb, "--seconds", options.seconds, number(0.01, 600, "0.01 to 600"),
               "Length of one measurement (0.3)")
        ->type_name("N");
    verb->add_option("--rows", options.rows, "Only rows whose name contains one of these words")
        ->type_name("WORD,WORD");
    verb->add_flag("--json", options.json, "One JSON object instead of the table");
    verb->add_flag("--wide", options.wide, "Spreads and both processor times in the table");
    verb->add_flag("--short", options.is_short, "Less exact, in less than a minute");
    verb->add_flag("--list", options.list, "Only the names of the rows");
    verb->footer(help::bench);
    return [&options] { return run_bench(options); };
}

Verb add_ls(CLI::App& app, LsOptions& options) {
    auto* verb = app.add_subcommand("ls", "List the nodes on this machine, and who is linked");
    verb->add_flag("--json", options.json, "One JSON object instead of the list");
    verb->footer(help::ls);
    return [&options] { return run_ls(options); };
}

Verb add_inspect(CLI::App& app, InspectOptions& options) {
    auto* verb =
        app.add_subcommand("inspect", "Show a process's logs in shared memory, and who reads them");
    verb->add_option("PID", options.pid, "Which process")
        ->required()
        ->check(CLI::Range(1, 1 << 22));
    verb->add_option("--records,-n", options.records, "How many records of each log (8)")
        ->check(CLI::Range(0, 100'000));
    verb->footer(help::inspect);
    return [&options] { return run_inspect(options); };
}

Result<Duration> parse_interval(std::string_view text) {
    MYCELIUM_TRY_ASSIGN(const Duration interval, parse_duration(text));
    if (interval < std::chrono::milliseconds{10} || interval > std::chrono::hours{1})
        return Error{Errc::invalid, "an interval has 10ms to 1h"};
    return interval;
}

void add_look(CLI::App* app, std::string& which, Duration& interval) {
    app->add_option("PID|NAME", which, "Which process or node (all)");
    add_parsed(app, "--interval,-i", interval, parse_interval, "Time between two looks (1s)")
        ->type_name("DURATION");
}

Verb add_stats(CLI::App& app, StatsOptions& options) {
    auto* verb = app.add_subcommand("stats", "Tell what nodes count, how fast, and what got lost");
    add_look(verb, options.which, options.interval);
    verb->add_flag("--json", options.json, "One JSON object instead of the text");
    verb->footer(help::stats);
    return [&options] { return run_stats(options); };
}

Verb add_top(CLI::App& app, TopOptions& options) {
    auto* verb = app.add_subcommand("top", "Show the busiest links, live; q ends");
    add_look(verb, options.which, options.interval);
    verb->add_flag("--once", options.once, "One table, as lines");
    verb->footer(help::top);
    return [&options] { return run_top(options); };
}

/// "help pub" is "pub --help".
std::vector<std::string> words_of(int argc, char** argv) {
    std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
    if (words.empty() || words.front() != "help") return words;
    words.erase(words.begin());
    words.emplace_back("--help");
    return words;
}

/// --help and --version: what CLI11 prints is written like every other result.
int write_help(const CLI::App& app, const CLI::Success& asked) {
    std::ostringstream text;
    app.exit(asked, text, text);
    Output output;
    auto written = output.write(text.str());
    if (written) written = output.flush();
    return written ? exit_success : fail({}, written.error());
}

int run(int argc, char** argv, bool has_output) {
    CLI::App app{"Messages between services, from the command line", "mycelium"};
    app.set_version_flag("--version", "mycelium " MYCELIUM_VERSION);
    app.require_subcommand(1);
    app.footer(help::command);
    app.formatter(std::make_shared<Format>());

    PubOptions pub;
    SubOptions sub;
    CallOptions call;
    ServeOptions serve;
    TlvOptions tlv;
    BenchOptions bench;
    LsOptions ls;
    StatsOptions stats;
    InspectOptions inspect;
    TopOptions top;
    bool echo = false;
    const std::map<std::string, Verb> verbs{{"pub", add_pub(app, pub)},
                                            {"sub", add_sub(app, sub)},
                                            {"call", add_call(app, call)},
                                            {"serve", add_serve(app, serve, echo)},
                                            {"ls", add_ls(app, ls)},
                                            {"stats", add_stats(app, stats)},
                                            {"inspect", add_inspect(app, inspect)},
                                            {"top", add_top(app, top)},
                                            {"tlv", add_tlv(app, tlv)},
                                            {"bench", add_bench(app, bench)}};
    const auto has_results = [&call](const std::string& verb) {
        return verb != "pub" && verb != "serve" && !(verb == "call" && call.is_notification);
    };
    const Error no_output{Errc::invalid, "standard output is closed"};
    const std::vector<std::string> words = words_of(argc, argv);
    try {
        app.parse(std::vector<std::string>{words.rbegin(), words.rend()});
    } catch (const CLI::Success& asked) {  // --help, --version
        if (app.get_subcommands().empty() && !app.remaining().empty())
            return refuse(app, asked, words);
        return has_output ? write_help(app, asked) : fail({}, no_output);
    } catch (const CLI::ParseError& error) {
        return refuse(app, error, words);
    }
    const std::string verb = app.get_subcommands().front()->get_name();
    if (!has_output && has_results(verb)) return fail(verb, no_output);
    return verbs.at(verb)();
}

}  // namespace

}  // namespace mycelium::cli

int main(int argc, char** argv) {
    const bool has_output = mycelium::cli::Output::is_there();
    mycelium::os::ensure_standard_streams();
    mycelium::os::ignore_broken_pipes();
    try {
        return mycelium::cli::run(argc, argv, has_output);
    } catch (const std::bad_alloc&) {
        mycelium::cli::say({}, "out of memory");
    } catch (const std::exception& error) {
        mycelium::cli::say({}, error.what());
    }
    return mycelium::cli::exit_failure;
}
