/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * skb_layout.h - the same packet in every shape that an skb can have
 *
 * Each piece is an allocation of its own, exactly as long as its octets.
 */
#ifndef PNF_UNIT_SKB_LAYOUT_H
#define PNF_UNIT_SKB_LAYOUT_H

#include <linux/skbuff.h>
#include <stdlib.h>
#include <string.h>

/**
 * struct skb_layout - how the octets of a packet are spread
 * @link: octets in front of the network header, between it and skb->data
 * @linear: octets from the network header on in the linear area
 * @piece: octets in each page fragment; what MAX_SKB_FRAGS of them cannot hold
 *	goes into one skb of the fragment list. 0: all in one page fragment
 */
struct skb_layout {
	size_t link;
	size_t linear;
	size_t piece;
};

static inline void *skb_layout_allocate(size_t octets)
{
	void *memory = malloc(octets ? octets : 1);

	if (!memory)
		abort();
	return memory;
}

static inline u8 *skb_layout_copy(const u8 *octets, size_t count)
{
	return memcpy(skb_layout_allocate(count), octets, count);
}

/* The network header is at a multiple of 4, as NET_IP_ALIGN sees to. */
static inline struct sk_buff *skb_layout_new(const u8 *octets, size_t count,
					     struct skb_layout layout)
{
	struct sk_buff *skb = skb_layout_allocate(sizeof(*skb));
	size_t headroom = (4 - layout.link % 4) % 4;
	struct skb_shared_info *shinfo;
	size_t done, piece;

	if (layout.linear > count)
		layout.linear = count;
	done = layout.linear;

	shinfo = skb_layout_allocate(sizeof(*shinfo));
	memset(shinfo, 0, sizeof(*shinfo));
	memset(skb, 0, sizeof(*skb));
	skb->shared_info = shinfo;
	skb->len = layout.link + count;
	skb->data_len = count - done;
	skb->network_header = headroom + layout.link;
	skb->mac_header = (u16)~0U;
	skb->tail = headroom + layout.link + done;
	skb->head = skb_layout_allocate(skb->tail);
	skb->data = skb->head + headroom;
	memset(skb->data, 0xaa, layout.link);
	memcpy(skb_network_header(skb), octets, done);

	while (done < count && shinfo->nr_frags < MAX_SKB_FRAGS) {
		piece = count - done;
		if (layout.piece && layout.piece < piece)
			piece = layout.piece;
		shinfo->frags[shinfo->nr_frags].octets =
			skb_layout_copy(octets + done, piece);
		shinfo->frags[shinfo->nr_frags++].size = piece;
		done += piece;
	}
	if (done < count)
		shinfo->frag_list = skb_layout_new(octets + done, count - done,
						   (struct skb_layout){ 0, count, 0 });
	return skb;
}

static inline void skb_layout_free(struct sk_buff *skb)
{
	struct skb_shared_info *shinfo;
	struct sk_buff *next;
	unsigned int i;

	for (; skb; skb = next) {
		next = skb->next;
		shinfo = skb_shinfo(skb);
		for (i = 0; i < shinfo->nr_frags; i++)
			free((void *)shinfo->frags[i].octets);
		skb_layout_free(shinfo->frag_list);
		free(shinfo);
		free(skb->head);
		free(skb);
	}
}

#endif /* PNF_UNIT_SKB_LAYOUT_H */
