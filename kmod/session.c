// SPDX-License-Identifier: GPL-2.0-only
#include <linux/inet.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <net/net_namespace.h>

#include "events.h"
#include "exporter.h"
#include "session.h"

#define PNF_SEND_TRIES		4			/* reports come in between */
#define PNF_RETRY_MAX_S		16			/* back-off between attempts to connect */
#define PNF_REANNOUNCE_NS	(100 * NSEC_PER_MSEC)	/* while nobody listens */
#define PNF_CAPACITY_NS		(600 * (u64)NSEC_PER_SEC)	/* a path's MTU is known */
#define PNF_FAILING_NS		(1 * NSEC_PER_SEC)	/* until it is tried again */
#define PNF_TRIAL_NS		(4 * (u64)NSEC_PER_SEC)	/* no neighbour: known after 3 s */

#define pnf_debug(exporter, level, fmt, ...)					\
do {										\
	if ((exporter)->config->debug >= (level))				\
		net_info_ratelimited("pkt_netflow: " fmt, ##__VA_ARGS__);	\
} while (0)

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

/* The socket */

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
	unsigned int octets = pnf_session_message_octets(session->exporter->config);

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

/* For failover: others are to be preferred. */
static void pnf_session_note_failing(struct pnf_session *session)
{
	session->failing = true;
	session->failing_end_ns = ktime_get_boottime_ns() + PNF_FAILING_NS;
}

static void pnf_session_note_unreachable(struct pnf_session *session)
{
	pnf_session_note_failing(session);
	session->unreachable = true;
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
	if (reports.too_big) {
		pnf_session_limit_capacity(session, pnf_transport_mtu(&session->transport));
		session->unheard = true;
	}
	if (reports.refused)
		session->forgotten = true;
	if (reports.refused || reports.other)
		pnf_session_note_unreachable(session);
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
				 exporter->config);
	if (err) {
		session->stats.err_connect++;
		pnf_session_disconnect(session, err);
		return;
	}

	session->connected = true;
	session->stalled = false;
	session->failing = false;
	session->held_ns = 0;
	session->refresh_failed = false;
	session->unheard = false;
	session->last_error = 0;
	WRITE_ONCE(session->woken, false);
	pnf_session_set_capacity(session, pnf_transport_mtu(&session->transport));
	/*
	 * RFC 7011 10.3.2: from another port it is a new Transport Session, whose sequence starts
	 * again. From the same one it goes on, that of a module that was there before included.
	 */
	if (!exporter->config->source_port)
		session->sequence[pnf_protocol_index(PNF_VERSION_IPFIX)] = 0;
	pnf_template_schedule_reset(&session->schedule);
	pnf_session_forget_options(session);
	pnf_debug(exporter, 1, "a destination is connected\n");
	pnf_event_destination(exporter->net, session);
}

/**
 * pnf_session_apply() - take new settings, which are in force already
 * @session: the session; if it is a new one, it begins
 * @prev: the former settings
 *
 * Neither the protocol nor the source port of a Transport Session ever changes; nor the
 * Observation Domain, whose sequence would have to go on when it comes back.
 *
 * Context: process, the exporter's lock held.
 */
