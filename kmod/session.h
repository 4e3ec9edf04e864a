/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * session.h - the Transport Session to one Collector
 *
 * It connects, encodes batches for its Collector, sends them, announces Templates, and keeps
 * batches that cannot be sent now in a queue. When it is done with a batch it says so by
 * pnf_exporter_decide(); the records that its stack took are marked in the batch.
 *
 * Everything here is protected by the Exporting Process's lock.
 */
#ifndef PNF_SESSION_H
#define PNF_SESSION_H

#include <linux/list.h>
#include <linux/time64.h>

#include "batch.h"
#include "config.h"
#include "message.h"
#include "options.h"
#include "template.h"
#include "transport.h"

struct pnf_exporter;

#define PNF_MESSAGE_OCTETS	1280	/* with IP and UDP headers, unless max_message says else */
#define PNF_CAPACITY_MIN	208u	/* of a message with IPv6 and UDP headers in 256 octets */
#define PNF_QUEUE_BATCHES	64	/* at most; fewer where batches are large */
#define PNF_PATIENCE_NS		(1 * NSEC_PER_SEC)	/* a batch waits for room */

/**
 * struct pnf_session_stats - what one destination was sent and lost
 * @attempts: attempts to connect
 * @messages: messages that the stack took
 * @message_octets: UDP payload of those
 * @data_records: Data Records in those
 * @flow_records: Flow Records in those
 * @not_sent_flows: Flow Records that were not sent from here
 * @not_sent_packets: packets in those
 * @not_sent_octets: octets in those
 * @lost_buffer_full: messages not taken for a second: no room
 * @lost_not_connected: messages not even tried
 * @lost_other: messages not taken for another reason
 * @err_connect: failed attempts to connect
 * @err_refused: ICMP reports that nobody listens
 * @err_too_big: messages too big for the path, and reports of such
 * @err_other: other errors and ICMP reports
 *
 * All u64: `reset stats` subtracts them as an array.
 */
struct pnf_session_stats {
	u64 attempts;
	u64 messages;
	u64 message_octets;
	u64 data_records;
	u64 flow_records;
	u64 not_sent_flows;
	u64 not_sent_packets;
	u64 not_sent_octets;
	u64 lost_buffer_full;
	u64 lost_not_connected;
	u64 lost_other;
	u64 err_connect;
	u64 err_refused;
	u64 err_too_big;
	u64 err_other;
};

/**
 * struct pnf_queued - a batch that waits in a session for room
 * @batch: the batch
 * @deadline_ns: CLOCK_BOOTTIME from which the next try is the last
 * @todo: its records that are still to be sent, one bit each
 */
struct pnf_queued {
	struct pnf_batch *batch;
	u64 deadline_ns;
	DECLARE_BITMAP(todo, PNF_BATCH_RECORDS_MAX);
};

/**
 * struct pnf_session_options - what the Collector was told of Options Data
 * @due_ns: CLOCK_BOOTTIME when each kind is due; U64_MAX: with the Templates
 * @interfaces: generation of the interfaces that it knows
 * @interfaces_next: while they are told, the first of them that is not
 * @interfaces_next_of: generation that @interfaces_next is about
 * @templates: how many Templates there were when it was told of their Flow Keys
 * @domain_name: the name of the Observation Domain, zeros behind it
 */
struct pnf_session_options {
	u64 due_ns[PNF_OPTIONS_KINDS];
	u64 interfaces;
	u64 interfaces_next_of;
	u32 interfaces_next;
	unsigned int templates;
	char domain_name[PNF_DOMAIN_NAME_MAX];
};

/**
 * struct pnf_session - the Transport Session to one Collector
 * @list: in struct pnf_exporter
 * @exporter: whose it is
 * @destination: the Collector
 * @transport: the socket
 * @schedule: which Templates the Collector was told
 * @options: which Options Data it was told
 * @sequence: next sequence numbers of v5, v9 and IPFIX
 * @capacity: octets of a message's UDP payload at most
 * @capacity_ns: CLOCK_BOOTTIME when the path was last asked for it
 * @connected: @transport is open
 * @stalled: Flows are not kept waiting for this session until it has caught up
 * @held_ns: for how long others waited for it since its queue was last empty
 * @failing: it did not take a message, or an ICMP error says that what is sent does not arrive
 * @unreachable: such an error came since a trial began
 * @failing_end_ns: CLOCK_BOOTTIME from which it gets a batch on trial
 * @open: with balance, the batch that is being filled for it, or NULL
 * @trial: with failover, the batch on trial, or NULL
 * @trial_end_ns: CLOCK_BOOTTIME from which it has arrived for all that is known
 * @woken: the socket has room again, or an error
 * @forgotten: the Collector was away and has lost its Templates
 * @unheard: messages were too big for the path, Templates and Options Data perhaps among them
 * @refresh_failed: Templates were due and did not get away
 * @retry_s: back-off: seconds until the next attempt to connect
 * @retry_ns: CLOCK_BOOTTIME of that
 * @last_error: errno of the latest failure, 0: none
 * @sndbuf_peak: fullest send buffer seen, octets
 * @queue_head: oldest entry of @queue
 * @queue_count: entries in use
 * @queue: ring of batches that wait
 * @stats: counters
 * @base: @stats at the last reset
 * @loss_first_ns: wall time of the first loss since the last reset, 0: none
 * @loss_last_ns: the same of the last one
 * @total_loss_first_ns: wall time of the first loss ever, 0: none
 * @total_loss_last_ns: the same of the last one
 */
