// SPDX-License-Identifier: GPL-2.0-only
/* sources: kmod/ie.c kmod/message.c kmod/template.c kmod/encode_v5.c */
/* sources: kmod/nat_event.c kmod/encode_template.c */
#include "kselftest_harness.h"
#include "encoding.h"

#define HEADER	20	/* octets of the message header */

FIXTURE(v9) {
	struct encoding e;
};

FIXTURE_SETUP(v9)
{
	ASSERT_TRUE(encoding_init(&self->e, 9));
}

FIXTURE_TEARDOWN(v9)
{
	encoding_free(&self->e);
}

#define BASE	\
	0, 0, 0x02, 0x03, 0, 0, 0x04, 0x05,		/* interfaces */		\
	0, 0, 0, 0, 0x00, 0xa1, 0xa2, 0xa3,		/* packets */			\
	0, 0, 0, 0, 0xb1, 0xb2, 0xb3, 0xb4,		/* octets */			\
	0x00, 0x00, 0xea, 0x65,				/* 60005 ms */			\
	0x00, 0x01, 0x5f, 0x97				/* 90007 ms */

#define ADDRESSES4	192, 0, 2, 1, 198, 51, 100, 2, 203, 0, 113, 3
#define ADDRESSES6	0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,		\
			0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2,		\
			0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3

/* CONFORMANCE 7, 9, 14: every octet, by RFC 3954 5 */
TEST_F(v9, message_has_the_octets_of_the_rfc)
{
	static const u8 expected[] = {
		0, 9, 0, 2,			/* version, count: a Template and a record */
		0x00, 0x01, 0x8a, 0x0c,		/* sysUpTime 100876 ms */
		0x65, 0x53, 0xf1, 0x01,		/* 1700000001 s */
		0xfe, 0xdc, 0xba, 0x98,		/* sequence */
		0x12, 0x34, 0x56, 0x78,		/* Source ID */

		0, 0, 0, 68,			/* Template FlowSet */
		1, 0, 0, 15,
		0, 8, 0, 4, 0, 12, 0, 4, 0, 15, 0, 4,
		0, 7, 0, 2, 0, 11, 0, 2, 0, 6, 0, 1,
		0, 60, 0, 1, 0, 4, 0, 1, 0, 5, 0, 1,
		0, 10, 0, 4, 0, 14, 0, 4, 0, 2, 0, 8,
		0, 1, 0, 8, 0, 22, 0, 4, 0, 21, 0, 4,

		1, 0, 0, 56,			/* Data FlowSet */
		ADDRESSES4,
		0x12, 0x34, 0x56, 0x78, 0xd2,	/* ports, flags */
		4, 6, 0xb8,			/* version, protocol, ToS */
		BASE,
	};
	struct pnf_record record = sample_record_tcp4();
	struct encoding *e = &self->e;

	EXPECT_EQ(52, e->encoder->record_octets(e->table, &record));
	ASSERT_TRUE(e->encoder->put_template(&e->msg, e->table->templates[0]));
	ASSERT_EQ(1, encoding_put(e, &record, 1));
	encoding_finish(e);
	ASSERT_EQ(sizeof(expected), e->msg.octets);
	EXPECT_EQ(0, memcmp(expected, e->buffer, sizeof(expected)));
}

TEST_F(v9, udp_over_ipv6)
{
	static const u8 expected[] = {
		1, 0, 0, 92,
		ADDRESSES6,
		0x12, 0x34, 0x56, 0x78, 0,	/* ports, flags */
		6, 17, 0xb8,
		BASE,
	};
	struct pnf_record record = sample_record_udp6();
	struct encoding *e = &self->e;

	ASSERT_EQ(92, sizeof(expected));
	EXPECT_TRUE(encoding_set_is(e, &record, expected, sizeof(expected)));
}

/* Type and code where v5 has them, and in ICMP_TYPE (RFC 3954 8) */
TEST_F(v9, icmp_over_ipv4)
{
	static const u8 expected[] = {
		1, 0, 0, 60,
		ADDRESSES4,
		0, 0, 8, 0, 8, 0,
		4, 1, 0xb8,
		BASE,
		0, 0, 0, /* padding */
	};
	struct pnf_record record = sample_record_icmp4();
	struct encoding *e = &self->e;

	ASSERT_EQ(60, sizeof(expected));
	EXPECT_TRUE(encoding_set_is(e, &record, expected, sizeof(expected)));
}

