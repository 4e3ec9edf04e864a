/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dissect.h - read the Flow Key and the size of one packet, and what else its headers tell
 */
#ifndef PNF_DISSECT_H
#define PNF_DISSECT_H

#include <linux/compiler.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <net/ip.h>

#include "types.h"

#define PNF_TCP_OCTETS		20

#define PNF_IPV4_FIRST		0x45	/* of a header without options */
#define PNF_IPV4_TCP_OCTETS	((int)sizeof(struct iphdr) + PNF_TCP_OCTETS)
#define PNF_IPV6_TCP_OCTETS	((int)sizeof(struct ipv6hdr) + PNF_TCP_OCTETS)

/* RFC 9565: tcpControlBits without the data offset in front of them */
#define PNF_TCP_CONTROL_BITS	0x0fff
#define PNF_TCP_OFFSET_SHIFT	12

/*
 * The options that nearly all segments have if they have any: NOP, NOP, Timestamps, where
 * tcp_parse_aligned_timestamp() in net/ipv4/tcp_input.c looks for them
 */
#define PNF_TCP_TIMESTAMPS	0x0101080a	/* without the two values behind */
#define PNF_TCP_TIMESTAMPS_OCTETS	32	/* of a header that has nothing else */
#define PNF_TCP_TIMESTAMPS_OPTIONS	((u32)(BIT(1) | BIT(8)))

/* As much of an upper-layer header as is read, seen by width */
union pnf_upper {
	u8 octet[PNF_TCP_OCTETS];
	__be16 half[PNF_TCP_OCTETS / 2];
	__be32 word[PNF_TCP_OCTETS / 4];
};

int pnf_dissect_any(const struct sk_buff *skb, u8 version,
		    struct pnf_packet *packet);
u32 pnf_dissect_flow_label(const struct sk_buff *skb);
u8 pnf_dissect_ttl(const struct sk_buff *skb, u8 version);
void pnf_dissect_link(const struct sk_buff *skb, unsigned int mpls_depth,
		      struct pnf_link *link);

/*
 * Control bits and options of a TCP header, of which and of what is behind @octets are there.
 *
 * Return: false if it has options that are not read here.
 */
static __always_inline bool pnf_tcp_is_plain(const union pnf_upper *tcp, u32 octets,
					     u16 *flags, u32 *options)
{
	u32 first = ntohs(tcp->half[6]);
	u32 words = first >> PNF_TCP_OFFSET_SHIFT;

	*flags = first & PNF_TCP_CONTROL_BITS;
	if (words == PNF_TCP_OCTETS / 4) {
		*options = 0;
		return true;
	}
	*options = PNF_TCP_TIMESTAMPS_OPTIONS;
	return words == PNF_TCP_TIMESTAMPS_OCTETS / 4 &&
	       octets >= PNF_TCP_TIMESTAMPS_OCTETS &&
	       *(const __be32 *)(tcp + 1) == htonl(PNF_TCP_TIMESTAMPS);
}

/* The fourth word of a key, written as one: protocol, tos, version, and a kind of 0 */
static __always_inline u32 pnf_key_word(u8 protocol, u32 tos_256, u8 version)
{
	return (__force u32)cpu_to_le32(protocol + tos_256 + (version << 16));
}

/* pnf_dissect_plain() for IPv4 */
static __always_inline bool pnf_dissect_plain_ipv4(const struct sk_buff *skb,
						   struct pnf_packet *packet)
{
	int linear = skb_tail_pointer(skb) - skb_network_header(skb);
	const struct iphdr *ip = ip_hdr(skb);
	const union pnf_upper *upper = (const void *)(ip + 1);
	__be32 ports, saddr, daddr;
	u32 tcp_options = 0;
	u32 octets, first;
	u16 tcp_flags = 0;
	u8 protocol;

	if (unlikely(skb_is_gso(skb) || linear < PNF_IPV4_TCP_OCTETS))
		return false;
	/* ToS in the upper octet; the lower says version 4 and no options */
	first = le16_to_cpup((__force const __le16 *)ip);
	if (unlikely((u8)first != PNF_IPV4_FIRST ||
		     ip->frag_off & htons(IP_MF | IP_OFFSET)))
		return false;
	octets = ntohs(ip->tot_len);
	if (unlikely(octets < (u32)PNF_IPV4_TCP_OCTETS ||
		     octets > (u32)linear + skb->data_len))
		return false;

