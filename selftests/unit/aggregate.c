// SPDX-License-Identifier: GPL-2.0-only
/* sources: kmod/aggregate.c */
/*
 * Aggregation rules and index rules: what they decide, compared with a walk through the rules in
 * their order, and that a look-up among many costs little.
 * Random rules come from a generator with a seed: each run sees the same.
 */
#include "kselftest_harness.h"
#include <arpa/inet.h>
#include <sanitizer/asan_interface.h>
#include <stdlib.h>
#include <string.h>

#include "aggregate.h"
#include "config.h"

#define SETS		400	/* of random rules */
#define KEEP_BEFORE	0xee	/* what nobody writes */

/* ceil(log2(2 * 1024 + 1)) */
#define STEPS_MAX	12

/* SplitMix64 */
static u64 next_random(u64 *state)
{
	u64 z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static u32 random_below(u64 *state, u32 limit)
{
	return (next_random(state) >> 32) * limit >> 32;
}

/* AddressSanitizer sees who writes more than was asked for. */
static struct pnf_aggregator *build_aggregator(const struct pnf_aggregation *rules, u32 count)
{
	size_t octets = pnf_aggregator_octets(count);
	struct pnf_aggregator *aggregator = malloc(octets);

	memset(aggregator, 0xee, octets);
	pnf_aggregator_build(aggregator, rules, count);
	return aggregator;
}

static struct pnf_indexer *build_indexer(const struct pnf_snmp_rule *rules, u32 count)
{
	size_t octets = pnf_indexer_octets(count);
	struct pnf_indexer *indexer = malloc(octets);

	memset(indexer, 0xee, octets);
	pnf_indexer_build(indexer, rules, count);
	return indexer;
}

static struct pnf_aggregation ipv4_rule(const char *address, u8 prefix, u8 keep)
{
	struct pnf_aggregation rule = { .version = PNF_IPV4, .prefix = prefix, .keep = keep };

	inet_pton(AF_INET, address, &rule.address.v4);
	return rule;
}

static struct pnf_aggregation ipv6_rule(const char *address, u8 prefix, u8 keep)
{
	struct pnf_aggregation rule = { .version = PNF_IPV6, .prefix = prefix, .keep = keep };

	inet_pton(AF_INET6, address, &rule.address.v6);
	return rule;
}

static struct pnf_aggregation port_rule(u16 first, u16 last, u16 port)
{
	return (struct pnf_aggregation) {
		.port_first = first, .port_last = last, .port = port,
	};
}

/* Addresses as octets, bit by bit */
static bool bit_of(const u8 *octets, u32 bit)
{
	return octets[bit / 8] >> (7 - bit % 8) & 1;
}

static void keep_bits(u8 *octets, u32 octet_count, u32 bits)
{
	u32 bit;

	for (bit = bits; bit < octet_count * 8; bit++)
		octets[bit / 8] &= ~(1 << (7 - bit % 8));
}

static bool is_within(const struct pnf_aggregation *rule, const u8 *octets)
{
	u32 bit;

	for (bit = 0; bit < rule->prefix; bit++)
		if (bit_of((const u8 *)&rule->address, bit) != bit_of(octets, bit))
			return false;
	return true;
}

/* What the rules say, by a walk through them */
static int first_match_address(const struct pnf_aggregation *rules, u32 count, u8 version,
			       u8 *octets, u8 *keep)
{
	u32 i;

	for (i = 0; i < count; i++) {
		if (rules[i].version != version || !is_within(&rules[i], octets))
			continue;
		keep_bits(octets, version == PNF_IPV6 ? 16 : 4, rules[i].keep);
		*keep = rules[i].keep;
		return i;
	}
	return -1;
}

static int first_match_port(const struct pnf_aggregation *rules, u32 count, u16 *port)
{
	u32 i;

	for (i = 0; i < count; i++) {
		if (rules[i].version || *port < rules[i].port_first || *port > rules[i].port_last)
			continue;
		*port = rules[i].port;
		return i;
	}
	return -1;
}

static void check_ipv4(struct __test_metadata *_metadata, const struct pnf_aggregator *aggregator,
		       const struct pnf_aggregation *rules, u32 count, u32 host)
{
	u8 expected_keep = KEEP_BEFORE, keep = KEEP_BEFORE;
	__be32 expected = htonl(host), address = expected;
	int rule = first_match_address(rules, count, PNF_IPV4, (u8 *)&expected, &expected_keep);

	ASSERT_EQ(pnf_aggregate_ipv4(aggregator, &address, &keep), rule);
	ASSERT_EQ(address, expected);
	ASSERT_EQ(keep, expected_keep);
}

static void check_ipv6(struct __test_metadata *_metadata, const struct pnf_aggregator *aggregator,
		       const struct pnf_aggregation *rules, u32 count,
		       const struct in6_addr *of)
{
	u8 expected_keep = KEEP_BEFORE, keep = KEEP_BEFORE;
	struct in6_addr expected = *of, address = *of;
	int rule = first_match_address(rules, count, PNF_IPV6, expected.s6_addr, &expected_keep);

	ASSERT_EQ(pnf_aggregate_ipv6(aggregator, &address, &keep), rule);
	ASSERT_EQ(memcmp(&address, &expected, sizeof(address)), 0);
	ASSERT_EQ(keep, expected_keep);
}

static void check_port(struct __test_metadata *_metadata, const struct pnf_aggregator *aggregator,
		       const struct pnf_aggregation *rules, u32 count, u16 host)
{
	__be16 port = htons(host);
	int rule = first_match_port(rules, count, &host);

	ASSERT_EQ(pnf_aggregate_port(aggregator, &port), rule);
	ASSERT_EQ(ntohs(port), host);
}

/* Of few octets, so that rules meet each other */
static void random_octets(u8 *octets, u32 count, u64 *seed)
{
	static const u8 choices[] = { 0, 1, 10, 127, 128, 254, 255 };
	u32 i;

	for (i = 0; i < count; i++)
		octets[i] = choices[random_below(seed, sizeof(choices))];
}

static struct pnf_aggregation random_rule(u64 *seed)
{
	struct pnf_aggregation rule = {};
	u32 bits;

	switch (random_below(seed, 3)) {
	case 0:
		rule.port_first = random_below(seed, 8) ? random_below(seed, 65536) : 0;
		rule.port_last = rule.port_first + random_below(seed, 2) *
				 random_below(seed, 65536 - rule.port_first);
		if (!random_below(seed, 8))
			rule.port_last = 65535;
		rule.port = random_below(seed, 65536);
		return rule;
	case 1:
		rule.version = PNF_IPV4;
		bits = 32;
		break;
	default:
		rule.version = PNF_IPV6;
		bits = 128;
		break;
	}
	random_octets((u8 *)&rule.address, bits / 8, seed);
	/* Few are wide: they would hide the others */
	rule.prefix = bits - random_below(seed, random_below(seed, 4) ? bits / 2 : bits + 1);
	rule.keep = random_below(seed, bits + 1);
	keep_bits((u8 *)&rule.address, bits / 8, rule.prefix);
	return rule;
}

/* Adds @step, 1 or -1, to an address */
static void add_to(struct in6_addr *address, int step)
{
	int i = 15;

	do {
		address->s6_addr[i] += step;
	} while (address->s6_addr[i] == (step > 0 ? 0 : 255) && i--);
}

/* The first and the last address of a rule, and those beside them */
static void check_edges_ipv4(struct __test_metadata *_metadata,
			     const struct pnf_aggregator *aggregator,
			     const struct pnf_aggregation *rules, u32 count, u32 i)
{
	u32 first = ntohl(rules[i].address.v4);
	u32 last = first | (rules[i].prefix < 32 ? U32_MAX >> rules[i].prefix : 0);

	check_ipv4(_metadata, aggregator, rules, count, first - 1);
	check_ipv4(_metadata, aggregator, rules, count, first);
	check_ipv4(_metadata, aggregator, rules, count, last);
	check_ipv4(_metadata, aggregator, rules, count, last + 1);
}

static void check_edges_ipv6(struct __test_metadata *_metadata,
			     const struct pnf_aggregator *aggregator,
			     const struct pnf_aggregation *rules, u32 count, u32 i)
{
	struct in6_addr address = rules[i].address.v6;
	u32 bit;

	check_ipv6(_metadata, aggregator, rules, count, &address);
	add_to(&address, -1);
	check_ipv6(_metadata, aggregator, rules, count, &address);
	address = rules[i].address.v6;
	for (bit = rules[i].prefix; bit < 128; bit++)
		address.s6_addr[bit / 8] |= 1 << (7 - bit % 8);
	check_ipv6(_metadata, aggregator, rules, count, &address);
	add_to(&address, 1);
	check_ipv6(_metadata, aggregator, rules, count, &address);
}

static void check_edges_port(struct __test_metadata *_metadata,
			     const struct pnf_aggregator *aggregator,
			     const struct pnf_aggregation *rules, u32 count, u32 i)
{
	check_port(_metadata, aggregator, rules, count, rules[i].port_first - 1);
	check_port(_metadata, aggregator, rules, count, rules[i].port_first);
	check_port(_metadata, aggregator, rules, count, rules[i].port_last);
	check_port(_metadata, aggregator, rules, count, rules[i].port_last + 1);
}

static void check_rules(struct __test_metadata *_metadata, const struct pnf_aggregation *rules,
			u32 count, u64 *seed)
{
	struct pnf_aggregator *aggregator = build_aggregator(rules, count);
	struct in6_addr address;
	u32 i;

	for (i = 0; i < count; i++) {
		if (rules[i].version == PNF_IPV4)
			check_edges_ipv4(_metadata, aggregator, rules, count, i);
		else if (rules[i].version == PNF_IPV6)
			check_edges_ipv6(_metadata, aggregator, rules, count, i);
		else
			check_edges_port(_metadata, aggregator, rules, count, i);
	}
	for (i = 0; i < 100; i++) {
		random_octets(address.s6_addr, sizeof(address), seed);
		check_ipv6(_metadata, aggregator, rules, count, &address);
		check_ipv4(_metadata, aggregator, rules, count, address.s6_addr32[0]);
		check_ipv4(_metadata, aggregator, rules, count, next_random(seed));
		check_port(_metadata, aggregator, rules, count, next_random(seed));
	}
	free(aggregator);
}

FIXTURE(rules) {
	struct pnf_aggregation *rules;
	u64 seed;
};

FIXTURE_SETUP(rules)
{
	self->rules = calloc(PNF_AGGREGATIONS_MAX, sizeof(*self->rules));
	ASSERT_NE(self->rules, NULL);
	self->seed = 22;
}

FIXTURE_TEARDOWN(rules)
{
	free(self->rules);
}

TEST_F(rules, random_rules_decide_as_a_walk_through_them)
{
	u32 set, i, count;

	for (set = 0; set < SETS; set++) {
		count = random_below(&self->seed, 60);
		for (i = 0; i < count; i++)
			self->rules[i] = random_rule(&self->seed);
		check_rules(_metadata, self->rules, count, &self->seed);
	}
}

TEST_F(rules, as_many_as_there_may_be_decide_as_a_walk_through_them)
{
	u32 set, i;

	for (set = 0; set < 4; set++) {
		for (i = 0; i < PNF_AGGREGATIONS_MAX; i++)
			self->rules[i] = random_rule(&self->seed);
		check_rules(_metadata, self->rules, PNF_AGGREGATIONS_MAX, &self->seed);
	}
}

TEST_F(rules, each_port_is_decided_as_by_a_walk)
{
	struct pnf_aggregator *aggregator;
	u32 set, i, port, count;

	for (set = 0; set < 8; set++) {
		count = 1 + set * 4;
		for (i = 0; i < count; i++) {
			do {
				self->rules[i] = random_rule(&self->seed);
			} while (self->rules[i].version);
		}
		aggregator = build_aggregator(self->rules, count);
		for (port = 0; port < 65536; port++)
			check_port(_metadata, aggregator, self->rules, count, port);
		free(aggregator);
	}
}

TEST_F(rules, without_rules_nothing_is_changed)
{
	check_rules(_metadata, self->rules, 0, &self->seed);
}

/* Cost: that many intervals at most, and a search that halves them. */
TEST_F(rules, n_rules_make_2n_plus_1_intervals_at_most)
{
	struct pnf_aggregator *aggregator;
	u32 set, i, table, n[PNF_AGGREGATOR_TABLES];

	for (set = 0; set < 4; set++) {
		memset(n, 0, sizeof(n));
		for (i = 0; i < PNF_AGGREGATIONS_MAX; i++) {
			self->rules[i] = random_rule(&self->seed);
			n[self->rules[i].version == PNF_IPV4 ? PNF_AGGREGATOR_IPV4 :
			  self->rules[i].version == PNF_IPV6 ? PNF_AGGREGATOR_IPV6 :
							       PNF_AGGREGATOR_PORTS]++;
		}
		aggregator = build_aggregator(self->rules, PNF_AGGREGATIONS_MAX);
		for (table = 0; table < PNF_AGGREGATOR_TABLES; table++) {
			EXPECT_GE(aggregator->count[table], 1);
			EXPECT_LE(aggregator->count[table], 2 * n[table] + 1);
		}
		free(aggregator);
	}
}

/*
 * AddressSanitizer ends the test if a look-up reads any interval but those that halving them
 * leads to.
 */
TEST_F(rules, a_lookup_among_1024_rules_reads_12_intervals_at_most)
{
	u32 i, target, count, found, half, steps, port;
	const struct pnf_interval *intervals;
	struct pnf_aggregator *aggregator;
	size_t octets;
	__be16 be_port;

	/* With a gap between any two: all begin at different ports */
	for (i = 0; i < PNF_AGGREGATIONS_MAX; i++)
		self->rules[i] = port_rule(i * 50 + 10, i * 50 + 20, i);
	aggregator = build_aggregator(self->rules, PNF_AGGREGATIONS_MAX);
	intervals = &aggregator->intervals[aggregator->start[PNF_AGGREGATOR_PORTS]];
	count = aggregator->count[PNF_AGGREGATOR_PORTS];
	octets = count * sizeof(*intervals);
	ASSERT_EQ(count, 2 * PNF_AGGREGATIONS_MAX + 1);

	for (target = 0; target < count; target++) {
		port = !target ? 0 : target / 2 * 50 + (target % 2 ? 10 : -29);
		__asan_poison_memory_region(intervals, octets);
		found = 0;
		steps = 0;
		for (i = count; i > 1; i -= half) {
			half = i / 2;
			__asan_unpoison_memory_region(&intervals[found + half], sizeof(*intervals));
			if (found + half <= target)
				found += half;
			steps++;
		}
		__asan_unpoison_memory_region(&intervals[found], sizeof(*intervals));
		ASSERT_EQ(found, target);
		ASSERT_LE(steps, STEPS_MAX);
		be_port = htons(port);
		ASSERT_EQ(pnf_aggregate_port(aggregator, &be_port),
			  target % 2 ? (int)target / 2 : -1);
		__asan_unpoison_memory_region(intervals, octets);
	}
	free(aggregator);
}

/* One rule set and one address: what comes of it */
struct ipv4_case {
	const char *address;
	const char *expected;
	int rule;
	u8 keep;
};

static void check_ipv4_cases(struct __test_metadata *_metadata,
			     const struct pnf_aggregation *rules, u32 count,
			     const struct ipv4_case *cases, u32 case_count)
{
	struct pnf_aggregator *aggregator = build_aggregator(rules, count);
	__be32 address, expected;
	u8 keep;
	u32 i;

	for (i = 0; i < case_count; i++) {
		keep = KEEP_BEFORE;
		ASSERT_EQ(inet_pton(AF_INET, cases[i].address, &address), 1);
		ASSERT_EQ(inet_pton(AF_INET, cases[i].expected, &expected), 1);
		EXPECT_EQ(pnf_aggregate_ipv4(aggregator, &address, &keep), cases[i].rule);
		EXPECT_EQ(address, expected) {
			TH_LOG("%s", cases[i].address);
		}
		EXPECT_EQ(keep, cases[i].rule < 0 ? KEEP_BEFORE : cases[i].keep);
	}
	free(aggregator);
}

#define CHECK_IPV4(rules, ...) do {							\
	const struct ipv4_case cases[] = { __VA_ARGS__ };				\
	check_ipv4_cases(_metadata, rules, sizeof(rules) / sizeof((rules)[0]), cases,	\
			 sizeof(cases) / sizeof(cases[0]));				\
} while (0)

