// SPDX-License-Identifier: GPL-2.0-only
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/hash.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <linux/ktime.h>
#include <linux/udp.h>
#include <net/net_namespace.h>

#include "events.h"
#include "exporter.h"
#include "record.h"

#define PNF_EXPORT_DELAY_NS	(1 * NSEC_PER_SEC)	/* a record waits for company */
#define PNF_PATIENCE_NS		(1 * NSEC_PER_SEC)	/* a batch waits for room */
#define PNF_POLL_MS		50			/* the device's queue does not wake us */
#define PNF_WAIT_US		500			/* who waits for a queue to shrink */
#define PNF_DRAIN_NS		(200 * NSEC_PER_MSEC)	/* an address is resolved */
#define PNF_DRAIN_POLL_MS	5
#define PNF_SEND_TRIES		4			/* reports come in between */
#define PNF_RETRY_MAX_S		16			/* back-off between attempts to connect */
#define PNF_REANNOUNCE_NS	(100 * NSEC_PER_MSEC)	/* while nobody listens */
#define PNF_CAPACITY_NS		(600 * (u64)NSEC_PER_SEC)	/* a path's MTU is known */
#define PNF_SET_OCTETS		7			/* header and padding of a Set, at most */

/* A message for IPv6 on a link of 256 octets still holds a record or a Template. */
#define PNF_CAPACITY_MIN	208u

#define pnf_debug(exporter, level, fmt, ...)					\
do {										\
	if ((exporter)->config->debug >= (level))				\
		net_info_ratelimited("pkt_netflow: " fmt, ##__VA_ARGS__);	\
} while (0)

static unsigned int pnf_overhead(u8 version)
{
	return sizeof(struct udphdr) +
	       (version == PNF_IPV6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr));
}

static unsigned int pnf_protocol_index(u8 protocol)
{
	switch (protocol) {
	case PNF_VERSION_V5:
		return 0;
	case PNF_VERSION_V9:
		return 1;
	default:
		return 2;
	}
}

static void pnf_clock_read(struct pnf_clock *clock)
{
	/* One reading for both: whatever comes between two would move all wall times. */
	ktime_t now = ktime_get();

	clock->boot_ns = ktime_to_ns(ktime_mono_to_any(now, TK_OFFS_BOOT));
	clock->real_ns = ktime_to_ns(ktime_mono_to_real(now));
}

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

/* A session, or who handed the batch out, is done with it. */
static void pnf_batch_decide(struct pnf_exporter *exporter, struct pnf_batch *batch)
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

/* Sessions: the socket */

static void pnf_session_wake(struct pnf_transport *transport)
{
	struct pnf_session *session = container_of(transport, struct pnf_session, transport);
	struct pnf_exporter *exporter = session->exporter;

	/* Room matters only while a batch waits for it; an error always does. */
	if (READ_ONCE(session->woken) ||
	    (!pnf_transport_has_reports(transport) &&
	     !(READ_ONCE(session->queue_count) && pnf_transport_has_room(transport))))
		return;
	WRITE_ONCE(session->woken, true);
	pnf_exporter_wake_work(exporter, &exporter->work);
}

static void pnf_session_set_capacity(struct pnf_session *session, unsigned int mtu)
{
	unsigned int octets = PNF_MESSAGE_OCTETS;

	if (mtu)
		octets = min(octets, mtu);
	octets -= min(octets, session->transport.overhead);
	session->capacity = max(octets, PNF_CAPACITY_MIN);
	session->capacity_ns = ktime_get_boottime_ns();
}

/* The path takes no more than this; what was learnt to be too big stays so. */
static void pnf_session_limit_capacity(struct pnf_session *session, unsigned int mtu)
{
	u32 before = session->capacity;

	pnf_session_set_capacity(session, mtu);
	session->capacity = min(session->capacity, before);
}

