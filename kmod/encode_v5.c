// SPDX-License-Identifier: GPL-2.0-only
/*
 * encode_v5.c - NetFlow v5
 */
#include <asm/byteorder.h>
#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/minmax.h>

#include "encode.h"
#include "nat_event.h"

/* v5 has no IPv6, and counters of 32 bits: what exceeds them must be split before. */
static bool pnf_encode_v5_can_encode(const struct pnf_record *record)
{
	return record->version == PNF_IPV4 && pnf_encoder_counts_fit(&pnf_encoder_v5, record);
}

static u32 pnf_encode_v5_record_octets(struct pnf_template_table *templates,
				       const struct pnf_record *record)
{
	return record->version == PNF_IPV4 ? sizeof(struct pnf_wire_v5_record) : 0;
}

static bool pnf_encode_v5_begin(struct pnf_message *msg)
{
	return pnf_message_reserve(msg, sizeof(struct pnf_wire_v5_header));
}

/* An interface number that does not fit is told as unknown, never as another one. */
static __be16 pnf_encode_v5_interface(u32 ifindex)
{
	return ifindex <= U16_MAX ? cpu_to_be16(ifindex) : 0;
}

static void pnf_encode_v5_record(struct pnf_wire_v5_record *to, const struct pnf_record *record)
{
	/* The SPI of AH and ESP lies where others have their ports */
	bool has_ports = !(record->layout & PNF_LAYOUT_IPSEC);

	to->saddr = record->saddr.v4;
	to->daddr = record->daddr.v4;
	to->next_hop = record->next_hop.v4;
	to->input = pnf_encode_v5_interface(record->ingress);
	to->output = pnf_encode_v5_interface(record->egress);
	to->packets = cpu_to_be32(record->packets);
	to->octets = cpu_to_be32(record->octets);
	to->first_ms = cpu_to_be32(pnf_uptime_ms(record->start_ns));
	to->last_ms = cpu_to_be32(pnf_uptime_ms(record->end_ns));
	to->sport = has_ports ? record->sport : 0;
	to->dport = has_ports ? record->dport : 0;
	to->pad1 = 0;
	to->tcp_flags = record->tcp_flags;
	to->protocol = record->protocol;
	to->tos = record->tos;
	to->src_as = 0;
	to->dst_as = 0;
	to->src_mask = record->source_prefix;
	to->dst_mask = record->destination_prefix;
	to->pad2 = 0;
}

static unsigned int pnf_encode_v5_put_records(struct pnf_message *msg,
					      const struct pnf_record *const *records,
					      unsigned int n,
					      struct pnf_template_table *templates,
					      const struct pnf_clock *clock)
{
	const u32 octets = sizeof(struct pnf_wire_v5_record);
	struct pnf_wire_v5_record *to;
	unsigned int i;

	n = min(n, PNF_V5_RECORDS_MAX - msg->records);
	n = min(n, pnf_message_room(msg) / octets);
	to = (struct pnf_wire_v5_record *)pnf_message_reserve(msg, n * octets);

	for (i = 0; i < n && pnf_encode_v5_can_encode(records[i]); i++) {
		if (likely(pnf_record_is_flow(records[i])))
			pnf_encode_v5_record(&to[i], records[i]);
		else
			pnf_nat_event_to_v5(records[i], &to[i]);
	}

	msg->octets -= (n - i) * octets;
	msg->records += i;
	return i;
}

static bool pnf_encode_v5_put_template(struct pnf_message *msg,
				       const struct pnf_template *template)
{
	return false;
}

static void pnf_encode_v5_finish(struct pnf_message *msg, const struct pnf_header_info *info)
{
	struct pnf_wire_v5_header *header;
	u32 nsecs;

	header = (struct pnf_wire_v5_header *)pnf_message_at(msg, 0, sizeof(*header));
	if (!header)
		return;
	header->version = cpu_to_be16(PNF_VERSION_V5);
	header->count = cpu_to_be16(msg->records);
	header->uptime_ms = cpu_to_be32(pnf_uptime_ms(info->clock->boot_ns));
	header->unix_secs = cpu_to_be32(div_u64_rem(info->clock->real_ns, NSEC_PER_SEC, &nsecs));
	header->unix_nsecs = cpu_to_be32(nsecs);
	header->sequence = cpu_to_be32(info->sequence);
	header->engine_type = 0;
	header->engine_id = info->domain;
	header->sampling = cpu_to_be16(info->sampling);
}

/* The sequence number of v5 counts flow records. */
static u32 pnf_encode_v5_sequence_step(const struct pnf_message *msg)
{
	return msg->records;
}

const struct pnf_encoder pnf_encoder_v5 = {
	.counter_max = U32_MAX,
	.header_octets = sizeof(struct pnf_wire_v5_header),
	.version = PNF_VERSION_V5,
	.record_octets = pnf_encode_v5_record_octets,
	.begin = pnf_encode_v5_begin,
	.put_records = pnf_encode_v5_put_records,
	.put_template = pnf_encode_v5_put_template,
	.finish = pnf_encode_v5_finish,
	.sequence_step = pnf_encode_v5_sequence_step,
};

/**
 * pnf_record_split() - take from a record as much as one record of the protocol can tell
 * @rest: record whose counters are too great; what remains of it on return
 * @part: the part taken, a record like @rest but for its counters
 * @counter_max: of the protocol, see struct pnf_encoder
 *
 * The parts add up exactly. They are about equal, so that none tells of octets
 * without packets. A record of its own, a part can be sent, lost and accounted
 * apart from the others.
 */
void pnf_record_split(struct pnf_record *rest, struct pnf_record *part, u64 counter_max)
{
	u64 greatest = max(rest->octets, rest->packets);
	u64 parts = div64_u64(greatest - 1, counter_max) + 1;

	*part = *rest;
	part->packets = div64_u64(rest->packets, parts);
	part->octets = div64_u64(rest->octets, parts);
	rest->packets -= part->packets;
	rest->octets -= part->octets;
}
