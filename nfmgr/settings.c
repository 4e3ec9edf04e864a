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
	char accepted[80];

	if (setting->words && parse_word(word, setting->words, &value->number))
		return STATUS_DONE;
	if (setting->words_only)
		return err_usage(err, "%s is not known, accepted is %s", quote(word),
				 setting->accepted);
	snprintf(accepted, sizeof(accepted), "%s%s%s", setting->accepted,
		 *setting->unit ? " " : "", setting->unit);
	return parse_number(word, setting->min, setting->max, accepted, &value->number, err);
}

static int parse_setting_string(const struct setting *setting, const char *word,
				struct setting_value *value, struct err *err)
{
	return parse_text(word, setting->max, value->string, err);
}

static int parse_setting_fields(const struct setting *setting, const char *word,
				struct setting_value *value, struct err *err)
{
	(void)setting;
	return parse_fields(word, &value->fields, err);
}

static int parse_setting_sampler(const struct setting *setting, const char *word,
				 struct setting_value *value, struct err *err)
{
	(void)setting;
	return parse_sampler(word, &value->sampler, err);
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

static int parse_setting_aggregations(const struct setting *setting, const char *word,
				      struct setting_value *value, struct err *err)
{
	(void)setting;
	return parse_aggregations(word, &value->aggregations, err);
}

static int parse_setting_snmp_rules(const struct setting *setting, const char *word,
				    struct setting_value *value, struct err *err)
{
	(void)setting;
	return parse_snmp_rules(word, &value->snmp_rules, err);
}

static int parse_setting_templates(const struct setting *setting, const char *word,
				   struct setting_value *value, struct err *err)
{
	(void)setting;
	return parse_templates(word, &value->templates, err);
}

static int parse_setting_template_names(const struct setting *setting, const char *word,
					struct setting_value *value, struct err *err)
{
	(void)setting;
	return parse_template_names(word, &value->templates, err);
}

static const char *format_setting_number(const struct setting *setting,
					 const struct setting_value *value,
					 char text[SETTING_TEXT])
{
	if (setting_has_word(setting, value->number))
		snprintf(text, SETTING_TEXT, "%s", format_word(setting->words, value->number));
	else
		snprintf(text, SETTING_TEXT, "%lld", (long long)value->number);
	return text;
}

static const char *format_setting_string(const struct setting *setting,
					 const struct setting_value *value,
					 char text[SETTING_TEXT])
{
	(void)setting;
	snprintf(text, SETTING_TEXT, "%s", value->string);
	return text;
}

static const char *format_setting_fields(const struct setting *setting,
					 const struct setting_value *value,
					 char text[SETTING_TEXT])
{
	(void)setting;
	return format_fields(&value->fields, text);
}

static const char *format_setting_sampler(const struct setting *setting,
					  const struct setting_value *value,
					  char text[SETTING_TEXT])
{
	(void)setting;
	return format_sampler(&value->sampler, text);
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

static const struct word_value switch_words[] = {
	{ "on", 1 },
	{ "off", 0 },
	{ "1", 1 },
	{ "0", 0 },
	{ NULL, 0 },
};

/* Old configurations have numbers here */
static const struct word_value natevents_words[] = {
	{ "0", 0 },
	{ "1", 1 },
	{ "off", 0 },
	{ "on", 1 },
	{ NULL, 0 },
};

static const struct word_value nat_event_code_words[] = {
	{ "rfc8158", PNF_NAT_EVENT_CODES_RFC8158 },
	{ "legacy", PNF_NAT_EVENT_CODES_LEGACY },
	{ NULL, 0 },
};

static const struct word_value distribution_words[] = {
	{ "mirror", PNF_DISTRIBUTION_MIRROR },
	{ "balance", PNF_DISTRIBUTION_BALANCE },
	{ "failover", PNF_DISTRIBUTION_FAILOVER },
	{ NULL, 0 },
};

/* RFC 2474, RFC 2597, RFC 3246 */
static const struct word_value dscp_words[] = {
	{ "cs0", 0 }, { "cs1", 8 }, { "cs2", 16 }, { "cs3", 24 },
	{ "cs4", 32 }, { "cs5", 40 }, { "cs6", 48 }, { "cs7", 56 },
	{ "af11", 10 }, { "af12", 12 }, { "af13", 14 },
	{ "af21", 18 }, { "af22", 20 }, { "af23", 22 },
	{ "af31", 26 }, { "af32", 28 }, { "af33", 30 },
	{ "af41", 34 }, { "af42", 36 }, { "af43", 38 },
	{ "ef", 46 },
	{ NULL, 0 },
};

static const struct word_value max_message_words[] = {
	{ "0", 0 },
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
		.help = "Collectors; 'distribution' says what each gets",
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
		.name = "distribution",
		.type = SETTING_U8,
		.attr = PNF_CONFIG_DISTRIBUTION,
		.min = PNF_DISTRIBUTION_MIRROR,
		.max = PNF_DISTRIBUTION_FAILOVER,
		.unit = "",
		.words = distribution_words,
		.words_only = true,
		.accepted = "mirror, balance, failover",
		.default_text = "mirror",
		.help = "each record to all destinations, to one by a hash of its Flow, or to the first that works",
		NUMBER,
	}, {
		.name = "fields",
		.type = SETTING_FIELDS,
		.attr = PNF_CONFIG_FIELDS,
		.attr_depth = PNF_CONFIG_MPLS_DEPTH,
		.unit = "",
		.accepted = "a list of mac, vlan, mpls=0..10, direction, physdev, physdev-override, ttl, length, layer2, nat, vrf, microseconds, nanoseconds, duration; none",
		.default_text = "none",
		.help = "what Flow Records tell besides; mac, vlan and mpls=LABELS also tell Flows apart",
		.parse = parse_setting_fields,
		.format = format_setting_fields,
	}, {
		.name = "template",
		.entry = "template",
		.type = SETTING_TEMPLATES,
		.attr = PNF_CONFIG_TEMPLATE,
		.attr_del = PNF_CONFIG_TEMPLATE_DEL,
		.attr_flush = PNF_CONFIG_TEMPLATE_FLUSH,
		.unit = "",
		.accepted = "NAME ELEMENT..., or NAME=ELEMENT,ELEMENT,... of all Templates, or none",
		.default_text = "none",
		.help = "Templates by name; a Flow is told by the first all of whose elements it has",
		.parse = parse_setting_templates,
		.parse_del = parse_setting_template_names,
	}, {
		.name = "random-template-ids",
		.old_name = "rand-tpl-id",
		.type = SETTING_U8,
		.attr = PNF_CONFIG_RANDOM_TEMPLATE_IDS,
		.min = 0,
		.max = 1,
		.unit = "",
		.words = switch_words,
		.words_only = true,
		.accepted = "on, off",
		.default_text = "off",
		.help = "on: Template IDs start anywhere, not at 256",
		NUMBER,
	}, {
		.name = "sampler",
		.old_name = "sampler",
		.type = SETTING_SAMPLER,
		.attr = PNF_CONFIG_SAMPLER,
		.unit = "",
		.accepted = "deterministic:N, random:N, hash:N with N in 2..16383; none",
		.default_text = "none",
		.help = "one Flow in N is exported; hash picks before the Cache; a change exports the Cache first",
		.parse = parse_setting_sampler,
		.format = format_setting_sampler,
	}, {
		.name = "compat-sampling",
		.type = SETTING_U8,
		.attr = PNF_CONFIG_COMPAT_SAMPLING,
		.min = 0,
		.max = 1,
		.unit = "",
		.words = switch_words,
		.words_only = true,
		.accepted = "on, off",
		.default_text = "on",
		.help = "on: sampling is also told by elements 34 and 35, which older Collectors read",
		NUMBER,
	}, {
		.name = "aggregation",
		.old_name = "aggregation",
		.entry = "aggregation",
		.type = SETTING_AGGREGATIONS,
		.attr = PNF_CONFIG_AGGREGATION,
		.attr_del = PNF_CONFIG_AGGREGATION_DEL,
		.attr_flush = PNF_CONFIG_AGGREGATION_FLUSH,
		.unit = "",
		.accepted = "ADDRESS/BITS=BITS, PORT-PORT=PORT, PORT=PORT,... or none",
		.default_text = "none",
		.help = "addresses of a prefix keep so many bits, ports become one; the first rule that fits",
		.parse = parse_setting_aggregations,
	}, {
		.name = "snmp-rules",
		.old_name = "snmp-rules",
		.entry = "snmp-rule",
		.type = SETTING_SNMP_RULES,
		.attr = PNF_CONFIG_SNMP_RULE,
		.attr_del = PNF_CONFIG_SNMP_RULE_DEL,
		.attr_flush = PNF_CONFIG_SNMP_RULE_FLUSH,
		.unit = "",
		.accepted = "NAME:BASE,... or none",
		.default_text = "none",
		.help = "interfaces whose name begins with NAME are told as BASE + the number that ends it",
		.parse = parse_setting_snmp_rules,
	}, {
		.name = "natevents",
		.old_name = "natevents",
		.type = SETTING_U8,
		.attr = PNF_CONFIG_NATEVENTS,
		.min = 0,
		.max = 1,
		.unit = "",
		.words = natevents_words,
		.words_only = true,
		.accepted = "0, 1, off, on",
		.default_text = "0",
		.help = "1: the begin and the end of each translation are exported",
		NUMBER,
	}, {
		.name = "nat-event-codes",
		.type = SETTING_U8,
		.attr = PNF_CONFIG_NAT_EVENT_CODES,
		.min = PNF_NAT_EVENT_CODES_RFC8158,
		.max = PNF_NAT_EVENT_CODES_LEGACY,
		.unit = "",
		.words = nat_event_code_words,
		.words_only = true,
		.accepted = "rfc8158, legacy",
		.default_text = "rfc8158",
		.help = "natEvent: 4 and 5 for IPv4, or 1 and 2 for all",
		NUMBER,
	}, {
		.name = "domain-name",
		.type = SETTING_STRING,
		.attr = PNF_CONFIG_DOMAIN_NAME,
		.max = PNF_DOMAIN_NAME_MAX,
		.unit = "",
		.accepted = "a text of at most 64 octets",
		.default_text = "",
		.special = "the host's name",
		.help = "observationDomainName",
		.parse = parse_setting_string,
		.format = format_setting_string,
	}, {
		.name = "dscp",
		.type = SETTING_U8,
		.attr = PNF_CONFIG_DSCP,
		.min = 0,
		.max = 63,
		.unit = "",
		.words = dscp_words,
		.is_told_as_number = true,
		.accepted = "0..63, cs0..cs7, af11..af43, ef",
		.default_text = "0",
		.help = "Differentiated Services code point of messages",
		NUMBER,
	}, {
		.name = "source-port",
		.type = SETTING_U16,
		.attr = PNF_CONFIG_SOURCE_PORT,
		.min = 0,
		.max = 65535,
		.unit = "",
		.accepted = "0..65535",
		.default_text = "0",
		.special = "any",
		.help = "UDP port that messages are sent from",
		NUMBER,
	}, {
		.name = "max-message",
		.type = SETTING_U32,
		.attr = PNF_CONFIG_MAX_MESSAGE,
		.min = 512,
		.max = 65535,
		.unit = "octets",
		.words = max_message_words,
		.accepted = "0, 512..65535",
		.default_text = "0",
		.special = "1280",
		.help = "longest message with its IP and UDP headers",
		NUMBER,
	}, {
		.name = "export-delay",
		.type = SETTING_U32,
		.attr = PNF_CONFIG_EXPORT_DELAY,
		.min = 0,
		.max = 60000,
		.unit = "ms",
		.accepted = "0..60000",
		.default_text = "1000",
		.help = "longest time that a record waits for others to fill its message",
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
	char hint[SUGGESTION_TEXT];

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

	if (!setting->words || setting->is_told_as_number)
		return false;
	word = format_word(setting->words, number);
	snprintf(text, sizeof(text), "%lld", (long long)number);
	return word && strcmp(word, text);
}

/**
 * setting_list_names() - what add and del take, for a sentence
 * @text: filled
 * @size: of @text
 */
const char *setting_list_names(char *text, size_t size)
{
	size_t used = 0;
	unsigned int i;

	text[0] = '\0';
	for (i = 0; i < setting_count && used < size; i++) {
		if (settings[i].entry)
			used += snprintf(text + used, size - used, "%s%s", used ? ", " : "",
					 settings[i].entry);
	}
	return text;
}

/**
 * setting_entry_count() - how many entries a list has
 * @setting: a list
 */
size_t setting_entry_count(const struct setting *setting, const struct setting_value *value)
{
	switch (setting->type) {
	case SETTING_DESTINATIONS:
		return value->destinations.count;
	case SETTING_POINTS:
		return value->points.count;
	case SETTING_AGGREGATIONS:
		return value->aggregations.count;
	case SETTING_SNMP_RULES:
		return value->snmp_rules.count;
	case SETTING_TEMPLATES:
		return value->templates.count;
	default:
		return 0;
	}
}

/**
 * setting_entry_span() - where an entry of a list was written
 * @setting: a list
 * @i: less than setting_entry_count()
 */
const struct span *setting_entry_span(const struct setting *setting,
				      const struct setting_value *value, size_t i)
{
	switch (setting->type) {
	case SETTING_DESTINATIONS:
		return &value->destinations.entries[i].span;
	case SETTING_POINTS:
		return &value->points.entries[i].span;
	case SETTING_AGGREGATIONS:
		return &value->aggregations.entries[i].span;
	case SETTING_SNMP_RULES:
		return &value->snmp_rules.entries[i].span;
	default:
		return &value->templates.entries[i].span;
	}
}

/**
 * setting_format_entry() - an entry of a list in the grammar that it is read in
 * @setting: a list
 * @i: less than setting_entry_count()
 * @elements: names of the elements of Templates
 */
const char *setting_format_entry(const struct setting *setting,
				 const struct setting_value *value, size_t i,
				 const struct elements *elements, char text[ENTRY_TEXT])
{
	switch (setting->type) {
	case SETTING_DESTINATIONS:
		return format_destination(&value->destinations.entries[i], text);
	case SETTING_POINTS:
		return format_point(&value->points.entries[i], text);
	case SETTING_AGGREGATIONS:
		return format_aggregation(&value->aggregations.entries[i], text);
	case SETTING_SNMP_RULES:
		return format_snmp_rule(&value->snmp_rules.entries[i], text);
	default:
		return format_template(&value->templates.entries[i], elements, text);
	}
}
