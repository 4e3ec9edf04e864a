/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Settings on their way to the kernel and back.
 */
#ifndef NFMGR_CONFIG_H
#define NFMGR_CONFIG_H

#include "channel.h"
#include "command.h"
#include "saved.h"
#include "settings.h"

/**
 * struct assignment - a setting that is to get a value, as it was written and as it was read
 * @setting: which
 * @word: the value, as it was written
 * @joined: several of the user's words, what @word is then
 * @label: what sentences call the setting, NULL: by its name
 * @sequences: numbers that destinations go on with, NULL: none
 * @value: filled by assignment_read()
 */
struct assignment {
	const struct setting *setting;
	const char *word;
	char *joined;
	const char *label;
	const struct sequence_list *sequences;
	struct setting_value value;
};

/**
 * struct config - the settings in force
 * @is_present: by attribute; those of an older module are fewer
 * @numbers: by attribute
 * @value: all but numbers
 */
struct config {
	bool is_present[PNF_CONFIG_MAX + 1];
	int64_t numbers[PNF_CONFIG_MAX + 1];
	struct setting_value value;
};

int assignment_read(struct assignment *assignment, const char *verb, const char *word,
		    struct err *err);
int put_assignment(struct request *request, const struct assignment *assignment,
		   struct err *err);
int put_entries(struct request *request, const struct assignment *assignment, uint16_t attr,
		struct err *err);
int config_read(struct context *ctx, struct config *config, struct err *err);

#endif