TEST_F(v9, icmpv6)
{
	static const u8 expected[] = {
		1, 0, 0, 96,
		ADDRESSES6,
		0, 0, 1, 4, 1, 4,
		6, 58, 0xb8,
		BASE,
		0, 0, 0, /* padding */
	};
	struct pnf_record record = sample_record_icmp6();
	struct encoding *e = &self->e;

	ASSERT_EQ(96, sizeof(expected));
	EXPECT_TRUE(encoding_set_is(e, &record, expected, sizeof(expected)));
}

TEST_F(v9, igmp)
{
	static const u8 expected[] = {
		1, 0, 0, 52,
		ADDRESSES4,
		0x16,
		4, 2, 0xb8,
		BASE,
	};
	struct pnf_record record = sample_record_igmp();
	struct encoding *e = &self->e;

	ASSERT_EQ(52, sizeof(expected));
	EXPECT_TRUE(encoding_set_is(e, &record, expected, sizeof(expected)));
}

TEST_F(v9, ipsec)
{
	static const u8 expected[] = {
		1, 0, 0, 56,
		ADDRESSES4,
		0xde, 0xad, 0xbe, 0xef,
		4, 50, 0xb8,
		BASE,
		0,	/* padding */
	};
	struct pnf_record record = sample_record_esp4();
	struct encoding *e = &self->e;

	ASSERT_EQ(56, sizeof(expected));
	EXPECT_TRUE(encoding_set_is(e, &record, expected, sizeof(expected)));
}

/* All that a record can have; integers of 3 octets among it */
TEST_F(v9, all_fields)
{
	static const u8 expected[] = {
		1, 0, 1, 36,
		ADDRESSES6,
		0x12, 0x34, 0x56, 0x78, 0,			/* ports, flags */
		6, 17, 0xb8,
		BASE,
		SAMPLE_TIMES_OCTETS,
		0x0a, 0x0b, 0x0c, 0x0d,				/* extension headers */
		1, 2, 3, 4, 5, 6, 7, 8,				/* TCP options */
		0x0a, 0xbc, 0xde,				/* flow label */
		24, 25, 0x77,					/* prefix lengths, sampler */
		SAMPLE_LINK_OCTETS,
		0x01, 0x23, 0x04, 0x56,				/* VLANs */
		0x07, 0x89, 0x0a, 0xbc,				/* after the packet left */
		SAMPLE_LABELS_OCTETS,
		SAMPLE_SIZES_OCTETS,
		0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x63,	/* translation */
		0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x64,
		0x39, 0x41, 0x42, 0x43,
		SAMPLE_VRF_OCTETS,
		0, 0,	/* padding */
	};
	struct pnf_record record = sample_record_full6();
	struct encoding *e = &self->e;

	ASSERT_EQ(256 + 36, sizeof(expected));
	EXPECT_TRUE(encoding_set_is(e, &record, expected, sizeof(expected)));
}

/* 1699999960129 ms */
#define NAT_EVENT_TIME	0x00, 0x00, 0x01, 0x8b, 0xcf, 0xe4, 0xcc, 0x41

/* RFC 8158, as collectors read it in v9 too */
TEST_F(v9, nat_event_of_ipv4)
{
	static const u8 expected[] = {
		1, 0, 0, 40,
		NAT_EVENT_TIME,
		192, 0, 2, 1, 198, 51, 100, 2,
		192, 0, 2, 99, 198, 51, 100, 100,
		0x12, 0x34, 0x56, 0x78, 0x39, 0x41, 0x42, 0x43,
		6, 4,
		0, 0,	/* padding */
	};
	struct pnf_record record = sample_record_nat4();
	struct encoding *e = &self->e;

	ASSERT_EQ(40, sizeof(expected));
	EXPECT_TRUE(encoding_set_is(e, &record, expected, sizeof(expected)));
}

