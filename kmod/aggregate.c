// SPDX-License-Identifier: GPL-2.0-only
#include <asm/byteorder.h>
#include <linux/ctype.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/overflow.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "aggregate.h"
#include "config.h"

#define PNF_PORT_BITS	16

static const u8 pnf_aggregator_versions[PNF_AGGREGATOR_TABLES] = {
	[PNF_AGGREGATOR_IPV4] = PNF_IPV4,
	[PNF_AGGREGATOR_IPV6] = PNF_IPV6,
	[PNF_AGGREGATOR_PORTS] = 0,
};

static struct pnf_wide pnf_wide_ipv4(__be32 address)
{
	return (struct pnf_wide) { .high = (u64)be32_to_cpu(address) << 32 };
}

static struct pnf_wide pnf_wide_ipv6(const struct in6_addr *address)
{
	return (struct pnf_wide) {
		.high = get_unaligned_be64(&address->s6_addr[0]),
		.low = get_unaligned_be64(&address->s6_addr[8]),
	};
}

static struct pnf_wide pnf_wide_port(u16 port)
{
	return (struct pnf_wide) { .high = (u64)port << (64 - PNF_PORT_BITS) };
}

static bool pnf_wide_is_less(struct pnf_wide a, struct pnf_wide b)
{
	return a.high != b.high ? a.high < b.high : a.low < b.low;
}

/* A shift by 64 is undefined. */
static u64 pnf_upper_bits(unsigned int bits)
{
	return bits ? U64_MAX << (64 - bits) : 0;
}

static struct pnf_wide pnf_wide_mask(unsigned int bits)
{
	return (struct pnf_wide) {
		.high = pnf_upper_bits(min(bits, 64U)),
		.low = pnf_upper_bits(max(bits, 64U) - 64),
	};
}

/* The interval with @value: the last one that begins at or before it; the first begins at 0. */
static u32 pnf_interval_find(const struct pnf_interval *intervals, u32 count,
			     struct pnf_wide value)
{
	u32 found = 0, half;

	for (; count > 1; count -= half) {
		half = count / 2;
		if (!pnf_wide_is_less(value, intervals[found + half].first))
			found += half;
	}
	return found;
}

static int pnf_interval_compare(const void *a, const void *b)
{
	const struct pnf_interval *left = a, *right = b;

	if (pnf_wide_is_less(left->first, right->first))
		return -1;
	return pnf_wide_is_less(right->first, left->first);
}

/* What a rule is about, from @first to @last */
static void pnf_aggregation_range(const struct pnf_aggregation *rule, struct pnf_wide *first,
				  struct pnf_wide *last)
{
	unsigned int bits = rule->prefix;
	struct pnf_wide mask;

	switch (rule->version) {
	case PNF_IPV4:
		*first = pnf_wide_ipv4(rule->address.v4);
		*last = *first;
		break;
	case PNF_IPV6:
		*first = pnf_wide_ipv6(&rule->address.v6);
		*last = *first;
		break;
	default:
		*first = pnf_wide_port(rule->port_first);
		*last = pnf_wide_port(rule->port_last);
		bits = PNF_PORT_BITS;
		break;
	}
	mask = pnf_wide_mask(bits);
	first->high &= mask.high;
	first->low &= mask.low;
	last->high |= ~mask.high;
	last->low |= ~mask.low;
}

/* An interval begins where a rule does, and behind its end. The earlier rule takes it. */
static u32 pnf_aggregator_build_table(struct pnf_interval *intervals, u8 version,
				      const struct pnf_aggregation *rules, u32 count)
{
	struct pnf_wide first, last;
	u32 i, k, used = 0;

	intervals[used++] = (struct pnf_interval) { .rule = -1 };
	for (i = 0; i < count; i++) {
		if (rules[i].version != version)
			continue;
		pnf_aggregation_range(&rules[i], &first, &last);
		intervals[used++] = (struct pnf_interval) { .first = first, .rule = -1 };
		if (!++last.low && !++last.high)
			continue;	/* nothing is behind it */
		intervals[used++] = (struct pnf_interval) { .first = last, .rule = -1 };
	}
	sort(intervals, used, sizeof(*intervals), pnf_interval_compare, NULL);

	for (i = 0; i < count; i++) {
		if (rules[i].version != version)
			continue;
		pnf_aggregation_range(&rules[i], &first, &last);
		for (k = pnf_interval_find(intervals, used, first);
		     k < used && !pnf_wide_is_less(last, intervals[k].first); k++) {
			if (intervals[k].rule >= 0)
				continue;
			intervals[k].rule = i;
			intervals[k].value = version ? rules[i].keep : rules[i].port;
		}
	}
	return used;
}

