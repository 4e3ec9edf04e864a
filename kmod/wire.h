/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * wire.h - structs as they are on the wire: NetFlow v5, NetFlow v9 (RFC 3954), IPFIX (RFC 7011)
 *
 * None has a hole and each is a multiple of 4 octets long, and so are padded
 * Sets: in a buffer aligned to 4 every struct here is aligned.
 */
#ifndef PNF_WIRE_H
#define PNF_WIRE_H

#include <linux/build_bug.h>
#include <linux/types.h>

#define PNF_VERSION_V5		5
#define PNF_VERSION_V9		9
#define PNF_VERSION_IPFIX	10

#define PNF_V5_RECORDS_MAX	30

struct pnf_wire_v5_header {
	__be16 version;
	__be16 count;
	__be32 uptime_ms;
	__be32 unix_secs;
	__be32 unix_nsecs;
	__be32 sequence;
	u8 engine_type;
	u8 engine_id;
	__be16 sampling;
};

static_assert(sizeof(struct pnf_wire_v5_header) == 24);

struct pnf_wire_v5_record {
	__be32 saddr;
	__be32 daddr;
	__be32 next_hop;
	__be16 input;
	__be16 output;
	__be32 packets;
	__be32 octets;
	__be32 first_ms;
	__be32 last_ms;
	__be16 sport;
	__be16 dport;
	u8 pad1;
	u8 tcp_flags;
	u8 protocol;
	u8 tos;
	__be16 src_as;
	__be16 dst_as;
	u8 src_mask;
	u8 dst_mask;
	__be16 pad2;
};

static_assert(sizeof(struct pnf_wire_v5_record) == 48);

struct pnf_wire_v9_header {
	__be16 version;
	__be16 count;
	__be32 uptime_ms;
	__be32 unix_secs;
	__be32 sequence;
	__be32 source_id;
};

static_assert(sizeof(struct pnf_wire_v9_header) == 20);

struct pnf_wire_ipfix_header {
	__be16 version;
	__be16 length;
	__be32 export_time;
	__be32 sequence;
	__be32 domain_id;
};

static_assert(sizeof(struct pnf_wire_ipfix_header) == 16);

/* Set of IPFIX, FlowSet of v9 */
struct pnf_wire_set {
	__be16 id;
	__be16 length;
};

static_assert(sizeof(struct pnf_wire_set) == 4);

#define PNF_SET_V9_TEMPLATE	0
#define PNF_SET_V9_OPTIONS_TEMPLATE	1
#define PNF_SET_IPFIX_TEMPLATE	2
#define PNF_SET_IPFIX_OPTIONS_TEMPLATE	3
#define PNF_SET_DATA_MIN	256

struct pnf_wire_template {
	__be16 id;
	__be16 field_count;
};

static_assert(sizeof(struct pnf_wire_template) == 4);

/* RFC 3954 6.1: an Options Template Record; both lengths are of Field Specifiers, in octets */
struct pnf_wire_v9_options_template {
	__be16 id;
	__be16 scope_octets;
	__be16 option_octets;
};

static_assert(sizeof(struct pnf_wire_v9_options_template) == 6);

/* Scope field types of v9 */
#define PNF_V9_SCOPE_SYSTEM	1
#define PNF_V9_SCOPE_INTERFACE	2
#define PNF_V9_SCOPE_TEMPLATE	5

/* RFC 7011 3.4.2.2: an Options Template Record */
struct pnf_wire_ipfix_options_template {
	__be16 id;
	__be16 field_count;
	__be16 scope_count;
};

static_assert(sizeof(struct pnf_wire_ipfix_options_template) == 6);

/* Field Specifier; an __be32 enterprise number follows where the bit is set */
struct pnf_wire_field {
	__be16 id;
	__be16 length;
};

static_assert(sizeof(struct pnf_wire_field) == 4);

#define PNF_FIELD_ENTERPRISE	0x8000

#endif /* PNF_WIRE_H */
