// SPDX-License-Identifier: GPL-2.0-only
/* sources: kmod/ie.c kmod/message.c kmod/template.c kmod/encode_v5.c */
/* sources: kmod/nat_event.c kmod/encode_template.c */
#include "kselftest_harness.h"
#include "encoding.h"

/* What v9 and IPFIX have in common */
FIXTURE(both) {
	struct encoding e;
};

FIXTURE_VARIANT(both) {
	u8 version;
	unsigned int template_set;	/* id of a Template Set */
	unsigned int sequence;		/* offset of the sequence number */
	unsigned int record_octets;	/* of a TCP record over IPv4 */
	unsigned int interfaces;	/* offset of the interfaces in it */
	unsigned int packets;		/* offset of the packet counter in it */
};

FIXTURE_VARIANT_ADD(both, v9) {
	.version = 9,
	.template_set = 0,
	.sequence = 12,
	.record_octets = 52,
	.interfaces = 20,
	.packets = 28,
};

FIXTURE_VARIANT_ADD(both, ipfix) {
	.version = 10,
	.template_set = 2,
	.sequence = 8,
	.record_octets = 62,
	.interfaces = 22,
	.packets = 30,
};

FIXTURE_SETUP(both)
{
	ASSERT_TRUE(encoding_init(&self->e, variant->version));
}

FIXTURE_TEARDOWN(both)
{
	encoding_free(&self->e);
}

/* Neighbours in one Set, each with its own values: nothing leaks from one to the next. */
TEST_F(both, records_of_a_run_do_not_mix)
{
	const unsigned int octets = variant->record_octets;
	const struct pnf_record *records[5];
	struct pnf_record samples[5];
	struct encoding *e = &self->e;
	u8 together[5 * 64];
	unsigned int i;

	for (i = 0; i < 5; i++) {
		samples[i] = sample_record_tcp4();
		samples[i].saddr.v4 = cpu_to_be32(0xc0000200 + i);
		samples[i].sport = cpu_to_be16(1000 + i);
		samples[i].tcp_flags = i;
		samples[i].tos = i;
		samples[i].packets = i;
		samples[i].octets = 1ULL << (8 * i + 20);
		samples[i].end_ns += i * NSEC_PER_SEC;
		records[i] = &samples[i];
	}
	ASSERT_EQ(5, encoding_put_all(e, records, 5));
	EXPECT_EQ(e->header + 4 + 5 * octets, e->msg.octets);
	memcpy(together, e->buffer + e->header + 4, 5 * octets);

	for (i = 0; i < 5; i++) {
		ASSERT_TRUE(encoding_begin(e, sizeof(e->buffer)));
		ASSERT_EQ(1, encoding_put(e, &samples[i], 1));
		EXPECT_EQ(0, memcmp(together + i * octets, e->buffer + e->header + 4, octets));
	}
}

TEST_F(both, a_set_is_opened_where_the_layout_changes)
{
	struct pnf_record icmp = sample_record_icmp4();
	struct pnf_record udp6 = sample_record_udp6();
	const struct pnf_record *records[] = { &icmp, &udp6, &udp6 };
	struct encoding *e = &self->e;
	unsigned int octets = e->encoder->record_octets(e->table, &icmp);
	unsigned int first_set = ALIGN(4 + octets, 4);

	/* so that the second Set starts behind padding */
	ASSERT_NE(first_set, 4 + octets);
	ASSERT_EQ(3, encoding_put_all(e, records, 3));
	encoding_finish(e);
	EXPECT_EQ(3, e->msg.records);
	EXPECT_EQ(256, encoding_be16(e, e->header));
	EXPECT_EQ(first_set, encoding_be16(e, e->header + 2));
	EXPECT_EQ(257, encoding_be16(e, e->header + first_set));
	EXPECT_EQ(e->msg.octets - e->header - first_set,
		  encoding_be16(e, e->header + first_set + 2));
}

TEST_F(both, a_second_call_goes_on_in_the_open_set)
{
	struct pnf_record record = sample_record_tcp4();
	struct encoding *e = &self->e;

	ASSERT_EQ(2, encoding_put(e, &record, 2));
	ASSERT_EQ(2, encoding_put(e, &record, 2));
	encoding_finish(e);
	EXPECT_EQ(4, e->msg.records);
	EXPECT_EQ(4 + 4 * variant->record_octets, encoding_be16(e, e->header + 2));
	EXPECT_EQ(e->header + 4 + 4 * variant->record_octets, e->msg.octets);
}

