/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * pkt_netflow.h - generic netlink interface of the pkt_netflow flow exporter
 *
 * Family "pkt_netflow", version 1, multicast group "events". uapi/pkt_netflow.yaml
 * says the same as a YNL specification.
 *
 * Every command works on the network namespace of the netlink socket and needs
 * CAP_NET_ADMIN in the initial user namespace, since Flows are private. Listening
 * to the group needs it in the user namespace of the network namespace; events carry
 * no flow contents. Validation is strict: unknown attributes are refused. A
 * refusal carries an extended acknowledgement with a sentence, and the offset of
 * the attribute where one is at fault.
 *
 * A list is a repeated attribute of the same type. Integers are in host byte
 * order, except what is marked "be" (network byte order). u64 attributes may be
 * preceded by the PAD attribute of their set.
 *
 * Attributes, by command (do = request and reply, dump = multipart reply):
 *
 *   PNF_CMD_CONFIG_GET (dump)
 *     reply: PNF_CONFIG_* without _DEL and _FLUSH; the settings in the first
 *     message, list entries spread over as many messages as it takes. NLM_F_DUMP_INTR
 *     says that the configuration changed meanwhile: ask again.
 *   PNF_CMD_CONFIG_SET (do), answered by an acknowledgement
 *     request: any of PNF_CONFIG_*; one transaction: checked whole, then applied
 *     whole. What is absent stays as it is. A list is changed in this order:
 *     _FLUSH removes every entry, each _DEL one, each plain entry adds one.
 *     A destination keeps its Transport Session and counters through a change
 *     that leaves it in the list.
 *       PNF_CONFIG_DESTINATION, _DESTINATION_DEL
 *         PNF_DESTINATION_ADDRESS4 | PNF_DESTINATION_ADDRESS6, PNF_DESTINATION_PORT,
 *         [PNF_DESTINATION_SOURCE4 | PNF_DESTINATION_SOURCE6], [PNF_DESTINATION_DEVICE]
 *         and in _DESTINATION what a new one goes on with, as DESTINATION_GET told it:
 *         [PNF_DESTINATION_SEQUENCE_V5], [PNF_DESTINATION_SEQUENCE_V9],
 *         [PNF_DESTINATION_SEQUENCE_IPFIX], [PNF_DESTINATION_TEMPLATE_ID]
 *       PNF_CONFIG_POINT, _POINT_DEL
 *         PNF_POINT_KIND, [PNF_POINT_HOOKS] (absent: PNF_HOOKS_DEFAULT, in _POINT_DEL
 *         whatever hooks it has)
 *       PNF_CONFIG_AGGREGATION, _AGGREGATION_DEL; the order counts
 *         an address rule: PNF_AGGREGATION_ADDRESS4 | PNF_AGGREGATION_ADDRESS6,
 *         PNF_AGGREGATION_PREFIX, PNF_AGGREGATION_KEEP
 *         or a port rule: PNF_AGGREGATION_PORT_FIRST, PNF_AGGREGATION_PORT_LAST,
 *         PNF_AGGREGATION_PORT
 *       PNF_CONFIG_SNMP_RULE, _SNMP_RULE_DEL; the order counts
 *         PNF_SNMP_RULE_NAME, PNF_SNMP_RULE_BASE
 *       PNF_CONFIG_TEMPLATE, _TEMPLATE_DEL (by its name); the order counts: a Flow is
 *         told by the first Template all of whose elements it has, else by the default ones
 *         PNF_CONFIG_TEMPLATE_NAME, PNF_CONFIG_TEMPLATE_ELEMENT (list, the order counts)
 *     A change of the protocol, or of what is metered and how (fields, aggregation, index
 *     rules, sampler, Templates), first exports the Cache under the old settings.
 *   PNF_CMD_STATS_GET (do)
 *     reply: PNF_STATS_*
 *   PNF_CMD_STATS_RESET (do), answered by an acknowledgement
 *   PNF_CMD_DESTINATION_GET (dump)
 *     reply: one message per destination, PNF_DESTINATION_*
 *   PNF_CMD_CPU_GET (dump)
 *     reply: one message per possible CPU, PNF_CPU_*
 *   PNF_CMD_FLOW_GET (dump)
 *     reply: one message per Flow, PNF_FLOW_*: its Information Elements. Each Flow that is in the
 *     Cache from the first to the last message is there at least once.
 *   PNF_CMD_ELEMENT_GET (dump)
 *     reply: one message per Information Element that Flow Records can have, PNF_ELEMENT_*
 *   PNF_CMD_RULE_GET (dump)
 *     reply: one message per aggregation rule and per index rule, PNF_RULE_*
 *   PNF_CMD_TEMPLATE_GET (dump)
 *     reply: one message per live Template, PNF_TEMPLATE_*
 *   PNF_CMD_FLUSH (do), answered by an acknowledgement when all Flows have left the Cache; by
 *     ETIMEDOUT when destinations that lag were waited for in vain for 10 s, and what is left stays
 *     request: [PNF_FLUSH_DISCARD]
 *
 * Events of the group:
 *   PNF_CMD_CONFIG_NTF       PNF_CONFIG_GENERATION
 *   PNF_CMD_DESTINATION_NTF  PNF_DESTINATION_* of one that connected or failed
 *   PNF_CMD_CACHE_FULL_NTF   PNF_STATS_CACHE_FLOWS, PNF_STATS_CACHE_MAXFLOWS;
 *                            at most one a second
 */
