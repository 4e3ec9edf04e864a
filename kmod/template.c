// SPDX-License-Identifier: GPL-2.0-only
/*
 * template.c - Templates: lists of Information Elements, their ids, when they are sent
 */
#include <linux/bitmap.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/time64.h>

#include "template.h"
#include "wire.h"

/**
 * pnf_template_table_init() - start with no Template
 * @table: table, whatever was in it
 */
void pnf_template_table_init(struct pnf_template_table *table)
{
	table->count = 0;
}

static bool pnf_template_add_op(struct pnf_template *template, u8 kind, u16 from, u16 to)
{
	struct pnf_template_op *op = &template->ops[template->op_count];

	/* Two fields a step halve what a step costs; the first field of a record is no twin */
	if (template->op_count && op[-1].kind == kind && !op[-1].twin && from) {
		op[-1].twin = from;
		return true;
	}
	if (template->op_count == ARRAY_SIZE(template->ops))
		return false;
	op->kind = kind;
	op->twin = 0;
	op->from = from;
	op->to = to;
	template->op_count++;
	return true;
}

/* Copies @octets in as few steps as possible. */
static bool pnf_template_add_copy(struct pnf_template *template, u16 from, u16 to, u16 octets)
{
	static const struct {
		u8 octets;
		u8 kind;
	} steps[] = {
		{ 16, PNF_OP_COPY16 },
		{ 8, PNF_OP_COPY8 },
		{ 4, PNF_OP_COPY4 },
		{ 2, PNF_OP_COPY2 },
		{ 1, PNF_OP_COPY1 },
	};
	unsigned int i = 0;

	while (octets) {
		if (octets < steps[i].octets) {
			i++;
			continue;
		}
		if (!pnf_template_add_op(template, steps[i].kind, from, to))
			return false;
		from += steps[i].octets;
		to += steps[i].octets;
		octets -= steps[i].octets;
	}
	return true;
}

static bool pnf_template_add_unsigned(struct pnf_template *template, const struct pnf_ie *ie,
				      u8 octets, u16 to)
{
	u16 from = ie->offset;

	/* RFC 7011 6.2, reduced-size encoding: the low order octets of the field */
	if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
		from += ie->size - octets;

	switch (octets) {
	case 1:
		return pnf_template_add_op(template, PNF_OP_COPY1, from, to);
	case 2:
		return pnf_template_add_op(template, PNF_OP_BE16, from, to);
	case 4:
		return pnf_template_add_op(template, PNF_OP_BE32, from, to);
	case 8:
		return pnf_template_add_op(template, PNF_OP_BE64, from, to);
	}
	return false;
}

/* Turns the list of elements into steps; neighbours in the record become one copy. */
static bool pnf_template_compile(struct pnf_template *template, enum pnf_ie_protocol protocol)
{
	unsigned int i, next;
	u16 to = 0;
	bool ok;

	for (i = 0; i < template->ie_count; i = next) {
		const struct pnf_ie *ie = template->ies[i];
		u16 octets = ie->in[protocol].octets;

		next = i + 1;
		switch (ie->kind) {
		case PNF_IE_OCTETS:
			while (next < template->ie_count &&
			       template->ies[next]->kind == PNF_IE_OCTETS &&
			       template->ies[next]->offset == ie->offset + octets)
				octets += template->ies[next++]->in[protocol].octets;
			ok = pnf_template_add_copy(template, ie->offset, to, octets);
			break;
		case PNF_IE_UNSIGNED:
			ok = pnf_template_add_unsigned(template, ie, octets, to);
			break;
		case PNF_IE_UPTIME_MS:
			ok = pnf_template_add_op(template, PNF_OP_UPTIME_MS4, ie->offset, to);
			break;
		case PNF_IE_WALL_MS:
			ok = pnf_template_add_op(template, PNF_OP_WALL_MS8, ie->offset, to);
			break;
		default:
			ok = false;
		}
		if (!ok)
			return false;
		to += octets;
	}
	template->record_octets = to;
	return true;
}

static bool pnf_template_build(struct pnf_template *template, u16 id, u8 version, u32 layout)
{
	enum pnf_ie_protocol protocol = version == PNF_VERSION_V9 ? PNF_IE_V9 : PNF_IE_IPFIX;
	unsigned int i;

	memset(template, 0, sizeof(*template));
	template->id = id;
	template->version = version;
	template->layout = layout;

	for (i = 0; i < pnf_ies_count; i++) {
		if (!(pnf_ies[i].in[protocol].layouts & layout))
			continue;
		if (template->ie_count == ARRAY_SIZE(template->ies))
			return false;
		template->ies[template->ie_count++] = &pnf_ies[i];
	}
	return template->ie_count && pnf_template_compile(template, protocol);
}

/**
 * pnf_template_get() - find the Template of a layout, or make it
 * @table: table
 * @version: PNF_VERSION_V9 or PNF_VERSION_IPFIX
 * @layout: PNF_LAYOUT_* bits
 *
 * Looked up once per run of records of one layout, of which there are a
 * handful: a plain search will do.
 *
 * Return: the Template, or NULL if the table is full or no element has that layout.
 */
struct pnf_template *pnf_template_get(struct pnf_template_table *table, u8 version, u32 layout)
{
	struct pnf_template *template = table->templates;
	struct pnf_template *end = template + table->count;

	for (; template < end; template++)
		if (template->layout == layout && template->version == version)
			return template;

	if (table->count == PNF_TEMPLATES_MAX ||
	    !pnf_template_build(template, PNF_SET_DATA_MIN + table->count, version, layout))
		return NULL;
	table->count++;
	return template;
}

/**
 * pnf_template_schedule_reset() - a Transport Session begins: nothing was announced
 * @schedule: schedule of the session
 */
void pnf_template_schedule_reset(struct pnf_template_schedule *schedule)
{
	bitmap_zero(schedule->announced, PNF_TEMPLATES_MAX);
	schedule->messages = 0;
	schedule->last_ns = 0;
}

/**
 * pnf_template_schedule_is_due() - is it time to send all Templates again?
 * @schedule: schedule of the session
 * @now_ns: CLOCK_BOOTTIME
 * @refresh_rate: messages between refreshes
 * @timeout_minutes: minutes between refreshes
 *
 * RFC 3954 9 and RFC 7011 8.4: over UDP Templates are repeated by count and by
 * time, whichever is first.
 */
bool pnf_template_schedule_is_due(const struct pnf_template_schedule *schedule, u64 now_ns,
				  u32 refresh_rate, u32 timeout_minutes)
{
	if (!schedule->last_ns)
		return true;
	return schedule->messages >= refresh_rate ||
	       now_ns - schedule->last_ns >= (u64)timeout_minutes * 60 * NSEC_PER_SEC;
}

/**
 * pnf_template_schedule_note_refresh() - a refresh begins: everything is to be announced again
 * @schedule: schedule of the session
 * @now_ns: CLOCK_BOOTTIME
 */
void pnf_template_schedule_note_refresh(struct pnf_template_schedule *schedule, u64 now_ns)
{
	bitmap_zero(schedule->announced, PNF_TEMPLATES_MAX);
	schedule->messages = 0;
	schedule->last_ns = now_ns;
}
