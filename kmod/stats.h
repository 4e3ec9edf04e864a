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
	u64 ignored_packets[PNF_IGNORED_MAX + 1];
	u64 ignored_octets[PNF_IGNORED_MAX + 1];
};

/**
 * struct pnf_cpu_stats - one CPU's counters; fields as in struct pnf_totals
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
	u64_stats_t ignored_packets[PNF_IGNORED_MAX + 1];
	u64_stats_t ignored_octets[PNF_IGNORED_MAX + 1];
	struct u64_stats_sync syncp;
	struct pnf_totals base;
};

/**
 * pnf_stats_metered() - count a packet that a Flow took
 * @stats: this CPU's counters
 * @packets: packets on the wire
 * @octets: their octets
 *
 * Context: softirqs are off.
 */
static __always_inline void pnf_stats_metered(struct pnf_cpu_stats *stats,
					      u32 packets, u32 octets)
{
	u64_stats_update_begin(&stats->syncp);
	u64_stats_add(&stats->packets, packets);
	u64_stats_add(&stats->octets, octets);
	u64_stats_inc(&stats->lookups);
	u64_stats_update_end(&stats->syncp);
}

void pnf_stats_ignored(struct pnf_cpu_stats *stats, enum pnf_ignored reason,
		       u32 packets, u32 octets);
void pnf_stats_fragments(struct pnf_cpu_stats *stats, u32 packets);
void pnf_stats_created(struct pnf_cpu_stats *stats);
void pnf_stats_steps(struct pnf_cpu_stats *stats, u32 steps);

void pnf_stats_read(const struct pnf_cpu_stats __percpu *stats, int cpu,
		    struct pnf_totals *totals);
void pnf_stats_read_since_reset(const struct pnf_cpu_stats __percpu *stats,
				int cpu, struct pnf_totals *totals);
void pnf_stats_sum(const struct pnf_cpu_stats __percpu *stats,
		   struct pnf_totals *totals);
void pnf_stats_sum_since_reset(const struct pnf_cpu_stats __percpu *stats,
			       struct pnf_totals *totals);
void pnf_stats_reset(struct pnf_cpu_stats __percpu *stats);
u64 pnf_totals_ignored_packets(const struct pnf_totals *totals);
u64 pnf_totals_ignored_octets(const struct pnf_totals *totals);
u32 pnf_totals_metric(const struct pnf_totals *now,
		      const struct pnf_totals *then);

#endif /* PNF_STATS_H */