#ifndef _UAPI_LINUX_PKT_NETFLOW_H
#define _UAPI_LINUX_PKT_NETFLOW_H

#define PNF_GENL_NAME		"pkt_netflow"
#define PNF_GENL_VERSION	1
#define PNF_MCGRP_EVENTS	"events"

enum pnf_cmd {
	PNF_CMD_UNSPEC,
	PNF_CMD_CONFIG_GET,
	PNF_CMD_CONFIG_SET,
	PNF_CMD_CONFIG_NTF,
	PNF_CMD_STATS_GET,
	PNF_CMD_STATS_RESET,
	PNF_CMD_DESTINATION_GET,
	PNF_CMD_DESTINATION_NTF,
	PNF_CMD_CPU_GET,
	PNF_CMD_FLOW_GET,
	PNF_CMD_TEMPLATE_GET,
	PNF_CMD_FLUSH,
	PNF_CMD_CACHE_FULL_NTF,
	PNF_CMD_ELEMENT_GET,
	PNF_CMD_RULE_GET,

	__PNF_CMD_MAX,
	PNF_CMD_MAX = __PNF_CMD_MAX - 1
};

/* PNF_CONFIG_METERING */
enum pnf_metering {
	PNF_METERING_AUTO,		/* on while there is a destination */
	PNF_METERING_ON,
	PNF_METERING_OFF,
};

/* PNF_POINT_KIND */
enum pnf_point_kind {
	PNF_POINT_KIND_INET = 1,	/* netfilter hooks of IPv4 and IPv6 */
};

/* PNF_POINT_HOOKS of an inet point: bits numbered as enum nf_inet_hooks */
#define PNF_HOOK_PREROUTING	(1U << 0)
#define PNF_HOOK_LOCAL_IN	(1U << 1)
#define PNF_HOOK_FORWARD	(1U << 2)
#define PNF_HOOK_LOCAL_OUT	(1U << 3)
#define PNF_HOOK_POSTROUTING	(1U << 4)
#define PNF_HOOKS_DEFAULT	(PNF_HOOK_LOCAL_IN | PNF_HOOK_FORWARD | PNF_HOOK_LOCAL_OUT)
#define PNF_HOOKS_ALL		0x1fU

#define PNF_DESTINATIONS_MAX	32	/* entries of the list of destinations */
#define PNF_AGGREGATIONS_MAX	1024	/* aggregation rules */
#define PNF_SNMP_RULES_MAX	1024	/* index rules */
#define PNF_TEMPLATES_NAMED_MAX	16	/* Templates by name */
#define PNF_TEMPLATE_ELEMENTS_MAX	64	/* elements of one of them */
#define PNF_TEMPLATE_NAME_MAX	31	/* octets of its name */
#define PNF_DOMAIN_NAME_MAX	64	/* octets of the Observation Domain's name */
#define PNF_MPLS_DEPTH_MAX	10	/* labels */
#define PNF_SAMPLER_MIN		2	/* one Flow in so many */
#define PNF_SAMPLER_MAX		16383	/* 14 bits in the header of v5 */

