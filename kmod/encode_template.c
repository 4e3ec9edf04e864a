// SPDX-License-Identifier: GPL-2.0-only
/*
 * encode_template.c - NetFlow v9 (RFC 3954) and IPFIX (RFC 7011)
 *
 * The two differ in their headers, in the id of a Template Set and in which
 * Information Elements a Template has, hardly in anything else.
 */
#include <asm/byteorder.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "encode.h"

/* RFC 3954 5.3, RFC 7011 3.3.1: padding is shorter than any record, and those have 4 octets. */
static void pnf_encode_close_set(struct pnf_message *msg)
{
	struct pnf_wire_set *set;

	if (!msg->set_start)
		return;
	/* Has room, since capacity is a multiple of 4 */
	pnf_message_put_zeros(msg, -msg->octets & 3);
	set = (struct pnf_wire_set *)pnf_message_at(msg, msg->set_start, sizeof(*set));
	set->id = cpu_to_be16(msg->set_id);
	set->length = cpu_to_be16(msg->octets - msg->set_start);
	msg->set_start = 0;
}

/* Opens Set @id unless it is open. False, and nothing is written: @octets would not fit into it. */
static bool pnf_encode_open_set(struct pnf_message *msg, u16 id, u32 octets)
{
	u32 start;

	if (msg->set_start && msg->set_id == id)
		return octets <= pnf_message_room(msg);

	start = ALIGN(msg->octets, 4);
	if (start + sizeof(struct pnf_wire_set) + octets > msg->capacity)
		return false;
	pnf_encode_close_set(msg);
	pnf_message_reserve(msg, sizeof(struct pnf_wire_set));
	msg->set_start = start;
	msg->set_id = id;
	return true;
}

static bool pnf_encode_put_template(struct pnf_message *msg, const struct pnf_template *template,
				    u16 set_id, enum pnf_ie_protocol protocol)
{
	u32 octets = sizeof(struct pnf_wire_template);
	unsigned int i;

	for (i = 0; i < template->ie_count; i++) {
		octets += sizeof(struct pnf_wire_field);
		if (template->ies[i]->enterprise)
			octets += sizeof(__be32);
	}
	if (!pnf_encode_open_set(msg, set_id, octets))
		return false;

	/* All of it fits now */
	pnf_message_put_be16(msg, template->id);
	pnf_message_put_be16(msg, template->ie_count);
	for (i = 0; i < template->ie_count; i++) {
		const struct pnf_ie *ie = template->ies[i];

		pnf_message_put_be16(msg, ie->id | (ie->enterprise ? PNF_FIELD_ENTERPRISE : 0));
		pnf_message_put_be16(msg, ie->in[protocol].octets);
		if (ie->enterprise)
			pnf_message_put_be32(msg, ie->enterprise);
	}
	msg->definitions++;
	return true;
}

/*
 * Writes @n records of one Template, column by column: each step is chosen once
 * and then runs over all records, which are few enough to stay in the CPU's cache.
 */
