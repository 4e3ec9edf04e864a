// SPDX-License-Identifier: GPL-2.0-only
#include "record.h"

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
	record->ingress = key->ingress;
	record->egress = flow->egress;
	record->next_hop = flow->next_hop;
	if (key->version == PNF_IPV6) {
		record->saddr.v6 = key->v6.saddr;
		record->daddr.v6 = key->v6.daddr;
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
}
