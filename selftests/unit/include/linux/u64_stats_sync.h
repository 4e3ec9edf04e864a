/* SPDX-License-Identifier: GPL-2.0-only */
/* Tests have one thread: nothing to wait for */
#ifndef PNF_UNIT_LINUX_U64_STATS_SYNC_H
#define PNF_UNIT_LINUX_U64_STATS_SYNC_H

#include <linux/types.h>

typedef struct {
	u64 value;
} u64_stats_t;

struct u64_stats_sync {
};

static inline void u64_stats_init(struct u64_stats_sync *sync)
{
}

static inline void u64_stats_update_begin(struct u64_stats_sync *sync)
{
}

static inline void u64_stats_update_end(struct u64_stats_sync *sync)
{
}

static inline unsigned int u64_stats_fetch_begin(const struct u64_stats_sync *sync)
{
	return 0;
}

static inline bool u64_stats_fetch_retry(const struct u64_stats_sync *sync, unsigned int start)
{
	return false;
}

static inline u64 u64_stats_read(const u64_stats_t *counter)
{
	return counter->value;
}

static inline void u64_stats_inc(u64_stats_t *counter)
{
	counter->value++;
}

#endif /* PNF_UNIT_LINUX_U64_STATS_SYNC_H */
