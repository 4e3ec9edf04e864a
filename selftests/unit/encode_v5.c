// SPDX-License-Identifier: GPL-2.0-only
/* sources: kmod/ie.c kmod/message.c kmod/template.c kmod/encode_v5.c */
/* sources: kmod/nat_event.c kmod/encode_template.c */
#include "kselftest_harness.h"
#include <linux/kernel.h>
#include <linux/unaligned.h>

#include "encode.h"
#include "record_samples.h"

FIXTURE(v5) {
	const struct pnf_encoder *encoder;
	struct pnf_record record;
	const struct pnf_record *records[64];
	struct pnf_message msg;
	u8 buffer[4000] __attribute__((aligned(4)));
};

FIXTURE_SETUP(v5)
{
	unsigned int i;

	self->encoder = pnf_encoder_get(5);
	self->record = sample_record_tcp4();
	for (i = 0; i < ARRAY_SIZE(self->records); i++)
		self->records[i] = &self->record;
	memset(self->buffer, 0xee, sizeof(self->buffer));
	pnf_message_init(&self->msg, self->buffer, sizeof(self->buffer));
	ASSERT_TRUE(self->encoder->begin(&self->msg));
}

FIXTURE_TEARDOWN(v5)
{
}

static unsigned int v5_put(FIXTURE_DATA(v5) *self, unsigned int n)
{
	return self->encoder->put_records(&self->msg, self->records, n, NULL, &sample_clock);
}

static void v5_finish(FIXTURE_DATA(v5) *self, u32 sequence, u32 domain)
{
	const struct pnf_header_info info = {
		.clock = &sample_clock, .sequence = sequence, .domain = domain,
	};

	self->encoder->finish(&self->msg, &info);
}

/* CONFORMANCE 1, 2, 3, 6: every octet, by Cisco's table of the format */
TEST_F(v5, message_has_the_octets_of_the_specification)
{
	static const u8 expected[] = {
		0, 5, 0, 1,			/* version, count */
		0x00, 0x01, 0x86, 0xa0,		/* SysUptime 100000 ms */
		0x65, 0x53, 0xf1, 0x00,		/* 1700000000 s */
		0x07, 0x5b, 0xcd, 0x15,		/* 123456789 ns */
		0xfe, 0xdc, 0xba, 0x98,		/* sequence */
		0, 0xbc, 0, 0,			/* engine type, id, sampling */

		192, 0, 2, 1,
		198, 51, 100, 2,
		203, 0, 113, 3,
		0x02, 0x03, 0x04, 0x05,		/* input, output */
		0x00, 0xa1, 0xa2, 0xa3,		/* packets */
		0xb1, 0xb2, 0xb3, 0xb4,		/* octets */
		0x00, 0x00, 0xea, 0x65,		/* 60005 ms */
		0x00, 0x01, 0x5f, 0x97,		/* 90007 ms */
		0x12, 0x34, 0x56, 0x78,		/* ports */
		0, 0xd2, 6, 0xb8,		/* pad, flags, protocol, ToS */
		0, 0, 0, 0,			/* AS */
		0, 0, 0, 0,			/* masks, pad */
	};

	EXPECT_EQ(1, v5_put(self, 1));
	v5_finish(self, 0xfedcba98, 0x00009abc);
	ASSERT_EQ(sizeof(expected), self->msg.octets);
	EXPECT_EQ(0, memcmp(expected, self->buffer, sizeof(expected)));
	EXPECT_EQ(0xee, self->buffer[sizeof(expected)]);
}

/* CONFORMANCE 1 */
TEST_F(v5, a_message_has_at_most_30_records)
{
	EXPECT_EQ(30, v5_put(self, 64));
	EXPECT_EQ(24 + 30 * 48, self->msg.octets);
	EXPECT_EQ(0, v5_put(self, 1));
	EXPECT_EQ(30, self->msg.records);
	v5_finish(self, 0, 0);
	EXPECT_EQ(30, get_unaligned_be16(self->buffer + 2));
}

