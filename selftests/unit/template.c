// SPDX-License-Identifier: GPL-2.0-only
/* sources: kmod/ie.c kmod/template.c */
#include "kselftest_harness.h"
#include <linux/kernel.h>
#include <linux/time64.h>

#include "template.h"
#include "types.h"
#include "wire.h"

#define MINUTE	(60ULL * NSEC_PER_SEC)

FIXTURE(template) {
	struct pnf_template_table *table;
};

FIXTURE_SETUP(template)
{
	self->table = malloc(sizeof(*self->table));
	ASSERT_NE(NULL, self->table);
	memset(self->table, 0xee, sizeof(*self->table));
	pnf_template_table_init(self->table);
}

FIXTURE_TEARDOWN(template)
{
	free(self->table);
}

static enum pnf_ie_protocol protocol_of(const struct pnf_template *template)
{
	return template->version == 9 ? PNF_IE_V9 : PNF_IE_IPFIX;
}

TEST_F(template, ids_start_at_256_and_count_up)
{
	EXPECT_EQ(256, pnf_template_get(self->table, 9, PNF_LAYOUT_IPV4)->id);
	EXPECT_EQ(257, pnf_template_get(self->table, 9, PNF_LAYOUT_IPV6)->id);
	EXPECT_EQ(258, pnf_template_get(self->table, 10, PNF_LAYOUT_IPV4)->id);
	EXPECT_EQ(3, self->table->count);
}

TEST_F(template, a_layout_keeps_its_template)
{
	struct pnf_template *template = pnf_template_get(self->table, 10, PNF_LAYOUT_IPV4);
	struct pnf_template copy = *template;

	ASSERT_NE(NULL, pnf_template_get(self->table, 10, PNF_LAYOUT_IPV6));
	EXPECT_EQ(template, pnf_template_get(self->table, 10, PNF_LAYOUT_IPV4));
	EXPECT_EQ(0, memcmp(&copy, template, sizeof(copy)));
	EXPECT_EQ(0, pnf_template_index(self->table, template));
	EXPECT_EQ(0, template->sent);
	EXPECT_EQ(0, template->records);
}

TEST_F(template, a_protocol_has_its_own_templates)
{
	struct pnf_template *v9 = pnf_template_get(self->table, 9, PNF_LAYOUT_IPV4);
	struct pnf_template *ipfix = pnf_template_get(self->table, 10, PNF_LAYOUT_IPV4);

	EXPECT_NE(v9->id, ipfix->id);
	EXPECT_EQ(9, v9->version);
	EXPECT_EQ(10, ipfix->version);
	EXPECT_EQ(1, pnf_template_index(self->table, ipfix));
}

/* CONFORMANCE 37: an id is never given to another definition. */
TEST_F(template, a_full_table_gives_no_id_away)
{
	u32 layout;

	for (layout = 0; layout < PNF_TEMPLATES_MAX; layout++)
		ASSERT_NE(NULL, pnf_template_get(self->table, 10, PNF_LAYOUT_IPV4 | layout << 8));
	EXPECT_EQ(NULL, pnf_template_get(self->table, 10, PNF_LAYOUT_IPV6));
	EXPECT_EQ(NULL, pnf_template_get(self->table, 9, PNF_LAYOUT_IPV4));
	EXPECT_EQ(PNF_TEMPLATES_MAX, self->table->count);
	for (layout = 0; layout < PNF_TEMPLATES_MAX; layout++)
		EXPECT_EQ(256 + layout, pnf_template_get(self->table, 10,
							 PNF_LAYOUT_IPV4 | layout << 8)->id);
}

TEST_F(template, a_layout_without_elements_has_no_template)
{
	EXPECT_EQ(NULL, pnf_template_get(self->table, 10, 0));
	EXPECT_EQ(NULL, pnf_template_get(self->table, 9, 1U << 31));
	EXPECT_EQ(0, self->table->count);
}

/* FEATURES 6: elements and octets of every group */
struct listing {
	u8 version;
	u32 layout;
	struct {
		u16 id;
		u16 octets;
	} ies[PNF_TEMPLATE_IES_MAX];
};

#define V4_ADDRESSES	{ 8, 4 }, { 12, 4 }, { 15, 4 }
#define V6_ADDRESSES	{ 27, 16 }, { 28, 16 }, { 62, 16 }
#define BASE_V9		{ 60, 1 }, { 4, 1 }, { 5, 1 }, { 10, 4 }, { 14, 4 }, { 2, 8 }, { 1, 8 }, \
			{ 22, 4 }, { 21, 4 }
