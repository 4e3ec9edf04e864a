/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * aggregate.h - the rules of the settings, compiled for one look-up per packet
 *
 * Aggregation rules change addresses and ports, index rules the numbers of interfaces. Of each
 * kind the first rule that fits decides. Neither the order nor how many rules there are
 * makes a look-up more than logarithmic.
 */
#ifndef PNF_AGGREGATE_H
#define PNF_AGGREGATE_H

#include <linux/in6.h>

#include "types.h"

struct pnf_aggregation;
struct pnf_snmp_rule;

/* What has aggregation rules of its own */
enum pnf_aggregator_table {
	PNF_AGGREGATOR_IPV4,
	PNF_AGGREGATOR_IPV6,
	PNF_AGGREGATOR_PORTS,
	PNF_AGGREGATOR_TABLES
};

/**
 * struct pnf_wide - an address or a port, its first bit at the top of 128
 * @high: the upper bits: all of an IPv4 address and of a port
 * @low: the lower bits
 */
struct pnf_wide {
	u64 high;
	u64 low;
};

/**
 * struct pnf_interval - what lies before the next interval of a table
 * @first: where it begins
 * @rule: index of the rule that decides, -1: none does
 * @value: what the rule says: bits that are kept, or the port
 */
struct pnf_interval {
	struct pnf_wide first;
	s32 rule;
	u16 value;
};

/**
 * struct pnf_aggregator - aggregation rules, compiled
 * @start: where the intervals of a table begin
 * @count: how many a table has, at least 1; n rules make 2 * n + 1 at most
 * @intervals: by table, then in order. Of those that begin alike the last one counts.
 *
 * Never changed once it is built.
 */
struct pnf_aggregator {
	u32 start[PNF_AGGREGATOR_TABLES];
	u32 count[PNF_AGGREGATOR_TABLES];
	struct pnf_interval intervals[];
};

size_t pnf_aggregator_octets(u32 count);
void pnf_aggregator_build(struct pnf_aggregator *aggregator,
			  const struct pnf_aggregation *rules, u32 count);
int pnf_aggregate_ipv4(const struct pnf_aggregator *aggregator, __be32 *address, u8 *keep);
int pnf_aggregate_ipv6(const struct pnf_aggregator *aggregator, struct in6_addr *address,
		       u8 *keep);
int pnf_aggregate_port(const struct pnf_aggregator *aggregator, __be16 *port);

/**
 * struct pnf_indexer_entry - the name of an index rule
 * @name: what names of interfaces begin with
 * @parent: entry whose name is the longest that this one begins with, -1: none is
 * @rule: index of the rule that decides where this name is the longest that fits: the first
 *	of this name or of one that it begins with
 * @base: that rule's
 */
struct pnf_indexer_entry {
	char name[IFNAMSIZ];
	s32 parent;
	u32 rule;
	u32 base;
};

/**
 * struct pnf_indexer - index rules, compiled
 * @count: entries of @entries: different names
 * @entries: in the order of the names
 *
 * Never changed once it is built.
 */
struct pnf_indexer {
	u32 count;
	struct pnf_indexer_entry entries[];
};

size_t pnf_indexer_octets(u32 count);
void pnf_indexer_build(struct pnf_indexer *indexer, const struct pnf_snmp_rule *rules,
		       u32 count);
int pnf_index_rule(const struct pnf_indexer *indexer, const char *name, u32 *index);

#endif /* PNF_AGGREGATE_H */
