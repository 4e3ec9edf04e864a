/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dissect_check.h - what must hold for the dissector whatever it is given
 */
#ifndef PNF_UNIT_DISSECT_CHECK_H
#define PNF_UNIT_DISSECT_CHECK_H

#include "dissect.h"
#include "skb_layout.h"

/* What the device or the stack says about a packet beside its octets */
struct dissect_offload {
	u16 gso_size;
	u16 gso_segs;
	u32 gso_type;
	bool encapsulation;
	u16 inner_transport;	/* offset from the network header */
};

struct dissect_result {
	int reason;
	struct pnf_packet packet;
};

static inline size_t dissect_key_octets(u8 version)
{
	return version == PNF_IPV6 ? PNF_KEY_OCTETS_IPV6 : PNF_KEY_OCTETS_IPV4;
}

static inline bool dissect_same(const struct dissect_result *a,
				const struct dissect_result *b, u8 version)
{
	if (a->reason != b->reason || a->packet.packets != b->packet.packets ||
	    a->packet.octets != b->packet.octets)
		return false;
	if (a->reason)
		return true;
	if (memcmp(&a->packet.key, &b->packet.key, dissect_key_octets(version)) ||
	    a->packet.tcp_flags != b->packet.tcp_flags ||
	    a->packet.flags != b->packet.flags)
		return false;
	return !(a->packet.flags & PNF_PACKET_OPTIONS) ||
	       (a->packet.options.ip == b->packet.options.ip &&
		a->packet.options.tcp_high == b->packet.options.tcp_high);
}

static inline struct dissect_result
dissect_with(int (*dissect)(const struct sk_buff *, u8, struct pnf_packet *),
	     const struct sk_buff *skb, u8 version, int fill)
{
	struct dissect_result result;

	memset(&result, fill, sizeof(result));
	result.reason = dissect(skb, version, &result.packet);
	return result;
}

static int dissect_inline(const struct sk_buff *skb, u8 version,
			  struct pnf_packet *packet)
{
	return pnf_dissect(skb, version, packet);
}

/*
 * One layout: twice into memory that differs, so that an octet of the key which is
 * not written shows, and by the way that has no shortcut.
 *
 * Return: what all three gave, or a reason of -1 if they differ.
 */
static inline struct dissect_result
dissect_layout(const u8 *octets, size_t count, u8 version,
	       struct dissect_offload offload, struct skb_layout layout)
{
	struct dissect_result zeros, ones, any;
	struct skb_shared_info *shinfo;
	struct sk_buff *skb;

	skb = skb_layout_new(octets, count, layout);
	shinfo = skb_shinfo(skb);
	shinfo->gso_size = offload.gso_size;
	shinfo->gso_segs = offload.gso_segs;
	shinfo->gso_type = offload.gso_type;
	skb->encapsulation = offload.encapsulation;
	skb->inner_transport_header = skb->network_header + offload.inner_transport;

	zeros = dissect_with(dissect_inline, skb, version, 0x00);
	ones = dissect_with(dissect_inline, skb, version, 0xff);
	any = dissect_with(pnf_dissect_any, skb, version, 0xff);
	if (!dissect_same(&zeros, &ones, version) ||
	    !dissect_same(&zeros, &any, version))
		zeros.reason = -1;

	skb_layout_free(skb);
	return zeros;
}

/*
 * The packet linear, and split at every offset up to @splits in three ways, with and
 * without a link header in front.
 *
 * Return: what all layouts gave, or a reason of -1 if they differ.
 */
static inline struct dissect_result
dissect_layouts(const u8 *octets, size_t count, u8 version,
		struct dissect_offload offload, size_t splits)
{
	static const size_t pieces[] = { 0, 1, 7 };
	static const size_t links[] = { 0, 14 };
	struct dissect_result linear, split;
	size_t i, j, at;

	linear = dissect_layout(octets, count, version, offload,
				(struct skb_layout){ 0, count, 0 });
	if (splits > count)
		splits = count;

	for (i = 0; i < 2; i++)
		for (j = 0; j < 3; j++)
			for (at = 0; at <= splits; at++) {
				split = dissect_layout(octets, count, version, offload,
						       (struct skb_layout){
							       links[i], at,
							       pieces[j] });
				if (!dissect_same(&linear, &split, version)) {
					linear.reason = -1;
					return linear;
				}
			}
	return linear;
}

/* A frame and what the device took out of it */
struct dissect_frame {
	const u8 *octets;
	size_t count;
	size_t network;		/* where IP begins */
	bool has_mac;		/* the MAC header is where the frame begins */
	bool has_tag;
	u16 tag;
};

/*
 * One layout: @linear octets of it in the linear area, skb->data at @data.
 *
 * Return: whether the answer is the same in memory that differs; @link is that answer.
 */
static inline bool dissect_link_layout(const struct dissect_frame *frame, unsigned int depth,
				       size_t linear, size_t data, size_t piece,
				       struct pnf_link *link)
{
	/* Such that IP is at a multiple of 4, whatever is in front of it */
	size_t link_octets = frame->network > linear ? 0 : frame->network;
	struct pnf_link other;
	struct sk_buff *skb;

	skb = skb_layout_new(frame->octets + link_octets, frame->count - link_octets,
			     (struct skb_layout){ link_octets, linear - link_octets, piece });
	memcpy(skb->data, frame->octets, link_octets);
	if (frame->has_mac)
		skb->mac_header = skb->data - skb->head;
	skb->network_header = skb->data - skb->head + frame->network;
	skb->vlan_present = frame->has_tag;
	skb->vlan_tci = frame->tag;
	skb->data += data;
	skb->len -= data;

	memset(link, 0x00, sizeof(*link));
	memset(&other, 0xff, sizeof(other));
	pnf_dissect_link(skb, depth, link);
	pnf_dissect_link(skb, depth, &other);
	skb_layout_free(skb);
	return !memcmp(link, &other, sizeof(other));
}

/*
 * The frame linear and split at every offset, skb->data at every offset of the linear area.
 *
 * Return: whether all gave the same @link.
 */
static inline bool dissect_link_layouts(const struct dissect_frame *frame, unsigned int depth,
					struct pnf_link *link)
{
	size_t linear, data, piece;
	struct pnf_link split;

	if (!dissect_link_layout(frame, depth, frame->count, 0, 0, link))
		return false;
	for (piece = 0; piece < 4; piece += 3)
		for (linear = 0; linear <= frame->count; linear++)
			for (data = 0; data <= linear; data++)
				if (!dissect_link_layout(frame, depth, linear, data, piece,
							 &split) ||
				    memcmp(&split, link, sizeof(split)))
					return false;
	return true;
}

#endif /* PNF_UNIT_DISSECT_CHECK_H */
