// SPDX-License-Identifier: GPL-2.0-only
/*
 * ie.c - the one table of Information Elements
 *
 * A row says all there is to know of an element: its IANA number, name and type, the
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
#define MPLS(_n)	PNF_LAYOUT_MPLS(_n)

/* Of the Flow Key: what it tells is the same for all packets of a Flow, and tells Flows apart. */
#define KEY(_id)	.id = (_id), .is_key = true

#define FIELD(_kind, _field)						\
	.kind = (_kind),						\
	.offset = offsetof(struct pnf_record, _field),			\
	.size = sizeof_field(struct pnf_record, _field)
#define UNSIGNED(_field)	.type = PNF_ELEMENT_UNSIGNED, FIELD(PNF_IE_UNSIGNED, _field)
/* Of one octet, or in network order */
#define WIRE(_field)		.type = PNF_ELEMENT_UNSIGNED, FIELD(PNF_IE_OCTETS, _field)
#define BOOLEAN(_field)		.type = PNF_ELEMENT_BOOLEAN, FIELD(PNF_IE_BOOLEAN, _field)
#define ADDRESS4(_field)	.type = PNF_ELEMENT_IPV4_ADDRESS, FIELD(PNF_IE_OCTETS, _field)
#define ADDRESS6(_field)	.type = PNF_ELEMENT_IPV6_ADDRESS, FIELD(PNF_IE_OCTETS, _field)
#define MAC(_field)		.type = PNF_ELEMENT_MAC_ADDRESS, FIELD(PNF_IE_OCTETS, _field)
#define STRING(_field)		.type = PNF_ELEMENT_STRING, FIELD(PNF_IE_OCTETS, _field)
#define OCTETS(_field)		.type = PNF_ELEMENT_OCTET_ARRAY, FIELD(PNF_IE_OCTETS, _field)
#define UPTIME(_field)		.type = PNF_ELEMENT_UNSIGNED, FIELD(PNF_IE_UPTIME_MS, _field)
#define WALL_MS(_field)		.type = PNF_ELEMENT_MILLISECONDS, FIELD(PNF_IE_WALL_MS, _field)
#define WALL_US(_field)		.type = PNF_ELEMENT_MICROSECONDS, FIELD(PNF_IE_WALL_US, _field)
#define WALL_NS(_field)		.type = PNF_ELEMENT_NANOSECONDS, FIELD(PNF_IE_WALL_NS, _field)
#define SPAN_MS(_field)		.type = PNF_ELEMENT_UNSIGNED, FIELD(PNF_IE_SPAN_MS, _field)
#define SPAN_US(_field)		.type = PNF_ELEMENT_UNSIGNED, FIELD(PNF_IE_SPAN_US, _field)

#define V9(_octets, _layouts)						\
	.in[PNF_IE_V9] = { .octets = (_octets), .layouts = (_layouts) }
#define IPFIX(_octets, _layouts)					\
	.in[PNF_IE_IPFIX] = { .octets = (_octets), .layouts = (_layouts) }
#define BOTH(_octets, _layouts)						\
	.in[PNF_IE_V9 ... PNF_IE_IPFIX] = { .octets = (_octets), .layouts = (_layouts) }

