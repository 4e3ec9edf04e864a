// SPDX-License-Identifier: GPL-2.0-only
/*
 * dissect.c - one skb, read only, possibly non-linear, to a pnf_packet
 *
 * pnf_dissect() in dissect.h is straight-line code for what most packets are: TCP or UDP
 * with the headers in the linear area, without options or extension headers. All else
 * comes here. Both give the same answer for the same octets; the unit tests hold them to it.
 *
 * Every read is checked against the length that the IP header claims, which was
 * checked against what the skb holds: what the link padded is never a header.
 */
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
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
 */
struct pnf_datagram {
	const struct sk_buff *skb;
	int network;
	u32 octets;
	u32 at;
	u32 jumbo;
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

/*
 * Read the fields of an upper-layer header of which @octets are there.
 *
 * Return: how long the header is, 0 if it claims more than there is.
 */
static u32 pnf_read_upper(const struct pnf_datagram *datagram,
			  const union pnf_upper *upper, u32 octets,
			  struct pnf_packet *packet)
{
	struct pnf_key *key = &packet->key;

	switch (key->protocol) {
	case IPPROTO_TCP:
		packet->tcp_flags = ntohs(upper->half[6]) &
				    PNF_TCP_CONTROL_BITS;
		octets = pnf_tcp_octets(datagram, datagram->at, upper->octet);
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
	packet->key.later_fragment = 1;
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
	packet->fragment = ip->frag_off & htons(IP_MF | IP_OFFSET);
	key->tos = ip->tos;
	key->v4.saddr = ip->saddr;
	key->v4.daddr = ip->daddr;
	key->v4.pad = 0;

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
	key->v6.pad = 0;
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
				packet->fragment = true;
			if (extension->fragment & htons(IP6_OFFSET))
				return pnf_walk_later_fragment(extension->next_header,
							       packet);
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
		}
		datagram->at += octets;
		next = extension->next_header;
	}
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

	datagram.octets = max((int)skb->len - datagram.network, 0);

	packet->key.ingress = 0;
	packet->key.version = version;
	packet->key.later_fragment = 0;
	packet->packets = 1;
	packet->octets = datagram.octets;
	packet->tcp_flags = 0;
	packet->fragment = false;

	switch (version) {
	case PNF_IPV4:
		return pnf_walk_ipv4(&datagram, packet);
	case PNF_IPV6:
		return pnf_walk_ipv6(&datagram, packet);
	default:
		return PNF_IGNORED_NOT_IP;
	}
}