	protocol = ip->protocol;
	if (protocol == IPPROTO_TCP) {
		if (!pnf_tcp_is_plain(upper, min_t(u32, linear, octets) - sizeof(*ip),
				      &tcp_flags, &tcp_options))
			return false;
	} else if (protocol != IPPROTO_UDP) {
		return false;
	}

	/* Both addresses are read before the first is written: one move does it. */
	ports = upper->word[0];
	saddr = ip->saddr;
	daddr = ip->daddr;
	packet->key.tcp_options = tcp_options;
	packet->key.ingress = 0;
	packet->key.spi = ports;
	packet->key.words32[3] = pnf_key_word(protocol, first - PNF_IPV4_FIRST,
					      PNF_IPV4);
	packet->key.v4.saddr = saddr;
	packet->key.v4.daddr = daddr;
	packet->packets = 1;
	packet->octets = octets;
	packet->tcp_flags = tcp_flags;
	packet->flags = 0;
	return true;
}

/* pnf_dissect_plain() for IPv6 */
static __always_inline bool pnf_dissect_plain_ipv6(const struct sk_buff *skb,
						   struct pnf_packet *packet)
{
	int linear = skb_tail_pointer(skb) - skb_network_header(skb);
	const struct ipv6hdr *ip = ipv6_hdr(skb);
	const union pnf_upper *upper = (const void *)(ip + 1);
	u32 tcp_options = 0;
	u32 octets, first;
	u16 tcp_flags = 0;
	__be32 ports;
	u8 protocol;

	if (unlikely(skb_is_gso(skb) || linear < PNF_IPV6_TCP_OCTETS))
		return false;
	first = ntohl(*(__force const __be32 *)ip);
	octets = sizeof(*ip) + ntohs(ip->payload_len);
	if (unlikely(first >> 28 != PNF_IPV6 || octets < (u32)PNF_IPV6_TCP_OCTETS ||
		     octets > (u32)linear + skb->data_len))
		return false;

	protocol = ip->nexthdr;
	if (protocol == IPPROTO_TCP) {
		if (!pnf_tcp_is_plain(upper, min_t(u32, linear, octets) - sizeof(*ip),
				      &tcp_flags, &tcp_options))
			return false;
	} else if (protocol != IPPROTO_UDP) {
		return false;
	}

	ports = upper->word[0];
	packet->key.tcp_options = tcp_options;
	packet->key.ingress = 0;
	packet->key.spi = ports;
	packet->key.words32[3] = pnf_key_word(protocol, first >> 12 & 0xff00,
					      PNF_IPV6);
	packet->key.v6.saddr = ip->saddr;
	packet->key.v6.daddr = ip->daddr;
	packet->packets = 1;
	packet->octets = octets;
	packet->tcp_flags = tcp_flags;
	packet->flags = 0;
	return true;
}

/**
 * pnf_dissect_plain() - pnf_dissect() for the many packets that are easy to read
 * @skb: as in pnf_dissect()
 * @version: as in pnf_dissect()
 * @packet: as in pnf_dissect(); its flags are 0
 *
 * Any context. Inlined where @version is a constant, so that the key stays in registers on the way
 * to the hash.
 *
 * Return: false: it is not one of them, and pnf_dissect_any() has to read it.
 */
static __always_inline bool pnf_dissect_plain(const struct sk_buff *skb, u8 version,
					      struct pnf_packet *packet)
{
	if (version == PNF_IPV4)
		return pnf_dissect_plain_ipv4(skb, packet);
	if (version == PNF_IPV6)
		return pnf_dissect_plain_ipv6(skb, packet);
	return false;
}

/**
 * pnf_dissect() - read the Flow Key and the size of one packet
 * @skb: packet at the Observation Point, its network header set; only read
 * @version: PNF_IPV4 or PNF_IPV6, as the Observation Point knows it
 * @packet: filled in, with 0 for the ingress device and for the format in the key's kind. Of
 *	the key only the octets of its version are written. Of an ignored packet only
 *	@packet->packets and @packet->octets mean anything.
 *
 * Any context. Allocates nothing, takes no lock.
 *
 * Return: 0, or the enum pnf_ignored reason why the packet cannot be metered.
 */
static __always_inline int pnf_dissect(const struct sk_buff *skb, u8 version,
				       struct pnf_packet *packet)
{
	if (pnf_dissect_plain(skb, version, packet))
		return 0;
	return pnf_dissect_any(skb, version, packet);
}

#endif /* PNF_DISSECT_H */