/**
 * pnf_aggregator_octets() - memory that aggregation rules need when compiled
 * @count: how many rules
 */
size_t pnf_aggregator_octets(u32 count)
{
	struct pnf_aggregator *aggregator;

	return struct_size(aggregator, intervals, 2 * count + PNF_AGGREGATOR_TABLES);
}

/**
 * pnf_aggregator_build() - compile aggregation rules
 * @aggregator: pnf_aggregator_octets() octets, whatever is in them
 * @rules: the rules, in order; not needed any more afterwards
 * @count: how many, 0 or more
 *
 * Process context: 1024 rules that overlap each other take 2 million steps.
 */
void pnf_aggregator_build(struct pnf_aggregator *aggregator,
			  const struct pnf_aggregation *rules, u32 count)
{
	u32 table, start = 0;

	for (table = 0; table < PNF_AGGREGATOR_TABLES; table++) {
		aggregator->start[table] = start;
		aggregator->count[table] =
			pnf_aggregator_build_table(&aggregator->intervals[start],
						   pnf_aggregator_versions[table], rules, count);
		start += aggregator->count[table];
	}
}

static const struct pnf_interval *pnf_aggregator_find(const struct pnf_aggregator *aggregator,
						      enum pnf_aggregator_table table,
						      struct pnf_wide value)
{
	const struct pnf_interval *intervals =
		&aggregator->intervals[aggregator->start[table]];

	return &intervals[pnf_interval_find(intervals, aggregator->count[table], value)];
}

/**
 * pnf_aggregate_ipv4() - what aggregation rules make of an IPv4 address
 * @aggregator: the rules
 * @address: the bits that the rule does not keep become 0
 * @keep: set to how many it keeps: sourceIPv4PrefixLength or destinationIPv4PrefixLength
 *
 * Any context.
 *
 * Return: index of the rule among all aggregation rules; -1 if none fits, and nothing is
 * written.
 */
int pnf_aggregate_ipv4(const struct pnf_aggregator *aggregator, __be32 *address, u8 *keep)
{
	struct pnf_wide wide = pnf_wide_ipv4(*address);
	const struct pnf_interval *interval =
		pnf_aggregator_find(aggregator, PNF_AGGREGATOR_IPV4, wide);

	if (interval->rule < 0)
		return -1;
	*address = cpu_to_be32((wide.high & pnf_upper_bits(interval->value)) >> 32);
	*keep = interval->value;
	return interval->rule;
}

/**
 * pnf_aggregate_ipv6() - what aggregation rules make of an IPv6 address
 * @aggregator: the rules
 * @address: the bits that the rule does not keep become 0
 * @keep: set to how many it keeps: sourceIPv6PrefixLength or destinationIPv6PrefixLength
 *
 * Any context.
 *
 * Return: index of the rule among all aggregation rules; -1 if none fits, and nothing is
 * written.
 */
int pnf_aggregate_ipv6(const struct pnf_aggregator *aggregator, struct in6_addr *address,
		       u8 *keep)
{
	struct pnf_wide wide = pnf_wide_ipv6(address), mask;
	const struct pnf_interval *interval =
		pnf_aggregator_find(aggregator, PNF_AGGREGATOR_IPV6, wide);

	if (interval->rule < 0)
		return -1;
	mask = pnf_wide_mask(interval->value);
	put_unaligned_be64(wide.high & mask.high, &address->s6_addr[0]);
	put_unaligned_be64(wide.low & mask.low, &address->s6_addr[8]);
	*keep = interval->value;
	return interval->rule;
}

/**
 * pnf_aggregate_port() - what aggregation rules make of a port
 * @aggregator: the rules
 * @port: becomes the one that the rule names
 *
 * Any context. Only the caller knows whether the Flow's protocol has ports.
 *
 * Return: index of the rule among all aggregation rules; -1 if none fits, and nothing is
 * written.
 */