const struct pnf_ie pnf_ies[] = {
	{ "sourceIPv4Address", KEY(8), ADDRESS4(saddr.v4), BOTH(4, IPV4) },
	{ "destinationIPv4Address", KEY(12), ADDRESS4(daddr.v4), BOTH(4, IPV4) },
	{ "ipNextHopIPv4Address", .id = 15, ADDRESS4(next_hop.v4), BOTH(4, IPV4) },
	{ "sourceIPv6Address", KEY(27), ADDRESS6(saddr.v6), BOTH(16, IPV6) },
	{ "destinationIPv6Address", KEY(28), ADDRESS6(daddr.v6), BOTH(16, IPV6) },
	{ "ipNextHopIPv6Address", .id = 62, ADDRESS6(next_hop.v6), BOTH(16, IPV6) },

	/*
	 * ICMP's type and code: v9's ICMP_TYPE (RFC 3954 8) is that of both address families.
	 * Many collectors look for them in the destination port, as in v5.
	 */
	{ "sourceTransportPort", KEY(7), WIRE(sport),
	  V9(2, PORTS | ICMP | ICMP6), IPFIX(2, PORTS) },
	{ "destinationTransportPort", KEY(11), WIRE(dport),
	  V9(2, PORTS | ICMP | ICMP6), IPFIX(2, PORTS) },
	{ "icmpTypeCodeIPv4", KEY(32), WIRE(dport), V9(2, ICMP | ICMP6), IPFIX(2, ICMP) },
	{ "icmpTypeCodeIPv6", KEY(139), WIRE(dport), IPFIX(2, ICMP6) },
	{ "IPSecSPI", KEY(295), WIRE(spi), BOTH(4, IPSEC) },
	{ "igmpType", KEY(33), WIRE(igmp_type), BOTH(1, IGMP) },
	{ "tcpControlBits", .id = 6, UNSIGNED(tcp_flags), V9(1, PORTS), IPFIX(2, PORTS) },

	{ "ipVersion", KEY(60), WIRE(version), BOTH(1, ANY) },
	{ "protocolIdentifier", KEY(4), WIRE(protocol), BOTH(1, ANY) },
	{ "ipClassOfService", KEY(5), WIRE(tos), BOTH(1, ANY) },
	{ "flowEndReason", .id = 136, WIRE(reason), IPFIX(1, ANY) },
	{ "ingressInterface", KEY(10), UNSIGNED(ingress), BOTH(4, ANY) },
	{ "egressInterface", .id = 14, UNSIGNED(egress), BOTH(4, ANY) },
	{ "packetDeltaCount", .id = 2, UNSIGNED(packets), BOTH(8, ANY) },
	{ "octetDeltaCount", .id = 1, UNSIGNED(octets), BOTH(8, ANY) },
	{ "flowStartSysUpTime", .id = 22, UPTIME(start_ns), V9(4, ANY) },
	{ "flowEndSysUpTime", .id = 21, UPTIME(end_ns), V9(4, ANY) },
	{ "flowStartMilliseconds", .id = 152, WALL_MS(start_ns), IPFIX(8, ANY) },
	{ "flowEndMilliseconds", .id = 153, WALL_MS(end_ns), IPFIX(8, ANY) },

	{ "flowStartMicroseconds", .id = 154, WALL_US(start_ns), BOTH(8, PNF_LAYOUT_MICROSECONDS) },
	{ "flowEndMicroseconds", .id = 155, WALL_US(end_ns), BOTH(8, PNF_LAYOUT_MICROSECONDS) },
	{ "flowStartNanoseconds", .id = 156, WALL_NS(start_ns), BOTH(8, PNF_LAYOUT_NANOSECONDS) },
	{ "flowEndNanoseconds", .id = 157, WALL_NS(end_ns), BOTH(8, PNF_LAYOUT_NANOSECONDS) },
	{ "flowDurationMilliseconds", .id = 161, SPAN_MS(more.duration_ns),
	  BOTH(4, PNF_LAYOUT_DURATION) },
	{ "flowDurationMicroseconds", .id = 162, SPAN_US(more.duration_ns),
	  BOTH(4, PNF_LAYOUT_DURATION) },

	{ "ipv4Options", .id = 208, UNSIGNED(ip_options), BOTH(4, PNF_LAYOUT_IPV4_OPTIONS) },
	{ "ipv6ExtensionHeaders", .id = 64, UNSIGNED(ip_options),
	  BOTH(4, PNF_LAYOUT_IPV6_EXTENSIONS) },
	{ "tcpOptions", .id = 209, UNSIGNED(tcp_options), BOTH(8, PNF_LAYOUT_TCP_OPTIONS) },
	{ "flowLabelIPv6", .id = 31, UNSIGNED(flow_label),
	  V9(3, PNF_LAYOUT_FLOW_LABEL), IPFIX(4, PNF_LAYOUT_FLOW_LABEL) },
	{ "sourceIPv4PrefixLength", .id = 9, WIRE(source_prefix),
	  BOTH(1, PNF_LAYOUT_SOURCE_PREFIX_IPV4) },
	{ "destinationIPv4PrefixLength", .id = 13, WIRE(destination_prefix),
	  BOTH(1, PNF_LAYOUT_DESTINATION_PREFIX_IPV4) },
	{ "sourceIPv6PrefixLength", .id = 29, WIRE(source_prefix),
	  BOTH(1, PNF_LAYOUT_SOURCE_PREFIX_IPV6) },
	{ "destinationIPv6PrefixLength", .id = 30, WIRE(destination_prefix),
	  BOTH(1, PNF_LAYOUT_DESTINATION_PREFIX_IPV6) },
	{ "samplerId", .id = 48, WIRE(sampler_id), V9(1, PNF_LAYOUT_SAMPLER) },
	{ "selectorId", .id = 302, WIRE(sampler_id), IPFIX(1, PNF_LAYOUT_SAMPLER) },

	{ "ingressPhysicalInterface", .id = 252, UNSIGNED(more.physical_ingress),
	  BOTH(4, PNF_LAYOUT_PHYSDEV) },
	{ "egressPhysicalInterface", .id = 253, UNSIGNED(more.physical_egress),
	  BOTH(4, PNF_LAYOUT_PHYSDEV) },
	{ "destinationMacAddress", KEY(80), MAC(more.destination_mac), BOTH(6, PNF_LAYOUT_MAC) },
	{ "sourceMacAddress", KEY(56), MAC(more.source_mac), BOTH(6, PNF_LAYOUT_MAC) },
	{ "ethernetType", .id = 256, WIRE(more.ethertype), BOTH(2, PNF_LAYOUT_ETHERTYPE) },
	{ "vlanId", KEY(58), UNSIGNED(more.vlan_id[0]), V9(2, PNF_LAYOUT_VLAN) },
	{ "dot1qVlanId", KEY(243), UNSIGNED(more.vlan_id[0]), IPFIX(2, PNF_LAYOUT_VLAN) },
	{ "dot1qPriority", KEY(244), WIRE(more.vlan_priority[0]), IPFIX(1, PNF_LAYOUT_VLAN) },
	{ "dot1qDEI", KEY(388), BOOLEAN(more.vlan_dei[0]), IPFIX(1, PNF_LAYOUT_VLAN) },
	{ "dot1qCustomerVlanId", KEY(245), UNSIGNED(more.vlan_id[1]),
	  BOTH(2, PNF_LAYOUT_VLAN_INNER) },
	{ "dot1qCustomerPriority", KEY(246), WIRE(more.vlan_priority[1]),
	  IPFIX(1, PNF_LAYOUT_VLAN_INNER) },
	{ "dot1qCustomerDEI", KEY(389), BOOLEAN(more.vlan_dei[1]),
	  IPFIX(1, PNF_LAYOUT_VLAN_INNER) },
	{ "postDot1qVlanId", .id = 254, UNSIGNED(more.post_vlan_id[0]),
	  BOTH(2, PNF_LAYOUT_POST_VLAN) },
	{ "postDot1qCustomerVlanId", .id = 255, UNSIGNED(more.post_vlan_id[1]),
	  BOTH(2, PNF_LAYOUT_POST_VLAN_INNER) },
	/* What is told of an entry has no TTL, but for the first. */
	{ "mplsTopLabelTTL", KEY(200), WIRE(more.label_ttl), BOTH(1, MPLS(0)) },
	{ "mplsTopLabelStackSection", KEY(70), OCTETS(more.label[0]), BOTH(3, MPLS(0)) },
	{ "mplsLabelStackSection2", KEY(71), OCTETS(more.label[1]), BOTH(3, MPLS(1)) },
	{ "mplsLabelStackSection3", KEY(72), OCTETS(more.label[2]), BOTH(3, MPLS(2)) },
	{ "mplsLabelStackSection4", KEY(73), OCTETS(more.label[3]), BOTH(3, MPLS(3)) },
	{ "mplsLabelStackSection5", KEY(74), OCTETS(more.label[4]), BOTH(3, MPLS(4)) },
	{ "mplsLabelStackSection6", KEY(75), OCTETS(more.label[5]), BOTH(3, MPLS(5)) },
	{ "mplsLabelStackSection7", KEY(76), OCTETS(more.label[6]), BOTH(3, MPLS(6)) },
	{ "mplsLabelStackSection8", KEY(77), OCTETS(more.label[7]), BOTH(3, MPLS(7)) },
	{ "mplsLabelStackSection9", KEY(78), OCTETS(more.label[8]), BOTH(3, MPLS(8)) },
	{ "mplsLabelStackSection10", KEY(79), OCTETS(more.label[9]), BOTH(3, MPLS(9)) },
	{ "flowDirection", .id = 61, WIRE(more.direction), BOTH(1, PNF_LAYOUT_DIRECTION) },
	{ "minimumTTL", .id = 52, WIRE(more.ttl_min), BOTH(1, PNF_LAYOUT_TTL) },
	{ "maximumTTL", .id = 53, WIRE(more.ttl_max), BOTH(1, PNF_LAYOUT_TTL) },
	{ "minimumIpTotalLength", .id = 25, UNSIGNED(more.length_min), BOTH(4, PNF_LAYOUT_LENGTH) },
	{ "maximumIpTotalLength", .id = 26, UNSIGNED(more.length_max), BOTH(4, PNF_LAYOUT_LENGTH) },
	{ "layer2OctetDeltaCount", .id = 352, UNSIGNED(more.layer2_octets),
	  BOTH(8, PNF_LAYOUT_LAYER2) },
	{ "postNATSourceIPv4Address", .id = 225, ADDRESS4(more.post_saddr.v4),
	  BOTH(4, PNF_LAYOUT_NAT_IPV4) },
	{ "postNATDestinationIPv4Address", .id = 226, ADDRESS4(more.post_daddr.v4),
	  BOTH(4, PNF_LAYOUT_NAT_IPV4) },
	{ "postNATSourceIPv6Address", .id = 281, ADDRESS6(more.post_saddr.v6),
	  BOTH(16, PNF_LAYOUT_NAT_IPV6) },
	{ "postNATDestinationIPv6Address", .id = 282, ADDRESS6(more.post_daddr.v6),
	  BOTH(16, PNF_LAYOUT_NAT_IPV6) },
	{ "postNAPTSourceTransportPort", .id = 227, WIRE(more.post_sport),
	  BOTH(2, PNF_LAYOUT_NAT_IPV4 | PNF_LAYOUT_NAT_IPV6) },
	{ "postNAPTDestinationTransportPort", .id = 228, WIRE(more.post_dport),
	  BOTH(2, PNF_LAYOUT_NAT_IPV4 | PNF_LAYOUT_NAT_IPV6) },
	{ "ingressVRFID", .id = 234, UNSIGNED(more.ingress_vrf), BOTH(4, PNF_LAYOUT_VRF) },
	{ "egressVRFID", .id = 235, UNSIGNED(more.egress_vrf), BOTH(4, PNF_LAYOUT_VRF) },
	{ "VRFname", .id = 236, STRING(more.vrf_name), BOTH(16, PNF_LAYOUT_VRF) },
};

