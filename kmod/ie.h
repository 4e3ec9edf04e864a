/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ie.h - the one table of Information Elements
 */
#ifndef PNF_IE_H
#define PNF_IE_H

#include <linux/types.h>

/* How an element's value is told from the field of struct pnf_record */
enum pnf_ie_kind {
	PNF_IE_OCTETS,		/* as it is: in network order, or a single octet */
	PNF_IE_UNSIGNED,	/* integer in host order; fewer octets on the wire drop high ones */
	PNF_IE_UPTIME_MS,	/* ns of CLOCK_BOOTTIME, as ms since boot, modulo 2^32 */
	PNF_IE_WALL_MS,		/* ns of CLOCK_BOOTTIME, as ms since 1970 */
};

enum pnf_ie_protocol {
	PNF_IE_V9,
	PNF_IE_IPFIX,
	PNF_IE_PROTOCOLS
};

/**
 * struct pnf_ie - an Information Element: one row of the table
 * @name: IANA's name
 * @enterprise: Private Enterprise Number, 0: IANA's registry; v9 has no others
 * @id: number of the element
 * @offset: where its field is in struct pnf_record
 * @size: octets of that field
 * @kind: enum pnf_ie_kind
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
	struct {
		u32 layouts;
		u8 octets;
	} in[PNF_IE_PROTOCOLS];
};

/* In the order in which Templates list them */
extern const struct pnf_ie pnf_ies[];
extern const unsigned int pnf_ies_count;

#endif /* PNF_IE_H */