int pnf_aggregate_port(const struct pnf_aggregator *aggregator, __be16 *port)
{
	const struct pnf_interval *interval =
		pnf_aggregator_find(aggregator, PNF_AGGREGATOR_PORTS,
				    pnf_wide_port(be16_to_cpu(*port)));

	if (interval->rule < 0)
		return -1;
	*port = cpu_to_be16(interval->value);
	return interval->rule;
}

/*
 * Names of rules that @name begins with come before it, and between the two only names that
 * begin with them: all are @entry, the last one before @name, or entries that @entry leads to.
 */
static s32 pnf_indexer_longest(const struct pnf_indexer *indexer, s32 entry, const char *name)
{
	const char *prefix;

	while (entry >= 0) {
		prefix = indexer->entries[entry].name;
		if (!strncmp(name, prefix, strlen(prefix)))
			break;
		entry = indexer->entries[entry].parent;
	}
	return entry;
}

static int pnf_indexer_compare(const void *a, const void *b)
{
	const struct pnf_indexer_entry *left = a, *right = b;
	int order = strcmp(left->name, right->name);

	if (order)
		return order;
	return left->rule < right->rule ? -1 : left->rule > right->rule;
}

/**
 * pnf_indexer_octets() - memory that index rules need when compiled
 * @count: how many rules
 */
size_t pnf_indexer_octets(u32 count)
{
	struct pnf_indexer *indexer;

	return struct_size(indexer, entries, count);
}

/**
 * pnf_indexer_build() - compile index rules
 * @indexer: pnf_indexer_octets() octets, whatever is in them
 * @rules: the rules, in order; not needed any more afterwards
 * @count: how many, 0 or more
 *
 * Process context.
 */
void pnf_indexer_build(struct pnf_indexer *indexer, const struct pnf_snmp_rule *rules,
		       u32 count)
{
	struct pnf_indexer_entry *entries = indexer->entries, *entry, *parent;
	u32 i, used = 0;

	for (i = 0; i < count; i++) {
		entry = &entries[i];
		memcpy(entry->name, rules[i].name, sizeof(entry->name));
		entry->rule = i;
		entry->base = rules[i].base;
	}
	sort(entries, count, sizeof(*entries), pnf_indexer_compare, NULL);

	for (i = 0; i < count; i++) {
		/* The first of a name has decided already */
		if (used && !strcmp(entries[i].name, entries[used - 1].name))
			continue;
		entry = &entries[used];
		*entry = entries[i];
		entry->parent = pnf_indexer_longest(indexer, (s32)used - 1, entry->name);
		used++;
		if (entry->parent < 0)
			continue;
		parent = &entries[entry->parent];
		if (parent->rule < entry->rule) {
			entry->rule = parent->rule;
			entry->base = parent->base;
		}
	}
	indexer->count = used;
}

/* The decimal number that ends @name, 0 without one: IFNAMSIZ digits fit. */
static u64 pnf_name_number(const char *name)
{
	size_t octets = strnlen(name, IFNAMSIZ);
	u64 number = 0, unit = 1;

	for (; octets && isdigit(name[octets - 1]); octets--) {
		number += unit * (name[octets - 1] - '0');
		unit *= 10;
	}
	return number;
}

/**
 * pnf_index_rule() - what index rules make of an interface
 * @indexer: the rules
 * @name: name of the interface; a rename meanwhile does no harm
 * @index: set to the rule's base + the number that ends @name. All digits at the end count,
 *	also those that the name of the rule has: "eth1" with the base 100 makes "eth12" 112.
 *
 * Any context.
 *
 * Return: index of the rule; -1 if none fits, or if what the first one says is more than 32
 * bits hold, and nothing is written: the interface keeps its ifindex.
 */
int pnf_index_rule(const struct pnf_indexer *indexer, const char *name, u32 *index)
{
	u32 before = 0, end = indexer->count, middle;
	const struct pnf_indexer_entry *entry;
	s32 longest;
	u64 sum;

	while (before < end) {
		middle = (before + end) / 2;
		if (strncmp(indexer->entries[middle].name, name, IFNAMSIZ) <= 0)
			before = middle + 1;
		else
			end = middle;
	}
	longest = pnf_indexer_longest(indexer, (s32)before - 1, name);
	if (longest < 0)
		return -1;

	entry = &indexer->entries[longest];
	sum = entry->base + pnf_name_number(name);
	if (sum > U32_MAX)
		return -1;
	*index = sum;
	return entry->rule;
}
