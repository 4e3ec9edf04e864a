// SPDX-License-Identifier: GPL-2.0-only
/* sources: kmod/ie.c kmod/message.c kmod/template.c kmod/encode_v5.c */
/* sources: kmod/nat_event.c kmod/encode_template.c */
#include "kselftest_harness.h"
#include "encoding.h"

#define HEADER	16	/* octets of the message header */

FIXTURE(ipfix) {
	struct encoding e;
};

FIXTURE_SETUP(ipfix)
{
	ASSERT_TRUE(encoding_init(&self->e, 10));
}

FIXTURE_TEARDOWN(ipfix)
{
	encoding_free(&self->e);
}

#define BASE	\
	0, 0, 0x02, 0x03, 0, 0, 0x04, 0x05,		/* interfaces */		\
	0, 0, 0, 0, 0x00, 0xa1, 0xa2, 0xa3,		/* packets */			\
	0, 0, 0, 0, 0xb1, 0xb2, 0xb3, 0xb4,		/* octets */			\
	0x00, 0x00, 0x01, 0x8b, 0xcf, 0xe4, 0xcc, 0x41,	/* 1699999960129 ms */		\
	0x00, 0x00, 0x01, 0x8b, 0xcf, 0xe5, 0x41, 0x72	/* 1699999990130 ms */

#define ADDRESSES4	192, 0, 2, 1, 198, 51, 100, 2, 203, 0, 113, 3
#define ADDRESSES6	0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,		\
			0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2,		\
			0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3

/* CONFORMANCE 16, 18, 19, 20, 25, 28: every octet, by RFC 7011 3 */
TEST_F(ipfix, message_has_the_octets_of_the_rfc)
{
	static const u8 expected[] = {
		0, 10, 0, 156,			/* version, length */
		0x65, 0x53, 0xf1, 0x00,		/* Export Time 1700000000 s */
		0xfe, 0xdc, 0xba, 0x98,		/* sequence */
		0x12, 0x34, 0x56, 0x78,		/* Observation Domain ID */

		0, 2, 0, 72,			/* Template Set */
		1, 0, 0, 16,
		0, 8, 0, 4, 0, 12, 0, 4, 0, 15, 0, 4,
		0, 7, 0, 2, 0, 11, 0, 2, 0, 6, 0, 2,
		0, 60, 0, 1, 0, 4, 0, 1, 0, 5, 0, 1, 0, 136, 0, 1,
		0, 10, 0, 4, 0, 14, 0, 4, 0, 2, 0, 8,
		0, 1, 0, 8, 0, 152, 0, 8, 0, 153, 0, 8,

		1, 0, 0, 68,			/* Data Set */
		ADDRESSES4,
		0x12, 0x34, 0x56, 0x78, 0x01, 0xd2,	/* ports, flags */
		4, 6, 0xb8, 2,			/* version, protocol, ToS, reason */
		BASE,
		0, 0,				/* padding */
	};
	struct pnf_record record = sample_record_tcp4();
	struct encoding *e = &self->e;

	EXPECT_EQ(62, e->encoder->record_octets(e->table, &record));
	ASSERT_TRUE(e->encoder->put_template(&e->msg, e->table->templates[0]));
	ASSERT_EQ(1, encoding_put(e, &record, 1));
	encoding_finish(e);
	ASSERT_EQ(sizeof(expected), e->msg.octets);
	EXPECT_EQ(0, memcmp(expected, e->buffer, sizeof(expected)));
}

TEST_F(ipfix, udp_over_ipv6)
{
	static const u8 expected[] = {
		1, 0, 0, 104,
		ADDRESSES6,
		0x12, 0x34, 0x56, 0x78, 0, 0,	/* ports, flags */
		6, 17, 0xb8, 2,
		BASE,
		0, 0,	/* padding */
	};
	struct pnf_record record = sample_record_udp6();
	struct encoding *e = &self->e;

	ASSERT_EQ(104, sizeof(expected));
	EXPECT_TRUE(encoding_set_is(e, &record, expected, sizeof(expected)));
}

TEST_F(ipfix, icmp_over_ipv4)
{
	static const u8 expected[] = {
		1, 0, 0, 64,
		ADDRESSES4,
		8, 0,
		4, 1, 0xb8, 2,
		BASE,
		0, 0,	/* padding */
	};
	struct pnf_record record = sample_record_icmp4();
	struct encoding *e = &self->e;

	ASSERT_EQ(64, sizeof(expected));
	EXPECT_TRUE(encoding_set_is(e, &record, expected, sizeof(expected)));
}

TEST_F(ipfix, icmpv6)
{
	static const u8 expected[] = {
		1, 0, 0, 100,
		ADDRESSES6,
		1, 4,
		6, 58, 0xb8, 2,
		BASE,
		0, 0,	/* padding */
	};
	struct pnf_record record = sample_record_icmp6();
	struct encoding *e = &self->e;

	ASSERT_EQ(100, sizeof(expected));
	EXPECT_TRUE(encoding_set_is(e, &record, expected, sizeof(expected)));
}

