/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * meter.h - the Metering Process
 */
#ifndef PNF_METER_H
#define PNF_METER_H

#include "cache.h"
#include "detail.h"
#include "stats.h"

struct net_device;
struct pnf_point_inet;
struct sk_buff;

/**
 * struct pnf_meter - the Metering Process of a namespace
 * @cache: its Cache
 * @stats: its counters
 * @inet: the inet Observation Point whose packets it takes, or NULL; others of its kind
 *	are being opened or closed
 */
struct pnf_meter {
	struct pnf_cache cache;
	struct pnf_cpu_stats __percpu *stats;
	const struct pnf_point_inet *inet;
};

void pnf_meter_observe_ipv4(struct pnf_meter *meter, const struct sk_buff *skb, u32 ingress,
			    const struct net_device *out);
void pnf_meter_observe_ipv6(struct pnf_meter *meter, const struct sk_buff *skb, u32 ingress,
			    const struct net_device *out);

void pnf_meter_observe_detail(struct pnf_meter *meter, const struct pnf_format *format,
			      const struct sk_buff *skb, u8 version,
			      const struct pnf_sight *sight);

#endif /* PNF_METER_H */
