/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * expire.h - which Flows end, when and why; also what is due once a second
 */
#ifndef PNF_EXPIRE_H
#define PNF_EXPIRE_H

#include <linux/workqueue.h>

#include "exporter.h"
#include "meter.h"
#include "stats.h"

/* Idle times are counted in classes: four to each power of two of milliseconds. */
#define PNF_AGE_CLASSES		128

/**
 * enum pnf_expire_phase - what the walk through the table is for
 * @PNF_EXPIRE_PACED: Flows that timed out, spread over the walk's period
 * @PNF_EXPIRE_MEASURE: at once, to learn how long Flows have been idle
 * @PNF_EXPIRE_EVICT: at once, to make room
 */
enum pnf_expire_phase {
	PNF_EXPIRE_PACED,
	PNF_EXPIRE_MEASURE,
	PNF_EXPIRE_EVICT,
};

/**
 * struct pnf_expire - the expiry of a namespace
 * @meter: whose Cache it walks
 * @exporter: where ended Flows go; its lock protects everything here
 * @work: the next step
 * @stopped: @work must not be queued again
 * @flushing: a flush walks the table, the work stays away from it
 * @phase: what the walk is for
 * @bucket: where the walk stands
 * @hurry: the last step stopped early, since so many Flows had ended
 * @now_ns: CLOCK_BOOTTIME of this step
 * @flush: every Flow ends
 * @spared: but for those of the format with this number, -1: of none
 * @evict_idle_ns: to make room, Flows as idle as this may end
 * @evict_left: how many of them still
 * @step_ns: CLOCK_BOOTTIME of the walk's next step
 * @sparse_ns: CLOCK_BOOTTIME since when the table is far too large, 0: it is not
 * @tick_ns: CLOCK_BOOTTIME of the last tick
 * @full_event_ns: CLOCK_BOOTTIME of the last event that the Cache is full
 * @resize_retry_ns: no resize before, since memory was short
 * @rates: of the Metering Process
 * @ages: Flows by idle time, as counted in this walk
 */
struct pnf_expire {
	struct pnf_meter *meter;
	struct pnf_exporter *exporter;
	struct delayed_work work;
	bool stopped;
	bool flushing;
	enum pnf_expire_phase phase;
	u32 bucket;
	bool hurry;
	u64 now_ns;
	bool flush;
	int spared;
	u64 evict_idle_ns;
	u32 evict_left;
	u64 step_ns;
	u64 sparse_ns;
	u64 tick_ns;
	u64 full_event_ns;
	u64 resize_retry_ns;
	struct pnf_rates rates;
	u32 ages[PNF_AGE_CLASSES];
};

void pnf_expire_init(struct pnf_expire *expire, struct pnf_meter *meter,
		     struct pnf_exporter *exporter);
void pnf_expire_kick(struct pnf_expire *expire);
int pnf_expire_flush(struct pnf_expire *expire, bool discard, bool must, int spared, u64 end_ns);
void pnf_expire_finish_resize(struct pnf_expire *expire);
void pnf_expire_stop(struct pnf_expire *expire);

#endif /* PNF_EXPIRE_H */
