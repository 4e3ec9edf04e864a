// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "saved.h"

/* In the order in which they are written */
const struct sequence_number sequence_numbers[SEQUENCE_NUMBERS] = {
	{ "v5", PNF_DESTINATION_SEQUENCE_V5, 0, UINT32_MAX },
	{ "v9", PNF_DESTINATION_SEQUENCE_V9, 0, UINT32_MAX },
	{ "ipfix", PNF_DESTINATION_SEQUENCE_IPFIX, 0, UINT32_MAX },
	{ "template-id", PNF_DESTINATION_TEMPLATE_ID, 256, UINT16_MAX },
};

/*
 * Writing
 */

/* As shells quote, where it has to be */
static void write_word(FILE *file, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "-_.,:;=@%+/[]^~#";

	if (*word && *word != '#' && !word[strspn(word, plain)]) {
		fputs(word, file);
		return;
	}
	fputc('\'', file);
	for (; *word; word++) {
		if (*word == '\'')
			fputs("'\\''", file);
		else
			fputc(*word, file);
	}
	fputc('\'', file);
}

static void write_value(FILE *file, const struct setting *setting, const char *word)
{
	fprintf(file, "%s ", setting->name);
	write_word(file, word);
	fputc('\n', file);
}

static void write_comment(FILE *file, const struct setting *setting)
{
	const char *space = *setting->unit ? " " : "";

	fprintf(file, "\n# %s\n# accepted: %s%s%s; default: %s", setting->help, setting->accepted,
		space, setting->unit,
		*setting->default_text ? setting->default_text : "''");
	if (setting->special && setting->type == SETTING_STRING)
		fprintf(file, ", which means %s", setting->special);
	else if (setting->special)
		fprintf(file, "; %" PRId64 " means %s", setting->special_value, setting->special);
	fputc('\n', file);
}

/**
 * saved_write_setting() - lines of one setting
 * @elements: names of the elements of Templates
 */
void saved_write_setting(FILE *file, const struct setting *setting,
			 const struct setting_value *value, const struct elements *elements)
{
	size_t count = setting_entry_count(setting, value);
	char text[SETTING_TEXT], entry[ENTRY_TEXT];
	size_t i;

	write_comment(file, setting);
	if (!setting->entry)
		write_value(file, setting, setting->format(setting, value, text));
	else if (!count)
		write_value(file, setting, "none");
	for (i = 0; i < count; i++)
		write_value(file, setting,
			    setting_format_entry(setting, value, i, elements, entry));
}

/**
 * saved_write_sequence() - the line of a destination's numbers
 */
void saved_write_sequence(FILE *file, const struct sequence *sequence)
{
	char text[DESTINATION_TEXT];
	unsigned int i;

	fputs("sequence ", file);
	write_word(file, format_destination(&sequence->destination, text));
	for (i = 0; i < SEQUENCE_NUMBERS; i++) {
		if (sequence->named & 1 << i)
			fprintf(file, " %s=%" PRIu32, sequence_numbers[i].word,
				sequence->numbers[i]);
	}
	fputc('\n', file);
}

/*
 * Words of a line
 */

/* A line while it is read; words are taken out of their quotes where they stand */
struct line {
	char *at;
	unsigned int number;
	const char *name;		/* of the file, for sentences */
	struct err *err;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* What stands in quotes, copied to @to; @line stands on the first of them */
static bool line_quoted(struct line *line, char **to)
{
	char mark = *line->at++;

	for (; *line->at != mark; line->at++) {
		if (mark == '"' && *line->at == '\\' && (line->at[1] == '"' || line->at[1] == '\\'))
			line->at++;
		if (!*line->at)
			return false;
		*(*to)++ = *line->at;
	}
	line->at++;
	return true;
}

/* Copies the next word to @to, NULL: to where it stands. @word: NULL at the end of the line */
static int line_word(struct line *line, char *to, char **word)
{
	while (is_blank(*line->at))
		line->at++;
	*word = NULL;
	if (!*line->at || *line->at == '#')
		return STATUS_DONE;

	if (!to)
		to = line->at;
	*word = to;
	while (*line->at && !is_blank(*line->at)) {
		if (*line->at == '\'' || *line->at == '"') {
			if (line_quoted(line, &to))
				continue;
			return err_usage(line->err, "%s: the quote has no end",
					 quote_part(*word, to - *word));
		}
		if (*line->at == '\\' && line->at[1])
			line->at++;
		*to++ = *line->at++;
	}
	if (*line->at)
		line->at++;
	*to = '\0';
	return STATUS_DONE;
}

/* All words that are left, as one; NULL: there are none */
static int line_rest(struct line *line, bool is_list, char **rest)
{
	char *word, *last;
	int status;

	status = line_word(line, NULL, rest);
	last = *rest;
	while (!status && last) {
		status = line_word(line, strchr(last, '\0') + 1, &word);
		if (status || !word)
			break;
		if (!is_list)
			return err_usage(line->err, "%s is one word too many; a value with blanks stands in quotes",
					 quote(word));
		word[-1] = ' ';
		last = word;
	}
	return status;
}

/*
 * Settings
 */

static int saved_refuse_second(const struct saved *saved, const struct setting *setting,
			       struct err *err)
{
	size_t i;