/* PNF_CONFIG_FIELDS: groups of Information Elements that are off unless asked for */
#define PNF_FIELD_MAC			(1U << 0)	/* MAC addresses; part of the Flow Key */
#define PNF_FIELD_VLAN			(1U << 1)	/* VLAN tags; part of the Flow Key */
#define PNF_FIELD_DIRECTION		(1U << 2)	/* flowDirection */
#define PNF_FIELD_PHYSDEV		(1U << 3)	/* physical interfaces */
#define PNF_FIELD_PHYSDEV_OVERRIDE	(1U << 4)	/* those in place of 10 and 14 */
#define PNF_FIELD_TTL			(1U << 5)	/* least and greatest TTL */
#define PNF_FIELD_LENGTH		(1U << 6)	/* least and greatest length */
#define PNF_FIELD_LAYER2		(1U << 7)	/* octets of layer 2 */
#define PNF_FIELD_NAT			(1U << 8)	/* addresses and ports after translation */
#define PNF_FIELD_VRF			(1U << 9)	/* VRFs and their name */
#define PNF_FIELD_MICROSECONDS		(1U << 10)	/* times in microseconds */
#define PNF_FIELD_NANOSECONDS		(1U << 11)	/* times in nanoseconds */
#define PNF_FIELD_DURATION		(1U << 12)	/* durations */
#define PNF_FIELDS_ALL			0x1fffU

/* PNF_SAMPLER_A_METHOD: selection of Flows, RFC 7014 */
enum pnf_sampler {
	PNF_SAMPLER_NONE,
	PNF_SAMPLER_DETERMINISTIC,	/* when exported: the first of each N */
	PNF_SAMPLER_RANDOM,		/* when exported: each with probability 1/N */
	PNF_SAMPLER_HASH,		/* by a keyed hash of the Flow Key, before the Cache */
};

/* PNF_CONFIG_DISTRIBUTION */
enum pnf_distribution {
	PNF_DISTRIBUTION_MIRROR,	/* each record to all destinations */
	PNF_DISTRIBUTION_BALANCE,	/* to one, by a hash of the Flow Key */
	PNF_DISTRIBUTION_FAILOVER,	/* to the first that works */
};

/* PNF_CONFIG_NAT_EVENT_CODES */
enum pnf_nat_event_codes {
	PNF_NAT_EVENT_CODES_RFC8158,	/* 4 and 5 for NAT44, else 1 and 2 */
	PNF_NAT_EVENT_CODES_LEGACY,	/* 1 and 2 for all */
};

