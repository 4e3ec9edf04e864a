// SPDX-License-Identifier: GPL-2.0-only
#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "format.h"

static unsigned int pnf_part_octets(enum pnf_part part, u32 fields, u8 version)
{
	switch (part) {
	case PNF_PART_MAC:
		return fields & PNF_FIELD_MAC ? sizeof(struct pnf_part_mac) : 0;
	case PNF_PART_VLAN:
		return fields & PNF_FIELD_VLAN ? sizeof(struct pnf_part_vlan) : 0;
	case PNF_PART_MPLS:
		return pnf_fields_labels(fields) * sizeof(__be32);
	case PNF_PART_LAYER2:
		return fields & PNF_FIELD_LAYER2 ? sizeof(u64) : 0;
	case PNF_PART_LENGTH:
		return fields & PNF_FIELD_LENGTH ? sizeof(struct pnf_part_length) : 0;
	case PNF_PART_PHYSICAL:
		return fields & PNF_FIELD_PHYSDEV ? sizeof(struct pnf_part_physical) : 0;
	case PNF_PART_VRF:
		return fields & PNF_FIELD_VRF ? sizeof(struct pnf_part_vrf) : 0;
	case PNF_PART_LINK:
		return fields & (PNF_FIELD_MAC | PNF_FIELD_VLAN) ?
		       sizeof(struct pnf_part_link) : 0;
	case PNF_PART_SMALL:
		return fields & (PNF_FIELD_TTL | PNF_FIELD_DIRECTION | PNF_FIELD_AGGREGATION) ?
		       sizeof(struct pnf_part_small) : 0;
	case PNF_PART_NAT:
		if (!(fields & PNF_FIELD_NAT))
			return 0;
		return version == PNF_IPV6 ? sizeof(struct pnf_part_nat_ipv6) :
					     sizeof(struct pnf_part_nat_ipv4);
	default:
		return 0;
	}
}

/**
 * pnf_parts_place() - where the parts of a Flow's tail are
 * @parts: filled in
 * @fields: what the Flow has
 * @version: PNF_IPV4 or PNF_IPV6
 *
 * Context: any.
 */
void pnf_parts_place(struct pnf_parts *parts, u32 fields, u8 version)
{
	unsigned int octets, at = 0;
	enum pnf_part part;

	for (part = 0; part < PNF_PARTS; part++) {
		if (part == PNF_PART_LAYER2) {
			parts->key_words = at / sizeof(u32);
			at = ALIGN(at, sizeof(u64));
		}
		octets = pnf_part_octets(part, fields, version);
		parts->offset[part] = octets ? at : PNF_PART_ABSENT;
		at += octets;
	}
	parts->octets = at;
}

/* The longest tail there is */
static_assert(sizeof(struct pnf_part_mac) + sizeof(struct pnf_part_vlan) +
	      PNF_MPLS_DEPTH_MAX * sizeof(__be32) + 4 + sizeof(u64) +
	      sizeof(struct pnf_part_length) + sizeof(struct pnf_part_physical) +
	      sizeof(struct pnf_part_vrf) + sizeof(struct pnf_part_link) +
	      sizeof(struct pnf_part_small) + sizeof(struct pnf_part_nat_ipv6) < PNF_PART_ABSENT);
static_assert(sizeof(struct pnf_part_mac) + sizeof(struct pnf_part_vlan) +
	      PNF_MPLS_DEPTH_MAX * sizeof(__be32) <= PNF_KEY_MORE_WORDS * sizeof(u32));

static u32 pnf_format_fields(const struct pnf_config *config)
{
	return config->collected | (config->aggregation_count ? PNF_FIELD_AGGREGATION : 0) |
	       (u32)config->labels << PNF_FIELDS_LABELS_SHIFT;
}

static u32 pnf_format_sampler_interval(const struct pnf_config *config)
{
	return config->sampler == PNF_SAMPLER_HASH ? config->sampler_interval : 0;
}

/**
 * pnf_format_is_needed() - whether settings add anything to the metering of a packet
 * @config: the settings
 */
bool pnf_format_is_needed(const struct pnf_config *config)
{
	return pnf_format_fields(config) || config->snmp_rule_count ||
	       pnf_format_sampler_interval(config);
}

static bool pnf_aggregations_equal(const struct pnf_config *a, const struct pnf_config *b)
{
	return a->aggregation_count == b->aggregation_count &&
	       !memcmp(a->aggregations, b->aggregations,
		       a->aggregation_count * sizeof(*a->aggregations));
}

static bool pnf_snmp_rules_equal(const struct pnf_config *a, const struct pnf_config *b)
{
	return a->snmp_rule_count == b->snmp_rule_count &&
	       !memcmp(a->snmp_rules, b->snmp_rules,
		       a->snmp_rule_count * sizeof(*a->snmp_rules));
}

/**
 * pnf_format_changes() - whether new settings need another format
 * @prev: the settings in force
 * @next: settings that are to come
 */