/* Returns whether there were any. */
static bool pnf_session_collect_reports(struct pnf_session *session)
{
	struct pnf_transport_reports reports;

	pnf_transport_collect_reports(&session->transport, &reports);
	session->stats.err_refused += reports.refused;
	session->stats.err_too_big += reports.too_big;
	session->stats.err_other += reports.other;
	if (reports.last_error)
		session->last_error = reports.last_error;
	if (reports.too_big)
		pnf_session_limit_capacity(session, pnf_transport_mtu(&session->transport));
	if (reports.refused)
		session->forgotten = true;
	return reports.last_error;
}

static void pnf_session_disconnect(struct pnf_session *session, int err)
{
	struct pnf_exporter *exporter = session->exporter;

	pnf_transport_close(&session->transport);
	session->connected = false;
	session->last_error = -err;
	session->retry_s = clamp(session->retry_s * 2, 1u, (u32)PNF_RETRY_MAX_S);
	session->retry_ns = ktime_get_boottime_ns() + (u64)session->retry_s * NSEC_PER_SEC;
	pnf_debug(exporter, 1, "a destination failed, error %d, next attempt in %u s\n",
		  err, session->retry_s);
	pnf_event_destination(exporter->net, session);
}

static void pnf_session_connect(struct pnf_session *session)
{
	struct pnf_exporter *exporter = session->exporter;
	int err;

	session->stats.attempts++;
	err = pnf_transport_open(&session->transport, exporter->net, &session->destination,
				 exporter->config->sndbuf);
	if (err) {
		session->stats.err_connect++;
		pnf_session_disconnect(session, err);
		return;
	}

	session->connected = true;
	session->stalled = false;
	session->held_ns = 0;
	session->refresh_failed = false;
	session->last_error = 0;
	WRITE_ONCE(session->woken, false);
	pnf_session_set_capacity(session, pnf_transport_mtu(&session->transport));
	/* RFC 7011 10.3.2: a new Transport Session; its sequence starts again. */
	session->sequence[pnf_protocol_index(PNF_VERSION_IPFIX)] = 0;
	pnf_template_schedule_reset(&session->schedule);
	pnf_debug(exporter, 1, "a destination is connected\n");
	pnf_event_destination(exporter->net, session);
}

static bool pnf_error_is_full(int err)
{
	return err == -EAGAIN || err == -ENOBUFS || err == -ENOMEM;
}

/*
 * Messages of so many octets are too big for the path: make the next ones smaller.
 * Returns -EMSGSIZE: encode again, or -E2BIG: there is no smaller message.
 */
static int pnf_session_shrink(struct pnf_session *session, u32 octets)
{
	pnf_session_limit_capacity(session, pnf_transport_mtu(&session->transport));
	if (session->capacity >= octets)
		session->capacity = max(octets - octets / 8, PNF_CAPACITY_MIN);
	return session->capacity < octets ? -EMSGSIZE : -E2BIG;
}

/*
 * Hand a finished message to the stack. An error that belongs to an earlier message (a
 * report) says nothing about this one, which is sent again at once; if the report was of
 * smaller messages than this one, it is encoded again.
 */
static int pnf_session_hand_over(struct pnf_session *session, struct pnf_message *msg)
{
	struct pnf_session_stats *stats = &session->stats;
	unsigned int tries;
	bool had_reports;
	u64 too_big;
	int err;

	for (tries = 1;; tries++) {
		err = pnf_transport_send(&session->transport, msg->data, msg->octets);
		if (!err || pnf_error_is_full(err))
			return err;
		too_big = stats->err_too_big;
		had_reports = pnf_session_collect_reports(session);
		too_big = stats->err_too_big - too_big;
		if (!had_reports && err == -ECONNREFUSED) {
			stats->err_refused++; /* the queue of reports had overflowed */
			session->forgotten = true;
		}
		if (err == -EMSGSIZE && !too_big)
			break; /* the stack's own word on this message */
		if (err == -EMSGSIZE && msg->octets > session->capacity)
			return -EMSGSIZE;
		if ((!had_reports && tries > 1) || tries == PNF_SEND_TRIES)
			return err;
	}
	stats->err_too_big++;
	return pnf_session_shrink(session, msg->octets);
}

