// SPDX-License-Identifier: GPL-2.0-only
/*
 * message.c - a bounded writer for one export message
 */
#include <linux/bitmap.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "message.h"

/**
 * pnf_message_init() - start an empty message
 * @msg: message, whatever was in it
 * @buffer: the caller's, aligned to 4, outlives @msg
 * @capacity: octets of @buffer that may be used
 */
void pnf_message_init(struct pnf_message *msg, void *buffer, u32 capacity)
{
	msg->data = buffer;
	msg->octets = 0;
	msg->capacity = min(capacity, PNF_MESSAGE_OCTETS_MAX) & ~3U;
	msg->records = 0;
	msg->definitions = 0;
	msg->set_start = 0;
	msg->set_id = 0;
	/* template_records[] is only read where the bit is set */
	bitmap_zero(msg->templates, PNF_TEMPLATES_MAX);
}

/**
 * pnf_message_put_zeros() - append zero octets
 * @msg: message
 * @octets: how many
 *
 * Return: false, and nothing is written, if they do not fit.
 */
bool pnf_message_put_zeros(struct pnf_message *msg, u32 octets)
{
	u8 *to = pnf_message_reserve(msg, octets);

	if (!to)
		return false;
	memset(to, 0, octets);
	return true;
}
