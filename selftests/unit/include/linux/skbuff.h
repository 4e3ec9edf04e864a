/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * skbuff.h - as much of struct sk_buff as a pure file may read
 *
 * The shape and the names are the kernel's, the memory is not: the linear area,
 * each page fragment and the shared info are allocations of their own, exactly as
 * long as what they hold, so that AddressSanitizer sees a read past any of them.
 */
#ifndef PNF_UNIT_LINUX_SKBUFF_H
#define PNF_UNIT_LINUX_SKBUFF_H

#include <asm/byteorder.h>
#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/types.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SKB_FRAGS	17
#define GSO_BY_FRAGS	0xFFFF

enum {
	SKB_GSO_TCPV4 = 1 << 0,
	SKB_GSO_DODGY = 1 << 1,
	SKB_GSO_TCP_ECN = 1 << 2,
	SKB_GSO_TCPV6 = 1 << 4,
	SKB_GSO_GRE = 1 << 6,
	SKB_GSO_IPXIP4 = 1 << 8,
	SKB_GSO_UDP_TUNNEL = 1 << 10,
	SKB_GSO_SCTP = 1 << 14,
	SKB_GSO_UDP = 1 << 16,
	SKB_GSO_UDP_L4 = 1 << 17,
	SKB_GSO_FRAGLIST = 1 << 18,
};

typedef struct {
	const u8 *octets;
	unsigned int size;
} skb_frag_t;

struct skb_shared_info {
	u8 nr_frags;
	unsigned short gso_size;
	unsigned short gso_segs;
	unsigned int gso_type;
	struct sk_buff *frag_list;
	skb_frag_t frags[MAX_SKB_FRAGS];
};

struct sk_buff {
	struct sk_buff *next;
	unsigned int len;
	unsigned int data_len;
	u8 encapsulation:1;
	u8 vlan_present:1;
	u16 vlan_tci;
	u16 inner_transport_header;
	u16 transport_header;
	u16 network_header;
	u16 mac_header;
	u32 tail;
	unsigned char *head;
	unsigned char *data;
	struct skb_shared_info *shared_info;
};

#define skb_shinfo(skb)	((skb)->shared_info)

#define skb_walk_frags(skb, part) \
	for (part = skb_shinfo(skb)->frag_list; part; part = part->next)

static inline unsigned int skb_frag_size(const skb_frag_t *frag)
{
	return frag->size;
}

static inline unsigned int skb_headlen(const struct sk_buff *skb)
{
	return skb->len - skb->data_len;
}

static inline unsigned char *skb_tail_pointer(const struct sk_buff *skb)
{
	return skb->head + skb->tail;
}

static inline unsigned char *skb_network_header(const struct sk_buff *skb)
{
	return skb->head + skb->network_header;
}

static inline int skb_network_offset(const struct sk_buff *skb)
{
	return skb_network_header(skb) - skb->data;
}

static inline bool skb_mac_header_was_set(const struct sk_buff *skb)
{
	return skb->mac_header != (u16)~0U;
}

/* Where the kernel warns, the test ends */
static inline unsigned char *skb_mac_header(const struct sk_buff *skb)
{
	if (!skb_mac_header_was_set(skb))
		abort();
	return skb->head + skb->mac_header;
}

static inline int skb_mac_offset(const struct sk_buff *skb)
{
	return skb_mac_header(skb) - skb->data;
}

static inline unsigned char *skb_inner_transport_header(const struct sk_buff *skb)
{
	return skb->head + skb->inner_transport_header;
}

static inline int skb_inner_transport_offset(const struct sk_buff *skb)
{
	return skb_inner_transport_header(skb) - skb->data;
}

static inline bool skb_is_gso(const struct sk_buff *skb)
{
	return skb_shinfo(skb)->gso_size;
}

/* Copies from one piece of the packet what of [offset, offset + len) is in it. */
static inline void skb_unit_copy_piece(const u8 *piece, int start, int octets,
				       int offset, u8 *to, int len)
{
	int first = offset > start ? offset : start;
	int end = offset + len < start + octets ? offset + len : start + octets;

	if (first < end)
		memcpy(to + first - offset, piece + first - start, end - first);
}

static inline int skb_copy_bits(const struct sk_buff *skb, int offset, void *to,
				int len)
{
	const struct skb_shared_info *shinfo = skb_shinfo(skb);
	int start = skb_headlen(skb);
	const struct sk_buff *part;
	unsigned int i;

	if (offset > (int)skb->len - len)
		return -1;

	skb_unit_copy_piece(skb->head, skb->head - skb->data, skb->tail, offset, to,
			    len);
	for (i = 0; i < shinfo->nr_frags; i++) {
		skb_unit_copy_piece(shinfo->frags[i].octets, start,
				    skb_frag_size(&shinfo->frags[i]), offset, to, len);
		start += skb_frag_size(&shinfo->frags[i]);
	}
	skb_walk_frags(skb, part) {
		int first = offset > start ? offset : start;
		int end = start + (int)part->len;

		if (end > offset + len)
			end = offset + len;
		if (first < end &&
		    skb_copy_bits(part, first - start, (u8 *)to + first - offset,
				  end - first))
			return -1;
		start += part->len;
	}
	return 0;
}

static inline void *skb_header_pointer(const struct sk_buff *skb, int offset,
				       int len, void *buffer)
{
	if (likely((int)skb_headlen(skb) - offset >= len))
		return skb->data + offset;
	if (skb_copy_bits(skb, offset, buffer, len) < 0)
		return NULL;
	return buffer;
}

#endif /* PNF_UNIT_LINUX_SKBUFF_H */