static void pnf_encode_columns(u8 *to, const struct pnf_template *template,
			       const struct pnf_record *const *records, unsigned int n,
			       const struct pnf_clock *clock)
{
	const u64 wall_ns = pnf_clock_real_ns(clock, 0);
	const size_t stride = template->record_octets;
	unsigned int step, i;

#define COLUMN(type, octets, put) do {						\
	if (op->twin) {								\
		for (i = 0; i < n; i++, cell += stride) {			\
			const u8 *record = (const u8 *)records[i];		\
			type first = get_unaligned((const type *)(record + from));	\
			type second = get_unaligned((const type *)(record + twin));	\
										\
			put(first, cell);					\
			put(second, cell + (octets));				\
		}								\
	} else {								\
		for (i = 0; i < n; i++, cell += stride) {			\
			const u8 *record = (const u8 *)records[i];		\
										\
			put(get_unaligned((const type *)(record + from)), cell);	\
		}								\
	}									\
} while (0)
#define PUT_U8(value, to)	(*(to) = (value))
#define PUT_U16(value, to)	put_unaligned(value, (u16 *)(to))
#define PUT_U32(value, to)	put_unaligned(value, (u32 *)(to))
#define PUT_U64(value, to)	put_unaligned(value, (u64 *)(to))
#define PUT_UPTIME(value, to)	put_unaligned_be32(pnf_uptime_ms(value), to)
#define PUT_WALL(value, to)	\
	put_unaligned_be64(div_u64(wall_ns + (value), NSEC_PER_MSEC), to)

	for (step = 0; step < template->op_count; step++) {
		const struct pnf_template_op *op = &template->ops[step];
		const size_t from = op->from;
		const size_t twin = op->twin;
		u8 *cell = to + op->to;

		switch (op->kind) {
		case PNF_OP_COPY1:
			COLUMN(u8, 1, PUT_U8);
			break;
		case PNF_OP_COPY2:
			COLUMN(u16, 2, PUT_U16);
			break;
		case PNF_OP_COPY4:
			COLUMN(u32, 4, PUT_U32);
			break;
		case PNF_OP_COPY8:
			COLUMN(u64, 8, PUT_U64);
			break;
		case PNF_OP_COPY16:
			for (i = 0; i < n; i++, cell += stride) {
				const u8 *record = (const u8 *)records[i];

				memcpy(cell, record + from, 16);
				if (twin)
					memcpy(cell + 16, record + twin, 16);
			}
			break;
		case PNF_OP_BE16:
			COLUMN(u16, 2, put_unaligned_be16);
			break;
		case PNF_OP_BE32:
			COLUMN(u32, 4, put_unaligned_be32);
			break;
		case PNF_OP_BE64:
			COLUMN(u64, 8, put_unaligned_be64);
			break;
		case PNF_OP_UPTIME_MS4:
			COLUMN(u64, 4, PUT_UPTIME);
			break;
		case PNF_OP_WALL_MS8:
			COLUMN(u64, 8, PUT_WALL);
			break;
		}
	}
#undef PUT_WALL
#undef PUT_UPTIME
#undef PUT_U64
#undef PUT_U32
#undef PUT_U16
#undef PUT_U8
#undef COLUMN
}

static unsigned int pnf_encode_put_records(struct pnf_message *msg,
					   const struct pnf_record *const *records, unsigned int n,
					   struct pnf_template_table *templates, u8 version,
					   const struct pnf_clock *clock)
{
	unsigned int done = 0;

	while (done < n) {
		const u32 layout = records[done]->layout;
		const struct pnf_template *template;
		unsigned int run, fit, index;
		u8 *to;

		template = pnf_template_get(templates, version, layout);
		if (!template || !pnf_encode_open_set(msg, template->id, template->record_octets))
			break;

		fit = min(n - done, pnf_message_room(msg) / template->record_octets);
		for (run = 1; run < fit && records[done + run]->layout == layout; run++)
			;
		to = pnf_message_reserve(msg, run * template->record_octets);
		pnf_encode_columns(to, template, &records[done], run, clock);

		index = pnf_template_index(templates, template);
		if (!__test_and_set_bit(index, msg->templates))
			msg->template_records[index] = 0;
		msg->template_records[index] += run;
		msg->records += run;
		done += run;
	}
	return done;
}

static u32 pnf_encode_record_octets(struct pnf_template_table *templates, u8 version,
				    const struct pnf_record *record)
{
	const struct pnf_template *template;

	template = pnf_template_get(templates, version, record->layout);
	return template ? template->record_octets : 0;
}

static u32 pnf_encode_v9_record_octets(struct pnf_template_table *templates,
				       const struct pnf_record *record)
{
	return pnf_encode_record_octets(templates, PNF_VERSION_V9, record);
}

static bool pnf_encode_v9_begin(struct pnf_message *msg)
{
	return pnf_message_reserve(msg, sizeof(struct pnf_wire_v9_header));
}

static unsigned int pnf_encode_v9_put_records(struct pnf_message *msg,
					      const struct pnf_record *const *records,
					      unsigned int n,
					      struct pnf_template_table *templates,
					      const struct pnf_clock *clock)
{
	return pnf_encode_put_records(msg, records, n, templates, PNF_VERSION_V9, clock);
}

static bool pnf_encode_v9_put_template(struct pnf_message *msg,
				       const struct pnf_template *template)
{
	return pnf_encode_put_template(msg, template, PNF_SET_V9_TEMPLATE, PNF_IE_V9);
}