const unsigned int pnf_ies_count = ARRAY_SIZE(pnf_ies);

/* RFC 8158 3: what is told of a NAT event */
const struct pnf_ie pnf_nat_event_ies[] = {
	{ "observationTimeMilliseconds", .id = 323, WALL_MS(start_ns), BOTH(8, ANY) },
	{ "sourceIPv4Address", .id = 8, ADDRESS4(saddr.v4), BOTH(4, IPV4) },
	{ "destinationIPv4Address", .id = 12, ADDRESS4(daddr.v4), BOTH(4, IPV4) },
	{ "postNATSourceIPv4Address", .id = 225, ADDRESS4(more.post_saddr.v4), BOTH(4, IPV4) },
	{ "postNATDestinationIPv4Address", .id = 226, ADDRESS4(more.post_daddr.v4), BOTH(4, IPV4) },
	{ "sourceIPv6Address", .id = 27, ADDRESS6(saddr.v6), BOTH(16, IPV6) },
	{ "destinationIPv6Address", .id = 28, ADDRESS6(daddr.v6), BOTH(16, IPV6) },
	{ "postNATSourceIPv6Address", .id = 281, ADDRESS6(more.post_saddr.v6), BOTH(16, IPV6) },
	{ "postNATDestinationIPv6Address", .id = 282, ADDRESS6(more.post_daddr.v6),
	  BOTH(16, IPV6) },
	{ "sourceTransportPort", .id = 7, WIRE(sport), BOTH(2, ANY) },
	{ "destinationTransportPort", .id = 11, WIRE(dport), BOTH(2, ANY) },
	{ "postNAPTSourceTransportPort", .id = 227, WIRE(more.post_sport), BOTH(2, ANY) },
	{ "postNAPTDestinationTransportPort", .id = 228, WIRE(more.post_dport), BOTH(2, ANY) },
	{ "protocolIdentifier", .id = 4, WIRE(protocol), BOTH(1, ANY) },
	{ "natEvent", .id = 230, WIRE(more.nat_event), BOTH(1, ANY) },
};

