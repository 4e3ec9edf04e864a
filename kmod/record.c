// SPDX-License-Identifier: GPL-2.0-only
#include <linux/if_vlan.h>

#include "record.h"

/* What every Flow may have, and few do */
static u64 pnf_record_fill_options(struct pnf_record *record, const struct pnf_flow *flow)
{
	u64 layout = 0;

	if (flow->options.ip)
		layout |= flow->key.version == PNF_IPV6 ? PNF_LAYOUT_IPV6_EXTENSIONS :
							  PNF_LAYOUT_IPV4_OPTIONS;
	if (record->tcp_options)
		layout |= PNF_LAYOUT_TCP_OPTIONS;
	if (record->flow_label)
		layout |= PNF_LAYOUT_FLOW_LABEL;
	return layout;
}

static u64 pnf_record_fill_rules(struct pnf_record *record, const struct pnf_part_small *small,
				 u8 version)
{
	u64 layout = 0;

	if (small->rules & PNF_SMALL_SOURCE) {
		record->source_prefix = small->source_prefix;
		layout |= version == PNF_IPV6 ? PNF_LAYOUT_SOURCE_PREFIX_IPV6 :
						PNF_LAYOUT_SOURCE_PREFIX_IPV4;
	}
	if (small->rules & PNF_SMALL_DESTINATION) {
		record->destination_prefix = small->destination_prefix;
		layout |= version == PNF_IPV6 ? PNF_LAYOUT_DESTINATION_PREFIX_IPV6 :
						PNF_LAYOUT_DESTINATION_PREFIX_IPV4;
	}
	return layout;
}

static u64 pnf_record_fill_vlan(struct pnf_record_more *more, const struct pnf_part_vlan *vlan)
{
	unsigned int i;

	for (i = 0; i < vlan->tags; i++) {
		more->vlan_id[i] = vlan->tci[i] & VLAN_VID_MASK;
		more->vlan_priority[i] = vlan->tci[i] >> VLAN_PRIO_SHIFT;
		/* RFC 7011 6.1.5: true is 1, false is 2 */
		more->vlan_dei[i] = vlan->tci[i] & VLAN_CFI_MASK ? 1 : 2;
	}
	return (vlan->tags > 0 ? PNF_LAYOUT_VLAN : 0) |
	       (vlan->tags > 1 ? PNF_LAYOUT_VLAN_INNER : 0);
}

static u64 pnf_record_fill_link(struct pnf_record_more *more, const struct pnf_part_link *link)
{
	u64 layout = 0;

	more->ethertype = link->ethertype;
	memcpy(more->post_vlan_id, link->post_vlan_id, sizeof(more->post_vlan_id));
	if (link->ethertype)
		layout |= PNF_LAYOUT_ETHERTYPE;
	if (link->post_tags > 0)
		layout |= PNF_LAYOUT_POST_VLAN;
	if (link->post_tags > 1)
		layout |= PNF_LAYOUT_POST_VLAN_INNER;
	return layout;
}

static u64 pnf_record_fill_labels(struct pnf_record_more *more, const __be32 *labels,
				  unsigned int count)
{
	u64 layout = 0;
	unsigned int i;

	if (!labels[0])
		return 0;
	for (i = 0; i < count; i++) {
		more->label[i] = labels[i];
		layout |= PNF_LAYOUT_MPLS(i);
	}
	more->label_ttl = ntohl(labels[0]);
	return layout;
}

static u64 pnf_record_fill_nat(struct pnf_record_more *more, const void *part, u8 version)
{
	const struct pnf_part_nat_ipv6 *ipv6 = part;
	const struct pnf_part_nat_ipv4 *ipv4 = part;

	if (version == PNF_IPV6) {
		more->post_saddr.v6 = ipv6->saddr;
		more->post_daddr.v6 = ipv6->daddr;
		more->post_sport = ipv6->sport;
		more->post_dport = ipv6->dport;
		return memchr_inv(ipv6, 0, sizeof(*ipv6)) ? PNF_LAYOUT_NAT_IPV6 : 0;
	}
	more->post_saddr.v4 = ipv4->saddr;
	more->post_daddr.v4 = ipv4->daddr;
	more->post_sport = ipv4->sport;
	more->post_dport = ipv4->dport;
	return memchr_inv(ipv4, 0, sizeof(*ipv4)) ? PNF_LAYOUT_NAT_IPV4 : 0;
}

