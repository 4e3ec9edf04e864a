/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * encoding.h - a message of v9 or IPFIX in the making, for the tests of the encoders
 */
#ifndef PNF_UNIT_ENCODING_H
#define PNF_UNIT_ENCODING_H

#include <linux/kernel.h>
#include <linux/stddef.h>
#include <linux/unaligned.h>
#include <stdlib.h>
#include <string.h>

#include "encode.h"
#include "record_samples.h"

/*
 * Options Data of the tests: a scope of two elements, one element that IPFIX alone has, integers
 * of 3 octets side by side, and octets that start their struct
 */
struct sample_options {
	char name[6];
	u8 algorithm;
	u32 domain;
	u32 line_card;
	u32 first_label;
	u32 second_label;
	u64 messages;
	u64 time_ns;
};

#define SAMPLE_OPTIONS_FIELD(_kind, _field)				\
	.kind = (_kind),						\
	.offset = offsetof(struct sample_options, _field),		\
	.size = sizeof_field(struct sample_options, _field)
#define SAMPLE_OPTIONS_BOTH(_octets)					\
	.in = { { .octets = (_octets) }, { .octets = (_octets) } }

static const struct pnf_ie sample_options_ies[] = {
	{ "observationDomainId", .id = 149, SAMPLE_OPTIONS_FIELD(PNF_IE_UNSIGNED, domain),
	  SAMPLE_OPTIONS_BOTH(4) },
	{ "lineCardId", .id = 141, SAMPLE_OPTIONS_FIELD(PNF_IE_UNSIGNED, line_card),
	  SAMPLE_OPTIONS_BOTH(2) },
	{ "interfaceName", .id = 82, SAMPLE_OPTIONS_FIELD(PNF_IE_OCTETS, name),
	  SAMPLE_OPTIONS_BOTH(6) },
	{ "samplingAlgorithm", .id = 35, SAMPLE_OPTIONS_FIELD(PNF_IE_OCTETS, algorithm),
	  SAMPLE_OPTIONS_BOTH(1) },
	{ "flowLabelIPv6", .id = 31, SAMPLE_OPTIONS_FIELD(PNF_IE_UNSIGNED, first_label),
	  SAMPLE_OPTIONS_BOTH(3) },
	{ "samplingInterval", .id = 34, SAMPLE_OPTIONS_FIELD(PNF_IE_UNSIGNED, second_label),
	  SAMPLE_OPTIONS_BOTH(3) },
	{ "systemInitTimeMilliseconds", .id = 160, SAMPLE_OPTIONS_FIELD(PNF_IE_WALL_MS, time_ns),
	  .in[PNF_IE_IPFIX] = { .octets = 8 } },
	{ "exportedMessageTotalCount", .id = 41, SAMPLE_OPTIONS_FIELD(PNF_IE_UNSIGNED, messages),
	  SAMPLE_OPTIONS_BOTH(8) },
};

static const struct pnf_options_definition sample_options = {
	.ies = sample_options_ies,
	.ie_count = ARRAY_SIZE(sample_options_ies),
	.scopes = 2,
	.v9_scope = PNF_V9_SCOPE_SYSTEM,
};

static const struct sample_options sample_options_value = {
	.name = "every",
	.algorithm = 2,
	.domain = 0x12345678,
	.line_card = 0xaabbccdd,
	.first_label = 0x00010203,
	.second_label = 0xff0a0b0c,
	.messages = 0x1122334455667788,
	.time_ns = 60 * NSEC_PER_SEC + 5999999,
};

struct encoding {
	const struct pnf_encoder *encoder;
	struct pnf_template_table *table;
	unsigned int header;		/* octets of the message header */
	struct pnf_message msg;
	u8 buffer[1500] __attribute__((aligned(4)));
};

/* Starts an empty message; what is not written stays 0xee. */
static inline bool encoding_begin(struct encoding *e, u32 capacity)
{
	memset(&e->msg, 0xee, sizeof(e->msg));
	memset(e->buffer, 0xee, sizeof(e->buffer));
	pnf_message_init(&e->msg, e->buffer, capacity);
	return e->encoder->begin(&e->msg);
}

static inline bool encoding_init(struct encoding *e, u8 version)
{
	e->encoder = pnf_encoder_get(version);
	e->header = version == PNF_VERSION_V9 ? 20 : 16;
	e->table = malloc(sizeof(*e->table));
	if (!e->table)
		return false;
	pnf_template_table_init(e->table, PNF_TEMPLATE_ID_MIN);
	return encoding_begin(e, sizeof(e->buffer));
}

