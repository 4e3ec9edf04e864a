// SPDX-License-Identifier: GPL-2.0-only
#include <linux/in.h>
#include <linux/in6.h>

#include "key.h"

/**
 * pnf_key_layout() - which groups of Information Elements a Flow has
 * @key: its key
 *
 * A fragment that is not the first has no type, code or SPI: zeros would be an echo reply. Its
 * ports are told, as 0: collectors know it by that.
 *
 * Return: PNF_LAYOUT_* bits.
 */
u64 pnf_key_layout(const struct pnf_key *key)
{
	u64 layout = key->version == PNF_IPV6 ? PNF_LAYOUT_IPV6 :
						PNF_LAYOUT_IPV4;

	switch (key->protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		return layout | PNF_LAYOUT_PORTS;
	}
	if (key->kind & PNF_KEY_LATER_FRAGMENT)
		return layout;

	switch (key->protocol) {
	case IPPROTO_ICMP:
		return key->version == PNF_IPV4 ? layout | PNF_LAYOUT_ICMP :
						  layout;
	case IPPROTO_ICMPV6:
		return key->version == PNF_IPV6 ? layout | PNF_LAYOUT_ICMP6 :
						  layout;
	case IPPROTO_IGMP:
		return layout | PNF_LAYOUT_IGMP;
	case IPPROTO_AH:
	case IPPROTO_ESP:
		return layout | PNF_LAYOUT_IPSEC;
	default:
		return layout;
	}
}
