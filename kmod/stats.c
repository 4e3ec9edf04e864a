// SPDX-License-Identifier: GPL-2.0-only
#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/string.h>
#include <linux/time64.h>

#include "stats.h"

/* What is no IP, or is not to be metered, is no loss: RFC 7011 4.2 tells the others. */
static bool pnf_ignored_is_loss(enum pnf_ignored reason)
{
	return reason != PNF_IGNORED_NOT_IP && reason != PNF_IGNORED_FILTERED;
}

/**
 * pnf_stats_ignored() - count an observed packet that was not metered
 * @stats: this CPU's counters
 * @reason: why
 * @packets: packets on the wire
 * @octets: their octets, as far as they could be told
 *
 * Context: softirqs are off.
 */
void pnf_stats_ignored(struct pnf_cpu_stats *stats, enum pnf_ignored reason,
		       u32 packets, u32 octets)
{
	u64 now_ns = ktime_get_boottime_ns();

	u64_stats_update_begin(&stats->syncp);
	u64_stats_add(&stats->ignored_packets[reason], packets);
	u64_stats_add(&stats->ignored_octets[reason], octets);
	if (pnf_ignored_is_loss(reason)) {
		if (!u64_stats_read(&stats->lost_first_ns))
			u64_stats_set(&stats->lost_first_ns, now_ns);
		u64_stats_set(&stats->lost_last_ns, now_ns);
	}
	u64_stats_update_end(&stats->syncp);
}

/* Context of the next three: softirqs are off. */

/**
 * pnf_stats_unselected() - count packets that a sampler leaves out
 * @stats: this CPU's counters
 * @packets: packets on the wire
 * @octets: their octets
 */
void pnf_stats_unselected(struct pnf_cpu_stats *stats, u32 packets, u32 octets)
{
	u64_stats_update_begin(&stats->syncp);
	u64_stats_add(&stats->packets, packets);
	u64_stats_add(&stats->octets, octets);
	u64_stats_add(&stats->unselected_packets, packets);
	u64_stats_add(&stats->unselected_octets, octets);
	u64_stats_update_end(&stats->syncp);
}

/**
 * pnf_stats_fragments() - count fragments, which are metered all the same
 * @stats: this CPU's counters
 * @packets: how many
 */
void pnf_stats_fragments(struct pnf_cpu_stats *stats, u32 packets)
{
	u64_stats_update_begin(&stats->syncp);
	u64_stats_add(&stats->fragments, packets);
	u64_stats_update_end(&stats->syncp);
}

/**
 * pnf_stats_created() - count a new Flow
 * @stats: this CPU's counters
 */
void pnf_stats_created(struct pnf_cpu_stats *stats)
{
	u64_stats_update_begin(&stats->syncp);
	u64_stats_inc(&stats->created);
	u64_stats_update_end(&stats->syncp);
}

/**
 * pnf_stats_read() - one CPU's counters since the namespace began
 * @stats: the namespace's counters
 * @cpu: a possible CPU
 * @totals: filled in
 */
void pnf_stats_read(const struct pnf_cpu_stats __percpu *stats, int cpu,
		    struct pnf_totals *totals)
{
	const struct pnf_cpu_stats *one = per_cpu_ptr(stats, cpu);
	unsigned int start, i;

	do {
		start = u64_stats_fetch_begin(&one->syncp);
		totals->packets = u64_stats_read(&one->packets);
		totals->octets = u64_stats_read(&one->octets);
		totals->lookups = u64_stats_read(&one->lookups);
		totals->steps = u64_stats_read(&one->steps);
		totals->created = u64_stats_read(&one->created);
		totals->fragments = u64_stats_read(&one->fragments);
		totals->unselected_packets = u64_stats_read(&one->unselected_packets);
		totals->unselected_octets = u64_stats_read(&one->unselected_octets);
		for (i = 0; i <= PNF_IGNORED_MAX; i++) {
			totals->ignored_packets[i] =
				u64_stats_read(&one->ignored_packets[i]);
			totals->ignored_octets[i] =
				u64_stats_read(&one->ignored_octets[i]);
		}
	} while (u64_stats_fetch_retry(&one->syncp, start));
}

/**
 * pnf_stats_lost_times() - when packets that should have been metered were not
 * @stats: the namespace's counters
 * @first_ns: CLOCK_BOOTTIME of the first, 0: there was none
 * @last_ns: CLOCK_BOOTTIME of the last
 *
 * Since the namespace began: a reset of the counters changes nothing here.
 */
