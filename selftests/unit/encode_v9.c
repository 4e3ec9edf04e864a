// SPDX-License-Identifier: GPL-2.0-only
/* sources: kmod/ie.c kmod/message.c kmod/template.c kmod/encode_v5.c kmod/encode_template.c */
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
	ASSERT_TRUE(e->encoder->put_template(&e->msg, &e->table->templates[0]));
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

/* CONFORMANCE 7: records of all kinds, not FlowSets */
TEST_F(v9, the_count_is_of_records_and_templates)
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
}

/* CONFORMANCE 8 */
TEST_F(v9, the_sequence_counts_messages)
{
	struct pnf_record record = sample_record_tcp4();
	struct encoding *e = &self->e;

	EXPECT_EQ(1, e->encoder->sequence_step(&e->msg));
	ASSERT_EQ(5, encoding_put(e, &record, 5));
	EXPECT_EQ(1, e->encoder->sequence_step(&e->msg));
}

/* CONFORMANCE 14: 49.7 days are 2^32 ms. */
TEST_F(v9, uptime_wraps_after_2_to_32_ms)
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
