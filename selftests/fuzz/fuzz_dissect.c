// SPDX-License-Identifier: GPL-2.0-only
/* sources: kmod/dissect.c */
/*
 * The dissector on arbitrary octets and offload data, as a guest or a driver may hand
 * them in: it reads nothing outside, every layout of the same packet or frame gives the
 * same answer, and the answer can be true.
 */
#include <stdint.h>

#include "../unit/dissect_check.h"

struct fuzz_header {
	u8 version;
	u8 link;
	u8 linear;
	u8 piece;
	u16 gso_size;
	u16 gso_segs;
	u32 gso_type;
	u16 inner_transport;
	u8 encapsulation;
	u8 big;			/* 0xff: so many zeros behind as to make it BIG TCP */
	u8 network;		/* of the octets as a frame: where IP begins */
	u8 data;		/* and where skb->data is */
	u8 depth;		/* of MPLS; the upper bit: a VLAN tag was taken out */
	u8 mac;			/* bit 0: there is a MAC header */
	u16 tag;
};

#define IPV6_BITS	0xf07b	/* all that ipv6ExtensionHeaders may have */

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void check_options(const struct pnf_packet *packet, u8 version)
{
	u64 tcp = packet->key.tcp_options;
	u32 ip = 0;

	require(!(packet->flags & ~(PNF_PACKET_FRAGMENT | PNF_PACKET_OPTIONS)));
	if (packet->flags & PNF_PACKET_OPTIONS) {
		ip = packet->options.ip;
		tcp |= (u64)packet->options.tcp_high << 32;
		require(ip || packet->options.tcp_high);
	}
	if (packet->key.protocol != IPPROTO_TCP || packet->key.kind & PNF_KEY_LATER_FRAGMENT)
		require(!tcp);
	if (version == PNF_IPV6)
		require(!(ip & ~IPV6_BITS));
}

/* The octets as a frame, in two layouts */
static void check_link(const u8 *octets, size_t count, const struct fuzz_header *header)
{
	struct dissect_frame frame = {
		.octets = octets,
		.count = count,
		.network = header->network < count ? header->network : count,
		.has_mac = header->mac & 1,
		.has_tag = header->depth & 0x80,
		.tag = header->tag,
	};
	unsigned int i, depth = header->depth & 0x7f;
	size_t linear = header->linear < count ? header->linear : count;
	size_t data = header->data < linear ? header->data : linear;
	static const struct pnf_link none;
	struct pnf_link link, other;

	require(dissect_link_layout(&frame, depth, count, 0, 0, &link));
	require(dissect_link_layout(&frame, depth, linear, data, header->piece, &other));
	require(!memcmp(&link, &other, sizeof(link)));

	require(link.octets || !memcmp(&link, &none, sizeof(link)));
	require(!link.octets || link.octets == frame.network + 4 * frame.has_tag);
	require(link.vlan.tags <= PNF_VLAN_TAGS_MAX);
	require(link.labels <= depth && link.labels <= PNF_MPLS_DEPTH_MAX);
	for (i = link.labels; i < PNF_MPLS_DEPTH_MAX; i++)
		require(!link.label[i]);
	require(14 + 4 * (link.vlan.tags + link.labels) <= link.octets || !link.octets);
}

static void check_first_words(const u8 *octets, size_t count, u8 linear)
{
	struct sk_buff *skb = skb_layout_new(octets, count, (struct skb_layout){ 0, linear, 1 });

	require(pnf_dissect_flow_label(skb) ==
		(count < 4 ? 0 : (octets[1] & 0xf) << 16 | octets[2] << 8 | octets[3]));
	require(pnf_dissect_ttl(skb, PNF_IPV4) == (count < 9 ? 0 : octets[8]));
	require(pnf_dissect_ttl(skb, PNF_IPV6) == (count < 8 ? 0 : octets[7]));
	skb_layout_free(skb);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dissect_offload offload;
	struct dissect_result result, other;
	struct fuzz_header header;
	size_t count, more;
	u8 *octets;
	u8 version;

	if (size < sizeof(header))
		return 0;
	memcpy(&header, data, sizeof(header));
	data += sizeof(header);
	count = size - sizeof(header);
	more = header.big == 0xff ? 70000 : 0;

	octets = skb_layout_allocate(count + more);
	memcpy(octets, data, count);
	memset(octets + count, 0, more);
	count += more;

	version = header.version & 1 ? PNF_IPV4 : PNF_IPV6;
	offload.gso_size = header.gso_size;
	offload.gso_segs = header.gso_segs;
	offload.gso_type = header.gso_type;
	offload.encapsulation = header.encapsulation & 1;
	offload.inner_transport = header.inner_transport & 0xff;

	result = dissect_layout(octets, count, version, offload,
				(struct skb_layout){ 0, count, 0 });
	other = dissect_layout(octets, count, version, offload,
			       (struct skb_layout){ header.link & 1 ? 14 : 0,
						    header.linear, header.piece });
	/* Where SCTP's packets are cut is a fact of the layout. */
	if (offload.gso_size != GSO_BY_FRAGS)
		require(dissect_same(&result, &other, version));

	require(result.reason == 0 || result.reason == PNF_IGNORED_TRUNCATED ||
		result.reason == PNF_IGNORED_NOT_IP);
	require(result.packet.packets >= 1);
	if (result.reason) {
		require(result.packet.packets == 1);
		require(result.packet.octets <= count);
	} else {
		require(result.packet.key.version == version);
		require(result.packet.octets >= (version == PNF_IPV4 ? 20 : 40));
		check_options(&result.packet, version);
		require(offload.gso_size || result.packet.packets == 1);
		require(result.packet.packets > 1 || result.packet.octets <= count);
	}

	check_first_words(octets, count, header.linear);
	check_link(octets, count, &header);

	free(octets);
	return 0;
}