TEST(an_address_keeps_fewer_or_more_bits_than_the_prefix_has)
{
	const struct pnf_aggregation rules[] = {
		ipv4_rule("192.0.2.0", 24, 16),
		ipv4_rule("198.51.0.0", 16, 24),
		ipv4_rule("203.0.113.0", 24, 0),
		ipv4_rule("10.0.0.0", 8, 32),
	};

	CHECK_IPV4(rules,
		   { "192.0.2.77", "192.0.0.0", 0, 16 },
		   { "192.0.3.77", "192.0.3.77", -1, 0 },
		   { "192.0.1.255", "192.0.1.255", -1, 0 },
		   { "198.51.100.77", "198.51.100.0", 1, 24 },
		   { "203.0.113.1", "0.0.0.0", 2, 0 },
		   { "10.1.2.3", "10.1.2.3", 3, 32 });
}

TEST(of_nested_prefixes_the_first_rule_decides_not_the_longest)
{
	const struct pnf_aggregation narrow_first[] = {
		ipv4_rule("10.1.0.0", 16, 24),
		ipv4_rule("10.0.0.0", 8, 8),
	};
	const struct pnf_aggregation wide_first[] = {
		ipv4_rule("10.0.0.0", 8, 8),
		ipv4_rule("10.1.0.0", 16, 24),
	};

	CHECK_IPV4(narrow_first,
		   { "10.0.255.255", "10.0.0.0", 1, 8 },
		   { "10.1.0.0", "10.1.0.0", 0, 24 },
		   { "10.1.255.255", "10.1.255.0", 0, 24 },
		   { "10.2.0.0", "10.0.0.0", 1, 8 });
	CHECK_IPV4(wide_first,
		   { "10.0.255.255", "10.0.0.0", 0, 8 },
		   { "10.1.255.255", "10.0.0.0", 0, 8 });
}

