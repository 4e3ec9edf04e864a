// SPDX-License-Identifier: GPL-2.0-only
/* sources: kmod/format.c kmod/aggregate.c */
/*
 * Formats: where the parts of a Flow's tail are, for all that settings can ask for, and what the
 * rules of one format after the other are counted for.
 */
#include "kselftest_harness.h"
#include <asm/byteorder.h>
#include <linux/kernel.h>

#include "format.h"

/* Fields that take room in a Flow, and those that do not */
static const u32 fields_with_room[] = {
	PNF_FIELD_MAC, PNF_FIELD_VLAN, PNF_FIELD_DIRECTION, PNF_FIELD_PHYSDEV, PNF_FIELD_TTL,
	PNF_FIELD_LENGTH, PNF_FIELD_LAYER2, PNF_FIELD_NAT, PNF_FIELD_VRF, PNF_FIELD_AGGREGATION,
};

#define FIELDS_WITHOUT_ROOM	(PNF_FIELD_PHYSDEV_OVERRIDE | PNF_FIELD_MICROSECONDS |	\
				 PNF_FIELD_NANOSECONDS | PNF_FIELD_DURATION)

/* A part: which fields ask for it, its octets and its alignment */
struct part {
	u32 fields;
	unsigned int octets;
	unsigned int align;
};

static struct part part_of(enum pnf_part part, unsigned int labels, u8 version)
{
	switch (part) {
	case PNF_PART_MAC:
		return (struct part) { PNF_FIELD_MAC, 12, 4 };
	case PNF_PART_VLAN:
		return (struct part) { PNF_FIELD_VLAN, 8, 4 };
	case PNF_PART_MPLS:
		return (struct part) { labels ? ~0U : 0, 4 * labels, 4 };
	case PNF_PART_LAYER2:
		return (struct part) { PNF_FIELD_LAYER2, 8, 8 };
	case PNF_PART_LENGTH:
		return (struct part) { PNF_FIELD_LENGTH, sizeof(struct pnf_part_length),
				       _Alignof(struct pnf_part_length) };
	case PNF_PART_PHYSICAL:
		return (struct part) { PNF_FIELD_PHYSDEV, sizeof(struct pnf_part_physical),
				       _Alignof(struct pnf_part_physical) };
	case PNF_PART_VRF:
		return (struct part) { PNF_FIELD_VRF, sizeof(struct pnf_part_vrf),
				       _Alignof(struct pnf_part_vrf) };
	case PNF_PART_LINK:
		return (struct part) { PNF_FIELD_MAC | PNF_FIELD_VLAN,
				       sizeof(struct pnf_part_link),
				       _Alignof(struct pnf_part_link) };
	case PNF_PART_SMALL:
		return (struct part) { PNF_FIELD_TTL | PNF_FIELD_DIRECTION | PNF_FIELD_AGGREGATION,
				       sizeof(struct pnf_part_small),
				       _Alignof(struct pnf_part_small) };
	case PNF_PART_NAT:
		if (version == PNF_IPV6)
			return (struct part) { PNF_FIELD_NAT, sizeof(struct pnf_part_nat_ipv6),
					       _Alignof(struct pnf_part_nat_ipv6) };
		return (struct part) { PNF_FIELD_NAT, sizeof(struct pnf_part_nat_ipv4),
				       _Alignof(struct pnf_part_nat_ipv4) };
	default:
		return (struct part) { };
	}
}

FIXTURE(parts) {
};

FIXTURE_VARIANT(parts) {
	u8 version;
};

FIXTURE_VARIANT_ADD(parts, ipv4) { .version = PNF_IPV4 };
FIXTURE_VARIANT_ADD(parts, ipv6) { .version = PNF_IPV6 };

FIXTURE_SETUP(parts)
{
}

FIXTURE_TEARDOWN(parts)
{
}

/* Each combination of what takes room */
#define FOR_EACH_FIELDS(fields, set)								\
	for ((set) = 0; (set) < (PNF_MPLS_DEPTH_MAX + 1) << ARRAY_SIZE(fields_with_room) &&	\
	     ((fields) = fields_of(set), true); (set)++)

static u32 fields_of(unsigned int set)
{
	u32 labels = set >> ARRAY_SIZE(fields_with_room);
	u32 fields = labels << PNF_FIELDS_LABELS_SHIFT;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fields_with_room); i++)
		if (set & 1U << i)
			fields |= fields_with_room[i];
	return fields;
}

static struct pnf_parts parts_of(u32 fields, u8 version)
{
	struct pnf_parts parts;

