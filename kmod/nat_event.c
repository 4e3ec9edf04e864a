// SPDX-License-Identifier: GPL-2.0-only
#include <linux/string.h>

#include "encode.h"
#include "nat_event.h"

#define PNF_TCP_FIN	0x01
#define PNF_TCP_SYN	0x02
#define PNF_TCP_RST	0x04
#define PNF_TCP_ACK	0x10

static u8 pnf_nat_event_code(const struct pnf_nat_event *event, u8 codes)
{
	if (codes == PNF_NAT_EVENT_CODES_LEGACY || event->version != PNF_IPV4)
		return event->created ? PNF_NAT_EVENT_CREATE : PNF_NAT_EVENT_DELETE;
	return event->created ? PNF_NAT_EVENT_NAT44_CREATE : PNF_NAT_EVENT_NAT44_DELETE;
}

/**
 * pnf_nat_event_to_record() - make a NAT event a record
 * @event: the event
 * @codes: enum pnf_nat_event_codes: RFC 8158 has 4 and 5 for IPv4 to IPv4 and no numbers for
 *	IPv6 to IPv6, which gets the historic 1 and 2
 * @record: written as a whole
 *
 * It has no packets and no octets, and is no Flow.
 */
void pnf_nat_event_to_record(const struct pnf_nat_event *event, u8 codes,
			     struct pnf_record *record)
{
	bool ipv4 = event->version == PNF_IPV4;

	memset(record, 0, sizeof(*record));
	record->layout = PNF_LAYOUT_NAT_EVENT | (ipv4 ? PNF_LAYOUT_IPV4 : PNF_LAYOUT_IPV6);
	record->start_ns = event->time_ns;
	record->end_ns = event->time_ns;
	record->version = event->version;
	record->protocol = event->protocol;
	record->saddr = event->saddr;
	record->daddr = event->daddr;
	record->sport = event->sport;
	record->dport = event->dport;
	record->more.post_saddr = event->post_saddr;
	record->more.post_daddr = event->post_daddr;
	record->more.post_sport = event->post_sport;
	record->more.post_dport = event->post_dport;
	record->more.nat_event = pnf_nat_event_code(event, codes);
}

/**
 * pnf_nat_event_split() - part a translation of both ends, as NetFlow v5 needs it
 * @event: the event
 * @parts: the parts; the first is @event itself if there is but one
 *
 * A record of v5 has room for one translated address. The first part translates the source,
 * on the way to the destination after translation; the second the destination.
 *
 * Return: how many parts there are, 1 or 2.
 */
unsigned int pnf_nat_event_split(const struct pnf_nat_event *event,
				 struct pnf_nat_event parts[2])
{
	bool source = event->sport != event->post_sport ||
		      !pnf_address_equal(event->version, &event->saddr, &event->post_saddr);
	bool destination = event->dport != event->post_dport ||
		      !pnf_address_equal(event->version, &event->daddr, &event->post_daddr);

	parts[0] = *event;
	if (!source || !destination)
		return 1;

	parts[0].daddr = event->post_daddr;
	parts[0].dport = event->post_dport;
	parts[1] = *event;
	parts[1].post_saddr = event->saddr;
	parts[1].post_sport = event->sport;
	return 2;
}

/**
 * pnf_nat_event_to_v5() - the pseudo flow that tells a NAT event in NetFlow v5
 * @record: of pnf_nat_event_to_record(), IPv4
 * @to: the record on the wire, written as a whole
 *
 * NetFlow v5 has no NAT events. As ipt_NETFLOW 2.6 has it (its README, "natevents"), for whose
 * users there are scripts that read it:
 *
 *	source address, port		before translation
 *	destination address, port	after translation: both as Flows of FORWARD have them
 *	next hop			the one address that these lack: the source after
 *					translation (SNAT), or the destination before it (DNAT)
 *	source AS			port of the next hop if it is the source, else 0
 *	destination AS			port of the next hop if it is the destination, else 0
 *	TCP flags			SYN and ACK: it began; FIN and RST: it ended
 *	packets, octets			0
 *	first, last			when it happened
 *
 * A translation of both ends is two records there, and so it is here, see pnf_nat_event_split();
 * of a record that was not split only the translation of the source is told. A translation
 * that changes nothing, which ipt_NETFLOW leaves out, is one of the source.
 */
void pnf_nat_event_to_v5(const struct pnf_record *record, struct pnf_wire_v5_record *to)
{
	const struct pnf_record_more *more = &record->more;
	bool created = more->nat_event == PNF_NAT_EVENT_CREATE ||
		       more->nat_event == PNF_NAT_EVENT_NAT44_CREATE;
	bool source = record->saddr.v4 != more->post_saddr.v4 || record->sport != more->post_sport;
	bool destination = record->daddr.v4 != more->post_daddr.v4 ||
			   record->dport != more->post_dport;

	memset(to, 0, sizeof(*to));
	to->saddr = record->saddr.v4;
	to->sport = record->sport;
	to->daddr = more->post_daddr.v4;
	to->dport = more->post_dport;
	if (source || !destination) {
		to->next_hop = more->post_saddr.v4;
		to->src_as = more->post_sport;
	} else {
		to->next_hop = record->daddr.v4;
		to->dst_as = record->dport;
	}
	to->first_ms = cpu_to_be32(pnf_uptime_ms(record->start_ns));
	to->last_ms = cpu_to_be32(pnf_uptime_ms(record->end_ns));
	to->tcp_flags = created ? PNF_TCP_SYN | PNF_TCP_ACK : PNF_TCP_FIN | PNF_TCP_RST;
	to->protocol = record->protocol;
}