static int pnf_session_send(struct pnf_session *session, struct pnf_message *msg,
			    const struct pnf_clock *clock)
{
	struct pnf_exporter *exporter = session->exporter;
	const struct pnf_encoder *encoder = exporter->encoder;
	u32 *sequence = &session->sequence[pnf_protocol_index(encoder->version)];
	struct pnf_header_info info = {
		.clock = clock,
		.sequence = *sequence,
		.domain = exporter->config->domain,
	};
	u32 used;
	int err;

	encoder->finish(msg, &info);
	err = pnf_session_hand_over(session, msg);
	if (err)
		return err;

	session->retry_s = 0;
	*sequence += encoder->sequence_step(msg);
	pnf_template_schedule_note_message(&session->schedule);
	session->stats.messages++;
	session->stats.message_octets += msg->octets;
	session->stats.data_records += msg->records;
	exporter->stats.messages++;
	exporter->stats.message_octets += msg->octets;
	exporter->stats.data_records += msg->records;
	used = pnf_transport_sndbuf_used(&session->transport);
	if (used > session->sndbuf_peak)
		session->sndbuf_peak = used;
	return 0;
}

/* Sessions: Templates */

static int pnf_session_send_templates_message(struct pnf_session *session,
					      unsigned long *inside,
					      const struct pnf_clock *clock)
{
	struct pnf_template_table *templates = session->exporter->templates;
	unsigned int i;
	int err;

	err = pnf_session_send(session, &session->exporter->templates_message, clock);
	if (err)
		return err;
	for_each_set_bit(i, inside, PNF_TEMPLATES_MAX) {
		templates->templates[i].sent++;
		pnf_template_schedule_note_sent(&session->schedule, i);
	}
	bitmap_zero(inside, PNF_TEMPLATES_MAX);
	return 0;
}

/* Send the Templates that the session was not told since its last refresh. */
static int pnf_session_announce(struct pnf_session *session, const unsigned long *wanted,
				const struct pnf_clock *clock)
{
	struct pnf_exporter *exporter = session->exporter;
	const struct pnf_encoder *encoder = exporter->encoder;
	struct pnf_message *msg = &exporter->templates_message;
	DECLARE_BITMAP(inside, PNF_TEMPLATES_MAX);
	const struct pnf_template *template;
	unsigned int i;
	int err;

	bitmap_zero(inside, PNF_TEMPLATES_MAX);
	for_each_set_bit(i, wanted, PNF_TEMPLATES_MAX) {
		template = &exporter->templates->templates[i];
		if (test_bit(i, session->schedule.announced) ||
		    template->version != encoder->version)
			continue;
		if (!bitmap_empty(inside, PNF_TEMPLATES_MAX)) {
			if (encoder->put_template(msg, template)) {
				__set_bit(i, inside);
				continue;
			}
			err = pnf_session_send_templates_message(session, inside, clock);
			if (err)
				return err;
		}
		pnf_message_init(msg, exporter->templates_buffer, session->capacity);
		if (!encoder->begin(msg) || !encoder->put_template(msg, template))
			return -E2BIG;
		__set_bit(i, inside);
	}
	if (bitmap_empty(inside, PNF_TEMPLATES_MAX))
		return 0;
	return pnf_session_send_templates_message(session, inside, clock);
}

static bool pnf_session_is_due(const struct pnf_session *session, u64 now_ns)
{
	const struct pnf_config *config = session->exporter->config;

	return pnf_template_schedule_is_due(&session->schedule, now_ns, config->refresh_rate,
					    pnf_config_timeout_minutes(config));
}

/* A Collector that was away has lost its Templates; it needs them with the next data. */
static bool pnf_session_was_away(const struct pnf_session *session, u64 now_ns)
{
	return session->forgotten && now_ns - session->schedule.last_ns > PNF_REANNOUNCE_NS;
}

