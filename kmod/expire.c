// SPDX-License-Identifier: GPL-2.0-only
#include <linux/log2.h>
#include <linux/ktime.h>
#include <net/tcp.h>

#include "events.h"
#include "expire.h"

/* With export_lock held: what is done before others get a turn */
#define PNF_STEP_BUCKETS	8192	/* looked at, or moved */
#define PNF_STEP_FLOWS		1024	/* exported */
#define PNF_CHUNK_BUCKETS	256

/* How long the last packets of a TCP connection may follow its FIN or RST */
#define PNF_LINGER_NS		(1 * NSEC_PER_SEC)

#define PNF_TICK_NS		(1 * (u64)NSEC_PER_SEC)
#define PNF_SPARSE_NS		(60 * (u64)NSEC_PER_SEC)	/* a table gets smaller */
#define PNF_CONGESTED_MS	10
#define PNF_RESIZE_RETRY_NS	(1 * NSEC_PER_SEC)
#define PNF_LATE_NS		(20 * (u64)NSEC_PER_MSEC)	/* steps catch up */

/* The walk's period: a sixteenth of the shorter timeout, within these */
#define PNF_PERIOD_MIN_MS	100
#define PNF_PERIOD_MAX_MS	1000
#define PNF_PERIOD_STEPS	10

static const struct pnf_config *pnf_expire_config(const struct pnf_expire *expire)
{
	return expire->exporter->config;
}

/* Judging Flows */

static unsigned int pnf_age_class(u64 idle_ns)
{
	u64 ms = div_u64(idle_ns, NSEC_PER_MSEC);
	unsigned int power;

	if (ms < 4)
		return ms;
	power = ilog2(ms);
	return min(4 * (power - 1) + (unsigned int)((ms >> (power - 2)) & 3),
		   PNF_AGE_CLASSES - 1u);
}

/* The shortest idle time of a class. */
static u64 pnf_age_class_ns(unsigned int class)
{
	unsigned int power = class / 4 + 1;

	if (class < 4)
		return class * NSEC_PER_MSEC;
	return ((4ull + class % 4) << (power - 2)) * NSEC_PER_MSEC;
}

static u8 pnf_expire_judge(const struct pnf_flow *flow, void *context, bool sure)
{
	struct pnf_expire *expire = context;
	const struct pnf_config *config = pnf_expire_config(expire);
	u64 last_ns = READ_ONCE(flow->last_ns);
	u64 now_ns = expire->now_ns;
	u64 idle_ns = now_ns > last_ns ? now_ns - last_ns : 0;
	u64 inactive_ns = (u64)config->inactive_timeout * NSEC_PER_SEC;

	if (expire->flush)
		return pnf_key_format(&flow->key) == expire->spared ? 0 : PNF_END_FORCED;
	if (READ_ONCE(flow->tcp_flags) & (TCPHDR_FIN | TCPHDR_RST) &&
	    idle_ns >= min_t(u64, inactive_ns, PNF_LINGER_NS))
		return PNF_END_OF_FLOW;
	if (idle_ns >= inactive_ns)
		return PNF_END_IDLE;
	if (now_ns >= flow->first_ns + (u64)config->active_timeout * NSEC_PER_SEC)
		return PNF_END_ACTIVE;
	if (expire->evict_left && idle_ns >= expire->evict_idle_ns) {
		if (sure)
			expire->evict_left--;
		return PNF_END_RESOURCES;
	}
	if (!sure && expire->phase == PNF_EXPIRE_MEASURE)
		expire->ages[pnf_age_class(idle_ns)]++;
	return 0;
}

/* Walking */

/* Returns how many Flows there were. */
static u32 pnf_expire_export(struct pnf_expire *expire, struct pnf_flow *reaped, bool discard)
{
	const struct pnf_flow *flow;
	u32 count = 0;

	for (flow = reaped; flow; flow = flow->reaped) {
		count++;
		if (discard)
			pnf_exporter_discard(expire->exporter, flow);
		else
			pnf_exporter_add(expire->exporter, flow);
	}
	pnf_flow_free_list_rcu(reaped);
	return count;
}