/* PNF_CMD_CONFIG_GET, _SET, _NTF */
enum pnf_config_attr {
	PNF_CONFIG_UNSPEC,
	PNF_CONFIG_PAD,
	PNF_CONFIG_GENERATION,		/* u32, read only: counts changes */
	PNF_CONFIG_METERING,		/* u8, enum pnf_metering */
	PNF_CONFIG_PROTOCOL,		/* u8: 5, 9 or 10 (IPFIX) */
	PNF_CONFIG_ACTIVE_TIMEOUT,	/* u32 seconds, 1..604800 */
	PNF_CONFIG_INACTIVE_TIMEOUT,	/* u32 seconds, 1..604800 */
	PNF_CONFIG_REFRESH_RATE,	/* u32 messages, 1..1000000 */
	PNF_CONFIG_TIMEOUT_RATE,	/* u32 minutes, 1..10080; 0: 30 (v9), 10 (IPFIX) */
	PNF_CONFIG_SNDBUF,		/* u32 octets, 1..1073741824; 0: the system's default */
	PNF_CONFIG_HASHSIZE,		/* u32 buckets to start with, 1..67108864; 0: automatic */
	PNF_CONFIG_MAXFLOWS,		/* u32 Flows, 0: unlimited */
	PNF_CONFIG_SCAN_MIN,		/* u32 units of 10 ms, 1..6000 */
	PNF_CONFIG_EXPORTCPU,		/* s32 CPU of the exporter, not below -1: any */
	PNF_CONFIG_ENGINE_ID,		/* u32 Observation Domain ID */
	PNF_CONFIG_DEBUG,		/* u32, 0..2: quiet, sessions, also the Cache */
	PNF_CONFIG_INET_PRIORITY,	/* s32 netfilter priority of inet points */
	PNF_CONFIG_DESTINATION,		/* nest list, enum pnf_destination_attr */
	PNF_CONFIG_DESTINATION_DEL,	/* nest list, set only */
	PNF_CONFIG_DESTINATION_FLUSH,	/* flag, set only */
	PNF_CONFIG_POINT,		/* nest list, enum pnf_point_attr */
	PNF_CONFIG_POINT_DEL,		/* nest list, set only */
	PNF_CONFIG_POINT_FLUSH,		/* flag, set only */
	PNF_CONFIG_FIELDS,		/* u32, PNF_FIELD_* */
	PNF_CONFIG_MPLS_DEPTH,		/* u8 labels, 0..10; 0: none; part of the Flow Key */
	PNF_CONFIG_SAMPLER,		/* nest, enum pnf_sampler_attr */
	PNF_CONFIG_AGGREGATION,		/* nest list, enum pnf_aggregation_attr */
	PNF_CONFIG_AGGREGATION_DEL,	/* nest list, set only */
	PNF_CONFIG_AGGREGATION_FLUSH,	/* flag, set only */
	PNF_CONFIG_SNMP_RULE,		/* nest list, enum pnf_snmp_rule_attr */
	PNF_CONFIG_SNMP_RULE_DEL,	/* nest list, set only */
	PNF_CONFIG_SNMP_RULE_FLUSH,	/* flag, set only */
	PNF_CONFIG_TEMPLATE,		/* nest list, enum pnf_config_template_attr */
	PNF_CONFIG_TEMPLATE_DEL,	/* nest list, set only */
	PNF_CONFIG_TEMPLATE_FLUSH,	/* flag, set only */
	PNF_CONFIG_RANDOM_TEMPLATE_IDS,	/* u8: 1: Template IDs do not start at 256 */
	PNF_CONFIG_COMPAT_SAMPLING,	/* u8: 1: sampling is also told by 34 and 35 */
	PNF_CONFIG_DOMAIN_NAME,		/* string, observationDomainName; empty: the host's name */
	PNF_CONFIG_NATEVENTS,		/* u8: 1: export NAT events */
	PNF_CONFIG_NAT_EVENT_CODES,	/* u8, enum pnf_nat_event_codes */
	PNF_CONFIG_DISTRIBUTION,	/* u8, enum pnf_distribution */
	PNF_CONFIG_DSCP,		/* u8, 0..63, of messages */
	PNF_CONFIG_SOURCE_PORT,		/* u16 of messages, 0: any */
	PNF_CONFIG_MAX_MESSAGE,		/* u32 octets, headers included, 512..65535; 0: 1280 */
	PNF_CONFIG_EXPORT_DELAY,	/* u32 ms that a record waits for others, 0..60000 */

	__PNF_CONFIG_MAX,
	PNF_CONFIG_MAX = __PNF_CONFIG_MAX - 1
};

enum pnf_point_attr {
	PNF_POINT_UNSPEC,
	PNF_POINT_KIND,			/* u32, enum pnf_point_kind */
	PNF_POINT_HOOKS,		/* u32, 1..31: PNF_HOOK_* */

	__PNF_POINT_MAX,
	PNF_POINT_MAX = __PNF_POINT_MAX - 1
};

enum pnf_sampler_attr {
	PNF_SAMPLER_A_UNSPEC,
	PNF_SAMPLER_A_METHOD,		/* u8, enum pnf_sampler */
	PNF_SAMPLER_A_INTERVAL,		/* u32 N, 2..16383: one Flow in N */

	__PNF_SAMPLER_A_MAX,
	PNF_SAMPLER_A_MAX = __PNF_SAMPLER_A_MAX - 1
};

enum pnf_aggregation_attr {
	PNF_AGGREGATION_UNSPEC,
	PNF_AGGREGATION_ADDRESS4,	/* be32 */
	PNF_AGGREGATION_ADDRESS6,	/* 16 octets */
	PNF_AGGREGATION_PREFIX,		/* u8 bits of it that count */
	PNF_AGGREGATION_KEEP,		/* u8 bits that an address within keeps */
	PNF_AGGREGATION_PORT_FIRST,	/* u16, host byte order like the next two */
	PNF_AGGREGATION_PORT_LAST,	/* u16 */
	PNF_AGGREGATION_PORT,		/* u16 that stands for them */

	__PNF_AGGREGATION_MAX,
	PNF_AGGREGATION_MAX = __PNF_AGGREGATION_MAX - 1
};

