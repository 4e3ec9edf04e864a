// SPDX-License-Identifier: GPL-2.0-only
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/hash.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/ktime.h>
#include <net/net_namespace.h>

#include "exporter.h"
#include "record.h"

#define PNF_EXPORT_DELAY_NS	(1 * NSEC_PER_SEC)	/* a record waits for company */
#define PNF_POLL_MS		50			/* the device's queue does not wake us */
#define PNF_WAIT_US		500			/* who waits for a queue to shrink */
#define PNF_DRAIN_NS		(200 * NSEC_PER_MSEC)	/* an address is resolved */
#define PNF_DRAIN_POLL_MS	5
#define PNF_SET_OCTETS		7			/* header and padding of a Set, at most */

/**
 * pnf_exporter_wake_work() - have work done at once, where exporting is to be done
 * @exporter: the Exporting Process
 * @work: the work; if it waits for its time, it does so no longer
 *
 * Context: any.
 */
void pnf_exporter_wake_work(struct pnf_exporter *exporter, struct delayed_work *work)
{
	int cpu;

	/* A CPU goes offline only when nobody has preemption disabled. */
	preempt_disable();
	cpu = READ_ONCE(exporter->cpu);
	if (cpu >= 0 && cpu_online(cpu))
		mod_delayed_work_on(cpu, exporter->wq_bound, work, 0);
	else
		mod_delayed_work(exporter->wq, work, 0);
	preempt_enable();
}

/**
 * pnf_exporter_queue_work() - have work done later, unless it is queued already
 * @exporter: the Exporting Process
 * @work: the work; who woke it meanwhile is not kept waiting
 * @delay_ms: milliseconds
 *
 * Context: any.
 */
void pnf_exporter_queue_work(struct pnf_exporter *exporter, struct delayed_work *work,
			     unsigned int delay_ms)
{
	unsigned long delay = msecs_to_jiffies(delay_ms);
	int cpu;

	preempt_disable();
	cpu = READ_ONCE(exporter->cpu);
	if (cpu >= 0 && cpu_online(cpu))
		queue_delayed_work_on(cpu, exporter->wq_bound, work, delay);
	else
		queue_delayed_work(exporter->wq, work, delay);
	preempt_enable();
}

/**
 * pnf_exporter_note_queued() - a batch waits in a session's queue
 * @exporter: the Exporting Process
 *
 * Context: process, @exporter->lock held.
 */
void pnf_exporter_note_queued(struct pnf_exporter *exporter)
{
	if (!exporter->waiting)
		pnf_exporter_queue_work(exporter, &exporter->work, PNF_POLL_MS);
	exporter->waiting = true;
}

/* Batches */

static struct pnf_batch *pnf_batch_open(struct pnf_exporter *exporter)
{
	struct pnf_batch *batch = kmalloc(sizeof(*batch), GFP_KERNEL);

	if (!batch)
		return NULL;
	batch->undecided = 1;
	batch->count = 0;
	batch->wire_octets = exporter->encoder->header_octets;
	batch->layouts = 0;
	batch->taken = 0;
	batch->unsupported = 0;
	batch->opened_ns = ktime_get_boottime_ns();
	return batch;
}

static void pnf_exporter_count_not_sent(struct pnf_exporter *exporter,
					const struct pnf_record *record)
{
	exporter->stats.not_sent_flows++;
	exporter->stats.not_sent_packets += record->packets;
	exporter->stats.not_sent_octets += record->octets;
}

/**
 * pnf_exporter_decide() - a session, or who handed the batch out, is done with it
 * @exporter: the Exporting Process
 * @batch: the batch; freed, if everybody is
 *
 * Context: process, @exporter->lock held.
 */
