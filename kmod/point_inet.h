/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * point_inet.h - the Observation Point in the netfilter hooks of IPv4 and IPv6
 */
#ifndef PNF_POINT_INET_H
#define PNF_POINT_INET_H

#include <linux/netfilter.h>

#include "meter.h"

struct net;

/**
 * struct pnf_point_inet - the inet Observation Point of a namespace
 * @meter: where packets go
 * @format: what settings ask for, NULL: nothing
 * @hooks: PNF_HOOK_* bits
 * @ops_count: entries of @ops
 * @ops: what is registered
 */
struct pnf_point_inet {
	struct pnf_meter *meter;
	const struct pnf_format *format;
	u32 hooks;
	unsigned int ops_count;
	struct nf_hook_ops ops[2 * NF_INET_NUMHOOKS];
};

struct pnf_point_inet *pnf_point_inet_open(struct net *net, struct pnf_meter *meter,
					   const struct pnf_format *format, u32 hooks,
					   int priority);
void pnf_point_inet_select(struct pnf_meter *meter, const struct pnf_point_inet *point);
void pnf_point_inet_close(struct net *net, struct pnf_point_inet *point);

#endif /* PNF_POINT_INET_H */