TEST_F(both, the_message_knows_its_templates)
{
	struct pnf_record tcp4 = sample_record_tcp4();
	struct pnf_record udp6 = sample_record_udp6();
	struct encoding *e = &self->e;

	/* index 0 is not used here, 1 is used twice, 2 once */
	ASSERT_NE(NULL, pnf_template_get(e->table, variant->version, PNF_LAYOUT_IPV4));
	ASSERT_EQ(3, encoding_put(e, &tcp4, 3));
	ASSERT_EQ(1, encoding_put(e, &udp6, 1));
	ASSERT_EQ(2, encoding_put(e, &tcp4, 2));
	EXPECT_FALSE(test_bit(0, e->msg.templates));
	EXPECT_TRUE(test_bit(1, e->msg.templates));
	EXPECT_TRUE(test_bit(2, e->msg.templates));
	EXPECT_FALSE(test_bit(3, e->msg.templates));
	EXPECT_EQ(5, e->msg.template_records[1]);
	EXPECT_EQ(1, e->msg.template_records[2]);
}

/* At every capacity: as many whole records as fit, padding included, and no octet beyond. */
TEST_F(both, no_capacity_is_overrun)
{
	struct pnf_record icmp = sample_record_icmp4();
	struct encoding *e = &self->e;
	u32 octets = e->encoder->record_octets(e->table, &icmp);
	u32 capacity;

	for (capacity = 0; capacity < 600; capacity++) {
		u32 room = capacity & ~3U;
		unsigned int fit = 0;

		if (room >= e->header + 4)
			fit = (room - e->header - 4) / octets;
		ASSERT_EQ(room >= e->header, encoding_begin(e, capacity));
		ASSERT_EQ(fit, encoding_put(e, &icmp, 64));
		ASSERT_EQ(0, encoding_put(e, &icmp, 1));
		encoding_finish(e);
		ASSERT_GE(capacity, e->msg.octets);
		ASSERT_EQ(0xee, e->buffer[e->msg.octets]);
		ASSERT_EQ(0xee, e->buffer[capacity]);
		if (fit) {
			ASSERT_EQ(e->header + ALIGN(4 + fit * octets, 4), e->msg.octets);
			ASSERT_EQ(e->msg.octets - e->header, encoding_be16(e, e->header + 2));
		} else {
			ASSERT_EQ(room >= e->header ? e->header : 0, e->msg.octets);
		}
	}
}

/* A run that does not fit whole is put in part, and nothing of what follows it. */
TEST_F(both, records_are_put_in_order)
{
	struct pnf_record tcp4 = sample_record_tcp4();
	struct pnf_record udp6 = sample_record_udp6();
	const struct pnf_record *records[] = { &udp6, &udp6, &udp6, &tcp4 };
	struct encoding *e = &self->e;
	u32 octets = e->encoder->record_octets(e->table, &udp6);

	ASSERT_TRUE(encoding_begin(e, e->header + 4 + 2 * octets + variant->record_octets + 4));
	EXPECT_EQ(2, encoding_put_all(e, records, 4));
	EXPECT_EQ(2, e->msg.records);
}

TEST_F(both, a_shorter_record_may_fit_after_longer_ones)
{
	struct pnf_record tcp4 = sample_record_tcp4();
	struct pnf_record udp6 = sample_record_udp6();
	const struct pnf_record *records[] = { &udp6, &tcp4 };
	struct encoding *e = &self->e;
	u32 octets = ALIGN(e->encoder->record_octets(e->table, &udp6), 4);

	ASSERT_TRUE(encoding_begin(e, e->header + 4 + octets + 4 +
				      ALIGN(variant->record_octets, 4)));
	EXPECT_EQ(2, encoding_put_all(e, records, 2));
}

TEST_F(both, a_record_without_template_stops_those_behind_it)
{
	struct pnf_record tcp4 = sample_record_tcp4();
	struct pnf_record udp6 = sample_record_udp6();
	const struct pnf_record *records[] = { &tcp4, &udp6, &tcp4 };
	struct encoding *e = &self->e;

	EXPECT_EQ(variant->record_octets, e->encoder->record_octets(e->table, &tcp4));
	unit_slab.is_short = true;
	EXPECT_EQ(0, e->encoder->record_octets(e->table, &udp6));
	EXPECT_EQ(1, encoding_put_all(e, records, 3));
	unit_slab.is_short = false;
	EXPECT_EQ(2, encoding_put_all(e, records + 1, 2));
}

