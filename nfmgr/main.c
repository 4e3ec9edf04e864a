// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "netns.h"
#include "settings.h"
#include "suggest.h"

/* Options that a command takes besides --help */
enum {
	TAKES_JSON = 1,
	TAKES_NETNS = 2,
	TAKES_DISCARD = 4,
};

/**
 * struct command - a row of what nfmgr can do
 * @name: the word, or the two words, that call it
 * @synopsis: what follows them
 * @help: one line
 * @takes: TAKES_*
 * @words: that may follow, -1: as many as wanted
 * @run: does it
 */
struct command {
	const char *name;
	const char *synopsis;
	const char *help;
	unsigned int takes;
	int words;
	command_fn run;
};

static int command_help(struct context *ctx, int argc, char **argv, struct err *err);

#define SHOWS	(TAKES_JSON | TAKES_NETNS)

static const struct command commands[] = {
	{ "show stats", "", "what was metered, exported and lost", SHOWS, 0,
	  command_show_stats },
	{ "show config", "", "the settings", SHOWS, 0, command_show_config },
	{ "show destinations", "", "the collectors and their Transport Sessions", SHOWS, 0,
	  command_show_destinations },
	{ "show cpus", "", "what each CPU metered", SHOWS, 0, command_show_cpus },
	{ "show flows", "", "the Flows in the Cache", SHOWS, 0, command_show_flows },
	{ "show points", "", "the Observation Points", SHOWS, 0, command_show_points },
	{ "show templates", "", "the live Templates and their elements", SHOWS, 0,
	  command_show_templates },
	{ "show elements", "", "the Information Elements that 'set template' takes", SHOWS, 0,
	  command_show_elements },
	{ "show version", "", "versions of nfmgr and of the module", SHOWS, 0,
	  command_show_version },
	{ "set", "NAME VALUE [NAME VALUE...]", "change settings, all or none", TAKES_NETNS, -1,
	  command_set },
	{ "add", "LIST VALUE",
	  "add to a list: destination, point, aggregation, snmp-rule, template", TAKES_NETNS, -1,
	  command_add },
	{ "del", "LIST VALUE", "remove from a list", TAKES_NETNS, -1, command_del },
	{ "flush", "[--discard]", "export all Flows now, or drop them",
	  TAKES_NETNS | TAKES_DISCARD, 0, command_flush },
	{ "save", "[FILE]", "write the settings and sequence numbers to a file; -: print them",
	  TAKES_NETNS, 1, command_save },
	{ "restore", "[FILE]", "set what a file says, all or none, and the rest to its default",
	  TAKES_NETNS, 1, command_restore },
	{ "reset stats", "", "start the statistics again", TAKES_NETNS, 0, command_reset_stats },
	{ "monitor", "", "print events as they come", SHOWS, 0, command_monitor },
	{ "help", "[COMMAND|settings|NAME]", "this list, a command, the settings, one of them", 0, 2,
	  command_help },
};

#define COMMAND_COUNT	(sizeof(commands) / sizeof(commands[0]))

/*
 * help
 */

static void print_command(struct out *out, const struct command *command)
{
	char line[80];

	snprintf(line, sizeof(line), "%s%s%s", command->name,
		 *command->synopsis ? " " : "", command->synopsis);
	out_text(out, "  %-32s %s\n", line, command->help);
}

static void print_commands(struct out *out)
{
	size_t i;

	out_text(out, "usage: nfmgr [--json] [--netns NAME] COMMAND...\n\n");
	for (i = 0; i < COMMAND_COUNT; i++)
		print_command(out, &commands[i]);
	out_text(out, "\n"
		 "  --json          show and monitor: print JSON\n"
		 "  --netns NAME    work in that network namespace (a name, a path or a process)\n"
		 "  --help          this list\n"
		 "  --version       version of nfmgr\n"
		 "\n"
		 "'nfmgr help settings' lists what can be set; nfmgr(8) has it all.\n");
}

static void print_setting(struct out *out, const struct setting *setting)
{
	out_text(out, "%s\n    %s\n", setting->name, setting->help);
	out_text(out, "    accepted: %s%s%s\n", setting->accepted, *setting->unit ? " " : "",
		 setting->unit);
	out_text(out, "    default:  %s", *setting->default_text ? setting->default_text : "empty");
	if (setting->special && setting->type == SETTING_STRING)
		out_text(out, " (which means %s)", setting->special);
	else if (setting->special)
		out_text(out, " (%lld means %s)", (long long)setting->special_value,
			 setting->special);
	out_text(out, "\n");
	if (setting->old_name && strcmp(setting->old_name, setting->name))
		out_text(out, "    old name: %s\n", setting->old_name);
}

