// SPDX-License-Identifier: GPL-2.0-only
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/ktime.h>

#include "cache.h"

#define PNF_BUCKETS_MIN		1024u
#define PNF_BUCKETS_MAX		67108864u
#define PNF_LOCKS_MAX		4096u

/*
 * With a Flow per bucket at most, chance makes one of two million buckets longer
 * than 12 once in thousands of tables; this is well beyond it.
 */
#define PNF_BUCKET_LENGTH_MAX	16

static spinlock_t *pnf_table_lock(const struct pnf_table *table, u32 bucket)
{
	return &table->locks[bucket & table->lock_mask];
}

static struct pnf_table *pnf_table_alloc(u32 buckets)
{
	u32 locks = min(buckets, min(PNF_LOCKS_MAX,
				     64 * (u32)roundup_pow_of_two(num_possible_cpus())));
	struct pnf_table *table;
	size_t octets;
	u32 i;

	octets = sizeof(*table) + buckets * sizeof(table->buckets[0]);
	table = kvzalloc(octets + locks * sizeof(table->locks[0]), GFP_KERNEL);
	if (!table)
		return NULL;

	get_random_bytes(&table->secret, sizeof(table->secret));
	table->mask = buckets - 1;
	table->lock_mask = locks - 1;
	table->locks = (void *)table + octets;
	for (i = 0; i < locks; i++)
		spin_lock_init(&table->locks[i]);
	return table;
}

/* Only the holder of export_lock exchanges the table. */
static struct pnf_table *pnf_cache_table(const struct pnf_cache *cache)
{
	return rcu_dereference_protected(cache->table, 1);
}

static struct pnf_table *pnf_table_future(const struct pnf_table *table)
{
	return rcu_dereference_protected(table->future, 1);
}

static u32 pnf_buckets_for(u32 flows)
{
	flows = clamp(flows, PNF_BUCKETS_MIN, PNF_BUCKETS_MAX);
	return roundup_pow_of_two(flows);
}

/**
 * pnf_cache_is_open() - whether the Cache can take Flows
 * @cache: the Cache
 */
bool pnf_cache_is_open(const struct pnf_cache *cache)
{
	return rcu_access_pointer(cache->table);
}

/**
 * pnf_cache_open() - make the first table
 * @cache: the Cache, zeroed but for @pressure
 * @hashsize: buckets to start with, 0: automatic
 *
 * Context: process, export_lock held; no packet uses the Cache yet.
 *
 * Return: 0 or -ENOMEM.
 */
int pnf_cache_open(struct pnf_cache *cache, u32 hashsize)
{
	struct pnf_table *table;

	table = pnf_table_alloc(pnf_buckets_for(hashsize));
	if (!table)
		return -ENOMEM;
	rcu_assign_pointer(cache->table, table);
	return 0;
}

/**
 * pnf_cache_close() - free the table
 * @cache: the Cache, without Flows and out of any packet's reach
 *
 * Context: process, export_lock held.
 */
void pnf_cache_close(struct pnf_cache *cache)
{
	struct pnf_table *table = pnf_cache_table(cache);

	if (!table)
		return;
	WARN_ON_ONCE(atomic_read(&cache->flows));
	kvfree(pnf_table_future(table));
	kvfree(table);
	RCU_INIT_POINTER(cache->table, NULL);
}

/* @may_grow: a larger table can be had */
static void pnf_cache_set_eager(struct pnf_cache *cache, bool may_grow)
{
	const struct pnf_table *table = pnf_cache_table(cache);
	u32 eager = pnf_cache_crowd(cache->maxflows);

	if (table && table->mask + 1 < PNF_BUCKETS_MAX && may_grow)
		eager = min(eager, table->mask + 1);
	WRITE_ONCE(cache->eager_flows, eager);
}

/**
 * pnf_cache_set_limits() - take new settings
 * @cache: the Cache
 * @maxflows: Flows at most, 0: unlimited
 * @hashsize: buckets to start with, 0: automatic
 *
 * Context: process, export_lock held. The table follows with the next pass of the expiry.
 */
void pnf_cache_set_limits(struct pnf_cache *cache, u32 maxflows, u32 hashsize)
{
	WRITE_ONCE(cache->maxflows, maxflows ? maxflows : U32_MAX);
	cache->buckets_min = pnf_buckets_for(hashsize);
	pnf_cache_set_eager(cache, true);
}

static void pnf_cache_press(struct pnf_cache *cache)
{
	if (!test_bit(PNF_CACHE_PRESSURE, &cache->flags) &&
	    !test_and_set_bit(PNF_CACHE_PRESSURE, &cache->flags))
		cache->pressure(cache->pressure_context);
}