/* What a wide Template has and the record has not is told as 0, or as false. */
TEST_F(both, a_wide_template_tells_nothing_that_is_not_so)
{
	struct pnf_record full = sample_record_full4();
	struct pnf_record record = sample_record_tcp4();
	const struct pnf_template *template;
	struct encoding *e = &self->e;
	unsigned int i, j, offset, n;

	/* a record of a setting, and nothing more: all of it is written, most of it is 0 */
	record.layout |= PNF_LAYOUT_DIRECTION;
	memset(&record.more, 0, sizeof(record.more));
	for (i = 0; e->table->count < PNF_TEMPLATES_MAX - 64; i++)
		ASSERT_NE(NULL, pnf_template_get(e->table, variant->version,
						 PNF_LAYOUT_IPV6 | (u64)i << 7));
	ASSERT_EQ(1, encoding_put(e, &full, 1));
	ASSERT_TRUE(encoding_begin(e, sizeof(e->buffer)));
	ASSERT_EQ(1, encoding_put(e, &record, 1));
	template = pnf_template_get(e->table, variant->version, record.layout);
	ASSERT_NE(record.layout, template->layout);

	offset = e->header + 4;
	n = 0;
	for (i = 0; i < template->ie_count; i++) {
		const struct pnf_ie *ie = template->ies[i];
		unsigned int octets = ie->in[pnf_ie_protocol(template->version)].octets;

		if (!(ie->in[pnf_ie_protocol(template->version)].layouts & record.layout)) {
			for (j = 0; j + 1 < octets; j++)
				EXPECT_EQ(0, e->buffer[offset + j]) TH_LOG("%s", ie->name);
			EXPECT_EQ(ie->type == PNF_ELEMENT_BOOLEAN ? 2 : 0, e->buffer[offset + j])
				TH_LOG("%s", ie->name);
			n++;
		}
		offset += octets;
	}
	EXPECT_EQ(e->msg.octets, offset);
	/* options of IP and TCP, prefix lengths, MACs, EtherType, tags, NAT */
	EXPECT_LE(14, n);
}

/* CONFORMANCE 9, 21: Templates share a Set, data is in another. */
TEST_F(both, templates_share_a_set)
{
	struct pnf_record record = sample_record_tcp4();
	struct encoding *e = &self->e;
	struct pnf_template *first, *second;
	unsigned int octets;

	first = pnf_template_get(e->table, variant->version, PNF_LAYOUT_IPV4);
	second = pnf_template_get(e->table, variant->version, record.layout);
	octets = 4 + (4 + 4 * first->ie_count) + (4 + 4 * second->ie_count);

	ASSERT_TRUE(e->encoder->put_template(&e->msg, first));
	ASSERT_TRUE(e->encoder->put_template(&e->msg, second));
	ASSERT_EQ(1, encoding_put(e, &record, 1));
	encoding_finish(e);
	EXPECT_EQ(2, e->msg.definitions);
	EXPECT_EQ(1, e->msg.records);
	EXPECT_EQ(variant->template_set, encoding_be16(e, e->header));
	EXPECT_EQ(octets, encoding_be16(e, e->header + 2));
	EXPECT_EQ(256, encoding_be16(e, e->header + 4));
	EXPECT_EQ(257, encoding_be16(e, e->header + 8 + 4 * first->ie_count));
	EXPECT_EQ(257, encoding_be16(e, e->header + octets));
}

TEST_F(both, a_template_that_does_not_fit_is_not_put)
{
	struct encoding *e = &self->e;
	struct pnf_template *template = pnf_template_get(e->table, variant->version,
							 PNF_LAYOUT_IPV4);
	unsigned int octets = 4 + 4 + 4 * template->ie_count;

	ASSERT_TRUE(encoding_begin(e, e->header + octets - 4));
	EXPECT_FALSE(e->encoder->put_template(&e->msg, template));
	EXPECT_EQ(e->header, e->msg.octets);
	EXPECT_EQ(0, e->msg.definitions);

	ASSERT_TRUE(encoding_begin(e, e->header + octets));
	EXPECT_TRUE(e->encoder->put_template(&e->msg, template));
	EXPECT_FALSE(e->encoder->put_template(&e->msg, template));
	EXPECT_EQ(1, e->msg.definitions);
}

