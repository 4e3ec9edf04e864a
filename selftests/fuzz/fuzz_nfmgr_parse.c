// SPDX-License-Identifier: GPL-2.0-only
/* sources: nfmgr/settings.c nfmgr/ie.c nfmgr/suggest.c nfmgr/parse.c nfmgr/format.c nfmgr/err.c */
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

/* So short that words hit upon them */
static struct element entries[] = {
	{ .id = 1, .name = "a" }, { .id = 2, .name = "b" }, { .id = 300, .name = "aa" },
};

static const struct elements elements = { sizeof(entries) / sizeof(entries[0]), entries };

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void check_sentence(void)
{
	const char *at;

	require(*err.text && strlen(err.text) < sizeof(err.text) - 1);
	for (at = err.text; *at; at++)
		require((unsigned char)*at >= ' ' && *at != 0x7f);
}

static void check_span(const struct span *span, const char *word)
{
	require(span->length && span->start + span->length <= strlen(word));
	require(!memchr(word + span->start, ',', span->length));
	require(!memchr(word + span->start, ' ', span->length));
}

static void check_destination(const struct destination *dest)
{
	struct destination *copy = &again.destinations.entries[0];

	require(dest->port);
	require(!dest->address.family == !!*dest->host);
	copy->span = dest->span;
	require(*dest->host || !memcmp(copy, dest, sizeof(*dest)));
}

static void check_point(const struct point *point)
{
	uint32_t hooks = point->hooks ? point->hooks : PNF_HOOKS_DEFAULT;
	const struct point *copy = &again.points.entries[0];

	require(!(hooks & ~PNF_HOOKS_ALL));
	require(copy->kind == point->kind);
	require((copy->hooks ? copy->hooks : PNF_HOOKS_DEFAULT) == hooks);
}

static void check_aggregation(const struct aggregation *rule)
{
	unsigned int bits = rule->address.family == AF_INET6 ? 128 : 32;
	struct aggregation *copy = &again.aggregations.entries[0];

	require(rule->prefix <= bits && rule->keep <= bits);
	require(rule->port_first <= rule->port_last);
	copy->span = rule->span;
	require(!memcmp(copy, rule, sizeof(*rule)));
}

static void check_snmp_rule(const struct snmp_rule *rule)
{
	struct snmp_rule *copy = &again.snmp_rules.entries[0];

	require(*rule->name);
	copy->span = rule->span;
	require(!memcmp(copy, rule, sizeof(*rule)));
}

static void check_template(const struct template *template)
{
	const struct template *copy = &again.templates.entries[0];

	require(*template->name && template->count);
	require(!strcmp(copy->name, template->name) && copy->count == template->count);
	require(!memcmp(copy->elements, template->elements,
			template->count * sizeof(template->elements[0])));
}

static void check_entry(const struct setting *setting, size_t i)
{
	switch (setting->type) {
	case SETTING_DESTINATIONS:
		check_destination(&value.destinations.entries[i]);
		break;
	case SETTING_POINTS:
		check_point(&value.points.entries[i]);
		break;
	case SETTING_AGGREGATIONS:
		check_aggregation(&value.aggregations.entries[i]);
		break;
	case SETTING_SNMP_RULES:
		check_snmp_rule(&value.snmp_rules.entries[i]);
		break;
	default:
		check_template(&value.templates.entries[i]);
	}
}

/* False where names of elements are not known */
static bool resolve_templates(const char *word)
{
	const struct template *template;
	size_t i;

	for (template = value.templates.entries;
	     template < value.templates.entries + value.templates.count; template++) {
		for (i = 0; i < template->count; i++)
			check_span(&template->words[i], word);
	}
	if (!elements_resolve(&elements, word, &value.templates, &err))
		return true;
	check_sentence();
	return false;
}

/* Whether an entry can be written: a host that is still to be resolved cannot */
static bool is_writable(const struct setting *setting, size_t i)
{
	return setting->type != SETTING_DESTINATIONS || !*value.destinations.entries[i].host;
}

static void check_list(const struct setting *setting, const char *word)
{
	size_t count = setting_entry_count(setting, &value);
	char text[ENTRY_TEXT];
	size_t i;

	if (setting->type == SETTING_TEMPLATES && !resolve_templates(word))
		return;
	for (i = 0; i < count; i++) {
		const struct span *span = setting_entry_span(setting, &value, i);

		require(span->length && span->start + span->length <= strlen(word));
		if (setting->type != SETTING_TEMPLATES)
			check_span(span, word);
		if (!is_writable(setting, i))
			continue;
		setting_format_entry(setting, &value, i, &elements, text);
		require(strlen(text) < sizeof(text) - 1);
		require(!setting->parse(setting, text, &again, &err));
		require(setting_entry_count(setting, &again) == 1);
		if (setting->type == SETTING_TEMPLATES)
			require(!elements_resolve(&elements, text, &again.templates, &err));
		check_entry(setting, i);
	}
}

/* What is no list */
static void check_value(const struct setting *setting)
{
	char text[SETTING_TEXT];

	require(setting->type > SETTING_S32 ||
		(value.number >= setting->min && value.number <= setting->max) ||
		(setting->special && value.number == setting->special_value));
	setting->format(setting, &value, text);
	require(strlen(text) < sizeof(text) - 1);
	require(!setting->parse(setting, text, &again, &err));
	require(setting->type > SETTING_S32 || again.number == value.number);
	require(setting->type != SETTING_STRING || !strcmp(again.string, value.string));
	require(setting->type != SETTING_FIELDS ||
		(again.fields.groups == value.fields.groups &&
		 again.fields.mpls_depth == value.fields.mpls_depth));
	require(setting->type != SETTING_SAMPLER ||
		(again.sampler.method == value.sampler.method &&
		 again.sampler.interval == value.sampler.interval));
}

/* Names to remove, of what has a grammar for that */
static void check_del(const struct setting *setting, const char *word)
{
	size_t i;

	if (!setting->parse_del)
		return;
	if (setting->parse_del(setting, word, &value, &err)) {
		check_sentence();
		return;
	}
	for (i = 0; i < setting_entry_count(setting, &value); i++)
		check_span(setting_entry_span(setting, &value, i), word);
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
	else if (setting->entry)
		check_list(setting, word);
	else
		check_value(setting);
	check_del(setting, word);

	/* and as a name that nobody knows */
	setting_refuse_unknown(word, &err);
	check_sentence();
	free(word);
	return 0;
}
