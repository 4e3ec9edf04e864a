/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ie.h - the one table of Information Elements
 */
#ifndef PNF_IE_H
#define PNF_IE_H

#include <linux/types.h>
#include <linux/pkt_netflow.h>

#include "wire.h"

/* How an element's value is told from the field of struct pnf_record */
enum pnf_ie_kind {
	PNF_IE_OCTETS,		/* as it is: in network order, or a single octet */
	PNF_IE_UNSIGNED,	/* integer in host order; fewer octets on the wire drop high ones */
	PNF_IE_BOOLEAN,		/* 1: true, else false, RFC 7011 6.1.5 */
	PNF_IE_UPTIME_MS,	/* ns of CLOCK_BOOTTIME, as ms since boot, modulo 2^32 */
	PNF_IE_WALL_MS,		/* ns of CLOCK_BOOTTIME, as ms since 1970 */
	PNF_IE_WALL_US,		/* the same as an NTP timestamp in microseconds, RFC 7011 6.1.9 */
	PNF_IE_WALL_NS,		/* the same in nanoseconds, RFC 7011 6.1.10 */
	PNF_IE_SPAN_MS,		/* ns that something lasts, as ms, at most 2^32 - 1 */
	PNF_IE_SPAN_US,		/* the same as us */
};

enum pnf_ie_protocol {
	PNF_IE_V9,
	PNF_IE_IPFIX,
	PNF_IE_PROTOCOLS
};

/* Of PNF_VERSION_V9 or PNF_VERSION_IPFIX */
static inline enum pnf_ie_protocol pnf_ie_protocol(u8 version)
{
	return version == PNF_VERSION_V9 ? PNF_IE_V9 : PNF_IE_IPFIX;
}

/**
 * struct pnf_ie - an Information Element: one row of the table
 * @name: IANA's name
 * @type: enum pnf_element_type
 * @enterprise: Private Enterprise Number, 0: IANA's registry; v9 has no others
 * @id: number of the element
 * @offset: where its field is in struct pnf_record, or in another struct that a table is of
 * @size: octets of that field
 * @kind: enum pnf_ie_kind
 * @is_key: it is a Flow Key
 * @in: by enum pnf_ie_protocol: octets on the wire, 0 if the protocol does not carry
 *      it, and the PNF_LAYOUT_* bits any of which brings it into a Template
 */
struct pnf_ie {
	const char *name;
	u32 enterprise;
	u16 id;
	u16 offset;
	u8 size;
	u8 kind;
	u8 type;
	bool is_key;
	struct {
		u64 layouts;
		u8 octets;
	} in[PNF_IE_PROTOCOLS];
};

/* In the order in which Templates list them */
extern const struct pnf_ie pnf_ies[];
extern const unsigned int pnf_ies_count;
extern const struct pnf_ie pnf_nat_event_ies[];
extern const unsigned int pnf_nat_event_ies_count;

const struct pnf_ie *pnf_ie_find(u16 id);
u32 pnf_ie_fields(const struct pnf_ie *ie);
unsigned int pnf_ie_labels(const struct pnf_ie *ie);

#endif /* PNF_IE_H */
