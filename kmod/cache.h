/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cache.h - the Cache: find or create Flows, let them go, walk them
 *
 * Who may do what:
 *  - packets find Flows under RCU alone and update one under its own lock;
 *  - a Flow is added, removed or moved under the lock of its bucket, and marked
 *    dead under its own lock before it leaves: a packet that found it in the last
 *    moment sees that and looks again under the bucket's lock;
 *  - only the holder of export_lock (struct pnf_net) removes Flows, resizes, or
 *    walks the table.
 * Lock order: export_lock, bucket, Flow.
 *
 * Resizing: the new table hangs on the old one as its future. Buckets move one by
 * one, in order, each under its lock, and @migrated tells which have: so a key has one
 * bucket that counts at any time. A packet that misses its Flow while that moves
 * comes to pnf_cache_insert(), which looks under the lock of the bucket that counts; if there is
 * no room for another Flow just then, it is ignored for that reason.
 */
#ifndef PNF_CACHE_H
#define PNF_CACHE_H

#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/math.h>

#include "flow.h"

/**
 * struct pnf_table - the hash table
 * @secret: keys the hash
 * @mask: buckets - 1
 * @lock_mask: locks - 1; a bucket's lock is that of its low bits
 * @migrated: buckets below this one have moved to @future
 * @future: the table that takes over, or NULL
 * @locks: of the buckets; behind the buckets in the same allocation
 * @rcu: frees the table
 * @buckets: lists of Flows
 */
struct pnf_table {
	struct pnf_secret secret;
	u32 mask;
	u32 lock_mask;
	u32 migrated;
	struct pnf_table __rcu *future;
	spinlock_t *locks; /* of the buckets */
	struct rcu_head rcu;
	struct pnf_flow __rcu *buckets[];
};

/* Bits of struct pnf_cache flags */
#define PNF_CACHE_PRESSURE	0	/* @pressure was called and not yet answered */
#define PNF_CACHE_REKEY		1	/* a bucket is longer than chance makes it */

/**
 * struct pnf_cache - the Cache of a namespace
 * @table: the current table
 * @maxflows: Flows at most; U32_MAX: unlimited
 * @eager_flows: from here on, @pressure is called for a new Flow
 * @buckets_min: the table never shrinks below
 * @flows: Flows in the table
 * @large_flows: those of them that pnf_flow_is_large() tells
 * @large_octets: memory that those take
 * @flows_peak: most Flows ever
 * @flows_peak_ns: CLOCK_BOOTTIME of that, 0: none yet
 * @flags: PNF_CACHE_* bits
 * @resizes: tables taken into use, the first not counted
 * @pressure: wakes the expiry; called with softirqs off
 * @pressure_context: for @pressure
 */
struct pnf_cache {
	struct pnf_table __rcu *table;
	u32 maxflows;
	u32 eager_flows;
	u32 buckets_min;

	atomic_t flows ____cacheline_aligned_in_smp;
	atomic_t large_flows;
	atomic64_t large_octets;
	u32 flows_peak;
	u64 flows_peak_ns;
	unsigned long flags;
	u64 resizes;
	void (*pressure)(void *context);
	void *pressure_context;
};

/**
 * typedef pnf_judge - whether a Flow ends
 * @flow: the Flow; first looked at without its lock, then again under it
 * @context: the caller's
 * @sure: the second time
 *
 * Return: enum pnf_end_reason, 0: it goes on.
 */
typedef u8 (*pnf_judge)(const struct pnf_flow *flow, void *context, bool sure);

int pnf_cache_open(struct pnf_cache *cache, u32 hashsize);
void pnf_cache_close(struct pnf_cache *cache);
bool pnf_cache_is_open(const struct pnf_cache *cache);
void pnf_cache_set_limits(struct pnf_cache *cache, u32 maxflows, u32 hashsize);
enum pnf_ignored pnf_cache_reserve(struct pnf_cache *cache);
void pnf_cache_unreserve(struct pnf_cache *cache);
struct pnf_flow *pnf_cache_insert(struct pnf_cache *cache, struct pnf_flow *new)
	__acquires(flow_lock);