enum pnf_snmp_rule_attr {
	PNF_SNMP_RULE_UNSPEC,
	PNF_SNMP_RULE_NAME,		/* string that names of interfaces begin with */
	PNF_SNMP_RULE_BASE,		/* u32: the number that ends the name is added */

	__PNF_SNMP_RULE_MAX,
	PNF_SNMP_RULE_MAX = __PNF_SNMP_RULE_MAX - 1
};

enum pnf_config_template_attr {
	PNF_CONFIG_TEMPLATE_UNSPEC,
	PNF_CONFIG_TEMPLATE_NAME,	/* string */
	PNF_CONFIG_TEMPLATE_ELEMENT,	/* u16 list: numbers of PNF_CMD_ELEMENT_GET */

	__PNF_CONFIG_TEMPLATE_A_MAX,
	PNF_CONFIG_TEMPLATE_A_MAX = __PNF_CONFIG_TEMPLATE_A_MAX - 1
};

/*
 * The first six identify a destination and may be set, the rest is state. Of that a new
 * destination can be given the last four: numbers that it goes on with. IPFIX does so
 * from PNF_CONFIG_SOURCE_PORT only: from any other port its sequence begins with 0.
 */
enum pnf_destination_attr {
	PNF_DESTINATION_UNSPEC,
	PNF_DESTINATION_PAD,
	PNF_DESTINATION_ADDRESS4,	/* be32 */
	PNF_DESTINATION_ADDRESS6,	/* 16 octets */
	PNF_DESTINATION_PORT,		/* be16, not 0 */
	PNF_DESTINATION_SOURCE4,	/* be32 local address */
	PNF_DESTINATION_SOURCE6,	/* 16 octets, local address */
	PNF_DESTINATION_DEVICE,		/* string, device to send through */
	PNF_DESTINATION_CONNECTED,	/* u8: 0 or 1 */
	PNF_DESTINATION_ATTEMPTS,	/* u64 attempts to connect */
	PNF_DESTINATION_MESSAGES,	/* u64 messages the stack took */
	PNF_DESTINATION_MESSAGE_OCTETS,	/* u64 UDP payload of those */
	PNF_DESTINATION_DATA_RECORDS,	/* u64 Data Records in those */
	PNF_DESTINATION_FLOW_RECORDS,	/* u64 Flow Records in those */
	PNF_DESTINATION_QUEUED_RECORDS,	/* u64 Flow Records waiting here */
	PNF_DESTINATION_NOT_SENT_FLOWS,	/* u64 Flow Records not sent from here */
	PNF_DESTINATION_NOT_SENT_PACKETS,	/* u64 */
	PNF_DESTINATION_NOT_SENT_OCTETS,	/* u64 */
	PNF_DESTINATION_LOST_MESSAGES,	/* u64 messages that the stack did not take */
	PNF_DESTINATION_ERR_SEND_BUFFER_FULL,	/* u64 messages not taken: no room */
	PNF_DESTINATION_ERR_CONNECT,	/* u64 failed attempts to connect */
	PNF_DESTINATION_ERR_REFUSED,	/* u64 ICMP port unreachable reports */
	PNF_DESTINATION_ERR_TOO_BIG,	/* u64 messages too big for the path, encoded again */
	PNF_DESTINATION_ERR_OTHER,	/* u64 other errors and ICMP reports */
	PNF_DESTINATION_LAST_ERROR,	/* u32 errno, 0: none */
	PNF_DESTINATION_SEND_BUFFER,	/* u32 octets */
	PNF_DESTINATION_SEND_BUFFER_USED,	/* u32 octets now */
	PNF_DESTINATION_SEND_BUFFER_PEAK,	/* u32 octets */
	PNF_DESTINATION_LOST_NOT_CONNECTED,	/* u64 of the lost messages: no connection */
	PNF_DESTINATION_LOST_OTHER,	/* u64 of the lost messages: other errors */
	PNF_DESTINATION_LOSS_FIRST_TIME,	/* u64 ns since 1970, 0: nothing was lost */
	PNF_DESTINATION_LOSS_LAST_TIME,	/* u64 ns since 1970, 0: nothing was lost */
	PNF_DESTINATION_SEQUENCE_V5,	/* u32 sequence number of the next message */
	PNF_DESTINATION_SEQUENCE_V9,	/* u32 */
	PNF_DESTINATION_SEQUENCE_IPFIX,	/* u32 */
	PNF_DESTINATION_TEMPLATE_ID,	/* u16, from 256, of the next Template; absent: any */

