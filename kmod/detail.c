// SPDX-License-Identifier: GPL-2.0-only
#include <linux/if_arp.h>
#include <linux/if_macvlan.h>
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/netfilter_bridge.h>
#include <linux/skbuff.h>
#include <net/l3mdev.h>
#if IS_ENABLED(CONFIG_NF_CONNTRACK)
#include <net/netfilter/nf_conntrack.h>
#endif

#include "detail.h"
#include "dissect.h"

/* Interfaces */

static u32 pnf_detail_index(const struct pnf_format *format, const struct net_device *dev)
{
	u32 index;
	int rule;

	if (!dev)
		return 0;
	if (!format->indexer)
		return dev->ifindex;
	rule = pnf_index_rule(format->indexer, dev->name, &index);
	if (rule < 0)
		return dev->ifindex;
	pnf_format_count(format, format->aggregation_count + rule);
	return index;
}

/* Below VLANs and macvlans; the ports of a bridge are br_netfilter's to tell. */
static const struct net_device *pnf_detail_lowest(const struct net_device *dev)
{
	while (dev) {
		if (is_vlan_dev(dev))
			dev = vlan_dev_real_dev(dev);
		else if (netif_is_macvlan(dev))
			dev = macvlan_dev_real_dev(dev);
		else
			break;
	}
	return dev;
}

/* RFC 7012: the port, where the interface is a bridge */
static const struct net_device *pnf_detail_physical(const struct sk_buff *skb,
						    const struct net_device *dev, bool is_egress)
{
#if IS_ENABLED(CONFIG_BRIDGE_NETFILTER)
	int port = 0;

	if (dev && netif_is_bridge_master(dev) && skb_ext_exist(skb, SKB_EXT_BRIDGE_NF))
		port = is_egress ? nf_bridge_get_physoutif(skb) : nf_bridge_get_physinif(skb);
	if (port)
		return dev_get_by_index_rcu(dev_net(dev), port);
#endif
	return pnf_detail_lowest(dev);
}

static u32 pnf_detail_ingress(const struct pnf_format *format, const struct sk_buff *skb,
			      const struct net_device *in)
{
	if (format->fields & PNF_FIELD_PHYSDEV_OVERRIDE)
		in = pnf_detail_physical(skb, in, false);
	return pnf_detail_index(format, in);
}

static u32 pnf_detail_egress(const struct pnf_format *format, const struct sk_buff *skb,
			     const struct net_device *out)
{
	if (format->fields & PNF_FIELD_PHYSDEV_OVERRIDE)
		out = pnf_detail_physical(skb, out, true);
	return pnf_detail_index(format, out);
}

/* Layer 2 */

/* The tags of VLAN devices: a packet comes up through them without. Outermost first. */
static unsigned int pnf_detail_device_tags(const struct net_device *dev,
					   u16 tci[PNF_VLAN_TAGS_MAX])
{
	unsigned int tags = 0;

#if IS_ENABLED(CONFIG_VLAN_8021Q)
	for (; dev && is_vlan_dev(dev); dev = vlan_dev_priv(dev)->real_dev) {
		tci[1] = tci[0];
		tci[0] = vlan_dev_vlan_id(dev);
		tags = min(tags + 1, PNF_VLAN_TAGS_MAX + 0u);
	}
#endif
	return tags;
}

/*
 * The tags with which a packet came in: VLAN devices took them off, and of such a tag only its
 * ID is known, or left them in the frame (they lack VLAN_FLAG_REORDER_HDR).
 */
static void pnf_detail_add_tags(struct pnf_link *link, const struct net_device *in)
{
	u16 tci[PNF_VLAN_TAGS_MAX] = {};
	unsigned int tags = pnf_detail_device_tags(in, tci);
	unsigned int left = 0;
	unsigned int i;

	for (i = 0; i < tags && left < link->vlan.tags; i++)
		if ((link->vlan.tci[left] & VLAN_VID_MASK) == tci[i])
			tci[i] = link->vlan.tci[left++];
	if (left < link->vlan.tags)
		return; /* they are of no device: it is as it came */
	if (link->octets)
		link->octets += (tags - left) * VLAN_HLEN;
	memcpy(link->vlan.tci, tci, sizeof(tci));
	link->vlan.tags = tags;
}

/* What is sent from here has no header of layer 2 yet. */
static u32 pnf_detail_link_octets(const struct net_device *out)
{
	u16 tci[PNF_VLAN_TAGS_MAX] = {};

	return pnf_detail_lowest(out)->hard_header_len +
	       pnf_detail_device_tags(out, tci) * VLAN_HLEN;
}

