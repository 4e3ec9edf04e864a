// SPDX-License-Identifier: GPL-2.0-only
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/jhash.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <net/net_namespace.h>

#include "exporter.h"
#include "record.h"

#define PNF_POLL_MS		50			/* the device's queue does not wake us */
#define PNF_WAIT_US		500			/* who waits for a queue to shrink */
#define PNF_DRAIN_NS		(200 * NSEC_PER_MSEC)	/* an address is resolved */
#define PNF_DRAIN_POLL_MS	5
#define PNF_QUEUE_RECORDS	2560			/* about so many wait in a session */
#define PNF_QUEUE_BATCHES_MIN	8
#define PNF_RECORD_OCTETS	32			/* most are longer, in a message */

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

static void pnf_exporter_note_loss(struct pnf_exporter *exporter)
{
	u64 now_ns = ktime_get_real_ns();

	exporter->loss_first_ns = exporter->loss_first_ns ?: now_ns;
	exporter->loss_last_ns = now_ns;
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
	bool is_loss = false;
	unsigned int i;

	if (--batch->undecided)
		return;
	for (i = 0; i < batch->count; i++) {
		record = &batch->records[i];
		if (unlikely(!pnf_record_is_flow(record))) {
			stats->nat_lost += !test_bit(i, batch->taken);
			continue;
		}
		exporter->queued_packets -= record->packets;
		exporter->queued_octets -= record->octets;
		if (test_bit(i, batch->taken)) {
			stats->flow_records++;
			stats->exported_packets += record->packets;
			stats->exported_octets += record->octets;
			continue;
		}
		is_loss = true;
		pnf_exporter_count_not_sent(exporter, record);
		if (test_bit(i, batch->unsupported))
			stats->unsupported_flows++;
	}
	if (is_loss)
		pnf_exporter_note_loss(exporter);
	pnf_batch_free(batch);
}

/* Settings */

/*
 * Any of the first half, so that the next ones follow without a wrap; but none that a Collector may
 * know of a module that was there before
 */
static u16 pnf_exporter_first_template_id(const struct pnf_config *config)
{
	u16 first = PNF_TEMPLATE_ID_MIN;
	u32 i;

	if (config->random_template_ids)
		first += get_random_u32() % (PNF_TEMPLATE_ID_MAX / 2);
	for (i = 0; i < config->destination_count; i++)
		first = max(first, config->destinations[i].template_id);
	return first;
}

/*
 * Ahead at random: behind are ids that meant something else not long ago. By small steps, so that
 * many changes do not come around to those either.
 */
static u16 pnf_exporter_next_template_id(const struct pnf_template_table *templates)
{
	u32 ids = PNF_TEMPLATE_ID_MAX - PNF_TEMPLATE_ID_MIN + 1;
	u32 step = get_random_u32() % PNF_TEMPLATE_ID_STEP;

	return PNF_TEMPLATE_ID_MIN + (templates->next_id - PNF_TEMPLATE_ID_MIN + step) % ids;
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
			templates->next_id = pnf_exporter_next_template_id(templates);
	}
	pnf_template_table_set_named(templates, next->templates, next->template_count);
}

/* The same for a new session */
static void pnf_exporter_pass_over_ids(struct pnf_exporter *exporter,
				       const struct pnf_session *session)
{
	struct pnf_template_table *templates = exporter->templates;

	if (templates)
		templates->next_id = max(templates->next_id, session->destination.template_id);
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
		before = prev && j < prev->count ? &prev->entries[j++] : NULL;
		if (before && !memcmp(before->name, after->name, sizeof(after->name)) &&
		    !memcmp(before->description, after->description,
			    sizeof(after->description)))
			after->generation = before->generation;
	}
	exporter->interfaces = next;
	kvfree(prev);
}

/* Records of a batch that fills a message of so many octets, or is as large as batches get */
static unsigned int pnf_exporter_batch_limit(u8 protocol, u32 octets)
{
	if (protocol == PNF_VERSION_V5)
		return PNF_V5_RECORDS_MAX;
	return clamp_t(u32, octets / PNF_RECORD_OCTETS, PNF_BATCH_RECORDS_MIN,
		       PNF_BATCH_RECORDS_MAX);
}

