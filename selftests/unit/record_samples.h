/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * record_samples.h - Flows for the tests of the encoders: each field another value
 */
#ifndef PNF_UNIT_RECORD_SAMPLES_H
#define PNF_UNIT_RECORD_SAMPLES_H

#include <asm/byteorder.h>
#include <linux/kernel.h>
#include <linux/time64.h>
#include <string.h>

#include "types.h"

/* 100 s after boot it was 2023-11-14 22:13:20.123456789 UTC */
static const struct pnf_clock sample_clock = {
	.boot_ns = 100 * NSEC_PER_SEC,
	.real_ns = 1700000000ULL * NSEC_PER_SEC + 123456789,
};

/* 192.0.2.1:0x1234 -> 198.51.100.2:0x5678 */
static inline struct pnf_record sample_record_tcp4(void)
{
	struct pnf_record record;

	memset(&record, 0, sizeof(record));
	record.packets = 0x0000000000a1a2a3;
	record.octets = 0x00000000b1b2b3b4;
	record.start_ns = 60 * NSEC_PER_SEC + 5999999;	/* 60.005 s */
	record.end_ns = 90 * NSEC_PER_SEC + 7000000;	/* 90.007 s */
	record.layout = PNF_LAYOUT_IPV4 | PNF_LAYOUT_PORTS;
	record.ingress = 0x0203;
	record.egress = 0x0405;
	record.saddr.v4 = cpu_to_be32(0xc0000201);
	record.daddr.v4 = cpu_to_be32(0xc6336402);
	record.next_hop.v4 = cpu_to_be32(0xcb007103);
	record.sport = cpu_to_be16(0x1234);
	record.dport = cpu_to_be16(0x5678);
	record.tcp_flags = 0x1d2;
	record.version = PNF_IPV4;
	record.protocol = 6;
	record.tos = 0xb8;
	record.reason = PNF_END_ACTIVE;
	return record;
}

/* 2001:db8::1 -> 2001:db8::2, next hop 2001:db8::3 */
static inline struct pnf_record sample_record_udp6(void)
{
	static const struct in6_addr address = { { { 0x20, 0x01, 0x0d, 0xb8 } } };
	struct pnf_record record = sample_record_tcp4();

	record.layout = PNF_LAYOUT_IPV6 | PNF_LAYOUT_PORTS;
	record.version = PNF_IPV6;
	record.protocol = 17;
	record.tcp_flags = 0;
	record.saddr.v6 = address;
	record.daddr.v6 = address;
	record.next_hop.v6 = address;
	record.saddr.v6.s6_addr[15] = 1;
	record.daddr.v6.s6_addr[15] = 2;
	record.next_hop.v6.s6_addr[15] = 3;
	return record;
}

/* An echo request: type 8, code 0 */
static inline struct pnf_record sample_record_icmp4(void)
{
	struct pnf_record record = sample_record_tcp4();

	record.layout = PNF_LAYOUT_IPV4 | PNF_LAYOUT_ICMP;
	record.protocol = 1;
	record.tcp_flags = 0;
	record.sport = 0;
	record.dport = cpu_to_be16(8 * 256);
	return record;
}

/* Port unreachable: type 1, code 4 */
static inline struct pnf_record sample_record_icmp6(void)
{
	struct pnf_record record = sample_record_udp6();

	record.layout = PNF_LAYOUT_IPV6 | PNF_LAYOUT_ICMP6;
	record.protocol = 58;
	record.sport = 0;
	record.dport = cpu_to_be16(1 * 256 + 4);
	return record;
}

static inline struct pnf_record sample_record_igmp(void)
{
	struct pnf_record record = sample_record_icmp4();

	record.layout = PNF_LAYOUT_IPV4 | PNF_LAYOUT_IGMP;
	record.protocol = 2;
	record.dport = 0;
	record.igmp_type = 0x16;
	return record;
}

static inline struct pnf_record sample_record_esp4(void)
{
	struct pnf_record record = sample_record_icmp4();

	record.layout = PNF_LAYOUT_IPV4 | PNF_LAYOUT_IPSEC;
	record.protocol = 50;
	record.spi = cpu_to_be32(0xdeadbeef);
	return record;
}

#endif /* PNF_UNIT_RECORD_SAMPLES_H */