/* How many of @words begin @command, 0: they do not */
static int command_begins(const struct command *command, int count, char **words)
{
	const char *space = strchr(command->name, ' ');
	size_t first = space ? (size_t)(space - command->name) : strlen(command->name);

	if (!part_is(command->name, first, words[0]))
		return 0;
	if (!space || count == 1)
		return 1;
	return !strcmp(words[1], space + 1) ? 2 : 0;
}

/* Whether there are commands of two words whose first is @word */
static bool command_begins_with(char *word)
{
	size_t i;

	for (i = 0; i < COMMAND_COUNT; i++) {
		if (strchr(commands[i].name, ' ') && command_begins(&commands[i], 1, &word))
			return true;
	}
	return false;
}

static int refuse_command(int count, char **words, struct err *err);

/* Of a command, or of all that begin with a word */
static bool print_commands_of(struct out *out, int count, char **words)
{
	bool found = false;
	size_t i;

	for (i = 0; i < COMMAND_COUNT; i++) {
		if (command_begins(&commands[i], count, words) == count) {
			print_command(out, &commands[i]);
			found = true;
		}
	}
	return found;
}

static int command_help(struct context *ctx, int argc, char **argv, struct err *err)
{
	const struct setting *setting;
	unsigned int i;
	int status;

	if (!argc) {
		print_commands(ctx->out);
		return STATUS_DONE;
	}
	if (print_commands_of(ctx->out, argc, argv))
		return STATUS_DONE;
	if (argc > 1) {
		if (command_begins_with(argv[0]))
			return refuse_command(argc, argv, err);
		return err_usage(err, "help: %s is one word too many", quote(argv[1]));
	}
	if (!strcmp(argv[0], "settings")) {
		for (i = 0; i < setting_count; i++)
			print_setting(ctx->out, &settings[i]);
		return STATUS_DONE;
	}
	setting = setting_find(argv[0]);
	if (!setting) {
		status = setting_refuse_unknown(argv[0], err);
		return err_prefix(err, status, "help");
	}
	print_setting(ctx->out, setting);
	return STATUS_DONE;
}

/*
 * The command line
 */

/* What the command line says; @words are those that are not options */
struct line {
	struct context ctx;
	bool help;
	bool version;
	int word_count;
	char **words;
};

static int line_refuse_option(const char *option, struct err *err)
{
	static const char *const options[] = {
		"--json", "--netns", "--discard", "--help", "--version"
	};
	struct suggestion suggestion;
	char hint[SUGGESTION_TEXT];
	size_t i;

	suggestion_start(&suggestion, option);
	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		suggestion_offer(&suggestion, options[i]);
	return err_usage(err, "there is no option %s%s", quote(option),
			 suggestion_sentence(&suggestion, hint));
}

static int line_take_netns(struct line *line, const char *name, struct err *err)
{
	if (!name)
		return err_usage(err, "'--netns' needs the name of a network namespace");
	if (line->ctx.netns)
		return err_usage(err, "'--netns' is given twice, the second time with %s",
				 quote(name));
	line->ctx.netns = name;
	return STATUS_DONE;
}

/* A hyphen and a digit is a number, which is a value and no option */
static bool is_option(const char *word)
{
	return word[0] == '-' && word[1] && !isdigit((unsigned char)word[1]);
}

static int line_read(struct line *line, int argc, char **argv, struct err *err)
{
	bool only_words = false;
	int i, status;

	for (i = 1; i < argc; i++) {
		const char *word = argv[i];

		status = STATUS_DONE;
		if (only_words || !is_option(word))
			line->words[line->word_count++] = argv[i];
		else if (!strcmp(word, "--"))
			only_words = true;
		else if (!strcmp(word, "--json"))
			line->ctx.json = true;
		else if (!strcmp(word, "--discard"))
			line->ctx.discard = true;
		else if (!strcmp(word, "--help") || !strcmp(word, "-h"))
			line->help = true;
		else if (!strcmp(word, "--version"))
			line->version = true;
		else if (!strncmp(word, "--netns=", strlen("--netns=")))
			status = line_take_netns(line, word + strlen("--netns="), err);
		else if (!strcmp(word, "--netns"))
			status = line_take_netns(line, i + 1 < argc ? argv[++i] : NULL, err);
		else
			status = line_refuse_option(word, err);
		if (status)
			return status;
	}
	return STATUS_DONE;
}

/* How many of @words call @command, 0: they do not */
static int command_matches(const struct command *command, int count, char **words)
{
	if (count < 2 && strchr(command->name, ' '))
		return 0;
	return command_begins(command, count, words);
}

