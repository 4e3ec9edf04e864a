// SPDX-License-Identifier: GPL-2.0-only
/* sources: nfmgr/settings.c nfmgr/suggest.c nfmgr/parse.c nfmgr/format.c nfmgr/err.c */
/*
 * The grammars of values on arbitrary words: what is refused is refused in one line
 * about a place in the word, and what is accepted prints as a word that means
 * the same. The first octet picks the setting.
 */
#include <stdlib.h>
#include <string.h>

#include "../../nfmgr/format.h"
#include "../../nfmgr/settings.h"

static struct setting_value value, again;
static struct err err;

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void check_span(const struct span *span, const char *word)
{
	require(span->length && span->start + span->length <= strlen(word));
	require(!memchr(word + span->start, ',', span->length));
	require(!memchr(word + span->start, ' ', span->length));
}

static void check_destinations(const struct setting *setting, const char *word)
{
	char text[DESTINATION_TEXT];
	size_t i;

	require(value.destinations.count <= PNF_DESTINATIONS_MAX);
	for (i = 0; i < value.destinations.count; i++) {
		const struct destination *dest = &value.destinations.entries[i];
		struct destination *copy = &again.destinations.entries[0];

		check_span(&dest->span, word);
		require(dest->port);
		require(!dest->address.family == !!*dest->host);
		if (*dest->host)
			continue;

		format_destination(dest, text);
		require(!setting->parse(setting, text, &again, &err));
		require(again.destinations.count == 1);
		copy->span = dest->span;
		require(!memcmp(copy, dest, sizeof(*dest)));
	}
}

static void check_points(const struct setting *setting, const char *word)
{
	char text[POINT_TEXT];
	size_t i;

	for (i = 0; i < value.points.count; i++) {
		const struct point *point = &value.points.entries[i];
		uint32_t hooks = point->hooks ? point->hooks : PNF_HOOKS_DEFAULT;

		check_span(&point->span, word);
		require(!(hooks & ~PNF_HOOKS_ALL));
		require(!setting->parse(setting, format_point(point, text), &again, &err));
		require(again.points.count == 1 && again.points.entries[0].kind == point->kind);
		require((again.points.entries[0].hooks ? again.points.entries[0].hooks :
			 PNF_HOOKS_DEFAULT) == hooks);
	}
}

static void check_number(const struct setting *setting)
{
	char text[SETTING_TEXT];

	require(value.number >= setting->min && value.number <= setting->max);
	setting->format(setting, value.number, text);
	require(!setting->parse(setting, text, &again, &err));
	require(again.number == value.number);
}

static void check_sentence(void)
{
	const char *at;

	require(*err.text && strlen(err.text) < sizeof(err.text) - 1);
	for (at = err.text; *at; at++)
		require((unsigned char)*at >= ' ' && *at != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct setting *setting;
	char *word;
	int status;

	if (!size)
		return 0;
	setting = &settings[data[0] % setting_count];
	word = strndup((const char *)data + 1, size - 1);
	require(word);

	status = setting->parse(setting, word, &value, &err);
	if (status)
		check_sentence();
	else if (setting->type == SETTING_DESTINATIONS)
		check_destinations(setting, word);
	else if (setting->type == SETTING_POINTS)
		check_points(setting, word);
	else
		check_number(setting);

	/* and as a name that nobody knows */
	setting_refuse_unknown(word, &err);
	check_sentence();
	free(word);
	return 0;
}
