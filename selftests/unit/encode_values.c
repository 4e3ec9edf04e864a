// SPDX-License-Identifier: GPL-2.0-only
/* sources: kmod/ie.c kmod/message.c kmod/template.c kmod/encode_v5.c */
/* sources: kmod/nat_event.c kmod/encode_template.c */
/*
 * How values become octets: each kind of Information Element at its ends. A Template by name
 * makes records of nothing but the elements in question.
 */
#include "kselftest_harness.h"
#include "encoding.h"

#define NTP_EPOCH	2208988800ULL	/* seconds from 1900 to 1970 */

FIXTURE(values) {
	struct encoding e;
	struct pnf_named_template named;
	struct pnf_record record;
};

FIXTURE_SETUP(values)
{
	ASSERT_TRUE(encoding_init(&self->e, 10));
	memset(&self->named, 0, sizeof(self->named));
	self->record = sample_record_full4();
}

FIXTURE_TEARDOWN(values)
{
	encoding_free(&self->e);
}

/* From now on records have these elements of a protocol and no others. */
static void choose(FIXTURE_DATA(values) *self, u8 version, const u16 *elements, unsigned int count)
{
	pnf_template_table_renew(self->e.table);
	memcpy(self->named.elements, elements, count * sizeof(*elements));
	self->named.count = count;
	pnf_template_table_set_named(self->e.table, &self->named, 1);
	self->e.encoder = pnf_encoder_get(version);
	self->e.header = version == 9 ? 20 : 16;
}

/* The record's octets, with @clock; NULL: it does not have the elements */
static const u8 *octets_at(FIXTURE_DATA(values) *self, const struct pnf_clock *clock)
{
	const struct pnf_record *record = &self->record;
	struct encoding *e = &self->e;

	if (!encoding_begin(e, sizeof(e->buffer)) ||
	    e->encoder->put_records(&e->msg, &record, 1, e->table, clock) != 1 ||
	    e->table->templates[0]->named != &self->named)
		return NULL;
	return e->buffer + e->header + 4;
}

#define CHOOSE(self, version, ...) do {					\
	static const u16 elements__[] = { __VA_ARGS__ };		\
									\
	choose(self, version, elements__, ARRAY_SIZE(elements__));	\
} while (0)

/* The record has these octets and no more. */
#define EXPECT_OCTETS(self, clock, ...) do {				\
	static const u8 expected__[] = { __VA_ARGS__ };			\
	const u8 *octets__ = octets_at(self, clock);			\
									\
	ASSERT_NE(NULL, octets__);					\
	EXPECT_EQ(sizeof(expected__), (self)->e.msg.octets - (self)->e.header - 4);	\
	EXPECT_EQ(0, memcmp(expected__, octets__, sizeof(expected__)));	\
} while (0)

/* The clock of a system that booted in 1970 */
static const struct pnf_clock epoch_clock;

TEST_F(values, integers_of_three_octets_lose_their_high_ones)
{
	self->record = sample_record_full6();
	CHOOSE(self, 9, 31, 60);
	EXPECT_OCTETS(self, &sample_clock, 0x0a, 0xbc, 0xde, 6);
	self->record.flow_label = 0xff000001;
	EXPECT_OCTETS(self, &sample_clock, 0, 0, 1, 6);
	CHOOSE(self, 10, 31);
	EXPECT_OCTETS(self, &sample_clock, 0xff, 0, 0, 1);
}

/* v9 has the low octet of tcpControlBits. */
TEST_F(values, control_bits_have_one_octet_or_two)
{
	self->record.tcp_flags = 0x0fa5;
	CHOOSE(self, 10, 6, 7);
	EXPECT_OCTETS(self, &sample_clock, 0x0f, 0xa5, 0x12, 0x34);
	CHOOSE(self, 9, 6, 4, 7);
	EXPECT_OCTETS(self, &sample_clock, 0xa5, 6, 0x12, 0x34);
}

