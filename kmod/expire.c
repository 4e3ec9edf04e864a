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

#define PNF_TICK_NS		(1 * NSEC_PER_SEC)
#define PNF_CONGESTED_MS	10
#define PNF_RESIZE_RETRY_NS	(1 * NSEC_PER_SEC)

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
	u64 inactive_ns = config->inactive_timeout * NSEC_PER_SEC;

	if (expire->flush)
		return PNF_END_FORCED;
	if (READ_ONCE(flow->tcp_flags) & (TCPHDR_FIN | TCPHDR_RST) &&
	    idle_ns >= min_t(u64, inactive_ns, PNF_LINGER_NS))
		return PNF_END_OF_FLOW;
	if (idle_ns >= inactive_ns)
		return PNF_END_IDLE;
	if (now_ns >= flow->first_ns + config->active_timeout * NSEC_PER_SEC)
		return PNF_END_ACTIVE;
	if (expire->evict_left && idle_ns >= expire->evict_idle_ns) {
		if (sure)
			expire->evict_left--;
		return PNF_END_RESOURCES;
	}
	if (!sure)
		expire->ages[pnf_age_class(idle_ns)]++;
	return 0;
}

/* Walking */

/* Returns how many Flows there were. */
static u32 pnf_expire_export(struct pnf_expire *expire, struct pnf_flow *reaped, bool discard)
{
	struct pnf_flow *flow;
	u32 count = 0;

	while ((flow = reaped)) {
		reaped = flow->reaped;
		count++;
		if (discard)
			pnf_exporter_discard(expire->exporter, flow);
		else
			pnf_exporter_add(expire->exporter, flow);
		pnf_flow_free_rcu(flow);
	}
	return count;
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
	       !pnf_exporter_is_congested(expire->exporter)) {
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

static u32 pnf_expire_flows(const struct pnf_expire *expire)
{
	return atomic_read(&expire->meter->cache.flows);
}

/* Nearly as many Flows as may be: those idle longest have to go. */
static bool pnf_expire_is_crowded(const struct pnf_expire *expire)
{
	u32 maxflows = expire->meter->cache.maxflows;

	return maxflows != U32_MAX && pnf_expire_flows(expire) > maxflows - maxflows / 16;
}

static void pnf_expire_choose_victims(struct pnf_expire *expire)
{
	u32 maxflows = expire->meter->cache.maxflows;
	u32 keep = maxflows - maxflows / 8;
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
}

/* Resizing */

/* Returns true while a resize is under way. */
static bool pnf_expire_resize(struct pnf_expire *expire, bool may_shrink)
{
	struct pnf_cache *cache = &expire->meter->cache;

	if (pnf_cache_resize_step(cache, PNF_STEP_BUCKETS))
		return true;
	if (expire->now_ns < expire->resize_retry_ns ||
	    !pnf_cache_needs_resize(cache, may_shrink))
		return false;
	if (pnf_cache_resize_start(cache)) {
		expire->resize_retry_ns = expire->now_ns + PNF_RESIZE_RETRY_NS;
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

/* Returns milliseconds until the next step. */
static unsigned int pnf_expire_step(struct pnf_expire *expire)
{
	const struct pnf_config *config = pnf_expire_config(expire);
	unsigned int period_ms = pnf_expire_period_ms(config);
	unsigned int step_ms = max(period_ms / PNF_PERIOD_STEPS, config->scan_min * 10);
	bool is_empty = !pnf_expire_flows(expire);
	u32 buckets;

	if (pnf_expire_resize(expire, is_empty))
		return 0;
	if (pnf_exporter_is_congested(expire->exporter))
		return PNF_CONGESTED_MS;
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
		if (expire->phase == PNF_EXPIRE_PACED && pnf_expire_resize(expire, true))
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

static void pnf_expire_queue(struct pnf_expire *expire, unsigned int delay_ms)
{
	pnf_exporter_queue_work(expire->exporter, &expire->work, delay_ms);
}

static void pnf_expire_work(struct work_struct *work)
{
	struct pnf_expire *expire =
		container_of(to_delayed_work(work), struct pnf_expire, work);
	struct pnf_cache *cache = &expire->meter->cache;
	unsigned int delay_ms = PNF_PERIOD_MAX_MS;

	mutex_lock(&expire->exporter->lock);
	expire->now_ns = ktime_get_boottime_ns();
	clear_bit(PNF_CACHE_PRESSURE, &cache->flags);
	if (pnf_cache_is_open(cache) && !expire->flushing)
		delay_ms = pnf_expire_step(expire);
	if (pnf_exporter_push_late(expire->exporter, expire->now_ns))
		delay_ms = min(delay_ms, PNF_PERIOD_MAX_MS / PNF_PERIOD_STEPS + 0u);
	if (expire->now_ns - expire->tick_ns >= PNF_TICK_NS)
		pnf_expire_tick(expire);
	if (!expire->stopped &&
	    (pnf_cache_is_open(cache) || expire->exporter->session_count))
		pnf_expire_queue(expire, delay_ms);
	mutex_unlock(&expire->exporter->lock);
}

/* A packet found the Cache in need of the expiry; softirqs are off. */
static void pnf_expire_pressure(void *context)
{
	struct pnf_expire *expire = context;

	if (!READ_ONCE(expire->stopped))
		pnf_expire_queue(expire, 0);
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
	if (!expire->stopped)
		pnf_expire_queue(expire, 0);
}

/**
 * pnf_expire_flush() - let every Flow end that is in the Cache now
 * @expire: the expiry
 * @discard: count them as discarded instead of exporting them
 *
 * Waits for destinations as long as they take something; for one that does not, a
 * second.
 *
 * Context: process, sleeps; config_lock held, export_lock not: it is taken step by
 * step, so that queues and packets go on.
 */
void pnf_expire_flush(struct pnf_expire *expire, bool discard)
{
	struct pnf_exporter *exporter = expire->exporter;
	bool done = false;
	u32 bucket = 0;

	mutex_lock(&exporter->lock);
	expire->flushing = true;
	while (pnf_cache_is_open(&expire->meter->cache) && !done) {
		pnf_expire_finish_resize(expire);
		expire->flush = true;
		done = pnf_expire_walk(expire, &bucket, PNF_STEP_BUCKETS, discard);
		expire->flush = false;
		mutex_unlock(&exporter->lock);
		cond_resched();
		mutex_lock(&exporter->lock);
		while (pnf_exporter_is_congested(exporter))
			pnf_exporter_wait(exporter);
	}
	if (!discard)
		pnf_exporter_push(exporter);
	expire->flushing = false;
	mutex_unlock(&exporter->lock);
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