TEST_F(v5, records_of_two_calls_follow_each_other)
{
	EXPECT_EQ(20, v5_put(self, 20));
	EXPECT_EQ(10, v5_put(self, 20));
	EXPECT_EQ(30, self->msg.records);
	EXPECT_EQ(24 + 30 * 48, self->msg.octets);
	EXPECT_EQ(0, memcmp(self->buffer + 24, self->buffer + 24 + 29 * 48, 48));
}

TEST_F(v5, only_whole_records_that_fit_are_put)
{
	pnf_message_init(&self->msg, self->buffer, 24 + 2 * 48 + 44);
	ASSERT_TRUE(self->encoder->begin(&self->msg));
	EXPECT_EQ(2, v5_put(self, 5));
	EXPECT_EQ(24 + 2 * 48, self->msg.octets);
	EXPECT_EQ(0xee, self->buffer[24 + 2 * 48]);
}

TEST_F(v5, a_buffer_too_small_for_the_header_stays_untouched)
{
	pnf_message_init(&self->msg, self->buffer, 20);
	EXPECT_FALSE(self->encoder->begin(&self->msg));
	EXPECT_EQ(0, v5_put(self, 1));
	v5_finish(self, 0, 0);
	EXPECT_EQ(0, self->msg.octets);
	EXPECT_EQ(0xee, self->buffer[0]);
}

/* CONFORMANCE 5 */
TEST_F(v5, ipv6_is_refused)
{
	struct pnf_record v6 = sample_record_udp6();

	EXPECT_EQ(48, self->encoder->record_octets(NULL, &self->record));
	EXPECT_EQ(0, self->encoder->record_octets(NULL, &v6));
	self->records[2] = &v6;
	EXPECT_EQ(2, v5_put(self, 5));
	EXPECT_EQ(2, self->msg.records);
	EXPECT_EQ(24 + 2 * 48, self->msg.octets);
}

/* CONFORMANCE 5 */
TEST_F(v5, an_interface_over_65535_is_told_as_0)
{
	EXPECT_TRUE(pnf_encode_v5_has_interfaces(&self->record));
	self->record.ingress = 65535;
	self->record.egress = 65536;
	EXPECT_FALSE(pnf_encode_v5_has_interfaces(&self->record));
	ASSERT_EQ(1, v5_put(self, 1));
	EXPECT_EQ(65535, get_unaligned_be16(self->buffer + 24 + 12));
	EXPECT_EQ(0, get_unaligned_be16(self->buffer + 24 + 14));

	self->record.ingress = 0x12345678;
	self->record.egress = 1;
	EXPECT_FALSE(pnf_encode_v5_has_interfaces(&self->record));
	ASSERT_EQ(1, v5_put(self, 1));
	EXPECT_EQ(0, get_unaligned_be16(self->buffer + 24 + 48 + 12));
	EXPECT_EQ(1, get_unaligned_be16(self->buffer + 24 + 48 + 14));
}

/* FEATURES 5: the SPI is not told as ports. */
TEST_F(v5, ipsec_has_no_ports)
{
	self->record = sample_record_esp4();
	ASSERT_EQ(1, v5_put(self, 1));
	EXPECT_EQ(0, get_unaligned_be32(self->buffer + 24 + 32));
	EXPECT_EQ(50, self->buffer[24 + 38]);
}

/* CONFORMANCE 6 */
TEST_F(v5, icmp_type_and_code_are_in_the_destination_port)
{
	self->record = sample_record_icmp4();
	self->record.dport = cpu_to_be16(3 * 256 + 13);
	ASSERT_EQ(1, v5_put(self, 1));
	EXPECT_EQ(0, get_unaligned_be16(self->buffer + 24 + 32));
	EXPECT_EQ(3, self->buffer[24 + 34]);
	EXPECT_EQ(13, self->buffer[24 + 35]);
}

/* What aggregation kept of the addresses */
TEST_F(v5, prefix_lengths_are_in_the_masks)
{
	self->record.layout |= PNF_LAYOUT_SOURCE_PREFIX_IPV4 | PNF_LAYOUT_DESTINATION_PREFIX_IPV4;
	self->record.source_prefix = 24;
	self->record.destination_prefix = 32;
	ASSERT_EQ(1, v5_put(self, 1));
	EXPECT_EQ(24, self->buffer[24 + 44]);
	EXPECT_EQ(32, self->buffer[24 + 45]);
	EXPECT_EQ(0, get_unaligned_be16(self->buffer + 24 + 46));
}