TEST(of_the_same_prefix_twice_the_first_rule_decides)
{
	const struct pnf_aggregation rules[] = {
		ipv4_rule("10.0.0.0", 8, 16),
		ipv4_rule("10.0.0.0", 8, 24),
	};

	CHECK_IPV4(rules,
		   { "9.255.255.255", "9.255.255.255", -1, 0 },
		   { "10.0.0.0", "10.0.0.0", 0, 16 },
		   { "10.255.255.255", "10.255.0.0", 0, 16 },
		   { "11.0.0.0", "11.0.0.0", -1, 0 });
}

TEST(a_prefix_of_0_has_all_addresses_and_one_of_32_has_one)
{
	const struct pnf_aggregation rules[] = {
		ipv4_rule("0.0.0.0", 32, 32),
		ipv4_rule("255.255.255.255", 32, 16),
		ipv4_rule("192.0.2.1", 32, 31),
		ipv4_rule("0.0.0.0", 0, 1),
	};

	CHECK_IPV4(rules,
		   { "0.0.0.0", "0.0.0.0", 0, 32 },
		   { "0.0.0.1", "0.0.0.0", 3, 1 },
		   { "192.0.2.0", "128.0.0.0", 3, 1 },
		   { "192.0.2.1", "192.0.2.0", 2, 31 },
		   { "192.0.2.2", "128.0.0.0", 3, 1 },
		   { "255.255.255.254", "128.0.0.0", 3, 1 },
		   { "255.255.255.255", "255.255.0.0", 1, 16 });
}

