/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * config.h - the immutable configuration snapshot of a namespace
 */
#ifndef PNF_CONFIG_H
#define PNF_CONFIG_H

#include <linux/if.h>
#include <linux/kernel.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include "types.h"

/* The protocols that have sequence numbers of their own: 5, 9, 10 */
#define PNF_PROTOCOLS	3

/**
 * struct pnf_destination - what identifies a Collector, and what a new session goes on with
 * @version: PNF_IPV4 or PNF_IPV6, of both addresses
 * @has_source: @source was given
 * @port: UDP port
 * @address: where to send to
 * @source: local address to send from
 * @device: device to send through, empty: the route's
 * @sequence: sequence numbers of v5, v9 and IPFIX that a new session begins with
 * @template_id: least Template ID that a Template made from now on has, 0: any
 *
 * The last two identify nothing. They are those of the module that was there before.
 */
struct pnf_destination {
	u8 version;
	bool has_source;
	__be16 port;
	union pnf_address address;
	union pnf_address source;
	char device[IFNAMSIZ];
	u32 sequence[PNF_PROTOCOLS];
	u16 template_id;
};

/**
 * struct pnf_aggregation - one aggregation rule
 * @version: PNF_IPV4 or PNF_IPV6: of addresses; 0: of ports
 * @prefix: bits of @address that an address has to agree in
 * @keep: bits that such an address keeps
 * @address: the prefix, its other bits 0
 * @port_first: least port, host byte order like the next two
 * @port_last: greatest port
 * @port: what stands for them
 */
struct pnf_aggregation {
	u8 version;
	u8 prefix;
	u8 keep;
	union pnf_address address;
	u16 port_first;
	u16 port_last;
	u16 port;
};

/**
 * struct pnf_snmp_rule - one index rule
 * @name: what names of interfaces begin with
 * @base: the number that ends the name is added
 */
struct pnf_snmp_rule {
	char name[IFNAMSIZ];
	u32 base;
};

/**
 * struct pnf_named_template - a Template by name
 * @name: its name
 * @count: elements
 * @elements: numbers of the Information Elements, in order
 */
struct pnf_named_template {
	char name[PNF_TEMPLATE_NAME_MAX + 1];
	u8 count;
	u16 elements[PNF_TEMPLATE_ELEMENTS_MAX];
};

/**
 * struct pnf_config - the settings of a namespace
 * @generation: counts changes; read only from outside
 * @active_timeout: seconds
 * @inactive_timeout: seconds
 * @refresh_rate: messages between repetitions of Templates
 * @timeout_rate: minutes between repetitions of Templates, 0: the protocol's default
 * @sndbuf: octets of send buffer, 0: the system's default
 * @hashsize: buckets to start with, 0: automatic
 * @maxflows: Flows at most, 0: unlimited
 * @scan_min: shortest time between steps of expiry, in units of 10 ms
 * @exportcpu: CPU of the exporter, -1: any
 * @domain: Observation Domain ID
 * @debug: verbosity
 * @inet_priority: netfilter priority of the inet hooks
 * @inet_hooks: PNF_HOOK_* bits of the inet point, 0: there is none
 * @protocol: 5, 9 or 10
 * @metering: enum pnf_metering
 * @fields: PNF_FIELD_* bits
 * @mpls_depth: labels that are asked for, 0: none
 * @collected: @fields, and PNF_FIELD_* bits that Templates by name need
 * @labels: labels that are read: @mpls_depth, or what Templates by name need
 * @sampler: enum pnf_sampler
 * @sampler_interval: one Flow in so many, 0 without a sampler
 * @sampler_id: of Selector and sampler, 1..255; another with every change of the two
 * @random_template_ids: Template IDs start anywhere
 * @compat_sampling: sampling is also told by elements 34 and 35
 * @natevents: NAT events are exported
 * @nat_event_codes: enum pnf_nat_event_codes
 * @distribution: enum pnf_distribution
 * @dscp: of messages
 * @source_port: of messages, host byte order, 0: any
 * @max_message: octets of a message with IP and UDP headers, 0: PNF_MESSAGE_OCTETS
 * @export_delay: ms that a record waits for others
 * @domain_name: observationDomainName, empty: the host's name
 * @aggregation_count: entries of @aggregations
 * @snmp_rule_count: entries of @snmp_rules
 * @template_count: entries of @templates
 * @aggregations: aggregation rules, the first that fits counts; NULL: none
 * @snmp_rules: index rules, the first that fits counts; NULL: none
 * @templates: Templates by name, the first that fits counts; NULL: none
 * @destination_count: entries of @destinations
 * @destinations: the Collectors, each of which gets every message
 *
 * Built whole, published whole, never changed after that.
 */
