/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dissect.h - read the Flow Key and the size of one packet
 */
#ifndef PNF_DISSECT_H
#define PNF_DISSECT_H

#include <linux/compiler.h>

#include "types.h"

struct sk_buff;

int pnf_dissect_any(const struct sk_buff *skb, u8 version,
		    struct pnf_packet *packet);
int pnf_dissect_ipv4(const struct sk_buff *skb, struct pnf_packet *packet);
int pnf_dissect_ipv6(const struct sk_buff *skb, struct pnf_packet *packet);

/**
 * pnf_dissect() - read the Flow Key and the size of one packet
 * @skb: packet at the Observation Point, its network header set; only read
 * @version: PNF_IPV4 or PNF_IPV6, as the Observation Point knows it
 * @packet: filled in, with 0 for the ingress device. Of the key only the octets of its
 *	version are written. Of an ignored packet only @packet->packets and
 *	@packet->octets mean anything.
 *
 * Any context. Allocates nothing, takes no lock.
 *
 * Return: 0, or the enum pnf_ignored reason why the packet cannot be metered.
 */
static __always_inline int pnf_dissect(const struct sk_buff *skb, u8 version,
				       struct pnf_packet *packet)
{
	if (version == PNF_IPV4)
		return pnf_dissect_ipv4(skb, packet);
	if (version == PNF_IPV6)
		return pnf_dissect_ipv6(skb, packet);
	return pnf_dissect_any(skb, version, packet);
}

#endif /* PNF_DISSECT_H */
