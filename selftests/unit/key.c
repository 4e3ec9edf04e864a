// SPDX-License-Identifier: GPL-2.0-only
/* sources: kmod/key.c */
/*
 * Flow Keys: what the hash makes of traffic that counts up, as scans do, and that every
 * part of a key makes a difference.
 */
#include "kselftest_harness.h"
#include <arpa/inet.h>
#include <linux/kernel.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "key.h"

#define KEYS		65536	/* and as many buckets */
#define SECRETS		24

/*
 * Of 65,536 buckets with one key each by chance the longest has 8 or 9. The hash is not chance:
 * in one of 2,000 tables a bucket has more than LONGEST (3 in 6,000 measured here), and the
 * Cache takes another secret. Of the 192 tables of a test, three of that kind come once in 7,000
 * runs.
 */
#define LONGEST		12
#define LONG_TABLES_MAX	2

/* Two keys in one bucket: KEYS / 2 pairs by chance, give or take 181 */
#define PAIRS_MIN	(KEYS / 2 - 1500)
#define PAIRS_MAX	(KEYS / 2 + 1500)

/* What is hashed: a key and the words that settings add to it */
struct hashed {
	struct pnf_key key;
	u32 more[PNF_KEY_MORE_WORDS];
	unsigned int words;
};

static void port_scan(struct hashed *hashed, u32 i)
{
	hashed->key.dport = htons(i);
}

static void address_scan(struct hashed *hashed, u32 i)
{
	if (hashed->key.version == PNF_IPV6)
		hashed->key.v6.daddr.s6_addr32[3] = htonl(i);
	else
		hashed->key.v4.daddr = htonl(0x0a000000 + i);
}

/* Both ends count up, as a generator of load does: many differences are the same */
static void both_ends(struct hashed *hashed, u32 i)
{
	address_scan(hashed, i);
	if (hashed->key.version == PNF_IPV6)
		hashed->key.v6.saddr.s6_addr32[3] = htonl(i);
	else
		hashed->key.v4.saddr = htonl(0x0b000000 + i);
	hashed->key.sport = htons(i);
}

/* 256 addresses, 256 ports */
static void grid(struct hashed *hashed, u32 i)
{
	address_scan(hashed, i >> 8);
	port_scan(hashed, i & 255);
}

static void interfaces(struct hashed *hashed, u32 i)
{
	hashed->key.ingress = i;
}

static const struct {
	const char *name;
	void (*make)(struct hashed *hashed, u32 i);
} patterns[] = {
	{ "ports", port_scan },
	{ "addresses", address_scan },
	{ "both ends", both_ends },
	{ "addresses and ports", grid },
	{ "interfaces", interfaces },
};

/* Six octets each, destination first */
static void source_macs(struct hashed *hashed, u32 i)
{
	hashed->more[2] = htonl(i);
}

static void destination_macs(struct hashed *hashed, u32 i)
{
	hashed->more[0] = htonl(0x02000000 | i >> 16);
	hashed->more[1] = htonl(i << 16 | 0x0200);
}

static void both_macs(struct hashed *hashed, u32 i)
{
	destination_macs(hashed, i);
	source_macs(hashed, i);
}

static void outer_and_inner_tags(struct hashed *hashed, u32 i)
{
	hashed->more[0] = (i >> 8) | (i & 255) << 16;
	hashed->more[1] = 2;
}

/* Label, traffic class, bottom of the stack, TTL: RFC 3032 2.1 */
static void top_labels(struct hashed *hashed, u32 i)
{
	hashed->more[0] = htonl(i << 12 | 0x1ff);
}

static void bottom_labels(struct hashed *hashed, u32 i)
{
	hashed->more[9] = htonl(i << 12 | 0x1ff);
}

static void all_labels(struct hashed *hashed, u32 i)
{
	unsigned int label;

	for (label = 0; label < 10; label++)
		hashed->more[label] = htonl(i << 12 | 0xff);
}

static void all_words(struct hashed *hashed, u32 i)
{
	unsigned int word;

	for (word = 0; word < hashed->words; word++)
		hashed->more[word] = i;
}

static const struct {
	const char *name;
	unsigned int words;
	void (*make)(struct hashed *hashed, u32 i);
} more_patterns[] = {
	{ "source MACs", 3, source_macs },
	{ "destination MACs", 3, destination_macs },
	{ "both MACs", 3, both_macs },
	{ "tags", 2, outer_and_inner_tags },
	{ "labels", 1, top_labels },
	{ "bottom labels", 10, bottom_labels },
	{ "labels alike", 10, all_labels },
	{ "all words", 15, all_words },
};