	__PNF_DESTINATION_MAX,
	PNF_DESTINATION_MAX = __PNF_DESTINATION_MAX - 1
};

/* Why a packet was observed and not metered; attribute types in PNF_*_IGNORED */
enum pnf_ignored {
	PNF_IGNORED_UNSPEC,
	PNF_IGNORED_TRUNCATED,		/* a header is shorter than it claims */
	PNF_IGNORED_NOT_IP,		/* neither IPv4 nor IPv6 */
	PNF_IGNORED_NO_MEMORY,		/* no memory for a new Flow */
	PNF_IGNORED_MAX_FLOWS,		/* the Cache is full */
	PNF_IGNORED_FILTERED,		/* left out by configuration */

	__PNF_IGNORED_MAX,
	PNF_IGNORED_MAX = __PNF_IGNORED_MAX - 1
};

/* One reason of PNF_STATS_IGNORED and PNF_CPU_IGNORED */
enum pnf_ignored_attr {
	PNF_IGNORED_A_UNSPEC,
	PNF_IGNORED_A_PAD,
	PNF_IGNORED_A_REASON,		/* u32, enum pnf_ignored */
	PNF_IGNORED_A_PACKETS,		/* u64 */
	PNF_IGNORED_A_OCTETS,		/* u64 */

	__PNF_IGNORED_A_MAX,
	PNF_IGNORED_A_MAX = __PNF_IGNORED_A_MAX - 1
};

/* PNF_CMD_STATS_GET. Times of day are ns since 1970; metrics hundredths */
enum pnf_stats_attr {
	PNF_STATS_UNSPEC,
	PNF_STATS_PAD,
	PNF_STATS_MODULE_VERSION,	/* string */
	PNF_STATS_MODULE_SRCVERSION,	/* string */
	PNF_STATS_MODULE_LOAD_TIME,	/* u64 ns */
	PNF_STATS_RESET_TIME,		/* u64 ns, 0: never */
	PNF_STATS_METERING,		/* u8: 1 while the hooks are in place */

	PNF_STATS_CACHE_FLOWS,		/* u32 */
	PNF_STATS_CACHE_MAXFLOWS,	/* u32 */
	PNF_STATS_CACHE_FLOWS_PEAK,	/* u32 */
	PNF_STATS_CACHE_FLOWS_PEAK_TIME,	/* u64 ns, 0: no Flow yet */
	PNF_STATS_CACHE_PACKETS,	/* u64 in the Cache now */
	PNF_STATS_CACHE_OCTETS,		/* u64 in the Cache now */
	PNF_STATS_CACHE_MEMORY,		/* u64 octets of Flows and table */
	PNF_STATS_CACHE_BUCKETS,	/* u32 */
	PNF_STATS_CACHE_RESIZES,	/* u64 */
	PNF_STATS_CACHE_METRIC,		/* u32: Flows compared per look-up */
	PNF_STATS_CACHE_METRIC_M1,	/* u32 */
	PNF_STATS_CACHE_METRIC_M5,	/* u32 */
	PNF_STATS_CACHE_METRIC_M15,	/* u32 */

	PNF_STATS_OBSERVED_PACKETS,	/* u64 */
	PNF_STATS_OBSERVED_OCTETS,	/* u64 */
	PNF_STATS_METERED_PACKETS,	/* u64 */
	PNF_STATS_METERED_OCTETS,	/* u64 */
	PNF_STATS_FLOWS_CREATED,	/* u64 */
	PNF_STATS_IGNORED_PACKETS,	/* u64 */
	PNF_STATS_IGNORED_OCTETS,	/* u64 */
	PNF_STATS_IGNORED,		/* nest list, enum pnf_ignored_attr */
	PNF_STATS_FRAGMENTS,		/* u64 packets, metered all the same */

	PNF_STATS_RATE_BITS_S1,		/* u64 per second */
	PNF_STATS_RATE_BITS_M1,		/* u64 */
	PNF_STATS_RATE_BITS_M5,		/* u64 */
	PNF_STATS_RATE_PACKETS_S1,	/* u64 */
	PNF_STATS_RATE_PACKETS_M1,	/* u64 */
	PNF_STATS_RATE_PACKETS_M5,	/* u64 */

