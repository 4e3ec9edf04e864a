// SPDX-License-Identifier: GPL-2.0-only
/*
 * dissect.c - one skb, read only, possibly non-linear, to a pnf_packet
 *
 * pnf_dissect() in dissect.h is straight-line code for what most packets are: TCP or UDP
 * with the headers in the linear area, without options (but for TCP's Timestamps) or
 * extension headers. All else comes here. Both give the same answer for the same octets; the
 * unit tests hold them to it.
 *
 * Every read is checked against the length that the IP header claims, which was
 * checked against what the skb holds: what the link padded is never a header. Of layer 2 only
 * what is between the MAC header and the IP header is read.
 */
#include <linux/if_ether.h>
#include <linux/if_vlan.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/mpls.h>
#include <linux/skbuff.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include <net/ipv6.h>

#include "dissect.h"

#define PNF_UDP_OCTETS		8
#define PNF_SCTP_OCTETS		12
#define PNF_DCCP_OCTETS		12
#define PNF_ICMP_OCTETS		8
#define PNF_ICMP6_OCTETS	4
#define PNF_IGMP_OCTETS		8
#define PNF_AH_OCTETS		12
#define PNF_ESP_OCTETS		8

/*
 * RFC 8504 5.3 lets a node set a limit. A packet with more extension headers than
 * that is metered under the protocol number of the first one not walked.
 */
#define PNF_EXTENSIONS_MAX	32

/* Options of IPv4 and of TCP (RFC 791 3.1, RFC 9293 3.1): all but two kinds have a length */
#define PNF_OPTION_END		0
#define PNF_OPTION_NOP		1
#define PNF_OPTION_OCTETS	2	/* of kind and length, and the least length */
#define PNF_OPTIONS_MAX		40	/* octets of options in either header */

/*
 * Options have the bits of their numbers: "Option number X is mapped to bit X" (IANA, ipv4Options
 * and tcpOptions). Bit 0 is the least significant, as RFC 9740 4.1 says of TCP's. The figures
 * of RFC Errata 1737 and 1739 number their columns from the left, the most significant bit of
 * each octet first: options 7..0, 15..8, and so on; it is no other order. An IPv4 option's number
 * is 5 bits of its type (RFC 791 3.1); a type that is not assigned counts under its number.
 */
#define PNF_IPV4_OPTION_NUMBER	0x1f
#define PNF_TCP_OPTION_NUMBER	0xff
#define PNF_TCP_OPTIONS		64	/* greater numbers have no bit */

/*
 * ipv6ExtensionHeaders (64): IANA's entry calls the bits in RFC 5102 incorrect and names RFC
 * Errata 1738, whose bits these are. RFC 9740, which deprecates the element, moves MOB, ESP and AH
 * for its ipv6ExtensionHeadersFull (515), where bit 0 is the least significant; bits 0..6 are
 * the same.
 */
#define PNF_IPV6_DST		BIT(0)	/* Destination Options */
#define PNF_IPV6_HOP		BIT(1)	/* Hop-by-Hop Options */
#define PNF_IPV6_UNK		BIT(3)	/* none that is known here */
#define PNF_IPV6_FRA0		BIT(4)	/* Fragment header of a first fragment */
#define PNF_IPV6_RH		BIT(5)	/* Routing header */
#define PNF_IPV6_FRA1		BIT(6)	/* Fragment header of a later fragment */
#define PNF_IPV6_MOB		BIT(12)	/* Mobility header */
#define PNF_IPV6_ESP		BIT(13)	/* Encapsulating Security Payload */
#define PNF_IPV6_AH		BIT(14)	/* Authentication Header */
#define PNF_IPV6_PAY		BIT(15)	/* Payload Compression */

/* The hop-by-hop header of BIG TCP, which not every kernel has a struct for */
#define PNF_JUMBO_OCTETS	8
#define PNF_JUMBO_OPTION	0xc2
#define PNF_JUMBO_OPTION_OCTETS	4

/**
 * struct pnf_datagram - a datagram being walked
 * @skb: where it is
 * @network: its offset from @skb's data
 * @octets: its length as its IP header claims, never more than @skb holds
 * @at: offset of the next header to read, never beyond @octets
 * @jumbo: octets of the hop-by-hop header that the stack put in and takes out again
 * @options: what was seen of options and extension headers
 */
struct pnf_datagram {
	const struct sk_buff *skb;
	int network;
	u32 octets;
	u32 at;
	u32 jumbo;
	struct pnf_options options;
};

