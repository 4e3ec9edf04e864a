/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one table of settings. set, add, del, show config, help, completion and
 * the man page's list follow it.
 */
#ifndef NFMGR_SETTINGS_H
#define NFMGR_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "parse.h"

#define SETTING_TEXT	32

/* How a value travels */
enum setting_type {
	SETTING_U8,
	SETTING_U32,
	SETTING_S32,
	SETTING_DESTINATIONS,
	SETTING_POINTS,
};

struct setting_value {
	int64_t number;
	struct destination_list destinations;
	struct point_list points;
};

/**
 * struct setting - what can be set
 * @name: with hyphens
 * @old_name: of the module parameter, NULL if there was none
 * @entry: of a list, the name of one entry: what add and del take
 * @type: how it travels
 * @attr: PNF_CONFIG_*; of a list, one entry
 * @attr_del: of a list
 * @attr_flush: of a list
 * @min: smallest number
 * @max: greatest number
 * @unit: of the number, "" for none
 * @words: words that stand for a number
 * @words_only: other numbers than those of @words are refused
 * @accepted: for people
 * @default_text: for people
 * @special: what @special_value means, NULL for nothing
 * @special_value: a number that is not what it seems
 * @help: one line
 * @parse: reads a value; the sentence of an error does not name the setting
 * @format: writes a number; not for lists, whose entries are written one by one
 */
struct setting {
	const char *name;
	const char *old_name;
	const char *entry;
	enum setting_type type;
	uint16_t attr;
	uint16_t attr_del;
	uint16_t attr_flush;
	int64_t min;
	int64_t max;
	const char *unit;
	const struct word_value *words;
	bool words_only;
	const char *accepted;
	const char *default_text;
	const char *special;
	int64_t special_value;
	const char *help;
	int (*parse)(const struct setting *setting, const char *word,
		     struct setting_value *value, struct err *err);
	const char *(*format)(const struct setting *setting, int64_t number,
			      char text[SETTING_TEXT]);
};

extern const struct setting settings[];
extern const unsigned int setting_count;

const struct setting *setting_find(const char *name);
const struct setting *setting_find_list(const char *entry);
int setting_refuse_unknown(const char *name, struct err *err);
bool setting_has_word(const struct setting *setting, int64_t number);

#endif