TEST(ipv6_prefixes_are_as_long_as_128_bits)
{
	static const struct {
		const char *address;
		const char *expected;
		int rule;
		u8 keep;
	} cases[] = {
		{ "::", "::", 0, 128 },
		{ "::1", "::", 5, 0 },
		{ "2001:db8::1", "2001:db8::", 1, 127 },
		{ "2001:db8::2", "2001:db8::", 3, 48 },
		{ "2001:db8:0:1:ffff:ffff:ffff:ffff", "2001:db8:0:1:ffff:ffff:ffff:ffff", 2, 128 },
		{ "2001:db8:0:2:ffff::", "2001:db8::", 3, 48 },
		{ "2001:db8:5:6:7:8:9:a", "2001:db8:5::", 3, 48 },
		{ "2001:db9::", "::", 5, 0 },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", "::", 5, 0 },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:8000::", 4, 65 },
	};
	const struct pnf_aggregation rules[] = {
		ipv6_rule("::", 128, 128),
		ipv6_rule("2001:db8::1", 128, 127),
		ipv6_rule("2001:db8:0:1::", 64, 128),
		ipv6_rule("2001:db8::", 32, 48),
		ipv6_rule("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 128, 65),
		ipv6_rule("::", 0, 0),
	};
	struct pnf_aggregator *aggregator = build_aggregator(rules, 6);
	struct in6_addr address, expected;
	u32 i;
	u8 keep;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ASSERT_EQ(inet_pton(AF_INET6, cases[i].address, &address), 1);
		ASSERT_EQ(inet_pton(AF_INET6, cases[i].expected, &expected), 1);
		EXPECT_EQ(pnf_aggregate_ipv6(aggregator, &address, &keep), cases[i].rule);
		EXPECT_EQ(memcmp(&address, &expected, sizeof(address)), 0) {
			TH_LOG("%s", cases[i].address);
		}
		EXPECT_EQ(keep, cases[i].keep);
	}
	free(aggregator);
}

