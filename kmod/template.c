// SPDX-License-Identifier: GPL-2.0-only
/*
 * template.c - Templates: lists of Information Elements, their ids, when they are sent
 */
#include <linux/bitmap.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/time64.h>

#include "template.h"
#include "types.h"
#include "wire.h"

/*
 * When so few Templates are left, layouts share those that list more than they have. Of those
 * there are no more than 30, and 2 of NAT events; the rest is for Options Templates and Templates
 * by name.
 */
#define PNF_TEMPLATES_WIDE	64

/**
 * pnf_template_table_init() - start with no Template
 * @table: table, whatever was in it
 * @first_id: Template ID of the first one, at least PNF_TEMPLATE_ID_MIN
 */
void pnf_template_table_init(struct pnf_template_table *table, u16 first_id)
{
	memset(table, 0, sizeof(*table));
	table->next_id = first_id;
}

/**
 * pnf_template_table_renew() - drop all Templates
 * @table: table; the next ones have other ids
 */
void pnf_template_table_renew(struct pnf_template_table *table)
{
	while (table->count)
		kfree(table->templates[--table->count]);
	table->layout_count = 0;
}

/**
 * pnf_template_table_set_named() - say where the Templates by name are
 * @table: table; if they are others than before, it was renewed
 * @named: Templates by name, which outlive the next call
 * @count: how many
 */
void pnf_template_table_set_named(struct pnf_template_table *table,
				  const struct pnf_named_template *named, unsigned int count)
{
	struct pnf_template *template;
	unsigned int i;

	for (i = 0; i < table->count; i++) {
		template = table->templates[i];
		if (template->named)
			template->named = named + (template->named - table->named);
	}
	table->named = named;
	table->named_count = count;
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
	case 3:
		return pnf_template_add_op(template, PNF_OP_BE24, ie->offset, to);
	case 4:
		return pnf_template_add_op(template, PNF_OP_BE32, from, to);
	case 8:
		return pnf_template_add_op(template, PNF_OP_BE64, from, to);
	}
	return false;
}

/* An element that is neither copied nor a plain number */
static bool pnf_template_add_other(struct pnf_template *template, const struct pnf_ie *ie, u16 to)
{
	static const u8 kinds[] = {
		[PNF_IE_BOOLEAN] = PNF_OP_BOOLEAN1,
		[PNF_IE_UPTIME_MS] = PNF_OP_UPTIME_MS4,
		[PNF_IE_WALL_MS] = PNF_OP_WALL_MS8,
		[PNF_IE_WALL_US] = PNF_OP_WALL_US8,
		[PNF_IE_WALL_NS] = PNF_OP_WALL_NS8,
		[PNF_IE_SPAN_MS] = PNF_OP_SPAN_MS4,
		[PNF_IE_SPAN_US] = PNF_OP_SPAN_US4,
	};

	return pnf_template_add_op(template, kinds[ie->kind], ie->offset, to);
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
		default:
			ok = pnf_template_add_other(template, ie, to);
		}
		if (!ok)
			return false;
		to += octets;
	}
	template->record_octets = to;
	return true;
}

static bool pnf_template_add_ie(struct pnf_template *template, const struct pnf_ie *ie)
{
	if (template->ie_count == ARRAY_SIZE(template->ies))
		return false;
	template->ies[template->ie_count++] = ie;
	return true;
}

/* All elements of a table that the layout has, in its order */
static bool pnf_template_add_layout(struct pnf_template *template, enum pnf_ie_protocol protocol)
{
	const struct pnf_ie *ies = pnf_ies;
	unsigned int count = pnf_ies_count;
	unsigned int i;

	if (template->layout & PNF_LAYOUT_NAT_EVENT) {
		ies = pnf_nat_event_ies;
		count = pnf_nat_event_ies_count;
	}
	for (i = 0; i < count; i++)
		if (ies[i].in[protocol].layouts & template->layout &&
		    !pnf_template_add_ie(template, &ies[i]))
			return false;
	return true;
}

static bool pnf_template_add_named(struct pnf_template *template)
{
	const struct pnf_named_template *named = template->named;
	unsigned int i;

	for (i = 0; i < named->count; i++)
		if (!pnf_template_add_ie(template, pnf_ie_find(named->elements[i])))
			return false;
	return true;
}

static bool pnf_template_add_options(struct pnf_template *template,
				     enum pnf_ie_protocol protocol)
{
	const struct pnf_options_definition *options = template->options;
	unsigned int i;

	for (i = 0; i < options->ie_count; i++)
		if (options->ies[i].in[protocol].octets &&
		    !pnf_template_add_ie(template, &options->ies[i]))
			return false;
	return true;
}

/* All but the id; @layout, @named or @options says of what. */
static bool pnf_template_build(struct pnf_template *template, u8 version, u64 layout,
			       const struct pnf_named_template *named,
			       const struct pnf_options_definition *options)
{
	enum pnf_ie_protocol protocol = pnf_ie_protocol(version);
	bool ok;

	memset(template, 0, sizeof(*template));
	template->version = version;
	template->layout = layout;
	template->named = named;
	template->options = options;
	if (options)
		ok = pnf_template_add_options(template, protocol);
	else if (named)
		ok = pnf_template_add_named(template);
	else
		ok = pnf_template_add_layout(template, protocol);
	return ok && template->ie_count && pnf_template_compile(template, protocol);
}

/**
 * pnf_template_describe() - what a layout has, without a Template of a table
 * @template: filled in; it has no id
 * @version: PNF_VERSION_V9 or PNF_VERSION_IPFIX
 * @layout: PNF_LAYOUT_* bits
 *
 * Context: any.
 *
 * Return: false if no element has that layout.
 */
