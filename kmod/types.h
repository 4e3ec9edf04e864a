/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * types.h - the values handed along a packet's way
 *
 * skb -> pnf_packet -> pnf_key + Flow -> pnf_record -> octets of a message.
 * Nothing here has a lock, an owner or a namespace; also compiled in userspace.
 */
#ifndef PNF_TYPES_H
#define PNF_TYPES_H

#include <linux/bits.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/in6.h>
#include <linux/pkt_netflow.h>

#define PNF_IPV4	4
#define PNF_IPV6	6

/**
 * struct pnf_key - the Flow Key of one packet (RFC 7011 2, "Flow Key")
 * @tcp_options: no part of the key, but of what the packet, or the Flow, tells: a bit for each
 *	of the TCP options 0..31 that was seen
 * @ingress: ifindex of the device the packet came in through, 0 none
 * @sport: source port; with @dport the SPI of AH and ESP, which have no ports
 * @dport: destination port; ICMP and ICMPv6: type * 256 + code; IGMP: type
 * @spi: Security Parameters Index, in place of both ports
 * @protocol: IPv4 protocol or the last IPv6 next header
 * @tos: IPv4 ToS octet or the whole IPv6 traffic class
 * @version: PNF_IPV4 or PNF_IPV6
 * @kind: PNF_KEY_LATER_FRAGMENT, and in the other bits the number of the format, see format.h
 * @v4: addresses of IPv4
 * @v6: addresses of IPv6
 * @words32: the whole as words, for the hash; the first is no part of the key
 * @words64: the whole as words, for comparing; half of the first is no part of the key
 *
 * An IPv4 key is its first PNF_KEY_OCTETS_IPV4 octets, an IPv6 key all of it.
 * There are no holes: what is hashed and compared was written.
 */
struct pnf_key {
	union {
		struct {
			u32 tcp_options;
			u32 ingress;
			union {
				struct {
					__be16 sport;
					__be16 dport;
				};
				__be32 spi;
			};
			u8 protocol;
			u8 tos;
			u8 version;
			u8 kind;
			union {
				struct {
					__be32 saddr;
					__be32 daddr;
				} v4;
				struct {
					struct in6_addr saddr;
					struct in6_addr daddr;
				} v6;
			};
		};
		u32 words32[12];
		u64 words64[6];
	};
};

#define PNF_KEY_OCTETS_IPV4	24
#define PNF_KEY_OCTETS_IPV6	48

/*
 * Bits of struct pnf_key kind. A fragment that is not the first tells nothing of the header
 * above IP. Flows of different formats never have equal keys.
 */
#define PNF_KEY_LATER_FRAGMENT	BIT(0)
#define PNF_KEY_FORMAT_SHIFT	1
#define PNF_KEY_FORMATS		128	/* numbers of formats, 0: of Flows without more fields */

/* Bits of struct pnf_packet flags */
#define PNF_PACKET_FRAGMENT	BIT(0)	/* a fragment, first or later */
#define PNF_PACKET_OPTIONS	BIT(1)	/* struct pnf_options has something to tell */

/**
 * struct pnf_options - options and extension headers that few packets have
 * @ip: ipv4Options (208) or ipv6ExtensionHeaders (64), bits as IANA numbers them
 * @tcp_high: a bit for each of the TCP options 32..63; 0..31 are in struct pnf_key
 */
struct pnf_options {
	u32 ip;
	u32 tcp_high;
};

/**
 * struct pnf_packet - what the dissector read from one packet
 * @key: its Flow Key; @key.ingress is the Observation Point's to fill in
 * @packets: packets on the wire: 1, or the segments of a GSO super-packet
 * @octets: octets on the wire, IP headers included, layer 2 left out
 * @tcp_flags: TCP control bits, low 12 bits as on the wire, 0 for others
 * @flags: PNF_PACKET_* bits
 * @options: what PNF_PACKET_OPTIONS announces; else not written
 */
struct pnf_packet {
	struct pnf_key key;
	u32 packets;
	u32 octets;
	u16 tcp_flags;
	u8 flags;
	struct pnf_options options;
};

#define PNF_VLAN_TAGS_MAX	2	/* outer and inner */

/**
 * struct pnf_vlan - VLAN tags of a frame, outermost first
 * @tci: Tag Control Information, host byte order; 0 where there is no tag
 * @tags: how many there are
 */
struct pnf_vlan {
	u16 tci[PNF_VLAN_TAGS_MAX];
	u8 tags;
};

/**
 * struct pnf_link - what the dissector read of layer 2
 * @saddr: source MAC address
 * @daddr: destination MAC address
 * @vlan: VLAN tags
 * @ethertype: EtherType behind the tags, which is that of MPLS where there are labels
 * @labels: MPLS label stack entries that were read
 * @label: label stack entries (RFC 3032 2.1), the top of the stack first; 0 behind the last
 * @octets: octets of the frame before the IP header
 */
struct pnf_link {
	u8 saddr[ETH_ALEN];
	u8 daddr[ETH_ALEN];
	struct pnf_vlan vlan;
	__be16 ethertype;
	u8 labels;
	__be32 label[PNF_MPLS_DEPTH_MAX];
	u32 octets;
};

