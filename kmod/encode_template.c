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

static u32 pnf_encode_fields_octets(const struct pnf_template *template, unsigned int from,
				    unsigned int to)
{
	u32 octets = 0;

	for (; from < to; from++) {
		octets += sizeof(struct pnf_wire_field);
		if (template->ies[from]->enterprise)
			octets += sizeof(__be32);
	}
	return octets;
}

/* All of them fit. */
static void pnf_encode_put_fields(struct pnf_message *msg, const struct pnf_template *template,
				  unsigned int from, unsigned int to)
{
	enum pnf_ie_protocol protocol = pnf_ie_protocol(template->version);
	const struct pnf_ie *ie;

	for (; from < to; from++) {
		ie = template->ies[from];
		pnf_message_put_be16(msg, ie->id | (ie->enterprise ? PNF_FIELD_ENTERPRISE : 0));
		pnf_message_put_be16(msg, ie->in[protocol].octets);
		if (ie->enterprise)
			pnf_message_put_be32(msg, ie->enterprise);
	}
}

static bool pnf_encode_put_template(struct pnf_message *msg, const struct pnf_template *template,
				    u16 set_id)
{
	u32 octets = sizeof(struct pnf_wire_template) +
		     pnf_encode_fields_octets(template, 0, template->ie_count);

	if (!pnf_encode_open_set(msg, set_id, octets))
		return false;
	pnf_message_put_be16(msg, template->id);
	pnf_message_put_be16(msg, template->ie_count);
	pnf_encode_put_fields(msg, template, 0, template->ie_count);
	msg->definitions++;
	return true;
}

/*
 * A Set of its own for each Options Template: nfacctd (pmacct 1.7.7) finds the first of a Set only.
 * False, and nothing is written: @octets would not fit.
 */
static bool pnf_encode_open_options_set(struct pnf_message *msg, u16 id, u32 octets)
{
	if (ALIGN(msg->octets, 4) + sizeof(struct pnf_wire_set) + octets > msg->capacity)
		return false;
	pnf_encode_close_set(msg);
	return pnf_encode_open_set(msg, id, octets);
}

static bool pnf_encode_ipfix_put_options_template(struct pnf_message *msg,
						  const struct pnf_template *template)
{
	u32 octets = sizeof(struct pnf_wire_ipfix_options_template) +
		     pnf_encode_fields_octets(template, 0, template->ie_count);

	if (!pnf_encode_open_options_set(msg, PNF_SET_IPFIX_OPTIONS_TEMPLATE, octets))
		return false;
	pnf_message_put_be16(msg, template->id);
	pnf_message_put_be16(msg, template->ie_count);
	pnf_message_put_be16(msg, template->options->scopes);
	pnf_encode_put_fields(msg, template, 0, template->ie_count);
	msg->definitions++;
	return true;
}

/* RFC 3954 6.1: the scope has field types of its own. */
static bool pnf_encode_v9_put_options_template(struct pnf_message *msg,
					       const struct pnf_template *template)
{
	unsigned int i, scopes = template->options->scopes;
	u32 scope_octets = pnf_encode_fields_octets(template, 0, scopes);
	u32 option_octets = pnf_encode_fields_octets(template, scopes, template->ie_count);

	if (!pnf_encode_open_options_set(msg, PNF_SET_V9_OPTIONS_TEMPLATE,
					 sizeof(struct pnf_wire_v9_options_template) +
					 scope_octets + option_octets))
		return false;
	pnf_message_put_be16(msg, template->id);
	pnf_message_put_be16(msg, scope_octets);
	pnf_message_put_be16(msg, option_octets);
	for (i = 0; i < scopes; i++) {
		pnf_message_put_be16(msg, template->options->v9_scope);
		pnf_message_put_be16(msg, template->ies[i]->in[PNF_IE_V9].octets);
	}
	pnf_encode_put_fields(msg, template, scopes, template->ie_count);
	msg->definitions++;
	return true;
}