TEST(ports_have_ranges_that_touch_overlap_and_end_at_either_end)
{
	static const struct {
		u16 port;
		u16 expected;
		int rule;
	} cases[] = {
		{ 0, 7, 0 }, { 1, 1, -1 }, { 79, 79, -1 }, { 80, 80, 1 }, { 81, 81, -1 },
		{ 999, 999, -1 }, { 1000, 1, 2 }, { 1999, 1, 2 }, { 2000, 2, 3 }, { 2500, 2, 3 },
		{ 2999, 2, 3 }, { 3000, 3, 4 }, { 3499, 3, 4 }, { 3500, 3500, -1 },
		{ 65534, 65534, -1 }, { 65535, 0, 5 },
	};
	const struct pnf_aggregation rules[] = {
		port_rule(0, 0, 7), port_rule(80, 80, 80), port_rule(1000, 1999, 1),
		port_rule(2000, 2999, 2), port_rule(1500, 3499, 3), port_rule(65535, 65535, 0),
	};
	struct pnf_aggregator *aggregator = build_aggregator(rules, 6);
	__be16 port;
	u32 i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		port = htons(cases[i].port);
		EXPECT_EQ(pnf_aggregate_port(aggregator, &port), cases[i].rule);
		EXPECT_EQ(ntohs(port), cases[i].expected);
	}
	free(aggregator);
}

