/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * exporter.h - the Exporting Process
 *
 * Flows that left the Cache are copied into a batch of Flow Records, as many as
 * fit into one message. A full batch, or one that has waited for the export delay,
 * goes to every Transport Session, which encodes it for itself: its own Templates,
 * sequence and size. Who cannot send keeps the batch in its queue and tries again for
 * a second. When every session has decided, each record is counted: exported if any
 * session's stack took it, else not sent.
 *
 * With the distributions balance and failover a batch goes to one session only: to the
 * one that the hash of the Flow Key chooses, or the next one that is connected; or to the
 * first one that is not failing (pnf_session_is_failing()). If it fails at once, the next one
 * gets what is left. What waits in a session's queue stays there. A session that was
 * failing is given one batch on trial: if an ICMP error comes back, the next one gets that batch
 * as well, else the session works again.
 *
 * Everything here is protected by the namespace's export_lock, which is held for a
 * bounded time: who waits for the network gives it up. While a queue is half full,
 * Flows stay in the Cache, unless its destination has stalled, or holds up others
 * (pnf_exporter_note_wait()), or the Cache itself is nearly full.
 */
#ifndef PNF_EXPORTER_H
#define PNF_EXPORTER_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>

#include "batch.h"
#include "config.h"
#include "encode.h"
#include "flow.h"
#include "interfaces.h"
#include "nat_event.h"
#include "selector.h"
#include "stats.h"
#include "session.h"

/**
 * struct pnf_exporter_stats - what became of all Flow Records
 * @messages: messages that the stack took, over all destinations
 * @message_octets: UDP payload of those
 * @data_records: Data Records in those
 * @flow_records: Flow Records that at least one destination's stack took
 * @exported_packets: packets in those
 * @exported_octets: octets in those
 * @not_sent_flows: Flow Records that no destination's stack took
 * @not_sent_packets: packets in those
 * @not_sent_octets: octets in those
 * @unsupported_flows: those of them that the protocol cannot express
 * @untold_interfaces: Flow Records with an interface number that v5 has no room for
 * @discarded_flows: Flows dropped on request
 * @discarded_packets: packets in those
 * @discarded_octets: octets in those
 * @nat_created: NAT events: translations that began
 * @nat_deleted: translations that ended
 * @nat_lost: those of both that no destination's stack took
 * @flows_observed: Flows that ended while there was a sampler
 * @flows_selected: those of them that it selected
 * @unselected_packets: packets of the others
 * @unselected_octets: octets of the others
 * @end_reasons: Flows that ended, by flowEndReason
 *
 * All u64: `reset stats` subtracts them as an array.
 */
struct pnf_exporter_stats {
	u64 messages;
	u64 message_octets;
	u64 data_records;
	u64 flow_records;
	u64 exported_packets;
	u64 exported_octets;
	u64 not_sent_flows;
	u64 not_sent_packets;
	u64 not_sent_octets;
	u64 unsupported_flows;
	u64 untold_interfaces;
	u64 discarded_flows;
	u64 discarded_packets;
	u64 discarded_octets;
	u64 nat_created;
	u64 nat_deleted;
	u64 nat_lost;
	u64 flows_observed;
	u64 flows_selected;
	u64 unselected_packets;
	u64 unselected_octets;
	u64 end_reasons[PNF_END_REASONS];
};

/**
 * struct pnf_sampler_account - what the sampler did since it began
 * @begin_ns: CLOCK_BOOTTIME when it began
 * @flows_observed: Flows that ended
 * @flows_selected: those of them that it selected
 * @packets_observed: packets of the former
 * @packets_selected: packets of the latter
 * @unselected_before: packets that one before had kept out of the Cache
 */
struct pnf_sampler_account {
	u64 begin_ns;
	u64 flows_observed;
	u64 flows_selected;
	u64 packets_observed;
	u64 packets_selected;
	u64 unselected_before;
};

