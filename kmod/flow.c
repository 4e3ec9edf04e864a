// SPDX-License-Identifier: GPL-2.0-only
#include <linux/jiffies.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "flow.h"

/* Of Flows without a tail, one per key length: an IPv4 Flow is two cache lines. */
static struct kmem_cache *pnf_flow_slab_ipv4 __read_mostly;
static struct kmem_cache *pnf_flow_slab_ipv6 __read_mostly;

/**
 * pnf_flow_module_init() - create the slab caches
 *
 * Return: 0 or -ENOMEM.
 */
int pnf_flow_module_init(void)
{
	pnf_flow_slab_ipv4 = kmem_cache_create("pnf_flow_ipv4", PNF_FLOW_OCTETS_IPV4, 0,
					       SLAB_HWCACHE_ALIGN, NULL);
	if (!pnf_flow_slab_ipv4)
		return -ENOMEM;
	pnf_flow_slab_ipv6 = kmem_cache_create("pnf_flow_ipv6", PNF_FLOW_OCTETS_IPV6, 0,
					       SLAB_HWCACHE_ALIGN, NULL);
	if (!pnf_flow_slab_ipv6) {
		kmem_cache_destroy(pnf_flow_slab_ipv4);
		return -ENOMEM;
	}
	return 0;
}

/**
 * pnf_flow_module_exit() - wait for the last Flows and destroy the slab caches
 */
void pnf_flow_module_exit(void)
{
	rcu_barrier();
	kmem_cache_destroy(pnf_flow_slab_ipv6);
	kmem_cache_destroy(pnf_flow_slab_ipv4);
}

static struct kmem_cache *pnf_flow_slab(const struct pnf_key *key)
{
	return key->version == PNF_IPV6 ? pnf_flow_slab_ipv6 : pnf_flow_slab_ipv4;
}

/**
 * pnf_flow_alloc() - a new Flow without packets
 * @key: its key
 * @format: what its tail is like, or NULL: it has none
 *
 * Context: any. What the first packet tells besides the key, in the tail too, is the caller's to
 * fill in.
 *
 * Return: the Flow, not in any table, or NULL.
 */
struct pnf_flow *pnf_flow_alloc(const struct pnf_key *key, const struct pnf_format *format)
{
	gfp_t gfp = GFP_ATOMIC | __GFP_NOWARN;
	struct pnf_flow *flow;
	u32 fields = 0;

	if (unlikely(format && format->fields)) {
		fields = format->fields;
		flow = kmalloc(pnf_flow_octets(key->version) +
			       pnf_format_parts(format, key->version)->octets, gfp);
	} else {
		flow = kmem_cache_alloc(pnf_flow_slab(key), gfp);
	}
	if (!flow)
		return NULL;

	flow->fields = fields;
	flow->options.ip = 0;
	flow->options.tcp_high = 0;
	spin_lock_init(&flow->lock);
	flow->tcp_flags = 0;
	flow->dead = false;
	flow->reason = 0;
	flow->packets = 0;
	flow->octets = 0;
	memcpy(&flow->key, key, pnf_key_octets(key));
	return flow;
}

/**
 * pnf_flow_free() - free a Flow that was never in a table
 * @flow: the Flow
 */
void pnf_flow_free(struct pnf_flow *flow)
{
	if (unlikely(flow->fields))
		kfree(flow);
	else
		kmem_cache_free(pnf_flow_slab(&flow->key), flow);
}

/* Flows that share a callback: it costs more than to free one, and runs in softirq */
#define PNF_FLOW_FREE_MAX	64

/* Flows that wait for their callback; more than can be freed within some milliseconds */
#define PNF_FLOW_REAPED_MAX	65536

static atomic_t pnf_flow_reaped = ATOMIC_INIT(0);

static void pnf_flow_free_callback(struct rcu_head *rcu)
{
	struct pnf_flow *flow = container_of(rcu, struct pnf_flow, rcu);
	struct pnf_flow *next;
	int count = 0;

	for (; flow; flow = next) {
		next = flow->reaped;
		pnf_flow_free(flow);
		count++;
	}
	atomic_sub(count, &pnf_flow_reaped);
}

/**
 * pnf_flow_free_list_rcu() - free Flows when no packet can hold them any more
 * @reaped: Flows out of the table, linked by @reaped; NULL: none
 */
void pnf_flow_free_list_rcu(struct pnf_flow *reaped)
{
	struct pnf_flow *first, *last;
	unsigned int count;

	while ((first = reaped)) {
		last = first;
		for (count = 1; count < PNF_FLOW_FREE_MAX && last->reaped; count++)
			last = last->reaped;
		reaped = last->reaped;
		last->reaped = NULL;
		atomic_add(count, &pnf_flow_reaped);
		call_rcu(&first->rcu, pnf_flow_free_callback);
	}
}

/**
 * pnf_flow_wait_freed() - wait while very many Flows are to be freed
 *
 * On one CPU without preemption all that have gathered are freed by one softirq
 * (kernel/rcu/tiny.c), and whoever reaps them has the CPU as long again before the next: packets
 * would wait the longer, the more Flows there are.
 *
 * Context: process, sleeps; a second at most.
 */
void pnf_flow_wait_freed(void)
{
	unsigned long end = jiffies + HZ;

	while (atomic_read(&pnf_flow_reaped) > PNF_FLOW_REAPED_MAX && time_before(jiffies, end))
		schedule_timeout_uninterruptible(1);
}

static unsigned int pnf_slab_octets(struct kmem_cache *slab)
{
	return ALIGN(kmem_cache_size(slab), cache_line_size());
}

/**
 * pnf_flow_memory() - memory that a Flow takes
 * @flow: the Flow
 *
 * Return: octets.
 */
unsigned int pnf_flow_memory(const struct pnf_flow *flow)
{
	if (unlikely(flow->fields))
		return ksize(flow);
	return pnf_slab_octets(pnf_flow_slab(&flow->key));
}

/**
 * pnf_flow_memory_least() - memory that an IPv4 Flow without a tail takes
 *
 * Return: octets.
 */
unsigned int pnf_flow_memory_least(void)
{
	return pnf_slab_octets(pnf_flow_slab_ipv4);
}