TEST_F(v9, nat_event_of_ipv6)
{
	static const u8 expected[] = {
		0, 0, 0, 52,
		1, 0, 0, 11,
		1, 67, 0, 8, 0, 27, 0, 16, 0, 28, 0, 16, 1, 25, 0, 16, 1, 26, 0, 16,
		0, 7, 0, 2, 0, 11, 0, 2, 0, 227, 0, 2, 0, 228, 0, 2, 0, 4, 0, 1, 0, 230, 0, 1,

		1, 0, 0, 88,
		NAT_EVENT_TIME,
		0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
		0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2,
		0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x63,
		0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x64,
		0x12, 0x34, 0x56, 0x78, 0x39, 0x41, 0x42, 0x43,
		17, 2,
		0, 0,	/* padding */
	};
	struct pnf_record record = sample_record_nat6();
	struct encoding *e = &self->e;

	ASSERT_NE(NULL, pnf_template_get(e->table, 9, record.layout));
	ASSERT_TRUE(e->encoder->put_template(&e->msg, e->table->templates[0]));
	EXPECT_TRUE(encoding_set_is(e, &record, expected, sizeof(expected)));
}

/* RFC 3954 6.1: octets of the scope's and of the other fields; the scope has types of its own */
TEST_F(v9, conformance_7_12_options_have_the_octets_of_the_rfc)
{
	static const u8 expected[] = {
		0, 9, 0, 2,			/* version, count: a Template and a record */
		0x00, 0x01, 0x8a, 0x0c,
		0x65, 0x53, 0xf1, 0x01,
		0xfe, 0xdc, 0xba, 0x98,
		0x12, 0x34, 0x56, 0x78,

		0, 1, 0, 40,			/* Options Template FlowSet */
		1, 0, 0, 8, 0, 20,
		0, 1, 0, 4, 0, 1, 0, 2,		/* System */
		0, 82, 0, 6, 0, 35, 0, 1, 0, 31, 0, 3, 0, 34, 0, 3, 0, 41, 0, 8,
		0, 0,				/* padding */

		1, 0, 0, 32,			/* Data FlowSet */
		0x12, 0x34, 0x56, 0x78, 0xcc, 0xdd,
		'e', 'v', 'e', 'r', 'y', 0, 2,
		0x01, 0x02, 0x03, 0x0a, 0x0b, 0x0c,
		0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88,
		0,				/* padding */
	};
	struct encoding *e = &self->e;
	struct pnf_template *template = pnf_template_get_options(e->table, 9, &sample_options);

	ASSERT_TRUE(e->encoder->put_template(&e->msg, template));
	ASSERT_TRUE(encoding_put_options(e, template));
	encoding_finish(e);
	ASSERT_EQ(sizeof(expected), e->msg.octets);
	EXPECT_EQ(0, memcmp(expected, e->buffer, sizeof(expected)));
}

/* The scope's type is the definition's. */
TEST_F(v9, conformance_12_scopes_have_their_type)
{
	static const u16 types[] = { PNF_V9_SCOPE_INTERFACE, PNF_V9_SCOPE_TEMPLATE };
	struct encoding *e = &self->e;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		const struct pnf_options_definition options = {
			.ies = sample_options_ies, .ie_count = 3, .scopes = 1,
			.v9_scope = types[i],
		};
		const u8 expected[] = {
			0, 1, 0, 24,
			1, i, 0, 4, 0, 8,
			0, types[i], 0, 4,
			0, 141, 0, 2, 0, 82, 0, 6,
			0, 0,
		};

		ASSERT_TRUE(encoding_begin(e, sizeof(e->buffer)));
		ASSERT_TRUE(e->encoder->put_template(&e->msg, pnf_template_get_options(e->table, 9,
										       &options)));
		encoding_finish(e);
		ASSERT_EQ(HEADER + sizeof(expected), e->msg.octets);
		EXPECT_EQ(0, memcmp(expected, e->buffer + HEADER, sizeof(expected)));
		/* the definition is gone with this turn */
		pnf_template_table_renew(e->table);
	}
}