/* What is read of an extension header; none is shorter */
struct pnf_extension {
	u8 next_header;
	u8 length;		/* beyond the first 8 octets, in units of 8 */
	union {
		struct {
			u8 option;
			u8 option_octets;
		};
		__be16 fragment;
	};
	__be32 rest;
};

static const void *pnf_datagram_header(const struct pnf_datagram *datagram,
				       u32 at, u32 octets, void *buffer)
{
	if (octets > datagram->octets - at)
		return NULL;
	return skb_header_pointer(datagram->skb, datagram->network + at, octets,
				  buffer);
}

/* A bit for each option: of the number that @number leaves of its type, if it is less than 64 */
static u64 pnf_see_options(const u8 *options, u32 octets, u8 number)
{
	u64 seen = 0;
	u32 at, step;
	u8 type;

	for (at = 0; at < octets; at += step) {
		type = options[at];
		step = 1;
		if (type != PNF_OPTION_END && type != PNF_OPTION_NOP) {
			if (octets - at < PNF_OPTION_OCTETS)
				break;
			step = options[at + 1];
			if (step < PNF_OPTION_OCTETS || step > octets - at)
				break;
		}
		if ((type & number) < PNF_TCP_OPTIONS)
			seen |= BIT_ULL(type & number);
		if (type == PNF_OPTION_END)
			break;
	}
	return seen;
}

/* The same of @octets at offset @at, which are no more than the datagram has */
static u64 pnf_read_options(const struct pnf_datagram *datagram, u32 at, u32 octets,
			    u8 number)
{
	u8 buffer[PNF_OPTIONS_MAX];
	const u8 *options;

	if (!octets)
		return 0;
	options = pnf_datagram_header(datagram, at, octets, buffer);
	return options ? pnf_see_options(options, octets, number) : 0;
}

/* How long a TCP header is; what it claims beyond the datagram is not there */
static u32 pnf_tcp_octets(const struct pnf_datagram *datagram, u32 at,
			  const u8 *tcp)
{
	u32 octets = tcp[12] >> 4 << 2;

	if (octets < PNF_TCP_OCTETS)
		octets = PNF_TCP_OCTETS;
	return min(octets, datagram->octets - at);
}

/*
 * Where the headers of the packet inside a tunnel end: they, too, are repeated in
 * every segment. 0 if the skb does not say.
 */
static u32 pnf_inner_headers_end(const struct pnf_datagram *datagram)
{
	const struct sk_buff *skb = datagram->skb;
	int offset = skb_inner_transport_offset(skb) - datagram->network;
	unsigned int type = skb_shinfo(skb)->gso_type;
	u8 buffer[PNF_TCP_OCTETS];
	u32 octets, at = offset;
	const u8 *upper;

	if (offset < (int)datagram->at || at > datagram->octets)
		return 0;

	if (type & (SKB_GSO_TCPV4 | SKB_GSO_TCPV6))
		octets = PNF_TCP_OCTETS;
	else if (type & SKB_GSO_UDP_L4)
		octets = PNF_UDP_OCTETS;
	else if (type & SKB_GSO_SCTP)
		octets = PNF_SCTP_OCTETS;
	else
		octets = 0;	/* IP fragments repeat nothing of their payload */

	upper = pnf_datagram_header(datagram, at, octets, buffer);
	if (!upper)
		return 0;
	if (octets == PNF_TCP_OCTETS)
		octets = pnf_tcp_octets(datagram, at, upper);
	return at + octets;
}

/* SCTP's super-packets are cut where the stack glued them together */
static u32 pnf_count_frag_list(const struct pnf_datagram *datagram, u32 headers)
{
	const struct sk_buff *skb = datagram->skb;
	const struct sk_buff *part;
	u32 segments = 0;

	if (skb_headlen(skb) > datagram->network + headers)
		segments++;
	skb_walk_frags(skb, part)
		segments++;
	return segments;
}

/* Resolve a super-packet into what it was, or will be, on the wire. */
static noinline void pnf_count_segments(const struct pnf_datagram *datagram,
					struct pnf_packet *packet)
{
	const struct skb_shared_info *shinfo = skb_shinfo(datagram->skb);
	u32 segments = shinfo->gso_segs;
	u32 headers = datagram->at;
	u32 inner;

	packet->octets = datagram->octets - datagram->jumbo;