void pnf_exporter_decide(struct pnf_exporter *exporter, struct pnf_batch *batch)
{
	struct pnf_exporter_stats *stats = &exporter->stats;
	const struct pnf_record *record;
	unsigned int i;

	if (--batch->undecided)
		return;
	for (i = 0; i < batch->count; i++) {
		record = &batch->records[i];
		exporter->queued_packets -= record->packets;
		exporter->queued_octets -= record->octets;
		if (batch->taken & BIT(i)) {
			stats->flow_records++;
			stats->exported_packets += record->packets;
			stats->exported_octets += record->octets;
			continue;
		}
		pnf_exporter_count_not_sent(exporter, record);
		if (batch->unsupported & BIT(i))
			stats->unsupported_flows++;
	}
	kfree(batch);
}

/* Records of one layout share a Set: put them side by side. Few and mostly sorted. */
static void pnf_batch_sort(struct pnf_batch *batch)
{
	unsigned int i, j;

	for (i = 0; i < batch->count; i++) {
		for (j = i; j && batch->records[batch->order[j - 1]].layout >
				 batch->records[i].layout; j--)
			batch->order[j] = batch->order[j - 1];
		batch->order[j] = i;
	}
}

/* Settings */

/* Any of the first half, so that the next ones follow without a wrap */
static u16 pnf_exporter_first_template_id(const struct pnf_config *config)
{
	if (!config->random_template_ids)
		return PNF_TEMPLATE_ID_MIN;
	return PNF_TEMPLATE_ID_MIN + get_random_u32() % (PNF_TEMPLATE_ID_MAX / 2);
}

/*
 * What the table's Templates were made of has changed: others, with other ids. What they are
 * made of lives as long as the settings.
 */
static void pnf_exporter_renew_templates(struct pnf_exporter *exporter,
					 const struct pnf_config *next, bool is_other)
{
	struct pnf_template_table *templates = exporter->templates;

	if (!templates)
		return;
	if (is_other) {
		pnf_template_table_renew(templates);
		if (next->random_template_ids && !exporter->config->random_template_ids)
			templates->next_id = pnf_exporter_first_template_id(next);
	}
	pnf_template_table_set_named(templates, next->templates, next->template_count);
}

static void pnf_exporter_begin_sampling(struct pnf_exporter *exporter,
					const struct pnf_config *next)
{
	struct pnf_totals totals;

	pnf_selector_init(&exporter->selector, next->sampler, next->sampler_interval);
	pnf_stats_sum(exporter->metering, &totals);
	exporter->sampled = (struct pnf_sampler_account) {
		.begin_ns = ktime_get_boottime_ns(),
		.unselected_before = totals.unselected_packets,
	};
}

/**
 * pnf_exporter_set_interfaces() - tell of the interfaces of the namespace
 * @exporter: the Exporting Process
 * @next: owned by @exporter from here on; generations are filled in
 *
 * Those that are new or have changed are told to all destinations with the next tick.
 *
 * Context: process, @exporter->lock held.
 */
void pnf_exporter_set_interfaces(struct pnf_exporter *exporter, struct pnf_interfaces *next)
{
	struct pnf_interfaces *prev = exporter->interfaces;
	const struct pnf_interface *before;
	struct pnf_interface *after;
	u32 i, j = 0;

	next->generation = (prev ? prev->generation : 0) + 1;
	for (i = 0; i < next->count; i++) {
		after = &next->entries[i];
		after->generation = next->generation;
		/* Both are in the order of the namespace's list, to which new ones are added. */
		while (prev && j < prev->count && prev->entries[j].index != after->index)
			j++;
		before = prev && j < prev->count ? &prev->entries[j] : NULL;
		if (before && !memcmp(before->name, after->name, sizeof(after->name)) &&
		    !memcmp(before->description, after->description,
			    sizeof(after->description)))
			after->generation = before->generation;
	}
	exporter->interfaces = next;
	kvfree(prev);
}

/**
 * pnf_exporter_prepare() - do all of a change of settings that can fail
 * @exporter: the Exporting Process
 * @next: the settings that are to come
 * @fresh: an empty list; sessions that they need and that are not there yet
 *
 * Context: process, the namespace's config_lock held: nobody else adds sessions.
 *
 * Return: 0, or -ENOMEM and @fresh is empty.
 */
