/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * template.h - Templates: lists of Information Elements, their ids, when they are sent
 */
#ifndef PNF_TEMPLATE_H
#define PNF_TEMPLATE_H

#include <linux/bitmap.h>
#include <linux/types.h>

#include "ie.h"
#include "message.h"

#define PNF_TEMPLATE_IES_MAX	32

/* How a step writes a field; the number at the end is octets on the wire */
enum pnf_template_op_kind {
	PNF_OP_COPY1,
	PNF_OP_COPY2,
	PNF_OP_COPY4,
	PNF_OP_COPY8,
	PNF_OP_COPY16,
	PNF_OP_BE16,
	PNF_OP_BE32,
	PNF_OP_BE64,
	PNF_OP_UPTIME_MS4,
	PNF_OP_WALL_MS8,
};

/**
 * struct pnf_template_op - one step of writing Data Records: one field or two
 * @from: offset in struct pnf_record
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
 * struct pnf_template - a Template
 * @sent: Template Records sent, over all Transport Sessions; kept by the Exporting Process
 * @records: Data Records sent, likewise
 * @layout: PNF_LAYOUT_* bits of the records it describes
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
	u32 layout;
	u16 id;
	u16 record_octets;
	u8 version;
	u8 ie_count;
	u8 op_count;
	const struct pnf_ie *ies[PNF_TEMPLATE_IES_MAX];
	struct pnf_template_op ops[PNF_TEMPLATE_IES_MAX];
};

/**
 * struct pnf_template_table - all Templates of one Exporting Process
 * @count: Templates in @templates, all live
 * @templates: in the order of their ids, which start at 256
 *
 * Templates are never taken out, so an id means one definition as long as the
 * table lives. About 35 KiB: not for the stack.
 */
struct pnf_template_table {
	unsigned int count;
	struct pnf_template templates[PNF_TEMPLATES_MAX];
};

void pnf_template_table_init(struct pnf_template_table *table);
struct pnf_template *pnf_template_get(struct pnf_template_table *table, u8 version, u32 layout);

/* Number of a Template in its table, for bitmaps. */
static inline unsigned int pnf_template_index(const struct pnf_template_table *table,
					      const struct pnf_template *template)
{
	return template - table->templates;
}

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
