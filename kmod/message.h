/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * message.h - a bounded writer for one export message
 *
 * Every octet of a message is written through pnf_message_reserve() or
 * pnf_message_at(), so that writing past the buffer is impossible.
 */
#ifndef PNF_MESSAGE_H
#define PNF_MESSAGE_H

#include <linux/bitmap.h>
#include <linux/types.h>
#include <linux/unaligned.h>

/* Templates of one Exporting Process, and so of one message */
#define PNF_TEMPLATES_MAX	256

/* Longest message: its length field has 16 bits, and its end is aligned to 4. */
#define PNF_MESSAGE_OCTETS_MAX	65532U

/**
 * struct pnf_message - one export message being written
 * @data: buffer of the caller, aligned to 4
 * @octets: octets written so far
 * @capacity: octets that may be written, a multiple of 4: padding always has room
 * @records: Data Records in it
 * @definitions: Template Records in it
 * @set_start: offset of the open Set, 0 if none is open
 * @set_id: id of the open Set
 * @templates: indexes of the Templates that its Data Sets need
 * @template_records: Data Records by index of their Template, where @templates has the bit
 */
struct pnf_message {
	u8 *data;
	u32 octets;
	u32 capacity;
	u32 records;
	u32 definitions;
	u32 set_start;
	u16 set_id;
	DECLARE_BITMAP(templates, PNF_TEMPLATES_MAX);
	u16 template_records[PNF_TEMPLATES_MAX];
};

void pnf_message_init(struct pnf_message *msg, void *buffer, u32 capacity);
bool pnf_message_put_zeros(struct pnf_message *msg, u32 octets);

/* Octets that can still be written. */
static inline u32 pnf_message_room(const struct pnf_message *msg)
{
	return msg->capacity - msg->octets;
}

/**
 * pnf_message_reserve() - the only way to make a message longer
 * @msg: message
 * @octets: octets that the caller is going to write
 *
 * Return: where to write them, or NULL, and nothing changed, if they do not fit.
 */
static inline u8 *pnf_message_reserve(struct pnf_message *msg, u32 octets)
{
	u8 *to = msg->data + msg->octets;

	if (octets > pnf_message_room(msg))
		return NULL;
	msg->octets += octets;
	return to;
}

/**
 * pnf_message_at() - a part written before, to be written over
 * @msg: message
 * @offset: where the part starts
 * @octets: its length
 *
 * Return: the part, or NULL if the message does not reach that far.
 */
static inline u8 *pnf_message_at(struct pnf_message *msg, u32 offset, u32 octets)
{
	if (offset > msg->octets || octets > msg->octets - offset)
		return NULL;
	return msg->data + offset;
}

static inline bool pnf_message_put_be16(struct pnf_message *msg, u16 value)
{
	u8 *to = pnf_message_reserve(msg, sizeof(value));

	if (!to)
		return false;
	put_unaligned_be16(value, to);
	return true;
}

static inline bool pnf_message_put_be32(struct pnf_message *msg, u32 value)
{
	u8 *to = pnf_message_reserve(msg, sizeof(value));

	if (!to)
		return false;
	put_unaligned_be32(value, to);
	return true;
}

#endif /* PNF_MESSAGE_H */
