// SPDX-License-Identifier: GPL-2.0-only
/*
 * ie.c - the one table of Information Elements
 *
 * A row says all there is to know of an element: its IANA number and name, the
 * field of struct pnf_record it is read from, its octets on the wire and which
 * layouts have it, for v9 and for IPFIX. A new element is a new row.
 *
 * Templates list elements in the order of the rows. Elements whose fields are
 * neighbours in struct pnf_record stand together, so that they are copied as one.
 */
#include <linux/kernel.h>
#include <linux/stddef.h>

#include "ie.h"
#include "types.h"

#define IPV4		PNF_LAYOUT_IPV4
#define IPV6		PNF_LAYOUT_IPV6
#define ANY		(PNF_LAYOUT_IPV4 | PNF_LAYOUT_IPV6)
#define PORTS		PNF_LAYOUT_PORTS
#define ICMP		PNF_LAYOUT_ICMP
#define ICMP6		PNF_LAYOUT_ICMP6
#define IGMP		PNF_LAYOUT_IGMP
#define IPSEC		PNF_LAYOUT_IPSEC

#define FIELD(_kind, _field)						\
	.kind = (_kind),						\
	.offset = offsetof(struct pnf_record, _field),			\
	.size = sizeof_field(struct pnf_record, _field)
#define OCTETS(_field)		FIELD(PNF_IE_OCTETS, _field)
#define UNSIGNED(_field)	FIELD(PNF_IE_UNSIGNED, _field)
#define UPTIME(_field)		FIELD(PNF_IE_UPTIME_MS, _field)
#define WALL(_field)		FIELD(PNF_IE_WALL_MS, _field)

#define V9(_octets, _layouts)						\
	.in[PNF_IE_V9] = { .octets = (_octets), .layouts = (_layouts) }
#define IPFIX(_octets, _layouts)					\
	.in[PNF_IE_IPFIX] = { .octets = (_octets), .layouts = (_layouts) }
const struct pnf_ie pnf_ies[] = {
	{ "sourceIPv4Address",        .id = 8,   OCTETS(saddr.v4), V9(4, IPV4), IPFIX(4, IPV4) },
	{ "destinationIPv4Address",   .id = 12,  OCTETS(daddr.v4), V9(4, IPV4), IPFIX(4, IPV4) },
	{ "ipNextHopIPv4Address",     .id = 15,  OCTETS(next_hop.v4), V9(4, IPV4), IPFIX(4, IPV4) },
	{ "sourceIPv6Address",        .id = 27,  OCTETS(saddr.v6), V9(16, IPV6), IPFIX(16, IPV6) },
	{ "destinationIPv6Address",   .id = 28,  OCTETS(daddr.v6), V9(16, IPV6), IPFIX(16, IPV6) },
	{ "ipNextHopIPv6Address",     .id = 62,  OCTETS(next_hop.v6),
	  V9(16, IPV6), IPFIX(16, IPV6) },

	/*
	 * ICMP's type and code: v9's ICMP_TYPE (RFC 3954 8) is that of both address families.
	 * Many collectors look for them in the destination port, as in v5.
	 */
	{ "sourceTransportPort",      .id = 7,   OCTETS(sport),
	  V9(2, PORTS | ICMP | ICMP6), IPFIX(2, PORTS) },
	{ "destinationTransportPort", .id = 11,  OCTETS(dport),
	  V9(2, PORTS | ICMP | ICMP6), IPFIX(2, PORTS) },
	{ "icmpTypeCodeIPv4",         .id = 32,  OCTETS(dport),
	  V9(2, ICMP | ICMP6), IPFIX(2, ICMP) },
	{ "icmpTypeCodeIPv6",         .id = 139, OCTETS(dport), IPFIX(2, ICMP6) },
	{ "IPSecSPI",                 .id = 295, OCTETS(spi), V9(4, IPSEC), IPFIX(4, IPSEC) },
	{ "igmpType",                 .id = 33,  OCTETS(igmp_type), V9(1, IGMP), IPFIX(1, IGMP) },
	{ "tcpControlBits",           .id = 6,   UNSIGNED(tcp_flags),
	  V9(1, PORTS), IPFIX(2, PORTS) },

	{ "ipVersion",                .id = 60,  OCTETS(version), V9(1, ANY), IPFIX(1, ANY) },
	{ "protocolIdentifier",       .id = 4,   OCTETS(protocol), V9(1, ANY), IPFIX(1, ANY) },
	{ "ipClassOfService",         .id = 5,   OCTETS(tos), V9(1, ANY), IPFIX(1, ANY) },
	{ "flowEndReason",            .id = 136, OCTETS(reason), IPFIX(1, ANY) },
	{ "ingressInterface",         .id = 10,  UNSIGNED(ingress), V9(4, ANY), IPFIX(4, ANY) },
	{ "egressInterface",          .id = 14,  UNSIGNED(egress), V9(4, ANY), IPFIX(4, ANY) },
	{ "packetDeltaCount",         .id = 2,   UNSIGNED(packets), V9(8, ANY), IPFIX(8, ANY) },
	{ "octetDeltaCount",          .id = 1,   UNSIGNED(octets), V9(8, ANY), IPFIX(8, ANY) },
	{ "flowStartSysUpTime",       .id = 22,  UPTIME(start_ns), V9(4, ANY) },
	{ "flowEndSysUpTime",         .id = 21,  UPTIME(end_ns), V9(4, ANY) },
	{ "flowStartMilliseconds",    .id = 152, WALL(start_ns), IPFIX(8, ANY) },
	{ "flowEndMilliseconds",      .id = 153, WALL(end_ns), IPFIX(8, ANY) },
};

const unsigned int pnf_ies_count = ARRAY_SIZE(pnf_ies);
