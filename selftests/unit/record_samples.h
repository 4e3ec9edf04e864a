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

/* All that settings can ask for, but for what depends on the version; each field another value */
#define SAMPLE_MORE_LAYOUTS								\
	(PNF_LAYOUT_SAMPLER | PNF_LAYOUT_MAC | PNF_LAYOUT_ETHERTYPE | PNF_LAYOUT_VLAN |	\
	 PNF_LAYOUT_VLAN_INNER | PNF_LAYOUT_POST_VLAN | PNF_LAYOUT_POST_VLAN_INNER |	\
	 PNF_LAYOUT_DIRECTION | PNF_LAYOUT_PHYSDEV | PNF_LAYOUT_TTL | PNF_LAYOUT_LENGTH |	\
	 PNF_LAYOUT_LAYER2 | PNF_LAYOUT_VRF | PNF_LAYOUT_MICROSECONDS |			\
	 PNF_LAYOUT_NANOSECONDS | PNF_LAYOUT_DURATION | PNF_LAYOUT_TCP_OPTIONS |		\
	 0x3ffULL << PNF_LAYOUT_MPLS_SHIFT)

static inline void sample_record_add_more(struct pnf_record *record)
{
	struct pnf_record_more *more = &record->more;
	unsigned int i;

	record->layout |= SAMPLE_MORE_LAYOUTS;
	record->tcp_options = 0x0102030405060708;
	record->ip_options = 0x0a0b0c0d;
	record->source_prefix = 24;
	record->destination_prefix = 25;
	record->sampler_id = 0x77;
	more->layer2_octets = 0x1112131415161718;
	more->duration_ns = record->end_ns - record->start_ns;
	more->physical_ingress = 0x21222324;
	more->physical_egress = 0x25262728;
	more->length_min = 0x292a2b2c;
	more->length_max = 0x2d2e2f30;
	more->ingress_vrf = 0x31323334;
	more->egress_vrf = 0x35363738;
	strcpy(more->vrf_name, "blue");
	more->post_sport = cpu_to_be16(0x3941);
	more->post_dport = cpu_to_be16(0x4243);
	for (i = 0; i < ARRAY_SIZE(more->label); i++)
		more->label[i] = cpu_to_be32(0x51525300 + (i << 8) + 0xfe);
	more->label_ttl = 0xfe;
	for (i = 0; i < ETH_ALEN; i++) {
		more->destination_mac[i] = 0x61 + i;
		more->source_mac[i] = 0x71 + i;
	}
	more->ethertype = cpu_to_be16(0x0800);
	more->vlan_id[0] = 0x123;
	more->vlan_id[1] = 0x456;
	more->post_vlan_id[0] = 0x789;
	more->post_vlan_id[1] = 0xabc;
	more->vlan_priority[0] = 5;
	more->vlan_priority[1] = 6;
	more->vlan_dei[0] = 1;
	more->vlan_dei[1] = 2;
	more->ttl_min = 0x3e;
	more->ttl_max = 0x40;
	more->direction = 1;
}

static inline struct pnf_record sample_record_full4(void)
{
	struct pnf_record record = sample_record_tcp4();

	sample_record_add_more(&record);
	record.layout |= PNF_LAYOUT_IPV4_OPTIONS | PNF_LAYOUT_SOURCE_PREFIX_IPV4 |
			 PNF_LAYOUT_DESTINATION_PREFIX_IPV4 | PNF_LAYOUT_NAT_IPV4;
	record.more.post_saddr.v4 = cpu_to_be32(0xc0000263);
	record.more.post_daddr.v4 = cpu_to_be32(0xc6336464);
	return record;
}

static inline struct pnf_record sample_record_full6(void)
{
	struct pnf_record record = sample_record_udp6();

	sample_record_add_more(&record);
	record.layout |= PNF_LAYOUT_IPV6_EXTENSIONS | PNF_LAYOUT_SOURCE_PREFIX_IPV6 |
			 PNF_LAYOUT_DESTINATION_PREFIX_IPV6 | PNF_LAYOUT_NAT_IPV6 |
			 PNF_LAYOUT_FLOW_LABEL;
	record.flow_label = 0x000abcde;
	record.more.post_saddr.v6 = record.saddr.v6;
	record.more.post_daddr.v6 = record.daddr.v6;
	record.more.post_saddr.v6.s6_addr[15] = 0x63;
	record.more.post_daddr.v6.s6_addr[15] = 0x64;
	return record;
}

/* A NAT44 session of TCP that began 60.005 s after boot */
static inline struct pnf_record sample_record_nat4(void)
{
	struct pnf_record record = sample_record_tcp4();

	record.layout = PNF_LAYOUT_IPV4 | PNF_LAYOUT_NAT_EVENT;
	record.packets = 0;
	record.octets = 0;
	record.end_ns = record.start_ns;
	record.more.post_saddr.v4 = cpu_to_be32(0xc0000263);
	record.more.post_daddr.v4 = cpu_to_be32(0xc6336464);
	record.more.post_sport = cpu_to_be16(0x3941);
	record.more.post_dport = cpu_to_be16(0x4243);
	record.more.nat_event = 4;
	return record;
}

static inline struct pnf_record sample_record_nat6(void)
{
	struct pnf_record record = sample_record_full6();

	record.layout = PNF_LAYOUT_IPV6 | PNF_LAYOUT_NAT_EVENT;
	record.packets = 0;
	record.octets = 0;
	record.end_ns = record.start_ns;
	record.more.nat_event = 2;
	return record;
}

#endif /* PNF_UNIT_RECORD_SAMPLES_H */
