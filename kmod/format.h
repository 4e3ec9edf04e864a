/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * format.h - what settings add to the metering of a packet, and to a Flow
 *
 * Without such settings there is no format: packets take the short way, and a Flow has the number
 * 0 in its key. Each change makes another format with another number, so that Flows of two
 * formats never are the same one, and each Flow says itself what it has.
 */
#ifndef PNF_FORMAT_H
#define PNF_FORMAT_H

#include <linux/percpu.h>
#include <linux/u64_stats_sync.h>

#include "aggregate.h"
#include "config.h"
#include "key.h"
#include "selector.h"

/*
 * What a Flow has besides what every Flow has: PNF_FIELD_* bits, one more, and the labels of its
 * key in the upper octet.
 */
#define PNF_FIELD_AGGREGATION	BIT(16)
#define PNF_FIELDS_LABELS_SHIFT	24

static inline unsigned int pnf_fields_labels(u32 fields)
{
	return fields >> PNF_FIELDS_LABELS_SHIFT;
}

/**
 * enum pnf_part - parts of a Flow's tail, in the order in which they lie there
 * @PNF_PART_MAC: both MAC addresses, destination first; part of the key
 * @PNF_PART_VLAN: struct pnf_part_vlan; part of the key
 * @PNF_PART_MPLS: label stack entries; part of the key
 * @PNF_PART_LAYER2: u64 octets of layer 2
 * @PNF_PART_LENGTH: struct pnf_part_length
 * @PNF_PART_PHYSICAL: struct pnf_part_physical
 * @PNF_PART_VRF: struct pnf_part_vrf
 * @PNF_PART_LINK: struct pnf_part_link
 * @PNF_PART_SMALL: struct pnf_part_small
 * @PNF_PART_NAT: struct pnf_part_nat_ipv4 or struct pnf_part_nat_ipv6
 * @PNF_PARTS: how many there are
 */
enum pnf_part {
	PNF_PART_MAC,
	PNF_PART_VLAN,
	PNF_PART_MPLS,
	PNF_PART_LAYER2,
	PNF_PART_LENGTH,
	PNF_PART_PHYSICAL,
	PNF_PART_VRF,
	PNF_PART_LINK,
	PNF_PART_SMALL,
	PNF_PART_NAT,
	PNF_PARTS
};

struct pnf_part_mac {
	u8 daddr[ETH_ALEN];
	u8 saddr[ETH_ALEN];
};

struct pnf_part_vlan {
	u16 tci[PNF_VLAN_TAGS_MAX];
	u32 tags;
};

struct pnf_part_length {
	u32 min;
	u32 max;
};

struct pnf_part_physical {
	u32 ingress;
	u32 egress;
};

struct pnf_part_vrf {
	u32 ingress;
	u32 egress;
	char name[IFNAMSIZ];
};

struct pnf_part_link {
	__be16 ethertype;
	u8 post_tags;
	u16 post_vlan_id[PNF_VLAN_TAGS_MAX];
};

/* Bits of struct pnf_part_small rules: an aggregation rule decided */
#define PNF_SMALL_SOURCE	BIT(0)
#define PNF_SMALL_DESTINATION	BIT(1)

struct pnf_part_small {
	u8 ttl_min;
	u8 ttl_max;
	u8 direction;
	u8 rules;
	u8 source_prefix;
	u8 destination_prefix;
	u8 pad[2];
};

/* All zero: no translation is known */
struct pnf_part_nat_ipv4 {
	__be32 saddr;
	__be32 daddr;
	__be16 sport;
	__be16 dport;
};

struct pnf_part_nat_ipv6 {
	struct in6_addr saddr;
	struct in6_addr daddr;
	__be16 sport;
	__be16 dport;
};

/**
 * struct pnf_parts - where the parts of a Flow's tail are
 * @offset: of each part from the start of the tail, 0xff: it is not there
 * @key_words: words of the parts that belong to the key
 * @octets: of the tail
 */
struct pnf_parts {
	u8 offset[PNF_PARTS];
	u8 key_words;
	u8 octets;
};

#define PNF_PART_ABSENT		0xff

/**
 * struct pnf_format_counts - times that the rules decided, of one CPU
 * @syncp: for readers on 32-bit machines
 * @matched: by rule: those of aggregation, then those of indexes
 */
struct pnf_format_counts {
	struct u64_stats_sync syncp;
	u64_stats_t matched[];
};

/**
 * struct pnf_format - how packets are metered and what their Flows have
 * @number: 1 to PNF_KEY_FORMATS - 1
 * @fields: what its Flows have
 * @mpls_depth: labels that are read
 * @sampler_interval: the Cache takes one Flow in so many, 0: all
 * @parts: the tails of its Flows, of IPv4 and of IPv6
 * @sampler_secret: keys the selection
 * @aggregator: aggregation rules, or NULL
 * @indexer: index rules, or NULL
 * @aggregation_count: how many rules of the first kind
 * @snmp_rule_count: how many of the second
 * @counts: what the rules decided
 * @counted: what the same rules had decided under the format before
 *
 * Immutable but for the counters; belongs to an Observation Point.
 */
struct pnf_format {
	u8 number;
	u8 mpls_depth;
	u32 fields;
	u32 sampler_interval;
	struct pnf_parts parts[2];
	struct pnf_secret sampler_secret;
	struct pnf_aggregator *aggregator;
	struct pnf_indexer *indexer;
	u32 aggregation_count;
	u32 snmp_rule_count;
	struct pnf_format_counts __percpu *counts;
	u64 *counted;
};

static inline const struct pnf_parts *pnf_format_parts(const struct pnf_format *format,
						       u8 version)
{
	return &format->parts[version == PNF_IPV6];
}

static inline bool pnf_parts_has(const struct pnf_parts *parts, enum pnf_part part)
{
	return parts->offset[part] != PNF_PART_ABSENT;
}

void pnf_parts_place(struct pnf_parts *parts, u32 fields, u8 version);
bool pnf_format_is_needed(const struct pnf_config *config);
bool pnf_format_changes(const struct pnf_config *prev, const struct pnf_config *next);
struct pnf_format *pnf_format_alloc(const struct pnf_config *config, u8 number);
void pnf_format_free(struct pnf_format *format);
void pnf_format_count(const struct pnf_format *format, u32 rule);
u64 pnf_format_matched(const struct pnf_format *format, u32 rule);
void pnf_format_carry(struct pnf_format *format, const struct pnf_config *config,
		      const struct pnf_format *prev, const struct pnf_config *prev_config);

#endif /* PNF_FORMAT_H */