static void pnf_detail_read_link(struct pnf_detail *detail, const struct pnf_format *format,
				 const struct sk_buff *skb, const struct pnf_sight *sight)
{
	struct pnf_link *link = &detail->link;

	/* The MAC header of a device without one may be what another device left. */
	if (sight->in && sight->in->type == ARPHRD_ETHER)
		pnf_dissect_link(skb, format->mpls_depth, link);
	pnf_detail_add_tags(link, sight->in);
	if (!link->ethertype)
		link->ethertype = skb->protocol;
	if (!link->octets && sight->is_sent && sight->out)
		link->octets = pnf_detail_link_octets(sight->out);
}

/* The Flow Key */

static void pnf_detail_aggregate(struct pnf_detail *detail, const struct pnf_format *format,
				 struct pnf_key *key)
{
	const struct pnf_aggregator *aggregator = format->aggregator;
	struct pnf_part_small *small = &detail->small;
	int source, destination;

	if (key->version == PNF_IPV6) {
		source = pnf_aggregate_ipv6(aggregator, &key->v6.saddr, &small->source_prefix);
		destination = pnf_aggregate_ipv6(aggregator, &key->v6.daddr,
						 &small->destination_prefix);
	} else {
		source = pnf_aggregate_ipv4(aggregator, &key->v4.saddr, &small->source_prefix);
		destination = pnf_aggregate_ipv4(aggregator, &key->v4.daddr,
						 &small->destination_prefix);
	}
	if (source >= 0) {
		small->rules |= PNF_SMALL_SOURCE;
		pnf_format_count(format, source);
	}
	if (destination >= 0) {
		small->rules |= PNF_SMALL_DESTINATION;
		pnf_format_count(format, destination);
	}

	if (!(pnf_key_layout(key) & PNF_LAYOUT_PORTS) || key->kind & PNF_KEY_LATER_FRAGMENT)
		return;
	source = pnf_aggregate_port(aggregator, &key->sport);
	if (source >= 0)
		pnf_format_count(format, source);
	destination = pnf_aggregate_port(aggregator, &key->dport);
	if (destination >= 0)
		pnf_format_count(format, destination);
}

/* @more is zeroed */
static void pnf_detail_extend_key(struct pnf_detail *detail, const struct pnf_format *format,
				  const struct pnf_parts *parts)
{
	const struct pnf_link *link = &detail->link;
	struct pnf_part_vlan *vlan;
	struct pnf_part_mac *mac;

	detail->words = parts->key_words;
	if (pnf_parts_has(parts, PNF_PART_MAC)) {
		mac = (void *)detail->more + parts->offset[PNF_PART_MAC];
		memcpy(mac->daddr, link->daddr, ETH_ALEN);
		memcpy(mac->saddr, link->saddr, ETH_ALEN);
	}
	if (pnf_parts_has(parts, PNF_PART_VLAN)) {
		vlan = (void *)detail->more + parts->offset[PNF_PART_VLAN];
		memcpy(vlan->tci, link->vlan.tci, sizeof(vlan->tci));
		vlan->tags = link->vlan.tags;
	}
	if (pnf_parts_has(parts, PNF_PART_MPLS))
		memcpy((void *)detail->more + parts->offset[PNF_PART_MPLS], link->label,
		       format->mpls_depth * sizeof(link->label[0]));
}

/*
 * Of a super-packet all segments but the last are alike. How long its headers are follows from
 * what they add to it.
 */
static void pnf_detail_read_lengths(struct pnf_detail *detail, const struct sk_buff *skb,
				    const struct pnf_packet *packet)
{
	u32 held = skb->len - skb_network_offset(skb);
	u32 segment;

	detail->length_min = packet->octets / packet->packets;
	detail->length_max = detail->length_min;
	if (packet->packets < 2 || skb_shinfo(skb)->gso_size == GSO_BY_FRAGS ||
	    packet->octets < held)
		return;
	segment = skb_shinfo(skb)->gso_size +
		  DIV_ROUND_UP(packet->octets - held, packet->packets - 1);
	if ((u64)segment * (packet->packets - 1) >= packet->octets)
		return;	/* not what it seems */
	detail->length_max = segment;
	detail->length_min = min(segment, packet->octets - segment * (packet->packets - 1));
}

/**
 * pnf_detail_read() - read what settings ask for, and make the packet's key complete
 * @detail: filled in
 * @format: says what they ask for
 * @skb: the packet; read only
 * @packet: as the dissector read it
 * @sight: what the Observation Point knows
 *
 * Context: RCU read side, softirqs off.
 */