/* CONFORMANCE 37: a definition is the same each time. */
TEST_F(both, a_template_is_put_alike_each_time)
{
	struct encoding *e = &self->e;
	struct pnf_template *template = pnf_template_get(e->table, variant->version,
							 PNF_LAYOUT_IPV6);
	unsigned int octets = 4 + 4 * template->ie_count;
	const u8 *first = e->buffer + e->header + 4;

	template->sent = 17;
	template->records = 4711;
	ASSERT_TRUE(e->encoder->put_template(&e->msg, template));
	ASSERT_TRUE(e->encoder->put_template(&e->msg, template));
	EXPECT_EQ(0, memcmp(first, first + octets, octets));
}

TEST_F(both, the_header_can_be_written_for_another_session)
{
	const struct pnf_header_info other = {
		.clock = &sample_clock, .sequence = 7, .domain = 0x12345678,
	};
	const unsigned int behind = variant->sequence + 4;
	struct pnf_record record = sample_record_icmp4();
	struct encoding *e = &self->e;
	u8 first[200];
	u32 octets;

	ASSERT_EQ(1, encoding_put(e, &record, 1));
	encoding_finish(e);
	octets = e->msg.octets;
	ASSERT_GE(sizeof(first), octets);
	memcpy(first, e->buffer, octets);

	e->encoder->finish(&e->msg, &other);
	EXPECT_EQ(octets, e->msg.octets);
	EXPECT_EQ(7, encoding_be32(e, variant->sequence));
	EXPECT_EQ(0, memcmp(first, e->buffer, variant->sequence));
	EXPECT_EQ(0, memcmp(first + behind, e->buffer + behind, octets - behind));
}

TEST_F(both, counters_have_64_bits)
{
	struct pnf_record record = sample_record_tcp4();
	struct encoding *e = &self->e;

	record.packets = 0x0102030405060708;
	record.octets = 0xfffffffffffffffe;
	EXPECT_TRUE(pnf_encoder_counts_fit(e->encoder, &record));
	ASSERT_EQ(1, encoding_put(e, &record, 1));
	EXPECT_EQ(record.packets, encoding_be64(e, e->header + 4 + variant->packets));
	EXPECT_EQ(record.octets, encoding_be64(e, e->header + 4 + variant->packets + 8));
}

TEST_F(both, interface_numbers_have_32_bits)
{
	struct pnf_record record = sample_record_tcp4();
	struct encoding *e = &self->e;

	record.ingress = 0x01020304;
	record.egress = 0xfffffffe;
	ASSERT_EQ(1, encoding_put(e, &record, 1));
	EXPECT_EQ(record.ingress, encoding_be32(e, e->header + 4 + variant->interfaces));
	EXPECT_EQ(record.egress, encoding_be32(e, e->header + 4 + variant->interfaces + 4));
}

TEST_F(both, an_empty_message_is_a_header)
{
	struct encoding *e = &self->e;

	EXPECT_EQ(0, encoding_put_all(e, NULL, 0));
	encoding_finish(e);
	EXPECT_EQ(e->header, e->msg.octets);
	EXPECT_EQ(e->header, e->encoder->header_octets);
	EXPECT_TRUE(e->encoder->has_templates);
}

/* RFC 3954 6.1, RFC 7011 3.4.2: Options Data beside Templates and Flow Records */
TEST_F(both, options_that_do_not_fit_are_not_put)
{
	struct encoding *e = &self->e;
	struct pnf_template *template = pnf_template_get_options(e->table, variant->version,
								 &sample_options);
	unsigned int definition = 4 + 6 + 4 * template->ie_count;
	unsigned int octets = 4 + template->record_octets;

	ASSERT_TRUE(encoding_begin(e, e->header + ALIGN(definition, 4) - 4));
	EXPECT_FALSE(e->encoder->put_template(&e->msg, template));
	EXPECT_EQ(e->header, e->msg.octets);
	EXPECT_EQ(0, e->msg.definitions);
	ASSERT_TRUE(encoding_begin(e, e->header + ALIGN(definition, 4)));
	EXPECT_TRUE(e->encoder->put_template(&e->msg, template));
	EXPECT_FALSE(e->encoder->put_template(&e->msg, template));
	EXPECT_EQ(1, e->msg.definitions);

	ASSERT_TRUE(encoding_begin(e, e->header + ALIGN(octets, 4) - 4));
	EXPECT_FALSE(encoding_put_options(e, template));
	EXPECT_EQ(e->header, e->msg.octets);
	EXPECT_EQ(0, e->msg.records);
	EXPECT_FALSE(test_bit(template->index, e->msg.templates));
	ASSERT_TRUE(encoding_begin(e, e->header + ALIGN(octets, 4)));
	EXPECT_TRUE(encoding_put_options(e, template));
	EXPECT_FALSE(encoding_put_options(e, template));
	EXPECT_EQ(1, e->msg.records);
	EXPECT_TRUE(test_bit(template->index, e->msg.templates));
	EXPECT_EQ(1, e->msg.template_records[template->index]);
}