/* RFC 7011 6.1.9, 6.1.10: an NTP timestamp, seconds since 1900 and their fraction */
#define PNF_NTP_EPOCH_S		2208988800ULL

/* Rounded up: a Collector that rounds down has the same nanosecond. */
static u64 pnf_ntp_ns(u64 real_ns)
{
	u64 seconds;
	u32 ns;

	seconds = div_u64_rem(real_ns, NSEC_PER_SEC, &ns);
	return (seconds + PNF_NTP_EPOCH_S) << 32 |
	       div_u64(((u64)ns << 32) + NSEC_PER_SEC - 1, NSEC_PER_SEC);
}

/* The last 11 bits are 0; there is such a fraction within each microsecond. */
static u64 pnf_ntp_us(u64 real_ns)
{
	u64 seconds, fraction;
	u32 ns;

	seconds = div_u64_rem(real_ns, NSEC_PER_SEC, &ns);
	fraction = div_u64(((u64)(ns / NSEC_PER_USEC) << 32) + USEC_PER_SEC - 1, USEC_PER_SEC);
	return (seconds + PNF_NTP_EPOCH_S) << 32 | ALIGN(fraction, 2048);
}

/*
 * Writes @n records of one Template, column by column: each step is chosen once
 * and then runs over all records, which are few enough to stay in the CPU's cache.
 */
static void pnf_encode_columns(u8 *to, const struct pnf_template *template,
			       const void *const *records, unsigned int n,
			       const struct pnf_clock *clock)
{
	const u64 wall_ns = pnf_clock_real_ns(clock, 0);
	const size_t stride = template->record_octets;
	unsigned int step, i;

#define COLUMN(type, octets, put) do {						\
	if (op->twin) {								\
		for (i = 0; i < n; i++, cell += stride) {			\
			const u8 *record = records[i];		\
			type first = get_unaligned((const type *)(record + from));	\
			type second = get_unaligned((const type *)(record + twin));	\
										\
			put(first, cell);					\
			put(second, cell + (octets));				\
		}								\
	} else {								\
		for (i = 0; i < n; i++, cell += stride) {			\
			const u8 *record = records[i];		\
										\
			put(get_unaligned((const type *)(record + from)), cell);	\
		}								\
	}									\
} while (0)
#define PUT_U8(value, to)	(*(to) = (value))
#define PUT_U16(value, to)	put_unaligned(value, (u16 *)(to))
#define PUT_U32(value, to)	put_unaligned(value, (u32 *)(to))
#define PUT_U64(value, to)	put_unaligned(value, (u64 *)(to))
#define PUT_BOOLEAN(value, to)	(*(to) = (value) == 1 ? 1 : 2)
#define PUT_UPTIME(value, to)	put_unaligned_be32(pnf_uptime_ms(value), to)
#define PUT_WALL(value, to)	\
	put_unaligned_be64(div_u64(wall_ns + (value), NSEC_PER_MSEC), to)
#define PUT_WALL_US(value, to)	put_unaligned_be64(pnf_ntp_us(wall_ns + (value)), to)
#define PUT_WALL_NS(value, to)	put_unaligned_be64(pnf_ntp_ns(wall_ns + (value)), to)
#define PUT_SPAN_MS(value, to)	\
	put_unaligned_be32(min_t(u64, div_u64(value, NSEC_PER_MSEC), U32_MAX), to)