/* RFC 7011 8.4, RFC 3954 9: repeat all Templates by messages and by time. */
static int pnf_session_refresh(struct pnf_session *session, const struct pnf_clock *clock)
{
	DECLARE_BITMAP(all, PNF_TEMPLATES_MAX);
	int err;

	session->forgotten = false;
	pnf_template_schedule_note_refresh(&session->schedule, clock->boot_ns);
	bitmap_zero(all, PNF_TEMPLATES_MAX);
	bitmap_set(all, 0, session->exporter->templates->count);
	err = pnf_session_announce(session, all, clock);
	session->refresh_failed = err;
	return err;
}

/* Sessions: batches */

static void pnf_session_count_record_not_sent(struct pnf_session *session,
					      const struct pnf_record *record)
{
	session->stats.not_sent_flows++;
	session->stats.not_sent_packets += record->packets;
	session->stats.not_sent_octets += record->octets;
}

static void pnf_session_count_not_sent(struct pnf_session *session,
				       const struct pnf_batch *batch, unsigned long records)
{
	unsigned int i;

	for_each_set_bit(i, &records, PNF_BATCH_RECORDS)
		pnf_session_count_record_not_sent(session, &batch->records[i]);
}

static void pnf_session_lose(struct pnf_session *session, struct pnf_batch *batch,
			     u32 records, u64 *kind)
{
	if (!records)
		return;
	++*kind;
	pnf_session_count_not_sent(session, batch, records);
}

static void pnf_session_count_sent(struct pnf_session *session, const struct pnf_message *msg)
{
	struct pnf_template_table *templates = session->exporter->templates;
	unsigned int i;

	session->stats.flow_records += msg->records;
	for_each_set_bit(i, msg->templates, PNF_TEMPLATES_MAX)
		templates->templates[i].records += msg->template_records[i];
}

/* Encode as many of the records as one message holds and send it. */
static int pnf_session_send_some(struct pnf_session *session, struct pnf_batch *batch,
				 u32 *todo)
{
	struct pnf_exporter *exporter = session->exporter;
	const struct pnf_encoder *encoder = exporter->encoder;
	const struct pnf_record *records[PNF_BATCH_RECORDS];
	struct pnf_message *msg = &exporter->message;
	u8 numbers[PNF_BATCH_RECORDS];
	unsigned int i, used, n = 0;
	struct pnf_clock clock;
	int err;

	for (i = 0; i < batch->count; i++) {
		if (!(*todo & BIT(batch->order[i])))
			continue;
		numbers[n] = batch->order[i];
		records[n++] = &batch->records[batch->order[i]];
	}

	pnf_clock_read(&clock);
	if (encoder->has_templates && (pnf_session_is_due(session, clock.boot_ns) ||
				       pnf_session_was_away(session, clock.boot_ns))) {
		err = pnf_session_refresh(session, &clock);
		if (err)
			return err;
	}
	pnf_message_init(msg, exporter->buffer, session->capacity);
	if (!encoder->begin(msg))
		return -E2BIG;
	used = encoder->put_records(msg, records, n, exporter->templates, &clock);
	if (!used)
		return -E2BIG;
	if (encoder->has_templates) {
		err = pnf_session_announce(session, msg->templates, &clock);
		if (err)
			return err;
	}
	err = pnf_session_send(session, msg, &clock);
	if (err)
		return err;

	pnf_session_count_sent(session, msg);
	for (i = 0; i < used; i++) {
		*todo &= ~BIT(numbers[i]);
		batch->taken |= BIT(numbers[i]);
	}
	return 0;
}

/* Something could not be sent, for another reason than want of room. */
static void pnf_session_fail(struct pnf_session *session, int err)
{
	if (err == -EMSGSIZE)
		return; /* the next one is smaller */
	if (err == -E2BIG) {
		session->last_error = EMSGSIZE;
		return;
	}
	session->last_error = -err;
	session->stats.err_other++;
	/* A packet filter drops it; another socket would not help. */
	if (err != -EPERM)
		pnf_session_disconnect(session, err);
}

/*
 * Send what is left of a batch. Returns 0 when all of it is decided, sent or lost;
 * -EAGAIN, -ENOBUFS or -ENOMEM when there is no room now.
 */