TEST(all_ports_are_one_range)
{
	const struct pnf_aggregation rules[] = { port_rule(0, 65535, 9) };
	struct pnf_aggregator *aggregator = build_aggregator(rules, 1);
	u32 i;

	for (i = 0; i < 65536; i++) {
		__be16 port = htons(i);

		ASSERT_EQ(pnf_aggregate_port(aggregator, &port), 0);
		ASSERT_EQ(ntohs(port), 9);
	}
	free(aggregator);
}

TEST(a_rule_is_named_by_its_place_among_all_and_does_not_meet_other_kinds)
{
	const struct pnf_aggregation rules[] = {
		port_rule(0, 65535, 1), ipv6_rule("::", 0, 3), ipv4_rule("0.0.0.0", 0, 2),
	};
	struct pnf_aggregator *all = build_aggregator(rules, 3);
	struct pnf_aggregator *ports = build_aggregator(rules, 1);
	struct in6_addr address6 = IN6ADDR_LOOPBACK_INIT;
	__be32 address = htonl(0xc0000201);
	__be16 port = htons(443);
	u8 keep = 0;

	EXPECT_EQ(pnf_aggregate_ipv4(ports, &address, &keep), -1);
	EXPECT_EQ(pnf_aggregate_ipv6(ports, &address6, &keep), -1);
	EXPECT_EQ(pnf_aggregate_port(all, &port), 0);
	EXPECT_EQ(pnf_aggregate_ipv6(all, &address6, &keep), 1);
	EXPECT_EQ(keep, 3);
	EXPECT_EQ(pnf_aggregate_ipv4(all, &address, &keep), 2);
	EXPECT_EQ(keep, 2);
	free(all);
	free(ports);
}

/* What index rules say, by a walk through them */
static int first_match_name(const struct pnf_snmp_rule *rules, u32 count, const char *name,
			    u32 *index)
{
	const char *number = name + strlen(name);
	u64 sum;
	u32 i;

	while (number > name && strchr("0123456789", number[-1]))
		number--;
	for (i = 0; i < count; i++) {
		if (strncmp(name, rules[i].name, strlen(rules[i].name)))
			continue;
		sum = rules[i].base + (*number ? strtoull(number, NULL, 10) : 0);
		if (sum > U32_MAX)
			return -1;
		*index = sum;
		return i;
	}
	return -1;
}

static void check_name(struct __test_metadata *_metadata, const struct pnf_indexer *indexer,
		       const struct pnf_snmp_rule *rules, u32 count, const char *name)
{
	u32 expected = 0xeeeeeeee, index = 0xeeeeeeee;
	int rule = first_match_name(rules, count, name, &expected);

	ASSERT_EQ(pnf_index_rule(indexer, name, &index), rule) {
		TH_LOG("'%s'", name);
	}
	ASSERT_EQ(index, expected);
}