#define PUT_SPAN_US(value, to)	\
	put_unaligned_be32(min_t(u64, div_u64(value, NSEC_PER_USEC), U32_MAX), to)

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
				const u8 *record = records[i];

				memcpy(cell, record + from, 16);
				if (twin)
					memcpy(cell + 16, record + twin, 16);
			}
			break;
		case PNF_OP_BE16:
			COLUMN(u16, 2, put_unaligned_be16);
			break;
		case PNF_OP_BE24:
			COLUMN(u32, 3, put_unaligned_be24);
			break;
		case PNF_OP_BE32:
			COLUMN(u32, 4, put_unaligned_be32);
			break;
		case PNF_OP_BE64:
			COLUMN(u64, 8, put_unaligned_be64);
			break;
		case PNF_OP_BOOLEAN1:
			COLUMN(u8, 1, PUT_BOOLEAN);
			break;
		case PNF_OP_UPTIME_MS4:
			COLUMN(u64, 4, PUT_UPTIME);
			break;
		case PNF_OP_WALL_MS8:
			COLUMN(u64, 8, PUT_WALL);
			break;
		case PNF_OP_WALL_US8:
			COLUMN(u64, 8, PUT_WALL_US);
			break;
		case PNF_OP_WALL_NS8:
			COLUMN(u64, 8, PUT_WALL_NS);
			break;
		case PNF_OP_SPAN_MS4:
			COLUMN(u64, 4, PUT_SPAN_MS);
			break;
		case PNF_OP_SPAN_US4:
			COLUMN(u64, 4, PUT_SPAN_US);
			break;
		}
	}
#undef PUT_SPAN_US
#undef PUT_SPAN_MS
#undef PUT_WALL_NS
#undef PUT_WALL_US
#undef PUT_WALL
#undef PUT_UPTIME
#undef PUT_BOOLEAN
#undef PUT_U64
#undef PUT_U32
#undef PUT_U16
#undef PUT_U8
#undef COLUMN
}

/**
 * pnf_encode_record() - write one Flow Record
 * @to: @template->record_octets octets
 * @template: of the record's layout
 * @record: the record
 * @clock: turns CLOCK_BOOTTIME into wall time
 */
void pnf_encode_record(u8 *to, const struct pnf_template *template,
		       const struct pnf_record *record, const struct pnf_clock *clock)
{
	const void *one = record;

	pnf_encode_columns(to, template, &one, 1, clock);
}

static void pnf_encode_note_records(struct pnf_message *msg, const struct pnf_template *template,
				    unsigned int n)
{
	if (!__test_and_set_bit(template->index, msg->templates))
		msg->template_records[template->index] = 0;
	msg->template_records[template->index] += n;
	msg->records += n;
}

/* A Data Record of Options Data, the same in v9 and IPFIX */
static bool pnf_encode_put_options(struct pnf_message *msg, const struct pnf_template *template,
				   const void *value, const struct pnf_clock *clock)
{
	if (!pnf_encode_open_set(msg, template->id, template->record_octets))
		return false;
	pnf_encode_columns(pnf_message_reserve(msg, template->record_octets), template, &value, 1,
			   clock);
	pnf_encode_note_records(msg, template, 1);
	return true;
}

static unsigned int pnf_encode_put_records(struct pnf_message *msg,
					   const struct pnf_record *const *records, unsigned int n,
					   struct pnf_template_table *templates, u8 version,
					   const struct pnf_clock *clock)
{
	unsigned int done = 0;

	while (done < n) {
		const u64 layout = records[done]->layout;
		const struct pnf_template *template;
		unsigned int run, fit;
		u8 *to;

		template = pnf_template_get(templates, version, layout);
		if (!template || !pnf_encode_open_set(msg, template->id, template->record_octets))
			break;

		fit = min(n - done, pnf_message_room(msg) / template->record_octets);
		for (run = 1; run < fit && records[done + run]->layout == layout; run++)
			;
		to = pnf_message_reserve(msg, run * template->record_octets);
		pnf_encode_columns(to, template, (const void *const *)&records[done], run, clock);
		pnf_encode_note_records(msg, template, run);
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
	if (template->options)
		return pnf_encode_v9_put_options_template(msg, template);
	return pnf_encode_put_template(msg, template, PNF_SET_V9_TEMPLATE);
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
	.put_options = pnf_encode_put_options,
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
	if (template->options)
		return pnf_encode_ipfix_put_options_template(msg, template);
	return pnf_encode_put_template(msg, template, PNF_SET_IPFIX_TEMPLATE);
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
	.put_options = pnf_encode_put_options,
	.finish = pnf_encode_ipfix_finish,
	.sequence_step = pnf_encode_ipfix_sequence_step,
};
