/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * encode.h - a protocol version: how records and Templates become a message
 *
 * A message is written by pnf_message_init(), begin(), any mix of put_template()
 * and put_records(), finish(). The encoders keep no state but what is in the
 * message and the table of Templates; neither locks nor allocates.
 */
#ifndef PNF_ENCODE_H
#define PNF_ENCODE_H

#include <linux/math64.h>
#include <linux/time64.h>
#include <linux/types.h>

#include "message.h"
#include "template.h"
#include "types.h"
#include "wire.h"

/**
 * struct pnf_header_info - what a message's header tells besides its content
 * @clock: export time, read after its last record was copied out of the Cache, so
 *         that no Flow ends after it
 * @sequence: sum of sequence_step() over the session's earlier messages
 * @domain: Observation Domain ID
 * @sampling: mode and interval as v5 has them, host byte order
 */
struct pnf_header_info {
	const struct pnf_clock *clock;
	u32 sequence;
	u32 domain;
	u16 sampling;
};

/**
 * struct pnf_encoder - operations of a protocol version
 * @counter_max: greatest packet or octet count of a record; see pnf_record_split()
 * @header_octets: octets of the message header
 * @version: PNF_VERSION_*
 * @has_templates: Templates have to be announced before data
 * @record_octets: octets of a record of this layout in a Data Set, without Set header and
 *	padding; 0 if the protocol cannot tell of it, or no Template can be had for it
 * @begin: make room for the header; false: the message is too small even for that
 * @put_records: append as many of @n records, sorted by layout, as fit and are
 *	encodable; returns how many, from the first on. A Set is opened where the
 *	layout changes. @clock turns CLOCK_BOOTTIME into wall time.
 * @put_template: append a Template Record, or an Options Template Record; false, and nothing
 *	is written: it does not fit
 * @put_options: append a Data Record of an Options Template, made of the struct that its
 *	definition is of; false, and nothing is written: it does not fit
 * @finish: close the open Set and write the header. May be called again, to write
 *	another session's header.
 * @sequence_step: what the message adds to the sequence number of its session
 */
struct pnf_encoder {
	u64 counter_max;
	u16 header_octets;
	u8 version;
	bool has_templates;
	u32 (*record_octets)(struct pnf_template_table *templates,
			     const struct pnf_record *record);
	bool (*begin)(struct pnf_message *msg);
	unsigned int (*put_records)(struct pnf_message *msg,
				    const struct pnf_record *const *records, unsigned int n,
				    struct pnf_template_table *templates,
				    const struct pnf_clock *clock);
	bool (*put_template)(struct pnf_message *msg, const struct pnf_template *template);
	void (*finish)(struct pnf_message *msg, const struct pnf_header_info *info);
	bool (*put_options)(struct pnf_message *msg, const struct pnf_template *template,
			    const void *value, const struct pnf_clock *clock);
	u32 (*sequence_step)(const struct pnf_message *msg);
};

extern const struct pnf_encoder pnf_encoder_v5;
extern const struct pnf_encoder pnf_encoder_v9;
extern const struct pnf_encoder pnf_encoder_ipfix;

void pnf_encode_record(u8 *to, const struct pnf_template *template,
		       const struct pnf_record *record, const struct pnf_clock *clock);
void pnf_record_split(struct pnf_record *rest, struct pnf_record *part, u64 counter_max);

/* NULL: there is no such protocol. */
static inline const struct pnf_encoder *pnf_encoder_get(u8 version)
{
	switch (version) {
	case PNF_VERSION_V5:
		return &pnf_encoder_v5;
	case PNF_VERSION_V9:
		return &pnf_encoder_v9;
	case PNF_VERSION_IPFIX:
		return &pnf_encoder_ipfix;
	}
	return NULL;
}

/* False: the record has to be split before it can be encoded. */
static inline bool pnf_encoder_counts_fit(const struct pnf_encoder *encoder,
					  const struct pnf_record *record)
{
	return record->octets <= encoder->counter_max && record->packets <= encoder->counter_max;
}

/* False: v5 tells an interface of the record as 0, as its number has more than 16 bits. */
static inline bool pnf_encode_v5_has_interfaces(const struct pnf_record *record)
{
	return (record->ingress | record->egress) <= 0xffff;
}

/* System uptime as NetFlow has it: ms since boot modulo 2^32 */
static inline u32 pnf_uptime_ms(u64 boot_ns)
{
	return div_u64(boot_ns, NSEC_PER_MSEC);
}

#endif /* PNF_ENCODE_H */