/* Of two words, the first may be right */
static int refuse_command(int count, char **words, struct err *err)
{
	struct suggestion suggestion;
	bool has_second = false;
	char first[16], hint[SUGGESTION_TEXT];
	size_t i;

	suggestion_start(&suggestion, words[0]);
	for (i = 0; i < COMMAND_COUNT; i++) {
		const char *name = commands[i].name;
		const char *space = strchr(name, ' ');

		if (!space) {
			suggestion_offer(&suggestion, name);
			continue;
		}
		snprintf(first, sizeof(first), "%.*s", (int)(space - name), name);
		if (strcmp(words[0], first)) {
			suggestion_offer(&suggestion, *name == 's' ? "show" : "reset");
			continue;
		}
		if (count < 2)
			return err_usage(err, "%s: what? 'nfmgr help' lists it", words[0]);
		if (!has_second)
			suggestion_start(&suggestion, words[1]);
		has_second = true;
		suggestion_offer(&suggestion, space + 1);
	}
	if (has_second)
		return err_usage(err, "%s: %s is not known%s", words[0], quote(words[1]),
				 suggestion_sentence(&suggestion, hint));
	return err_usage(err, "there is no command %s%s", quote(words[0]),
			 suggestion_sentence(&suggestion, hint));
}

static int command_check_options(const struct command *command, const struct context *ctx,
				 struct err *err)
{
	if (ctx->json && !(command->takes & TAKES_JSON))
		return err_usage(err, "%s: '--json' means nothing here", command->name);
	if (ctx->netns && !(command->takes & TAKES_NETNS))
		return err_usage(err, "%s: '--netns' means nothing here", command->name);
	if (ctx->discard && !(command->takes & TAKES_DISCARD))
		return err_usage(err, "%s: '--discard' means nothing here", command->name);
	return STATUS_DONE;
}

static int run_command(struct context *ctx, int count, char **words, struct err *err)
{
	const struct command *command;
	int used = 0, status;

	for (command = commands; command < commands + COMMAND_COUNT; command++) {
		used = command_matches(command, count, words);
		if (used)
			break;
	}
	if (!used)
		return refuse_command(count, words, err);

	status = command_check_options(command, ctx, err);
	if (status)
		return status;
	if (command->words >= 0 && count - used > command->words)
		return err_usage(err, "%s: %s is one word too many", command->name,
				 quote(words[used + command->words]));
	return command->run(ctx, count - used, words + used, err);
}

/**
 * context_connect() - go to the namespace that was asked for and open the socket
 * @may_load: load the module if it is not there
 */
int context_connect(struct context *ctx, bool may_load, struct err *err)
{
	int status;

	if (ctx->netns) {
		status = netns_enter(ctx->netns, err);
		if (status)
			return status;
	}
	status = channel_open(&ctx->channel, may_load, err);
	ctx->is_connected = !status;
	return status;
}

static int line_run(struct line *line, struct err *err)
{
	if (line->help)
		return command_help(&line->ctx, line->word_count, line->words, err);
	if (line->version) {
		if (line->word_count)
			return err_usage(err, "--version: %s is one word too many",
					 quote(line->words[0]));
		out_text(line->ctx.out, "nfmgr %s\n", NFMGR_VERSION);
		return STATUS_DONE;
	}
	if (!line->word_count)
		return err_usage(err, "a command is missing; 'nfmgr help' lists them");
	return run_command(&line->ctx, line->word_count, line->words, err);
}

/*
 * Who starts us with closed standard files must not find what we print in the netlink
 * socket. Each is opened the wrong way round, so that printing there still fails.
 */
static void open_standard_files(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
			_exit(STATUS_REFUSED);
	}
}

int main(int argc, char **argv)
{
	struct line line = { .words = calloc(argc + 1, sizeof(char *)) };
	struct err err, out_err;
	int status;

	open_standard_files();
	if (!line.words) {
		fputs("nfmgr: out of memory\n", stderr);
		return STATUS_REFUSED;
	}

	status = line_read(&line, argc, argv, &err);
	if (!status) {
		line.ctx.out = out_new(line.ctx.json && !line.help && !line.version);
		if (line.ctx.out)
			status = line_run(&line, &err);
		else
			status = err_refused(&err, "out of memory");
	}
	if (line.ctx.out && out_finish(line.ctx.out, &out_err) && !status) {
		status = STATUS_REFUSED;
		err = out_err;
	}
	if (line.ctx.is_connected)
		channel_close(&line.ctx.channel);
	free(line.words);

	if (status)
		fprintf(stderr, "nfmgr: %s\n", err.text);
	return status;
}
