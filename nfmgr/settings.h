/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one table of settings. set, add, del, show config, help, completion and
 * the man page's list follow it.
 */
#ifndef NFMGR_SETTINGS_H
#define NFMGR_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "ie.h"
#include "parse.h"

/* The longest value that is no list, and the longest entry of a list, a Template */
#define SETTING_TEXT	256
#define ENTRY_TEXT	TEMPLATE_TEXT

/* How a value travels */
enum setting_type {
	/* numbers */
	SETTING_U8,
	SETTING_U16,
	SETTING_U32,
	SETTING_S32,
	/* neither numbers nor lists */
	SETTING_STRING,
	SETTING_FIELDS,
	SETTING_SAMPLER,
	/* lists */
	SETTING_DESTINATIONS,
	SETTING_POINTS,
	SETTING_AGGREGATIONS,
	SETTING_SNMP_RULES,
	SETTING_TEMPLATES,
};

struct setting_value {
	int64_t number;
	char string[PNF_DOMAIN_NAME_MAX + 1];
	struct fields fields;
	struct sampler sampler;
	struct destination_list destinations;
	struct point_list points;
	struct aggregation_list aggregations;
	struct snmp_rule_list snmp_rules;
	struct template_list templates;
};

/**
 * struct setting - what can be set
 * @name: with hyphens
 * @old_name: of the module parameter, NULL if there was none
 * @entry: of a list, the name of one entry: what add and del take
 * @type: how it travels
 * @attr: PNF_CONFIG_*; of a list, one entry
 * @attr_depth: of SETTING_FIELDS, the number of labels
 * @attr_del: of a list
 * @attr_flush: of a list
 * @min: smallest number
 * @max: greatest number
 * @unit: of the number, "" for none
 * @words: words that stand for a number
 * @words_only: other numbers than those of @words are refused
 * @is_told_as_number: @words are read and not written
 * @accepted: for people
 * @default_text: for people
 * @special: what @special_value means, NULL for nothing
 * @special_value: a number that is not what it seems; of SETTING_STRING it is the empty one
 * @help: one line
 * @parse: reads a value; the sentence of an error does not name the setting
 * @parse_del: what "del" reads, NULL: the same
 * @format: writes a value; not for lists, whose entries are written one by one
 */
struct setting {
	const char *name;
	const char *old_name;
	const char *entry;
	enum setting_type type;
	uint16_t attr;
	uint16_t attr_depth;
	uint16_t attr_del;
	uint16_t attr_flush;
	int64_t min;
	int64_t max;
	const char *unit;
	const struct word_value *words;
	bool words_only;
	bool is_told_as_number;
	const char *accepted;
	const char *default_text;
	const char *special;
	int64_t special_value;
	const char *help;
	int (*parse)(const struct setting *setting, const char *word,
		     struct setting_value *value, struct err *err);
	int (*parse_del)(const struct setting *setting, const char *word,
			 struct setting_value *value, struct err *err);
	const char *(*format)(const struct setting *setting, const struct setting_value *value,
			      char text[SETTING_TEXT]);
};

extern const struct setting settings[];
extern const unsigned int setting_count;

const struct setting *setting_find(const char *name);
const struct setting *setting_find_list(const char *entry);
int setting_refuse_unknown(const char *name, struct err *err);
bool setting_has_word(const struct setting *setting, int64_t number);
const char *setting_list_names(char *text, size_t size);

size_t setting_entry_count(const struct setting *setting, const struct setting_value *value);
const struct span *setting_entry_span(const struct setting *setting,
				      const struct setting_value *value, size_t i);
const char *setting_format_entry(const struct setting *setting,
				 const struct setting_value *value, size_t i,
				 const struct elements *elements, char text[ENTRY_TEXT]);

#endif