/* RFC 7011 6.1.9: seconds since 1900, their fraction, its last 11 bits 0 */
TEST_F(values, conformance_29_microseconds_have_the_octets_of_the_rfc)
{
	CHOOSE(self, 10, 154, 155);
	EXPECT_OCTETS(self, &sample_clock,
		      0xe8, 0xfe, 0x6f, 0x58, 0x21, 0x24, 0x08, 0x00,
		      0xe8, 0xfe, 0x6f, 0x76, 0x21, 0x65, 0x98, 0x00);
	/* 1970 is 2208988800 s after 1900; half a second is 0x80000000 */
	self->record.start_ns = 0;
	self->record.end_ns = 500 * NSEC_PER_MSEC;
	EXPECT_OCTETS(self, &epoch_clock,
		      0x83, 0xaa, 0x7e, 0x80, 0, 0, 0, 0,
		      0x83, 0xaa, 0x7e, 0x80, 0x80, 0, 0, 0);
}

TEST_F(values, conformance_29_nanoseconds_have_the_octets_of_the_rfc)
{
	CHOOSE(self, 10, 156, 157);
	EXPECT_OCTETS(self, &sample_clock,
		      0xe8, 0xfe, 0x6f, 0x58, 0x21, 0x24, 0x14, 0x7f,
		      0xe8, 0xfe, 0x6f, 0x76, 0x21, 0x65, 0x9d, 0xbb);
	self->record.start_ns = 0;
	self->record.end_ns = NSEC_PER_SEC - 1;
	EXPECT_OCTETS(self, &epoch_clock,
		      0x83, 0xaa, 0x7e, 0x80, 0, 0, 0, 0,
		      0x83, 0xaa, 0x7e, 0x80, 0xff, 0xff, 0xff, 0xfc);
}

/* The seconds wrap on 2036-02-07 06:28:16 UTC: era 1 of NTP. */
TEST_F(values, conformance_29_ntp_seconds_go_on_at_0_in_2036)
{
	const u64 wrap_s = (1ULL << 32) - NTP_EPOCH;

	ASSERT_EQ(2085978496, wrap_s);
	self->record.start_ns = wrap_s * NSEC_PER_SEC - 1;
	self->record.end_ns = wrap_s * NSEC_PER_SEC;
	CHOOSE(self, 10, 154, 155, 156, 157);
	EXPECT_OCTETS(self, &epoch_clock,
		      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xf0, 0x00,
		      0, 0, 0, 0, 0, 0, 0, 0,
		      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfc,
		      0, 0, 0, 0, 0, 0, 0, 0);
	self->record.start_ns = 2100000000 * (u64)NSEC_PER_SEC + 1;
	self->record.end_ns = self->record.start_ns;
	CHOOSE(self, 10, 154, 156);
	EXPECT_OCTETS(self, &epoch_clock,
		      0x00, 0xd5, 0xf3, 0x80, 0, 0, 0, 0,
		      0x00, 0xd5, 0xf3, 0x80, 0, 0, 0, 5);
}

/* As a Collector does that rounds down */
static u64 ntp_to_ns(u64 ntp, u32 units_per_s)
{
	return ((ntp >> 32) - NTP_EPOCH) * NSEC_PER_SEC +
	       ((ntp & 0xffffffff) * units_per_s >> 32) * (NSEC_PER_SEC / units_per_s);
}