void pnf_detail_read(struct pnf_detail *detail, const struct pnf_format *format,
		     const struct sk_buff *skb, struct pnf_packet *packet,
		     const struct pnf_sight *sight)
{
	struct pnf_key *key = &packet->key;

	memset(detail, 0, sizeof(*detail));
	if (format->fields & (PNF_FIELD_MAC | PNF_FIELD_VLAN | PNF_FIELD_LAYER2) ||
	    format->mpls_depth)
		pnf_detail_read_link(detail, format, skb, sight);
	if (format->aggregator)
		pnf_detail_aggregate(detail, format, key);

	key->ingress = pnf_detail_ingress(format, skb, sight->in);
	key->kind |= format->number << PNF_KEY_FORMAT_SHIFT;
	pnf_detail_extend_key(detail, format, pnf_format_parts(format, key->version));

	detail->small.direction = sight->is_sent;
	if (format->fields & PNF_FIELD_TTL)
		detail->small.ttl_min = pnf_dissect_ttl(skb, key->version);
	if (format->fields & PNF_FIELD_LENGTH)
		pnf_detail_read_lengths(detail, skb, packet);
	if (format->fields & PNF_FIELD_LAYER2)
		detail->layer2_octets = packet->octets +
					(u64)packet->packets * detail->link.octets;
}

/* A new Flow */

static void pnf_detail_begin_vrf(struct pnf_part_vrf *vrf, const struct pnf_sight *sight)
{
	const struct net_device *dev = sight->in ?: sight->out;
	const struct net_device *master;

	memset(vrf, 0, sizeof(*vrf));
	if (sight->in)
		vrf->ingress = l3mdev_master_ifindex_rcu(sight->in);
	if (sight->out)
		vrf->egress = l3mdev_master_ifindex_rcu(sight->out);
	if (!dev || !(vrf->ingress ?: vrf->egress))
		return;
	master = dev_get_by_index_rcu(dev_net(dev), vrf->ingress ?: vrf->egress);
	if (master)
		strscpy_pad(vrf->name, master->name, sizeof(vrf->name));
}

static void pnf_detail_begin_link(struct pnf_part_link *part, const struct pnf_link *link,
				  const struct pnf_sight *sight)
{
	u16 tci[PNF_VLAN_TAGS_MAX] = {};

	part->ethertype = link->ethertype;
	part->post_tags = pnf_detail_device_tags(sight->out, tci);
	memcpy(part->post_vlan_id, tci, sizeof(part->post_vlan_id));
}

/*
 * Where the connection is translated, its packets leave with the addresses that their answers
 * come to and from (struct nf_conn, tuples of both directions). An ICMP error is related to the
 * connection of another packet, which says nothing of its own addresses.
 */
static void pnf_detail_read_nat(void *part, const struct pnf_key *key, const struct sk_buff *skb)
{
#if IS_ENABLED(CONFIG_NF_CONNTRACK)
	bool is_icmp = key->protocol == IPPROTO_ICMP || key->protocol == IPPROTO_ICMPV6;
	bool has_ports = pnf_key_layout(key) & PNF_LAYOUT_PORTS;
	const struct nf_conntrack_tuple *answer;
	struct pnf_part_nat_ipv6 *ipv6 = part;
	struct pnf_part_nat_ipv4 *ipv4 = part;
	enum ip_conntrack_info info;
	struct nf_conn *ct;

	ct = nf_ct_get(skb, &info);
	if (!ct || !(ct->status & (IPS_SRC_NAT | IPS_DST_NAT)) ||
	    nf_ct_l3num(ct) != (key->version == PNF_IPV6 ? NFPROTO_IPV6 : NFPROTO_IPV4) ||
	    (is_icmp && (info == IP_CT_RELATED || info == IP_CT_RELATED_REPLY)))
		return;
	answer = &ct->tuplehash[!CTINFO2DIR(info)].tuple;
	if (key->version == PNF_IPV6) {
		ipv6->saddr = answer->dst.u3.in6;
		ipv6->daddr = answer->src.u3.in6;
		ipv6->sport = has_ports ? answer->dst.u.all : 0;
		ipv6->dport = has_ports ? answer->src.u.all : 0;
	} else {
		ipv4->saddr = answer->dst.u3.ip;
		ipv4->daddr = answer->src.u3.ip;
		ipv4->sport = has_ports ? answer->dst.u.all : 0;
		ipv4->dport = has_ports ? answer->src.u.all : 0;
	}
#endif
}