int pnf_exporter_prepare(struct pnf_exporter *exporter, const struct pnf_config *next,
			 struct list_head *fresh)
{
	struct pnf_session *session;
	u32 i;

	if (!exporter->templates && pnf_config_has_metering(next)) {
		struct pnf_template_table *templates;

		templates = kvmalloc(sizeof(*templates), GFP_KERNEL);
		if (!templates)
			return -ENOMEM;
		pnf_template_table_init(templates, pnf_exporter_first_template_id(next));
		mutex_lock(&exporter->lock);
		exporter->templates = templates;
		exporter->begin_ns = ktime_get_boottime_ns();
		mutex_unlock(&exporter->lock);
	}
	for (i = 0; i < next->destination_count; i++) {
		if (pnf_session_find(&exporter->sessions, &next->destinations[i]))
			continue;
		session = pnf_session_new(exporter, &next->destinations[i]);
		if (!session) {
			pnf_exporter_abandon(fresh);
			return -ENOMEM;
		}
		list_add_tail(&session->list, fresh);
	}
	return 0;
}

/**
 * pnf_exporter_abandon() - undo pnf_exporter_prepare()
 * @fresh: its list
 */
void pnf_exporter_abandon(struct list_head *fresh)
{
	struct pnf_session *session, *next;

	list_for_each_entry_safe(session, next, fresh, list) {
		list_del(&session->list);
		pnf_session_free(session);
	}
}

/**
 * pnf_exporter_apply() - take new settings
 * @exporter: the Exporting Process
 * @next: the settings, valid until the next call
 * @fresh: sessions from pnf_exporter_prepare(); empty afterwards
 *
 * A destination that stays keeps its session, unless the protocol changes: no
 * Transport Session carries two. What is to be encoded for the former protocol or
 * Observation Domain is decided first: pnf_exporter_settle() lets it leave.
 *
 * Context: process, @exporter->lock held.
 */
void pnf_exporter_apply(struct pnf_exporter *exporter, const struct pnf_config *next,
			struct list_head *fresh)
{
	const struct pnf_config *prev = exporter->config;
	bool records_change = pnf_config_changes_records(prev, next);
	bool domain_changes = prev->domain != next->domain;
	bool protocol_changes = prev->protocol != next->protocol;
	bool sndbuf_changes = prev->sndbuf != next->sndbuf;
	struct pnf_session *session;
	LIST_HEAD(sessions);
	u32 i;

	pnf_exporter_push(exporter);
	list_for_each_entry(session, &exporter->sessions, list) {
		if (!records_change)
			break;
		pnf_session_settle(session);
		pnf_template_schedule_reset(&session->schedule);
		pnf_session_forget_options(session);
		if (domain_changes)
			memset(session->sequence, 0, sizeof(session->sequence));
	}

	pnf_exporter_renew_templates(exporter, next, records_change);
	if (prev->sampler_id != next->sampler_id)
		pnf_exporter_begin_sampling(exporter, next);
	exporter->config = next;
	exporter->encoder = pnf_encoder_get(next->protocol);
	exporter->last_layout = 0;
	WRITE_ONCE(exporter->cpu, next->exportcpu);
	exporter->open_capacity = PNF_MESSAGE_OCTETS - pnf_transport_overhead(PNF_IPV4);
	exporter->session_count = next->destination_count;
	for (i = 0; i < next->destination_count; i++) {
		session = pnf_session_find(&exporter->sessions, &next->destinations[i]) ?:
			  pnf_session_find(fresh, &next->destinations[i]);
		list_move_tail(&session->list, &sessions);
		if (next->destinations[i].version == PNF_IPV6)
			exporter->open_capacity = PNF_MESSAGE_OCTETS -
						  pnf_transport_overhead(PNF_IPV6);
		if (sndbuf_changes && session->connected)
			pnf_transport_set_sndbuf(&session->transport, next->sndbuf);
	}
	pnf_exporter_abandon(&exporter->sessions);
	list_splice(&sessions, &exporter->sessions);

