// SPDX-License-Identifier: GPL-2.0-only
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "format.h"
#include "settings.h"
#include "suggest.h"

static int parse_setting_number(const struct setting *setting, const char *word,
				struct setting_value *value, struct err *err)
{
	if (setting->words && parse_word(word, setting->words, &value->number))
		return STATUS_DONE;
	if (setting->words_only)
		return err_usage(err, "%s is not known, accepted is %s", quote(word),
				 setting->accepted);
	return parse_number(word, setting->min, setting->max, setting->unit, &value->number, err);
}

static int parse_setting_destinations(const struct setting *setting, const char *word,
				      struct setting_value *value, struct err *err)
{
	(void)setting;
	return parse_destinations(word, &value->destinations, err);
}

static int parse_setting_points(const struct setting *setting, const char *word,
				struct setting_value *value, struct err *err)
{
	(void)setting;
	return parse_points(word, &value->points, err);
}

static const char *format_setting_number(const struct setting *setting, int64_t number,
					 char text[SETTING_TEXT])
{
	if (setting_has_word(setting, number))
		snprintf(text, SETTING_TEXT, "%s", format_word(setting->words, number));
	else
		snprintf(text, SETTING_TEXT, "%lld", (long long)number);
	return text;
}

static const struct word_value metering_words[] = {
	{ "auto", PNF_METERING_AUTO },
	{ "on", PNF_METERING_ON },
	{ "off", PNF_METERING_OFF },
	{ NULL, 0 },
};

static const struct word_value protocol_words[] = {
	{ "5", 5 },
	{ "9", 9 },
	{ "10", 10 },
	{ "v5", 5 },
	{ "v9", 9 },
	{ "ipfix", 10 },
	{ NULL, 0 },
};

static const struct word_value priority_words[] = {
	{ "first", INT_MIN },
	{ "last", INT_MAX },
	{ NULL, 0 },
};

#define NUMBER	.parse = parse_setting_number, .format = format_setting_number

