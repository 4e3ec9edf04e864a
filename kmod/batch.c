// SPDX-License-Identifier: GPL-2.0-only
#include <linux/hash.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "batch.h"

#define PNF_SET_OCTETS	7	/* header and padding of a Set, at most */

/**
 * pnf_batch_new() - an empty batch
 * @limit: records that it is to have room for, PNF_BATCH_RECORDS_MAX at most
 * @header_octets: of a message's header
 * @wire_limit: octets of a message
 *
 * Context: process, sleeps.
 *
 * Return: for pnf_batch_free(); NULL if there is no memory.
 */
struct pnf_batch *pnf_batch_new(unsigned int limit, u32 header_octets, u32 wire_limit)
{
	struct pnf_batch *batch;

	batch = kvmalloc(struct_size(batch, records, limit), GFP_KERNEL);
	if (!batch)
		return NULL;
	batch->undecided = 1;
	batch->count = 0;
	batch->limit = limit;
	batch->wire_octets = header_octets;
	batch->wire_limit = wire_limit;
	batch->layouts = 0;
	batch->opened_ns = ktime_get_boottime_ns();
	bitmap_zero(batch->taken, PNF_BATCH_RECORDS_MAX);
	bitmap_zero(batch->unsupported, PNF_BATCH_RECORDS_MAX);
	return batch;
}

/**
 * pnf_batch_free() - free a batch
 * @batch: the batch
 */
void pnf_batch_free(struct pnf_batch *batch)
{
	kvfree(batch);
}

/**
 * pnf_batch_add() - the record behind the last one is complete
 * @batch: the batch
 * @octets: what the record takes in a message, 0: the protocol cannot express it
 * @has_sets: the protocol has Sets, with headers and padding
 *
 * Return: true if another one like this does not fit.
 */
bool pnf_batch_add(struct pnf_batch *batch, u32 octets, bool has_sets)
{
	u32 layout = BIT(hash_64(batch->records[batch->count].layout, 5));

	if (!octets)
		__set_bit(batch->count, batch->unsupported);
	else if (has_sets && !(batch->layouts & layout))
		octets += PNF_SET_OCTETS; /* another Set */
	batch->layouts |= layout;
	batch->wire_octets += octets;
	batch->count++;
	return batch->count == batch->limit || batch->wire_octets + octets > batch->wire_limit;
}

/* Where a record belongs among the first @count in order: behind all of its layout. */
static unsigned int pnf_batch_place(const struct pnf_batch *batch, unsigned int count, u64 layout)
{
	unsigned int low = 0, middle;

	while (low < count) {
		middle = (low + count) / 2;
		if (batch->records[batch->order[middle]].layout <= layout)
			low = middle + 1;
		else
			count = middle;
	}
	return low;
}

/**
 * pnf_batch_sort() - put records of one layout side by side, as they share a Set
 * @batch: complete
 */
void pnf_batch_sort(struct pnf_batch *batch)
{
	unsigned int i, place;

	for (i = 0; i < batch->count; i++) {
		place = i;
		/* Mostly sorted: the last place is the likely one. */
		if (i && batch->records[batch->order[i - 1]].layout > batch->records[i].layout) {
			place = pnf_batch_place(batch, i - 1, batch->records[i].layout);
			memmove(&batch->order[place + 1], &batch->order[place], i - place);
		}
		batch->order[place] = i;
	}
}