	if (datagram->skb->encapsulation) {
		inner = pnf_inner_headers_end(datagram);
		if (inner)
			headers = inner;
	} else if (shinfo->gso_type & SKB_GSO_UDP) {
		return;		/* one datagram, not yet fragmented */
	}

	/* Drivers may leave the count at 0, guests may put anything there. */
	if (!segments || shinfo->gso_type & SKB_GSO_DODGY) {
		if (shinfo->gso_size == GSO_BY_FRAGS)
			segments = pnf_count_frag_list(datagram, headers);
		else
			segments = DIV_ROUND_UP(datagram->octets - headers,
						(u32)shinfo->gso_size);
	}
	if (segments < 2)
		return;

	packet->packets = segments;
	packet->octets += (segments - 1) * (headers - datagram->jumbo);
}

static u32 pnf_upper_octets(u8 protocol, u8 version)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return PNF_TCP_OCTETS;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
		return PNF_UDP_OCTETS;
	case IPPROTO_SCTP:
		return PNF_SCTP_OCTETS;
	case IPPROTO_DCCP:
		return PNF_DCCP_OCTETS;
	case IPPROTO_ICMP:
		return version == PNF_IPV4 ? PNF_ICMP_OCTETS : 0;
	case IPPROTO_ICMPV6:
		return version == PNF_IPV6 ? PNF_ICMP6_OCTETS : 0;
	case IPPROTO_IGMP:
		return PNF_IGMP_OCTETS;
	case IPPROTO_AH:
		return PNF_AH_OCTETS;
	case IPPROTO_ESP:
		return PNF_ESP_OCTETS;
	default:
		return 0;
	}
}

static void pnf_read_tcp_options(struct pnf_datagram *datagram, u32 octets,
				 struct pnf_key *key)
{
	u64 seen = pnf_read_options(datagram, datagram->at + PNF_TCP_OCTETS,
				    octets - PNF_TCP_OCTETS, PNF_TCP_OPTION_NUMBER);

	key->tcp_options = lower_32_bits(seen);
	datagram->options.tcp_high = upper_32_bits(seen);
}

/* What ipv6ExtensionHeaders tells of a header, except of Fragment headers */
static u32 pnf_see_ipv6_header(u8 header)
{
	switch (header) {
	case NEXTHDR_DEST:
		return PNF_IPV6_DST;
	case NEXTHDR_HOP:
		return PNF_IPV6_HOP;
	case NEXTHDR_ROUTING:
		return PNF_IPV6_RH;
	case NEXTHDR_MOBILITY:
		return PNF_IPV6_MOB;
	case NEXTHDR_ESP:
		return PNF_IPV6_ESP;
	case NEXTHDR_AUTH:
		return PNF_IPV6_AH;
	case IPPROTO_COMP:
		return PNF_IPV6_PAY;
	case NEXTHDR_FRAGMENT:
	case NEXTHDR_NONE:
	case IPPROTO_IPIP:
	case IPPROTO_IPV6:
	case IPPROTO_GRE:
	case IPPROTO_PIM:
	case IPPROTO_L2TP:
	case IPPROTO_MPLS:
	case IPPROTO_ETHERNET:
		return 0;
	default:
		return pnf_upper_octets(header, PNF_IPV6) ? 0 : PNF_IPV6_UNK;
	}
}

/*
 * Read the fields of an upper-layer header of which @octets are there.
 *
 * Return: how long the header is, 0 if it claims more than there is.
 */
static u32 pnf_read_upper(struct pnf_datagram *datagram,
			  const union pnf_upper *upper, u32 octets,
			  struct pnf_packet *packet)
{
	struct pnf_key *key = &packet->key;

	switch (key->protocol) {
	case IPPROTO_TCP:
		packet->tcp_flags = ntohs(upper->half[6]) &
				    PNF_TCP_CONTROL_BITS;
		octets = pnf_tcp_octets(datagram, datagram->at, upper->octet);
		pnf_read_tcp_options(datagram, octets, key);
		fallthrough;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		key->sport = upper->half[0];
		key->dport = upper->half[1];
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		key->dport = upper->half[0];	/* type * 256 + code */
		break;
	case IPPROTO_IGMP:
		key->dport = htons(upper->octet[0]);
		break;
	case IPPROTO_ESP:
		key->spi = upper->word[0];
		break;
	case IPPROTO_AH:
		/* RFC 4302 2.2: in units of 4 octets, less 2 */
		octets = (upper->octet[1] + 2) * 4;
		if (octets < PNF_AH_OCTETS ||
		    octets > datagram->octets - datagram->at)
			return 0;
		key->spi = upper->word[1];
		break;
	}
	return octets;
}