	PNF_STATS_MESSAGES,		/* u64, sum over all destinations ever */
	PNF_STATS_MESSAGE_OCTETS,	/* u64 */
	PNF_STATS_DATA_RECORDS,		/* u64 */
	PNF_STATS_FLOW_RECORDS,		/* u64 Flows that a destination took */
	PNF_STATS_EXPORTED_PACKETS,	/* u64 */
	PNF_STATS_EXPORTED_OCTETS,	/* u64 */
	PNF_STATS_QUEUED_PACKETS,	/* u64 */
	PNF_STATS_QUEUED_OCTETS,	/* u64 */
	PNF_STATS_NOT_SENT_FLOWS,	/* u64 Flows that no destination took */
	PNF_STATS_NOT_SENT_PACKETS,	/* u64 */
	PNF_STATS_NOT_SENT_OCTETS,	/* u64 */
	PNF_STATS_UNSUPPORTED_FLOWS,	/* u64 of those, not expressible in the protocol */
	PNF_STATS_UNTOLD_INTERFACES,	/* u64 Flow Records of v5 with an ifindex over 65535 */
	PNF_STATS_DISCARDED_FLOWS,	/* u64 */
	PNF_STATS_DISCARDED_PACKETS,	/* u64 */
	PNF_STATS_DISCARDED_OCTETS,	/* u64 */
	PNF_STATS_END_REASON_IDLE,	/* u64 Flows that ended for flowEndReason 1 */
	PNF_STATS_END_REASON_ACTIVE,	/* u64, 2 */
	PNF_STATS_END_REASON_END,	/* u64, 3 */
	PNF_STATS_END_REASON_FORCED,	/* u64, 4, those discarded included */
	PNF_STATS_END_REASON_RESOURCES,	/* u64, 5 */

	PNF_STATS_IGNORED_FIRST_TIME,	/* u64 ns, 0: nothing; not of not_ip, filtered */
	PNF_STATS_IGNORED_LAST_TIME,	/* u64 ns since 1970 */
	PNF_STATS_NOT_SENT_FIRST_TIME,	/* u64 ns since 1970, 0: nothing */
	PNF_STATS_NOT_SENT_LAST_TIME,	/* u64 ns since 1970 */

	PNF_STATS_SAMPLER,		/* nest, enum pnf_sampler_attr */
	PNF_STATS_FLOWS_OBSERVED,	/* u64 by the sampler; absent: it cannot know */
	PNF_STATS_FLOWS_SELECTED,	/* u64 */
	PNF_STATS_UNSELECTED_PACKETS,	/* u64 */
	PNF_STATS_UNSELECTED_OCTETS,	/* u64 */

	PNF_STATS_NAT_CREATED,		/* u64 translations that began */
	PNF_STATS_NAT_DELETED,		/* u64 translations that ended */
	PNF_STATS_NAT_LOST,		/* u64 events that were not exported */

	__PNF_STATS_MAX,
	PNF_STATS_MAX = __PNF_STATS_MAX - 1
};

/* PNF_CMD_CPU_GET */
enum pnf_cpu_attr {
	PNF_CPU_UNSPEC,
	PNF_CPU_PAD,
	PNF_CPU_ID,			/* u32 */
	PNF_CPU_PACKETS,		/* u64 metered */
	PNF_CPU_OCTETS,			/* u64 metered */
	PNF_CPU_FLOWS_CREATED,		/* u64 */
	PNF_CPU_SEARCHED,		/* u64 Flows compared */
	PNF_CPU_FOUND,			/* u64 look-ups that found a Flow */
	PNF_CPU_METRIC,			/* u32 hundredths: Flows compared per look-up */
	PNF_CPU_FRAGMENTS,		/* u64 */
	PNF_CPU_IGNORED_PACKETS,	/* u64 */
	PNF_CPU_IGNORED_OCTETS,		/* u64 */
	PNF_CPU_IGNORED,		/* nest list, enum pnf_ignored_attr */

	__PNF_CPU_MAX,
	PNF_CPU_MAX = __PNF_CPU_MAX - 1
};

/* PNF_CMD_FLOW_GET; what a Flow does not have is absent */
enum pnf_flow_attr {
	PNF_FLOW_UNSPEC,
	PNF_FLOW_ELEMENT,		/* nest list, enum pnf_flow_element_attr */

	__PNF_FLOW_MAX,
	PNF_FLOW_MAX = __PNF_FLOW_MAX - 1
};