/* flowEndReason, IPFIX Information Element 136 */
enum pnf_end_reason {
	PNF_END_IDLE = 1,
	PNF_END_ACTIVE = 2,
	PNF_END_OF_FLOW = 3,
	PNF_END_FORCED = 4,
	PNF_END_RESOURCES = 5,
	PNF_END_REASONS
};

/*
 * What a record has, and so which Information Elements its Template lists: one
 * bit per group of elements. Records of one layout share a Template.
 */
#define PNF_LAYOUT_IPV4		BIT_ULL(0)
#define PNF_LAYOUT_IPV6		BIT_ULL(1)
#define PNF_LAYOUT_PORTS	BIT_ULL(2)	/* TCP, UDP, SCTP, UDP-Lite, DCCP */
#define PNF_LAYOUT_ICMP		BIT_ULL(3)	/* ICMP of IPv4 */
#define PNF_LAYOUT_ICMP6	BIT_ULL(4)	/* ICMPv6 */
#define PNF_LAYOUT_IGMP		BIT_ULL(5)
#define PNF_LAYOUT_IPSEC	BIT_ULL(6)	/* AH, ESP */
#define PNF_LAYOUT_IPV4_OPTIONS	BIT_ULL(7)
#define PNF_LAYOUT_IPV6_EXTENSIONS	BIT_ULL(8)
#define PNF_LAYOUT_TCP_OPTIONS	BIT_ULL(9)
#define PNF_LAYOUT_FLOW_LABEL	BIT_ULL(10)
#define PNF_LAYOUT_SOURCE_PREFIX_IPV4	BIT_ULL(11)	/* an aggregation rule decided */
#define PNF_LAYOUT_DESTINATION_PREFIX_IPV4	BIT_ULL(12)
#define PNF_LAYOUT_SOURCE_PREFIX_IPV6	BIT_ULL(13)
#define PNF_LAYOUT_DESTINATION_PREFIX_IPV6	BIT_ULL(14)
#define PNF_LAYOUT_SAMPLER	BIT_ULL(15)	/* selected by a sampler */
#define PNF_LAYOUT_MAC		BIT_ULL(16)
#define PNF_LAYOUT_ETHERTYPE	BIT_ULL(17)
#define PNF_LAYOUT_VLAN		BIT_ULL(18)	/* one tag or two */
#define PNF_LAYOUT_VLAN_INNER	BIT_ULL(19)	/* two tags */
#define PNF_LAYOUT_POST_VLAN	BIT_ULL(20)
#define PNF_LAYOUT_POST_VLAN_INNER	BIT_ULL(21)
#define PNF_LAYOUT_DIRECTION	BIT_ULL(22)
#define PNF_LAYOUT_PHYSDEV	BIT_ULL(23)
#define PNF_LAYOUT_TTL		BIT_ULL(24)
#define PNF_LAYOUT_LENGTH	BIT_ULL(25)
#define PNF_LAYOUT_LAYER2	BIT_ULL(26)
#define PNF_LAYOUT_NAT_IPV4	BIT_ULL(27)	/* a translation is known */
#define PNF_LAYOUT_NAT_IPV6	BIT_ULL(28)
#define PNF_LAYOUT_VRF		BIT_ULL(29)
#define PNF_LAYOUT_MICROSECONDS	BIT_ULL(30)
#define PNF_LAYOUT_NANOSECONDS	BIT_ULL(31)
#define PNF_LAYOUT_DURATION	BIT_ULL(32)
#define PNF_LAYOUT_NAT_EVENT	BIT_ULL(33)	/* no Flow: a NAT event */
/* What is told by struct pnf_record_more */
#define PNF_LAYOUT_MORE		(~0ULL << 16)
#define PNF_LAYOUT_MPLS_SHIFT	40		/* a bit for each label that is read */
#define PNF_LAYOUT_MPLS(n)	BIT_ULL(PNF_LAYOUT_MPLS_SHIFT + (n))	/* from 0 on */

union pnf_address {
	__be32 v4;
	struct in6_addr v6;
};

/* Of an IPv4 address the octets behind it do not count. */
static inline bool pnf_address_equal(u8 version, const union pnf_address *a,
				     const union pnf_address *b)
{
	if (version == PNF_IPV4)
		return a->v4 == b->v4;
	return !memcmp(&a->v6, &b->v6, sizeof(a->v6));
}

/**
 * struct pnf_record_more - what few settings ask for of a record
 * @layer2_octets: layer2OctetDeltaCount
 * @duration_ns: end less start
 * @physical_ingress: ifindex, 0 none
 * @physical_egress: ifindex, 0 none
 * @length_min: minimumIpTotalLength
 * @length_max: maximumIpTotalLength
 * @ingress_vrf: ifindex of the VRF, 0 none
 * @egress_vrf: ifindex of the VRF, 0 none
 * @vrf_name: name of the ingress VRF, else of the egress VRF, zeros behind it
 * @post_saddr: source address after translation
 * @post_daddr: destination address after translation
 * @post_sport: source port after translation
 * @post_dport: destination port after translation
 * @label: label stack entries
 * @label_ttl: TTL of the first of them
 * @destination_mac: destination MAC address
 * @source_mac: source MAC address
 * @ethertype: EtherType
 * @vlan_id: VLAN IDs of outer and inner tag
 * @post_vlan_id: the same after the packet left
 * @vlan_priority: priorities of outer and inner tag
 * @vlan_dei: 1: DEI is set, 2: it is not; of outer and inner tag
 * @ttl_min: minimumTTL
 * @ttl_max: maximumTTL
 * @direction: flowDirection
 * @nat_event: natEvent
 */
