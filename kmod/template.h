/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * template.h - Templates: lists of Information Elements, their ids, when they are sent
 */
#ifndef PNF_TEMPLATE_H
#define PNF_TEMPLATE_H

#include <linux/bitmap.h>
#include <linux/minmax.h>
#include <linux/types.h>

#include "config.h"
#include "ie.h"
#include "message.h"

#define PNF_TEMPLATE_IES_MAX	96
#define PNF_TEMPLATE_OPS_MAX	128
#define PNF_TEMPLATE_ID_MIN	256
#define PNF_TEMPLATE_ID_MAX	65535
#define PNF_TEMPLATE_ID_STEP	512	/* ids passed over at most where they are to be random */

/* Layouts that are remembered with their Templates */
#define PNF_TEMPLATE_LAYOUTS_MAX	256

/* How a step writes a field; the number at the end is octets on the wire */
enum pnf_template_op_kind {
	PNF_OP_COPY1,
	PNF_OP_COPY2,
	PNF_OP_COPY4,
	PNF_OP_COPY8,
	PNF_OP_COPY16,
	PNF_OP_BE16,
	PNF_OP_BE24,
	PNF_OP_BE32,
	PNF_OP_BE64,
	PNF_OP_BOOLEAN1,
	PNF_OP_UPTIME_MS4,
	PNF_OP_WALL_MS8,
	PNF_OP_WALL_US8,
	PNF_OP_WALL_NS8,
	PNF_OP_SPAN_MS4,
	PNF_OP_SPAN_US4,
};

/**
 * struct pnf_template_op - one step of writing Data Records: one field or two
 * @from: offset in the value that a Data Record is made of
 * @twin: offset of a second field of the same kind, written behind the first; 0: none
 * @to: offset in the Data Record
 * @kind: enum pnf_template_op_kind
 */
struct pnf_template_op {
	u16 from;
	u16 twin;
	u16 to;
	u8 kind;
};

/**
 * struct pnf_options_definition - Options Data of one kind
 * @ies: its Information Elements, those of the scope first; fields of a struct of its own
 * @ie_count: how many
 * @scopes: so many first ones are the scope, of each protocol
 * @v9_scope: type of the scope in v9 (RFC 3954 6.1)
 */
struct pnf_options_definition {
	const struct pnf_ie *ies;
	u8 ie_count;
	u8 scopes;
	u16 v9_scope;
};

/**
 * struct pnf_template - a Template or an Options Template
 * @sent: Template Records sent, over all Transport Sessions; kept by the Exporting Process
 * @records: Data Records sent, likewise
 * @layout: PNF_LAYOUT_* bits of the records it was made for, 0: none
 * @named: the Template by name that it is, or NULL
 * @options: what it describes, NULL: Flow Records
 * @index: where it is in its table
 * @id: Template ID
 * @record_octets: octets of a Data Record, never fewer than 4: longer than any padding
 * @version: PNF_VERSION_V9 or PNF_VERSION_IPFIX
 * @ie_count: number of elements
 * @op_count: number of steps
 * @ies: elements in order
 * @ops: how a Data Record is written
 *
 * Immutable but for the two counters.
 */
struct pnf_template {
	u64 sent;
	u64 records;
	u64 layout;
	const struct pnf_named_template *named;
	const struct pnf_options_definition *options;
	u16 index;
	u16 id;
	u16 record_octets;
	u8 version;
	u8 ie_count;
	u8 op_count;
	const struct pnf_ie *ies[PNF_TEMPLATE_IES_MAX];
	struct pnf_template_op ops[PNF_TEMPLATE_OPS_MAX];
};

/**
 * struct pnf_template_layout - which Template a layout has
 * @layout: PNF_LAYOUT_* bits
 * @version: PNF_VERSION_V9 or PNF_VERSION_IPFIX
 * @template: the Template
 */
struct pnf_template_layout {
	u64 layout;
	u8 version;
	struct pnf_template *template;
};

/**
 * struct pnf_template_table - all Templates of one Exporting Process
 * @named: Templates by name, the first that fits a layout counts
 * @named_count: how many
 * @count: Templates in @templates, all live
 * @layout_count: entries of @layouts
 * @next_id: of the next Template
 * @templates: in the order in which they were made
 * @layouts: what was looked up; forgotten when it is full
 *
 * No Template is taken out but with all others, and the next one has another id than all of
 * them: an id means one definition until 65280 Templates later.
 */
struct pnf_template_table {
	const struct pnf_named_template *named;
	unsigned int named_count;
	unsigned int count;
	unsigned int layout_count;
	u16 next_id;
	struct pnf_template *templates[PNF_TEMPLATES_MAX];
	struct pnf_template_layout layouts[PNF_TEMPLATE_LAYOUTS_MAX];
};

void pnf_template_table_init(struct pnf_template_table *table, u16 first_id);
void pnf_template_table_renew(struct pnf_template_table *table);
void pnf_template_table_set_named(struct pnf_template_table *table,
				  const struct pnf_named_template *named, unsigned int count);
struct pnf_template *pnf_template_get(struct pnf_template_table *table, u8 version, u64 layout);
struct pnf_template *pnf_template_get_options(struct pnf_template_table *table, u8 version,
					      const struct pnf_options_definition *options);
bool pnf_template_describe(struct pnf_template *template, u8 version, u64 layout);

/**
 * struct pnf_template_schedule - what one Transport Session was told, and when
 * @announced: Templates, by index, sent since the last refresh began
 * @messages: messages sent since
 * @last_ns: CLOCK_BOOTTIME when it began, 0: not yet
 */
struct pnf_template_schedule {
	DECLARE_BITMAP(announced, PNF_TEMPLATES_MAX);
	u32 messages;
	u64 last_ns;
};

void pnf_template_schedule_reset(struct pnf_template_schedule *schedule);
bool pnf_template_schedule_is_due(const struct pnf_template_schedule *schedule, u64 now_ns,
				  u32 refresh_rate, u32 timeout_minutes);
void pnf_template_schedule_note_refresh(struct pnf_template_schedule *schedule, u64 now_ns);

/* The refresh is over: it may take many messages, but not all that come before the next one. */
static inline void pnf_template_schedule_end_refresh(struct pnf_template_schedule *schedule,
						     u32 refresh_rate)
{
	schedule->messages = min(schedule->messages, refresh_rate / 2);
}

/* A message left, with or without Templates. */
static inline void pnf_template_schedule_note_message(struct pnf_template_schedule *schedule)
{
	schedule->messages++;
}

/* The Template left in a message that the stack took. */
static inline void pnf_template_schedule_note_sent(struct pnf_template_schedule *schedule,
						   unsigned int index)
{
	__set_bit(index, schedule->announced);
}

#endif /* PNF_TEMPLATE_H */