/* A queue takes no more memory where batches are large. */
static unsigned int pnf_exporter_queue_limit(const struct pnf_config *config)
{
	u32 octets = pnf_session_message_octets(config);

	return clamp_t(u32, PNF_QUEUE_RECORDS / pnf_exporter_batch_limit(config->protocol, octets),
		       PNF_QUEUE_BATCHES_MIN, PNF_QUEUE_BATCHES);
}

/* Room for the messages that are to come. There may be more than they need. */
static int pnf_exporter_prepare_buffers(struct pnf_exporter *exporter,
					const struct pnf_config *next)
{
	u32 octets = pnf_session_message_octets(next) - pnf_transport_overhead(PNF_IPV4);
	void *buffer, *prev = exporter->buffer;

	octets = max(ALIGN(octets, sizeof(u32)), PNF_CAPACITY_MIN);
	if (!next->destination_count || octets <= exporter->buffer_octets)
		return 0;
	buffer = kvmalloc_array(2, octets, GFP_KERNEL);
	if (!buffer)
		return -ENOMEM;
	mutex_lock(&exporter->lock);
	exporter->buffer = buffer;
	exporter->templates_buffer = buffer + octets;
	exporter->buffer_octets = octets;
	mutex_unlock(&exporter->lock);
	kvfree(prev);
	return 0;
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

	if (pnf_exporter_prepare_buffers(exporter, next))
		return -ENOMEM;
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
 * A destination that stays keeps its session, unless the protocol, the Observation Domain or
 * the source port changes: no Transport Session carries two. What is to be encoded for the
 * former ones is decided first: pnf_exporter_settle() lets it leave.
 *
 * Context: process, @exporter->lock held.
 */
void pnf_exporter_apply(struct pnf_exporter *exporter, const struct pnf_config *next,
			struct list_head *fresh)
{
	const struct pnf_config *prev = exporter->config;
	bool records_change = pnf_config_changes_records(prev, next);
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
	}

	pnf_exporter_renew_templates(exporter, next, records_change);
	if (prev->sampler_id != next->sampler_id)
		pnf_exporter_begin_sampling(exporter, next);
	exporter->config = next;
	exporter->encoder = pnf_encoder_get(next->protocol);
	exporter->last_layout = 0;
	exporter->queue_limit = pnf_exporter_queue_limit(next);
	WRITE_ONCE(exporter->cpu, next->exportcpu);
	exporter->session_count = next->destination_count;
	for (i = 0; i < next->destination_count; i++) {
		session = pnf_session_find(&exporter->sessions, &next->destinations[i]);
		if (!session) {
			session = pnf_session_find(fresh, &next->destinations[i]);
			pnf_exporter_pass_over_ids(exporter, session);
		}
		list_move_tail(&session->list, &sessions);
	}
	pnf_exporter_abandon(&exporter->sessions);
	list_splice(&sessions, &exporter->sessions);
	list_for_each_entry(session, &exporter->sessions, list)
		pnf_session_apply(session, prev);
}

/* Who gets a record */

/* The first that works, else the first that is connected, else the first. */
static struct pnf_session *pnf_exporter_first_working(const struct pnf_exporter *exporter)
{
	struct pnf_session *session, *first = NULL;

	list_for_each_entry(session, &exporter->sessions, list) {
		if (!pnf_session_is_failing(session))
			return session;
		if (!first || (session->connected && !first->connected))
			first = session;
	}
	return first;
}

/* The owner if it is connected, else the next one that is, else nevertheless the owner. */
static struct pnf_session *pnf_exporter_substitute(const struct pnf_exporter *exporter,
						   struct pnf_session *owner)
{
	struct pnf_session *session = owner;

	if (owner->connected)
		return owner;
	list_for_each_entry_continue(session, &exporter->sessions, list)
		if (session->connected)
			return session;
	list_for_each_entry(session, &exporter->sessions, list)
		if (session->connected || session == owner)
			break;
	return session;
}