TEST_F(ipfix, igmp)
{
	static const u8 expected[] = {
		1, 0, 0, 64,
		ADDRESSES4,
		0x16,
		4, 2, 0xb8, 2,
		BASE,
		0, 0, 0,	/* padding */
	};
	struct pnf_record record = sample_record_igmp();
	struct encoding *e = &self->e;

	ASSERT_EQ(64, sizeof(expected));
	EXPECT_TRUE(encoding_set_is(e, &record, expected, sizeof(expected)));
}

TEST_F(ipfix, ipsec)
{
	static const u8 expected[] = {
		1, 0, 0, 64,
		ADDRESSES4,
		0xde, 0xad, 0xbe, 0xef,
		4, 50, 0xb8, 2,
		BASE,
	};
	struct pnf_record record = sample_record_esp4();
	struct encoding *e = &self->e;

	ASSERT_EQ(64, sizeof(expected));
	EXPECT_TRUE(encoding_set_is(e, &record, expected, sizeof(expected)));
}

/* RFC 7011 6.1.5, 6.1.9, 6.1.10: all that a record can have */
TEST_F(ipfix, conformance_25_27_29_32_all_fields)
{
	static const u8 expected[] = {
		1, 0, 0, 244,
		ADDRESSES4,
		0x12, 0x34, 0x56, 0x78, 0x01, 0xd2,		/* ports, flags */
		4, 6, 0xb8, 2,
		BASE,
		SAMPLE_TIMES_OCTETS,
		0x0a, 0x0b, 0x0c, 0x0d,				/* IP options */
		1, 2, 3, 4, 5, 6, 7, 8,				/* TCP options */
		24, 25, 0x77,					/* prefix lengths, Selector */
		SAMPLE_LINK_OCTETS,
		0x01, 0x23, 5, 1, 0x04, 0x56, 6, 2,		/* VLANs */
		0x07, 0x89, 0x0a, 0xbc,				/* after the packet left */
		SAMPLE_LABELS_OCTETS,
		SAMPLE_SIZES_OCTETS,
		192, 0, 2, 99, 198, 51, 100, 100,		/* translation */
		0x39, 0x41, 0x42, 0x43,
		SAMPLE_VRF_OCTETS,
		0, 0, 0,	/* padding */
	};
	struct pnf_record record = sample_record_full4();
	struct encoding *e = &self->e;

	ASSERT_EQ(244, sizeof(expected));
	EXPECT_TRUE(encoding_set_is(e, &record, expected, sizeof(expected)));
}

/* 1699999960129 ms */
#define NAT_EVENT_TIME	0x00, 0x00, 0x01, 0x8b, 0xcf, 0xe4, 0xcc, 0x41