#define BASE_IPFIX	{ 60, 1 }, { 4, 1 }, { 5, 1 }, { 136, 1 }, { 10, 4 }, { 14, 4 }, \
			{ 2, 8 }, { 1, 8 }, { 152, 8 }, { 153, 8 }

static const struct listing listings[] = {
	{ 9, PNF_LAYOUT_IPV4, { V4_ADDRESSES, BASE_V9 } },
	{ 9, PNF_LAYOUT_IPV6, { V6_ADDRESSES, BASE_V9 } },
	{ 9, PNF_LAYOUT_IPV4 | PNF_LAYOUT_PORTS,
	  { V4_ADDRESSES, { 7, 2 }, { 11, 2 }, { 6, 1 }, BASE_V9 } },
	{ 9, PNF_LAYOUT_IPV6 | PNF_LAYOUT_PORTS,
	  { V6_ADDRESSES, { 7, 2 }, { 11, 2 }, { 6, 1 }, BASE_V9 } },
	{ 9, PNF_LAYOUT_IPV4 | PNF_LAYOUT_ICMP,
	  { V4_ADDRESSES, { 7, 2 }, { 11, 2 }, { 32, 2 }, BASE_V9 } },
	{ 9, PNF_LAYOUT_IPV6 | PNF_LAYOUT_ICMP6,
	  { V6_ADDRESSES, { 7, 2 }, { 11, 2 }, { 32, 2 }, BASE_V9 } },
	{ 9, PNF_LAYOUT_IPV4 | PNF_LAYOUT_IGMP, { V4_ADDRESSES, { 33, 1 }, BASE_V9 } },
	{ 9, PNF_LAYOUT_IPV4 | PNF_LAYOUT_IPSEC, { V4_ADDRESSES, { 295, 4 }, BASE_V9 } },
	{ 9, PNF_LAYOUT_IPV6 | PNF_LAYOUT_IPSEC, { V6_ADDRESSES, { 295, 4 }, BASE_V9 } },
	{ 10, PNF_LAYOUT_IPV4, { V4_ADDRESSES, BASE_IPFIX } },
	{ 10, PNF_LAYOUT_IPV6, { V6_ADDRESSES, BASE_IPFIX } },
	{ 10, PNF_LAYOUT_IPV4 | PNF_LAYOUT_PORTS,
	  { V4_ADDRESSES, { 7, 2 }, { 11, 2 }, { 6, 2 }, BASE_IPFIX } },
	{ 10, PNF_LAYOUT_IPV6 | PNF_LAYOUT_PORTS,
	  { V6_ADDRESSES, { 7, 2 }, { 11, 2 }, { 6, 2 }, BASE_IPFIX } },
	{ 10, PNF_LAYOUT_IPV4 | PNF_LAYOUT_ICMP, { V4_ADDRESSES, { 32, 2 }, BASE_IPFIX } },
	{ 10, PNF_LAYOUT_IPV6 | PNF_LAYOUT_ICMP6, { V6_ADDRESSES, { 139, 2 }, BASE_IPFIX } },
	{ 10, PNF_LAYOUT_IPV4 | PNF_LAYOUT_IGMP, { V4_ADDRESSES, { 33, 1 }, BASE_IPFIX } },
	{ 10, PNF_LAYOUT_IPV4 | PNF_LAYOUT_IPSEC, { V4_ADDRESSES, { 295, 4 }, BASE_IPFIX } },
	{ 10, PNF_LAYOUT_IPV6 | PNF_LAYOUT_IPSEC, { V6_ADDRESSES, { 295, 4 }, BASE_IPFIX } },
};

FIXTURE(listed) {
	struct pnf_template_table *table;
};

FIXTURE_SETUP(listed)
{
	self->table = malloc(sizeof(*self->table));
	ASSERT_NE(NULL, self->table);
	pnf_template_table_init(self->table);
}

FIXTURE_TEARDOWN(listed)
{
	free(self->table);
}

