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
#include <linux/types.h>
#include <linux/in6.h>
#include <linux/pkt_netflow.h>

#define PNF_IPV4	4
#define PNF_IPV6	6

/**
 * struct pnf_key - the Flow Key of one packet (RFC 7011 2, "Flow Key")
 * @ingress: ifindex of the device the packet came in through, 0 none
 * @sport: source port; with @dport the SPI of AH and ESP, which have no ports
 * @dport: destination port; ICMP and ICMPv6: type * 256 + code; IGMP: type
 * @spi: Security Parameters Index, in place of both ports
 * @protocol: IPv4 protocol or the last IPv6 next header
 * @tos: IPv4 ToS octet or the whole IPv6 traffic class
 * @version: PNF_IPV4 or PNF_IPV6
 * @later_fragment: 1: fragments that are not the first, which tell nothing of the
 *	header above IP; else 0
 * @v4: addresses of IPv4
 * @v6: addresses of IPv6
 * @words32: the whole key as words, for the hash
 * @words64: the whole key as words, for comparing
 *
 * An IPv4 key is its first PNF_KEY_OCTETS_IPV4 octets, an IPv6 key all of it.
 * There are no holes: what is hashed and compared was written.
 */
struct pnf_key {
	union {
		struct {
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
			u8 later_fragment;
			union {
				struct {
					__be32 saddr;
					__be32 daddr;
					u32 pad;
				} v4;
				struct {
					u32 pad;
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

/**
 * struct pnf_packet - what the dissector read from one packet
 * @key: its Flow Key; @key.ingress is the Observation Point's to fill in
 * @packets: packets on the wire: 1, or the segments of a GSO super-packet
 * @octets: octets on the wire, IP headers included, layer 2 left out
 * @tcp_flags: TCP control bits, low 12 bits as on the wire, 0 for others
 * @fragment: the packet is a fragment, first or later
 */
struct pnf_packet {
	struct pnf_key key;
	u32 packets;
	u32 octets;
	u16 tcp_flags;
	bool fragment;
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
 * What a Flow has, and so which Information Elements its Template lists: one
 * bit per group of elements. Records of one layout share a Template.
 */
#define PNF_LAYOUT_IPV4		BIT(0)
#define PNF_LAYOUT_IPV6		BIT(1)
#define PNF_LAYOUT_PORTS	BIT(2)	/* TCP, UDP, SCTP, UDP-Lite, DCCP */
#define PNF_LAYOUT_ICMP		BIT(3)	/* ICMP of IPv4 */
#define PNF_LAYOUT_ICMP6	BIT(4)	/* ICMPv6 */
#define PNF_LAYOUT_IGMP		BIT(5)
#define PNF_LAYOUT_IPSEC	BIT(6)	/* AH, ESP */

union pnf_address {
	__be32 v4;
	struct in6_addr v6;
};

/**
 * struct pnf_record - a Flow copied out of the Cache: the seam
 * @packets: packetDeltaCount
 * @octets: octetDeltaCount
 * @start_ns: CLOCK_BOOTTIME of the first packet
 * @end_ns: CLOCK_BOOTTIME of the last packet, never before @start_ns
 * @layout: PNF_LAYOUT_* bits
 * @ingress: ifindex, 0 none
 * @egress: ifindex, 0 none
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
 *
 * A value: nothing after it touches an skb or a lock of the Cache, nothing
 * before it knows a protocol version. Fields that @layout does not name are 0.
 */
struct pnf_record {
	u64 packets;
	u64 octets;
	u64 start_ns;
	u64 end_ns;
	u32 layout;
	u32 ingress;
	u32 egress;
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

#endif /* PNF_TYPES_H */
