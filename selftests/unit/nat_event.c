// SPDX-License-Identifier: GPL-2.0-only
/* sources: kmod/nat_event.c */
#include "kselftest_harness.h"
#include <linux/kernel.h>

#include "nat_event.h"
#include "record_samples.h"

/* 192.0.2.2:0x1234 -> 203.0.113.80:0x0050, 60.005999999 s after boot */
FIXTURE(nat_event) {
	struct pnf_nat_event event;
	struct pnf_nat_event parts[2];
	struct pnf_record record;
	struct pnf_wire_v5_record wire;
};

FIXTURE_SETUP(nat_event)
{
	struct pnf_nat_event *event = &self->event;

	memset(self, 0xee, sizeof(*self));
	memset(event, 0, sizeof(*event));
	event->time_ns = 60 * NSEC_PER_SEC + 5999999;
	event->version = PNF_IPV4;
	event->protocol = 6;
	event->created = true;
	event->saddr.v4 = cpu_to_be32(0xc0000202);
	event->daddr.v4 = cpu_to_be32(0xcb007150);
	event->sport = cpu_to_be16(0x1234);
	event->dport = cpu_to_be16(0x0050);
	event->post_saddr = event->saddr;
	event->post_daddr = event->daddr;
	event->post_sport = event->sport;
	event->post_dport = event->dport;
}

FIXTURE_TEARDOWN(nat_event)
{
}

/* Source to 198.51.100.1:0x4321 */
static void translate_source(struct pnf_nat_event *event)
{
	event->post_saddr.v4 = cpu_to_be32(0xc6336401);
	event->post_sport = cpu_to_be16(0x4321);
}

/* Destination to 198.51.100.2:0x1f90 */
static void translate_destination(struct pnf_nat_event *event)
{
	event->post_daddr.v4 = cpu_to_be32(0xc6336402);
	event->post_dport = cpu_to_be16(0x1f90);
}

/* What follows the last member is of no value */
static bool is_same(const struct pnf_nat_event *a, const struct pnf_nat_event *b)
{
	return !memcmp(a, b, offsetof(struct pnf_nat_event, created) + sizeof(a->created));
}

static void make_ipv6(struct pnf_nat_event *event)
{
	static const u8 prefix[] = { 0x20, 0x01, 0x0d, 0xb8 };

	event->version = PNF_IPV6;
	memset(&event->saddr, 0, sizeof(event->saddr));
	memcpy(&event->saddr, prefix, sizeof(prefix));
	event->daddr = event->saddr;
	event->saddr.v6.s6_addr[15] = 1;
	event->daddr.v6.s6_addr[15] = 2;
	event->post_saddr = event->saddr;
	event->post_daddr = event->daddr;
}

TEST_F(nat_event, record_has_the_event_and_nothing_else)
{
	struct pnf_record expected;

	translate_source(&self->event);
	translate_destination(&self->event);
	memset(&expected, 0, sizeof(expected));
	expected.layout = PNF_LAYOUT_NAT_EVENT | PNF_LAYOUT_IPV4;
	expected.start_ns = 60005999999;
	expected.end_ns = 60005999999;
	expected.version = 4;
	expected.protocol = 6;
	expected.saddr.v4 = cpu_to_be32(0xc0000202);
	expected.daddr.v4 = cpu_to_be32(0xcb007150);
	expected.sport = cpu_to_be16(0x1234);
	expected.dport = cpu_to_be16(0x0050);
	expected.more.post_saddr.v4 = cpu_to_be32(0xc6336401);
	expected.more.post_daddr.v4 = cpu_to_be32(0xc6336402);
	expected.more.post_sport = cpu_to_be16(0x4321);
	expected.more.post_dport = cpu_to_be16(0x1f90);
	expected.more.nat_event = 4;

	pnf_nat_event_to_record(&self->event, PNF_NAT_EVENT_CODES_RFC8158, &self->record);
	EXPECT_EQ(0, memcmp(&expected, &self->record, sizeof(expected)));
}