static void pnf_encode_v9_finish(struct pnf_message *msg, const struct pnf_header_info *info)
{
	struct pnf_wire_v9_header *header;
	u32 past_ns, secs;
	u64 uptime_ns;

	pnf_encode_close_set(msg);
	header = (struct pnf_wire_v9_header *)pnf_message_at(msg, 0, sizeof(*header));
	if (!header)
		return;
	/*
	 * Collectors place all times of a message by unix_secs - uptime_ms. As
	 * unix_secs has no fraction, both are told of the same moment, or Flows
	 * would be up to a second early. It is the next whole second: no Flow
	 * ends after it, which some take for an uptime that wrapped.
	 */
	secs = div_u64_rem(info->clock->real_ns + NSEC_PER_SEC - 1, NSEC_PER_SEC, &past_ns);
	uptime_ns = info->clock->boot_ns + NSEC_PER_SEC - 1 - past_ns;

	header->version = cpu_to_be16(PNF_VERSION_V9);
	/* RFC 3954 5.1: records of all kinds, not FlowSets */
	header->count = cpu_to_be16(msg->records + msg->definitions);
	header->uptime_ms = cpu_to_be32(pnf_uptime_ms(uptime_ns));
	header->unix_secs = cpu_to_be32(secs);
	header->sequence = cpu_to_be32(info->sequence);
	header->source_id = cpu_to_be32(info->domain);
}

/* RFC 3954 5.1: the sequence number counts messages. */
static u32 pnf_encode_v9_sequence_step(const struct pnf_message *msg)
{
	return 1;
}

const struct pnf_encoder pnf_encoder_v9 = {
	.counter_max = U64_MAX,
	.header_octets = sizeof(struct pnf_wire_v9_header),
	.version = PNF_VERSION_V9,
	.has_templates = true,
	.record_octets = pnf_encode_v9_record_octets,
	.begin = pnf_encode_v9_begin,
	.put_records = pnf_encode_v9_put_records,
	.put_template = pnf_encode_v9_put_template,
	.finish = pnf_encode_v9_finish,
	.sequence_step = pnf_encode_v9_sequence_step,
};

static u32 pnf_encode_ipfix_record_octets(struct pnf_template_table *templates,
					  const struct pnf_record *record)
{
	return pnf_encode_record_octets(templates, PNF_VERSION_IPFIX, record);
}

static bool pnf_encode_ipfix_begin(struct pnf_message *msg)
{
	return pnf_message_reserve(msg, sizeof(struct pnf_wire_ipfix_header));
}

static unsigned int pnf_encode_ipfix_put_records(struct pnf_message *msg,
						 const struct pnf_record *const *records,
						 unsigned int n,
						 struct pnf_template_table *templates,
						 const struct pnf_clock *clock)
{
	return pnf_encode_put_records(msg, records, n, templates, PNF_VERSION_IPFIX, clock);
}

static bool pnf_encode_ipfix_put_template(struct pnf_message *msg,
					  const struct pnf_template *template)
{
	return pnf_encode_put_template(msg, template, PNF_SET_IPFIX_TEMPLATE, PNF_IE_IPFIX);
}

static void pnf_encode_ipfix_finish(struct pnf_message *msg, const struct pnf_header_info *info)
{
	struct pnf_wire_ipfix_header *header;

	pnf_encode_close_set(msg);
	header = (struct pnf_wire_ipfix_header *)pnf_message_at(msg, 0, sizeof(*header));
	if (!header)
		return;
	header->version = cpu_to_be16(PNF_VERSION_IPFIX);
	header->length = cpu_to_be16(msg->octets);
	header->export_time = cpu_to_be32(div_u64(info->clock->real_ns, NSEC_PER_SEC));
	header->sequence = cpu_to_be32(info->sequence);
	header->domain_id = cpu_to_be32(info->domain);
}

/* RFC 7011 3.1: the sequence number counts Data Records; Templates do not count. */
static u32 pnf_encode_ipfix_sequence_step(const struct pnf_message *msg)
{
	return msg->records;
}

const struct pnf_encoder pnf_encoder_ipfix = {
	.counter_max = U64_MAX,
	.header_octets = sizeof(struct pnf_wire_ipfix_header),
	.version = PNF_VERSION_IPFIX,
	.has_templates = true,
	.record_octets = pnf_encode_ipfix_record_octets,
	.begin = pnf_encode_ipfix_begin,
	.put_records = pnf_encode_ipfix_put_records,
	.put_template = pnf_encode_ipfix_put_template,
	.finish = pnf_encode_ipfix_finish,
	.sequence_step = pnf_encode_ipfix_sequence_step,
};