struct pnf_config {
	u32 generation;
	u32 active_timeout;
	u32 inactive_timeout;
	u32 refresh_rate;
	u32 timeout_rate;
	u32 sndbuf;
	u32 hashsize;
	u32 maxflows;
	u32 scan_min;
	s32 exportcpu;
	u32 domain;
	u32 debug;
	s32 inet_priority;
	u32 inet_hooks;
	u8 protocol;
	u8 metering;
	u32 fields;
	u32 collected;
	u8 mpls_depth;
	u8 labels;
	u8 sampler;
	u8 sampler_id;
	u32 sampler_interval;
	u8 random_template_ids;
	u8 compat_sampling;
	u8 natevents;
	u8 nat_event_codes;
	u8 distribution;
	u8 dscp;
	u16 source_port;
	u32 max_message;
	u32 export_delay;
	char domain_name[PNF_DOMAIN_NAME_MAX + 1];
	u32 aggregation_count;
	u32 snmp_rule_count;
	u32 template_count;
	struct pnf_aggregation *aggregations;
	struct pnf_snmp_rule *snmp_rules;
	struct pnf_named_template *templates;
	u32 destination_count;
	struct pnf_destination destinations[];
};

#define PNF_TIMEOUT_MAX		604800	/* seconds: a week */
#define PNF_REFRESH_RATE_MAX	1000000	/* messages */
#define PNF_TIMEOUT_RATE_MAX	10080	/* minutes: a week */
#define PNF_SCAN_MIN_MAX	6000	/* 10 ms: a minute */
#define PNF_SNDBUF_MAX		1073741824U	/* octets */
#define PNF_HASHSIZE_MAX	67108864U	/* buckets */
#define PNF_DEBUG_MAX		2
#define PNF_MAX_MESSAGE_MIN	512	/* octets */
#define PNF_MAX_MESSAGE_MAX	65535	/* octets */
#define PNF_EXPORT_DELAY_MAX	60000	/* ms */

struct pnf_config *pnf_config_alloc(u32 destination_count);
struct pnf_config *pnf_config_copy(const struct pnf_config *config, u32 destination_count);
void pnf_config_free(struct pnf_config *config);
bool pnf_config_changes_records(const struct pnf_config *prev, const struct pnf_config *next);
struct pnf_config *pnf_config_default(void);
bool pnf_destination_equal(const struct pnf_destination *a,
			   const struct pnf_destination *b);
bool pnf_config_has_destination(const struct pnf_config *config,
				const struct pnf_destination *destination);

/**
 * pnf_config_has_metering() - whether packets are to be metered
 * @config: the settings
 */
static inline bool pnf_config_has_metering(const struct pnf_config *config)
{
	switch (config->metering) {
	case PNF_METERING_ON:
		return true;
	case PNF_METERING_OFF:
		return false;
	default:
		return config->destination_count;
	}
}

/**
 * pnf_config_timeout_minutes() - minutes between repetitions of Templates
 * @config: the settings
 *
 * RFC 6728 templateRefreshTimeout has 600 s for IPFIX; NetFlow v9 exporters use
 * 30 minutes.
 */
static inline u32 pnf_config_timeout_minutes(const struct pnf_config *config)
{
	if (config->timeout_rate)
		return config->timeout_rate;
	return config->protocol == 10 ? 10 : 30;
}

#endif /* PNF_CONFIG_H */