	memset(&parts, 0xee, sizeof(parts));
	pnf_parts_place(&parts, fields, version);
	return parts;
}

TEST_F(parts, each_is_there_when_it_is_asked_for)
{
	unsigned int set;
	u32 fields;
	int i;

	FOR_EACH_FIELDS(fields, set) {
		struct pnf_parts parts = parts_of(fields, variant->version);

		for (i = 0; i < PNF_PARTS; i++) {
			struct part part = part_of(i, pnf_fields_labels(fields), variant->version);
			bool is_wanted = i == PNF_PART_MPLS ? part.octets : part.fields & fields;

			ASSERT_EQ(is_wanted, parts.offset[i] != 0xff)
				TH_LOG("fields %#x part %d", fields, i);
			ASSERT_EQ(is_wanted, pnf_parts_has(&parts, i));
		}
	}
}

TEST_F(parts, they_are_aligned_and_do_not_overlap)
{
	unsigned int set, at;
	u32 fields;
	int i;

	FOR_EACH_FIELDS(fields, set) {
		struct pnf_parts parts = parts_of(fields, variant->version);
		u8 used[256] = { };

		for (i = 0; i < PNF_PARTS; i++) {
			struct part part = part_of(i, pnf_fields_labels(fields), variant->version);

			if (!pnf_parts_has(&parts, i))
				continue;
			ASSERT_EQ(0, parts.offset[i] % part.align)
				TH_LOG("fields %#x part %d", fields, i);
			ASSERT_LE(parts.offset[i] + part.octets, parts.octets);
			for (at = parts.offset[i]; at < parts.offset[i] + part.octets; at++)
				ASSERT_EQ(0, used[at]++) TH_LOG("fields %#x part %d", fields, i);
		}
	}
}

/* What is hashed and compared begins the tail and has no hole. */
TEST_F(parts, those_of_the_key_are_the_first_words)
{
	unsigned int set, octets;
	u32 fields;
	int i;

	FOR_EACH_FIELDS(fields, set) {
		struct pnf_parts parts = parts_of(fields, variant->version);

		octets = 0;
		for (i = PNF_PART_MAC; i <= PNF_PART_MPLS; i++) {
			if (!pnf_parts_has(&parts, i))
				continue;
			ASSERT_EQ(octets, parts.offset[i]);
			octets += part_of(i, pnf_fields_labels(fields), variant->version).octets;
		}
		ASSERT_EQ(octets, 4 * parts.key_words);
		ASSERT_GE(PNF_KEY_MORE_WORDS, parts.key_words);
		for (; i < PNF_PARTS; i++)
			ASSERT_LE(octets, parts.offset[i]);
	}
}

/* The last part ends the tail; what is between key and u64 is shorter than one. */
TEST_F(parts, the_tail_has_no_more_octets_than_they_need)
{
	unsigned int set, end, used, key_octets;
	u32 fields;
	int i;

	FOR_EACH_FIELDS(fields, set) {
		struct pnf_parts parts = parts_of(fields, variant->version);

		end = 0;
		used = 0;
		for (i = 0; i < PNF_PARTS; i++) {
			struct part part = part_of(i, pnf_fields_labels(fields), variant->version);

			if (!pnf_parts_has(&parts, i))
				continue;
			used += part.octets;
			end = max(end, parts.offset[i] + part.octets);
		}
		key_octets = 4 * parts.key_words;
		ASSERT_EQ(max(end, ALIGN(key_octets, 8U)), parts.octets)
			TH_LOG("fields %#x", fields);
		ASSERT_EQ(ALIGN(key_octets, 8U) - key_octets, parts.octets - used)
			TH_LOG("fields %#x", fields);
	}
}

TEST_F(parts, what_takes_no_room_moves_nothing)
{
	struct pnf_parts with, without;
	unsigned int set;
	u32 fields;

	FOR_EACH_FIELDS(fields, set) {
		without = parts_of(fields, variant->version);
		with = parts_of(fields | FIELDS_WITHOUT_ROOM, variant->version);
		ASSERT_EQ(0, memcmp(&with, &without, sizeof(with)));
	}
	without = parts_of(FIELDS_WITHOUT_ROOM, variant->version);
	EXPECT_EQ(0, without.octets);
	EXPECT_EQ(0, without.key_words);
}