TEST_F(nat_event, record_of_ipv6_has_whole_addresses)
{
	make_ipv6(&self->event);
	self->event.post_saddr.v6.s6_addr[15] = 3;
	pnf_nat_event_to_record(&self->event, PNF_NAT_EVENT_CODES_RFC8158, &self->record);
	EXPECT_EQ(PNF_LAYOUT_NAT_EVENT | PNF_LAYOUT_IPV6, self->record.layout);
	EXPECT_EQ(6, self->record.version);
	EXPECT_EQ(0, memcmp(&self->record.saddr, &self->event.saddr, 16));
	EXPECT_EQ(0, memcmp(&self->record.daddr, &self->event.daddr, 16));
	EXPECT_EQ(0, memcmp(&self->record.more.post_saddr, &self->event.post_saddr, 16));
	EXPECT_EQ(0, memcmp(&self->record.more.post_daddr, &self->event.post_daddr, 16));
}

/* RFC 8158 4.3, IANA "NAT Event Type" */
TEST_F(nat_event, codes_of_nat44_are_4_and_5)
{
	pnf_nat_event_to_record(&self->event, PNF_NAT_EVENT_CODES_RFC8158, &self->record);
	EXPECT_EQ(4, self->record.more.nat_event);
	self->event.created = false;
	pnf_nat_event_to_record(&self->event, PNF_NAT_EVENT_CODES_RFC8158, &self->record);
	EXPECT_EQ(5, self->record.more.nat_event);
}

TEST_F(nat_event, codes_of_ipv6_are_1_and_2)
{
	make_ipv6(&self->event);
	pnf_nat_event_to_record(&self->event, PNF_NAT_EVENT_CODES_RFC8158, &self->record);
	EXPECT_EQ(1, self->record.more.nat_event);
	self->event.created = false;
	pnf_nat_event_to_record(&self->event, PNF_NAT_EVENT_CODES_RFC8158, &self->record);
	EXPECT_EQ(2, self->record.more.nat_event);
}

TEST_F(nat_event, legacy_codes_are_1_and_2)
{
	pnf_nat_event_to_record(&self->event, PNF_NAT_EVENT_CODES_LEGACY, &self->record);
	EXPECT_EQ(1, self->record.more.nat_event);
	self->event.created = false;
	pnf_nat_event_to_record(&self->event, PNF_NAT_EVENT_CODES_LEGACY, &self->record);
	EXPECT_EQ(2, self->record.more.nat_event);
	make_ipv6(&self->event);
	pnf_nat_event_to_record(&self->event, PNF_NAT_EVENT_CODES_LEGACY, &self->record);
	EXPECT_EQ(2, self->record.more.nat_event);
}

TEST_F(nat_event, translation_of_one_end_is_one_part)
{
	translate_source(&self->event);
	ASSERT_EQ(1, pnf_nat_event_split(&self->event, self->parts));
	EXPECT_TRUE(is_same(&self->event, &self->parts[0]));
}

TEST_F(nat_event, translation_of_the_destination_is_one_part)
{
	translate_destination(&self->event);
	ASSERT_EQ(1, pnf_nat_event_split(&self->event, self->parts));
	EXPECT_TRUE(is_same(&self->event, &self->parts[0]));
}

TEST_F(nat_event, translation_of_ports_alone_of_both_ends_is_two_parts)
{
	self->event.post_sport = cpu_to_be16(1);
	self->event.post_dport = cpu_to_be16(2);
	EXPECT_EQ(2, pnf_nat_event_split(&self->event, self->parts));
}

TEST_F(nat_event, addresses_of_ipv6_are_compared_to_their_last_octet)
{
	make_ipv6(&self->event);
	EXPECT_EQ(1, pnf_nat_event_split(&self->event, self->parts));
	self->event.post_saddr.v6.s6_addr[15] = 3;
	EXPECT_EQ(1, pnf_nat_event_split(&self->event, self->parts));
	self->event.post_daddr.v6.s6_addr[15] = 4;
	EXPECT_EQ(2, pnf_nat_event_split(&self->event, self->parts));
}

static void to_v5(FIXTURE_DATA(nat_event) *self, const struct pnf_nat_event *event)
{
	pnf_nat_event_to_record(event, PNF_NAT_EVENT_CODES_RFC8158, &self->record);
	memset(&self->wire, 0xee, sizeof(self->wire));
	pnf_nat_event_to_v5(&self->record, &self->wire);
}

