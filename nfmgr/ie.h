/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Information Elements: those that the module knows, by number and by name, and
 * their values. Nothing here talks to the kernel.
 */
#ifndef NFMGR_IE_H
#define NFMGR_IE_H

#include <linux/pkt_netflow.h>
#include <stdbool.h>
#include <stdint.h>

#include "parse.h"

/* IANA's longest name of today has 49 octets */
#define ELEMENT_NAME_OCTETS	64

#define ELEMENT_VARIABLE	65535	/* octets of one of variable length, RFC 7011 7 */

/* NAME=ELEMENT,ELEMENT,...: the longest there is */
#define TEMPLATE_TEXT	(PNF_TEMPLATE_NAME_MAX + PNF_TEMPLATE_ELEMENTS_MAX * ELEMENT_NAME_OCTETS + 2)

/* Of a value: hexadecimal digits of 128 octets, and no element of a Flow has more */
#define ELEMENT_TEXT	257

/**
 * struct element - an Information Element
 * @id: its number
 * @octets: in IPFIX, ELEMENT_VARIABLE, 0: it is not told there
 * @octets_v9: in NetFlow v9, 0: it is not told there
 * @type: enum pnf_element_type
 * @groups: PNF_FIELD_* that bring it, 0: always there
 * @name: IANA's
 */
struct element {
	uint16_t id;
	uint16_t octets;
	uint16_t octets_v9;
	uint8_t type;
	uint32_t groups;
	char name[ELEMENT_NAME_OCTETS];
};

/* Ordered by number */
struct elements {
	size_t count;
	struct element *entries;
};

enum element_kind {
	ELEMENT_NUMBER,
	ELEMENT_REAL,
	ELEMENT_FLAG,
	ELEMENT_WORD,			/* text */
	ELEMENT_NOTHING,		/* what cannot be such a value */
};

/**
 * struct element_value - a value as it is shown
 * @kind: which of the others is filled
 * @number: ELEMENT_NUMBER
 * @real: ELEMENT_REAL
 * @flag: ELEMENT_FLAG
 * @text: ELEMENT_WORD
 */
struct element_value {
	enum element_kind kind;
	uint64_t number;
	double real;
	bool flag;
	char text[ELEMENT_TEXT];
};

void elements_sort(struct elements *elements);
const struct element *elements_find(const struct elements *elements, uint16_t id);
int elements_resolve(const struct elements *elements, const char *word,
		     struct template_list *list, struct err *err);
const char *format_template(const struct template *template, const struct elements *elements,
			    char text[TEMPLATE_TEXT]);
const char *element_type_name(const struct element *element);

uint64_t element_unsigned(const uint8_t *octets, size_t length);
uint64_t element_ns(uint8_t type, const uint8_t *octets, size_t length);
void element_decode(uint8_t type, const uint8_t *octets, size_t length,
		    struct element_value *value);

#endif