/**
 * pnf_cache_reserve() - make sure that there is room for one more Flow
 * @cache: the Cache
 *
 * Context: softirqs off.
 *
 * Return: 0, or PNF_IGNORED_MAX_FLOWS.
 */
enum pnf_ignored pnf_cache_reserve(struct pnf_cache *cache)
{
	u32 flows = atomic_read(&cache->flows);

	if (unlikely(flows >= READ_ONCE(cache->eager_flows))) {
		pnf_cache_press(cache);
		/* Under a flood of new Flows they are refused without a write. */
		if (flows >= READ_ONCE(cache->maxflows))
			return PNF_IGNORED_MAX_FLOWS;
	}
	flows = atomic_inc_return(&cache->flows);
	if (unlikely(flows > READ_ONCE(cache->maxflows))) {
		atomic_dec(&cache->flows);
		return PNF_IGNORED_MAX_FLOWS;
	}
	return PNF_IGNORED_UNSPEC;
}

/**
 * pnf_cache_unreserve() - give back what pnf_cache_reserve() took
 * @cache: the Cache
 */
void pnf_cache_unreserve(struct pnf_cache *cache)
{
	atomic_dec(&cache->flows);
}

static void pnf_cache_note_peak(struct pnf_cache *cache, u64 now_ns)
{
	u32 flows = atomic_read(&cache->flows);

	if (flows > READ_ONCE(cache->flows_peak)) {
		WRITE_ONCE(cache->flows_peak, flows);
		WRITE_ONCE(cache->flows_peak_ns, now_ns);
	}
}

/**
 * pnf_cache_insert() - add a Flow unless its key is there by now
 * @cache: the Cache
 * @new: the Flow, described but for its packets; room for it was reserved
 *
 * Context: RCU read side, softirqs off.
 *
 * Return: the Flow in the table, alive and locked: @new, or another one in which
 * case @new was freed and the room given back.
 */
struct pnf_flow *pnf_cache_insert(struct pnf_cache *cache, struct pnf_flow *new)
	__acquires(flow_lock)
{
	struct pnf_table *table = rcu_dereference(cache->table);
	struct pnf_flow *flow, *head;
	unsigned int length = 0;
	spinlock_t *lock;
	u32 bucket;

	for (;;) {
		bucket = pnf_flow_hash(new, &table->secret) & table->mask;
		lock = pnf_table_lock(table, bucket);
		spin_lock(lock);
		if (likely(bucket >= READ_ONCE(table->migrated)))
			break;
		spin_unlock(lock);
		table = rcu_dereference(table->future);
	}

	head = rcu_dereference_protected(table->buckets[bucket], lockdep_is_held(lock));
	for (flow = head; flow;
	     flow = rcu_dereference_protected(flow->next, lockdep_is_held(lock))) {
		if (pnf_flow_equal(new, flow)) {
			spin_lock(&flow->lock);
			spin_unlock(lock);
			pnf_flow_free(new);
			pnf_cache_unreserve(cache);
			return flow;
		}
		length++;
	}

	/* What is about to move, or to grow, is being helped already. */
	if (unlikely(length > PNF_BUCKET_LENGTH_MAX) && !rcu_access_pointer(table->future) &&
	    atomic_read(&cache->flows) <= table->mask + 1 &&
	    !test_and_set_bit(PNF_CACHE_REKEY, &cache->flags))
		pnf_cache_press(cache);
	if (pnf_flow_is_large(new)) {
		atomic_inc(&cache->large_flows);
		atomic64_add(pnf_flow_memory(new), &cache->large_octets);
	}
	pnf_cache_note_peak(cache, new->first_ns);

	spin_lock(&new->lock);
	RCU_INIT_POINTER(new->next, head);
	rcu_assign_pointer(table->buckets[bucket], new);
	spin_unlock(lock);
	return new;
}

static bool pnf_bucket_has_ending(const struct pnf_table *table, u32 bucket,
				  pnf_judge judge, void *context)
{
	const struct pnf_flow *flow;
	bool found = false;

	rcu_read_lock();
	/* All of them: @judge may take their measure. */
	for (flow = rcu_dereference(table->buckets[bucket]); flow;
	     flow = rcu_dereference(flow->next))
		found |= judge(flow, context, false);
	rcu_read_unlock();
	return found;
}