/* RFC 8158 */
TEST_F(ipfix, nat_event_of_ipv4)
{
	static const u8 expected[] = {
		0, 2, 0, 52,
		1, 0, 0, 11,
		1, 67, 0, 8, 0, 8, 0, 4, 0, 12, 0, 4, 0, 225, 0, 4, 0, 226, 0, 4,
		0, 7, 0, 2, 0, 11, 0, 2, 0, 227, 0, 2, 0, 228, 0, 2, 0, 4, 0, 1, 0, 230, 0, 1,

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

	ASSERT_NE(NULL, pnf_template_get(e->table, 10, record.layout));
	ASSERT_TRUE(e->encoder->put_template(&e->msg, e->table->templates[0]));
	EXPECT_TRUE(encoding_set_is(e, &record, expected, sizeof(expected)));
}

TEST_F(ipfix, nat_event_of_ipv6)
{
	static const u8 expected[] = {
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

	ASSERT_EQ(88, sizeof(expected));
	EXPECT_TRUE(encoding_set_is(e, &record, expected, sizeof(expected)));
}

/* RFC 7011 3.4.2.2: the number of all fields, then how many of them are the scope */
TEST_F(ipfix, conformance_22_options_have_the_octets_of_the_rfc)
{
	static const u8 expected[] = {
		0, 10, 0, 100,			/* version, length */
		0x65, 0x53, 0xf1, 0x00,
		0xfe, 0xdc, 0xba, 0x98,
		0x12, 0x34, 0x56, 0x78,

		0, 3, 0, 44,			/* Options Template Set */
		1, 0, 0, 8, 0, 2,
		0, 149, 0, 4, 0, 141, 0, 2,
		0, 82, 0, 6, 0, 35, 0, 1, 0, 31, 0, 3, 0, 34, 0, 3, 0, 160, 0, 8, 0, 41, 0, 8,
		0, 0,				/* padding */

		1, 0, 0, 40,			/* Data Set */
		0x12, 0x34, 0x56, 0x78, 0xcc, 0xdd,
		'e', 'v', 'e', 'r', 'y', 0, 2,
		0x01, 0x02, 0x03, 0x0a, 0x0b, 0x0c,
		0x00, 0x00, 0x01, 0x8b, 0xcf, 0xe4, 0xcc, 0x41,
		0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88,
		0,				/* padding */
	};
	struct encoding *e = &self->e;
	struct pnf_template *template = pnf_template_get_options(e->table, 10, &sample_options);

	ASSERT_TRUE(e->encoder->put_template(&e->msg, template));
	ASSERT_TRUE(encoding_put_options(e, template));
	encoding_finish(e);
	ASSERT_EQ(sizeof(expected), e->msg.octets);
	EXPECT_EQ(0, memcmp(expected, e->buffer, sizeof(expected)));
}

/* CONFORMANCE 52: each flowEndReason is told */
TEST_F(ipfix, the_end_reason_is_told)
{
	struct pnf_record record = sample_record_tcp4();
	struct encoding *e = &self->e;
	u8 reason;

	for (reason = PNF_END_IDLE; reason < PNF_END_REASONS; reason++) {
		ASSERT_TRUE(encoding_begin(e, sizeof(e->buffer)));
		record.reason = reason;
		ASSERT_EQ(1, encoding_put(e, &record, 1));
		EXPECT_EQ(reason, e->buffer[HEADER + 4 + 12 + 6 + 3]);
	}
}

/* Data Records count, those of Options Data as well, Templates do not. */
TEST_F(ipfix, conformance_18_the_sequence_counts_data_records)
{
	struct pnf_record record = sample_record_tcp4();
	struct encoding *e = &self->e;
	struct pnf_template *template = pnf_template_get(e->table, 10, record.layout);

	ASSERT_TRUE(e->encoder->put_template(&e->msg, template));
	EXPECT_EQ(0, e->encoder->sequence_step(&e->msg));
	ASSERT_EQ(5, encoding_put(e, &record, 5));
	EXPECT_EQ(5, e->encoder->sequence_step(&e->msg));
	template = pnf_template_get_options(e->table, 10, &sample_options);
	ASSERT_TRUE(e->encoder->put_template(&e->msg, template));
	EXPECT_EQ(5, e->encoder->sequence_step(&e->msg));
	ASSERT_TRUE(encoding_put_options(e, template));
	ASSERT_TRUE(encoding_put_options(e, template));
	EXPECT_EQ(7, e->encoder->sequence_step(&e->msg));
}

/* CONFORMANCE 16: the length field has 16 bits. */
TEST_F(ipfix, the_longest_message_has_65532_octets)
{
	struct pnf_record record = sample_record_udp6();
	const struct pnf_header_info info = { .clock = &sample_clock };
	struct encoding *e = &self->e;
	u8 *buffer = malloc(100000);
	unsigned int total = 0;

	ASSERT_NE(NULL, buffer);
	pnf_message_init(&e->msg, buffer, 100000);
	ASSERT_TRUE(e->encoder->begin(&e->msg));
	while (encoding_put(e, &record, 1))
		total++;
	e->encoder->finish(&e->msg, &info);
	EXPECT_EQ((65532 - HEADER - 4) / 98, total);
	EXPECT_GE(65532, e->msg.octets);
	EXPECT_EQ(e->msg.octets, get_unaligned_be16(buffer + 2));
	EXPECT_EQ(total, e->msg.template_records[0]);
	free(buffer);
}

/* CONFORMANCE 33: RFC 7011 3.2, the bit is set and the number follows */
TEST_F(ipfix, an_enterprise_element_has_its_number_in_the_template)
{
	static const struct pnf_ie own = {
		.name = "own", .enterprise = 32473, .id = 77,
		.in = { [PNF_IE_IPFIX] = { .octets = 2 } },
	};
	static const u8 expected[] = {
		0, 2, 0, 20,
		0x12, 0x34, 0, 2,
		0x80, 77, 0, 2, 0x00, 0x00, 0x7e, 0xd9,
		0, 8, 0, 4,
	};
	const struct pnf_template template = {
		.id = 0x1234, .version = 10, .ie_count = 2, .ies = { &own, &pnf_ies[0] },
	};
	struct encoding *e = &self->e;

	/* 4 octets short: it must not forget the enterprise number */
	ASSERT_TRUE(encoding_begin(e, HEADER + 16));
	EXPECT_FALSE(e->encoder->put_template(&e->msg, &template));

	ASSERT_TRUE(encoding_begin(e, sizeof(e->buffer)));
	ASSERT_TRUE(e->encoder->put_template(&e->msg, &template));
	encoding_finish(e);
	ASSERT_EQ(HEADER + sizeof(expected), e->msg.octets);
	EXPECT_EQ(0, memcmp(expected, e->buffer + HEADER, sizeof(expected)));
}

TEST_HARNESS_MAIN