/* All fields are one or the other: a new one has to be told of here. */
TEST(every_field_takes_room_or_none)
{
	u32 fields = FIELDS_WITHOUT_ROOM;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fields_with_room); i++) {
		EXPECT_EQ(0, fields & fields_with_room[i]);
		fields |= fields_with_room[i];
	}
	EXPECT_EQ(PNF_FIELDS_ALL | PNF_FIELD_AGGREGATION, fields);
	EXPECT_EQ(0, fields >> PNF_FIELDS_LABELS_SHIFT);
}

FIXTURE(format) {
	struct pnf_config config;
	struct pnf_aggregation aggregations[2];
	struct pnf_snmp_rule snmp_rules[3];
};

FIXTURE_SETUP(format)
{
	memset(&self->config, 0, sizeof(self->config));
	memset(self->aggregations, 0, sizeof(self->aggregations));
	memset(self->snmp_rules, 0, sizeof(self->snmp_rules));
	self->aggregations[0] = (struct pnf_aggregation) {
		.port_first = 1, .port_last = 1023, .port = 1,
	};
	self->aggregations[1] = (struct pnf_aggregation) {
		.version = PNF_IPV4, .prefix = 8, .keep = 16,
		.address.v4 = cpu_to_be32(0x0a000000),
	};
	strcpy(self->snmp_rules[0].name, "eth");
	strcpy(self->snmp_rules[1].name, "wlan");
	strcpy(self->snmp_rules[2].name, "ppp");
	self->config.aggregations = self->aggregations;
	self->config.snmp_rules = self->snmp_rules;
	unit_cpu = 0;
	unit_slab = (struct unit_slab) { };
}

FIXTURE_TEARDOWN(format)
{
	EXPECT_EQ(0, unit_slab.objects);
}

TEST_F(format, is_needed_by_what_changes_metering_alone)
{
	struct pnf_config *config = &self->config;

	EXPECT_FALSE(pnf_format_is_needed(config));
	config->sampler = PNF_SAMPLER_RANDOM;
	config->sampler_interval = 100;
	config->generation = 7;
	config->maxflows = 1000;
	EXPECT_FALSE(pnf_format_is_needed(config));

	config->sampler = PNF_SAMPLER_HASH;
	EXPECT_TRUE(pnf_format_is_needed(config));
	config->sampler = PNF_SAMPLER_NONE;
	config->collected = PNF_FIELD_DURATION;
	EXPECT_TRUE(pnf_format_is_needed(config));
	config->collected = 0;
	config->labels = 1;
	EXPECT_TRUE(pnf_format_is_needed(config));
	config->labels = 0;
	config->aggregation_count = 1;
	EXPECT_TRUE(pnf_format_is_needed(config));
	config->aggregation_count = 0;
	config->snmp_rule_count = 1;
	EXPECT_TRUE(pnf_format_is_needed(config));
}

/* What Templates by name need is collected too, whether or not it is asked for. */
TEST_F(format, has_what_is_collected)
{
	struct pnf_format *format;
	struct pnf_parts parts;

	self->config.fields = PNF_FIELD_MAC;
	self->config.collected = PNF_FIELD_MAC | PNF_FIELD_TTL;
	self->config.mpls_depth = 0;
	self->config.labels = 3;
	self->config.aggregation_count = 2;
	format = pnf_format_alloc(&self->config, 127);
	ASSERT_NE(NULL, format);
	EXPECT_EQ(127, format->number);
	EXPECT_EQ(PNF_FIELD_MAC | PNF_FIELD_TTL | PNF_FIELD_AGGREGATION |
		  3U << PNF_FIELDS_LABELS_SHIFT, format->fields);
	EXPECT_EQ(3, format->mpls_depth);
	EXPECT_EQ(0, format->sampler_interval);
	EXPECT_NE(NULL, format->aggregator);
	EXPECT_EQ(NULL, format->indexer);
	parts = parts_of(format->fields, PNF_IPV4);
	EXPECT_EQ(0, memcmp(&parts, pnf_format_parts(format, PNF_IPV4), sizeof(parts)));
	parts = parts_of(format->fields, PNF_IPV6);
	EXPECT_EQ(0, memcmp(&parts, pnf_format_parts(format, PNF_IPV6), sizeof(parts)));
	pnf_format_free(format);
}