/* Whose batch a record goes into; NULL: the one for all, as always but with balance. */
static struct pnf_session *pnf_exporter_owner(const struct pnf_exporter *exporter,
					      const struct pnf_record *record)
{
	struct pnf_session *session;
	u32 skip;

	if (exporter->config->distribution != PNF_DISTRIBUTION_BALANCE)
		return NULL;
	skip = reciprocal_scale(record->hash, exporter->session_count);
	list_for_each_entry(session, &exporter->sessions, list)
		if (!skip--)
			return pnf_exporter_substitute(exporter, session);
	return NULL;
}

/* The only one that gets the batch of @owner; NULL: all do. */
static struct pnf_session *pnf_exporter_choose(const struct pnf_exporter *exporter,
					       struct pnf_session *owner)
{
	if (owner)
		return pnf_exporter_substitute(exporter, owner);
	if (exporter->config->distribution == PNF_DISTRIBUTION_FAILOVER)
		return pnf_exporter_first_working(exporter);
	return NULL;
}

/* Flow Records */

static void pnf_exporter_send_to(struct pnf_session *session, struct pnf_batch *batch)
{
	DECLARE_BITMAP(todo, PNF_BATCH_RECORDS_MAX);
	int err;

	pnf_batch_sendable(batch, todo);
	err = pnf_session_take(session, batch, todo, true);
	if (err)
		pnf_session_lose(session, batch, todo, err);
}

/* What one fails to send the next one gets, as long as there are others. */
static void pnf_exporter_send_to_one(struct pnf_exporter *exporter, struct pnf_session *owner,
				     struct pnf_session *session, struct pnf_batch *batch)
{
	struct pnf_session *first = session, *next = session;
	unsigned int tries = exporter->session_count;
	DECLARE_BITMAP(todo, PNF_BATCH_RECORDS_MAX);
	bool on_trial;
	int err;

	pnf_batch_sendable(batch, todo);
	if (bitmap_empty(todo, PNF_BATCH_RECORDS_MAX))
		return;
	do {
		session = next;
		on_trial = !owner && session->failing && !pnf_session_is_failing(session);
		err = pnf_session_take(session, batch, todo, !on_trial);
		if (!err && on_trial)
			pnf_session_begin_trial(session, batch);
		next = pnf_exporter_choose(exporter, owner);
	} while (err && next != session && --tries);
	if (pnf_error_is_full(err))
		err = pnf_session_take(session, batch, todo, true);
	if (err)
		pnf_session_lose(first, batch, todo, err);
}

static void pnf_exporter_hand_out(struct pnf_exporter *exporter, struct pnf_session *owner)
{
	struct pnf_batch **open = owner ? &owner->open : &exporter->open;
	struct pnf_session *session, *only;
	struct pnf_batch *batch = *open;

	*open = NULL;
	pnf_batch_sort(batch);
	only = pnf_exporter_choose(exporter, owner);
	list_for_each_entry(session, &exporter->sessions, list) {
		if (only && session != only)
			continue;
		pnf_session_count_unsupported(session, batch);
		if (!only)
			pnf_exporter_send_to(session, batch);
	}
	if (only)
		pnf_exporter_send_to_one(exporter, owner, only, batch);
	pnf_exporter_decide(exporter, batch);
}

/* A batch on trial that did not arrive goes to the next one. */
static void pnf_exporter_judge_trials(struct pnf_exporter *exporter)
{
	struct pnf_session *session, *next;
	int err;

	list_for_each_entry(session, &exporter->sessions, list) {
		if (!session->trial)
			continue;
		err = pnf_session_judge_trial(session);
		if (err == -EINPROGRESS)
			continue;
		next = pnf_exporter_choose(exporter, NULL);
		if (err && next && next != session)
			pnf_exporter_send_to_one(exporter, NULL, next, session->trial);
		pnf_session_end_trial(session);
	}
}

