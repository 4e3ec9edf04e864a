// SPDX-License-Identifier: GPL-2.0-only
/* sources: kmod/key.c */
/*
 * Flow Keys: what the hash makes of traffic that counts up, as scans do, and that every
 * part of a key makes a difference.
 */
#include "kselftest_harness.h"
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "key.h"

#define KEYS		65536	/* and as many buckets */
#define SECRETS		24

/*
 * Of 65,536 buckets with one key each by chance the longest has 8 or 9. The hash is not chance:
 * in one of 2,000 tables a bucket has more than LONGEST (3 in 6,000 measured here), and the
 * Cache takes another secret. Of the 120 tables below, three of that kind come once in 20,000 runs.
 */
#define LONGEST		12
#define LONG_TABLES_MAX	2

/* Two keys in one bucket: KEYS / 2 pairs by chance, give or take 181 */
#define PAIRS_MIN	(KEYS / 2 - 1500)
#define PAIRS_MAX	(KEYS / 2 + 1500)

static void port_scan(struct pnf_key *key, u32 i)
{
	key->dport = htons(i);
}

static void address_scan(struct pnf_key *key, u32 i)
{
	if (key->version == PNF_IPV6)
		key->v6.daddr.s6_addr32[3] = htonl(i);
	else
		key->v4.daddr = htonl(0x0a000000 + i);
}

/* Both ends count up, as a generator of load does: many differences are the same */
static void both_ends(struct pnf_key *key, u32 i)
{
	address_scan(key, i);
	if (key->version == PNF_IPV6)
		key->v6.saddr.s6_addr32[3] = htonl(i);
	else
		key->v4.saddr = htonl(0x0b000000 + i);
	key->sport = htons(i);
}

/* 256 addresses, 256 ports */
static void grid(struct pnf_key *key, u32 i)
{
	address_scan(key, i >> 8);
	port_scan(key, i & 255);
}

static void interfaces(struct pnf_key *key, u32 i)
{
	key->ingress = i;
}

static void (* const patterns[])(struct pnf_key *key, u32 i) = {
	port_scan, address_scan, both_ends, grid, interfaces,
};

static const char * const pattern_names[] = {
	"ports", "addresses", "both ends", "addresses and ports", "interfaces",
};

FIXTURE(key) {
	struct pnf_secret secret;
	struct pnf_key key;
	u16 *lengths;
};

FIXTURE_SETUP(key)
{
	memset(&self->key, 0, sizeof(self->key));
	self->key.protocol = IPPROTO_UDP;
	self->lengths = calloc(KEYS, sizeof(*self->lengths));
	ASSERT_NE(self->lengths, NULL);
	ASSERT_EQ(getrandom(&self->secret, sizeof(self->secret), 0), sizeof(self->secret));
}

FIXTURE_TEARDOWN(key)
{
	free(self->lengths);
}

FIXTURE_VARIANT(key) {
	u8 version;
};

FIXTURE_VARIANT_ADD(key, ipv4) { .version = PNF_IPV4 };
FIXTURE_VARIANT_ADD(key, ipv6) { .version = PNF_IPV6 };

TEST_F(key, what_counts_up_is_spread_as_by_chance)
{
	unsigned int p, s, i, longest, most, long_tables = 0;
	u64 pairs = 0;
	u32 bucket;

	self->key.version = variant->version;
	for (p = 0; p < sizeof(patterns) / sizeof(patterns[0]); p++) {
		most = 0;
		pairs = 0;
		for (s = 0; s < SECRETS; s++) {
			struct pnf_key key = self->key;

			ASSERT_EQ(getrandom(&self->secret, sizeof(self->secret), 0),
				  sizeof(self->secret));
			longest = 0;
			memset(self->lengths, 0, KEYS * sizeof(*self->lengths));
			for (i = 0; i < KEYS; i++) {
				patterns[p](&key, i);
				bucket = pnf_key_hash(&key, variant->version, &self->secret) &
					 (KEYS - 1);
				pairs += self->lengths[bucket]++;
				if (self->lengths[bucket] > longest)
					longest = self->lengths[bucket];
			}
			long_tables += longest > LONGEST;
			if (longest > most)
				most = longest;
		}
		pairs /= SECRETS;
		TH_LOG("%s: the longest bucket has %u, %llu pairs", pattern_names[p], most,
		       (unsigned long long)pairs);
		EXPECT_GE(pairs, PAIRS_MIN);
		EXPECT_LE(pairs, PAIRS_MAX);
	}
	EXPECT_LE(long_tables, LONG_TABLES_MAX);
}

TEST_F(key, every_octet_makes_another_key_and_another_hash)
{
	unsigned int i, octets, same = 0;
	struct pnf_key other;

	self->key.version = variant->version;
	octets = pnf_key_octets(&self->key);
	ASSERT_EQ(octets, variant->version == PNF_IPV6 ? 48 : 24);
	for (i = 0; i < octets; i++) {
		other = self->key;
		((u8 *)&other)[i] ^= 1;
		EXPECT_FALSE(pnf_key_equal(&self->key, &other, variant->version));
		same += pnf_key_hash(&self->key, variant->version, &self->secret) ==
			pnf_key_hash(&other, variant->version, &self->secret);
	}
	EXPECT_EQ(same, 0);
	EXPECT_TRUE(pnf_key_equal(&self->key, &self->key, variant->version));
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

	self->key.version = variant->version;
	first = pnf_key_hash(&self->key, variant->version, &self->secret);
	self->secret.add ^= 1ULL << 40;
	EXPECT_NE(pnf_key_hash(&self->key, variant->version, &self->secret), first);
}

TEST_HARNESS_MAIN