/* Two bits of mode, 14 of interval */
TEST_F(v5, conformance_6_the_header_tells_of_sampling)
{
	static const struct {
		u16 sampling;
		u8 octets[2];
	} cases[] = {
		{ 1 << 14 | 100, { 0x40, 100 } },
		{ 2 << 14 | 16383, { 0xbf, 0xff } },
		{ 0, { 0, 0 } },
	};
	unsigned int i;

	ASSERT_EQ(1, v5_put(self, 1));
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct pnf_header_info info = {
			.clock = &sample_clock, .sampling = cases[i].sampling,
		};

		self->encoder->finish(&self->msg, &info);
		EXPECT_EQ(0, memcmp(cases[i].octets, self->buffer + 22, 2));
	}
}

/* What v5 has no field for changes nothing. */
TEST_F(v5, more_fields_change_no_octet)
{
	ASSERT_EQ(1, v5_put(self, 1));
	self->record = sample_record_full4();
	self->record.source_prefix = 0;
	self->record.destination_prefix = 0;
	ASSERT_EQ(1, v5_put(self, 1));
	EXPECT_EQ(0, memcmp(self->buffer + 24, self->buffer + 24 + 48, 48));
}

/* CONFORMANCE 3: 49.7 days are 2^32 ms. */
TEST_F(v5, reference_bug_8_uptime_wraps_after_2_to_32_ms)
{
	const struct pnf_clock clock = {
		.boot_ns = ((1ULL << 32) + 5) * NSEC_PER_MSEC,
		.real_ns = sample_clock.real_ns,
	};
	const struct pnf_header_info info = { .clock = &clock };

	self->record.start_ns = ((1ULL << 32) - 2) * NSEC_PER_MSEC;
	self->record.end_ns = ((1ULL << 32) + 3) * NSEC_PER_MSEC;
	ASSERT_EQ(1, v5_put(self, 1));
	self->encoder->finish(&self->msg, &info);
	EXPECT_EQ(0xfffffffe, get_unaligned_be32(self->buffer + 24 + 24));
	EXPECT_EQ(3, get_unaligned_be32(self->buffer + 24 + 28));
	EXPECT_EQ(5, get_unaligned_be32(self->buffer + 4));
}

/* CONFORMANCE 2 */
TEST_F(v5, the_sequence_counts_records)
{
	ASSERT_EQ(7, v5_put(self, 7));
	EXPECT_EQ(7, self->encoder->sequence_step(&self->msg));
}

TEST_F(v5, the_header_can_be_written_for_another_session)
{
	u8 first[24 + 3 * 48];

	ASSERT_EQ(3, v5_put(self, 3));
	v5_finish(self, 1, 0);
	memcpy(first, self->buffer, sizeof(first));
	v5_finish(self, 2, 0);
	EXPECT_EQ(sizeof(first), self->msg.octets);
	EXPECT_EQ(2, get_unaligned_be32(self->buffer + 16));
	EXPECT_EQ(0, memcmp(first, self->buffer, 16));
	EXPECT_EQ(0, memcmp(first + 20, self->buffer + 20, sizeof(first) - 20));
}

TEST_F(v5, there_are_no_templates)
{
	struct pnf_template template = { .id = 256 };

	EXPECT_FALSE(self->encoder->has_templates);
	EXPECT_FALSE(self->encoder->put_template(&self->msg, &template));
	EXPECT_EQ(24, self->msg.octets);
	EXPECT_EQ(24, self->encoder->header_octets);
	EXPECT_EQ(48, self->encoder->record_octets(NULL, &self->record));
}