	list_for_each_entry(session, &exporter->sessions, list) {
		if (protocol_changes && session->connected)
			pnf_session_reconnect(session);
		else if (!session->stats.attempts)
			pnf_session_connect(session);
	}
}

/* Flow Records */

static void pnf_exporter_hand_out(struct pnf_exporter *exporter)
{
	struct pnf_batch *batch = exporter->open;
	struct pnf_session *session;

	exporter->open = NULL;
	pnf_batch_sort(batch);
	list_for_each_entry(session, &exporter->sessions, list)
		pnf_session_take(session, batch);
	pnf_exporter_decide(exporter, batch);
}

/* Where the next record goes; NULL: there is no memory. */
static struct pnf_record *pnf_exporter_slot(struct pnf_exporter *exporter)
{
	if (!exporter->open)
		exporter->open = pnf_batch_open(exporter);
	return exporter->open ? &exporter->open->records[exporter->open->count] : NULL;
}

/* There is no memory for another batch: nobody is sent this record. */
static void pnf_exporter_lose(struct pnf_exporter *exporter, const struct pnf_record *record)
{
	struct pnf_session *session;

	pnf_exporter_count_not_sent(exporter, record);
	list_for_each_entry(session, &exporter->sessions, list)
		pnf_session_count_record_not_sent(session, record);
}

/* The record in the next slot is complete. */
static void pnf_exporter_take(struct pnf_exporter *exporter)
{
	const struct pnf_encoder *encoder = exporter->encoder;
	struct pnf_batch *batch = exporter->open;
	const struct pnf_record *record = &batch->records[batch->count];
	u32 layout = BIT(hash_32(record->layout, 5));
	u32 octets;

	exporter->queued_packets += record->packets;
	exporter->queued_octets += record->octets;
	if (record->layout != exporter->last_layout) {
		exporter->last_layout = record->layout;
		exporter->last_octets = encoder->record_octets(exporter->templates, record);
	}
	octets = exporter->last_octets;
	if (!octets)
		batch->unsupported |= BIT(batch->count);
	else if (encoder->version == PNF_VERSION_V5)
		exporter->stats.untold_interfaces += !pnf_encode_v5_has_interfaces(record);
	else if (!(batch->layouts & layout))
		octets += PNF_SET_OCTETS; /* another Set: header and padding */
	batch->layouts |= layout;
	batch->wire_octets += octets;
	batch->count++;

	/* Full, if another one like this does not fit. */
	if (batch->count == PNF_BATCH_RECORDS ||
	    batch->wire_octets + octets > exporter->open_capacity)
		pnf_exporter_hand_out(exporter);
}

static bool pnf_exporter_is_impatient(const struct pnf_exporter *exporter)
{
	return exporter->patience_end_ns &&
	       ktime_get_boottime_ns() >= exporter->patience_end_ns;
}

/**
 * pnf_exporter_is_congested() - whether it is better to wait than to add Flows
 * @exporter: the Exporting Process
 *
 * Context: process, @exporter->lock held. Who waits says so by pnf_exporter_note_wait().
 */
bool pnf_exporter_is_congested(const struct pnf_exporter *exporter)
{
	const struct pnf_session *session;

	list_for_each_entry(session, &exporter->sessions, list)
		if (pnf_session_lags(session))
			return !pnf_exporter_is_impatient(exporter);
	return false;
}

/**
 * pnf_exporter_note_wait() - Flows were kept waiting in the Cache
 * @exporter: the Exporting Process; it is congested
 * @ns: for how long
 *
 * A destination that takes nothing for a second is not waited for until it has caught up. Nor
 * is one that takes something, but in sum of a second made others wait that had taken
 * everything: it loses what does not fit into its queue. Where none keeps up, the Cache does
 * what it is there for.
 *
 * Context: process, @exporter->lock held.
 */
