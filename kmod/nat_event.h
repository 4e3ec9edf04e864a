/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * nat_event.h - a NAT event as a value, and what records make of it
 */
#ifndef PNF_NAT_EVENT_H
#define PNF_NAT_EVENT_H

#include "types.h"
#include "wire.h"

/**
 * struct pnf_nat_event - a translation began or ended
 * @time_ns: CLOCK_BOOTTIME
 * @saddr: source address of the original direction, as it was sent
 * @daddr: destination address of the original direction, as it was sent
 * @post_saddr: source address after translation
 * @post_daddr: destination address after translation
 * @sport: source port as it was sent; ICMP and ICMPv6: the identifier; 0 where there is none
 * @dport: destination port as it was sent; ICMP and ICMPv6: type * 256 + code, as in
 *	struct pnf_key; 0 where there is none
 * @post_sport: @sport after translation
 * @post_dport: @dport after translation
 * @version: PNF_IPV4 or PNF_IPV6, of all addresses
 * @protocol: protocolIdentifier
 * @created: it began
 */
struct pnf_nat_event {
	u64 time_ns;
	union pnf_address saddr;
	union pnf_address daddr;
	union pnf_address post_saddr;
	union pnf_address post_daddr;
	__be16 sport;
	__be16 dport;
	__be16 post_sport;
	__be16 post_dport;
	u8 version;
	u8 protocol;
	bool created;
};

/* natEvent, IPFIX Information Element 230; the first two are historic (RFC 8158 4.3) */
enum pnf_nat_event_code {
	PNF_NAT_EVENT_CREATE = 1,
	PNF_NAT_EVENT_DELETE = 2,
	PNF_NAT_EVENT_NAT44_CREATE = 4,
	PNF_NAT_EVENT_NAT44_DELETE = 5,
};

void pnf_nat_event_to_record(const struct pnf_nat_event *event, u8 codes,
			     struct pnf_record *record);
unsigned int pnf_nat_event_split(const struct pnf_nat_event *event,
				 struct pnf_nat_event parts[2]);
void pnf_nat_event_to_v5(const struct pnf_record *record, struct pnf_wire_v5_record *to);

#endif /* PNF_NAT_EVENT_H */