/**
 * pnf_exporter_open_records() - records of the batch that is being filled for a session
 * @exporter: the Exporting Process
 * @session: the session
 *
 * Context: process, @exporter->lock held.
 */
unsigned int pnf_exporter_open_records(const struct pnf_exporter *exporter,
				       const struct pnf_session *session)
{
	const struct pnf_session *only = pnf_exporter_choose(exporter, NULL);
	const struct pnf_batch *open = session->open;

	if (!open && (!only || session == only))
		open = exporter->open;
	return open ? open->count : 0;
}

/*
 * Octets of a message: as many as the path with the greatest MTU takes, of those that the batch
 * may go. On another path it takes several messages.
 */
static u32 pnf_exporter_wire_limit(const struct pnf_exporter *exporter,
				   const struct pnf_session *only)
{
	u32 overhead = pnf_transport_overhead(PNF_IPV4);
	const struct pnf_session *session;
	u32 octets = 0;

	list_for_each_entry(session, &exporter->sessions, list) {
		if (only && session != only)
			continue;
		overhead = max(overhead, pnf_transport_overhead(session->destination.version));
		if (session->connected)
			octets = max(octets, session->capacity + session->transport.overhead);
	}
	octets = octets ?: pnf_session_message_octets(exporter->config);
	return max(octets - overhead, PNF_CAPACITY_MIN);
}

static struct pnf_batch *pnf_exporter_open_batch(struct pnf_exporter *exporter,
						 struct pnf_session *owner)
{
	u32 wire_limit;

	wire_limit = pnf_exporter_wire_limit(exporter, pnf_exporter_choose(exporter, owner));
	return pnf_batch_new(pnf_exporter_batch_limit(exporter->encoder->version, wire_limit),
			     exporter->encoder->header_octets, wire_limit);
}

/* Where the next record goes; NULL: there is no memory. */
static struct pnf_record *pnf_exporter_slot(struct pnf_exporter *exporter,
					    struct pnf_session *owner)
{
	struct pnf_batch **open = owner ? &owner->open : &exporter->open;

	if (!*open)
		*open = pnf_exporter_open_batch(exporter, owner);
	return *open ? &(*open)->records[(*open)->count] : NULL;
}

/* There is no memory for another batch: nobody is sent this record. */
static void pnf_exporter_lose(struct pnf_exporter *exporter, struct pnf_session *owner,
			      const struct pnf_record *record)
{
	struct pnf_session *only = pnf_exporter_choose(exporter, owner);
	struct pnf_session *session;

	if (unlikely(!pnf_record_is_flow(record))) {
		exporter->stats.nat_lost++;
		return;
	}
	pnf_exporter_note_loss(exporter);
	pnf_exporter_count_not_sent(exporter, record);
	list_for_each_entry(session, &exporter->sessions, list)
		if (!only || session == only)
			pnf_session_count_record_not_sent(session, record);
}