/* Names begin like others more often than not */
static void random_name(char *name, u32 octets, const struct pnf_snmp_rule *others, u32 count,
			u64 *seed)
{
	static const char letters[] = "ab01.\xff";
	u32 i = 0;

	memset(name, 0, IFNAMSIZ);
	if (count && random_below(seed, 3)) {
		memcpy(name, others[random_below(seed, count)].name, IFNAMSIZ);
		i = strlen(name);
	}
	for (; i < octets; i++)
		name[i] = letters[random_below(seed, sizeof(letters) - 1)];
}

FIXTURE(index) {
	struct pnf_snmp_rule *rules;
	u64 seed;
};

FIXTURE_SETUP(index)
{
	self->rules = calloc(PNF_SNMP_RULES_MAX, sizeof(*self->rules));
	ASSERT_NE(self->rules, NULL);
	self->seed = 24;
}

FIXTURE_TEARDOWN(index)
{
	free(self->rules);
}

static void check_random_names(struct __test_metadata *_metadata, struct pnf_snmp_rule *rules,
			       u32 count, u64 *seed)
{
	struct pnf_indexer *indexer;
	char name[IFNAMSIZ];
	u32 i;

	for (i = 0; i < count; i++) {
		random_name(rules[i].name, random_below(seed, IFNAMSIZ), rules, i, seed);
		rules[i].base = random_below(seed, 4) ? random_below(seed, 100000) :
							U32_MAX - random_below(seed, 100);
	}
	indexer = build_indexer(rules, count);
	for (i = 0; i < count; i++)
		check_name(_metadata, indexer, rules, count, rules[i].name);
	for (i = 0; i < 200; i++) {
		random_name(name, random_below(seed, IFNAMSIZ), rules, count, seed);
		check_name(_metadata, indexer, rules, count, name);
	}
	free(indexer);
}

TEST_F(index, random_rules_decide_as_a_walk_through_them)
{
	u32 set;

	for (set = 0; set < SETS; set++)
		check_random_names(_metadata, self->rules, random_below(&self->seed, 40),
				   &self->seed);
}

TEST_F(index, as_many_as_there_may_be_decide_as_a_walk_through_them)
{
	u32 set;

	for (set = 0; set < 8; set++)
		check_random_names(_metadata, self->rules, PNF_SNMP_RULES_MAX, &self->seed);
}

/* Cost: a search that halves the names, and from one to a shorter one */
TEST_F(index, from_a_name_less_than_16_shorter_ones_are_reached)
{
	struct pnf_indexer *indexer;
	u32 set, i, steps;
	s32 entry;

	for (set = 0; set < 8; set++) {
		check_random_names(_metadata, self->rules, PNF_SNMP_RULES_MAX, &self->seed);
		indexer = build_indexer(self->rules, PNF_SNMP_RULES_MAX);
		ASSERT_LE(indexer->count, PNF_SNMP_RULES_MAX);
		for (i = 0; i < indexer->count; i++) {
			if (i)
				ASSERT_LT(strcmp(indexer->entries[i - 1].name,
						 indexer->entries[i].name), 0);
			steps = 0;
			for (entry = i; entry >= 0; entry = indexer->entries[entry].parent)
				steps++;
			ASSERT_LE(steps, IFNAMSIZ);
		}
		free(indexer);
	}
}

/* "", "a", "aa" ...: one way, the other, and as many of the longest as there may be */
TEST_F(index, names_that_begin_like_all_others)
{
	struct pnf_indexer *indexer;
	char name[IFNAMSIZ] = "";
	u32 order, i, octets;

	for (order = 0; order < 2; order++) {
		memset(self->rules, 0, PNF_SNMP_RULES_MAX * sizeof(*self->rules));
		for (i = 0; i < PNF_SNMP_RULES_MAX; i++) {
			octets = i < IFNAMSIZ ? i : IFNAMSIZ - 1;
			memset(self->rules[order ? PNF_SNMP_RULES_MAX - 1 - i : i].name, 'a',
			       octets);
			self->rules[i].base = i;
		}
		indexer = build_indexer(self->rules, PNF_SNMP_RULES_MAX);
		EXPECT_EQ(indexer->count, IFNAMSIZ);
		for (i = 0; i < IFNAMSIZ; i++) {
			memset(name, 0, sizeof(name));
			memset(name, 'a', i);
			check_name(_metadata, indexer, self->rules, PNF_SNMP_RULES_MAX, name);
			if (i) {
				name[i - 1] = 'b';
				check_name(_metadata, indexer, self->rules, PNF_SNMP_RULES_MAX,
					   name);
			}
		}
		free(indexer);
	}
}

struct name_case {
	const char *name;
	int rule;
	u32 index;
};