struct pnf_record_more {
	u64 layer2_octets;
	u64 duration_ns;
	u32 physical_ingress;
	u32 physical_egress;
	u32 length_min;
	u32 length_max;
	u32 ingress_vrf;
	u32 egress_vrf;
	char vrf_name[IFNAMSIZ];
	union pnf_address post_saddr;
	union pnf_address post_daddr;
	__be16 post_sport;
	__be16 post_dport;
	__be32 label[PNF_MPLS_DEPTH_MAX];
	u8 destination_mac[ETH_ALEN];
	u8 source_mac[ETH_ALEN];
	__be16 ethertype;
	u16 vlan_id[PNF_VLAN_TAGS_MAX];
	u16 post_vlan_id[PNF_VLAN_TAGS_MAX];
	u8 vlan_priority[PNF_VLAN_TAGS_MAX];
	u8 vlan_dei[PNF_VLAN_TAGS_MAX];
	u8 label_ttl;
	u8 ttl_min;
	u8 ttl_max;
	u8 direction;
	u8 nat_event;
};

/**
 * struct pnf_record - a Flow copied out of the Cache: the seam
 * @packets: packetDeltaCount
 * @octets: octetDeltaCount
 * @start_ns: CLOCK_BOOTTIME of the first packet; of a NAT event, when it happened
 * @end_ns: CLOCK_BOOTTIME of the last packet, never before @start_ns
 * @layout: PNF_LAYOUT_* bits
 * @tcp_options: tcpOptions
 * @ingress: ifindex, 0 none, or what an index rule makes of it
 * @egress: the same
 * @ip_options: ipv4Options or ipv6ExtensionHeaders
 * @flow_label: flowLabelIPv6
 * @hash: of the Flow Key, the same for each of a Flow's records
 * @saddr: source address
 * @daddr: destination address
 * @next_hop: next hop's address, 0 if the destination is on link or unknown
 * @sport: source port, as in struct pnf_key
 * @dport: destination port or ICMP type * 256 + code, as in struct pnf_key
 * @spi: as in struct pnf_key
 * @tcp_flags: union of the packets' control bits
 * @version: PNF_IPV4 or PNF_IPV6
 * @protocol: protocolIdentifier
 * @tos: ipClassOfService
 * @reason: enum pnf_end_reason
 * @igmp_type: IGMP type, else 0
 * @source_prefix: bits of the source address that an aggregation rule kept
 * @destination_prefix: the same of the destination address
 * @sampler_id: of the sampler that selected it
 * @more: the rest
 *
 * A value: nothing after it touches an skb or a lock of the Cache, nothing
 * before it knows a protocol version. Fields that @layout does not name are 0; but if it
 * names none that are in @more (PNF_LAYOUT_MORE), @more may not have been written.
 */
struct pnf_record {
	u64 packets;
	u64 octets;
	u64 start_ns;
	u64 end_ns;
	u64 layout;
	u64 tcp_options;
	u32 ingress;
	u32 egress;
	u32 ip_options;
	u32 flow_label;
	u32 hash;
	union pnf_address saddr;
	union pnf_address daddr;
	union pnf_address next_hop;
	union {
		struct {
			__be16 sport;
			__be16 dport;
		};
		__be32 spi;
	};
	u16 tcp_flags;
	u8 version;
	u8 protocol;
	u8 tos;
	u8 reason;
	u8 igmp_type;
	u8 source_prefix;
	u8 destination_prefix;
	u8 sampler_id;
	struct pnf_record_more more;
};

/**
 * struct pnf_clock - how CLOCK_BOOTTIME is told to collectors, read once per message
 * @boot_ns: CLOCK_BOOTTIME now
 * @real_ns: wall time now, since 1970
 */
struct pnf_clock {
	u64 boot_ns;
	u64 real_ns;
};

/* Wall time of a CLOCK_BOOTTIME moment; a step of the wall clock moves all alike. */
static inline u64 pnf_clock_real_ns(const struct pnf_clock *clock, u64 boot_ns)
{
	return clock->real_ns - clock->boot_ns + boot_ns;
}

/* The other way round */
static inline u64 pnf_clock_boot_ns(const struct pnf_clock *clock, u64 real_ns)
{
	return real_ns - clock->real_ns + clock->boot_ns;
}

/* A NAT event travels with Flow Records, and is none. */
static inline bool pnf_record_is_flow(const struct pnf_record *record)
{
	return !(record->layout & PNF_LAYOUT_NAT_EVENT);
}

#endif /* PNF_TYPES_H */
