/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * encoding.h - a message of v9 or IPFIX in the making, for the tests of the encoders
 */
#ifndef PNF_UNIT_ENCODING_H
#define PNF_UNIT_ENCODING_H

#include <linux/kernel.h>
#include <linux/unaligned.h>
#include <stdlib.h>
#include <string.h>

#include "encode.h"
#include "record_samples.h"

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
	pnf_template_table_init(e->table);
	return encoding_begin(e, sizeof(e->buffer));
}

static inline void encoding_free(struct encoding *e)
{
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

#endif /* PNF_UNIT_ENCODING_H */