static void pnf_detail_begin_nat(void *part, const struct pnf_key *key, const struct sk_buff *skb)
{
	memset(part, 0, key->version == PNF_IPV6 ? sizeof(struct pnf_part_nat_ipv6) :
						   sizeof(struct pnf_part_nat_ipv4));
	pnf_detail_read_nat(part, key, skb);
}

/**
 * pnf_detail_begin() - what a new Flow takes from its first packet
 * @flow: the Flow, not in any table; counters of its tail are 0 afterwards
 * @detail: of the packet
 * @format: of the Flow
 * @skb: the packet; read only
 * @sight: what the Observation Point knows
 *
 * Context: RCU read side, softirqs off.
 */
void pnf_detail_begin(struct pnf_flow *flow, const struct pnf_detail *detail,
		      const struct pnf_format *format, const struct sk_buff *skb,
		      const struct pnf_sight *sight)
{
	const struct pnf_parts *parts = pnf_format_parts(format, flow->key.version);
	struct pnf_part_physical *physical;
	struct pnf_part_length *length;
	struct pnf_part_small *small;

	flow->egress = pnf_detail_egress(format, skb, sight->out);
	memcpy(pnf_flow_tail(flow), detail->more, detail->words * sizeof(detail->more[0]));
	if (pnf_parts_has(parts, PNF_PART_LAYER2))
		*(u64 *)pnf_flow_part(flow, parts, PNF_PART_LAYER2) = 0;
	if (pnf_parts_has(parts, PNF_PART_LENGTH)) {
		length = pnf_flow_part(flow, parts, PNF_PART_LENGTH);
		length->min = detail->length_min;
		length->max = detail->length_max;
	}
	if (pnf_parts_has(parts, PNF_PART_PHYSICAL)) {
		physical = pnf_flow_part(flow, parts, PNF_PART_PHYSICAL);
		physical->ingress =
			pnf_detail_index(format, pnf_detail_physical(skb, sight->in, false));
		physical->egress =
			pnf_detail_index(format, pnf_detail_physical(skb, sight->out, true));
	}
	if (pnf_parts_has(parts, PNF_PART_VRF))
		pnf_detail_begin_vrf(pnf_flow_part(flow, parts, PNF_PART_VRF), sight);
	if (pnf_parts_has(parts, PNF_PART_LINK))
		pnf_detail_begin_link(pnf_flow_part(flow, parts, PNF_PART_LINK), &detail->link,
				      sight);
	if (pnf_parts_has(parts, PNF_PART_SMALL)) {
		small = pnf_flow_part(flow, parts, PNF_PART_SMALL);
		*small = detail->small;
		small->ttl_max = small->ttl_min;
	}
	if (pnf_parts_has(parts, PNF_PART_NAT))
		pnf_detail_begin_nat(pnf_flow_part(flow, parts, PNF_PART_NAT), &flow->key, skb);
}

/**
 * pnf_detail_update() - what every packet adds to its Flow's tail
 * @flow: the Flow, its lock is held
 * @detail: of the packet
 * @format: of the Flow
 * @skb: the packet; read only
 *
 * Context: softirqs off.
 */
void pnf_detail_update(struct pnf_flow *flow, const struct pnf_detail *detail,
		       const struct pnf_format *format, const struct sk_buff *skb)
{
	const struct pnf_parts *parts = pnf_format_parts(format, flow->key.version);
	struct pnf_part_length *length;
	struct pnf_part_small *small;

	if (format->fields & PNF_FIELD_LAYER2)
		*(u64 *)pnf_flow_part(flow, parts, PNF_PART_LAYER2) += detail->layer2_octets;
	if (format->fields & PNF_FIELD_LENGTH) {
		length = pnf_flow_part(flow, parts, PNF_PART_LENGTH);
		length->min = min(length->min, detail->length_min);
		length->max = max(length->max, detail->length_max);
	}
	if (format->fields & PNF_FIELD_TTL) {
		small = pnf_flow_part(flow, parts, PNF_PART_SMALL);
		small->ttl_min = min(small->ttl_min, detail->small.ttl_min);
		small->ttl_max = max(small->ttl_max, detail->small.ttl_min);
	}
	/* The source of a connection's first packet is translated behind most points. */
	if (format->fields & PNF_FIELD_NAT)
		pnf_detail_read_nat(pnf_flow_part(flow, parts, PNF_PART_NAT), &flow->key, skb);
}