void pnf_exporter_note_wait(struct pnf_exporter *exporter, u64 ns)
{
	struct pnf_session *session;
	bool others_idle = false;

	list_for_each_entry(session, &exporter->sessions, list)
		others_idle |= session->connected && !session->queue_count;
	if (!others_idle)
		return;
	list_for_each_entry(session, &exporter->sessions, list)
		if (pnf_session_lags(session))
			pnf_session_note_wait(session, ns);
}

/* Whether the sampler lets a Flow be exported; by hash it was selected before. */
static bool pnf_exporter_selects(struct pnf_exporter *exporter, const struct pnf_flow *flow)
{
	struct pnf_sampler_account *account = &exporter->sampled;
	struct pnf_exporter_stats *stats = &exporter->stats;

	stats->flows_observed++;
	account->flows_observed++;
	account->packets_observed += flow->packets;
	if (pnf_selector_select(&exporter->selector, get_random_u32())) {
		stats->flows_selected++;
		account->flows_selected++;
		account->packets_selected += flow->packets;
		return true;
	}
	stats->unselected_packets += flow->packets;
	stats->unselected_octets += flow->octets;
	return false;
}

/**
 * pnf_exporter_add() - export a Flow that left the Cache
 * @exporter: the Exporting Process
 * @flow: dead; copied
 *
 * Context: process, @exporter->lock held. May send messages, waits for nothing.
 */
void pnf_exporter_add(struct pnf_exporter *exporter, const struct pnf_flow *flow)
{
	const struct pnf_encoder *encoder = exporter->encoder;
	struct pnf_record *record, rest;

	exporter->stats.end_reasons[flow->reason]++;
	if (exporter->config->sampler && !pnf_exporter_selects(exporter, flow))
		return;
	record = pnf_exporter_slot(exporter);
	if (unlikely(!record)) {
		pnf_record_fill(&rest, flow);
		pnf_exporter_lose(exporter, &rest);
		return;
	}

	pnf_record_fill(record, flow);
	if (exporter->config->sampler) {
		record->sampler_id = exporter->config->sampler_id;
		record->layout |= PNF_LAYOUT_SAMPLER;
	}
	while (unlikely(!pnf_encoder_counts_fit(encoder, record))) {
		rest = *record;
		pnf_record_split(&rest, record, encoder->counter_max);
		pnf_exporter_take(exporter);
		record = pnf_exporter_slot(exporter);
		if (!record) {
			pnf_exporter_lose(exporter, &rest);
			return;
		}
		*record = rest;
	}
	pnf_exporter_take(exporter);
}

/**
 * pnf_exporter_discard() - count a Flow that is dropped on request
 * @exporter: the Exporting Process
 * @flow: dead
 *
 * Context: process, @exporter->lock held.
 */
void pnf_exporter_discard(struct pnf_exporter *exporter, const struct pnf_flow *flow)
{
	exporter->stats.end_reasons[flow->reason]++;
	exporter->stats.discarded_flows++;
	exporter->stats.discarded_packets += flow->packets;
	exporter->stats.discarded_octets += flow->octets;
}

/**
 * pnf_exporter_push() - send the batch that is being filled, full or not
 * @exporter: the Exporting Process
 *
 * Context: process, @exporter->lock held.
 */
void pnf_exporter_push(struct pnf_exporter *exporter)
{
	if (exporter->open && exporter->open->count)
		pnf_exporter_hand_out(exporter);
}

/* Time */

/**
 * pnf_exporter_push_late() - send records that have waited long enough for company
 * @exporter: the Exporting Process
 * @now_ns: CLOCK_BOOTTIME
 *
 * Context: process, @exporter->lock held.
 *
 * Return: true if records still wait: call it again soon.
 */
bool pnf_exporter_push_late(struct pnf_exporter *exporter, u64 now_ns)
{
	/* It may have been opened after @now_ns was read. */
	if (exporter->open && now_ns >= exporter->open->opened_ns + PNF_EXPORT_DELAY_NS)
		pnf_exporter_push(exporter);
	return exporter->open;
}

