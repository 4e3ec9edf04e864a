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

struct fields {
	uint32_t groups;		/* PNF_FIELD_* */
	uint8_t mpls_depth;		/* labels, 0: none */
};

struct sampler {
	uint8_t method;			/* enum pnf_sampler */
	uint32_t interval;		/* 0 without a sampler */
};

struct aggregation {
	struct address address;		/* none: a rule of ports; bits behind @prefix are 0 */
	uint8_t prefix;
	uint8_t keep;
	uint16_t port_first;		/* host order, as the next two */
	uint16_t port_last;
	uint16_t port;
	struct span span;
};

struct aggregation_list {
	size_t count;
	struct aggregation entries[PNF_AGGREGATIONS_MAX];
};

struct snmp_rule {
	char name[IFNAMSIZ];
	uint32_t base;
	struct span span;
};

struct snmp_rule_list {
	size_t count;
	struct snmp_rule entries[PNF_SNMP_RULES_MAX];
};

struct template {
	char name[PNF_TEMPLATE_NAME_MAX + 1];
	size_t count;
	struct span words[PNF_TEMPLATE_ELEMENTS_MAX];	/* the elements, as they were written */
	uint16_t elements[PNF_TEMPLATE_ELEMENTS_MAX];	/* filled by elements_resolve() */
	struct span span;
};

struct template_list {
	size_t count;
	struct template entries[PNF_TEMPLATES_NAMED_MAX];
};

/* A word that stands for a number */
struct word_value {
	const char *word;
	int64_t value;
};

int parse_number(const char *word, int64_t min, int64_t max, const char *accepted,
		 int64_t *value, struct err *err);
bool part_is(const char *word, size_t length, const char *text);
bool parse_word(const char *word, const struct word_value *words, int64_t *value);
int parse_destinations(const char *word, struct destination_list *list, struct err *err);
int parse_points(const char *word, struct point_list *list, struct err *err);
int parse_text(const char *word, size_t max, char *text, struct err *err);
int parse_fields(const char *word, struct fields *fields, struct err *err);
int parse_sampler(const char *word, struct sampler *sampler, struct err *err);
int parse_aggregations(const char *word, struct aggregation_list *list, struct err *err);
int parse_snmp_rules(const char *word, struct snmp_rule_list *list, struct err *err);
int parse_templates(const char *word, struct template_list *list, struct err *err);
int parse_template_names(const char *word, struct template_list *list, struct err *err);
bool template_is_one(const char *word);

bool destination_equal(const struct destination *a, const struct destination *b);
int destinations_refuse_twins(const char *word, const struct destination_list *list,
			      struct err *err);

extern const struct word_value hook_words[];
extern const struct word_value field_words[];
extern const struct word_value sampler_words[];

#endif