TEST_F(listed, templates_have_the_elements_of_their_layout)
{
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(listings); i++) {
		const struct listing *expected = &listings[i];
		struct pnf_template *template = pnf_template_get(self->table, expected->version,
								 expected->layout);
		unsigned int octets = 0;

		ASSERT_NE(NULL, template);
		for (j = 0; j < template->ie_count; j++) {
			const struct pnf_ie *ie = template->ies[j];

			ASSERT_EQ(expected->ies[j].id, ie->id)
				TH_LOG("version %u layout %#x element %u", expected->version,
				       expected->layout, j);
			ASSERT_EQ(expected->ies[j].octets, ie->in[protocol_of(template)].octets)
				TH_LOG("version %u element %u", expected->version, ie->id);
			octets += expected->ies[j].octets;
		}
		EXPECT_EQ(0, expected->ies[j].id);
		EXPECT_EQ(octets, template->record_octets);
	}
}

TEST_F(listed, every_element_of_the_table_is_listed)
{
	unsigned int i, j, k, protocol;

	for (i = 0; i < pnf_ies_count; i++)
		for (protocol = 0; protocol < PNF_IE_PROTOCOLS; protocol++) {
			u8 version = protocol == PNF_IE_V9 ? 9 : 10;
			bool is_listed = !pnf_ies[i].in[protocol].octets;

			for (j = 0; j < ARRAY_SIZE(listings); j++)
				for (k = 0; k < PNF_TEMPLATE_IES_MAX; k++)
					is_listed |= listings[j].version == version &&
						     listings[j].ies[k].id == pnf_ies[i].id;
			EXPECT_TRUE(is_listed)
				TH_LOG("%s of version %u", pnf_ies[i].name, version);
		}
}

/* CONFORMANCE 10, 20: so padding to 4 octets is always shorter than any record. */
TEST_F(listed, no_record_is_as_short_as_padding)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(listings); i++)
		EXPECT_LE(4, pnf_template_get(self->table, listings[i].version,
					      listings[i].layout)->record_octets);
}

TEST_F(listed, each_octet_of_a_record_is_written_by_one_step)
{
	static const u8 octets_of[] = {
		[PNF_OP_COPY1] = 1, [PNF_OP_COPY2] = 2, [PNF_OP_COPY4] = 4,
		[PNF_OP_COPY8] = 8, [PNF_OP_COPY16] = 16, [PNF_OP_BE16] = 2,
		[PNF_OP_BE32] = 4, [PNF_OP_BE64] = 8, [PNF_OP_UPTIME_MS4] = 4,
		[PNF_OP_WALL_MS8] = 8,
	};
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(listings); i++) {
		struct pnf_template *template = pnf_template_get(self->table, listings[i].version,
								 listings[i].layout);
		unsigned int to = 0;

		for (j = 0; j < template->op_count; j++) {
			ASSERT_GT(ARRAY_SIZE(octets_of), template->ops[j].kind);
			ASSERT_EQ(to, template->ops[j].to);
			to += octets_of[template->ops[j].kind] * (template->ops[j].twin ? 2 : 1);
		}
		EXPECT_EQ(template->record_octets, to);
	}
}

TEST_F(listed, neighbours_are_written_together)
{
	struct pnf_template *template = pnf_template_get(self->table, 10,
							 PNF_LAYOUT_IPV4 | PNF_LAYOUT_PORTS);

	/*
	 * Source and destination; next hop and both ports; flags; version, protocol,
	 * ToS and reason; interfaces; counters; times
	 */
	EXPECT_EQ(7, template->op_count);
}

TEST(elements_have_the_octets_of_their_kind)
{
	unsigned int i, protocol;

	for (i = 0; i < pnf_ies_count; i++) {
		const struct pnf_ie *ie = &pnf_ies[i];

		for (protocol = 0; protocol < PNF_IE_PROTOCOLS; protocol++) {
			u8 octets = ie->in[protocol].octets;

			EXPECT_EQ(!octets, !ie->in[protocol].layouts);
			if (!octets)
				continue;
			switch (ie->kind) {
			case PNF_IE_OCTETS:
				EXPECT_EQ(ie->size, octets) TH_LOG("%s", ie->name);
				break;
			case PNF_IE_UNSIGNED:
				EXPECT_GE(ie->size, octets) TH_LOG("%s", ie->name);
				break;
			case PNF_IE_UPTIME_MS:
				EXPECT_EQ(8, ie->size);
				EXPECT_EQ(4, octets) TH_LOG("%s", ie->name);
				break;
			case PNF_IE_WALL_MS:
				EXPECT_EQ(8, ie->size);
				EXPECT_EQ(8, octets) TH_LOG("%s", ie->name);
				break;
			default:
				EXPECT_TRUE(false) TH_LOG("%s: kind %u", ie->name, ie->kind);
			}
		}
		EXPECT_GE(sizeof(struct pnf_record), ie->offset + ie->size);
	}
}