/**
 * pnf_exporter_tick() - what is due with time alone
 * @exporter: the Exporting Process
 *
 * Templates are repeated, failed destinations are connected again. Call it once a
 * second.
 *
 * Context: process, @exporter->lock held.
 */
void pnf_exporter_tick(struct pnf_exporter *exporter)
{
	struct pnf_session *session;

	list_for_each_entry(session, &exporter->sessions, list)
		pnf_session_tick(session);
}

static void pnf_exporter_run_queues(struct pnf_exporter *exporter)
{
	u64 now_ns = ktime_get_boottime_ns();
	struct pnf_session *session;

	exporter->waiting = false;
	list_for_each_entry(session, &exporter->sessions, list) {
		pnf_session_run_queue(session, now_ns);
		exporter->waiting |= session->queue_count;
	}
}

/**
 * pnf_exporter_wait() - give the destinations time to take what waits
 * @exporter: the Exporting Process
 *
 * Context: process, sleeps, @exporter->lock held, but for the time of the sleep.
 */
void pnf_exporter_wait(struct pnf_exporter *exporter)
{
	u64 start_ns = ktime_get_boottime_ns();

	mutex_unlock(&exporter->lock);
	usleep_range(PNF_WAIT_US, 2 * PNF_WAIT_US);
	mutex_lock(&exporter->lock);
	pnf_exporter_run_queues(exporter);
	pnf_exporter_note_wait(exporter, ktime_get_boottime_ns() - start_ns);
}

static void pnf_exporter_work(struct work_struct *work)
{
	struct pnf_exporter *exporter =
		container_of(to_delayed_work(work), struct pnf_exporter, work);

	mutex_lock(&exporter->lock);
	pnf_exporter_run_queues(exporter);
	if (exporter->waiting)
		pnf_exporter_queue_work(exporter, &exporter->work, PNF_POLL_MS);
	mutex_unlock(&exporter->lock);
}

/**
 * pnf_exporter_init() - begin without destinations
 * @exporter: zeroed
 * @net: the namespace
 * @config: the settings in force
 * @metering: counters of the Metering Process
 * @wq: where work runs if any CPU will do
 * @wq_bound: where work runs if it is to be on one CPU
 */
void pnf_exporter_init(struct pnf_exporter *exporter, struct net *net,
		       const struct pnf_config *config,
		       const struct pnf_cpu_stats __percpu *metering,
		       struct workqueue_struct *wq, struct workqueue_struct *wq_bound)
{
	mutex_init(&exporter->lock);
	INIT_LIST_HEAD(&exporter->sessions);
	INIT_DELAYED_WORK(&exporter->work, pnf_exporter_work);
	exporter->net = net;
	exporter->metering = metering;
	exporter->wq = wq;
	exporter->wq_bound = wq_bound;
	exporter->cpu = config->exportcpu;
	exporter->config = config;
	exporter->encoder = pnf_encoder_get(config->protocol);
	exporter->open_capacity = PNF_MESSAGE_OCTETS - pnf_transport_overhead(PNF_IPV4);
}

static bool pnf_exporter_has_unsent(const struct pnf_exporter *exporter)
{
	const struct pnf_session *session;

	list_for_each_entry(session, &exporter->sessions, list)
		if (session->connected &&
		    pnf_transport_sndbuf_used(&session->transport))
			return true;
	return false;
}

/*
 * The devices go with the namespace, and with them what waits for its next hop to be
 * resolved: give it the time that a neighbour takes to answer, once for all that end together.
 */
static void pnf_exporter_drain(struct pnf_exporter *exporter, u64 end_ns)
{
	u64 deadline_ns = min(ktime_get_boottime_ns(), end_ns) + PNF_DRAIN_NS;

	while (pnf_exporter_has_unsent(exporter) && ktime_get_boottime_ns() < deadline_ns) {
		mutex_unlock(&exporter->lock);
		msleep(PNF_DRAIN_POLL_MS);
		mutex_lock(&exporter->lock);
	}
}

