/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The file of "nfmgr save": its grammar, both ways. Nothing here talks to the kernel.
 */
#ifndef NFMGR_SAVED_H
#define NFMGR_SAVED_H

#include <stdio.h>

#include "settings.h"

#define BOOT_ID_TEXT	37	/* a UUID */

/* Sequence numbers of v5, v9 and IPFIX, and the next Template ID */
#define SEQUENCE_NUMBERS	4

/**
 * struct sequence_number - a kind of number that a destination goes on with
 * @word: what "sequence" lines call it
 * @attr: PNF_DESTINATION_*
 * @min: smallest
 * @max: greatest
 */
struct sequence_number {
	const char *word;
	uint16_t attr;
	uint32_t min;
	uint32_t max;
};

/**
 * struct sequence - numbers that a destination goes on with
 * @destination: which
 * @numbers: as in sequence_numbers
 * @named: which of @numbers there are, one bit each
 * @at_ms: of the module's last words, when it said them: ms of CLOCK_BOOTTIME
 */
struct sequence {
	struct destination destination;
	uint32_t numbers[SEQUENCE_NUMBERS];
	unsigned int named;
	uint64_t at_ms;
};

struct sequence_list {
	size_t count;
	struct sequence entries[PNF_DESTINATIONS_MAX];
};

/**
 * struct saved_line - a value of a setting
 * @setting: which
 * @word: the value as "set" takes it; of a list, any number of entries
 * @label: what sentences call it: the file, the line and the setting
 */
struct saved_line {
	const struct setting *setting;
	char *word;
	char *label;
};

/**
 * struct saved - what a file says
 * @count: of @lines
 * @lines: values, those of a list in order
 * @sequences: numbers
 * @boot_id: during which boot it was saved, empty: unknown
 * @at_ms: when: ms of CLOCK_BOOTTIME
 */
struct saved {
	size_t count;
	struct saved_line *lines;
	struct sequence_list sequences;
	char boot_id[BOOT_ID_TEXT];
	uint64_t at_ms;
};

extern const struct sequence_number sequence_numbers[SEQUENCE_NUMBERS];

void saved_write_setting(FILE *file, const struct setting *setting,
			 const struct setting_value *value, const struct elements *elements);
void saved_write_sequence(FILE *file, const struct sequence *sequence);

int saved_parse(struct saved *saved, const char *name, char *text, size_t length,
		struct err *err);
int saved_add(struct saved *saved, const char *name, unsigned int number,
	      const struct setting *setting, const char *word, struct err *err);
void saved_free(struct saved *saved);

const struct sequence *sequence_find(const struct sequence_list *list,
				     const struct destination *dest);
bool sequence_parse_last_words(struct sequence *sequence, const char *text, unsigned int netns);

#endif