const struct setting settings[] = {
	{
		.name = "destination",
		.old_name = "destination",
		.entry = "destination",
		.type = SETTING_DESTINATIONS,
		.attr = PNF_CONFIG_DESTINATION,
		.attr_del = PNF_CONFIG_DESTINATION_DEL,
		.attr_flush = PNF_CONFIG_DESTINATION_FLUSH,
		.unit = "",
		.accepted = "ADDRESS[:PORT][@SOURCE][%DEVICE],... or none",
		.default_text = "none",
		.help = "Collectors; each gets every message",
		.parse = parse_setting_destinations,
	}, {
		.name = "protocol",
		.old_name = "protocol",
		.type = SETTING_U8,
		.attr = PNF_CONFIG_PROTOCOL,
		.min = 5,
		.max = 10,
		.unit = "",
		.words = protocol_words,
		.words_only = true,
		.accepted = "5, 9, 10, v5, v9, ipfix",
		.default_text = "5",
		.help = "NetFlow v5, NetFlow v9 or IPFIX (10); a change exports the Cache first",
		NUMBER,
	}, {
		.name = "active-timeout",
		.old_name = "active_timeout",
		.type = SETTING_U32,
		.attr = PNF_CONFIG_ACTIVE_TIMEOUT,
		.min = 1,
		.max = 604800,
		.unit = "seconds",
		.accepted = "1..604800",
		.default_text = "1800",
		.help = "a Flow that lasts longer is exported in parts",
		NUMBER,
	}, {
		.name = "inactive-timeout",
		.old_name = "inactive_timeout",
		.type = SETTING_U32,
		.attr = PNF_CONFIG_INACTIVE_TIMEOUT,
		.min = 1,
		.max = 604800,
		.unit = "seconds",
		.accepted = "1..604800",
		.default_text = "15",
		.help = "a Flow without packets for so long has ended",
		NUMBER,
	}, {
		.name = "refresh-rate",
		.old_name = "refresh_rate",
		.type = SETTING_U32,
		.attr = PNF_CONFIG_REFRESH_RATE,
		.min = 1,
		.max = 1000000,
		.unit = "messages",
		.accepted = "1..1000000",
		.default_text = "20",
		.help = "messages between repetitions of the Templates",
		NUMBER,
	}, {
		.name = "timeout-rate",
		.old_name = "timeout_rate",
		.type = SETTING_U32,
		.attr = PNF_CONFIG_TIMEOUT_RATE,
		.min = 0,
		.max = 10080,
		.unit = "minutes",
		.accepted = "0..10080",
		.default_text = "0",
		.special = "30 for NetFlow v9, 10 for IPFIX",
		.help = "minutes between repetitions of the Templates",
		NUMBER,
	}, {
		.name = "sndbuf",
		.old_name = "sndbuf",
		.type = SETTING_U32,
		.attr = PNF_CONFIG_SNDBUF,
		.min = 0,
		.max = 1 << 30,
		.unit = "octets",
		.accepted = "0..1073741824",
		.default_text = "0",
		.special = "the system's default",
		.help = "send buffer of each destination",
		NUMBER,
	}, {
		.name = "hashsize",
		.old_name = "hashsize",
		.type = SETTING_U32,
		.attr = PNF_CONFIG_HASHSIZE,
		.min = 0,
		.max = 1 << 26,
		.unit = "buckets",
		.accepted = "0..67108864",
		.default_text = "0",
		.special = "automatic",
		.help = "size that the table of Flows starts with; it grows by itself",
		NUMBER,
	}, {
		.name = "maxflows",
		.old_name = "maxflows",
		.type = SETTING_U32,
		.attr = PNF_CONFIG_MAXFLOWS,
		.min = 0,
		.max = UINT32_MAX,
		.unit = "flows",
		.accepted = "0..4294967295",
		.default_text = "2000000",
		.special = "unlimited",
		.help = "size of the Cache; when it is full, the longest idle Flows are exported early",
		NUMBER,
	}, {
		.name = "scan-min",
		.old_name = "scan_min",
		.type = SETTING_U32,
		.attr = PNF_CONFIG_SCAN_MIN,
		.min = 1,
		.max = 6000,
		.unit = "x 10 ms",
		.accepted = "1..6000",
		.default_text = "1",
		.help = "shortest time between searches for Flows that ended",
		NUMBER,
	}, {
		.name = "exportcpu",
		.old_name = "exportcpu",
		.type = SETTING_S32,
		.attr = PNF_CONFIG_EXPORTCPU,
		.min = -1,
		.max = 65535,
		.unit = "",
		.accepted = "-1..65535",
		.default_text = "-1",
		.special = "any",
		.special_value = -1,
		.help = "CPU that exports",
		NUMBER,
	}, {
		.name = "engine-id",
		.old_name = "engine_id",
		.type = SETTING_U32,
		.attr = PNF_CONFIG_ENGINE_ID,
		.min = 0,
		.max = UINT32_MAX,
		.unit = "",
		.accepted = "0..4294967295",
		.default_text = "0",
		.help = "Observation Domain ID; Source ID of v9; its low octet is the Engine ID of v5",
		NUMBER,
	}, {
		.name = "debug",
		.old_name = "debug",
		.type = SETTING_U32,
		.attr = PNF_CONFIG_DEBUG,
		.min = 0,
		.max = 2,
		.unit = "",
		.accepted = "0..2",
		.default_text = "0",
		.help = "what the kernel logs: 0 nothing more, 1 Transport Sessions, 2 also the Cache",
		NUMBER,
	}, {
		.name = "points",
		.entry = "point",
		.type = SETTING_POINTS,
		.attr = PNF_CONFIG_POINT,
		.attr_del = PNF_CONFIG_POINT_DEL,
		.attr_flush = PNF_CONFIG_POINT_FLUSH,
		.unit = "",
		.accepted = "inet, inet=HOOK+HOOK..., none",
		.default_text = "inet",
		.help = "Observation Points; hooks: prerouting, local-in, forward, local-out, postrouting",
		.parse = parse_setting_points,
	}, {
		.name = "inet-priority",
		.type = SETTING_S32,
		.attr = PNF_CONFIG_INET_PRIORITY,
		.min = INT_MIN,
		.max = INT_MAX,
		.unit = "",
		.words = priority_words,
		.accepted = "first, last, -2147483648..2147483647",
		.default_text = "last",
		.help = "netfilter priority of inet points: last sees only what was accepted",
		NUMBER,
	}, {
		.name = "metering",
		.type = SETTING_U8,
		.attr = PNF_CONFIG_METERING,
		.min = PNF_METERING_AUTO,
		.max = PNF_METERING_OFF,
		.unit = "",
		.words = metering_words,
		.words_only = true,
		.accepted = "auto, on, off",
		.default_text = "auto",
		.help = "auto meters while there is a destination",
		NUMBER,
	},
};

const unsigned int setting_count = sizeof(settings) / sizeof(settings[0]);

/* Old names were written with '_' in one place and with '-' in another */
static bool name_equal(const char *a, const char *b)
{
	for (; *a && *b; a++, b++) {
		if ((*a == '_' ? '-' : *a) != (*b == '_' ? '-' : *b))
			return false;
	}
	return *a == *b;
}

/**
 * setting_find() - a setting by its name or its old name
 *
 * Return: NULL if there is none
 */
const struct setting *setting_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < setting_count; i++) {
		const struct setting *setting = &settings[i];

		if (name_equal(name, setting->name) ||
		    (setting->old_name && name_equal(name, setting->old_name)))
			return setting;
	}
	return NULL;
}

/**
 * setting_find_list() - the list that has entries of a name
 */
const struct setting *setting_find_list(const char *entry)
{
	unsigned int i;

	for (i = 0; i < setting_count; i++) {
		if (settings[i].entry && !strcmp(entry, settings[i].entry))
			return &settings[i];
	}
	return NULL;
}

/**
 * setting_refuse_unknown() - the sentence for a name that setting_find() does not know
 */
int setting_refuse_unknown(const char *name, struct err *err)
{
	struct suggestion suggestion;
	unsigned int i;
	char hint[80];

	suggestion_start(&suggestion, name);
	for (i = 0; i < setting_count; i++)
		suggestion_offer(&suggestion, settings[i].name);
	return err_usage(err, "there is no setting %s%s", quote(name),
			 suggestion_sentence(&suggestion, hint));
}

/**
 * setting_has_word() - whether a value is written as a word, not as a number
 */
bool setting_has_word(const struct setting *setting, int64_t number)
{
	const char *word;
	char text[24];

	if (!setting->words)
		return false;
	word = format_word(setting->words, number);
	snprintf(text, sizeof(text), "%lld", (long long)number);
	return word && strcmp(word, text);
}