/* CONFORMANCE 15: v9 has neither enterprise numbers nor variable length. */
TEST(elements_of_v9_are_ianas)
{
	unsigned int i;

	for (i = 0; i < pnf_ies_count; i++)
		if (pnf_ies[i].in[PNF_IE_V9].octets)
			EXPECT_EQ(0, pnf_ies[i].enterprise);
}

TEST(elements_are_in_the_table_once)
{
	unsigned int i, j;

	for (i = 0; i < pnf_ies_count; i++)
		for (j = 0; j < i; j++) {
			EXPECT_NE(pnf_ies[i].id, pnf_ies[j].id);
			EXPECT_STRNE(pnf_ies[i].name, pnf_ies[j].name);
		}
}

FIXTURE(schedule) {
	struct pnf_template_schedule schedule;
};

FIXTURE_SETUP(schedule)
{
	memset(&self->schedule, 0xee, sizeof(self->schedule));
	pnf_template_schedule_reset(&self->schedule);
}

FIXTURE_TEARDOWN(schedule)
{
}

static bool knows_nothing(const struct pnf_template_schedule *schedule)
{
	unsigned int i;

	for (i = 0; i < PNF_TEMPLATES_MAX; i++)
		if (test_bit(i, schedule->announced))
			return false;
	return true;
}

TEST_F(schedule, a_new_session_is_due_and_knows_nothing)
{
	EXPECT_TRUE(pnf_template_schedule_is_due(&self->schedule, 1, 20, 30));
	EXPECT_TRUE(knows_nothing(&self->schedule));
}

TEST_F(schedule, knows_what_was_sent)
{
	pnf_template_schedule_note_sent(&self->schedule, 63);
	EXPECT_TRUE(test_bit(63, self->schedule.announced));
	EXPECT_FALSE(test_bit(0, self->schedule.announced));
}

/* CONFORMANCE 11, 34 */
TEST_F(schedule, is_due_after_so_many_messages)
{
	unsigned int i;

	pnf_template_schedule_note_refresh(&self->schedule, MINUTE);
	for (i = 0; i < 20; i++) {
		EXPECT_FALSE(pnf_template_schedule_is_due(&self->schedule, MINUTE, 20, 30));
		pnf_template_schedule_note_message(&self->schedule);
	}
	EXPECT_TRUE(pnf_template_schedule_is_due(&self->schedule, MINUTE, 20, 30));
	EXPECT_FALSE(pnf_template_schedule_is_due(&self->schedule, MINUTE, 21, 30));
}

/* CONFORMANCE 11, 34 */
TEST_F(schedule, is_due_after_so_many_minutes)
{
	pnf_template_schedule_note_refresh(&self->schedule, 5 * MINUTE);
	EXPECT_FALSE(pnf_template_schedule_is_due(&self->schedule, 35 * MINUTE - 1, 20, 30));
	EXPECT_TRUE(pnf_template_schedule_is_due(&self->schedule, 35 * MINUTE, 20, 30));
}

TEST_F(schedule, the_longest_timeout_does_not_overflow)
{
	const u64 week = 10080 * MINUTE;

	pnf_template_schedule_note_refresh(&self->schedule, 1);
	EXPECT_FALSE(pnf_template_schedule_is_due(&self->schedule, week, 20, 10080));
	EXPECT_TRUE(pnf_template_schedule_is_due(&self->schedule, week + 1, 20, 10080));
}

TEST_F(schedule, a_refresh_announces_everything_again)
{
	pnf_template_schedule_note_refresh(&self->schedule, 1);
	pnf_template_schedule_note_sent(&self->schedule, 0);
	pnf_template_schedule_note_message(&self->schedule);
	pnf_template_schedule_note_refresh(&self->schedule, 2);
	EXPECT_TRUE(knows_nothing(&self->schedule));
	EXPECT_FALSE(pnf_template_schedule_is_due(&self->schedule, 2, 1, 30));
}

TEST_F(schedule, a_reset_announces_everything_again)
{
	pnf_template_schedule_note_refresh(&self->schedule, 1);
	pnf_template_schedule_note_sent(&self->schedule, 0);
	pnf_template_schedule_reset(&self->schedule);
	EXPECT_TRUE(knows_nothing(&self->schedule));
	EXPECT_TRUE(pnf_template_schedule_is_due(&self->schedule, 2, 20, 30));
}

TEST_HARNESS_MAIN