enum pnf_flow_element_attr {
	PNF_FLOW_ELEMENT_UNSPEC,
	PNF_FLOW_ELEMENT_ID,		/* u16, as in PNF_CMD_ELEMENT_GET */
	PNF_FLOW_ELEMENT_VALUE,		/* octets, as IPFIX has them */

	__PNF_FLOW_ELEMENT_MAX,
	PNF_FLOW_ELEMENT_MAX = __PNF_FLOW_ELEMENT_MAX - 1
};

/* PNF_CMD_TEMPLATE_GET */
enum pnf_template_attr {
	PNF_TEMPLATE_UNSPEC,
	PNF_TEMPLATE_PAD,
	PNF_TEMPLATE_ID,		/* u16, from 256 */
	PNF_TEMPLATE_PROTOCOL,		/* u8: 9 or 10 */
	PNF_TEMPLATE_SENT,		/* u64 times, over all destinations */
	PNF_TEMPLATE_RECORDS,		/* u64 Data Records sent, over all destinations */
	PNF_TEMPLATE_RECORD_OCTETS,	/* u32 octets of a Data Record */
	PNF_TEMPLATE_ELEMENT,		/* nest list in order, enum pnf_element_attr */
	PNF_TEMPLATE_NAME,		/* string, of one with a name */
	PNF_TEMPLATE_SCOPES,		/* u8: so many first elements are the scope; absent: none */

	__PNF_TEMPLATE_MAX,
	PNF_TEMPLATE_MAX = __PNF_TEMPLATE_MAX - 1
};

/* IANA's abstract data types (RFC 7012 3.1), as far as they are used */
enum pnf_element_type {
	PNF_ELEMENT_OCTET_ARRAY,
	PNF_ELEMENT_UNSIGNED,
	PNF_ELEMENT_BOOLEAN,		/* 1: true, 2: false */
	PNF_ELEMENT_MAC_ADDRESS,
	PNF_ELEMENT_IPV4_ADDRESS,
	PNF_ELEMENT_IPV6_ADDRESS,
	PNF_ELEMENT_STRING,
	PNF_ELEMENT_SECONDS,
	PNF_ELEMENT_MILLISECONDS,
	PNF_ELEMENT_MICROSECONDS,	/* NTP timestamp */
	PNF_ELEMENT_NANOSECONDS,	/* NTP timestamp */
	PNF_ELEMENT_FLOAT64,
};

/* PNF_CMD_ELEMENT_GET, PNF_TEMPLATE_ELEMENT */
enum pnf_element_attr {
	PNF_ELEMENT_UNSPEC,
	PNF_ELEMENT_ID,			/* u16 */
	PNF_ELEMENT_ENTERPRISE,		/* u32, absent: IANA's */
	PNF_ELEMENT_OCTETS,		/* u16 in the Template; PNF_CMD_ELEMENT_GET: in IPFIX */
	PNF_ELEMENT_NAME,		/* string, IANA's */
	PNF_ELEMENT_TYPE,		/* u8, enum pnf_element_type */
	PNF_ELEMENT_OCTETS_V9,		/* u16 in NetFlow v9, absent: it is not told there */
	PNF_ELEMENT_FIELDS,		/* u32, PNF_FIELD_* that bring it, absent: always there */

	__PNF_ELEMENT_MAX,
	PNF_ELEMENT_MAX = __PNF_ELEMENT_MAX - 1
};

/* PNF_CMD_RULE_GET: one of the first two */
enum pnf_rule_attr {
	PNF_RULE_UNSPEC,
	PNF_RULE_PAD,
	PNF_RULE_AGGREGATION,		/* nest, enum pnf_aggregation_attr */
	PNF_RULE_SNMP,			/* nest, enum pnf_snmp_rule_attr */
	PNF_RULE_MATCHED,		/* u64 times that it decided */

	__PNF_RULE_MAX,
	PNF_RULE_MAX = __PNF_RULE_MAX - 1
};

/* PNF_CMD_FLUSH */
enum pnf_flush_attr {
	PNF_FLUSH_UNSPEC,
	PNF_FLUSH_DISCARD,		/* flag: drop the Flows instead of exporting them */

	__PNF_FLUSH_MAX,
	PNF_FLUSH_MAX = __PNF_FLUSH_MAX - 1
};

#endif /* _UAPI_LINUX_PKT_NETFLOW_H */