static int pnf_session_try(struct pnf_session *session, struct pnf_batch *batch, u32 *todo)
{
	int err;

	while (*todo) {
		if (!session->connected) {
			pnf_session_lose(session, batch, *todo,
					 &session->stats.lost_not_connected);
			return 0;
		}
		err = pnf_session_send_some(session, batch, todo);
		if (!err)
			continue;
		if (err == -EMSGSIZE)
			continue;
		if (pnf_error_is_full(err))
			return err;

		pnf_session_lose(session, batch, *todo, &session->stats.lost_other);
		pnf_session_fail(session, err);
		return 0;
	}
	return 0;
}

static void pnf_session_dequeue(struct pnf_session *session)
{
	struct pnf_queued *queued = &session->queue[session->queue_head];

	pnf_batch_decide(session->exporter, queued->batch);
	queued->batch = NULL;
	session->queue_head = (session->queue_head + 1) % PNF_QUEUE_BATCHES;
	WRITE_ONCE(session->queue_count, session->queue_count - 1);
	if (!session->queue_count)
		session->held_ns = 0;
}

/* It takes messages again, or still: worth waiting for. */
static void pnf_session_caught_up(struct pnf_session *session)
{
	session->stalled = false;
	session->held_ns = 0;
}

/*
 * The oldest batch that waits gets another try; the @last one decides. Returns false
 * if it still waits.
 */
static bool pnf_session_try_again(struct pnf_session *session, bool last)
{
	struct pnf_queued *queued = &session->queue[session->queue_head];

	if (pnf_session_try(session, queued->batch, &queued->todo)) {
		if (!last)
			return false;
		pnf_session_lose(session, queued->batch, queued->todo,
				 &session->stats.lost_buffer_full);
		session->stalled = true;
	} else if (session->queue_count == 1) {
		pnf_session_caught_up(session);
	}
	pnf_session_dequeue(session);
	return true;
}

static void pnf_session_enqueue(struct pnf_session *session, struct pnf_batch *batch, u32 todo)
{
	unsigned int tail;

	if (session->queue_count == PNF_QUEUE_BATCHES)
		pnf_session_try_again(session, true);
	tail = (session->queue_head + session->queue_count) % PNF_QUEUE_BATCHES;
	session->queue[tail].batch = batch;
	session->queue[tail].todo = todo;
	session->queue[tail].deadline_ns = ktime_get_boottime_ns() + PNF_PATIENCE_NS;
	batch->undecided++;
	WRITE_ONCE(session->queue_count, session->queue_count + 1);
	if (!session->exporter->waiting)
		pnf_exporter_queue_work(session->exporter, &session->exporter->work,
					PNF_POLL_MS);
	session->exporter->waiting = true;
}

static u32 pnf_batch_all(const struct pnf_batch *batch)
{
	return GENMASK(batch->count - 1, 0);
}

/* A new batch: at once, or behind those that wait already. */
static void pnf_session_take(struct pnf_session *session, struct pnf_batch *batch)
{
	u32 todo = pnf_batch_all(batch) & ~batch->unsupported;

	pnf_session_count_not_sent(session, batch, batch->unsupported);
	if (!todo)
		return;
	if (session->queue_count || pnf_session_try(session, batch, &todo))
		pnf_session_enqueue(session, batch, todo);
	else
		pnf_session_caught_up(session);
}

/*
 * Try again what waits, as soon as there is room; a full queue of the device does
 * not show there, so one failure ends the run until the next poll.
 */
static void pnf_session_run_queue(struct pnf_session *session, u64 now_ns)
{
	const struct pnf_queued *oldest;
	bool late;

	while (session->queue_count) {
		oldest = &session->queue[session->queue_head];
		late = now_ns >= oldest->deadline_ns;
		if (session->connected && !late &&
		    !pnf_transport_has_room(&session->transport))
			return;
		if (!pnf_session_try_again(session, late))
			return;
	}
}