bool pnf_cache_reap(struct pnf_cache *cache, u32 *bucket, u32 count,
		    pnf_judge judge, void *context, struct pnf_flow **reaped);
bool pnf_cache_visit(struct pnf_cache *cache, u32 bucket, u32 *skip,
		     bool (*visit)(const struct pnf_flow *flow, void *context),
		     void *context);
bool pnf_cache_is_sparse(const struct pnf_cache *cache);
bool pnf_cache_needs_resize(struct pnf_cache *cache, bool may_shrink);
int pnf_cache_resize_start(struct pnf_cache *cache);
bool pnf_cache_resize_step(struct pnf_cache *cache, u32 count);
u32 pnf_cache_buckets(const struct pnf_cache *cache);
u64 pnf_cache_memory(const struct pnf_cache *cache);

/* So many Flows are nearly too many: those idle longest have to go. */
static inline u32 pnf_cache_crowd(u32 maxflows)
{
	return maxflows - DIV_ROUND_UP(maxflows, 16);
}

/**
 * pnf_table_find() - pnf_cache_find() in one table
 * @table: the table
 * @key: as in pnf_cache_find()
 * @version: as in pnf_cache_find()
 * @steps: as in pnf_cache_find()
 *
 * Context: as in pnf_cache_find().
 *
 * Return: as in pnf_cache_find(); NULL: it may be in the table's future, too.
 */
static __always_inline struct pnf_flow *
pnf_table_find(const struct pnf_table *table, const struct pnf_key *key, u8 version, u32 *steps)
{
	u32 hash = pnf_key_hash(key, version, &table->secret);
	struct pnf_flow *flow;

	flow = rcu_dereference(table->buckets[hash & table->mask]);
	for (; flow; flow = rcu_dereference(flow->next)) {
		if (likely(pnf_key_equal(key, &flow->key, version)))
			return flow;
		++*steps;
	}
	return NULL;
}

/**
 * pnf_cache_find() - find a packet's Flow
 * @cache: the Cache, open
 * @key: its Flow Key
 * @version: version of @key; a constant, so that only what it needs is compiled
 * @steps: grows by the Flows that were compared in vain
 *
 * Context: RCU read side, softirqs off.
 *
 * Return: the Flow, not locked, perhaps dead by now; NULL: not there, or just on
 * the move.
 */
static __always_inline struct pnf_flow *
pnf_cache_find(const struct pnf_cache *cache, const struct pnf_key *key, u8 version,
	       u32 *steps)
{
	const struct pnf_table *table = rcu_dereference(cache->table);
	struct pnf_flow *flow;

	do {
		flow = pnf_table_find(table, key, version, steps);
		if (flow)
			break;
		table = rcu_dereference(table->future);
	} while (unlikely(table));
	return flow;
}

/**
 * pnf_cache_find_more() - pnf_cache_find() for a key to which settings add
 * @cache: the Cache, open
 * @key: its Flow Key
 * @more: what settings add to it
 * @words: how many words that are
 * @steps: grows by the Flows that were compared in vain
 *
 * Context: as in pnf_cache_find().
 *
 * Return: as in pnf_cache_find().
 */
static inline struct pnf_flow *
pnf_cache_find_more(const struct pnf_cache *cache, const struct pnf_key *key, const u32 *more,
		    unsigned int words, u32 *steps)
{
	const struct pnf_table *table = rcu_dereference(cache->table);
	struct pnf_flow *flow;
	u64 sum;
	u32 hash;

	do {
		sum = pnf_key_sum(key, key->version, &table->secret) +
		      pnf_key_more_sum(more, words, &table->secret);
		hash = pnf_key_fold(sum, &table->secret);
		flow = rcu_dereference(table->buckets[hash & table->mask]);
		for (; flow; flow = rcu_dereference(flow->next)) {
			if (pnf_key_equal(key, &flow->key, key->version) &&
			    !memcmp(more, pnf_flow_tail(flow), words * sizeof(*more)))
				return flow;
			++*steps;
		}
		table = rcu_dereference(table->future);
	} while (unlikely(table));
	return NULL;
}

#endif /* PNF_CACHE_H */
