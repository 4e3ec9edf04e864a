/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * nat.h - NAT events of a network namespace, as conntrack tells them
 */
#ifndef PNF_NAT_H
#define PNF_NAT_H

#include <linux/atomic.h>
#include <linux/siphash.h>
#include <linux/workqueue.h>

#include "nat_event.h"

struct net;
struct sock;
struct socket;

/**
 * struct pnf_nat - a listener to conntrack's events
 * @work: reads what is queued in @sock
 * @wq: where it runs
 * @sock: netlink socket, NULL while closed
 * @event: called with each event; process context, may sleep, must not take a lock that
 *	the caller of pnf_nat_close() holds
 * @data_ready: the socket's own callback
 * @buffer: one message
 * @told: fingerprints of events that were told last
 * @key: secret of the fingerprints
 * @drops: sk_drops of @sock as far as @lost has it
 * @lost: events that were lost, over all sockets
 *
 * Zeroed before the first use, and only there.
 */
struct pnf_nat {
	struct work_struct work;
	struct workqueue_struct *wq;
	struct socket *sock;
	void (*event)(struct pnf_nat *nat, const struct pnf_nat_event *event);
	void (*data_ready)(struct sock *sk);
	u8 *buffer;
	u64 *told;
	siphash_key_t key;
	u32 drops;
	atomic64_t lost;
};

int pnf_nat_open(struct pnf_nat *nat, struct net *net, struct workqueue_struct *wq,
		 void (*event)(struct pnf_nat *nat, const struct pnf_nat_event *event));
void pnf_nat_close(struct pnf_nat *nat);
u64 pnf_nat_lost(const struct pnf_nat *nat);

#endif /* PNF_NAT_H */
