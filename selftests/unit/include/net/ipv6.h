/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PNF_UNIT_NET_IPV6_H
#define PNF_UNIT_NET_IPV6_H

#include <linux/ipv6.h>

#define NEXTHDR_HOP		0
#define NEXTHDR_TCP		6
#define NEXTHDR_ROUTING		43
#define NEXTHDR_FRAGMENT	44
#define NEXTHDR_ESP		50
#define NEXTHDR_AUTH		51
#define NEXTHDR_NONE		59
#define NEXTHDR_DEST		60
#define NEXTHDR_MOBILITY	135

#define IPV6_MAXPLEN		65535

#define IPV6_FLOWLABEL_MASK	cpu_to_be32(0x000fffff)

#define IP6_OFFSET		0xfff8
#define IP6_MF			0x0001

#endif /* PNF_UNIT_NET_IPV6_H */