struct pnf_session {
	struct list_head list;
	struct pnf_exporter *exporter;
	struct pnf_destination destination;
	struct pnf_transport transport;
	struct pnf_template_schedule schedule;
	struct pnf_session_options options;
	u32 sequence[PNF_PROTOCOLS];
	u32 capacity;
	u64 capacity_ns;
	u64 held_ns;
	bool connected;
	bool stalled;
	bool failing;
	bool unreachable;
	bool woken;
	bool forgotten;
	bool unheard;
	bool refresh_failed;
	u64 failing_end_ns;
	struct pnf_batch *open;
	struct pnf_batch *trial;
	u64 trial_end_ns;
	u32 retry_s;
	u64 retry_ns;
	int last_error;
	u32 sndbuf_peak;
	unsigned int queue_head;
	unsigned int queue_count;
	struct pnf_queued queue[PNF_QUEUE_BATCHES];
	struct pnf_session_stats stats;
	struct pnf_session_stats base;
	u64 loss_first_ns;
	u64 loss_last_ns;
	u64 total_loss_first_ns;
	u64 total_loss_last_ns;
};

/**
 * pnf_session_message_octets() - the longest message with IP and UDP headers
 * @config: the settings
 *
 * A path with a smaller MTU gets shorter ones.
 */
static inline u32 pnf_session_message_octets(const struct pnf_config *config)
{
	return config->max_message ?: PNF_MESSAGE_OCTETS;
}

/* There is no room now: later there may be. */
static inline bool pnf_error_is_full(int err)
{
	return err == -EAGAIN || err == -ENOBUFS || err == -ENOMEM;
}

struct pnf_session *pnf_session_new(struct pnf_exporter *exporter,
				    const struct pnf_destination *destination);
void pnf_session_free(struct pnf_session *session);
struct pnf_session *pnf_session_find(struct list_head *sessions,
				     const struct pnf_destination *destination);
void pnf_session_apply(struct pnf_session *session, const struct pnf_config *prev);
int pnf_session_take(struct pnf_session *session, struct pnf_batch *batch, unsigned long *todo,
		     bool patient);
void pnf_session_lose(struct pnf_session *session, const struct pnf_batch *batch,
		      const unsigned long *records, int err);
void pnf_session_count_unsupported(struct pnf_session *session, const struct pnf_batch *batch);
bool pnf_session_is_failing(const struct pnf_session *session);
void pnf_session_begin_trial(struct pnf_session *session, struct pnf_batch *batch);
int pnf_session_judge_trial(struct pnf_session *session);
void pnf_session_end_trial(struct pnf_session *session);
void pnf_session_run_queue(struct pnf_session *session, u64 now_ns);
void pnf_session_settle(struct pnf_session *session);
void pnf_session_tick(struct pnf_session *session);
bool pnf_session_lags(const struct pnf_session *session);
void pnf_session_note_wait(struct pnf_session *session, u64 ns);
void pnf_session_count_record_not_sent(struct pnf_session *session,
				       const struct pnf_record *record);
void pnf_session_reset_stats(struct pnf_session *session);
void pnf_session_read_stats(const struct pnf_session *session,
			    struct pnf_session_stats *stats);
void pnf_session_log_end(const struct pnf_session *session);
u64 pnf_session_queued_records(const struct pnf_session *session);
int pnf_session_announce(struct pnf_session *session, const unsigned long *wanted,
			 const struct pnf_clock *clock);
int pnf_session_send(struct pnf_session *session, struct pnf_message *msg,
		     const struct pnf_clock *clock);
void pnf_counters_since(void *shown, const void *now, const void *base, size_t octets);

/* session_options.c */
int pnf_session_send_options(struct pnf_session *session, const struct pnf_clock *clock);
bool pnf_session_options_are_due(const struct pnf_session *session, u64 now_ns);
void pnf_session_repeat_options(struct pnf_session *session);
void pnf_session_forget_options(struct pnf_session *session);

#endif /* PNF_SESSION_H */