FIXTURE(key) {
	struct pnf_secret secret;
	struct pnf_key key;
};

FIXTURE_VARIANT(key) {
	u8 version;
};

FIXTURE_VARIANT_ADD(key, ipv4) { .version = PNF_IPV4 };
FIXTURE_VARIANT_ADD(key, ipv6) { .version = PNF_IPV6 };

FIXTURE_SETUP(key)
{
	memset(&self->key, 0, sizeof(self->key));
	self->key.protocol = IPPROTO_UDP;
	self->key.version = variant->version;
	ASSERT_EQ(getrandom(&self->secret, sizeof(self->secret), 0), sizeof(self->secret));
}

FIXTURE_TEARDOWN(key)
{
}

struct spread {
	u64 pairs;			/* of keys in one bucket, of a table on average */
	unsigned int longest;		/* bucket of all tables */
	unsigned int long_tables;
};

static u32 hash_of(const struct hashed *hashed, const struct pnf_secret *secret)
{
	u64 sum = pnf_key_sum(&hashed->key, hashed->key.version, secret);

	if (!hashed->words)
		return pnf_key_hash(&hashed->key, hashed->key.version, secret);
	sum += pnf_key_more_sum(hashed->more, hashed->words, secret);
	return pnf_key_fold(sum, secret);
}

static struct spread spread_of(const struct hashed *first,
			       void (*pattern)(struct hashed *hashed, u32 i))
{
	u16 *lengths = malloc(KEYS * sizeof(*lengths));
	struct hashed hashed = *first;
	struct spread spread = { };
	struct pnf_secret secret;
	unsigned int s, longest;
	u32 i, bucket;

	for (s = 0; s < SECRETS; s++) {
		if (getrandom(&secret, sizeof(secret), 0) != sizeof(secret))
			abort();
		longest = 0;
		memset(lengths, 0, KEYS * sizeof(*lengths));
		for (i = 0; i < KEYS; i++) {
			pattern(&hashed, i);
			bucket = hash_of(&hashed, &secret) & (KEYS - 1);
			spread.pairs += lengths[bucket]++;
			if (lengths[bucket] > longest)
				longest = lengths[bucket];
		}
		spread.long_tables += longest > LONGEST;
		if (longest > spread.longest)
			spread.longest = longest;
	}
	spread.pairs /= SECRETS;
	free(lengths);
	return spread;
}

TEST_F(key, what_counts_up_is_spread_as_by_chance)
{
	const struct hashed first = { .key = self->key };
	unsigned int p, long_tables = 0;

	for (p = 0; p < ARRAY_SIZE(patterns); p++) {
		struct spread spread = spread_of(&first, patterns[p].make);

		TH_LOG("%s: the longest bucket has %u, %llu pairs", patterns[p].name,
		       spread.longest, (unsigned long long)spread.pairs);
		EXPECT_GE(spread.pairs, PAIRS_MIN);
		EXPECT_LE(spread.pairs, PAIRS_MAX);
		long_tables += spread.long_tables;
	}
	EXPECT_LE(long_tables, LONG_TABLES_MAX);
}

/* Flows that differ in nothing but what settings add */
TEST_F(key, added_words_that_count_up_are_spread_as_by_chance)
{
	unsigned int p, long_tables = 0;

	for (p = 0; p < ARRAY_SIZE(more_patterns); p++) {
		const struct hashed first = { .key = self->key, .words = more_patterns[p].words };
		struct spread spread = spread_of(&first, more_patterns[p].make);

		TH_LOG("%s: the longest bucket has %u, %llu pairs", more_patterns[p].name,
		       spread.longest, (unsigned long long)spread.pairs);
		EXPECT_GE(spread.pairs, PAIRS_MIN);
		EXPECT_LE(spread.pairs, PAIRS_MAX);
		long_tables += spread.long_tables;
	}
	EXPECT_LE(long_tables, LONG_TABLES_MAX);
}

/* Version, format and the mark of later fragments are bits like others. */
TEST_F(key, every_bit_makes_another_key_and_another_hash)
{
	unsigned int bit, octets, same = 0;
	struct pnf_key other;

	octets = pnf_key_octets(&self->key);
	ASSERT_EQ(octets, variant->version == PNF_IPV6 ? 48 : 24);
	for (bit = 8 * sizeof(self->key.tcp_options); bit < 8 * octets; bit++) {
		other = self->key;
		((u8 *)&other)[bit / 8] ^= 1 << bit % 8;
		EXPECT_FALSE(pnf_key_equal(&self->key, &other, variant->version));
		same += pnf_key_hash(&self->key, variant->version, &self->secret) ==
			pnf_key_hash(&other, variant->version, &self->secret);
	}
	EXPECT_EQ(same, 0);
	EXPECT_TRUE(pnf_key_equal(&self->key, &self->key, variant->version));
}