static void pnf_session_drop_queue(struct pnf_session *session)
{
	struct pnf_queued *queued;

	while (session->queue_count) {
		queued = &session->queue[session->queue_head];
		pnf_session_lose(session, queued->batch, queued->todo,
				 &session->stats.lost_buffer_full);
		pnf_session_dequeue(session);
	}
}

/* Nothing of what waits is to be encoded later than now. */
static void pnf_session_settle(struct pnf_session *session)
{
	while (session->queue_count)
		pnf_session_try_again(session, true);
}

static struct pnf_session *pnf_session_new(struct pnf_exporter *exporter,
					   const struct pnf_destination *destination)
{
	struct pnf_session *session = kvzalloc(sizeof(*session), GFP_KERNEL);

	if (!session)
		return NULL;
	session->exporter = exporter;
	session->destination = *destination;
	session->transport.wake = pnf_session_wake;
	return session;
}

static void pnf_session_free(struct pnf_session *session)
{
	pnf_session_drop_queue(session);
	pnf_transport_close(&session->transport);
	kvfree(session);
}

/* Settings */

static struct pnf_session *pnf_session_find(struct list_head *sessions,
					    const struct pnf_destination *destination)
{
	struct pnf_session *session;

	list_for_each_entry(session, sessions, list)
		if (pnf_destination_equal(&session->destination, destination))
			return session;
	return NULL;
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
		pnf_template_table_init(templates);
		mutex_lock(&exporter->lock);
		exporter->templates = templates;
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
	bool domain_changes = prev->domain != next->domain;
	bool protocol_changes = prev->protocol != next->protocol;
	bool sndbuf_changes = prev->sndbuf != next->sndbuf;
	struct pnf_session *session;
	LIST_HEAD(sessions);
	u32 i;

	pnf_exporter_push(exporter);
	list_for_each_entry(session, &exporter->sessions, list) {
		if (!domain_changes && !protocol_changes)
			break;
		pnf_session_settle(session);
		pnf_template_schedule_reset(&session->schedule);
		if (domain_changes)
			memset(session->sequence, 0, sizeof(session->sequence));
	}

	exporter->config = next;
	exporter->encoder = pnf_encoder_get(next->protocol);
	exporter->last_layout = 0;
	WRITE_ONCE(exporter->cpu, next->exportcpu);
	exporter->open_capacity = PNF_MESSAGE_OCTETS - pnf_overhead(PNF_IPV4);
	exporter->session_count = next->destination_count;
	for (i = 0; i < next->destination_count; i++) {
		session = pnf_session_find(&exporter->sessions, &next->destinations[i]) ?:
			  pnf_session_find(fresh, &next->destinations[i]);
		list_move_tail(&session->list, &sessions);
		if (next->destinations[i].version == PNF_IPV6)
			exporter->open_capacity = PNF_MESSAGE_OCTETS -
						  pnf_overhead(PNF_IPV6);
		if (sndbuf_changes && session->connected)
			pnf_transport_set_sndbuf(&session->transport, next->sndbuf);
	}
	pnf_exporter_abandon(&exporter->sessions);
	list_splice(&sessions, &exporter->sessions);

	list_for_each_entry(session, &exporter->sessions, list) {
		if (protocol_changes && session->connected)
			pnf_transport_close(&session->transport);
		else if (session->stats.attempts)
			continue;
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
	pnf_batch_decide(exporter, batch);
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

static bool pnf_session_lags(const struct pnf_session *session)
{
	return session->queue_count >= PNF_QUEUE_BATCHES / 2 && !session->stalled;
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
	list_for_each_entry(session, &exporter->sessions, list) {
		if (!pnf_session_lags(session))
			continue;
		session->held_ns += ns;
		session->stalled = session->held_ns >= PNF_PATIENCE_NS;
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
	const struct pnf_encoder *encoder = exporter->encoder;
	struct pnf_record *record, rest;

	exporter->stats.end_reasons[flow->reason]++;
	record = pnf_exporter_slot(exporter);
	if (unlikely(!record)) {
		pnf_record_fill(&rest, flow);
		pnf_exporter_lose(exporter, &rest);
		return;
	}

	pnf_record_fill(record, flow);
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

static void pnf_session_tick(struct pnf_session *session, const struct pnf_clock *clock)
{
	int err;

	if (!session->connected) {
		if (clock->boot_ns < session->retry_ns)
			return;
		pnf_session_connect(session);
		if (!session->connected)
			return;
	}
	pnf_transport_discard_received(&session->transport);
	/* As long as the stack believes what it learnt of a path: net.ipv4.route.mtu_expires */
	if (clock->boot_ns - session->capacity_ns >= PNF_CAPACITY_NS)
		pnf_session_set_capacity(session, pnf_transport_mtu(&session->transport));
	/* RFC 7011 8.4: at regular intervals, whether or not there are Data Records. */
	if (!session->exporter->encoder->has_templates || !session->exporter->templates ||
	    !session->exporter->templates->count ||
	    (!session->refresh_failed && !pnf_session_is_due(session, clock->boot_ns)))
		return;
	err = pnf_session_refresh(session, clock);
	if (err && !pnf_error_is_full(err))
		pnf_session_fail(session, err);
}

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
	struct pnf_clock clock;

	pnf_clock_read(&clock);
	list_for_each_entry(session, &exporter->sessions, list)
		pnf_session_tick(session, &clock);
}

static void pnf_exporter_run_queues(struct pnf_exporter *exporter)
{
	u64 now_ns = ktime_get_boottime_ns();
	struct pnf_session *session;

	exporter->waiting = false;
	list_for_each_entry(session, &exporter->sessions, list) {
		if (session->connected && READ_ONCE(session->woken)) {
			WRITE_ONCE(session->woken, false);
			pnf_session_collect_reports(session);
		}
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
 * @wq: where work runs if any CPU will do
 * @wq_bound: where work runs if it is to be on one CPU
 */
void pnf_exporter_init(struct pnf_exporter *exporter, struct net *net,
		       const struct pnf_config *config, struct workqueue_struct *wq,
		       struct workqueue_struct *wq_bound)
{
	mutex_init(&exporter->lock);
	INIT_LIST_HEAD(&exporter->sessions);
	INIT_DELAYED_WORK(&exporter->work, pnf_exporter_work);
	exporter->net = net;
	exporter->wq = wq;
	exporter->wq_bound = wq_bound;
	exporter->cpu = config->exportcpu;
	exporter->config = config;
	exporter->encoder = pnf_encoder_get(config->protocol);
	exporter->open_capacity = PNF_MESSAGE_OCTETS - pnf_overhead(PNF_IPV4);
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

	if (prev->protocol != next->protocol || prev->domain != next->domain)
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
	kvfree(exporter->templates);
	exporter->templates = NULL;
}

/* Statistics */

/* Counters are nothing but u64: subtracted as an array. */
static void pnf_counters_since(void *shown, const void *now, const void *base, size_t octets)
{
	const u64 *from = now, *start = base;
	u64 *to = shown;
	size_t i;

	for (i = 0; i < octets / sizeof(u64); i++)
		to[i] = from[i] - start[i];
}

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
		session->base = session->stats;
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

/**
 * pnf_session_read_stats() - a destination's counters since the last reset
 * @session: the session
 * @stats: filled in
 *
 * Context: process, the exporter's lock held.
 */
void pnf_session_read_stats(const struct pnf_session *session,
			    struct pnf_session_stats *stats)
{
	pnf_counters_since(stats, &session->stats, &session->base, sizeof(*stats));
}

/**
 * pnf_session_queued_records() - Flow Records that wait in a session
 * @session: the session
 *
 * Context: process, the exporter's lock held.
 */
u64 pnf_session_queued_records(const struct pnf_session *session)
{
	unsigned int i, slot;
	u64 records = 0;

	for (i = 0; i < session->queue_count; i++) {
		slot = (session->queue_head + i) % PNF_QUEUE_BATCHES;
		records += hweight32(session->queue[slot].todo);
	}
	if (session->exporter->open)
		records += session->exporter->open->count;
	return records;
}