void pnf_session_apply(struct pnf_session *session, const struct pnf_config *prev)
{
	const struct pnf_config *config = session->exporter->config;
	struct pnf_transport *transport = &session->transport;

	if (!session->stats.attempts) {
		pnf_session_connect(session);
		return;
	}
	if (config->domain != prev->domain)
		memset(session->sequence, 0, sizeof(session->sequence));
	else if (config->source_port != prev->source_port)
		session->sequence[pnf_protocol_index(PNF_VERSION_IPFIX)] = 0;
	if (!session->connected)
		return;
	if (config->protocol != prev->protocol || config->domain != prev->domain ||
	    config->source_port != prev->source_port) {
		pnf_transport_close(transport);
		pnf_session_connect(session);
		return;
	}
	if (config->sndbuf != prev->sndbuf)
		pnf_transport_set_sndbuf(transport, config->sndbuf);
	if (config->max_message != prev->max_message)
		pnf_session_set_capacity(session, pnf_transport_mtu(transport));
	/* Forgets the route, and so its MTU */
	if (config->dscp != prev->dscp)
		pnf_transport_set_dscp(transport, config->dscp);
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
			pnf_session_note_unreachable(session);
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

/**
 * pnf_session_send() - send a message
 * @session: connected
 * @msg: complete but for its header
 * @clock: now
 *
 * Context: process, the exporter's lock held.
 *
 * Return: 0 when the stack took it, else why not: see pnf_transport_send(); -EMSGSIZE: encode it
 * again, the next ones are smaller; -E2BIG: there is no smaller one.
 */
int pnf_session_send(struct pnf_session *session, struct pnf_message *msg,
		     const struct pnf_clock *clock)
{
	struct pnf_exporter *exporter = session->exporter;
	const struct pnf_encoder *encoder = exporter->encoder;
	u32 *sequence = &session->sequence[pnf_protocol_index(encoder->version)];
	struct pnf_header_info info = {
		.clock = clock,
		.sequence = *sequence,
		.domain = exporter->config->domain,
		.sampling = pnf_selector_v5_field(exporter->config->sampler,
						  exporter->config->sampler_interval),
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

/* Templates */

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
		templates->templates[i]->sent++;
		pnf_template_schedule_note_sent(&session->schedule, i);
	}
	bitmap_zero(inside, PNF_TEMPLATES_MAX);
	return 0;
}

/**
 * pnf_session_announce() - send Templates that the session was not told since its last refresh
 * @session: connected
 * @wanted: those of them that are wanted, by index
 * @clock: now
 *
 * Context: process, the exporter's lock held.
 *
 * Return: as pnf_session_send().
 */
int pnf_session_announce(struct pnf_session *session, const unsigned long *wanted,
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
		template = exporter->templates->templates[i];
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

/*
 * A Collector that was away has lost its Templates, and what was too big for the path never came:
 * it needs them with the next data.
 */
static bool pnf_session_was_away(const struct pnf_session *session, u64 now_ns)
{
	return session->unheard ||
	       (session->forgotten && now_ns - session->schedule.last_ns > PNF_REANNOUNCE_NS);
}

/* RFC 7011 8.4, RFC 3954 9: repeat all Templates by messages and by time. */
static int pnf_session_refresh(struct pnf_session *session, const struct pnf_clock *clock)
{
	DECLARE_BITMAP(all, PNF_TEMPLATES_MAX);
	int err;

	if (session->forgotten || session->unheard)
		pnf_session_forget_options(session);
	session->forgotten = false;
	session->unheard = false;
	pnf_template_schedule_note_refresh(&session->schedule, clock->boot_ns);
	bitmap_zero(all, PNF_TEMPLATES_MAX);
	bitmap_set(all, 0, session->exporter->templates->count);
	err = pnf_session_announce(session, all, clock);
	if (!err) {
		pnf_session_repeat_options(session);
		err = pnf_session_send_options(session, clock);
	}
	pnf_template_schedule_end_refresh(&session->schedule,
					  session->exporter->config->refresh_rate);
	session->refresh_failed = err;
	return err;
}

/* Batches */

static void pnf_session_note_loss(struct pnf_session *session)
{
	u64 now_ns = ktime_get_real_ns();

	session->loss_first_ns = session->loss_first_ns ?: now_ns;
	session->loss_last_ns = now_ns;
	session->total_loss_first_ns = session->total_loss_first_ns ?: now_ns;
	session->total_loss_last_ns = now_ns;
}

static void pnf_session_add_not_sent(struct pnf_session *session,
				     const struct pnf_record *record)
{
	session->stats.not_sent_flows++;
	session->stats.not_sent_packets += record->packets;
	session->stats.not_sent_octets += record->octets;
}

/**
 * pnf_session_count_record_not_sent() - a Flow Record was not sent from here
 * @session: the session
 * @record: the record
 *
 * Context: process, the exporter's lock held.
 */
void pnf_session_count_record_not_sent(struct pnf_session *session,
				       const struct pnf_record *record)
{
	if (unlikely(!pnf_record_is_flow(record)))
		return;
	pnf_session_note_loss(session);
	pnf_session_add_not_sent(session, record);
}

static void pnf_session_count_not_sent(struct pnf_session *session,
				       const struct pnf_batch *batch,
				       const unsigned long *records)
{
	bool is_loss = false;
	unsigned int i;

	for_each_set_bit(i, records, batch->count) {
		if (unlikely(!pnf_record_is_flow(&batch->records[i])))
			continue;
		pnf_session_add_not_sent(session, &batch->records[i]);
		is_loss = true;
	}
	if (is_loss)
		pnf_session_note_loss(session);
}

/**
 * pnf_session_count_unsupported() - records of a batch that the protocol cannot express
 * @session: the session
 * @batch: the batch
 *
 * Context: process, the exporter's lock held.
 */
void pnf_session_count_unsupported(struct pnf_session *session, const struct pnf_batch *batch)
{
	pnf_session_count_not_sent(session, batch, batch->unsupported);
}

/**
 * pnf_session_lose() - records of a batch will not be sent from here
 * @session: the session
 * @batch: the batch
 * @records: those records, one bit each
 * @err: why, as pnf_session_take() says
 *
 * Context: process, the exporter's lock held.
 */
void pnf_session_lose(struct pnf_session *session, const struct pnf_batch *batch,
		      const unsigned long *records, int err)
{
	if (bitmap_empty(records, PNF_BATCH_RECORDS_MAX))
		return;
	if (pnf_error_is_full(err))
		session->stats.lost_buffer_full++;
	else if (err == -ENOTCONN)
		session->stats.lost_not_connected++;
	else
		session->stats.lost_other++;
	pnf_session_count_not_sent(session, batch, records);
}

static void pnf_session_count_sent(struct pnf_session *session, const struct pnf_message *msg,
				   const struct pnf_record *const *records)
{
	struct pnf_template_table *templates = session->exporter->templates;
	unsigned int i;

	for (i = 0; i < msg->records; i++)
		session->stats.flow_records += pnf_record_is_flow(records[i]);
	for_each_set_bit(i, msg->templates, PNF_TEMPLATES_MAX)
		templates->templates[i]->records += msg->template_records[i];
}

/* Encode as many of the records as one message holds and send it. */
static int pnf_session_send_some(struct pnf_session *session, struct pnf_batch *batch,
				 unsigned long *todo)
{
	struct pnf_exporter *exporter = session->exporter;
	const struct pnf_encoder *encoder = exporter->encoder;
	const struct pnf_record **records = exporter->message_records;
	struct pnf_message *msg = &exporter->message;
	unsigned int i, number, used, n = 0;
	struct pnf_clock clock;
	int err;

	for (i = 0; i < batch->count; i++)
		if (test_bit(batch->order[i], todo))
			records[n++] = &batch->records[batch->order[i]];

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

	pnf_session_count_sent(session, msg, records);
	for (i = 0; i < used; i++) {
		number = records[i] - batch->records;
		__clear_bit(number, todo);
		__set_bit(number, batch->taken);
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
	if (err == -EPERM)
		pnf_session_note_failing(session);
	else
		pnf_session_disconnect(session, err);
}

/*
 * Send what is left of a batch. Returns 0 when the stack took all of it; -EAGAIN, -ENOBUFS or
 * -ENOMEM when there is no room now; -ENOTCONN or another error when there is no use in waiting.
 */
static int pnf_session_try(struct pnf_session *session, struct pnf_batch *batch,
			   unsigned long *todo)
{
	int err;

	while (!bitmap_empty(todo, PNF_BATCH_RECORDS_MAX)) {
		if (!session->connected)
			return -ENOTCONN;
		err = pnf_session_send_some(session, batch, todo);
		if (!err || err == -EMSGSIZE)
			continue;
		if (!pnf_error_is_full(err))
			pnf_session_fail(session, err);
		return err;
	}
	return 0;
}

static void pnf_session_dequeue(struct pnf_session *session)
{
	struct pnf_queued *queued = &session->queue[session->queue_head];

	pnf_exporter_decide(session->exporter, queued->batch);
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
	int err;

	err = pnf_session_try(session, queued->batch, queued->todo);
	if (pnf_error_is_full(err)) {
		if (!last)
			return false;
		session->stalled = true;
		pnf_session_note_failing(session);
	} else if (session->queue_count == 1) {
		pnf_session_caught_up(session);
	}
	pnf_session_lose(session, queued->batch, queued->todo, err);
	pnf_session_dequeue(session);
	return true;
}

static void pnf_session_enqueue(struct pnf_session *session, struct pnf_batch *batch,
				const unsigned long *todo)
{
	struct pnf_queued *queued;
	unsigned int tail;

	while (session->queue_count >= session->exporter->queue_limit)
		pnf_session_try_again(session, true);
	tail = (session->queue_head + session->queue_count) % PNF_QUEUE_BATCHES;
	queued = &session->queue[tail];
	queued->batch = batch;
	bitmap_copy(queued->todo, todo, PNF_BATCH_RECORDS_MAX);
	queued->deadline_ns = ktime_get_boottime_ns() + PNF_PATIENCE_NS;
	batch->undecided++;
	WRITE_ONCE(session->queue_count, session->queue_count + 1);
	pnf_exporter_note_queued(session->exporter);
}

/**
 * pnf_session_take() - send a batch: at once, or behind those that wait already
 * @session: the session
 * @batch: complete; kept until pnf_exporter_decide() if it cannot be sent now
 * @todo: its records that are to be sent, one bit each; those that the stack took are cleared
 * @patient: it may wait in the queue
 *
 * Context: process, the exporter's lock held.
 *
 * Return: 0: it was sent, or waits. -EAGAIN, -ENOBUFS or -ENOMEM: there is no room now. -ENOTCONN
 * or another error: what is left in @todo cannot be sent from here.
 */
int pnf_session_take(struct pnf_session *session, struct pnf_batch *batch, unsigned long *todo,
		     bool patient)
{
	int err = 0;

	if (bitmap_empty(todo, PNF_BATCH_RECORDS_MAX))
		return 0;
	if (!session->queue_count) {
		err = pnf_session_try(session, batch, todo);
		if (!pnf_error_is_full(err)) {
			pnf_session_caught_up(session);
			return err;
		}
	}
	if (!patient) {
		pnf_session_note_failing(session);
		return err ?: -EAGAIN;
	}
	pnf_session_enqueue(session, batch, todo);
	return 0;
}

/**
 * pnf_session_run_queue() - read what the socket reports, and try again what waits
 * @session: the session
 * @now_ns: CLOCK_BOOTTIME
 *
 * As soon as there is room; a full queue of the device does not show there, so one failure
 * ends the run until the next poll.
 *
 * Context: process, the exporter's lock held.
 */
void pnf_session_run_queue(struct pnf_session *session, u64 now_ns)
{
	const struct pnf_queued *oldest;
	bool late;

	if (session->connected && READ_ONCE(session->woken)) {
		WRITE_ONCE(session->woken, false);
		pnf_session_collect_reports(session);
	}
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

/* Failover */

/**
 * pnf_session_is_failing() - whether another destination is to be preferred
 * @session: the session
 *
 * It is failing while it is not connected; while batches wait that it did not take for a second;
 * and for a second after it did not take one, or an ICMP error came that says that what was sent
 * does not arrive. After that it gets a batch on trial.
 *
 * Context: process, the exporter's lock held.
 */
bool pnf_session_is_failing(const struct pnf_session *session)
{
	if (!session->connected || (session->stalled && session->queue_count))
		return true;
	return session->failing &&
	       (session->trial || ktime_get_boottime_ns() < session->failing_end_ns);
}

/**
 * pnf_session_begin_trial() - keep a batch until it is known that it probably arrived
 * @session: was failing, the stack took the batch
 * @batch: the batch
 *
 * Context: process, the exporter's lock held.
 */
void pnf_session_begin_trial(struct pnf_session *session, struct pnf_batch *batch)
{
	batch->undecided++;
	session->trial = batch;
	session->trial_end_ns = ktime_get_boottime_ns() + PNF_TRIAL_NS;
	session->unreachable = false;
}

/**
 * pnf_session_judge_trial() - whether the batch on trial arrived
 * @session: with a batch on trial
 *
 * Context: process, the exporter's lock held.
 *
 * Return: 0: it seems so, and the session works again; -EINPROGRESS: it is not known yet;
 * -EHOSTUNREACH: it did not.
 */
int pnf_session_judge_trial(struct pnf_session *session)
{
	if (session->unreachable)
		return -EHOSTUNREACH;
	if (session->connected && ktime_get_boottime_ns() < session->trial_end_ns)
		return -EINPROGRESS;
	session->failing = false;
	return 0;
}

/**
 * pnf_session_end_trial() - let go of the batch on trial
 * @session: the session
 *
 * Context: process, the exporter's lock held.
 */
void pnf_session_end_trial(struct pnf_session *session)
{
	struct pnf_batch *batch = session->trial;

	session->trial = NULL;
	if (batch)
		pnf_exporter_decide(session->exporter, batch);
}

/* Lifetime */

static void pnf_session_drop_queue(struct pnf_session *session)
{
	struct pnf_queued *queued;

	while (session->queue_count) {
		queued = &session->queue[session->queue_head];
		pnf_session_lose(session, queued->batch, queued->todo, -EAGAIN);
		pnf_session_dequeue(session);
	}
}

/**
 * pnf_session_settle() - nothing of what waits is to be encoded later than now
 * @session: the session
 *
 * Context: process, the exporter's lock held.
 */
void pnf_session_settle(struct pnf_session *session)
{
	pnf_session_end_trial(session);
	while (session->queue_count)
		pnf_session_try_again(session, true);
}

/**
 * pnf_session_new() - a session, not connected yet
 * @exporter: whose it is going to be
 * @destination: the Collector
 *
 * Context: process, sleeps.
 *
 * Return: for pnf_session_free(); NULL if there is no memory.
 */
struct pnf_session *pnf_session_new(struct pnf_exporter *exporter,
				    const struct pnf_destination *destination)
{
	struct pnf_session *session = kvzalloc(sizeof(*session), GFP_KERNEL);

	if (!session)
		return NULL;
	session->exporter = exporter;
	session->destination = *destination;
	memcpy(session->sequence, destination->sequence, sizeof(session->sequence));
	session->transport.wake = pnf_session_wake;
	return session;
}

/**
 * pnf_session_free() - end a Transport Session
 * @session: in no list; what waits in it is counted as lost
 *
 * Context: process, sleeps; the exporter's lock held, unless it was never in its list.
 */
void pnf_session_free(struct pnf_session *session)
{
	pnf_session_end_trial(session);
	pnf_session_drop_queue(session);
	pnf_transport_close(&session->transport);
	kvfree(session);
}

/**
 * pnf_session_log_end() - leave word of where a session's numbers stand
 * @session: nothing more is sent from here
 *
 * What the module exports while it is unloaded comes after whatever nfmgr could ask for; "nfmgr
 * restore" reads this: namespace, ms of CLOCK_BOOTTIME, the destination as it is set, numbers.
 *
 * Context: process, the exporter's lock held.
 */
void pnf_session_log_end(const struct pnf_session *session)
{
	const struct pnf_template_table *templates = session->exporter->templates;
	const struct pnf_destination *to = &session->destination;
	char address[INET6_ADDRSTRLEN + 2], source[INET6_ADDRSTRLEN + 1] = "";
	bool is_ipv6 = to->version == PNF_IPV6;

	snprintf(address, sizeof(address), is_ipv6 ? "[%pI6c]" : "%pI4", &to->address);
	if (to->has_source)
		snprintf(source, sizeof(source), is_ipv6 ? "@%pI6c" : "@%pI4", &to->source);
	pr_info("pkt_netflow: end of net:[%u] at %llu: %s:%u%s%s%s v5=%u v9=%u ipfix=%u template-id=%u\n",
		session->exporter->net->ns.inum, div_u64(ktime_get_boottime_ns(), NSEC_PER_MSEC),
		address, ntohs(to->port), source, to->device[0] ? "%" : "", to->device,
		session->sequence[0], session->sequence[1], session->sequence[2],
		templates ? templates->next_id : PNF_TEMPLATE_ID_MIN);
}

/* Time */

/**
 * pnf_session_tick() - what is due with time alone
 * @session: the session
 *
 * It connects again, and repeats Templates. Call it once a second.
 *
 * Context: process, the exporter's lock held.
 */
void pnf_session_tick(struct pnf_session *session)
{
	struct pnf_clock clock;
	int err = 0;

	pnf_clock_read(&clock);
	if (!session->connected) {
		if (clock.boot_ns < session->retry_ns)
			return;
		pnf_session_connect(session);
		if (!session->connected)
			return;
	}
	pnf_transport_discard_received(&session->transport);
	/* As long as the stack believes what it learnt of a path: net.ipv4.route.mtu_expires */
	if (clock.boot_ns - session->capacity_ns >= PNF_CAPACITY_NS)
		pnf_session_set_capacity(session, pnf_transport_mtu(&session->transport));
	if (!session->exporter->encoder->has_templates || !session->exporter->templates)
		return;
	/* RFC 7011 8.4: at regular intervals, whether or not there are Data Records. */
	if (session->refresh_failed || session->unheard ||
	    pnf_session_is_due(session, clock.boot_ns))
		err = pnf_session_refresh(session, &clock);
	else if (pnf_session_options_are_due(session, clock.boot_ns))
		err = pnf_session_send_options(session, &clock);
	if (err && !pnf_error_is_full(err))
		pnf_session_fail(session, err);
}

/**
 * pnf_session_lags() - whether Flows are better kept in the Cache for this session
 * @session: the session
 *
 * Context: process, the exporter's lock held.
 */
bool pnf_session_lags(const struct pnf_session *session)
{
	return session->queue_count >= session->exporter->queue_limit / 2 && !session->stalled;
}

/**
 * pnf_session_note_wait() - others that had nothing to do waited for this session
 * @session: the session; it lags
 * @ns: for how long
 *
 * After a second in sum it is not waited for until it has caught up.
 *
 * Context: process, the exporter's lock held.
 */
void pnf_session_note_wait(struct pnf_session *session, u64 ns)
{
	session->held_ns += ns;
	session->stalled = session->held_ns >= PNF_PATIENCE_NS;
}

/* Lists */

/**
 * pnf_session_find() - the session of a destination
 * @sessions: list of struct pnf_session
 * @destination: the Collector
 *
 * Context: process, the list does not change meanwhile.
 *
 * Return: the session, or NULL if there is none.
 */
struct pnf_session *pnf_session_find(struct list_head *sessions,
				     const struct pnf_destination *destination)
{
	struct pnf_session *session;

	list_for_each_entry(session, sessions, list)
		if (pnf_destination_equal(&session->destination, destination))
			return session;
	return NULL;
}

/* Statistics */

/**
 * pnf_counters_since() - counters less what they were
 * @shown: filled in
 * @now: a struct of nothing but u64
 * @base: what it was at the last reset
 * @octets: its size
 */
void pnf_counters_since(void *shown, const void *now, const void *base, size_t octets)
{
	const u64 *from = now, *start = base;
	u64 *to = shown;
	size_t i;

	for (i = 0; i < octets / sizeof(u64); i++)
		to[i] = from[i] - start[i];
}

/**
 * pnf_session_reset_stats() - let what is shown start from zero
 * @session: the session
 *
 * Context: process, the exporter's lock held.
 */
void pnf_session_reset_stats(struct pnf_session *session)
{
	session->base = session->stats;
	session->loss_first_ns = 0;
	session->loss_last_ns = 0;
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
 * pnf_session_queued_records() - Flow Records that wait for a destination
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
		records += bitmap_weight(session->queue[slot].todo, PNF_BATCH_RECORDS_MAX);
	}
	return records + pnf_exporter_open_records(session->exporter, session);
}
