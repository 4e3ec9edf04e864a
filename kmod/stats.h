/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stats.h - per-CPU counters of the Metering Process
 *
 * Counters only ever grow. `reset stats` remembers where they stood; what is
 * shown is the difference, so that no writer ever races with a reset.
 */
#ifndef PNF_STATS_H
#define PNF_STATS_H

#include <linux/percpu.h>
#include <linux/u64_stats_sync.h>

#include "types.h"

/**
 * struct pnf_totals - the counters as plain numbers, of one CPU or of all
 * @packets: metered
 * @octets: metered
 * @lookups: super-packets count once
 * @steps: Flows compared in vain before the right one or the end
 * @created: Flows created
 * @fragments: fragments among the metered packets
 * @unselected_packets: metered, and left out of the Cache by a sampler
 * @unselected_octets: the same in octets
 * @ignored_packets: observed and not metered, by enum pnf_ignored
 * @ignored_octets: the same in octets
 */
struct pnf_totals {
	u64 packets;
	u64 octets;
	u64 lookups;
	u64 steps;
	u64 created;
	u64 fragments;
	u64 unselected_packets;
	u64 unselected_octets;
	u64 ignored_packets[PNF_IGNORED_MAX + 1];
	u64 ignored_octets[PNF_IGNORED_MAX + 1];
};

/**
 * struct pnf_cpu_stats - one CPU's counters
 * @packets: as in struct pnf_totals
 * @octets: as in struct pnf_totals
 * @lookups: as in struct pnf_totals
 * @steps: as in struct pnf_totals
 * @created: as in struct pnf_totals
 * @fragments: as in struct pnf_totals
 * @unselected_packets: as in struct pnf_totals
 * @unselected_octets: as in struct pnf_totals
 * @ignored_packets: as in struct pnf_totals
 * @ignored_octets: as in struct pnf_totals
 * @lost_first_ns: CLOCK_BOOTTIME when first a packet that should have been metered was not, 0:
 *	never
 * @lost_last_ns: when that happened last
 * @syncp: makes 64-bit counters consistent on 32-bit machines
 * @base: where the counters stood at the last reset; written under export_lock
 *
 * Written by this CPU only, with softirqs off.
 */
struct pnf_cpu_stats {
	u64_stats_t packets;
	u64_stats_t octets;
	u64_stats_t lookups;
	u64_stats_t steps;
	u64_stats_t created;
	u64_stats_t fragments;
	u64_stats_t unselected_packets;
	u64_stats_t unselected_octets;
	u64_stats_t ignored_packets[PNF_IGNORED_MAX + 1];
	u64_stats_t ignored_octets[PNF_IGNORED_MAX + 1];
	u64_stats_t lost_first_ns;
	u64_stats_t lost_last_ns;
	struct u64_stats_sync syncp;
	struct pnf_totals base;
};

/**
 * pnf_stats_metered() - count a packet that a Flow took
 * @stats: this CPU's counters
 * @packets: packets on the wire
 * @octets: their octets
 * @steps: Flows that were compared in vain
 *
 * Context: softirqs are off.
 */
static __always_inline void pnf_stats_metered(struct pnf_cpu_stats *stats,
					      u32 packets, u32 octets, u32 steps)
{
	u64_stats_update_begin(&stats->syncp);
	u64_stats_add(&stats->packets, packets);
	u64_stats_add(&stats->octets, octets);
	u64_stats_inc(&stats->lookups);
	u64_stats_add(&stats->steps, steps);
	u64_stats_update_end(&stats->syncp);
}

void pnf_stats_ignored(struct pnf_cpu_stats *stats, enum pnf_ignored reason,
		       u32 packets, u32 octets);
void pnf_stats_unselected(struct pnf_cpu_stats *stats, u32 packets, u32 octets);
void pnf_stats_fragments(struct pnf_cpu_stats *stats, u32 packets);
void pnf_stats_created(struct pnf_cpu_stats *stats);

void pnf_stats_read(const struct pnf_cpu_stats __percpu *stats, int cpu,
		    struct pnf_totals *totals);
void pnf_stats_read_since_reset(const struct pnf_cpu_stats __percpu *stats,
				int cpu, struct pnf_totals *totals);
void pnf_stats_sum(const struct pnf_cpu_stats __percpu *stats,
		   struct pnf_totals *totals);
void pnf_stats_since_reset(const struct pnf_cpu_stats __percpu *stats,
			   struct pnf_totals *totals);
void pnf_stats_reset(struct pnf_cpu_stats __percpu *stats, struct pnf_totals *totals);
void pnf_stats_lost_times(const struct pnf_cpu_stats __percpu *stats, u64 *first_ns, u64 *last_ns);
u64 pnf_totals_lost_packets(const struct pnf_totals *totals);
u64 pnf_totals_lost_octets(const struct pnf_totals *totals);
u64 pnf_totals_ignored_packets(const struct pnf_totals *totals);
u64 pnf_totals_ignored_octets(const struct pnf_totals *totals);
u32 pnf_totals_metric(const struct pnf_totals *now,
		      const struct pnf_totals *then);

/**
 * struct pnf_rates - how fast, smoothed
 * @then: the counters at the last update
 * @then_ns: CLOCK_BOOTTIME of that, 0: none yet
 * @bits: bits per second over 1 s, 1 min and 5 min
 * @packets: packets per second over the same
 * @metric: Flows compared per look-up in hundredths: now, over 1, 5 and 15 min
 */
struct pnf_rates {
	struct pnf_totals then;
	u64 then_ns;
	u64 bits[3];
	u64 packets[3];
	u32 metric[4];
};

void pnf_rates_update(struct pnf_rates *rates, const struct pnf_totals *now, u64 now_ns);

#endif /* PNF_STATS_H */