TEST_F(key, tcp_options_are_no_part_of_it)
{
	struct pnf_key other = self->key;
	unsigned int bit;

	for (bit = 0; bit < 32; bit++) {
		other.tcp_options = 1U << bit;
		EXPECT_TRUE(pnf_key_equal(&self->key, &other, variant->version));
		EXPECT_EQ(pnf_key_hash(&self->key, variant->version, &self->secret),
			  pnf_key_hash(&other, variant->version, &self->secret));
	}
	EXPECT_EQ(offsetof(struct pnf_key, tcp_options), 0);
	EXPECT_EQ(sizeof(other.tcp_options), sizeof(other.words32[0]));
}

TEST_F(key, the_kind_has_format_and_fragment)
{
	self->key.kind = 127 << PNF_KEY_FORMAT_SHIFT;
	EXPECT_EQ(pnf_key_format(&self->key), 127);
	self->key.kind |= PNF_KEY_LATER_FRAGMENT;
	EXPECT_EQ(pnf_key_format(&self->key), 127);
	self->key.kind = PNF_KEY_LATER_FRAGMENT;
	EXPECT_EQ(pnf_key_format(&self->key), 0);
	EXPECT_EQ(PNF_KEY_FORMATS, 1 << (8 - PNF_KEY_FORMAT_SHIFT));
}

/* Whatever their number, and nothing behind the last: AddressSanitizer sees it read. */
TEST_F(key, every_bit_of_the_added_words_makes_another_hash)
{
	unsigned int words, bit, same = 0;
	u64 sum;

	EXPECT_EQ(pnf_key_more_sum(NULL, 0, &self->secret), 0);
	for (words = 1; words <= PNF_KEY_MORE_WORDS; words++) {
		u32 *more = malloc(words * sizeof(*more));

		ASSERT_NE(more, NULL);
		ASSERT_EQ(getrandom(more, words * sizeof(*more), 0), words * sizeof(*more));
		sum = pnf_key_more_sum(more, words, &self->secret);
		for (bit = 0; bit < 32 * words; bit++) {
			more[bit / 32] ^= 1U << bit % 32;
			same += pnf_key_fold(sum, &self->secret) ==
				pnf_key_fold(pnf_key_more_sum(more, words, &self->secret),
					     &self->secret);
			more[bit / 32] ^= 1U << bit % 32;
		}
		free(more);
	}
	EXPECT_EQ(same, 0);
}

/* The same words in another order are other labels, other tags. */
TEST_F(key, the_order_of_the_added_words_counts)
{
	u32 more[PNF_KEY_MORE_WORDS], i, j, same = 0;
	u64 sum;

	for (i = 0; i < PNF_KEY_MORE_WORDS; i++)
		more[i] = i + 1;
	sum = pnf_key_more_sum(more, PNF_KEY_MORE_WORDS, &self->secret);
	for (i = 0; i < PNF_KEY_MORE_WORDS; i++)
		for (j = 0; j < i; j++) {
			more[i] = j + 1;
			more[j] = i + 1;
			same += sum == pnf_key_more_sum(more, PNF_KEY_MORE_WORDS, &self->secret);
			more[i] = i + 1;
			more[j] = j + 1;
		}
	EXPECT_EQ(same, 0);
}

/* An IPv4 Flow is allocated without what an IPv6 key has behind: AddressSanitizer sees it read. */
TEST_F(key, nothing_behind_an_ipv4_key_is_read)
{
	struct pnf_key *shorter = malloc(PNF_KEY_OCTETS_IPV4);

	ASSERT_NE(shorter, NULL);
	self->key.version = PNF_IPV4;
	memcpy(shorter, &self->key, PNF_KEY_OCTETS_IPV4);
	EXPECT_TRUE(pnf_key_equal(&self->key, shorter, PNF_IPV4));
	EXPECT_EQ(pnf_key_hash(&self->key, PNF_IPV4, &self->secret),
		  pnf_key_hash(shorter, PNF_IPV4, &self->secret));
	self->key.version = PNF_IPV6;
	EXPECT_FALSE(pnf_key_equal(&self->key, shorter, PNF_IPV6));
	free(shorter);
}

TEST_F(key, other_secrets_other_hashes)
{
	u32 first;

	first = pnf_key_hash(&self->key, variant->version, &self->secret);
	self->secret.add ^= 1ULL << 40;
	EXPECT_NE(pnf_key_hash(&self->key, variant->version, &self->secret), first);
}

TEST_HARNESS_MAIN