/* The upper-layer header, which is the last one to be read. */
static int pnf_walk_upper(struct pnf_datagram *datagram, u8 protocol,
			  struct pnf_packet *packet)
{
	struct pnf_key *key = &packet->key;
	const union pnf_upper *upper;
	union pnf_upper buffer;
	u32 octets;

	key->protocol = protocol;
	key->spi = 0;

	octets = pnf_upper_octets(protocol, key->version);
	if (octets) {
		upper = pnf_datagram_header(datagram, datagram->at, octets,
					    &buffer);
		if (!upper)
			return PNF_IGNORED_TRUNCATED;
		octets = pnf_read_upper(datagram, upper, octets, packet);
		if (!octets)
			return PNF_IGNORED_TRUNCATED;
		datagram->at += octets;
	}

	if (skb_is_gso(datagram->skb))
		pnf_count_segments(datagram, packet);
	return 0;
}

/* A fragment that is not the first has no header of what it is a part of. */
static int pnf_walk_later_fragment(u8 protocol, struct pnf_packet *packet)
{
	packet->key.protocol = protocol;
	packet->key.spi = 0;
	packet->key.kind = PNF_KEY_LATER_FRAGMENT;
	return 0;
}

static int pnf_walk_ipv4(struct pnf_datagram *datagram,
			 struct pnf_packet *packet)
{
	struct pnf_key *key = &packet->key;
	u32 held = datagram->octets;
	const struct iphdr *ip;
	struct iphdr buffer;
	u32 octets;

	ip = pnf_datagram_header(datagram, 0, sizeof(buffer), &buffer);
	if (!ip)
		return PNF_IGNORED_TRUNCATED;
	if (ip->version != PNF_IPV4)
		return PNF_IGNORED_NOT_IP;

	octets = ntohs(ip->tot_len);
	if (!octets && skb_is_gso(datagram->skb))
		octets = held;		/* BIG TCP */
	datagram->at = ip->ihl * 4;
	if (datagram->at < sizeof(*ip) || datagram->at > octets || octets > held)
		return PNF_IGNORED_TRUNCATED;
	datagram->octets = octets;

	packet->octets = octets;
	if (ip->frag_off & htons(IP_MF | IP_OFFSET))
		packet->flags |= PNF_PACKET_FRAGMENT;
	key->tos = ip->tos;
	key->v4.saddr = ip->saddr;
	key->v4.daddr = ip->daddr;
	datagram->options.ip = pnf_read_options(datagram, sizeof(*ip),
						datagram->at - sizeof(*ip),
						PNF_IPV4_OPTION_NUMBER);

	if (ip->frag_off & htons(IP_OFFSET))
		return pnf_walk_later_fragment(ip->protocol, packet);
	return pnf_walk_upper(datagram, ip->protocol, packet);
}

static int pnf_walk_ipv6(struct pnf_datagram *datagram,
			 struct pnf_packet *packet)
{
	bool gso = skb_is_gso(datagram->skb);
	const struct pnf_extension *extension;
	struct pnf_key *key = &packet->key;
	struct pnf_extension room;
	u32 held = datagram->octets;
	const struct ipv6hdr *ip;
	struct ipv6hdr buffer;
	unsigned int i;
	bool jumbo;
	u32 octets;
	u8 next;

	ip = pnf_datagram_header(datagram, 0, sizeof(buffer), &buffer);
	if (!ip)
		return PNF_IGNORED_TRUNCATED;
	if (ip->version != PNF_IPV6)
		return PNF_IGNORED_NOT_IP;

	next = ip->nexthdr;
	octets = sizeof(*ip) + ntohs(ip->payload_len);
	/*
	 * BIG TCP, with or without a hop-by-hop header, or a jumbogram: RFC 2675 3
	 * has none of a length that a payload length could have told, so it
	 * is not mistaken for a link's padding.
	 */
	jumbo = !ip->payload_len &&
		(gso || (next == NEXTHDR_HOP &&
			 held > sizeof(*ip) + IPV6_MAXPLEN));
	if (jumbo)
		octets = held;
	if (octets > held)
		return PNF_IGNORED_TRUNCATED;
	datagram->octets = octets;
	datagram->at = sizeof(*ip);