static inline void encoding_free(struct encoding *e)
{
	pnf_template_table_renew(e->table);
	free(e->table);
}

static inline unsigned int encoding_put_all(struct encoding *e,
					    const struct pnf_record *const *records,
					    unsigned int n)
{
	return e->encoder->put_records(&e->msg, records, n, e->table, &sample_clock);
}

/* Puts @record @n times. */
static inline unsigned int encoding_put(struct encoding *e, const struct pnf_record *record,
					unsigned int n)
{
	const struct pnf_record *records[64];
	unsigned int i;

	for (i = 0; i < n; i++)
		records[i] = record;
	return encoding_put_all(e, records, n);
}

/* Puts the tests' Options Data */
static inline bool encoding_put_options(struct encoding *e, const struct pnf_template *template)
{
	return e->encoder->put_options(&e->msg, template, &sample_options_value, &sample_clock);
}

static inline void encoding_finish(struct encoding *e)
{
	const struct pnf_header_info info = {
		.clock = &sample_clock, .sequence = 0xfedcba98, .domain = 0x12345678,
	};

	e->encoder->finish(&e->msg, &info);
}

static inline u16 encoding_be16(const struct encoding *e, unsigned int offset)
{
	return get_unaligned_be16(e->buffer + offset);
}

static inline u32 encoding_be32(const struct encoding *e, unsigned int offset)
{
	return get_unaligned_be32(e->buffer + offset);
}

static inline u64 encoding_be64(const struct encoding *e, unsigned int offset)
{
	return get_unaligned_be64(e->buffer + offset);
}

/* Encodes @record alone: its Set, with header and padding, has to be @expected. */
static inline bool encoding_set_is(struct encoding *e, const struct pnf_record *record,
				   const u8 *expected, unsigned int octets)
{
	if (encoding_put(e, record, 1) != 1)
		return false;
	encoding_finish(e);
	return e->msg.octets == e->header + octets &&
	       !memcmp(e->buffer + e->header, expected, octets);
}

/* Octets of sample_record_full4() and sample_record_full6() that are the same in all encodings */
#define SAMPLE_TIMES_OCTETS						\
	0xe8, 0xfe, 0x6f, 0x58, 0x21, 0x24, 0x08, 0x00,	/* .129456 s */	\
	0xe8, 0xfe, 0x6f, 0x76, 0x21, 0x65, 0x98, 0x00,	/* .130456 s */	\
	0xe8, 0xfe, 0x6f, 0x58, 0x21, 0x24, 0x14, 0x7f,	/* .129456788 s */	\
	0xe8, 0xfe, 0x6f, 0x76, 0x21, 0x65, 0x9d, 0xbb,	/* .130456789 s */	\
	0x00, 0x00, 0x75, 0x31,				/* 30001 ms */	\
	0x01, 0xc9, 0xc7, 0x68				/* 30001000 us */
#define SAMPLE_LINK_OCTETS						\
	0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28,	/* physical interfaces */	\
	0x61, 0x62, 0x63, 0x64, 0x65, 0x66,		/* destination MAC */	\
	0x71, 0x72, 0x73, 0x74, 0x75, 0x76,		/* source MAC */	\
	0x08, 0x00					/* Ethernet type */
#define SAMPLE_LABELS_OCTETS						\
	0xfe, 0x51, 0x52, 0x53, 0x51, 0x52, 0x54, 0x51, 0x52, 0x55,	\
	0x51, 0x52, 0x56, 0x51, 0x52, 0x57, 0x51, 0x52, 0x58,		\
	0x51, 0x52, 0x59, 0x51, 0x52, 0x5a, 0x51, 0x52, 0x5b, 0x51, 0x52, 0x5c
#define SAMPLE_SIZES_OCTETS						\
	1, 0x3e, 0x40,					/* direction, TTL */	\
	0x29, 0x2a, 0x2b, 0x2c, 0x2d, 0x2e, 0x2f, 0x30,	/* lengths */	\
	0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18	/* octets of layer 2 */
#define SAMPLE_VRF_OCTETS						\
	0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38,			\
	'b', 'l', 'u', 'e', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0

#endif /* PNF_UNIT_ENCODING_H */