void pnf_stats_lost_times(const struct pnf_cpu_stats __percpu *stats, u64 *first_ns, u64 *last_ns)
{
	const struct pnf_cpu_stats *one;
	unsigned int start;
	u64 first, last;
	int cpu;

	*first_ns = 0;
	*last_ns = 0;
	for_each_possible_cpu(cpu) {
		one = per_cpu_ptr(stats, cpu);
		do {
			start = u64_stats_fetch_begin(&one->syncp);
			first = u64_stats_read(&one->lost_first_ns);
			last = u64_stats_read(&one->lost_last_ns);
		} while (u64_stats_fetch_retry(&one->syncp, start));
		if (first && (!*first_ns || first < *first_ns))
			*first_ns = first;
		*last_ns = max(*last_ns, last);
	}
}

/* struct pnf_totals is nothing but u64 counters: added and subtracted as an array. */
#define PNF_TOTALS_COUNTERS	(sizeof(struct pnf_totals) / sizeof(u64))

static void pnf_totals_add(struct pnf_totals *sum, const struct pnf_totals *one)
{
	const u64 *from = (const u64 *)one;
	u64 *to = (u64 *)sum;
	unsigned int i;

	for (i = 0; i < PNF_TOTALS_COUNTERS; i++)
		to[i] += from[i];
}

static void pnf_totals_sub(struct pnf_totals *sum, const struct pnf_totals *one)
{
	const u64 *from = (const u64 *)one;
	u64 *to = (u64 *)sum;
	unsigned int i;

	for (i = 0; i < PNF_TOTALS_COUNTERS; i++)
		to[i] -= from[i];
}

/**
 * pnf_stats_read_since_reset() - one CPU's counters since the last reset
 * @stats: the namespace's counters
 * @cpu: a possible CPU
 * @totals: filled in
 *
 * Context: the namespace's export_lock is held, so that no reset comes between.
 */
void pnf_stats_read_since_reset(const struct pnf_cpu_stats __percpu *stats,
				int cpu, struct pnf_totals *totals)
{
	pnf_stats_read(stats, cpu, totals);
	pnf_totals_sub(totals, &per_cpu_ptr(stats, cpu)->base);
}

/**
 * pnf_stats_sum() - all CPUs' counters since the namespace began
 * @stats: the namespace's counters
 * @totals: filled in
 */
void pnf_stats_sum(const struct pnf_cpu_stats __percpu *stats,
		   struct pnf_totals *totals)
{
	struct pnf_totals one;
	int cpu;

	memset(totals, 0, sizeof(*totals));
	for_each_possible_cpu(cpu) {
		pnf_stats_read(stats, cpu, &one);
		pnf_totals_add(totals, &one);
	}
}

/**
 * pnf_stats_since_reset() - of all CPUs' counters, what came since the last reset
 * @stats: the namespace's counters
 * @totals: as pnf_stats_sum() filled them in
 *
 * Context: the namespace's export_lock is held.
 */
void pnf_stats_since_reset(const struct pnf_cpu_stats __percpu *stats,
			   struct pnf_totals *totals)
{
	int cpu;

	for_each_possible_cpu(cpu)
		pnf_totals_sub(totals, &per_cpu_ptr(stats, cpu)->base);
}

/**
 * pnf_stats_reset() - let what is shown start from zero
 * @stats: the namespace's counters
 * @totals: filled in with the sum of what was read
 *
 * Context: the namespace's export_lock is held.
 */
void pnf_stats_reset(struct pnf_cpu_stats __percpu *stats, struct pnf_totals *totals)
{
	struct pnf_totals *base;
	int cpu;

	memset(totals, 0, sizeof(*totals));
	for_each_possible_cpu(cpu) {
		base = &per_cpu_ptr(stats, cpu)->base;
		pnf_stats_read(stats, cpu, base);
		pnf_totals_add(totals, base);
	}
}

/**
 * pnf_totals_ignored_packets() - packets ignored for whatever reason
 * @totals: the counters
 */
u64 pnf_totals_ignored_packets(const struct pnf_totals *totals)
{
	unsigned int i;
	u64 sum = 0;

	for (i = 0; i <= PNF_IGNORED_MAX; i++)
		sum += totals->ignored_packets[i];
	return sum;
}