	for (i = 0; i < saved->count; i++) {
		if (saved->lines[i].setting == setting)
			return err_usage(err, "%s is set twice", quote(setting->name));
	}
	return STATUS_DONE;
}

/* Whether a value can be meant, without what it takes the kernel or the network to know */
static int check_value(const struct setting *setting, const char *word, struct err *err)
{
	struct setting_value value;
	int status;

	status = setting->parse(setting, word, &value, err);
	return status ? err_prefix(err, status, "%s", setting->name) : STATUS_DONE;
}

static char *saved_label(const char *name, unsigned int number, const struct setting *setting)
{
	char *label;
	int rc;

	if (number)
		rc = asprintf(&label, "%s, line %u: %s", name, number, setting->name);
	else
		rc = asprintf(&label, "%s: %s", name, setting->name);
	return rc < 0 ? NULL : label;
}

/**
 * saved_add() - a value of a setting
 * @name: of the file, for sentences
 * @number: of the line, 0: it is in none
 * @word: of a list, entries to add
 */
int saved_add(struct saved *saved, const char *name, unsigned int number,
	      const struct setting *setting, const char *word, struct err *err)
{
	struct saved_line *lines, *line;
	int status;

	status = setting->entry ? STATUS_DONE : saved_refuse_second(saved, setting, err);
	if (!status)
		status = check_value(setting, word, err);
	if (status)
		return status;

	lines = reallocarray(saved->lines, saved->count + 1, sizeof(*lines));
	if (!lines)
		return err_refused(err, "out of memory");
	saved->lines = lines;
	line = &lines[saved->count++];
	line->setting = setting;
	line->word = strdup(word);
	line->label = saved_label(name, number, setting);
	return line->word && line->label ? STATUS_DONE : err_refused(err, "out of memory");
}

static int parse_setting(struct saved *saved, struct line *line, const char *name)
{
	const struct setting *setting = setting_find(name);
	char *word;
	int status;

	if (!setting)
		return setting_refuse_unknown(name, line->err);
	status = line_rest(line, setting->entry || setting->type == SETTING_FIELDS, &word);
	if (status)
		return err_prefix(line->err, status, "%s", setting->name);
	if (!word)
		return err_usage(line->err, "%s needs a value, accepted is %s", quote(name),
				 setting->accepted);
	return saved_add(saved, line->name, line->number, setting, word, line->err);
}

/*
 * Numbers
 */

static int parse_sequence_number(struct sequence *sequence, const char *word, struct err *err)
{
	const char *equals = strchr(word, '=');
	const struct sequence_number *kind;
	char accepted[32];
	unsigned int i;
	int64_t number;
	int status;

	for (i = 0; equals && i < SEQUENCE_NUMBERS; i++) {
		if (part_is(word, equals - word, sequence_numbers[i].word))
			break;
	}
	if (!equals || i == SEQUENCE_NUMBERS)
		return err_usage(err, "%s is not known, accepted are v5=N, v9=N, ipfix=N, template-id=N",
				 quote(word));
	if (sequence->named & 1 << i)
		return err_usage(err, "%s is there twice", quote_part(word, equals - word));
	kind = &sequence_numbers[i];
	snprintf(accepted, sizeof(accepted), "%" PRIu32 "..%" PRIu32, kind->min, kind->max);
	status = parse_number(equals + 1, kind->min, kind->max, accepted, &number, err);
	if (status)
		return err_prefix(err, status, "%s", quote(word));
	sequence->numbers[i] = number;
	sequence->named |= 1 << i;
	return STATUS_DONE;
}

/* What follows the word "sequence": DESTINATION NUMBER... */
static int line_sequence(struct line *line, struct sequence *sequence)
{
	struct destination_list list;
	char *word;
	int status;

	memset(sequence, 0, sizeof(*sequence));
	status = line_word(line, NULL, &word);
	if (status)
		return status;
	if (!word)
		return err_usage(line->err, "'sequence' needs a destination and numbers");

	status = parse_destinations(word, &list, line->err);
	if (!status && (list.count != 1 || *list.entries[0].host))
		status = err_usage(line->err, "%s is not one destination with its address",
				   quote(word));
	if (!status)
		sequence->destination = list.entries[0];
	while (!status) {
		status = line_word(line, NULL, &word);
		if (status || !word)
			break;
		status = parse_sequence_number(sequence, word, line->err);
	}
	return status;
}

/**
 * sequence_find() - the numbers of a destination
 *
 * Return: NULL if there are none
 */
const struct sequence *sequence_find(const struct sequence_list *list,
				     const struct destination *dest)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		if (destination_equal(&list->entries[i].destination, dest))
			return &list->entries[i];
	}
	return NULL;
}