/* Records of all kinds, not FlowSets */
TEST_F(v9, conformance_7_the_count_is_of_records_and_templates)
{
	struct pnf_record tcp4 = sample_record_tcp4();
	struct pnf_record udp6 = sample_record_udp6();
	struct encoding *e = &self->e;
	struct pnf_template *template = pnf_template_get(e->table, 9, PNF_LAYOUT_IPV4);

	ASSERT_TRUE(e->encoder->put_template(&e->msg, template));
	ASSERT_TRUE(e->encoder->put_template(&e->msg, template));
	ASSERT_EQ(5, encoding_put(e, &tcp4, 5));
	ASSERT_EQ(3, encoding_put(e, &udp6, 3));
	encoding_finish(e);
	EXPECT_EQ(10, encoding_be16(e, 2));

	template = pnf_template_get_options(e->table, 9, &sample_options);
	ASSERT_TRUE(e->encoder->put_template(&e->msg, template));
	ASSERT_TRUE(encoding_put_options(e, template));
	ASSERT_TRUE(encoding_put_options(e, template));
	encoding_finish(e);
	EXPECT_EQ(13, encoding_be16(e, 2));
}

/* CONFORMANCE 8 */
TEST_F(v9, the_sequence_counts_messages)
{
	struct pnf_record record = sample_record_tcp4();
	struct encoding *e = &self->e;
	struct pnf_template *template;

	EXPECT_EQ(1, e->encoder->sequence_step(&e->msg));
	ASSERT_EQ(5, encoding_put(e, &record, 5));
	EXPECT_EQ(1, e->encoder->sequence_step(&e->msg));
	template = pnf_template_get_options(e->table, 9, &sample_options);
	ASSERT_TRUE(encoding_put_options(e, template));
	EXPECT_EQ(1, e->encoder->sequence_step(&e->msg));
}

/* CONFORMANCE 14: 49.7 days are 2^32 ms. */
TEST_F(v9, reference_bug_8_uptime_wraps_after_2_to_32_ms)
{
	const struct pnf_clock clock = {
		.boot_ns = ((1ULL << 32) + 5) * NSEC_PER_MSEC,
		.real_ns = sample_clock.real_ns,
	};
	const struct pnf_header_info info = { .clock = &clock };
	struct pnf_record record = sample_record_tcp4();
	struct encoding *e = &self->e;

	record.start_ns = ((1ULL << 32) - 2) * NSEC_PER_MSEC;
	record.end_ns = ((1ULL << 32) + 3) * NSEC_PER_MSEC;
	ASSERT_EQ(1, encoding_put(e, &record, 1));
	e->encoder->finish(&e->msg, &info);
	EXPECT_EQ(5 + 876, encoding_be32(e, 4));
	EXPECT_EQ(0xfffffffe, encoding_be32(e, HEADER + 48));
	EXPECT_EQ(3, encoding_be32(e, HEADER + 52));
}

/*
 * Collectors take unix_secs - sysUpTime for the time of boot: whatever the
 * fraction of the second, it has to come out the same, to the ms.
 */
TEST_F(v9, the_time_of_boot_does_not_depend_on_the_fraction_of_a_second)
{
	static const u32 fractions_ns[] = { 0, 1, 1000000, 499999999, 500000000, 999999999 };
	const u64 boot_ms = 1699999900123;
	struct encoding *e = &self->e;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fractions_ns); i++) {
		const u64 real_ns = 1700000000 * (u64)NSEC_PER_SEC + fractions_ns[i];
		const struct pnf_clock clock = {
			.boot_ns = real_ns - boot_ms * NSEC_PER_MSEC,
			.real_ns = real_ns,
		};
		const struct pnf_header_info info = { .clock = &clock };
		u64 uptime_ms, secs;

		ASSERT_TRUE(encoding_begin(e, sizeof(e->buffer)));
		e->encoder->finish(&e->msg, &info);
		uptime_ms = encoding_be32(e, 4);
		secs = encoding_be32(e, 8);
		EXPECT_EQ(boot_ms, secs * 1000 - uptime_ms);
		/* and no Flow that has ended ends after it */
		EXPECT_LE(pnf_uptime_ms(clock.boot_ns), uptime_ms);
		EXPECT_GE(pnf_uptime_ms(clock.boot_ns) + 1000, uptime_ms);
	}
}

TEST_HARNESS_MAIN
