/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * batch.h - Flow Records that travel together
 *
 * A batch is filled up to one message, then given to Transport Sessions, which decide on each of
 * its records.
 */
#ifndef PNF_BATCH_H
#define PNF_BATCH_H

#include <linux/bitmap.h>
#include <linux/types.h>

#include "types.h"

/* A message holds no more records than a batch, however long it may be. */
#define PNF_BATCH_RECORDS_MIN	32
#define PNF_BATCH_RECORDS_MAX	256

/**
 * struct pnf_batch - Flow Records that travel together
 * @undecided: sessions that have not decided yet, and one while it is being handed out
 * @count: records
 * @limit: records that there is room for
 * @wire_octets: what the records take in a message
 * @wire_limit: what a message has room for
 * @layouts: a bit for each layout among the records, to size Sets
 * @opened_ns: CLOCK_BOOTTIME when the first record came
 * @taken: records that some session's stack took, one bit each
 * @unsupported: records that the protocol cannot express, one bit each
 * @order: the records' numbers, those of one layout side by side
 * @records: the records
 */
struct pnf_batch {
	unsigned int undecided;
	unsigned int count;
	unsigned int limit;
	u32 wire_octets;
	u32 wire_limit;
	u32 layouts;
	u64 opened_ns;
	DECLARE_BITMAP(taken, PNF_BATCH_RECORDS_MAX);
	DECLARE_BITMAP(unsupported, PNF_BATCH_RECORDS_MAX);
	u8 order[PNF_BATCH_RECORDS_MAX];
	struct pnf_record records[];
};

struct pnf_batch *pnf_batch_new(unsigned int limit, u32 header_octets, u32 wire_limit);
void pnf_batch_free(struct pnf_batch *batch);
bool pnf_batch_add(struct pnf_batch *batch, u32 octets, bool has_sets);
void pnf_batch_sort(struct pnf_batch *batch);

/* Records that are worth sending, one bit each. */
static inline void pnf_batch_sendable(const struct pnf_batch *batch, unsigned long *records)
{
	bitmap_zero(records, PNF_BATCH_RECORDS_MAX);
	bitmap_set(records, 0, batch->count);
	bitmap_andnot(records, records, batch->unsupported, PNF_BATCH_RECORDS_MAX);
}

#endif /* PNF_BATCH_H */