	packet->octets = octets;
	key->tos = ntohs(*(__force const __be16 *)ip) >> 4;
	key->v6.saddr = ip->saddr;
	key->v6.daddr = ip->daddr;

	for (i = 0; i < PNF_EXTENSIONS_MAX; i++) {
		if (next != NEXTHDR_HOP && next != NEXTHDR_ROUTING &&
		    next != NEXTHDR_DEST && next != NEXTHDR_FRAGMENT)
			break;

		extension = pnf_datagram_header(datagram, datagram->at,
						sizeof(room), &room);
		if (!extension)
			return PNF_IGNORED_TRUNCATED;

		if (next == NEXTHDR_FRAGMENT) {
			if (extension->fragment & htons(IP6_MF | IP6_OFFSET))
				packet->flags |= PNF_PACKET_FRAGMENT;
			if (extension->fragment & htons(IP6_OFFSET)) {
				datagram->options.ip |= PNF_IPV6_FRA1;
				return pnf_walk_later_fragment(extension->next_header,
							       packet);
			}
			datagram->options.ip |= PNF_IPV6_FRA0;
			octets = sizeof(*extension);
		} else {
			octets = (extension->length + 1) * 8;
			if (octets > datagram->octets - datagram->at)
				return PNF_IGNORED_TRUNCATED;
			/* Exactly what the stack takes out of each segment */
			if (jumbo && i == 0 && next == NEXTHDR_HOP &&
			    extension->next_header == NEXTHDR_TCP &&
			    extension->length == 0 &&
			    extension->option == PNF_JUMBO_OPTION &&
			    extension->option_octets == PNF_JUMBO_OPTION_OCTETS)
				datagram->jumbo = PNF_JUMBO_OCTETS;
			else
				datagram->options.ip |= pnf_see_ipv6_header(next);
		}
		datagram->at += octets;
		next = extension->next_header;
	}
	datagram->options.ip |= pnf_see_ipv6_header(next);
	return pnf_walk_upper(datagram, next, packet);
}

/**
 * pnf_dissect_any() - pnf_dissect() for whatever has no quicker way
 * @skb: as in pnf_dissect()
 * @version: as in pnf_dissect()
 * @packet: as in pnf_dissect()
 *
 * Return: as pnf_dissect().
 */
int pnf_dissect_any(const struct sk_buff *skb, u8 version,
		    struct pnf_packet *packet)
{
	struct pnf_datagram datagram = {
		.skb = skb,
		.network = skb_network_offset(skb),
	};
	int reason;

	datagram.octets = max((int)skb->len - datagram.network, 0);

	packet->key.tcp_options = 0;
	packet->key.ingress = 0;
	packet->key.version = version;
	packet->key.kind = 0;
	packet->packets = 1;
	packet->octets = datagram.octets;
	packet->tcp_flags = 0;
	packet->flags = 0;

	switch (version) {
	case PNF_IPV4:
		reason = pnf_walk_ipv4(&datagram, packet);
		break;
	case PNF_IPV6:
		reason = pnf_walk_ipv6(&datagram, packet);
		break;
	default:
		return PNF_IGNORED_NOT_IP;
	}

	if (datagram.options.ip || datagram.options.tcp_high) {
		packet->flags |= PNF_PACKET_OPTIONS;
		packet->options = datagram.options;
	}
	return reason;
}

/**
 * pnf_dissect_flow_label() - read the flow label of an IPv6 packet
 * @skb: as in pnf_dissect()
 *
 * Any context.
 *
 * Return: flowLabelIPv6 (31), its 20 bits in host byte order; 0 if they are not there.
 */
u32 pnf_dissect_flow_label(const struct sk_buff *skb)
{
	__be32 buffer;
	const __be32 *first = skb_header_pointer(skb, skb_network_offset(skb),
						 sizeof(buffer), &buffer);

	return first ? ntohl(*first & IPV6_FLOWLABEL_MASK) : 0;
}

/**
 * pnf_dissect_ttl() - read how many hops a packet has left
 * @skb: as in pnf_dissect()
 * @version: PNF_IPV4 or PNF_IPV6
 *
 * Any context.
 *
 * Return: Time to Live or Hop Limit; 0 if the header does not reach that far.
 */
u8 pnf_dissect_ttl(const struct sk_buff *skb, u8 version)
{
	int at = version == PNF_IPV6 ? offsetof(struct ipv6hdr, hop_limit) :
				       offsetof(struct iphdr, ttl);
	const u8 *ttl;
	u8 buffer;

	ttl = skb_header_pointer(skb, skb_network_offset(skb) + at, sizeof(buffer),
				 &buffer);
	return ttl ? *ttl : 0;
}

