/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * selector.h - which Flows a sampler selects (RFC 7014, flow sampling)
 *
 * The deterministic and the random sampler decide when a Flow is about to be exported, once
 * per Flow Record: pnf_selector_select(). The hash sampler decides before the Cache knows of a
 * Flow, packet by packet, always alike: pnf_selector_takes_hash(). What passed it was
 * sampled, and passes pnf_selector_select() whole: each Flow is asked about, and
 * counted, in one of the two places.
 *
 * The hash sampler needs a secret of its own, that stays as long as the sampler does. The
 * Cache's would not do: it changes with every table, and what selected a Flow would then leave out
 * its later packets; and of Flows chosen by their hash, the same hash would fill few of the
 * buckets.
 */
#ifndef PNF_SELECTOR_H
#define PNF_SELECTOR_H

#include "types.h"

/**
 * struct pnf_selector - a sampler at work
 * @interval: one Flow in so many, 2..PNF_SAMPLER_MAX; not used by PNF_SAMPLER_NONE
 * @position: deterministic: Flows since the selected one, it included; 0: the next is selected
 * @method: enum pnf_sampler
 *
 * One per namespace, under export_lock.
 */
struct pnf_selector {
	u32 interval;
	u32 position;
	u8 method;
};

void pnf_selector_init(struct pnf_selector *selector, u8 method, u32 interval);
bool pnf_selector_select(struct pnf_selector *selector, u32 random);
u16 pnf_selector_v5_field(u8 method, u32 interval);

/**
 * pnf_selector_is_first_part() - whether a number is in the first 1/N of its range
 * @number: of 32 bits, all equally likely
 * @interval: N
 *
 * That is so for ceil(2^32 / N) of the 2^32 numbers: the probability exceeds 1/N by less than
 * 2^-32. Of four billion Flows, less than one is selected too many.
 */
static inline bool pnf_selector_is_first_part(u32 number, u32 interval)
{
	return !((u64)number * interval >> 32);
}

/**
 * pnf_selector_takes_hash() - whether the hash sampler selects a Flow
 * @hash: pnf_key_hash() of the Flow Key with the sampler's secret
 * @interval: one Flow in so many, 2..PNF_SAMPLER_MAX
 *
 * Keys that count up, as a scan's do, make hashes that go up in steps. Now and then many of them,
 * or few, fall into a part of the range: with one secret in some hundreds the share of a million
 * such Flows is more than 4 standard errors off. So bits are mixed before the hash is
 * looked at, as MurmurHash3 does at its end: each step can be undone, so that all
 * numbers stay as likely as they are, and different hashes different.
 *
 * Any context.
 */
static inline bool pnf_selector_takes_hash(u32 hash, u32 interval)
{
	hash ^= hash >> 16;
	hash *= 0x85ebca6b;
	hash ^= hash >> 13;
	hash *= 0xc2b2ae35;
	hash ^= hash >> 16;
	return pnf_selector_is_first_part(hash, interval);
}

#endif /* PNF_SELECTOR_H */
