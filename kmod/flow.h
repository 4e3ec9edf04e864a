/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * flow.h - one Flow in the Cache
 */
#ifndef PNF_FLOW_H
#define PNF_FLOW_H

#include <linux/cache.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>

#include "format.h"

/**
 * struct pnf_flow - one Flow
 * @first_ns: CLOCK_BOOTTIME of the first packet
 * @next_hop: of the first packet
 * @egress: ifindex of the first packet, 0 none, or what an index rule makes of it
 * @fields: what the Flow has besides, see format.h; 0: no tail
 * @options: union of the packets' rare options; under @lock
 * @rcu: frees the Flow when no packet can hold it
 * @reaped: links Flows that left the table and wait for their record
 * @next: next Flow of the bucket; under RCU, changed under the bucket's lock
 * @lock: protects the fields below up to @last_ns, TCP options in @key, the tail, and @dead
 * @tcp_flags: union of the control bits
 * @dead: left the table, takes no more packets
 * @reason: enum pnf_end_reason, of one that is dead
 * @packets: packets on the wire
 * @octets: octets on the wire
 * @last_ns: CLOCK_BOOTTIME of the last packet
 * @key: PNF_KEY_OCTETS_IPV4 or PNF_KEY_OCTETS_IPV6 octets; never changes, but for the union of
 *	the packets' TCP options
 *
 * Behind the key lie, with IPv6, the flow label of the first packet as u32, and the tail.
 *
 * A packet of a known IPv4 Flow touches one cache line: the one from @next to the
 * end of @key. What only the first packet writes is in the line before it.
 */
struct pnf_flow {
	u64 first_ns;
	union pnf_address next_hop;
	u32 egress;
	u32 fields;
	struct pnf_options options;
	struct rcu_head rcu;
	struct pnf_flow *reaped;

	struct pnf_flow __rcu *next ____cacheline_aligned;
	spinlock_t lock; /* @tcp_flags to @last_ns */
	u16 tcp_flags;
	bool dead;
	u8 reason;
	u64 packets;
	u64 octets;
	u64 last_ns;
	struct pnf_key key;
};

#define PNF_FLOW_OCTETS_IPV4	(offsetof(struct pnf_flow, key) + PNF_KEY_OCTETS_IPV4)
#define PNF_FLOW_OCTETS_IPV6	\
	ALIGN(offsetof(struct pnf_flow, key) + PNF_KEY_OCTETS_IPV6 + sizeof(u32), sizeof(u64))

/* Without the tail */
static inline unsigned int pnf_flow_octets(u8 version)
{
	return version == PNF_IPV6 ? PNF_FLOW_OCTETS_IPV6 : PNF_FLOW_OCTETS_IPV4;
}

/* One that takes more memory than most do */
static inline bool pnf_flow_is_large(const struct pnf_flow *flow)
{
	return flow->key.version == PNF_IPV6 || flow->fields;
}

/* The flow label of an IPv6 Flow */
static inline u32 *pnf_flow_label(const struct pnf_flow *flow)
{
	return (void *)&flow->key + PNF_KEY_OCTETS_IPV6;
}

/* Where the tail begins */
static inline void *pnf_flow_tail(const struct pnf_flow *flow)
{
	return (void *)flow + pnf_flow_octets(flow->key.version);
}

/* A part of the tail, which the Flow has */
static inline void *pnf_flow_part(const struct pnf_flow *flow, const struct pnf_parts *parts,
				  enum pnf_part part)
{
	return pnf_flow_tail(flow) + parts->offset[part];
}

/**
 * pnf_flow_hash() - hash a Flow's key with all that settings add to it
 * @flow: the Flow
 * @secret: keys the hash
 *
 * Return: 32 bits, all of them good.
 */
static inline u32 pnf_flow_hash(const struct pnf_flow *flow, const struct pnf_secret *secret)
{
	u64 sum = pnf_key_sum(&flow->key, flow->key.version, secret);
	struct pnf_parts parts;

	if (pnf_key_format(&flow->key)) {
		pnf_parts_place(&parts, flow->fields, flow->key.version);
		sum += pnf_key_more_sum(pnf_flow_tail(flow), parts.key_words, secret);
	}
	return pnf_key_fold(sum, secret);
}

/**
 * pnf_flow_equal() - whether two Flows are one
 * @a: one Flow
 * @b: the other
 *
 * Flows of one format have tails alike.
 */
static inline bool pnf_flow_equal(const struct pnf_flow *a, const struct pnf_flow *b)
{
	struct pnf_parts parts;

	if (!pnf_key_equal(&a->key, &b->key, a->key.version))
		return false;
	if (!pnf_key_format(&a->key))
		return true;
	pnf_parts_place(&parts, a->fields, a->key.version);
	return !memcmp(pnf_flow_tail(a), pnf_flow_tail(b), parts.key_words * sizeof(u32));
}

int pnf_flow_module_init(void);
void pnf_flow_module_exit(void);
struct pnf_flow *pnf_flow_alloc(const struct pnf_key *key, const struct pnf_format *format);
void pnf_flow_free(struct pnf_flow *flow);
void pnf_flow_free_list_rcu(struct pnf_flow *reaped);
void pnf_flow_wait_freed(void);
unsigned int pnf_flow_memory(const struct pnf_flow *flow);
unsigned int pnf_flow_memory_least(void);

#endif /* PNF_FLOW_H */
