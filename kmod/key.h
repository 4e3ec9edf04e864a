/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * key.h - Flow Keys: hash and equality
 *
 * The hash is the pair-multiply-shift scheme for vectors of 32-bit words (Thorup,
 * "High Speed Hashing for Integers and Strings", vector hashing): with a
 * uniformly random secret, any two different keys agree in the upper 32 bits with a
 * probability of 2^-32. That alone keeps keys in step in step (a scan's are: one word
 * counts up), and now and then piles them up; so the sum goes through the scheme once more,
 * as two words, which breaks the step and at most doubles the bound. Who does not know the
 * secret cannot choose collisions; the Cache takes a new secret with every table, and a new
 * table when a bucket is longer than chance would make it, so that nothing learnt by timing
 * lasts.
 */
#ifndef PNF_KEY_H
#define PNF_KEY_H

#include "types.h"

#define PNF_KEY_WORDS_IPV6	(PNF_KEY_OCTETS_IPV6 / 4)

/* Words that settings add to a key: MAC addresses, VLAN tags, labels; an even number */
#define PNF_KEY_MORE_WORDS	(3 + 2 + PNF_MPLS_DEPTH_MAX + 1)

/**
 * struct pnf_secret - what keys the hash of one table
 * @add: uniformly random, like the rest
 * @fold: for the sum's two words
 * @word: one for each word of a key; the first word is none of the key and counts as 0
 * @more: one for each word that settings add
 */
struct pnf_secret {
	u64 add;
	u64 fold[2];
	u64 word[PNF_KEY_WORDS_IPV6];
	u64 more[PNF_KEY_MORE_WORDS];
};

static __always_inline u64 pnf_key_mix(const struct pnf_key *key,
				       const struct pnf_secret *secret,
				       unsigned int i)
{
	return (secret->word[i] + key->words32[i + 1]) *
	       (secret->word[i + 1] + key->words32[i]);
}

/* The scheme's sum; pnf_key_fold() makes a hash of it. */
static __always_inline u64 pnf_key_sum(const struct pnf_key *key, u8 version,
				       const struct pnf_secret *secret)
{
	u64 sum = secret->add;

	sum += (secret->word[0] + key->words32[1]) * secret->word[1];
	sum += pnf_key_mix(key, secret, 2);
	sum += pnf_key_mix(key, secret, 4);
	if (version == PNF_IPV6) {
		sum += pnf_key_mix(key, secret, 6);
		sum += pnf_key_mix(key, secret, 8);
		sum += pnf_key_mix(key, secret, 10);
	}
	return sum;
}

/* What the words that settings add to a key add to its sum. */
static inline u64 pnf_key_more_sum(const u32 *more, unsigned int words,
				   const struct pnf_secret *secret)
{
	unsigned int i;
	u64 sum = 0;

	for (i = 0; i + 1 < words; i += 2)
		sum += (secret->more[i] + more[i + 1]) * (secret->more[i + 1] + more[i]);
	if (i < words)
		sum += secret->more[i] * (secret->more[i + 1] + more[i]);
	return sum;
}

static __always_inline u32 pnf_key_fold(u64 sum, const struct pnf_secret *secret)
{
	return ((secret->fold[0] + (u32)sum) * (secret->fold[1] + (sum >> 32))) >> 32;
}

/**
 * pnf_key_hash() - hash a Flow Key
 * @key: complete key, to which settings add nothing
 * @version: its version; a constant where it matters
 * @secret: the table's secret
 *
 * Return: 32 bits, all of them good.
 */
static __always_inline u32 pnf_key_hash(const struct pnf_key *key, u8 version,
					const struct pnf_secret *secret)
{
	return pnf_key_fold(pnf_key_sum(key, version, secret), secret);
}

/**
 * pnf_key_equal() - compare two Flow Keys
 * @a: one key
 * @b: the other; may be an IPv4 key with nothing behind its 24 octets
 * @version: version of @a; a constant where it matters
 *
 * Version and format are in the second pair of words: the words behind an IPv4 key's are not
 * read unless both are IPv6 keys.
 */
static __always_inline bool pnf_key_equal(const struct pnf_key *a,
					  const struct pnf_key *b, u8 version)
{
	if (a->words32[1] != b->words32[1] || a->words64[1] != b->words64[1] ||
	    a->words64[2] != b->words64[2])
		return false;
	if (version != PNF_IPV6)
		return true;
	return a->words64[3] == b->words64[3] &&
	       a->words64[4] == b->words64[4] && a->words64[5] == b->words64[5];
}

static inline unsigned int pnf_key_octets(const struct pnf_key *key)
{
	return key->version == PNF_IPV6 ? PNF_KEY_OCTETS_IPV6 :
					  PNF_KEY_OCTETS_IPV4;
}

/* The number of the format that the key's Flow has, 0: nothing but what every Flow has */
static inline u8 pnf_key_format(const struct pnf_key *key)
{
	return key->kind >> PNF_KEY_FORMAT_SHIFT;
}

u64 pnf_key_layout(const struct pnf_key *key);

#endif /* PNF_KEY_H */