/* Whatever the fraction of a second, a Collector has the time back exactly. */
TEST_F(values, conformance_29_times_come_back_to_the_unit)
{
	static const u32 ends[] = {
		0, 1, 2, 3, 4, 5, 999, 1000, 1001, 1999, 2000, 499999999, 500000000, 500000001,
		999998999, 999999000, 999999998, 999999999,
	};
	const u8 *octets;
	unsigned int i;
	u64 us, ns;

	CHOOSE(self, 10, 154, 156);
	for (i = 0; i < 100000; i++) {
		u32 fraction = i < ARRAY_SIZE(ends) ? ends[i] : (u64)i * 1234567891 % NSEC_PER_SEC;

		self->record.start_ns = (1700000000ULL + i) * NSEC_PER_SEC + fraction;
		octets = octets_at(self, &epoch_clock);
		ASSERT_NE(NULL, octets);
		us = get_unaligned_be64(octets);
		ns = get_unaligned_be64(octets + 8);
		ASSERT_EQ(0, us & 0x7ff);
		ASSERT_EQ(self->record.start_ns / 1000 * 1000, ntp_to_ns(us, 1000000));
		ASSERT_EQ(self->record.start_ns, ntp_to_ns(ns, 1000000000));
	}
}

/* A clock that is not that of boot: times since 1970 */
TEST_F(values, times_of_day_follow_the_clock)
{
	const struct pnf_clock clock = {
		.boot_ns = 5000 * (u64)NSEC_PER_SEC, .real_ns = 1234567890 * (u64)NSEC_PER_SEC,
	};

	self->record.start_ns = 4999 * (u64)NSEC_PER_SEC;
	CHOOSE(self, 10, 152);
	/* 1234567889000 ms */
	EXPECT_OCTETS(self, &clock, 0, 0, 0x01, 0x1f, 0x71, 0xfb, 0x00, 0x68);
}

TEST_F(values, spans_are_rounded_down)
{
	CHOOSE(self, 10, 161, 162);
	self->record.more.duration_ns = 0;
	EXPECT_OCTETS(self, &sample_clock, 0, 0, 0, 0, 0, 0, 0, 0);
	self->record.more.duration_ns = 999;
	EXPECT_OCTETS(self, &sample_clock, 0, 0, 0, 0, 0, 0, 0, 0);
	self->record.more.duration_ns = 1999999;
	EXPECT_OCTETS(self, &sample_clock, 0, 0, 0, 1, 0, 0, 0x07, 0xcf);
	self->record.more.duration_ns = 2000000;
	EXPECT_OCTETS(self, &sample_clock, 0, 0, 0, 2, 0, 0, 0x07, 0xd0);
}