bool pnf_template_describe(struct pnf_template *template, u8 version, u64 layout)
{
	return pnf_template_build(template, version, layout, NULL, NULL);
}

static struct pnf_template *pnf_template_add(struct pnf_template_table *table, u8 version,
					     u64 layout, const struct pnf_named_template *named,
					     const struct pnf_options_definition *options)
{
	struct pnf_template *template;

	if (table->count == PNF_TEMPLATES_MAX)
		return NULL;
	template = kmalloc(sizeof(*template), GFP_KERNEL);
	if (!template)
		return NULL;
	if (!pnf_template_build(template, version, layout, named, options)) {
		kfree(template);
		return NULL;
	}

	template->index = table->count;
	template->id = table->next_id;
	table->templates[table->count++] = template;
	table->next_id = template->id == PNF_TEMPLATE_ID_MAX ? PNF_TEMPLATE_ID_MIN :
							       template->id + 1;
	return template;
}

/* Whether a layout has all elements of a Template by name */
static bool pnf_named_fits(const struct pnf_named_template *named, enum pnf_ie_protocol protocol,
			   u64 layout)
{
	const struct pnf_ie *ie;
	unsigned int i;

	for (i = 0; i < named->count; i++) {
		ie = pnf_ie_find(named->elements[i]);
		if (!ie || !(ie->in[protocol].layouts & layout))
			return false;
	}
	return true;
}

static const struct pnf_named_template *
pnf_template_choose_named(const struct pnf_template_table *table, u8 version, u64 layout)
{
	enum pnf_ie_protocol protocol = pnf_ie_protocol(version);
	unsigned int i;

	if (layout & PNF_LAYOUT_NAT_EVENT)
		return NULL;
	for (i = 0; i < table->named_count; i++)
		if (pnf_named_fits(&table->named[i], protocol, layout))
			return &table->named[i];
	return NULL;
}

static struct pnf_template *pnf_template_find(struct pnf_template_table *table, u8 version,
					      u64 layout, const struct pnf_named_template *named)
{
	struct pnf_template *template;
	unsigned int i;

	for (i = 0; i < table->count; i++) {
		template = table->templates[i];
		if (template->version == version && !template->options &&
		    template->named == named && (named || template->layout == layout))
			return template;
	}
	return NULL;
}

/*
 * All that packets alone decide whether it is there, but labels: all or none. Of what is not, 0
 * is told; but nothing of struct pnf_record_more that may not have been written.
 */
static u64 pnf_layout_widen(u64 layout)
{
	u64 more = PNF_LAYOUT_MAC | PNF_LAYOUT_ETHERTYPE | PNF_LAYOUT_VLAN |
		   PNF_LAYOUT_VLAN_INNER | PNF_LAYOUT_POST_VLAN | PNF_LAYOUT_POST_VLAN_INNER;
	u64 wide;

	if (layout & PNF_LAYOUT_IPV6) {
		wide = PNF_LAYOUT_IPV6_EXTENSIONS | PNF_LAYOUT_FLOW_LABEL |
		       PNF_LAYOUT_SOURCE_PREFIX_IPV6 | PNF_LAYOUT_DESTINATION_PREFIX_IPV6;
		more |= PNF_LAYOUT_NAT_IPV6;
	} else {
		wide = PNF_LAYOUT_IPV4_OPTIONS | PNF_LAYOUT_SOURCE_PREFIX_IPV4 |
		       PNF_LAYOUT_DESTINATION_PREFIX_IPV4;
		more |= PNF_LAYOUT_NAT_IPV4;
	}
	if (layout & PNF_LAYOUT_PORTS)
		wide |= PNF_LAYOUT_TCP_OPTIONS;
	if (layout & PNF_LAYOUT_MORE)
		wide |= more;
	return layout | wide;
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
 * Return: the Template, or NULL if there is no memory or no element has that layout.
 */
struct pnf_template *pnf_template_get(struct pnf_template_table *table, u8 version, u64 layout)
{
	struct pnf_template_layout *known = table->layouts;
	struct pnf_template_layout *end = known + table->layout_count;
	const struct pnf_named_template *named;
	struct pnf_template *template;
	u64 told = layout;

	for (; known < end; known++)
		if (known->layout == layout && known->version == version)
			return known->template;

	named = pnf_template_choose_named(table, version, layout);
	template = pnf_template_find(table, version, told, named);
	if (!template && !named && table->count >= PNF_TEMPLATES_MAX - PNF_TEMPLATES_WIDE &&
	    !(layout & PNF_LAYOUT_NAT_EVENT)) {
		told = pnf_layout_widen(layout);
		template = pnf_template_find(table, version, told, NULL);
	}
	if (!template)
		template = pnf_template_add(table, version, told, named, NULL);
	if (!template)
		return NULL;

	if (table->layout_count == ARRAY_SIZE(table->layouts))
		table->layout_count = 0;
	table->layouts[table->layout_count++] = (struct pnf_template_layout) {
		.layout = layout,
		.version = version,
		.template = template,
	};
	return template;
}

/**
 * pnf_template_get_options() - find the Options Template of a kind, or make it
 * @table: table
 * @version: PNF_VERSION_V9 or PNF_VERSION_IPFIX
 * @options: the kind
 *
 * Return: the Template, or NULL if there is no memory.
 */
struct pnf_template *pnf_template_get_options(struct pnf_template_table *table, u8 version,
					      const struct pnf_options_definition *options)
{
	struct pnf_template *template;
	unsigned int i;

	for (i = 0; i < table->count; i++) {
		template = table->templates[i];
		if (template->version == version && template->options == options)
			return template;
	}
	return pnf_template_add(table, version, 0, NULL, options);
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
