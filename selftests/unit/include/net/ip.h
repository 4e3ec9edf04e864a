/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PNF_UNIT_NET_IP_H
#define PNF_UNIT_NET_IP_H

#include <linux/ip.h>

#define IP_MF		0x2000
#define IP_OFFSET	0x1fff

#endif /* PNF_UNIT_NET_IP_H */
