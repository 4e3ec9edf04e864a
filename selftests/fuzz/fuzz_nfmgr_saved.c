// SPDX-License-Identifier: GPL-2.0-only
/* sources: nfmgr/saved.c nfmgr/settings.c nfmgr/ie.c nfmgr/suggest.c nfmgr/parse.c */
/* sources: nfmgr/format.c nfmgr/err.c */
/*
 * Arbitrary files of settings: what is refused is refused in one line that names the line of the
 * file, and what is accepted is written as a file that says the same. The first octet tells
 * files from messages of the kernel.
 */
#include <stdlib.h>
#include <string.h>

#include "../../nfmgr/format.h"
#include "../../nfmgr/saved.h"

static const struct elements elements;
static struct setting_value value;
static struct saved saved, again;
static struct err err;

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void check_sentence(const char *begin)
{
	const char *at;

	require(!strncmp(err.text, begin, strlen(begin)));
	for (at = err.text; *at; at++)
		require((unsigned char)*at >= ' ' && *at != 0x7f);
}

static void parse_again(char *text, size_t length)
{
	/* open_memstream() leaves room for a NUL */
	require(!saved_parse(&again, "again", text, length, &err));
}

static void check_sequences(void)
{
	size_t length, i;
	char *text;
	FILE *file = open_memstream(&text, &length);

	for (i = 0; i < saved.sequences.count; i++)
		saved_write_sequence(file, &saved.sequences.entries[i]);
	fclose(file);
	parse_again(text, length);
	require(again.sequences.count == saved.sequences.count);
	for (i = 0; i < again.sequences.count; i++) {
		const struct sequence *a = &saved.sequences.entries[i];
		const struct sequence *b = &again.sequences.entries[i];

		require(destination_equal(&a->destination, &b->destination));
		require(a->named == b->named);
		require(!memcmp(a->numbers, b->numbers, sizeof(a->numbers)));
	}
	saved_free(&again);
	free(text);
}

/* Whether it can be written without the kernel's and the network's help */
static bool is_writable(const struct setting *setting)
{
	size_t i;

	for (i = 0; setting->type == SETTING_DESTINATIONS && i < value.destinations.count; i++) {
		if (*value.destinations.entries[i].host)
			return false;
	}
	return setting->type != SETTING_TEMPLATES || !value.templates.count;
}

static void check_line(const struct saved_line *line)
{
	const struct setting *setting = line->setting;
	size_t length, count, i;
	char *text;
	FILE *file;

	memset(&value, 0, sizeof(value));
	require(*line->label && !setting->parse(setting, line->word, &value, &err));
	if (!is_writable(setting))
		return;
	count = setting_entry_count(setting, &value);
	file = open_memstream(&text, &length);
	saved_write_setting(file, setting, &value, &elements);
	fclose(file);
	parse_again(text, length);
	free(text);
	require(again.count == (count ? count : 1));
	for (i = 0; i < again.count; i++)
		require(again.lines[i].setting == setting);
	saved_free(&again);
}

static void check_file(char *text, size_t length)
{
	size_t i;

	if (saved_parse(&saved, "F", text, length, &err)) {
		check_sentence("restore F, line ");
	} else {
		for (i = 0; i < saved.count; i++)
			check_line(&saved.lines[i]);
		check_sequences();
	}
	saved_free(&saved);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sequence sequence;
	char *text;

	if (!size)
		return 0;
	text = malloc(size);
	require(text);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	if (data[0] & 1)
		check_file(text, size - 1);
	else if (sequence_parse_last_words(&sequence, text, 7))
		require(sequence.named && sequence.destination.address.family);
	free(text);
	return 0;
}
