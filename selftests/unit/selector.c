// SPDX-License-Identifier: GPL-2.0-only
/* sources: kmod/selector.c kmod/options.c */
/*
 * Samplers: that one Flow in N is selected, which one, and what NetFlow v5 tells of it.
 * Random numbers come from a generator with a seed: each run sees the same.
 */
#include "kselftest_harness.h"
#include <arpa/inet.h>
#include <string.h>

#include "config.h"
#include "key.h"
#include "options.h"
#include "selector.h"

#define FLOWS		1000000
#define SECRETS		4
#define ERRORS_MAX	4.0	/* standard errors: by chance one share in 16,000 is further off */

static const u32 intervals[] = { 2, 3, 7, 100, 1000, PNF_SAMPLER_MAX };

#define INTERVALS	(sizeof(intervals) / sizeof(intervals[0]))

/* SplitMix64 */
static u64 next_random(u64 *state)
{
	u64 z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* Whether a count is one in @interval of @flows, as far as chance lets it */
static bool is_one_in(u32 interval, u32 selected, u32 flows)
{
	double share = 1.0 / interval, off = selected - flows * share;

	return off * off <= ERRORS_MAX * ERRORS_MAX * flows * share * (1 - share);
}

FIXTURE(selector) {
	struct pnf_selector selector;
	u64 seed;
};

FIXTURE_SETUP(selector)
{
	memset(&self->selector, 0xee, sizeof(self->selector));
	self->seed = 7014;
}

FIXTURE_TEARDOWN(selector)
{
}

TEST_F(selector, none_takes_all)
{
	u32 i;

	pnf_selector_init(&self->selector, PNF_SAMPLER_NONE, 0);
	for (i = 0; i < 1000; i++)
		ASSERT_TRUE(pnf_selector_select(&self->selector, next_random(&self->seed)));
	EXPECT_TRUE(pnf_selector_select(&self->selector, U32_MAX));
}

/* They were sampled before the Cache: a second time would leave 1 in N * N, or count them twice. */
TEST_F(selector, reference_bug_9_what_the_hash_selected_is_exported_whole)
{
	u32 i;

	pnf_selector_init(&self->selector, PNF_SAMPLER_HASH, 100);
	for (i = 0; i < 1000; i++)
		ASSERT_TRUE(pnf_selector_select(&self->selector, next_random(&self->seed)));
	EXPECT_TRUE(pnf_selector_select(&self->selector, U32_MAX));
}

TEST_F(selector, reference_bug_9_deterministic_takes_the_first_of_each_n)
{
	u32 n, i;

	for (n = 0; n < INTERVALS; n++) {
		pnf_selector_init(&self->selector, PNF_SAMPLER_DETERMINISTIC, intervals[n]);
		for (i = 0; i < 5 * intervals[n] + 1; i++)
			ASSERT_EQ(pnf_selector_select(&self->selector, next_random(&self->seed)),
				  i % intervals[n] == 0) {
				TH_LOG("Flow %u of one in %u", i, intervals[n]);
			}
	}
}

TEST_F(selector, a_sampler_begins_anew_when_it_is_changed)
{
	pnf_selector_init(&self->selector, PNF_SAMPLER_DETERMINISTIC, 10);
	EXPECT_TRUE(pnf_selector_select(&self->selector, 0));
	EXPECT_FALSE(pnf_selector_select(&self->selector, 0));
	pnf_selector_init(&self->selector, PNF_SAMPLER_DETERMINISTIC, 2);
	EXPECT_TRUE(pnf_selector_select(&self->selector, 0));
	EXPECT_FALSE(pnf_selector_select(&self->selector, 0));
	EXPECT_TRUE(pnf_selector_select(&self->selector, 0));
}

/* ceil(2^32 / N) numbers: the last that selects, and the next one */
TEST_F(selector, random_takes_exactly_the_first_part_of_the_range)
{
	u32 n, numbers;

	for (n = 0; n < INTERVALS; n++) {
		pnf_selector_init(&self->selector, PNF_SAMPLER_RANDOM, intervals[n]);
		numbers = ((1ULL << 32) + intervals[n] - 1) / intervals[n];
		EXPECT_TRUE(pnf_selector_select(&self->selector, 0));
		EXPECT_TRUE(pnf_selector_select(&self->selector, numbers - 1));
		EXPECT_FALSE(pnf_selector_select(&self->selector, numbers));
		EXPECT_FALSE(pnf_selector_select(&self->selector, U32_MAX));
	}
}

TEST_F(selector, random_takes_one_in_n)
{
	u32 n, i, selected;

	for (n = 0; n < INTERVALS; n++) {
		pnf_selector_init(&self->selector, PNF_SAMPLER_RANDOM, intervals[n]);
		selected = 0;
		for (i = 0; i < FLOWS; i++)
			selected += pnf_selector_select(&self->selector,
							next_random(&self->seed) >> 32);
		EXPECT_TRUE(is_one_in(intervals[n], selected, FLOWS)) {
			TH_LOG("%u of %u with one in %u", selected, FLOWS, intervals[n]);
		}
	}
}

FIXTURE(hash) {
	struct pnf_secret secret;
	struct pnf_key key;
	u64 seed;
};

FIXTURE_SETUP(hash)
{
	memset(&self->key, 0, sizeof(self->key));
	self->key.protocol = IPPROTO_UDP;
	self->seed = 7014;
}

FIXTURE_TEARDOWN(hash)
{
}

static void new_secret(struct pnf_secret *secret, u64 *seed)
{
	u64 words[sizeof(*secret) / sizeof(u64)];
	u32 i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		words[i] = next_random(seed);
	memcpy(secret, words, sizeof(words));
}

static void random_keys(struct pnf_key *key, u32 i, u64 *seed)
{
	u64 numbers[2] = { next_random(seed), next_random(seed) };

	key->spi = numbers[0];
	if (key->version == PNF_IPV6)
		memcpy(&key->v6.saddr, numbers, sizeof(numbers));
	else
		memcpy(&key->v4, &numbers[1], sizeof(numbers[1]));
}

static void address_scan(struct pnf_key *key, u32 i, u64 *seed)
{
	if (key->version == PNF_IPV6)
		key->v6.daddr.s6_addr32[3] = htonl(i);
	else
		key->v4.daddr = htonl(0x0a000000 + i);
}

static void port_scan(struct pnf_key *key, u32 i, u64 *seed)
{
	key->dport = htons(i);
	key->sport = htons(i >> 16);
}

/* Both ends count up, as a generator of load does */
static void both_ends(struct pnf_key *key, u32 i, u64 *seed)
{
	address_scan(key, i, seed);
	if (key->version == PNF_IPV6)
		key->v6.saddr.s6_addr32[3] = htonl(i);
	else
		key->v4.saddr = htonl(0x0b000000 + i);
	key->sport = htons(i);
}

static void (* const patterns[])(struct pnf_key *key, u32 i, u64 *seed) = {
	random_keys, address_scan, port_scan, both_ends,
};

static const char * const pattern_names[] = {
	"random keys", "addresses", "ports", "both ends",
};

FIXTURE_VARIANT(hash) {
	u8 version;
};

FIXTURE_VARIANT_ADD(hash, ipv4) { .version = PNF_IPV4 };
FIXTURE_VARIANT_ADD(hash, ipv6) { .version = PNF_IPV6 };

TEST_F(hash, one_in_n_is_taken_whatever_the_keys)
{
	u32 p, s, n, i, hash, selected[INTERVALS];
	struct pnf_key key;

	self->key.version = variant->version;
	for (p = 0; p < sizeof(patterns) / sizeof(patterns[0]); p++) {
		for (s = 0; s < SECRETS; s++) {
			key = self->key;
			memset(selected, 0, sizeof(selected));
			new_secret(&self->secret, &self->seed);
			for (i = 0; i < FLOWS; i++) {
				patterns[p](&key, i, &self->seed);
				hash = pnf_key_hash(&key, variant->version, &self->secret);
				for (n = 0; n < INTERVALS; n++)
					selected[n] += pnf_selector_takes_hash(hash, intervals[n]);
			}
			for (n = 0; n < INTERVALS; n++)
				EXPECT_TRUE(is_one_in(intervals[n], selected[n], FLOWS)) {
					TH_LOG("%s: %u of %u with one in %u", pattern_names[p],
					       selected[n], FLOWS, intervals[n]);
				}
		}
	}
}

/*
 * Hashes that go up in steps, as those of keys that count up do: of 2^32 / N in a row that all
 * are in the first part of the range, or none of which is, one in N is taken all the same.
 */
TEST_F(hash, neighbours_are_taken_or_left_one_by_one)
{
	u32 n, i, low, high;

	for (n = 0; n < INTERVALS; n++) {
		u32 flows = min((u32)FLOWS, U32_MAX / intervals[n]);

		low = 0;
		high = 0;
		for (i = 0; i < flows; i++) {
			low += pnf_selector_takes_hash(i, intervals[n]);
			high += pnf_selector_takes_hash(U32_MAX - i, intervals[n]);
		}
		EXPECT_TRUE(is_one_in(intervals[n], low, flows));
		EXPECT_TRUE(is_one_in(intervals[n], high, flows));
	}
}

TEST_F(hash, another_secret_is_another_choice)
{
	struct pnf_secret other;
	u32 i, hash, both = 0;

	self->key.version = variant->version;
	new_secret(&self->secret, &self->seed);
	new_secret(&other, &self->seed);
	for (i = 0; i < FLOWS; i++) {
		address_scan(&self->key, i, &self->seed);
		hash = pnf_key_hash(&self->key, variant->version, &self->secret);
		if (!pnf_selector_takes_hash(hash, 10))
			continue;
		hash = pnf_key_hash(&self->key, variant->version, &other);
		both += pnf_selector_takes_hash(hash, 10);
	}
	EXPECT_TRUE(is_one_in(100, both, FLOWS));
}

/* 2 bits of mode, 14 bits of interval */
TEST(v5_field_has_mode_and_interval)
{
	EXPECT_EQ(pnf_selector_v5_field(PNF_SAMPLER_NONE, 0), 0);
	EXPECT_EQ(pnf_selector_v5_field(PNF_SAMPLER_NONE, 100), 0);
	EXPECT_EQ(pnf_selector_v5_field(PNF_SAMPLER_DETERMINISTIC, 2), 0x4002);
	EXPECT_EQ(pnf_selector_v5_field(PNF_SAMPLER_DETERMINISTIC, PNF_SAMPLER_MAX), 0x7fff);
	EXPECT_EQ(pnf_selector_v5_field(PNF_SAMPLER_RANDOM, 100), 0x8064);
	EXPECT_EQ(pnf_selector_v5_field(PNF_SAMPLER_HASH, 100), 0x8064);
	EXPECT_EQ(pnf_selector_v5_field(PNF_SAMPLER_HASH, PNF_SAMPLER_MAX), 0xbfff);
}

/* RFC 7014 6.1: an interval of one Flow, then N - 1 that are left out, as the sampler does */
TEST_F(selector, reference_bug_9_the_spacing_that_is_told_is_n_minus_1)
{
	struct pnf_options_value value;
	u32 n, left_out;

	for (n = 0; n < INTERVALS; n++) {
		const struct pnf_config config = {
			.sampler = PNF_SAMPLER_DETERMINISTIC, .sampler_interval = intervals[n],
		};

		memset(&value, 0, sizeof(value));
		pnf_options_fill_sampler(&value, &config);
		EXPECT_EQ(value.algorithm, 1);
		EXPECT_EQ(value.selected, 1);
		EXPECT_EQ(value.spacing, intervals[n] - 1);
		EXPECT_EQ(value.interval, intervals[n]);

		pnf_selector_init(&self->selector, config.sampler, config.sampler_interval);
		EXPECT_TRUE(pnf_selector_select(&self->selector, 0));
		for (left_out = 0; !pnf_selector_select(&self->selector, 0); left_out++)
			;
		EXPECT_EQ(left_out, value.spacing);
	}
}

TEST_HARNESS_MAIN