static u32 pnf_expire_flows(const struct pnf_expire *expire)
{
	return atomic_read(&expire->meter->cache.flows);
}

/* Nearly as many Flows as may be: those idle longest have to go. */
static bool pnf_expire_is_crowded(const struct pnf_expire *expire)
{
	u32 maxflows = expire->meter->cache.maxflows;

	return maxflows != U32_MAX && pnf_expire_flows(expire) > pnf_cache_crowd(maxflows);
}

/* New Flows are refused. */
static bool pnf_expire_is_full(const struct pnf_expire *expire)
{
	return pnf_expire_flows(expire) >= expire->meter->cache.maxflows;
}

/*
 * Flows are better kept in the Cache for a while; but not if there they are in the way. A flush
 * makes room anyway, and waits for as long as there is some.
 */
static bool pnf_expire_has_to_wait(const struct pnf_expire *expire)
{
	if (expire->flushing ? pnf_expire_is_full(expire) : pnf_expire_is_crowded(expire))
		return false;
	return pnf_exporter_is_congested(expire->exporter);
}

/*
 * Walk on over so many buckets, or until enough Flows have ended or the Exporting
 * Process cannot take more. Returns true at the end of the table.
 */
static bool pnf_expire_walk(struct pnf_expire *expire, u32 *bucket, u32 buckets, bool discard)
{
	struct pnf_flow *reaped;
	bool done = false;
	u32 ended = 0;
	u32 chunk;

	expire->now_ns = ktime_get_boottime_ns();
	while (buckets && !done && ended < PNF_STEP_FLOWS &&
	       (discard || !pnf_expire_has_to_wait(expire))) {
		chunk = min_t(u32, buckets, PNF_CHUNK_BUCKETS);
		buckets -= chunk;
		reaped = NULL;
		done = pnf_cache_reap(&expire->meter->cache, bucket, chunk,
				      pnf_expire_judge, expire, &reaped);
		ended += pnf_expire_export(expire, reaped, discard);
	}
	expire->hurry = ended >= PNF_STEP_FLOWS;
	return done;
}

static void pnf_expire_choose_victims(struct pnf_expire *expire)
{
	u32 maxflows = expire->meter->cache.maxflows;
	u32 keep = maxflows - DIV_ROUND_UP(maxflows, 8);
	u32 flows = pnf_expire_flows(expire);
	unsigned int class;
	u32 found = 0;

	expire->evict_left = flows > keep ? flows - keep : 0;
	for (class = PNF_AGE_CLASSES - 1; class; class--) {
		found += expire->ages[class];
		if (found >= expire->evict_left)
			break;
	}
	expire->evict_idle_ns = pnf_age_class_ns(class);
}

static void pnf_expire_notify_full(struct pnf_expire *expire)
{
	u64 now_ns = expire->now_ns;

	if (expire->full_event_ns && now_ns - expire->full_event_ns < NSEC_PER_SEC)
		return;
	expire->full_event_ns = now_ns;
	pnf_event_cache_full(expire->exporter->net, pnf_expire_flows(expire),
			     expire->meter->cache.maxflows);
}

static void pnf_expire_enter(struct pnf_expire *expire, enum pnf_expire_phase phase)
{
	expire->phase = phase;
	expire->bucket = 0;
	if (phase == PNF_EXPIRE_EVICT)
		pnf_expire_choose_victims(expire);
	else
		expire->evict_left = 0;
	memset(expire->ages, 0, sizeof(expire->ages));
}

static void pnf_expire_next_phase(struct pnf_expire *expire)
{
	if (expire->phase == PNF_EXPIRE_MEASURE)
		pnf_expire_enter(expire, PNF_EXPIRE_EVICT);
	else if (pnf_expire_is_crowded(expire))
		pnf_expire_enter(expire, PNF_EXPIRE_MEASURE);
	else
		pnf_expire_enter(expire, PNF_EXPIRE_PACED);
	if (expire->phase == PNF_EXPIRE_MEASURE)
		pnf_expire_notify_full(expire);
}