static int parse_sequence(struct saved *saved, struct line *line)
{
	struct sequence_list *list = &saved->sequences;
	struct sequence sequence;
	char text[DESTINATION_TEXT];
	int status;

	status = line_sequence(line, &sequence);
	if (status)
		return status;
	format_destination(&sequence.destination, text);
	if (sequence_find(list, &sequence.destination))
		return err_usage(line->err, "%s has numbers already", quote(text));
	if (list->count == PNF_DESTINATIONS_MAX)
		return err_usage(line->err, "%s: more than %d destinations", quote(text),
				 PNF_DESTINATIONS_MAX);
	list->entries[list->count++] = sequence;
	return STATUS_DONE;
}

/* What follows the word "saved-at": BOOT-ID MILLISECONDS */
static int parse_saved_at(struct saved *saved, struct line *line)
{
	char *boot_id, *word = NULL;
	int64_t ms;
	int status;

	status = line_word(line, NULL, &boot_id);
	if (!status && boot_id)
		status = line_word(line, NULL, &word);
	if (status)
		return status;
	if (!word)
		return err_usage(line->err, "'saved-at' needs the ID of a boot and milliseconds");
	if (strlen(boot_id) >= sizeof(saved->boot_id))
		return err_usage(line->err, "%s is not the ID of a boot", quote(boot_id));
	status = parse_number(word, 0, INT64_MAX, "milliseconds", &ms, line->err);
	if (status)
		return status;
	strcpy(saved->boot_id, boot_id);
	saved->at_ms = ms;
	status = line_word(line, NULL, &word);
	if (!status && word)
		return err_usage(line->err, "%s is one word too many", quote(word));
	return status;
}

/**
 * sequence_parse_last_words() - what the module logs of a destination when it is unloaded
 * @sequence: filled
 * @text: a message of the kernel
 * @netns: inode number of the network namespace that is meant
 *
 * Return: false for any other message
 */
bool sequence_parse_last_words(struct sequence *sequence, const char *text, unsigned int netns)
{
	unsigned int said_netns;
	uint64_t at_ms;
	struct err err;
	struct line line = { .err = &err };
	int end = 0;
	char *copy;
	int status;

	if (sscanf(text, PNF_GENL_NAME ": end of net:[%u] at %" SCNu64 ": %n", &said_netns, &at_ms,
		   &end) < 2 || !end || said_netns != netns)
		return false;
	copy = strdup(text + end);
	if (!copy)
		return false;
	line.at = copy;
	status = line_sequence(&line, sequence);
	sequence->at_ms = at_ms;
	free(copy);
	return !status && sequence->named;
}

/*
 * Files
 */

static int parse_line(struct saved *saved, struct line *line)
{
	char *name;
	int status;

	status = line_word(line, NULL, &name);
	if (status || !name)
		return status;
	if (!strcmp(name, "sequence"))
		return parse_sequence(saved, line);
	if (!strcmp(name, "saved-at"))
		return parse_saved_at(saved, line);
	return parse_setting(saved, line, name);
}

/**
 * saved_parse() - read a file
 * @saved: filled; for saved_free(), also after an error
 * @name: of the file, for sentences
 * @text: what is in it, and an octet more; changed
 * @length: of @text, without that octet
 */
int saved_parse(struct saved *saved, const char *name, char *text, size_t length,
		struct err *err)
{
	struct line line = { .name = name, .err = err };
	char *at = text, *end;
	int status = STATUS_DONE;

	memset(saved, 0, sizeof(*saved));
	text[length] = '\n';
	while (!status && at < text + length) {
		end = memchr(at, '\n', text + length + 1 - at);
		*end = '\0';
		line.number++;
		line.at = at;
		if (strlen(at) < (size_t)(end - at))
			status = err_usage(err, "there is a NUL behind %s", quote(at));
		else
			status = parse_line(saved, &line);
		at = end + 1;
	}
	if (status)
		err_prefix(err, status, "restore %s, line %u", name, line.number);
	return status;
}

void saved_free(struct saved *saved)
{
	size_t i;

	for (i = 0; i < saved->count; i++) {
		free(saved->lines[i].word);
		free(saved->lines[i].label);
	}
	free(saved->lines);
	memset(saved, 0, sizeof(*saved));
}