/* The octets of ipt_NETFLOW's README, "natevents" */
TEST_F(nat_event, v5_of_a_translated_source)
{
	static const u8 expected[] = {
		192, 0, 2, 2,			/* before */
		203, 0, 113, 80,		/* after */
		198, 51, 100, 1,		/* source after */
		0, 0, 0, 0,			/* input, output */
		0, 0, 0, 0, 0, 0, 0, 0,		/* packets, octets */
		0x00, 0x00, 0xea, 0x65,		/* 60005 ms */
		0x00, 0x00, 0xea, 0x65,
		0x12, 0x34, 0x00, 0x50,		/* ports */
		0, 0x12, 6, 0,			/* pad, SYN and ACK, protocol, ToS */
		0x43, 0x21, 0, 0,		/* AS: source port after */
		0, 0, 0, 0,			/* masks, pad */
	};

	translate_source(&self->event);
	to_v5(self, &self->event);
	ASSERT_EQ(sizeof(expected), sizeof(self->wire));
	EXPECT_EQ(0, memcmp(expected, &self->wire, sizeof(expected)));
}

TEST_F(nat_event, v5_of_a_translated_destination)
{
	static const u8 expected[] = {
		192, 0, 2, 2,			/* before */
		198, 51, 100, 2,		/* after */
		203, 0, 113, 80,		/* destination before */
		0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0,
		0x00, 0x00, 0xea, 0x65,
		0x00, 0x00, 0xea, 0x65,
		0x12, 0x34, 0x1f, 0x90,		/* ports */
		0, 0x05, 6, 0,			/* FIN and RST */
		0, 0, 0x00, 0x50,		/* AS: destination port before */
		0, 0, 0, 0,
	};

	translate_destination(&self->event);
	self->event.created = false;
	to_v5(self, &self->event);
	EXPECT_EQ(0, memcmp(expected, &self->wire, sizeof(expected)));
}

/* Both have source before and destination after translation, as the Flow in FORWARD has */
TEST_F(nat_event, v5_of_both_is_one_of_each)
{
	struct pnf_wire_v5_record source;

	translate_source(&self->event);
	translate_destination(&self->event);
	ASSERT_EQ(2, pnf_nat_event_split(&self->event, self->parts));

	to_v5(self, &self->parts[0]);
	source = self->wire;
	EXPECT_EQ(cpu_to_be32(0xc0000202), source.saddr);
	EXPECT_EQ(cpu_to_be32(0xc6336402), source.daddr);
	EXPECT_EQ(cpu_to_be32(0xc6336401), source.next_hop);
	EXPECT_EQ(cpu_to_be16(0x1234), source.sport);
	EXPECT_EQ(cpu_to_be16(0x1f90), source.dport);
	EXPECT_EQ(cpu_to_be16(0x4321), source.src_as);
	EXPECT_EQ(0, source.dst_as);

	to_v5(self, &self->parts[1]);
	EXPECT_EQ(source.saddr, self->wire.saddr);
	EXPECT_EQ(source.daddr, self->wire.daddr);
	EXPECT_EQ(cpu_to_be32(0xcb007150), self->wire.next_hop);
	EXPECT_EQ(source.sport, self->wire.sport);
	EXPECT_EQ(source.dport, self->wire.dport);
	EXPECT_EQ(0, self->wire.src_as);
	EXPECT_EQ(cpu_to_be16(0x0050), self->wire.dst_as);
}

TEST_F(nat_event, v5_knows_the_legacy_codes_too)
{
	translate_source(&self->event);
	pnf_nat_event_to_record(&self->event, PNF_NAT_EVENT_CODES_LEGACY, &self->record);
	pnf_nat_event_to_v5(&self->record, &self->wire);
	EXPECT_EQ(0x12, self->wire.tcp_flags);
	self->event.created = false;
	pnf_nat_event_to_record(&self->event, PNF_NAT_EVENT_CODES_LEGACY, &self->record);
	pnf_nat_event_to_v5(&self->record, &self->wire);
	EXPECT_EQ(0x05, self->wire.tcp_flags);
}

TEST_HARNESS_MAIN