TEST_F(format, changes_with_fields_labels_sampler_and_rules)
{
	struct pnf_snmp_rule snmp_rules[3];
	struct pnf_config next;

	self->config.aggregation_count = 2;
	self->config.snmp_rule_count = 3;
	next = self->config;
	memcpy(snmp_rules, self->snmp_rules, sizeof(snmp_rules));
	next.snmp_rules = snmp_rules;
	next.generation++;
	EXPECT_FALSE(pnf_format_changes(&self->config, &next));

	strcpy(snmp_rules[2].name, "tun");
	EXPECT_TRUE(pnf_format_changes(&self->config, &next));
	strcpy(snmp_rules[2].name, "ppp");
	snmp_rules[0].base = 1;
	EXPECT_TRUE(pnf_format_changes(&self->config, &next));
	snmp_rules[0].base = 0;
	next.aggregation_count = 1;
	EXPECT_TRUE(pnf_format_changes(&self->config, &next));
	next.aggregation_count = 2;
	next.collected = PNF_FIELD_NANOSECONDS;
	EXPECT_TRUE(pnf_format_changes(&self->config, &next));
	next.collected = 0;
	next.labels = 1;
	EXPECT_TRUE(pnf_format_changes(&self->config, &next));
	next.labels = 0;
	next.sampler = PNF_SAMPLER_DETERMINISTIC;
	next.sampler_interval = 10;
	EXPECT_FALSE(pnf_format_changes(&self->config, &next));
	next.sampler = PNF_SAMPLER_HASH;
	EXPECT_TRUE(pnf_format_changes(&self->config, &next));
}

static void count_all(struct pnf_format *format, u32 rules)
{
	u32 rule, i;

	for (rule = 0; rule < rules; rule++)
		for (i = 0; i <= rule; i++) {
			unit_cpu = i % UNIT_CPUS;
			pnf_format_count(format, rule);
		}
}

TEST_F(format, counts_each_rule_on_each_cpu)
{
	struct pnf_format *format;
	u32 rule;

	self->config.aggregation_count = 2;
	self->config.snmp_rule_count = 3;
	format = pnf_format_alloc(&self->config, 1);
	ASSERT_NE(NULL, format);
	count_all(format, 5);
	for (rule = 0; rule < 5; rule++)
		EXPECT_EQ(rule + 1, pnf_format_matched(format, rule));
	pnf_format_free(format);
}

/* Rules that stay keep their counters through a change of others, wherever they are now. */
TEST_F(format, counters_go_on_with_the_same_rules)
{
	struct pnf_config next = self->config;
	struct pnf_format *prev, *format;
	u32 rule;

	self->config.aggregation_count = 2;
	self->config.snmp_rule_count = 3;
	next.aggregation_count = 1;
	next.snmp_rule_count = 3;
	prev = pnf_format_alloc(&self->config, 1);
	format = pnf_format_alloc(&next, 2);
	ASSERT_NE(NULL, prev);
	ASSERT_NE(NULL, format);
	count_all(prev, 5);
	pnf_format_carry(format, &next, prev, &self->config);
	EXPECT_EQ(0, pnf_format_matched(format, 0));
	for (rule = 0; rule < 3; rule++)
		EXPECT_EQ(rule + 3, pnf_format_matched(format, 1 + rule));

	/* and what is counted from now on is added */
	pnf_format_count(format, 1);
	EXPECT_EQ(4, pnf_format_matched(format, 1));
	pnf_format_free(prev);
	pnf_format_free(format);
}

TEST_F(format, counters_survive_any_number_of_changes)
{
	struct pnf_format *prev, *format;
	unsigned int i;

	self->config.aggregation_count = 1;
	prev = pnf_format_alloc(&self->config, 1);
	ASSERT_NE(NULL, prev);
	for (i = 2; i < 10; i++) {
		pnf_format_count(prev, 0);
		format = pnf_format_alloc(&self->config, i);
		ASSERT_NE(NULL, format);
		pnf_format_carry(format, &self->config, prev, &self->config);
		pnf_format_free(prev);
		prev = format;
	}
	EXPECT_EQ(8, pnf_format_matched(prev, 0));
	pnf_format_free(prev);
}

/* Whichever of its parts there is no memory for: nothing is left behind. */
TEST_F(format, without_memory_there_is_none)
{
	struct pnf_format *format;
	unsigned int allowed;

	self->config.aggregation_count = 2;
	self->config.snmp_rule_count = 3;
	unit_slab.is_short = true;
	for (allowed = 0; allowed < 5; allowed++) {
		unit_slab.left = allowed;
		EXPECT_EQ(NULL, pnf_format_alloc(&self->config, 1));
		EXPECT_EQ(0, unit_slab.objects);
	}
	unit_slab.left = allowed;
	format = pnf_format_alloc(&self->config, 1);
	EXPECT_NE(NULL, format);
	pnf_format_free(format);
	pnf_format_free(NULL);
}

TEST_HARNESS_MAIN
