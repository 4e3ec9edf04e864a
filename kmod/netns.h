/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * netns.h - the exporter of one network namespace
 */
#ifndef PNF_NETNS_H
#define PNF_NETNS_H

#include <linux/mutex.h>
#include <linux/notifier.h>

#include "expire.h"
#include "nat.h"
#include "point_inet.h"

struct net;

/**
 * DOC: Locks
 *
 * config_lock (struct pnf_net)
 *	Serialises changes of settings, flushes, resets and the end of the
 *	namespace. Taken first. May be held while sleeping.
 * export_lock (struct pnf_exporter, @lock)
 *	Protects the Exporting Process, the expiry, the walk through the Cache and
 *	its resizing. Held in process context for bounded steps; nothing waits
 *	for the network under it.
 * bucket locks, Flow locks (struct pnf_table, struct pnf_flow)
 *	See cache.h. Taken by packets, with softirqs off, in this order.
 *
 * Packets take none of the first two. What they use of the settings is in the
 * Observation Point and the Cache, where it is published with single stores.
 */

/* Bits of struct pnf_net watch_flags */
#define PNF_WATCH_CALLED	0	/* the work will look soon */

/**
 * struct pnf_net - the exporter of one network namespace
 * @net: the namespace
 * @config_lock: see above
 * @config: the settings in force; written with both locks held
 * @was_configured: settings came, whether they were taken or not: there may be something to end
 * @meter: the Metering Process
 * @exporter: the Exporting Process
 * @expire: the expiry
 * @format: what settings ask for of packets, NULL: nothing; written like @config
 * @format_number: of the latest format
 * @nat: listens to conntrack's events
 * @watch_notifier: tells of changes of interfaces; unused: without a function
 * @watch_work: looks at the interfaces
 * @watch_flags: PNF_WATCH_* bits
 * @point: the inet Observation Point, NULL while metering is off
 * @reset_real_ns: wall time of the last reset of the counters, 0: never
 * @carried_packets: metered before the reset, and cached or queued then
 * @carried_octets: the same in octets
 * @nat_lost_before: NAT events that @nat had lost at the reset
 */
struct pnf_net {
	struct net *net;
	struct mutex config_lock; /* see above */
	struct pnf_config *config;
	bool was_configured;
	struct pnf_meter meter;
	struct pnf_exporter exporter;
	struct pnf_expire expire;
	struct pnf_format *format;
	u8 format_number;
	struct pnf_nat nat;
	struct notifier_block watch_notifier;
	struct delayed_work watch_work;
	unsigned long watch_flags;
	struct pnf_point_inet *point;
	u64 reset_real_ns;
	u64 carried_packets;
	u64 carried_octets;
	u64 nat_lost_before;
};

/**
 * struct pnf_account - what became of the packets, see the law in struct order
 * @totals: per-CPU counters since the last reset
 * @metered_packets: since the reset, and cached or queued at it
 * @metered_octets: the same in octets
 * @cached_packets: in the Cache
 * @cached_octets: the same in octets
 * @export: counters of the Exporting Process since the reset
 * @unselected_packets: packets that the sampler left out, in the Cache or before it
 * @unselected_octets: the same in octets
 * @lost_first_ns: CLOCK_BOOTTIME when a packet that should have been metered first was not, 0:
 *	never
 * @lost_last_ns: when that happened last
 * @nat_lost: NAT events that were not exported
 *
 * observed = metered + ignored;
 * metered = cached + queued + exported + not sent + discarded + unselected.
 */
struct pnf_account {
	struct pnf_totals totals;
	u64 metered_packets;
	u64 metered_octets;
	u64 cached_packets;
	u64 cached_octets;
	struct pnf_exporter_stats export;
	u64 unselected_packets;
	u64 unselected_octets;
	u64 lost_first_ns;
	u64 lost_last_ns;
	u64 nat_lost;
};

extern u64 pnf_module_load_ns;

int pnf_netns_module_init(void);
void pnf_netns_module_exit(void);
struct pnf_net *pnf_net_get(const struct net *net);
int pnf_net_configure(struct pnf_net *nn, struct pnf_config *next);
int pnf_net_flush(struct pnf_net *nn, bool discard);
void pnf_net_reset_stats(struct pnf_net *nn);
void pnf_net_read_account(struct pnf_net *nn, struct pnf_account *account);
u64 pnf_net_rule_matched(const struct pnf_net *nn, bool is_snmp, u32 rule);

#endif /* PNF_NETNS_H */