bool pnf_format_changes(const struct pnf_config *prev, const struct pnf_config *next)
{
	return pnf_format_fields(prev) != pnf_format_fields(next) ||
	       pnf_format_sampler_interval(prev) != pnf_format_sampler_interval(next) ||
	       !pnf_aggregations_equal(prev, next) || !pnf_snmp_rules_equal(prev, next);
}

static int pnf_format_build_rules(struct pnf_format *format, const struct pnf_config *config)
{
	u32 count = config->aggregation_count + config->snmp_rule_count;

	if (!count)
		return 0;
	format->aggregation_count = config->aggregation_count;
	format->snmp_rule_count = config->snmp_rule_count;
	format->counts = __alloc_percpu(struct_size(format->counts, matched, count), sizeof(u64));
	format->counted = kvcalloc(count, sizeof(*format->counted), GFP_KERNEL);
	if (!format->counts || !format->counted)
		return -ENOMEM;
	if (config->aggregation_count) {
		format->aggregator = kvmalloc(pnf_aggregator_octets(config->aggregation_count),
					      GFP_KERNEL);
		if (!format->aggregator)
			return -ENOMEM;
		pnf_aggregator_build(format->aggregator, config->aggregations,
				     config->aggregation_count);
	}
	if (config->snmp_rule_count) {
		format->indexer = kvmalloc(pnf_indexer_octets(config->snmp_rule_count),
					   GFP_KERNEL);
		if (!format->indexer)
			return -ENOMEM;
		pnf_indexer_build(format->indexer, config->snmp_rules, config->snmp_rule_count);
	}
	return 0;
}

/**
 * pnf_format_alloc() - make the format that settings ask for
 * @config: the settings; pnf_format_is_needed() says so
 * @number: of the format, not that of the one before
 *
 * Context: process.
 *
 * Return: the format, for pnf_format_free(), or NULL if there is no memory.
 */
struct pnf_format *pnf_format_alloc(const struct pnf_config *config, u8 number)
{
	struct pnf_format *format = kzalloc(sizeof(*format), GFP_KERNEL);
	int cpu;

	if (!format)
		return NULL;
	format->number = number;
	format->fields = pnf_format_fields(config);
	format->mpls_depth = config->labels;
	format->sampler_interval = pnf_format_sampler_interval(config);
	get_random_bytes(&format->sampler_secret, sizeof(format->sampler_secret));
	pnf_parts_place(&format->parts[0], format->fields, PNF_IPV4);
	pnf_parts_place(&format->parts[1], format->fields, PNF_IPV6);
	if (pnf_format_build_rules(format, config)) {
		pnf_format_free(format);
		return NULL;
	}
	if (format->counts)
		for_each_possible_cpu(cpu)
			u64_stats_init(&per_cpu_ptr(format->counts, cpu)->syncp);
	return format;
}

/**
 * pnf_format_free() - free a format that no packet uses any more
 * @format: the format, or NULL
 *
 * Context: process.
 */
void pnf_format_free(struct pnf_format *format)
{
	if (!format)
		return;
	free_percpu(format->counts);
	kvfree(format->counted);
	kvfree(format->aggregator);
	kvfree(format->indexer);
	kfree(format);
}

/**
 * pnf_format_count() - a rule decided
 * @format: the format
 * @rule: its number: rules of aggregation come first
 *
 * Context: softirqs off.
 */
void pnf_format_count(const struct pnf_format *format, u32 rule)
{
	struct pnf_format_counts *counts = this_cpu_ptr(format->counts);

	u64_stats_update_begin(&counts->syncp);
	u64_stats_inc(&counts->matched[rule]);
	u64_stats_update_end(&counts->syncp);
}

/**
 * pnf_format_matched() - how often a rule decided
 * @format: the format
 * @rule: as in pnf_format_count()
 *
 * Context: process.
 */
u64 pnf_format_matched(const struct pnf_format *format, u32 rule)
{
	const struct pnf_format_counts *counts;
	u64 one, sum = format->counted[rule];
	unsigned int start;
	int cpu;

	for_each_possible_cpu(cpu) {
		counts = per_cpu_ptr(format->counts, cpu);
		do {
			start = u64_stats_fetch_begin(&counts->syncp);
			one = u64_stats_read(&counts->matched[rule]);
		} while (u64_stats_fetch_retry(&counts->syncp, start));
		sum += one;
	}
	return sum;
}

/**
 * pnf_format_carry() - go on counting where the format before stopped
 * @format: the format
 * @config: its settings
 * @prev: the one before, which no packet uses any more
 * @prev_config: its settings
 *
 * Context: process; nobody reads @format's counters meanwhile.
 */
void pnf_format_carry(struct pnf_format *format, const struct pnf_config *config,
		      const struct pnf_format *prev, const struct pnf_config *prev_config)
{
	u32 i;

	if (pnf_aggregations_equal(config, prev_config))
		for (i = 0; i < format->aggregation_count; i++)
			format->counted[i] = pnf_format_matched(prev, i);
	if (pnf_snmp_rules_equal(config, prev_config))
		for (i = 0; i < format->snmp_rule_count; i++)
			format->counted[format->aggregation_count + i] =
				pnf_format_matched(prev, prev->aggregation_count + i);
}