/* What settings ask for. Returns the groups of elements that the Flow has of it. */
static u64 pnf_record_fill_more(struct pnf_record *record, const struct pnf_flow *flow)
{
	struct pnf_record_more *more = &record->more;
	u32 fields = flow->fields;
	u8 version = flow->key.version;
	const struct pnf_part_physical *physical;
	const struct pnf_part_length *length;
	const struct pnf_part_small *small;
	const struct pnf_part_vrf *vrf;
	const struct pnf_part_mac *mac;
	struct pnf_parts parts;
	u64 layout = 0;

	memset(more, 0, sizeof(*more));
	pnf_parts_place(&parts, fields, version);
	if (fields & PNF_FIELD_MICROSECONDS)
		layout |= PNF_LAYOUT_MICROSECONDS;
	if (fields & PNF_FIELD_NANOSECONDS)
		layout |= PNF_LAYOUT_NANOSECONDS;
	if (fields & PNF_FIELD_DURATION) {
		more->duration_ns = record->end_ns - record->start_ns;
		layout |= PNF_LAYOUT_DURATION;
	}
	if (pnf_parts_has(&parts, PNF_PART_LINK))
		layout |= pnf_record_fill_link(more, pnf_flow_part(flow, &parts, PNF_PART_LINK));
	if (pnf_parts_has(&parts, PNF_PART_MAC)) {
		mac = pnf_flow_part(flow, &parts, PNF_PART_MAC);
		memcpy(more->destination_mac, mac->daddr, ETH_ALEN);
		memcpy(more->source_mac, mac->saddr, ETH_ALEN);
		layout |= memchr_inv(mac, 0, sizeof(*mac)) ? PNF_LAYOUT_MAC : 0;
	}
	if (pnf_parts_has(&parts, PNF_PART_VLAN))
		layout |= pnf_record_fill_vlan(more, pnf_flow_part(flow, &parts, PNF_PART_VLAN));
	if (pnf_parts_has(&parts, PNF_PART_MPLS))
		layout |= pnf_record_fill_labels(more,
						 pnf_flow_part(flow, &parts, PNF_PART_MPLS),
						 pnf_fields_labels(fields));
	if (pnf_parts_has(&parts, PNF_PART_LAYER2)) {
		more->layer2_octets = *(u64 *)pnf_flow_part(flow, &parts, PNF_PART_LAYER2);
		layout |= PNF_LAYOUT_LAYER2;
	}
	if (pnf_parts_has(&parts, PNF_PART_LENGTH)) {
		length = pnf_flow_part(flow, &parts, PNF_PART_LENGTH);
		more->length_min = length->min;
		more->length_max = length->max;
		layout |= PNF_LAYOUT_LENGTH;
	}
	if (pnf_parts_has(&parts, PNF_PART_PHYSICAL)) {
		physical = pnf_flow_part(flow, &parts, PNF_PART_PHYSICAL);
		more->physical_ingress = physical->ingress;
		more->physical_egress = physical->egress;
		layout |= PNF_LAYOUT_PHYSDEV;
	}
	if (pnf_parts_has(&parts, PNF_PART_VRF)) {
		vrf = pnf_flow_part(flow, &parts, PNF_PART_VRF);
		more->ingress_vrf = vrf->ingress;
		more->egress_vrf = vrf->egress;
		memcpy(more->vrf_name, vrf->name, sizeof(more->vrf_name));
		layout |= PNF_LAYOUT_VRF;
	}
	if (pnf_parts_has(&parts, PNF_PART_SMALL)) {
		small = pnf_flow_part(flow, &parts, PNF_PART_SMALL);
		more->ttl_min = small->ttl_min;
		more->ttl_max = small->ttl_max;
		more->direction = small->direction;
		layout |= fields & PNF_FIELD_TTL ? PNF_LAYOUT_TTL : 0;
		layout |= fields & PNF_FIELD_DIRECTION ? PNF_LAYOUT_DIRECTION : 0;
		layout |= pnf_record_fill_rules(record, small, version);
	}
	if (pnf_parts_has(&parts, PNF_PART_NAT))
		layout |= pnf_record_fill_nat(more, pnf_flow_part(flow, &parts, PNF_PART_NAT),
					      version);
	return layout;
}

/**
 * pnf_record_fill() - copy a Flow out of the Cache
 * @record: filled in whole
 * @flow: does not change: it is dead, or its lock is held
 */
void pnf_record_fill(struct pnf_record *record, const struct pnf_flow *flow)
{
	const struct pnf_key *key = &flow->key;

	record->packets = flow->packets;
	record->octets = flow->octets;
	record->start_ns = flow->first_ns;
	record->end_ns = flow->last_ns;
	record->layout = pnf_key_layout(key);
	record->tcp_options = (u64)flow->options.tcp_high << 32 | key->tcp_options;
	record->ingress = key->ingress;
	record->egress = flow->egress;
	record->ip_options = flow->options.ip;
	record->flow_label = 0;
	record->hash = 0;
	record->next_hop = flow->next_hop;
	if (key->version == PNF_IPV6) {
		record->saddr.v6 = key->v6.saddr;
		record->daddr.v6 = key->v6.daddr;
		record->flow_label = *pnf_flow_label(flow);
	} else {
		record->saddr.v4 = key->v4.saddr;
		record->daddr.v4 = key->v4.daddr;
	}
	record->spi = key->spi;
	record->igmp_type = 0;
	if (record->layout & PNF_LAYOUT_IGMP) {
		record->igmp_type = ntohs(key->dport);
		record->dport = 0;
	}
	record->tcp_flags = flow->tcp_flags;
	record->version = key->version;
	record->protocol = key->protocol;
	record->tos = key->tos;
	record->reason = flow->reason;
	record->source_prefix = 0;
	record->destination_prefix = 0;
	record->sampler_id = 0;
	record->layout |= pnf_record_fill_options(record, flow);
	if (unlikely(flow->fields))
		record->layout |= pnf_record_fill_more(record, flow);
}