/**
 * pnf_totals_ignored_octets() - octets ignored for whatever reason
 * @totals: the counters
 */
u64 pnf_totals_ignored_octets(const struct pnf_totals *totals)
{
	unsigned int i;
	u64 sum = 0;

	for (i = 0; i <= PNF_IGNORED_MAX; i++)
		sum += totals->ignored_octets[i];
	return sum;
}

/**
 * pnf_totals_lost_packets() - packets ignored that should have been metered
 * @totals: the counters
 *
 * ignoredPacketTotalCount (164)
 */
u64 pnf_totals_lost_packets(const struct pnf_totals *totals)
{
	unsigned int i;
	u64 sum = 0;

	for (i = 0; i <= PNF_IGNORED_MAX; i++)
		if (pnf_ignored_is_loss(i))
			sum += totals->ignored_packets[i];
	return sum;
}

/**
 * pnf_totals_lost_octets() - the same in octets
 * @totals: the counters
 *
 * ignoredOctetTotalCount (165)
 */
u64 pnf_totals_lost_octets(const struct pnf_totals *totals)
{
	unsigned int i;
	u64 sum = 0;

	for (i = 0; i <= PNF_IGNORED_MAX; i++)
		if (pnf_ignored_is_loss(i))
			sum += totals->ignored_octets[i];
	return sum;
}

/**
 * pnf_totals_metric() - Flows compared per look-up between two readings
 * @now: the later reading
 * @then: the earlier one
 *
 * Return: hundredths; 100 is a look-up that finds its Flow at once.
 */
u32 pnf_totals_metric(const struct pnf_totals *now, const struct pnf_totals *then)
{
	u64 lookups = now->lookups - then->lookups;
	u64 steps = now->steps - then->steps;

	if (!lookups)
		return 100;
	return 100 + div64_u64(steps * 100, lookups);
}

/* One step of an exponentially weighted moving average over @window_ms. */
static u64 pnf_smooth(u64 average, u64 value, u32 window_ms, u32 elapsed_ms)
{
	return div_u64(average * window_ms + value * elapsed_ms, window_ms + elapsed_ms);
}

#define PNF_MINUTE_MS	(60 * MSEC_PER_SEC)

/**
 * pnf_rates_update() - take another reading
 * @rates: the rates
 * @now: the counters
 * @now_ns: CLOCK_BOOTTIME
 *
 * Context: export_lock held, about once a second.
 */
void pnf_rates_update(struct pnf_rates *rates, const struct pnf_totals *now, u64 now_ns)
{
	u32 elapsed_ms;
	u64 bits, packets;
	u32 metric;

	if (!rates->then_ns) {
		unsigned int i;

		for (i = 0; i < ARRAY_SIZE(rates->metric); i++)
			rates->metric[i] = 100;
		goto out;
	}
	elapsed_ms = clamp_t(u64, div_u64(now_ns - rates->then_ns, NSEC_PER_MSEC),
			     1, 60 * PNF_MINUTE_MS);
	bits = div_u64((now->octets - rates->then.octets) * 8 * MSEC_PER_SEC, elapsed_ms);
	packets = div_u64((now->packets - rates->then.packets) * MSEC_PER_SEC, elapsed_ms);
	metric = pnf_totals_metric(now, &rates->then);

	rates->bits[0] = bits;
	rates->bits[1] = pnf_smooth(rates->bits[1], bits, 1 * PNF_MINUTE_MS, elapsed_ms);
	rates->bits[2] = pnf_smooth(rates->bits[2], bits, 5 * PNF_MINUTE_MS, elapsed_ms);
	rates->packets[0] = packets;
	rates->packets[1] = pnf_smooth(rates->packets[1], packets, 1 * PNF_MINUTE_MS, elapsed_ms);
	rates->packets[2] = pnf_smooth(rates->packets[2], packets, 5 * PNF_MINUTE_MS, elapsed_ms);
	rates->metric[0] = metric;
	rates->metric[1] = pnf_smooth(rates->metric[1], metric, 1 * PNF_MINUTE_MS, elapsed_ms);
	rates->metric[2] = pnf_smooth(rates->metric[2], metric, 5 * PNF_MINUTE_MS, elapsed_ms);
	rates->metric[3] = pnf_smooth(rates->metric[3], metric, 15 * PNF_MINUTE_MS, elapsed_ms);
out:
	rates->then = *now;
	rates->then_ns = now_ns;
}