/* Resizing */

static bool pnf_expire_wants_resize(const struct pnf_expire *expire, bool may_shrink)
{
	return ktime_get_boottime_ns() >= expire->resize_retry_ns &&
	       pnf_cache_needs_resize(&expire->meter->cache, may_shrink);
}

/* Returns true while a resize is under way. */
static bool pnf_expire_resize(struct pnf_expire *expire, bool may_shrink)
{
	struct pnf_cache *cache = &expire->meter->cache;

	if (pnf_cache_resize_step(cache, PNF_STEP_BUCKETS))
		return true;
	if (!pnf_expire_wants_resize(expire, may_shrink))
		return false;
	expire->sparse_ns = 0;
	if (pnf_cache_resize_start(cache)) {
		expire->resize_retry_ns = ktime_get_boottime_ns() + PNF_RESIZE_RETRY_NS;
		return false;
	}
	if (pnf_expire_config(expire)->debug >= 2)
		net_info_ratelimited("pkt_netflow: the Cache of %u Flows gets another table\n",
				     pnf_expire_flows(expire));
	pnf_expire_enter(expire, PNF_EXPIRE_PACED);
	return true;
}

/**
 * pnf_expire_finish_resize() - have all Flows in one table
 * @expire: the expiry
 *
 * Context: process, export_lock held. At most some tenths of a second for millions of
 * Flows; softirqs stay on.
 */
void pnf_expire_finish_resize(struct pnf_expire *expire)
{
	while (pnf_cache_resize_step(&expire->meter->cache, PNF_STEP_BUCKETS))
		cond_resched();
}

/* Time */

static unsigned int pnf_expire_period_ms(const struct pnf_config *config)
{
	u32 timeout = min(config->inactive_timeout, config->active_timeout);
	unsigned int period_ms;

	period_ms = clamp(timeout * (unsigned int)MSEC_PER_SEC / 16,
			  PNF_PERIOD_MIN_MS + 0u, PNF_PERIOD_MAX_MS + 0u);
	return max(period_ms, config->scan_min * 10);
}

/* A table that has been far too large for a while: what just left may soon be back. */
static bool pnf_expire_may_shrink(struct pnf_expire *expire)
{
	struct pnf_cache *cache = &expire->meter->cache;

	if (!pnf_cache_is_sparse(cache)) {
		expire->sparse_ns = 0;
		return false;
	}
	if (!expire->sparse_ns)
		expire->sparse_ns = expire->now_ns;
	return expire->now_ns - expire->sparse_ns >= PNF_SPARSE_NS;
}

/* Returns milliseconds until the next step. */
static unsigned int pnf_expire_step(struct pnf_expire *expire)
{
	const struct pnf_config *config = pnf_expire_config(expire);
	unsigned int period_ms = pnf_expire_period_ms(config);
	unsigned int step_ms = max(period_ms / PNF_PERIOD_STEPS, config->scan_min * 10);
	bool is_empty = !pnf_expire_flows(expire);
	u32 buckets;

	if (pnf_expire_resize(expire, is_empty && pnf_expire_may_shrink(expire)))
		return 0;
	if (pnf_expire_has_to_wait(expire)) {
		pnf_exporter_note_wait(expire->exporter, PNF_CONGESTED_MS * NSEC_PER_MSEC);
		return PNF_CONGESTED_MS;
	}
	/* From here on who presses is answered. */
	clear_bit(PNF_CACHE_PRESSURE, &expire->meter->cache.flags);
	/* The Flows are looked at after this: pnf_cache_press() comes behind a new one. */
	smp_mb__after_atomic();
	/* Nothing to do, and no timeout is shorter than this. */
	if (is_empty && expire->phase == PNF_EXPIRE_PACED && !expire->bucket)
		return max(PNF_PERIOD_MAX_MS + 0u, config->scan_min * 10);
	if (expire->phase == PNF_EXPIRE_PACED) {
		if (pnf_expire_is_crowded(expire)) {
			pnf_expire_notify_full(expire);
			pnf_expire_enter(expire, PNF_EXPIRE_MEASURE);
			return 0;
		}
		buckets = pnf_cache_buckets(&expire->meter->cache);
		/* More than fits into a step: more steps. */
		buckets = div_u64((u64)buckets * step_ms, period_ms) + 1;
		if (buckets > PNF_STEP_BUCKETS) {
			step_ms = max(step_ms * PNF_STEP_BUCKETS / buckets, 1u);
			buckets = PNF_STEP_BUCKETS;
		}
	} else {
		buckets = PNF_STEP_BUCKETS;
		step_ms = 0;
	}
	if (pnf_expire_walk(expire, &expire->bucket, buckets, false)) {
		pnf_expire_next_phase(expire);
		if (expire->phase == PNF_EXPIRE_PACED &&
		    pnf_expire_resize(expire, pnf_expire_may_shrink(expire)))
			return 0;
	}
	return expire->hurry ? 0 : step_ms;
}