/* @octets of layer 2 at offset @at from the skb's data, none of which is behind @end */
static const void *pnf_link_header(const struct sk_buff *skb, int at, int end, int octets,
				   void *buffer)
{
	if (octets > end - at)
		return NULL;
	return skb_header_pointer(skb, at, octets, buffer);
}

static void pnf_link_add_tag(struct pnf_vlan *vlan, u16 tci)
{
	if (vlan->tags < PNF_VLAN_TAGS_MAX)
		vlan->tci[vlan->tags++] = tci;
}

/*
 * VLAN tags in the frame: TCI and the next EtherType (IEEE 802.1Q 9.4).
 *
 * Return: the offset of what is behind them.
 */
static int pnf_link_walk_tags(const struct sk_buff *skb, int at, int end,
			      struct pnf_link *link)
{
	u8 buffer[VLAN_HLEN];
	const u8 *tag;

	for (; eth_type_vlan(link->ethertype); at += VLAN_HLEN) {
		tag = pnf_link_header(skb, at, end, VLAN_HLEN, buffer);
		if (!tag)
			break;
		pnf_link_add_tag(&link->vlan, get_unaligned_be16(tag));
		link->ethertype = get_unaligned((const __be16 *)(tag + 2));
	}
	return at;
}

/* An MPLS label stack (RFC 3032 2.1), to its bottom or as deep as is asked for */
static void pnf_link_walk_labels(const struct sk_buff *skb, int at, int end,
				 unsigned int depth, struct pnf_link *link)
{
	const __be32 *entry;
	__be32 buffer;

	for (; link->labels < depth; at += sizeof(*entry)) {
		entry = pnf_link_header(skb, at, end, sizeof(buffer), &buffer);
		if (!entry)
			break;
		buffer = get_unaligned(entry);
		link->label[link->labels++] = buffer;
		if (buffer & htonl(MPLS_LS_S_MASK))
			break;
	}
}

/**
 * pnf_dissect_link() - read what stands in front of the IP header
 * @skb: packet at the Observation Point, its network header where IP begins; only read
 * @mpls_depth: label stack entries to read at most
 * @link: filled in, with zeros where there is nothing
 *
 * Whether the device that the MAC header is of is an Ethernet (ARPHRD_ETHER) is the caller's
 * to know: it may have left the skb behind, as in POST_ROUTING. What this host sends has no MAC
 * header yet, what comes out of a tunnel may still have that of the outer packet: one whose
 * EtherType is of IP, but does not stand before the IP header, is none.
 *
 * A hardware-accelerated VLAN tag is the outermost and counts with the octets that it has on the
 * wire. Of tags beyond the second and labels beyond @mpls_depth only the octets are told.
 *
 * Any context.
 */
void pnf_dissect_link(const struct sk_buff *skb, unsigned int mpls_depth,
		      struct pnf_link *link)
{
	int end = skb_network_offset(skb);
	const struct ethhdr *eth;
	struct ethhdr buffer;
	int start, at;

	memset(link, 0, sizeof(*link));
	if (!skb_mac_header_was_set(skb))
		return;
	start = skb_mac_offset(skb);
	eth = pnf_link_header(skb, start, end, sizeof(buffer), &buffer);
	if (!eth)
		return;

	memcpy(link->daddr, eth->h_dest, ETH_ALEN);
	memcpy(link->saddr, eth->h_source, ETH_ALEN);
	link->octets = end - start;
	if (skb_vlan_tag_present(skb)) {
		pnf_link_add_tag(&link->vlan, skb_vlan_tag_get(skb));
		link->octets += VLAN_HLEN;
	}

	link->ethertype = eth->h_proto;
	at = pnf_link_walk_tags(skb, start + ETH_HLEN, end, link);
	switch (link->ethertype) {
	case htons(ETH_P_IP):
	case htons(ETH_P_IPV6):
		if (at != end)
			memset(link, 0, sizeof(*link));
		break;
	case htons(ETH_P_MPLS_UC):
	case htons(ETH_P_MPLS_MC):
		pnf_link_walk_labels(skb, at, end, min_t(unsigned int, mpls_depth,
							 PNF_MPLS_DEPTH_MAX), link);
		break;
	}
}