/* 71 minutes of us, 49 days of ms: more is told as the most there is, never as less. */
TEST_F(values, spans_end_at_their_greatest)
{
	CHOOSE(self, 9, 161, 162);
	self->record.more.duration_ns = 0xfffffffeULL * NSEC_PER_USEC;
	EXPECT_OCTETS(self, &sample_clock, 0, 0x41, 0x89, 0x37, 0xff, 0xff, 0xff, 0xfe);
	self->record.more.duration_ns = 0x100000000ULL * NSEC_PER_USEC;
	EXPECT_OCTETS(self, &sample_clock, 0, 0x41, 0x89, 0x37, 0xff, 0xff, 0xff, 0xff);
	self->record.more.duration_ns = 0xfffffffeULL * NSEC_PER_MSEC;
	EXPECT_OCTETS(self, &sample_clock, 0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff);
	self->record.more.duration_ns = 0x100000000ULL * NSEC_PER_MSEC;
	EXPECT_OCTETS(self, &sample_clock, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
	self->record.more.duration_ns = ~0ULL;
	EXPECT_OCTETS(self, &sample_clock, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
}

/* RFC 7011 6.1.5: 1 is true, 2 is false, nothing else is either. */
TEST_F(values, conformance_27_booleans_are_1_or_2)
{
	CHOOSE(self, 10, 388, 389, 10);
	self->record.more.vlan_dei[0] = 1;
	self->record.more.vlan_dei[1] = 2;
	EXPECT_OCTETS(self, &sample_clock, 1, 2, 0, 0, 2, 3);
	/* a frame that has no such tag, where the Template has it */
	self->record.more.vlan_dei[0] = 0;
	self->record.more.vlan_dei[1] = 1;
	EXPECT_OCTETS(self, &sample_clock, 2, 1, 0, 0, 2, 3);
}

TEST_F(values, mac_addresses_are_as_on_the_wire)
{
	CHOOSE(self, 10, 56, 80);
	EXPECT_OCTETS(self, &sample_clock, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76,
		      0x61, 0x62, 0x63, 0x64, 0x65, 0x66);
	/* as neighbours in the record */
	CHOOSE(self, 10, 80, 56, 256, 6);
	EXPECT_OCTETS(self, &sample_clock, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66,
		      0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x08, 0x00, 0x01, 0xd2);
}

/* RFC 3032 2.1: 20 bits of label, 3 of traffic class, 1 of bottom; the TTL has its own element */
TEST_F(values, label_sections_have_three_octets)
{
	CHOOSE(self, 10, 70, 200);
	self->record.more.label[0] = cpu_to_be32(16 << 12 | 5 << 9 | 1 << 8 | 64);
	self->record.more.label_ttl = 64;
	EXPECT_OCTETS(self, &sample_clock, 0x00, 0x01, 0x0b, 64);
	CHOOSE(self, 9, 79, 71, 200, 60);
	EXPECT_OCTETS(self, &sample_clock, 0x51, 0x52, 0x5c, 0x51, 0x52, 0x54, 64, 4);
}

/* Of fixed length, zeros behind: RFC 7011 6.1.6 has no other end of a string. */
TEST_F(values, conformance_32_strings_have_zeros_behind_them)
{
	CHOOSE(self, 10, 236);
	EXPECT_OCTETS(self, &sample_clock, 'b', 'l', 'u', 'e', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	memset(self->record.more.vrf_name, 0, sizeof(self->record.more.vrf_name));
	EXPECT_OCTETS(self, &sample_clock, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	memcpy(self->record.more.vrf_name, "fifteen-octets!", 16);
	EXPECT_OCTETS(self, &sample_clock, 'f', 'i', 'f', 't', 'e', 'e', 'n', '-', 'o', 'c', 't',
		      'e', 't', 's', '!', 0);
}

/* v9's times: ms since boot, rounded down, modulo 2^32 */
TEST_F(values, uptimes_wrap)
{
	CHOOSE(self, 9, 22, 21);
	self->record.start_ns = 0xffffffffULL * NSEC_PER_MSEC + 999999;
	self->record.end_ns = 0x100000000ULL * NSEC_PER_MSEC;
	EXPECT_OCTETS(self, &sample_clock, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0);
}

/* Each element alone, beside one of 4 octets: nothing depends on its neighbours. */
TEST_F(values, an_element_alone_is_as_among_all)
{
	static const u8 versions[] = { 9, 10 };
	struct pnf_template described;
	const u8 *octets;
	unsigned int v, i;
	u8 whole[512];

	for (v = 0; v < ARRAY_SIZE(versions); v++) {
		unsigned int at = 0;

		ASSERT_TRUE(pnf_template_describe(&described, versions[v], self->record.layout));
		ASSERT_GE(sizeof(whole), described.record_octets);
		pnf_encode_record(whole, &described, &self->record, &sample_clock);
		for (i = 0; i < described.ie_count; i++) {
			const struct pnf_ie *ie = described.ies[i];
			unsigned int size = ie->in[pnf_ie_protocol(described.version)].octets;
			u16 elements[2] = { 10, ie->id };

			choose(self, versions[v], elements, 2);
			octets = octets_at(self, &sample_clock);
			ASSERT_NE(NULL, octets);
			EXPECT_EQ(0x0203, get_unaligned_be32(octets));
			EXPECT_EQ(0, memcmp(whole + at, octets + 4, size))
				TH_LOG("version %u, %s", versions[v], ie->name);
			at += size;
		}
		EXPECT_EQ(described.record_octets, at);
	}
}

TEST_HARNESS_MAIN