/**
 * struct pnf_exporter - the Exporting Process of a namespace
 * @net: the namespace
 * @lock: export_lock
 * @config: the settings in force
 * @encoder: of the protocol in force
 * @templates: all Templates, NULL while metering was never on
 * @selector: the sampler
 * @sampled: what it did
 * @metering: counters of the Metering Process
 * @interfaces: the interfaces of the namespace as they were last seen, or NULL
 * @begin_ns: CLOCK_BOOTTIME when metering was first on
 * @sessions: list of struct pnf_session
 * @session_count: its length
 * @secret: keys the hash that balance goes by
 * @queue_limit: batches that a session's queue takes
 * @open: the batch that is being filled, or NULL; with balance every session has its own
 * @last_layout: layout of the record that came last, 0: none with this encoder
 * @last_octets: octets of a Data Record of that layout, 0: it cannot be told
 * @patience_end_ns: CLOCK_BOOTTIME from which no destination is waited for, 0: not limited
 * @work: retries, reports and connections
 * @wq: where work runs if any CPU will do
 * @wq_bound: where work runs if it is to be on @cpu
 * @cpu: the one CPU for all exporting, -1: any
 * @waiting: a session's queue is not empty
 * @queued_packets: in records that not every session has decided on
 * @queued_octets: the same in octets
 * @stats: counters
 * @base: @stats at the last reset
 * @loss_first_ns: wall time of the first loss since the last reset, 0: none
 * @loss_last_ns: the same of the last one
 * @message: the message with data that is being written
 * @templates_message: the message with Templates that is being written
 * @message_records: the records that are offered to the encoder for @message
 * @buffer: of @message
 * @templates_buffer: of @templates_message, in one piece with @buffer
 * @buffer_octets: of each of the two; never fewer than a message can have
 */
struct pnf_exporter {
	struct net *net;
	struct mutex lock; /* export_lock */
	const struct pnf_config *config;
	const struct pnf_encoder *encoder;
	struct pnf_template_table *templates;
	struct pnf_selector selector;
	struct pnf_sampler_account sampled;
	const struct pnf_cpu_stats __percpu *metering;
	struct pnf_interfaces *interfaces;
	u64 begin_ns;
	struct list_head sessions;
	unsigned int session_count;
	struct pnf_secret secret;
	unsigned int queue_limit;
	struct pnf_batch *open;
	u64 last_layout;
	u32 last_octets;
	u64 patience_end_ns;
	struct delayed_work work;
	struct workqueue_struct *wq;
	struct workqueue_struct *wq_bound;
	int cpu;
	bool waiting;
	u64 queued_packets;
	u64 queued_octets;
	struct pnf_exporter_stats stats;
	struct pnf_exporter_stats base;
	u64 loss_first_ns;
	u64 loss_last_ns;
	struct pnf_message message;
	struct pnf_message templates_message;
	const struct pnf_record *message_records[PNF_BATCH_RECORDS_MAX];
	void *buffer;
	void *templates_buffer;
	u32 buffer_octets;
};

void pnf_exporter_init(struct pnf_exporter *exporter, struct net *net,
		       const struct pnf_config *config,
		       const struct pnf_cpu_stats __percpu *metering,
		       struct workqueue_struct *wq, struct workqueue_struct *wq_bound);
void pnf_exporter_set_interfaces(struct pnf_exporter *exporter, struct pnf_interfaces *next);
void pnf_exporter_wake_work(struct pnf_exporter *exporter, struct delayed_work *work);
void pnf_exporter_queue_work(struct pnf_exporter *exporter, struct delayed_work *work,
			     unsigned int delay_ms);
void pnf_exporter_note_queued(struct pnf_exporter *exporter);
void pnf_exporter_decide(struct pnf_exporter *exporter, struct pnf_batch *batch);
unsigned int pnf_exporter_open_records(const struct pnf_exporter *exporter,
				       const struct pnf_session *session);
void pnf_exporter_stop(struct pnf_exporter *exporter, u64 end_ns);
int pnf_exporter_prepare(struct pnf_exporter *exporter, const struct pnf_config *next,
			 struct list_head *fresh);
void pnf_exporter_abandon(struct list_head *fresh);
void pnf_exporter_apply(struct pnf_exporter *exporter, const struct pnf_config *next,
			struct list_head *fresh);
void pnf_exporter_add(struct pnf_exporter *exporter, const struct pnf_flow *flow);
void pnf_exporter_add_record(struct pnf_exporter *exporter, const struct pnf_record *record);
void pnf_exporter_add_nat_event(struct pnf_exporter *exporter,
				const struct pnf_nat_event *event);
void pnf_exporter_discard(struct pnf_exporter *exporter, const struct pnf_flow *flow);
void pnf_exporter_push(struct pnf_exporter *exporter);
unsigned int pnf_exporter_push_late(struct pnf_exporter *exporter);
void pnf_exporter_tick(struct pnf_exporter *exporter);
bool pnf_exporter_is_congested(const struct pnf_exporter *exporter);
void pnf_exporter_note_wait(struct pnf_exporter *exporter, u64 ns);
bool pnf_exporter_keeps(struct pnf_exporter *exporter, const struct pnf_config *next);
void pnf_exporter_wait(struct pnf_exporter *exporter);
void pnf_exporter_settle(struct pnf_exporter *exporter);
void pnf_exporter_reset_stats(struct pnf_exporter *exporter);
void pnf_exporter_read_stats(const struct pnf_exporter *exporter,
			     struct pnf_exporter_stats *stats);

#endif /* PNF_EXPORTER_H */
