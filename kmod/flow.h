/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * flow.h - one Flow in the Cache
 */
#ifndef PNF_FLOW_H
#define PNF_FLOW_H

#include <linux/cache.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>

#include "key.h"

/**
 * struct pnf_flow - one Flow
 * @first_ns: CLOCK_BOOTTIME of the first packet
 * @next_hop: of the first packet
 * @egress: ifindex of the first packet, 0 none
 * @rcu: frees the Flow when no packet can hold it
 * @reaped: links Flows that left the table and wait for their record
 * @next: next Flow of the bucket; under RCU, changed under the bucket's lock
 * @lock: protects the fields below up to @last_ns, and @dead
 * @tcp_flags: union of the control bits
 * @dead: left the table, takes no more packets
 * @reason: enum pnf_end_reason, of one that is dead
 * @packets: packets on the wire
 * @octets: octets on the wire
 * @last_ns: CLOCK_BOOTTIME of the last packet
 * @key: PNF_KEY_OCTETS_IPV4 or PNF_KEY_OCTETS_IPV6 octets, never changes
 *
 * A packet of a known IPv4 Flow touches one cache line: the one from @next to the
 * end of @key. What only the first packet writes is in the line before it.
 */
struct pnf_flow {
	u64 first_ns;
	union pnf_address next_hop;
	u32 egress;
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

int pnf_flow_module_init(void);
void pnf_flow_module_exit(void);
struct pnf_flow *pnf_flow_alloc(const struct pnf_key *key);
void pnf_flow_free(struct pnf_flow *flow);
void pnf_flow_free_list_rcu(struct pnf_flow *reaped);
unsigned int pnf_flow_octets(const struct pnf_key *key);

#endif /* PNF_FLOW_H */