static void pnf_bucket_reap(struct pnf_cache *cache, struct pnf_table *table,
			    u32 bucket, pnf_judge judge, void *context,
			    struct pnf_flow **reaped)
{
	spinlock_t *lock = pnf_table_lock(table, bucket);
	struct pnf_flow __rcu **link;
	struct pnf_flow *flow;

	spin_lock_bh(lock);
	link = &table->buckets[bucket];
	while ((flow = rcu_dereference_protected(*link, lockdep_is_held(lock)))) {
		spin_lock(&flow->lock);
		flow->reason = judge(flow, context, true);
		flow->dead = flow->reason;
		spin_unlock(&flow->lock);
		if (!flow->dead) {
			link = &flow->next;
			continue;
		}
		/* A packet may stand on this Flow: its @next stays. */
		rcu_assign_pointer(*link, rcu_dereference_protected(flow->next, 1));
		flow->reaped = *reaped;
		*reaped = flow;
		atomic_dec(&cache->flows);
		if (pnf_flow_is_large(flow)) {
			atomic_dec(&cache->large_flows);
			atomic64_sub(pnf_flow_memory(flow), &cache->large_octets);
		}
	}
	spin_unlock_bh(lock);
}

/**
 * pnf_cache_reap() - take Flows that end out of some buckets
 * @cache: the Cache; no resize is under way
 * @bucket: where to start; moved on, 0 again after the last bucket
 * @count: how many buckets at most
 * @judge: decides
 * @context: for @judge
 * @reaped: the list that dead Flows are added to; they do not change any more and
 *	are the caller's to free with pnf_flow_free_list_rcu()
 *
 * Context: process, export_lock held. Softirqs are off for one bucket at a time.
 *
 * Return: true when the last bucket is done.
 */
bool pnf_cache_reap(struct pnf_cache *cache, u32 *bucket, u32 count,
		    pnf_judge judge, void *context, struct pnf_flow **reaped)
{
	struct pnf_table *table = pnf_cache_table(cache);

	for (; count; count--) {
		if (*bucket > table->mask) /* shrunk meanwhile */
			*bucket = 0;
		if (rcu_access_pointer(table->buckets[*bucket]) &&
		    pnf_bucket_has_ending(table, *bucket, judge, context))
			pnf_bucket_reap(cache, table, *bucket, judge, context, reaped);
		if (++*bucket > table->mask) {
			*bucket = 0;
			return true;
		}
		if (!(*bucket % 64))
			cond_resched();
	}
	return false;
}

/**
 * pnf_cache_visit() - show the Flows of a bucket
 * @cache: the Cache; no resize is under way
 * @bucket: less than pnf_cache_buckets()
 * @skip: Flows to pass over at the start; grows by those that were visited
 * @visit: called with the Flow's lock held and softirqs off; false ends the visit
 * @context: for @visit
 *
 * Context: process, export_lock held, so that no Flow leaves meanwhile.
 *
 * Return: false if @visit ended it.
 */
bool pnf_cache_visit(struct pnf_cache *cache, u32 bucket, u32 *skip,
		     bool (*visit)(const struct pnf_flow *flow, void *context),
		     void *context)
{
	const struct pnf_table *table = pnf_cache_table(cache);
	struct pnf_flow *flow;
	bool going_on = true;
	u32 number = 0;

	rcu_read_lock();
	for (flow = rcu_dereference(table->buckets[bucket]); flow && going_on;
	     flow = rcu_dereference(flow->next)) {
		if (number++ < *skip)
			continue;
		spin_lock_bh(&flow->lock);
		going_on = visit(flow, context);
		spin_unlock_bh(&flow->lock);
		*skip += going_on;
	}
	rcu_read_unlock();
	return going_on;
}

/**
 * pnf_cache_is_sparse() - whether the table is far larger than its Flows need
 * @cache: the Cache, open
 *
 * Context: export_lock held.
 */
bool pnf_cache_is_sparse(const struct pnf_cache *cache)
{
	return atomic_read(&cache->flows) < pnf_cache_buckets(cache) / 8;
}

static u32 pnf_cache_buckets_wanted(const struct pnf_cache *cache, bool may_shrink)
{
	u32 buckets = pnf_cache_table(cache)->mask + 1;
	u32 flows = atomic_read(&cache->flows);
	u32 wanted;

	/* Slack between the two keeps a table from growing and shrinking in turn. */
	if (flows > buckets)
		wanted = pnf_buckets_for(flows);
	else if (may_shrink && flows < buckets / 8)
		wanted = pnf_buckets_for(flows * 2);
	else
		wanted = buckets;
	return max(wanted, cache->buckets_min);
}