static bool pnf_exporter_has_queued(const struct pnf_exporter *exporter)
{
	const struct pnf_session *session;

	list_for_each_entry(session, &exporter->sessions, list)
		if (session->queue_count && !session->stalled)
			return true;
	return false;
}

/**
 * pnf_exporter_settle() - let everything leave that can
 * @exporter: the Exporting Process
 *
 * A destination that takes nothing is waited for a second, nobody beyond the end of patience.
 *
 * Context: process, sleeps, @exporter->lock held, and given up between tries.
 */
void pnf_exporter_settle(struct pnf_exporter *exporter)
{
	u64 end_ns = ktime_get_boottime_ns() + PNF_PATIENCE_NS;

	pnf_exporter_push(exporter);
	pnf_exporter_run_queues(exporter);
	while (pnf_exporter_has_queued(exporter) && ktime_get_boottime_ns() < end_ns &&
	       !pnf_exporter_is_impatient(exporter) && !fatal_signal_pending(current))
		pnf_exporter_wait(exporter);
}

/**
 * pnf_exporter_keeps() - whether all destinations stay, with the same way of telling Flows
 * @exporter: the Exporting Process
 * @next: settings that are to come
 *
 * Context: process, the namespace's config_lock held.
 */
bool pnf_exporter_keeps(struct pnf_exporter *exporter, const struct pnf_config *next)
{
	const struct pnf_config *prev = exporter->config;
	u32 i;

	if (pnf_config_changes_records(prev, next))
		return false;
	for (i = 0; i < prev->destination_count; i++)
		if (!pnf_config_has_destination(next, &prev->destinations[i]))
			return false;
	return true;
}

/**
 * pnf_exporter_stop() - end all Transport Sessions
 * @exporter: the Exporting Process; no Flow is added any more
 * @end_ns: CLOCK_BOOTTIME until which destinations are waited for
 *
 * What waits leaves until then, or is counted as lost. In a namespace that ends,
 * what was sent gets 200 ms more to leave its device, but not beyond 200 ms after @end_ns.
 *
 * Context: process, sleeps, @exporter->lock not held.
 */
void pnf_exporter_stop(struct pnf_exporter *exporter, u64 end_ns)
{
	mutex_lock(&exporter->lock);
	exporter->patience_end_ns = end_ns;
	pnf_exporter_settle(exporter);
	if (!check_net(exporter->net))
		pnf_exporter_drain(exporter, end_ns);
	pnf_exporter_abandon(&exporter->sessions);
	kfree(exporter->open); /* empty */
	exporter->open = NULL;
	mutex_unlock(&exporter->lock);
	cancel_delayed_work_sync(&exporter->work);
	if (exporter->templates)
		pnf_template_table_renew(exporter->templates);
	kvfree(exporter->templates);
	exporter->templates = NULL;
	kvfree(exporter->interfaces);
	exporter->interfaces = NULL;
}

/* Statistics */

/**
 * pnf_exporter_reset_stats() - let what is shown start from zero
 * @exporter: the Exporting Process
 *
 * Context: process, @exporter->lock held.
 */
void pnf_exporter_reset_stats(struct pnf_exporter *exporter)
{
	struct pnf_session *session;

	exporter->base = exporter->stats;
	list_for_each_entry(session, &exporter->sessions, list)
		pnf_session_reset_stats(session);
}

/**
 * pnf_exporter_read_stats() - counters since the last reset
 * @exporter: the Exporting Process
 * @stats: filled in
 *
 * Context: process, @exporter->lock held.
 */
void pnf_exporter_read_stats(const struct pnf_exporter *exporter,
			     struct pnf_exporter_stats *stats)
{
	pnf_counters_since(stats, &exporter->stats, &exporter->base, sizeof(*stats));
}
