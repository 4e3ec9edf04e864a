/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The grammars of values: from words to numbers and structures. Nothing here
 * talks to the kernel or to the network.
 */
#ifndef NFMGR_PARSE_H
#define NFMGR_PARSE_H

#include <linux/pkt_netflow.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "err.h"

#define DESTINATION_PORT	2055
#define HOST_OCTETS		254

/* Where an entry stands in the word it was read from */
struct span {
	size_t start;
	size_t length;
};

struct address {
	int family;			/* AF_UNSPEC: none */
	union {
		struct in_addr v4;
		struct in6_addr v6;
	};
};

struct destination {
	struct address address;		/* none while @host is to be resolved */
	struct address source;
	uint16_t port;			/* host order */
	char device[IFNAMSIZ];
	char host[HOST_OCTETS];
	struct span span;
};

struct destination_list {
	size_t count;
	struct destination entries[PNF_DESTINATIONS_MAX];
};

struct point {
	uint32_t kind;			/* enum pnf_point_kind */
	uint32_t hooks;			/* PNF_HOOK_*, 0: the kernel's default */
	struct span span;
};

#define POINTS_MAX	8

struct point_list {
	size_t count;
	struct point entries[POINTS_MAX];
};

/* A word that stands for a number */
struct word_value {
	const char *word;
	int64_t value;
};

int parse_number(const char *word, int64_t min, int64_t max, const char *unit,
		 int64_t *value, struct err *err);
bool parse_word(const char *word, const struct word_value *words, int64_t *value);
int parse_destinations(const char *word, struct destination_list *list, struct err *err);
int parse_points(const char *word, struct point_list *list, struct err *err);

int destinations_refuse_twins(const char *word, const struct destination_list *list,
			      struct err *err);

extern const struct word_value hook_words[];

#endif