const unsigned int pnf_nat_event_ies_count = ARRAY_SIZE(pnf_nat_event_ies);

/**
 * pnf_ie_find() - an Information Element of Flow Records by its number
 * @id: IANA's number
 *
 * Return: its row, or NULL.
 */
const struct pnf_ie *pnf_ie_find(u16 id)
{
	unsigned int i;

	for (i = 0; i < pnf_ies_count; i++)
		if (pnf_ies[i].id == id)
			return &pnf_ies[i];
	return NULL;
}

static u64 pnf_ie_layouts(const struct pnf_ie *ie)
{
	return ie->in[PNF_IE_V9].layouts | ie->in[PNF_IE_IPFIX].layouts;
}

/**
 * pnf_ie_fields() - what has to be collected for an element
 * @ie: its row
 *
 * Return: one of the PNF_FIELD_* bits, 0: it is always there.
 */
u32 pnf_ie_fields(const struct pnf_ie *ie)
{
	static const struct {
		u64 layouts;
		u32 field;
	} fields[] = {
		{ PNF_LAYOUT_MAC | PNF_LAYOUT_ETHERTYPE, PNF_FIELD_MAC },
		{ PNF_LAYOUT_VLAN | PNF_LAYOUT_VLAN_INNER | PNF_LAYOUT_POST_VLAN |
		  PNF_LAYOUT_POST_VLAN_INNER, PNF_FIELD_VLAN },
		{ PNF_LAYOUT_DIRECTION, PNF_FIELD_DIRECTION },
		{ PNF_LAYOUT_PHYSDEV, PNF_FIELD_PHYSDEV },
		{ PNF_LAYOUT_TTL, PNF_FIELD_TTL },
		{ PNF_LAYOUT_LENGTH, PNF_FIELD_LENGTH },
		{ PNF_LAYOUT_LAYER2, PNF_FIELD_LAYER2 },
		{ PNF_LAYOUT_NAT_IPV4 | PNF_LAYOUT_NAT_IPV6, PNF_FIELD_NAT },
		{ PNF_LAYOUT_VRF, PNF_FIELD_VRF },
		{ PNF_LAYOUT_MICROSECONDS, PNF_FIELD_MICROSECONDS },
		{ PNF_LAYOUT_NANOSECONDS, PNF_FIELD_NANOSECONDS },
		{ PNF_LAYOUT_DURATION, PNF_FIELD_DURATION },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fields); i++)
		if (pnf_ie_layouts(ie) & fields[i].layouts)
			return fields[i].field;
	return 0;
}

/**
 * pnf_ie_labels() - how many labels have to be read for an element
 * @ie: its row
 *
 * Return: 0 if it is of no label.
 */
unsigned int pnf_ie_labels(const struct pnf_ie *ie)
{
	unsigned int i;

	for (i = 0; i < PNF_MPLS_DEPTH_MAX; i++)
		if (pnf_ie_layouts(ie) & PNF_LAYOUT_MPLS(i))
			return i + 1;
	return 0;
}
