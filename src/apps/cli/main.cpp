// The mycelium command: its command line. What the verbs do stands in a file each.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <map>
#include <new>
#include <sstream>
#include <string>
#include <vector>

#include "apps/cli/bench.h"
#include "apps/cli/call.h"
#include "apps/cli/command_line.h"
#include "apps/cli/describe.h"
#include "apps/cli/documents.h"
#include "apps/cli/help.h"
#include "apps/cli/inspect.h"
#include "apps/cli/ls.h"
#include "apps/cli/output.h"
#include "apps/cli/ps.h"
#include "apps/cli/pub.h"
#include "apps/cli/relay.h"
#include "apps/cli/report.h"
#include "apps/cli/serve.h"
#include "apps/cli/stats.h"
#include "apps/cli/sub.h"
#include "apps/cli/tlv.h"
#include "apps/cli/top.h"
#include "apps/cli/up.h"
#include "apps/cli/usage.h"
#include "host/os/signals.h"
#include "host/os/standard_io.h"

namespace mycelium::cli {

namespace {

using Verb = std::function<int()>;

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
    add_parsed(verb, "--policy", options.policy, parse_policy, "When we are too slow (block)")
        ->type_name("block|drop_oldest|latest|disconnect");
    add_parsed(verb, "--queue", options.queue_messages_max, whole_number(1, 1 << 20),
               "Messages the publisher keeps for us (4096)")
        ->type_name("N");
    add_parsed(verb, "--types", options.types, parse_types,
               "Of a relay: only messages that hold a TLV of one of these numbers")
        ->type_name("N,N");
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

void add_relay_manager(CLI::App* verb, RelayVerbOptions& options, const std::string& name,
                       const std::string& text, bool needs_consumer) {
    auto* action = verb->add_subcommand(name, text);
    action
        ->add_option("URL", options.url,
                     "Where the relay is managed: one of its --out, or --control")
        ->required();
    if (name == "list") {
        action->add_flag("--json", options.json, "One JSON object instead of the tables");
    } else {
        auto* consumer = action->add_option(
            "CONSUMER", options.command.consumer,
            "NAME, NAME@PID or #LINK, as listed" +
                std::string{needs_consumer ? "" : "; the relay as a whole without"});
        if (needs_consumer) consumer->required();
    }
    add_duration(action, "--timeout", options.timeout, "Give up after this (12s)");
    action->footer(help::relay);
    action->callback([&options, name] {
        options.action =
            name == "list" ? RelayVerbOptions::Action::list : RelayVerbOptions::Action::manage;
        options.command.verb = name;
    });
}

Verb add_relay(CLI::App& app, RelayVerbOptions& options) {
    auto* verb =
        app.add_subcommand("relay", "Carry domain messages from many publishers to many consumers");
    add_parsed(verb, "--domain", options.relay.domain, parse_domain, "What it lets pass")
        ->type_name("market_data|signal|execution");
    add_where(verb, "--in", options.relay.in, "Where publishers dial, one place or several");
    add_where(verb, "--out", options.relay.out, "Where consumers dial, one place or several");
    add_where(verb, "--control", options.relay.control,
              "Where it can be managed (--out, but for tcp)");
    verb->add_option("--name", options.name, "What it is called (relay-DOMAIN)")->type_name("NAME");
    add_duration(verb, "--block-max", options.relay.block_max,
                 "How long a consumer that asks for it may hold up all others (0)");
    add_duration(verb, "--linger", options.relay.linger,
                 "At the end, wait so long until all is delivered (1s)");
    add_parsed(verb, "--history", options.relay.history,
               whole_number(0, limits::history_messages_max),
               "Last messages that a late consumer is given (0)")
        ->type_name("N");
    add_parsed(verb, "--queue", options.relay.queue_messages_max, whole_number(1, 1 << 20),
               "Messages that each publisher keeps for the relay (4096)")
        ->type_name("N");
    add_parsed(verb, "--message-max", options.relay.message_bytes_max, parse_message_size,
               "Largest message (64MiB)")
        ->type_name("SIZE");
    add_relay_manager(verb, options, "list", "Its sources and consumers: rates, lag, losses",
                      false);
    add_relay_manager(verb, options, "pause", "Give a consumer nothing, and count it", false);
    add_relay_manager(verb, options, "resume", "Serve it again", false);
    add_relay_manager(verb, options, "drain", "Let it take what is queued, then let go of it",
                      false);
    add_relay_manager(verb, options, "evict", "Let go of it at once; it is refused until resumed",
                      true);
    verb->require_subcommand(0, 1);
    verb->footer(help::relay);
    verb->final_callback([&options, verb] {
        if (!verb->get_subcommands().empty()) return;
        if (options.relay.domain == 0 || options.relay.in.empty() || options.relay.out.empty())
            throw CLI::ValidationError(
                "a relay needs --domain, --in and --out; or say list, pause, resume, drain or "
                "evict");
    });
    return [&options] { return run_relay(options); };
}

Verb add_bench(CLI::App& app, BenchOptions& options) {
    auto* verb =
        app.add_subcommand("bench", "Measure what messages cost here, beside the bare machine");
    add_parsed(verb, "--rounds", options.rounds, whole_number(1, 1000),
               "Rounds of each measurement (5; with --scaling 3)")
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
    verb->add_flag("--scaling", options.scaling,
                   "How it scales: more subscribers, publishers, links, ports, larger messages");
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

Verb add_up(CLI::App& app, UpOptions& options) {
    auto* verb = app.add_subcommand("up", "Start a fabric's services and keep them running");
    verb->add_option("FILE", options.file, "What runs, and where its links are")
        ->type_name("FILE")
        ->required();
    verb->add_option("SERVICE", options.services, "Only these (all)");
    verb->add_option("--mode", options.mode, "How they run (as the file says)")
        ->type_name("threads|processes|hosts");
    verb->add_option("--host", options.host, "Which of the file's hosts this is")
        ->type_name("NAME");
    verb->add_flag("--check", options.checks_only, "Only look for mistakes");
    verb->footer(help::up);
    return [&options] { return run_up(options); };
}

Verb add_ps(CLI::App& app, PsOptions& options) {
    auto* verb = app.add_subcommand("ps", "Show the services of running fabrics");
    verb->add_option("FABRIC", options.fabric, "Which fabric (all)");
    verb->add_flag("--json", options.json, "One JSON object instead of the tables");
    verb->footer(help::ps);
    return [&options] { return run_ps(options); };
}

Verb add_control(CLI::App& app, const std::string& name, ControlOptions& options,
                 const std::string& text) {
    auto* verb = app.add_subcommand(name, text);
    verb->add_option("FABRIC", options.fabric, "Which fabric")->required();
    if (name != "down") verb->add_option("SERVICE", options.service, "Which service")->required();
    verb->footer(help::control);
    return [&options, name] { return run_control(name, options); };
}

/// For whoever packages the command; --help keeps quiet about these two.
Verb add_manual(CLI::App& app, ManualOptions& options) {
    auto* verb = app.add_subcommand("manual", "Write a manual page: of the command, or of a verb");
    auto* name = verb->add_option("VERB", options.verb, "Which verb (the command as a whole)");
    verb->add_option("--folder", options.folder, "All pages, into files of this folder")
        ->type_name("FOLDER")
        ->excludes(name);
    verb->group("");
    return [&app, &options] { return run_manual(describe(app), options); };
}

Verb add_completion(CLI::App& app, std::string& shell) {
    auto* verb = app.add_subcommand("completion", "Write what a shell sources to complete lines");
    verb->add_option("SHELL", shell, "Which shell: bash, zsh, fish")->required();
    verb->group("");
    return [&shell] { return run_completion(shell); };
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
    RelayVerbOptions relay;
    LsOptions ls;
    StatsOptions stats;
    InspectOptions inspect;
    TopOptions top;
    UpOptions up;
    PsOptions ps;
    ControlOptions control;
    ManualOptions manual;
    std::string shell;
    bool echo = false;
    const std::map<std::string, Verb> verbs{
        {"pub", add_pub(app, pub)},
        {"sub", add_sub(app, sub)},
        {"call", add_call(app, call)},
        {"serve", add_serve(app, serve, echo)},
        {"relay", add_relay(app, relay)},
        {"ls", add_ls(app, ls)},
        {"stats", add_stats(app, stats)},
        {"inspect", add_inspect(app, inspect)},
        {"top", add_top(app, top)},
        {"up", add_up(app, up)},
        {"ps", add_ps(app, ps)},
        {"start", add_control(app, "start", control, "Start a service of a fabric")},
        {"stop", add_control(app, "stop", control, "Stop a service of a fabric")},
        {"restart", add_control(app, "restart", control, "Restart a service of a fabric")},
        {"down", add_control(app, "down", control, "Stop a fabric")},
        {"tlv", add_tlv(app, tlv)},
        {"bench", add_bench(app, bench)},
        {"manual", add_manual(app, manual)},
        {"completion", add_completion(app, shell)}};
    const auto has_results = [&call, &relay](const std::string& verb) {
        const bool is_relaying = verb == "relay" && relay.action != RelayVerbOptions::Action::list;
        return verb != "pub" && verb != "serve" && verb != "start" && verb != "stop" &&
               verb != "restart" && verb != "down" && !is_relaying &&
               !(verb == "call" && call.is_notification);
    };
    const Error no_output{Errc::invalid, "standard output is closed"};
    const std::vector<std::string> words = words_of(argc, argv);
    if (!words.empty() && words.front() == "complete")  // its words may be anything
        return has_output ? run_complete(describe(app), words) : fail({}, no_output);
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