TEST_F(both, options_and_flow_records_have_sets_of_their_own)
{
	struct pnf_record record = sample_record_tcp4();
	struct encoding *e = &self->e;
	struct pnf_template *options, *template;
	unsigned int first, second;

	options = pnf_template_get_options(e->table, variant->version, &sample_options);
	template = pnf_template_get(e->table, variant->version, record.layout);
	first = ALIGN(4 + 2 * options->record_octets, 4);
	second = ALIGN(4 + variant->record_octets, 4);
	ASSERT_TRUE(encoding_put_options(e, options));
	ASSERT_TRUE(encoding_put_options(e, options));
	ASSERT_EQ(1, encoding_put(e, &record, 1));
	ASSERT_TRUE(encoding_put_options(e, options));
	encoding_finish(e);
	EXPECT_EQ(4, e->msg.records);
	EXPECT_EQ(3, e->msg.template_records[options->index]);
	EXPECT_EQ(1, e->msg.template_records[template->index]);
	EXPECT_EQ(options->id, encoding_be16(e, e->header));
	EXPECT_EQ(first, encoding_be16(e, e->header + 2));
	EXPECT_EQ(template->id, encoding_be16(e, e->header + first));
	EXPECT_EQ(second, encoding_be16(e, e->header + first + 2));
	EXPECT_EQ(options->id, encoding_be16(e, e->header + first + second));
	EXPECT_EQ(0, memcmp(e->buffer + e->header + 4,
			    e->buffer + e->header + first + second + 4, options->record_octets));
}

/* Their Template FlowSets have ids of their own, too. */
TEST_F(both, templates_of_both_kinds_have_sets_of_their_own)
{
	struct encoding *e = &self->e;
	struct pnf_template *options, *template;
	unsigned int first, second;

	options = pnf_template_get_options(e->table, variant->version, &sample_options);
	template = pnf_template_get(e->table, variant->version, PNF_LAYOUT_IPV4);
	first = 4 + 4 + 4 * template->ie_count;
	second = ALIGN(4 + 6 + 4 * options->ie_count, 4);
	ASSERT_TRUE(e->encoder->put_template(&e->msg, template));
	ASSERT_TRUE(e->encoder->put_template(&e->msg, options));
	encoding_finish(e);
	EXPECT_EQ(2, e->msg.definitions);
	EXPECT_EQ(variant->template_set, encoding_be16(e, e->header));
	EXPECT_EQ(variant->template_set + 1, encoding_be16(e, e->header + first));
	EXPECT_EQ(second, encoding_be16(e, e->header + first + 2));
	EXPECT_EQ(e->header + first + second, e->msg.octets);
}

/* The same as a Template by name has: a record of it is like any other. */
TEST_F(both, records_of_many_layouts_share_the_set_of_a_template_by_name)
{
	const struct pnf_named_template named = {
		.name = "few", .count = 3, .elements = { 4, 8, 12 },
	};
	struct pnf_record tcp4 = sample_record_tcp4();
	struct pnf_record icmp4 = sample_record_icmp4();
	const struct pnf_record *records[] = { &tcp4, &icmp4, &tcp4 };
	static const u8 expected[] = {
		1, 0, 0, 32,
		6, 192, 0, 2, 1, 198, 51, 100, 2,
		1, 192, 0, 2, 1, 198, 51, 100, 2,
		6, 192, 0, 2, 1, 198, 51, 100, 2,
		0,
	};
	struct encoding *e = &self->e;

	pnf_template_table_set_named(e->table, &named, 1);
	ASSERT_EQ(3, encoding_put_all(e, records, 3));
	encoding_finish(e);
	ASSERT_EQ(e->header + sizeof(expected), e->msg.octets);
	EXPECT_EQ(0, memcmp(expected, e->buffer + e->header, sizeof(expected)));
	EXPECT_EQ(3, e->msg.template_records[0]);
}

TEST_HARNESS_MAIN