static void pnf_expire_tick(struct pnf_expire *expire)
{
	struct pnf_totals totals;

	expire->tick_ns = expire->now_ns;
	pnf_stats_sum(expire->meter->stats, &totals);
	pnf_rates_update(&expire->rates, &totals, expire->now_ns);
	pnf_exporter_tick(expire->exporter);
}

/* Whether the walk goes on now: its time has come, or a packet found too many Flows. */
static bool pnf_expire_step_is_due(const struct pnf_expire *expire)
{
	const struct pnf_cache *cache = &expire->meter->cache;

	return pnf_cache_is_open(cache) && !expire->flushing &&
	       (expire->now_ns >= expire->step_ns ||
		test_bit(PNF_CACHE_PRESSURE, &cache->flags));
}

/*
 * Timers have the grain of a jiffy, and a large table's steps come faster than that: the next one
 * counts from when this one was due.
 */
static void pnf_expire_schedule_step(struct pnf_expire *expire, unsigned int delay_ms)
{
	u64 late_ns = delay_ms < PNF_CONGESTED_MS ? PNF_LATE_NS : 0;
	u64 now_ns = expire->now_ns;

	expire->step_ns = clamp(expire->step_ns, now_ns - late_ns, now_ns) +
			  delay_ms * (u64)NSEC_PER_MSEC;
}

static unsigned int pnf_expire_step_delay_ms(const struct pnf_expire *expire)
{
	if (expire->step_ns <= expire->now_ns)
		return 0;
	return div_u64(expire->step_ns - expire->now_ns, NSEC_PER_MSEC) + 1;
}

static void pnf_expire_work(struct work_struct *work)
{
	struct pnf_expire *expire =
		container_of(to_delayed_work(work), struct pnf_expire, work);
	unsigned int delay_ms = PNF_PERIOD_MAX_MS;

	mutex_lock(&expire->exporter->lock);
	expire->now_ns = ktime_get_boottime_ns();
	if (pnf_expire_step_is_due(expire))
		pnf_expire_schedule_step(expire, pnf_expire_step(expire));
	if (pnf_cache_is_open(&expire->meter->cache) && !expire->flushing)
		delay_ms = pnf_expire_step_delay_ms(expire);
	/* A tick a second, however far off the next step is */
	delay_ms = min(delay_ms, PNF_PERIOD_MAX_MS + 0u);
	delay_ms = min(delay_ms, pnf_exporter_push_late(expire->exporter));
	if (expire->now_ns - expire->tick_ns >= PNF_TICK_NS)
		pnf_expire_tick(expire);
	if (!expire->stopped &&
	    (pnf_cache_is_open(&expire->meter->cache) || expire->exporter->session_count))
		pnf_exporter_queue_work(expire->exporter, &expire->work, delay_ms);
	mutex_unlock(&expire->exporter->lock);
}

/* A packet found the Cache in need of the expiry; softirqs are off. */
static void pnf_expire_pressure(void *context)
{
	struct pnf_expire *expire = context;

	if (!READ_ONCE(expire->stopped))
		pnf_exporter_wake_work(expire->exporter, &expire->work);
}