static void check_name_cases(struct __test_metadata *_metadata,
			     const struct pnf_snmp_rule *rules, u32 count,
			     const struct name_case *cases, u32 case_count)
{
	struct pnf_indexer *indexer = build_indexer(rules, count);
	u32 i, index;

	for (i = 0; i < case_count; i++) {
		index = 0xeeeeeeee;
		EXPECT_EQ(pnf_index_rule(indexer, cases[i].name, &index), cases[i].rule) {
			TH_LOG("'%s'", cases[i].name);
		}
		EXPECT_EQ(index, cases[i].rule < 0 ? 0xeeeeeeee : cases[i].index) {
			TH_LOG("'%s'", cases[i].name);
		}
	}
	free(indexer);
}

#define CHECK_NAMES(rules, ...) do {							\
	const struct name_case cases[] = { __VA_ARGS__ };				\
	check_name_cases(_metadata, rules, sizeof(rules) / sizeof((rules)[0]), cases,	\
			 sizeof(cases) / sizeof(cases[0]));				\
} while (0)

TEST(the_number_that_ends_the_name_is_added)
{
	static const struct pnf_snmp_rule rules[] = {
		{ "eth1", 5000 }, { "eth", 100 }, { "ppp", 200 }, { "lo", 1 }, { "7", 0 },
	};

	CHECK_NAMES(rules,
		    { "eth0", 1, 100 },
		    { "eth7", 1, 107 },
		    { "eth0.100", 1, 200 },
		    { "eth0v", 1, 100 },
		    { "eth12", 0, 5012 },
		    { "eth1", 0, 5001 },
		    { "eth1.3", 0, 5003 },
		    { "eth", 1, 100 },
		    { "eth007", 1, 107 },
		    { "ppp4095", 2, 4295 },
		    { "lo", 3, 1 },
		    { "742", 4, 742 },
		    { "et0", -1, 0 },
		    { "veth0", -1, 0 },
		    { "Eth0", -1, 0 },
		    { "", -1, 0 });
}

TEST(the_first_rule_that_fits_decides_not_the_longest)
{
	static const struct pnf_snmp_rule wide_first[] = { { "eth", 100 }, { "eth0", 200 } };
	static const struct pnf_snmp_rule narrow_first[] = { { "eth0", 200 }, { "eth", 100 } };
	static const struct pnf_snmp_rule twice[] = { { "eth", 100 }, { "eth", 200 } };

	CHECK_NAMES(wide_first, { "eth0", 0, 100 }, { "eth1", 0, 101 });
	CHECK_NAMES(narrow_first, { "eth0", 0, 200 }, { "eth1", 1, 101 });
	CHECK_NAMES(twice, { "eth1", 0, 101 });
}

TEST(an_index_of_more_than_32_bits_is_none_and_no_later_rule_is_asked)
{
	static const struct pnf_snmp_rule rules[] = {
		{ "eth", U32_MAX - 2 }, { "a", 0 }, { "9", 0 }, { "", 7 },
	};

	CHECK_NAMES(rules,
		    { "eth2", 0, U32_MAX },
		    { "eth3", -1, 0 },
		    { "a4294967295", 1, U32_MAX },
		    { "a4294967296", -1, 0 },
		    { "999999999999999", -1, 0 },
		    { "b4294967288", 3, U32_MAX },
		    { "b4294967289", -1, 0 });
}

TEST(without_index_rules_there_is_none)
{
	struct pnf_indexer *indexer = build_indexer(NULL, 0);

	check_name(_metadata, indexer, NULL, 0, "eth0");
	check_name(_metadata, indexer, NULL, 0, "");
	free(indexer);
}

/* A device that is being renamed: AddressSanitizer sees who reads on without an end. */
TEST(no_name_is_read_past_its_16_octets)
{
	static const struct pnf_snmp_rule rules[] = { { "999999999999999", 0 }, { "a", 1 } };
	struct pnf_indexer *indexer = build_indexer(rules, 2);
	char *name = malloc(IFNAMSIZ);
	u32 index;

	memset(name, '9', IFNAMSIZ);
	EXPECT_EQ(pnf_index_rule(indexer, name, &index), -1);
	memset(name, 'a', IFNAMSIZ);
	EXPECT_EQ(pnf_index_rule(indexer, name, &index), 1);
	EXPECT_EQ(index, 1);
	free(name);
	free(indexer);
}

TEST_HARNESS_MAIN