/**
 * pnf_cache_needs_resize() - whether another table would be better
 * @cache: the Cache
 * @may_shrink: whether a smaller one is worth it now
 *
 * Context: export_lock held.
 */
bool pnf_cache_needs_resize(struct pnf_cache *cache, bool may_shrink)
{
	return test_bit(PNF_CACHE_REKEY, &cache->flags) ||
	       pnf_cache_buckets_wanted(cache, may_shrink) !=
	       pnf_cache_table(cache)->mask + 1;
}

/**
 * pnf_cache_resize_start() - begin to move to a table of the size that fits
 * @cache: the Cache
 *
 * Context: process, export_lock held, no resize under way. From here on packets
 * may find their Flows in either table.
 *
 * Return: 0 or -ENOMEM, which leaves the table as it is.
 */
int pnf_cache_resize_start(struct pnf_cache *cache)
{
	struct pnf_table *table = pnf_cache_table(cache);
	struct pnf_table *future;

	clear_bit(PNF_CACHE_REKEY, &cache->flags);
	future = pnf_table_alloc(pnf_cache_buckets_wanted(cache, true));
	if (!future) {
		/* Not for each new Flow again */
		pnf_cache_set_eager(cache, false);
		return -ENOMEM;
	}
	rcu_assign_pointer(table->future, future);
	return 0;
}

static void pnf_bucket_migrate(struct pnf_table *table, struct pnf_table *future,
			       u32 bucket)
{
	spinlock_t *lock = pnf_table_lock(table, bucket);
	spinlock_t *future_lock;
	struct pnf_flow *flow;
	u32 to;

	spin_lock_bh(lock);
	while ((flow = rcu_dereference_protected(table->buckets[bucket],
						 lockdep_is_held(lock)))) {
		to = pnf_flow_hash(flow, &future->secret) & future->mask;
		future_lock = pnf_table_lock(future, to);
		spin_lock_nested(future_lock, SINGLE_DEPTH_NESTING);
		rcu_assign_pointer(table->buckets[bucket],
				   rcu_dereference_protected(flow->next, 1));
		/* Who stands on this Flow goes on in the new bucket, which ends too. */
		rcu_assign_pointer(flow->next,
				   rcu_dereference_protected(future->buckets[to], 1));
		rcu_assign_pointer(future->buckets[to], flow);
		spin_unlock(future_lock);
	}
	WRITE_ONCE(table->migrated, bucket + 1);
	spin_unlock_bh(lock);
}

/**
 * pnf_cache_resize_step() - go on with a resize
 * @cache: the Cache
 * @count: how many buckets to move at most
 *
 * Context: process, export_lock held. Softirqs are off for one bucket at a time.
 *
 * Return: true while there is more to do; false when no resize is under way.
 */
bool pnf_cache_resize_step(struct pnf_cache *cache, u32 count)
{
	struct pnf_table *table = pnf_cache_table(cache);
	struct pnf_table *future = table ? pnf_table_future(table) : NULL;

	if (!future)
		return false;
	for (; count && table->migrated <= table->mask; count--) {
		pnf_bucket_migrate(table, future, table->migrated);
		if (!(table->migrated % 64))
			cond_resched();
	}
	if (table->migrated <= table->mask)
		return true;

	rcu_assign_pointer(cache->table, future);
	cache->resizes++;
	pnf_cache_set_eager(cache, true);
	kvfree_rcu(table, rcu);
	return false;
}

/**
 * pnf_cache_buckets() - buckets of the table
 * @cache: the Cache
 *
 * Context: export_lock held.
 */
u32 pnf_cache_buckets(const struct pnf_cache *cache)
{
	const struct pnf_table *table = pnf_cache_table(cache);

	return table ? table->mask + 1 : 0;
}

/**
 * pnf_cache_memory() - octets that the table and the Flows take
 * @cache: the Cache
 *
 * Context: export_lock held.
 */
u64 pnf_cache_memory(const struct pnf_cache *cache)
{
	const struct pnf_table *table = pnf_cache_table(cache);
	u64 octets = 0;

	for (; table; table = pnf_table_future(table))
		octets += sizeof(*table) +
			  (table->mask + 1ull) * sizeof(table->buckets[0]) +
			  (table->lock_mask + 1ull) * sizeof(table->locks[0]);
	octets += atomic64_read(&cache->large_octets);
	octets += (u64)(atomic_read(&cache->flows) - atomic_read(&cache->large_flows)) *
		  pnf_flow_memory_least();
	return octets;
}