/* The record in the next slot is complete. */
static void pnf_exporter_take(struct pnf_exporter *exporter, struct pnf_session *owner)
{
	struct pnf_batch *batch = owner ? owner->open : exporter->open;
	const struct pnf_record *record = &batch->records[batch->count];
	const struct pnf_encoder *encoder = exporter->encoder;

	exporter->queued_packets += record->packets;
	exporter->queued_octets += record->octets;
	if (record->layout != exporter->last_layout) {
		exporter->last_layout = record->layout;
		exporter->last_octets = encoder->record_octets(exporter->templates, record);
	}
	if (exporter->last_octets && encoder->version == PNF_VERSION_V5)
		exporter->stats.untold_interfaces += !pnf_encode_v5_has_interfaces(record);
	if (pnf_batch_add(batch, exporter->last_octets, encoder->version != PNF_VERSION_V5))
		pnf_exporter_hand_out(exporter, owner);
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
	const struct pnf_session *only = pnf_exporter_choose(exporter, NULL);
	const struct pnf_session *session;

	list_for_each_entry(session, &exporter->sessions, list)
		if ((!only || session == only) && pnf_session_lags(session))
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
 * what it is there for. With failover nobody else is kept waiting.
 *
 * Context: process, @exporter->lock held.
 */
void pnf_exporter_note_wait(struct pnf_exporter *exporter, u64 ns)
{
	struct pnf_session *session;
	bool others_idle = false;

	if (exporter->config->distribution == PNF_DISTRIBUTION_FAILOVER)
		return;
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

/* The record in the next slot is complete, but perhaps more than one record can tell. */
static void pnf_exporter_take_parts(struct pnf_exporter *exporter, struct pnf_session *owner,
				    struct pnf_record *record)
{
	const struct pnf_encoder *encoder = exporter->encoder;
	struct pnf_record rest;

	while (unlikely(!pnf_encoder_counts_fit(encoder, record))) {
		rest = *record;
		pnf_record_split(&rest, record, encoder->counter_max);
		pnf_exporter_take(exporter, owner);
		record = pnf_exporter_slot(exporter, owner);
		if (!record) {
			pnf_exporter_lose(exporter, owner, &rest);
			return;
		}
		*record = rest;
	}
	pnf_exporter_take(exporter, owner);
}

/**
 * pnf_exporter_add_record() - export a record
 * @exporter: the Exporting Process
 * @record: copied
 *
 * Context: process, @exporter->lock held. May send messages, waits for nothing.
 */
void pnf_exporter_add_record(struct pnf_exporter *exporter, const struct pnf_record *record)
{
	struct pnf_session *owner = pnf_exporter_owner(exporter, record);
	struct pnf_record *slot = pnf_exporter_slot(exporter, owner);

	if (unlikely(!slot)) {
		pnf_exporter_lose(exporter, owner, record);
		return;
	}
	*slot = *record;
	pnf_exporter_take_parts(exporter, owner, slot);
}

static void pnf_exporter_fill(struct pnf_exporter *exporter, struct pnf_record *record,
			      const struct pnf_flow *flow)
{
	const struct pnf_config *config = exporter->config;

	pnf_record_fill(record, flow);
	if (config->distribution == PNF_DISTRIBUTION_BALANCE)
		record->hash = pnf_flow_hash(flow, &exporter->secret);
	if (config->sampler) {
		record->sampler_id = config->sampler_id;
		record->layout |= PNF_LAYOUT_SAMPLER;
	}
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
	struct pnf_record *slot = NULL, record;

	exporter->stats.end_reasons[flow->reason]++;
	if (exporter->config->sampler && !pnf_exporter_selects(exporter, flow))
		return;
	/* With balance the record itself tells where it goes. */
	if (exporter->config->distribution != PNF_DISTRIBUTION_BALANCE)
		slot = pnf_exporter_slot(exporter, NULL);
	if (likely(slot)) {
		pnf_exporter_fill(exporter, slot, flow);
		pnf_exporter_take_parts(exporter, NULL, slot);
	} else {
		pnf_exporter_fill(exporter, &record, flow);
		pnf_exporter_add_record(exporter, &record);
	}
}

/**
 * pnf_exporter_add_nat_event() - export a NAT event
 * @exporter: the Exporting Process
 * @event: the event
 *
 * NetFlow v5 needs two records for a translation of both ends.
 *
 * Context: process, @exporter->lock held. May send messages, waits for nothing.
 */
void pnf_exporter_add_nat_event(struct pnf_exporter *exporter, const struct pnf_nat_event *event)
{
	u8 codes = exporter->config->nat_event_codes;
	struct pnf_nat_event parts[2];
	struct pnf_record record;
	unsigned int i, count = 1;

	if (event->created)
		exporter->stats.nat_created++;
	else
		exporter->stats.nat_deleted++;
	if (exporter->encoder->version == PNF_VERSION_V5)
		count = pnf_nat_event_split(event, parts);
	else
		parts[0] = *event;
	for (i = 0; i < count; i++) {
		pnf_nat_event_to_record(&parts[i], codes, &record);
		record.hash = jhash2((const u32 *)&event->saddr,
				     2 * sizeof(event->saddr) / sizeof(u32), event->protocol);
		pnf_exporter_add_record(exporter, &record);
	}
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
 * pnf_exporter_push() - send the batches that are being filled, full or not
 * @exporter: the Exporting Process
 *
 * Context: process, @exporter->lock held.
 */
void pnf_exporter_push(struct pnf_exporter *exporter)
{
	struct pnf_session *session;

	if (exporter->open)
		pnf_exporter_hand_out(exporter, NULL);
	list_for_each_entry(session, &exporter->sessions, list)
		if (session->open)
			pnf_exporter_hand_out(exporter, session);
}

/* Time */

/* Milliseconds until the owner's batch has waited long enough; 0: now. */
static unsigned int pnf_exporter_late_ms(const struct pnf_exporter *exporter,
					 const struct pnf_batch *open, u64 now_ns)
{
	u64 end_ns = open->opened_ns + exporter->config->export_delay * (u64)NSEC_PER_MSEC;

	return now_ns < end_ns ? div_u64(end_ns - now_ns, NSEC_PER_MSEC) + 1 : 0;
}

/**
 * pnf_exporter_push_late() - send records that have waited long enough for company
 * @exporter: the Exporting Process
 *
 * Context: process, @exporter->lock held.
 *
 * Return: milliseconds until it is to be called again; UINT_MAX: no record waits.
 */
unsigned int pnf_exporter_push_late(struct pnf_exporter *exporter)
{
	u64 now_ns = ktime_get_boottime_ns();
	unsigned int next_ms = UINT_MAX;
	struct pnf_session *session;
	unsigned int late_ms;

	if (exporter->open) {
		late_ms = pnf_exporter_late_ms(exporter, exporter->open, now_ns);
		if (late_ms)
			next_ms = late_ms;
		else
			pnf_exporter_hand_out(exporter, NULL);
	}
	list_for_each_entry(session, &exporter->sessions, list) {
		if (!session->open)
			continue;
		late_ms = pnf_exporter_late_ms(exporter, session->open, now_ns);
		if (late_ms)
			next_ms = min(next_ms, late_ms);
		else
			pnf_exporter_hand_out(exporter, session);
	}
	return next_ms;
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
	pnf_exporter_judge_trials(exporter);
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
	pnf_exporter_judge_trials(exporter);
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
	get_random_bytes(&exporter->secret, sizeof(exporter->secret));
	exporter->net = net;
	exporter->metering = metering;
	exporter->wq = wq;
	exporter->wq_bound = wq_bound;
	exporter->cpu = config->exportcpu;
	exporter->config = config;
	exporter->encoder = pnf_encoder_get(config->protocol);
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
 * what was sent gets 200 ms more to leave its device, but not beyond 200 ms after @end_ns; in one
 * that lives on, the log has where the sessions' numbers stand.
 *
 * Context: process, sleeps, @exporter->lock not held.
 */
void pnf_exporter_stop(struct pnf_exporter *exporter, u64 end_ns)
{
	struct pnf_session *session;

	mutex_lock(&exporter->lock);
	exporter->patience_end_ns = end_ns;
	pnf_exporter_settle(exporter);
	if (!check_net(exporter->net))
		pnf_exporter_drain(exporter, end_ns);
	pnf_exporter_push(exporter);
	if (check_net(exporter->net))
		list_for_each_entry(session, &exporter->sessions, list)
			pnf_session_log_end(session);
	pnf_exporter_abandon(&exporter->sessions);
	mutex_unlock(&exporter->lock);
	cancel_delayed_work_sync(&exporter->work);
	if (exporter->templates)
		pnf_template_table_renew(exporter->templates);
	kvfree(exporter->templates);
	exporter->templates = NULL;
	kvfree(exporter->interfaces);
	exporter->interfaces = NULL;
	kvfree(exporter->buffer);
	exporter->buffer = NULL;
	exporter->buffer_octets = 0;
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
	exporter->loss_first_ns = 0;
	exporter->loss_last_ns = 0;
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
