/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * detail.h - what settings ask for of a packet besides its Flow Key and size
 */
#ifndef PNF_DETAIL_H
#define PNF_DETAIL_H

#include "flow.h"

struct net_device;
struct sk_buff;

/**
 * struct pnf_sight - what an Observation Point knows of a packet
 * @in: device it came in through, in a VRF the enslaved one; or NULL
 * @out: device it leaves through, or NULL
 * @is_sent: this host sends it
 */
struct pnf_sight {
	const struct net_device *in;
	const struct net_device *out;
	bool is_sent;
};

/**
 * struct pnf_detail - what settings ask for of one packet
 * @more: what they add to its key
 * @words: how many words of @more
 * @link: layer 2
 * @small: aggregation, direction and TTL, as a Flow keeps them
 * @length_min: octets of the shortest packet on the wire
 * @length_max: octets of the longest packet on the wire
 * @layer2_octets: octets of layer 2, of all packets on the wire
 */
struct pnf_detail {
	u32 more[PNF_KEY_MORE_WORDS];
	unsigned int words;
	struct pnf_link link;
	struct pnf_part_small small;
	u32 length_min;
	u32 length_max;
	u64 layer2_octets;
};

void pnf_detail_read(struct pnf_detail *detail, const struct pnf_format *format,
		     const struct sk_buff *skb, struct pnf_packet *packet,
		     const struct pnf_sight *sight);
void pnf_detail_begin(struct pnf_flow *flow, const struct pnf_detail *detail,
		      const struct pnf_format *format, const struct sk_buff *skb,
		      const struct pnf_sight *sight);
void pnf_detail_update(struct pnf_flow *flow, const struct pnf_detail *detail,
		       const struct pnf_format *format, const struct sk_buff *skb);

#endif /* PNF_DETAIL_H */
