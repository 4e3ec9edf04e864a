/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * batch.h - Flow Records that travel together
 */
#ifndef PNF_BATCH_H
#define PNF_BATCH_H

#include <linux/bits.h>

#include "types.h"

#define PNF_BATCH_RECORDS	32

/**
 * struct pnf_batch - Flow Records that travel together
 * @undecided: sessions that have not decided yet, and one while it is being handed out
 * @count: records
 * @wire_octets: what they take in a message
 * @opened_ns: CLOCK_BOOTTIME when the first record came
 * @layouts: a bit for each layout among the records, to size Sets
 * @taken: records that some session's stack took, one bit each
 * @unsupported: records that the protocol cannot express, one bit each
 * @order: the records' numbers, those of one layout side by side
 * @records: the records
 */
struct pnf_batch {
	unsigned int undecided;
	unsigned int count;
	u32 wire_octets;
	u32 layouts;
	u32 taken;
	u32 unsupported;
	u64 opened_ns;
	u8 order[PNF_BATCH_RECORDS];
	struct pnf_record records[PNF_BATCH_RECORDS];
};

/* All records of a batch, one bit each; it has some. */
static inline u32 pnf_batch_all(const struct pnf_batch *batch)
{
	return GENMASK(batch->count - 1, 0);
}

#endif /* PNF_BATCH_H */