/* CONFORMANCE 4 */
TEST_F(v5, counters_of_32_bits_are_put_as_they_are)
{
	self->record.packets = 0xffffffff;
	self->record.octets = 0xffffffff;
	EXPECT_TRUE(pnf_encoder_counts_fit(self->encoder, &self->record));
	ASSERT_EQ(1, v5_put(self, 1));
	EXPECT_EQ(0xffffffff, get_unaligned_be32(self->buffer + 24 + 16));
	EXPECT_EQ(0xffffffff, get_unaligned_be32(self->buffer + 24 + 20));
}

/* CONFORMANCE 4 */
TEST_F(v5, greater_counters_are_never_put)
{
	self->record.octets = 1ULL << 32;
	EXPECT_FALSE(pnf_encoder_counts_fit(self->encoder, &self->record));
	EXPECT_EQ(0, v5_put(self, 1));

	self->record.octets = 64;
	self->record.packets = 1ULL << 32;
	EXPECT_FALSE(pnf_encoder_counts_fit(self->encoder, &self->record));
	EXPECT_EQ(0, v5_put(self, 1));
	EXPECT_EQ(24, self->msg.octets);
}

struct sums {
	u64 packets;
	u64 octets;
	unsigned int records;
	bool all_fit;
	bool all_have_both;
};

static struct sums split(const struct pnf_encoder *encoder, struct pnf_record rest)
{
	struct sums sums = { .all_fit = true, .all_have_both = true };
	struct pnf_record part;
	bool is_last;

	do {
		is_last = pnf_encoder_counts_fit(encoder, &rest);
		if (is_last)
			part = rest;
		else
			pnf_record_split(&rest, &part, encoder->counter_max);
		sums.all_fit &= pnf_encoder_counts_fit(encoder, &part);
		sums.all_have_both &= part.packets && part.octets;
		sums.packets += part.packets;
		sums.octets += part.octets;
		sums.records++;
	} while (!is_last && sums.records < 1000000);
	return sums;
}

/* CONFORMANCE 4: exact sums, no more records than it takes */
TEST_F(v5, parts_of_a_great_record_add_up)
{
	static const struct {
		u64 packets;
		u64 octets;
		unsigned int records;
	} cases[] = {
		{ 1000, 1ULL << 32, 2 },
		{ 1000, (1ULL << 32) - 1, 1 },
		{ 1000, 2 * 0xffffffffULL, 2 },
		{ 1000, 2 * 0xffffffffULL + 1, 3 },
		{ 70000, 70000 * 65535ULL, 2 },
		{ 1ULL << 32, 28ULL << 32, 29 },
		{ 0xffffffffULL * 3 + 1, 0xffffffffULL * 3 + 1, 4 },
		{ 15000000001ULL, 22500000001501ULL, 5239 },
		{ 3ULL << 32, 1000, 4 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sums sums;

		self->record.packets = cases[i].packets;
		self->record.octets = cases[i].octets;
		sums = split(self->encoder, self->record);
		EXPECT_EQ(cases[i].packets, sums.packets);
		EXPECT_EQ(cases[i].octets, sums.octets);
		EXPECT_EQ(cases[i].records, sums.records);
		EXPECT_TRUE(sums.all_fit);
		EXPECT_TRUE(sums.all_have_both);
	}
}

TEST_F(v5, parts_differ_from_the_record_in_their_counters_only)
{
	struct pnf_record rest, part;

	self->record.octets = 3ULL << 32;
	rest = self->record;
	pnf_record_split(&rest, &part, self->encoder->counter_max);
	part.packets = self->record.packets;
	part.octets = self->record.octets;
	EXPECT_EQ(0, memcmp(&part, &self->record, sizeof(part)));
	rest.packets = self->record.packets;
	rest.octets = self->record.octets;
	EXPECT_EQ(0, memcmp(&rest, &self->record, sizeof(rest)));
}

TEST(encoders_are_found_by_version)
{
	EXPECT_EQ(5, pnf_encoder_get(5)->version);
	EXPECT_EQ(9, pnf_encoder_get(9)->version);
	EXPECT_EQ(10, pnf_encoder_get(10)->version);
	EXPECT_EQ(NULL, pnf_encoder_get(0));
	EXPECT_EQ(NULL, pnf_encoder_get(8));
}

TEST_HARNESS_MAIN