/**
 * pnf_expire_init() - begin, without doing anything before pnf_expire_kick()
 * @expire: zeroed
 * @meter: whose Cache to walk
 * @exporter: where ended Flows go
 */
void pnf_expire_init(struct pnf_expire *expire, struct pnf_meter *meter,
		     struct pnf_exporter *exporter)
{
	expire->meter = meter;
	expire->exporter = exporter;
	INIT_DELAYED_WORK(&expire->work, pnf_expire_work);
	meter->cache.pressure = pnf_expire_pressure;
	meter->cache.pressure_context = expire;
}

/**
 * pnf_expire_kick() - run a step now, as new settings may ask for
 * @expire: the expiry
 *
 * Context: process, export_lock held.
 */
void pnf_expire_kick(struct pnf_expire *expire)
{
	expire->step_ns = 0;
	if (!expire->stopped)
		pnf_exporter_wake_work(expire->exporter, &expire->work);
}

/*
 * Returns 0 when Flows can go on leaving, or why they stay. Packets go on meanwhile: a table
 * that has to grow does not wait.
 */
static int pnf_expire_wait(struct pnf_expire *expire, bool must, u64 end_ns)
{
	struct pnf_exporter *exporter = expire->exporter;
	int err = 0;

	while (!err && pnf_expire_has_to_wait(expire) &&
	       !pnf_expire_wants_resize(expire, false)) {
		if (fatal_signal_pending(current))
			err = -EINTR;
		else if (ktime_get_boottime_ns() >= end_ns)
			err = -ETIMEDOUT;
		else
			pnf_exporter_wait(exporter);
	}
	if (!err || !must)
		return err;
	exporter->patience_end_ns = 1; /* it is over */
	return 0;
}

/**
 * pnf_expire_flush() - let every Flow end that is in the Cache now
 * @expire: the expiry
 * @discard: count them as discarded instead of exporting them
 * @must: they have to leave
 * @spared: number of a format whose Flows stay, -1: of none
 * @end_ns: CLOCK_BOOTTIME until which destinations that lag are waited for
 *
 * Waits for destinations as long as they take something and keep nobody else waiting. From
 * @end_ns on, or after a fatal signal, the rest stays in the Cache; if it must leave, no
 * destination is waited for any more, and loses what does not fit into its queue.
 *
 * Context: process, sleeps; config_lock held, export_lock not: it is taken step by
 * step, so that queues and packets go on.
 *
 * Return: 0, -ETIMEDOUT or -EINTR.
 */
int pnf_expire_flush(struct pnf_expire *expire, bool discard, bool must, int spared, u64 end_ns)
{
	struct pnf_exporter *exporter = expire->exporter;
	bool done = false;
	u32 bucket = 0;
	int err = 0;

	mutex_lock(&exporter->lock);
	expire->flushing = true;
	while (pnf_cache_is_open(&expire->meter->cache) && !done && !err) {
		pnf_expire_finish_resize(expire);
		expire->flush = true;
		expire->spared = spared;
		done = pnf_expire_walk(expire, &bucket, PNF_STEP_BUCKETS, discard);
		expire->flush = false;
		mutex_unlock(&exporter->lock);
		pnf_flow_wait_freed();
		cond_resched();
		mutex_lock(&exporter->lock);
		if (!discard && !done)
			err = pnf_expire_wait(expire, must, end_ns);
		if (!done && pnf_expire_resize(expire, false))
			bucket = 0;
	}
	if (!discard)
		pnf_exporter_push(exporter);
	exporter->patience_end_ns = 0;
	expire->flushing = false;
	pnf_expire_kick(expire);
	mutex_unlock(&exporter->lock);
	return err;
}

/**
 * pnf_expire_stop() - do not run again
 * @expire: the expiry
 *
 * Context: process, sleeps; export_lock not held.
 */
void pnf_expire_stop(struct pnf_expire *expire)
{
	WRITE_ONCE(expire->stopped, true);
	cancel_delayed_work_sync(&expire->work);
}
