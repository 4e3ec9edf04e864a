// SPDX-License-Identifier: GPL-2.0-only
/* sources: kmod/ie.c kmod/template.c */
/*
 * Templates: what they list for a layout, their ids, how the table keeps to its size, Templates by
 * name and Options Templates, and when they are due.
 * Random layouts come from a generator with a seed: each run sees the same.
 */
#include "kselftest_harness.h"
#include <libgen.h>
#include <limits.h>
#include <linux/kernel.h>
#include <linux/stddef.h>
#include <linux/time64.h>

#include "template.h"
#include "types.h"
#include "wire.h"

#define MINUTE	(60ULL * NSEC_PER_SEC)
#define IDS	(PNF_TEMPLATE_ID_MAX - PNF_TEMPLATE_ID_MIN + 1)

static enum pnf_ie_protocol protocol_of(u8 version)
{
	return version == 9 ? PNF_IE_V9 : PNF_IE_IPFIX;
}

/* A table that has no Template */
static struct pnf_template_table *table_alloc(u16 first_id)
{
	struct pnf_template_table *table = malloc(sizeof(*table));

	memset(table, 0xee, sizeof(*table));
	pnf_template_table_init(table, first_id);
	return table;
}

static void table_free(struct pnf_template_table *table)
{
	pnf_template_table_renew(table);
	free(table);
}

static bool lists(const struct pnf_template *template, u16 id)
{
	unsigned int i;

	for (i = 0; i < template->ie_count; i++)
		if (template->ies[i]->id == id)
			return true;
	return false;
}

FIXTURE(template) {
	struct pnf_template_table *table;
};

FIXTURE_SETUP(template)
{
	unit_slab = (struct unit_slab) { };
	self->table = table_alloc(256);
}

FIXTURE_TEARDOWN(template)
{
	table_free(self->table);
	EXPECT_EQ(0, unit_slab.objects);
}

TEST_F(template, ids_start_at_the_first_and_count_up)
{
	EXPECT_EQ(256, pnf_template_get(self->table, 9, PNF_LAYOUT_IPV4)->id);
	EXPECT_EQ(257, pnf_template_get(self->table, 9, PNF_LAYOUT_IPV6)->id);
	EXPECT_EQ(258, pnf_template_get(self->table, 10, PNF_LAYOUT_IPV4)->id);
	EXPECT_EQ(3, self->table->count);

	pnf_template_table_renew(self->table);
	pnf_template_table_init(self->table, 12345);
	EXPECT_EQ(12345, pnf_template_get(self->table, 10, PNF_LAYOUT_IPV4)->id);
	EXPECT_EQ(12346, pnf_template_get(self->table, 10, PNF_LAYOUT_IPV6)->id);
}

TEST_F(template, a_layout_keeps_its_template)
{
	struct pnf_template *template = pnf_template_get(self->table, 10, PNF_LAYOUT_IPV4);
	struct pnf_template copy = *template;

	ASSERT_NE(NULL, pnf_template_get(self->table, 10, PNF_LAYOUT_IPV6));
	EXPECT_EQ(template, pnf_template_get(self->table, 10, PNF_LAYOUT_IPV4));
	EXPECT_EQ(0, memcmp(&copy, template, sizeof(copy)));
	EXPECT_EQ(0, template->index);
	EXPECT_EQ(template, self->table->templates[0]);
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
	EXPECT_EQ(1, ipfix->index);
}

TEST_F(template, a_layout_without_elements_has_no_template)
{
	EXPECT_EQ(NULL, pnf_template_get(self->table, 10, 0));
	EXPECT_EQ(NULL, pnf_template_get(self->table, 9, 1ULL << 63));
	EXPECT_EQ(0, self->table->count);
	EXPECT_EQ(0, unit_slab.objects);
}

TEST_F(template, without_memory_there_is_none_and_nothing_changes)
{
	unit_slab.is_short = true;
	unit_slab.left = 1;
	ASSERT_NE(NULL, pnf_template_get(self->table, 10, PNF_LAYOUT_IPV4));
	EXPECT_EQ(NULL, pnf_template_get(self->table, 10, PNF_LAYOUT_IPV6));
	EXPECT_NE(NULL, pnf_template_get(self->table, 10, PNF_LAYOUT_IPV4));
	EXPECT_EQ(1, self->table->count);

	unit_slab.is_short = false;
	EXPECT_EQ(257, pnf_template_get(self->table, 10, PNF_LAYOUT_IPV6)->id);
}

/* A Collector may know the old ones for long. */
TEST_F(template, ids_go_on_after_a_renewal)
{
	ASSERT_EQ(256, pnf_template_get(self->table, 10, PNF_LAYOUT_IPV4)->id);
	ASSERT_EQ(257, pnf_template_get(self->table, 10, PNF_LAYOUT_IPV6)->id);
	pnf_template_table_renew(self->table);
	EXPECT_EQ(0, self->table->count);
	EXPECT_EQ(0, unit_slab.objects);
	EXPECT_EQ(258, pnf_template_get(self->table, 10, PNF_LAYOUT_IPV6)->id);
	EXPECT_EQ(259, pnf_template_get(self->table, 10, PNF_LAYOUT_IPV4)->id);
	EXPECT_EQ(0, pnf_template_get(self->table, 10, PNF_LAYOUT_IPV6)->index);
}

TEST_F(template, ids_wrap_from_the_last_to_256)
{
	self->table->next_id = 65534;
	EXPECT_EQ(65534, pnf_template_get(self->table, 10, PNF_LAYOUT_IPV4)->id);
	EXPECT_EQ(65535, pnf_template_get(self->table, 10, PNF_LAYOUT_IPV6)->id);
	EXPECT_EQ(256, pnf_template_get(self->table, 9, PNF_LAYOUT_IPV6)->id);
	EXPECT_EQ(257, pnf_template_get(self->table, 9, PNF_LAYOUT_IPV4)->id);
}

/* Wherever they start, through renewals of tables of any size */
TEST_F(template, conformance_13_37_no_id_means_two_definitions_among_65280)
{
	static const u16 first_ids[] = { 256, 257, 4711, 33023, 65535 };
	static u8 used[65536];
	unsigned int i, n, made;
	u64 size;

	for (i = 0; i < ARRAY_SIZE(first_ids); i++) {
		memset(used, 0, sizeof(used));
		pnf_template_table_renew(self->table);
		pnf_template_table_init(self->table, first_ids[i]);
		size = 7 + i;
		for (made = 0; made < IDS; made += n) {
			pnf_template_table_renew(self->table);
			size = size * 31 % 190 + 1;
			for (n = 0; n < size && made + n < IDS; n++) {
				struct pnf_template *template =
					pnf_template_get(self->table, 10,
							 PNF_LAYOUT_IPV4 | (u64)n << 48 | n << 2);

				ASSERT_NE(NULL, template);
				ASSERT_LE(256, template->id);
				ASSERT_EQ(0, used[template->id]++);
				ASSERT_EQ(n, template->index);
			}
		}
		pnf_template_table_renew(self->table);
		EXPECT_EQ(first_ids[i], pnf_template_get(self->table, 10, PNF_LAYOUT_IPV4)->id);
	}
}

TEST_F(template, a_description_is_the_template_without_an_id)
{
	const u64 layout = PNF_LAYOUT_IPV6 | PNF_LAYOUT_PORTS | PNF_LAYOUT_MAC;
	struct pnf_template *template = pnf_template_get(self->table, 10, layout);
	struct pnf_template described;

	memset(&described, 0xee, sizeof(described));
	ASSERT_TRUE(pnf_template_describe(&described, 10, layout));
	EXPECT_EQ(0, described.id);
	described.id = template->id;
	described.index = template->index;
	EXPECT_EQ(0, memcmp(&described, template, sizeof(described)));
	EXPECT_FALSE(pnf_template_describe(&described, 10, 0));
	EXPECT_EQ(1, self->table->count);
}

/* A namespace's records: what settings decide is the same in all, what packets decide is not */
struct traffic {
	u64 state;
	u64 settings;
	u64 labels;
	u64 variable;
};

/* SplitMix64 */
static u64 next_random(struct traffic *traffic)
{
	u64 z = traffic->state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

#define OF_SETTINGS	(PNF_LAYOUT_SAMPLER | PNF_LAYOUT_DIRECTION | PNF_LAYOUT_PHYSDEV |	\
			 PNF_LAYOUT_TTL | PNF_LAYOUT_LENGTH | PNF_LAYOUT_LAYER2 |		\
			 PNF_LAYOUT_VRF | PNF_LAYOUT_MICROSECONDS | PNF_LAYOUT_NANOSECONDS |	\
			 PNF_LAYOUT_DURATION)
#define OF_PACKETS	(PNF_LAYOUT_MAC | PNF_LAYOUT_ETHERTYPE | PNF_LAYOUT_VLAN |		\
			 PNF_LAYOUT_POST_VLAN | PNF_LAYOUT_NAT_IPV4)
#define OF_LABELS	(0x3ffULL << PNF_LAYOUT_MPLS_SHIFT)

static struct traffic traffic_of(u64 seed, u64 settings, unsigned int labels, u64 variable)
{
	return (struct traffic) {
		.state = seed,
		.settings = settings & OF_SETTINGS,
		.labels = ((1ULL << labels) - 1) << PNF_LAYOUT_MPLS_SHIFT,
		.variable = variable & OF_PACKETS,
	};
}

static u64 random_layout(struct traffic *traffic)
{
	static const u64 above4[] = { 0, PNF_LAYOUT_PORTS, PNF_LAYOUT_ICMP, PNF_LAYOUT_IGMP,
				      PNF_LAYOUT_IPSEC };
	static const u64 above6[] = { 0, PNF_LAYOUT_PORTS, PNF_LAYOUT_ICMP6, PNF_LAYOUT_IGMP,
				      PNF_LAYOUT_IPSEC };
	u64 random = next_random(traffic);
	u64 packets = next_random(traffic) & traffic->variable;
	u64 layout = traffic->settings | (random & 1 << 8 ? traffic->labels : 0);

	if (packets & PNF_LAYOUT_VLAN && random & 1 << 9)
		layout |= PNF_LAYOUT_VLAN_INNER;
	if (packets & PNF_LAYOUT_POST_VLAN && random & 1 << 10)
		layout |= PNF_LAYOUT_POST_VLAN_INNER;
	if (random & 1 << 11) {
		layout |= PNF_LAYOUT_IPV6 | above6[(random >> 16 & 0xff) % ARRAY_SIZE(above6)];
		if (packets & PNF_LAYOUT_NAT_IPV4)
			packets ^= PNF_LAYOUT_NAT_IPV4 | PNF_LAYOUT_NAT_IPV6;
		layout |= random & 1 << 0 ? PNF_LAYOUT_IPV6_EXTENSIONS : 0;
		layout |= random & 1 << 1 ? PNF_LAYOUT_FLOW_LABEL : 0;
		layout |= random & 1 << 2 ? PNF_LAYOUT_SOURCE_PREFIX_IPV6 : 0;
		layout |= random & 1 << 3 ? PNF_LAYOUT_DESTINATION_PREFIX_IPV6 : 0;
	} else {
		layout |= PNF_LAYOUT_IPV4 | above4[(random >> 16 & 0xff) % ARRAY_SIZE(above4)];
		layout |= random & 1 << 0 ? PNF_LAYOUT_IPV4_OPTIONS : 0;
		layout |= random & 1 << 2 ? PNF_LAYOUT_SOURCE_PREFIX_IPV4 : 0;
		layout |= random & 1 << 3 ? PNF_LAYOUT_DESTINATION_PREFIX_IPV4 : 0;
	}
	if (layout & PNF_LAYOUT_PORTS && random & 1 << 4)
		layout |= PNF_LAYOUT_TCP_OPTIONS;
	return layout | packets;
}

/* All elements that the layout has, in the order of the table, and no field that is not written */
static bool tells_all_of(const struct pnf_template *template, u64 layout)
{
	enum pnf_ie_protocol protocol = protocol_of(template->version);
	unsigned int i, next = 0;

	for (i = 0; i < pnf_ies_count; i++) {
		const struct pnf_ie *ie = &pnf_ies[i];
		bool is_listed = next < template->ie_count && template->ies[next] == ie;

		if (ie->in[protocol].layouts & layout && !is_listed)
			return false;
		if (is_listed && !(ie->in[protocol].layouts & layout) &&
		    !(layout & PNF_LAYOUT_MORE) &&
		    ie->offset + ie->size > offsetof(struct pnf_record, more))
			return false;
		next += is_listed;
	}
	return next == template->ie_count;
}

FIXTURE(crowd) {
	struct pnf_template_table *table;
};

FIXTURE_VARIANT(crowd) {
	u8 version;
};

FIXTURE_VARIANT_ADD(crowd, v9) { .version = 9 };
FIXTURE_VARIANT_ADD(crowd, ipfix) { .version = 10 };

FIXTURE_SETUP(crowd)
{
	unit_slab = (struct unit_slab) { };
	self->table = table_alloc(65500);
}

FIXTURE_TEARDOWN(crowd)
{
	table_free(self->table);
	EXPECT_EQ(0, unit_slab.objects);
}

/* Whatever the settings, and whatever packets come */
TEST_F(crowd, every_record_has_a_template_that_tells_all_of_it)
{
	unsigned int round, i, fullest = 0;
	u64 seed;

	for (round = 0; round < 64; round++) {
		struct traffic traffic;
		struct pnf_template *of_id[65536] = { };

		/* all that varies, all settings at their ends, and a mix */
		traffic.state = round;
		seed = next_random(&traffic);
		traffic = traffic_of(seed, round & 1 ? seed : 0, round & 2 ? 10 : seed % 11,
				     round & 4 ? ~0ULL : seed >> 20);
		pnf_template_table_renew(self->table);
		for (i = 0; i < 3000; i++) {
			u64 layout = random_layout(&traffic);
			struct pnf_template *template = pnf_template_get(self->table,
									 variant->version, layout);

			ASSERT_NE(NULL, template)
				TH_LOG("round %u layout %#llx after %u", round,
				       (unsigned long long)layout, self->table->count);
			ASSERT_TRUE(tells_all_of(template, layout))
				TH_LOG("round %u layout %#llx", round, (unsigned long long)layout);
			ASSERT_EQ(template, self->table->templates[template->index]);
			if (!of_id[template->id])
				of_id[template->id] = template;
			ASSERT_EQ(of_id[template->id], template);
		}
		ASSERT_GE(PNF_TEMPLATES_MAX, self->table->count);
		fullest = max(fullest, self->table->count);
	}
	/* or there would not have been a crowd */
	EXPECT_LT(PNF_TEMPLATES_MAX - 64, fullest);
}

/* All that can come after the last narrow Template: there is room for each */
TEST_F(crowd, those_left_are_enough_for_all_wide_ones)
{
	static const u64 above[] = { 0, PNF_LAYOUT_PORTS, PNF_LAYOUT_ICMP, PNF_LAYOUT_IGMP,
				     PNF_LAYOUT_IPSEC };
	static const u64 versions[] = { PNF_LAYOUT_IPV4, PNF_LAYOUT_IPV6 };
	static const struct pnf_ie messages = {
		.id = 41, .size = 8, .kind = PNF_IE_UNSIGNED,
		.in = { { .octets = 8 }, { .octets = 8 } },
	};
	static struct pnf_options_definition kinds[12];
	struct pnf_named_template named[PNF_TEMPLATES_NAMED_MAX] = { };
	struct traffic traffic = traffic_of(1, 0, 10, ~0ULL);
	unsigned int i, j, k;

	while (self->table->count < PNF_TEMPLATES_MAX - 64)
		ASSERT_NE(NULL, pnf_template_get(self->table, variant->version,
						 random_layout(&traffic)));
	for (i = 0; i < ARRAY_SIZE(versions); i++) {
		ASSERT_NE(NULL, pnf_template_get(self->table, variant->version,
						 versions[i] | PNF_LAYOUT_NAT_EVENT));
		for (j = 0; j < ARRAY_SIZE(above); j++)
			for (k = 0; k < 32; k++) {
				u64 layout = versions[i] | above[j] |
					     (k & 1 ? OF_LABELS : 0) |
					     (k & 2 ? PNF_LAYOUT_ETHERTYPE : 0) |
					     (k & 4 ? PNF_LAYOUT_MAC : 0) |
					     (k & 8 ? PNF_LAYOUT_POST_VLAN : 0) |
					     (k & 16 ? PNF_LAYOUT_VLAN : 0);

				ASSERT_NE(NULL, pnf_template_get(self->table, variant->version,
								 layout))
					TH_LOG("layout %#llx", (unsigned long long)layout);
			}
	}
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		kinds[i] = (struct pnf_options_definition) { &messages, 1, 1, 1 };
		ASSERT_NE(NULL, pnf_template_get_options(self->table, variant->version, &kinds[i]));
	}
	/* each fits a layout that those before do not fit */
	for (i = 0; i < ARRAY_SIZE(named); i++) {
		named[i].count = 1;
		named[i].elements[0] = i < 10 ? 79 - i : 2;
	}
	named[10].elements[0] = 80;
	named[11].elements[0] = 61;
	named[12].elements[0] = 352;
	named[13].elements[0] = 236;
	named[14].elements[0] = 33;
	pnf_template_table_set_named(self->table, named, ARRAY_SIZE(named));
	self->table->layout_count = 0;
	for (i = 0; i < 10; i++)
		ASSERT_NE(NULL, pnf_template_get(self->table, variant->version,
						 PNF_LAYOUT_IPV4 | PNF_LAYOUT_MPLS(9 - i)));
	ASSERT_NE(NULL, pnf_template_get(self->table, variant->version,
					 PNF_LAYOUT_IPV4 | PNF_LAYOUT_MAC));
	ASSERT_NE(NULL, pnf_template_get(self->table, variant->version,
					 PNF_LAYOUT_IPV4 | PNF_LAYOUT_DIRECTION));
	ASSERT_NE(NULL, pnf_template_get(self->table, variant->version,
					 PNF_LAYOUT_IPV4 | PNF_LAYOUT_LAYER2));
	ASSERT_NE(NULL, pnf_template_get(self->table, variant->version,
					 PNF_LAYOUT_IPV4 | PNF_LAYOUT_VRF));
	ASSERT_NE(NULL, pnf_template_get(self->table, variant->version,
					 PNF_LAYOUT_IPV4 | PNF_LAYOUT_IGMP));
	ASSERT_NE(NULL, pnf_template_get(self->table, variant->version, PNF_LAYOUT_IPV4));
	EXPECT_EQ(named + 15, pnf_template_get(self->table, variant->version,
					       PNF_LAYOUT_IPV4)->named);
}

/* Where nothing of struct pnf_record_more may have been written, nothing of it is read. */
TEST_F(crowd, a_wide_template_reads_only_what_is_written)
{
	struct traffic traffic = traffic_of(1, 0, 10, ~0ULL);
	struct pnf_template *plain, *tagged;
	unsigned int i;

	while (self->table->count < PNF_TEMPLATES_MAX - 64)
		pnf_template_get(self->table, variant->version, random_layout(&traffic));
	plain = pnf_template_get(self->table, variant->version,
				 PNF_LAYOUT_IPV4 | 1ULL << 14);
	tagged = pnf_template_get(self->table, variant->version,
				  PNF_LAYOUT_IPV4 | 1ULL << 14 | PNF_LAYOUT_VLAN);
	ASSERT_NE(NULL, plain);
	ASSERT_NE(NULL, tagged);
	EXPECT_NE(plain, tagged);
	EXPECT_TRUE(lists(plain, 208));
	for (i = 0; i < plain->ie_count; i++)
		EXPECT_GE(offsetof(struct pnf_record, more),
			  plain->ies[i]->offset + plain->ies[i]->size);
	EXPECT_TRUE(lists(tagged, 80));
	EXPECT_TRUE(lists(tagged, 225));
	EXPECT_FALSE(lists(tagged, 281));
}

/* It forgets what was looked up when it is full, and finds it again. */
TEST_F(crowd, more_layouts_than_are_remembered_keep_their_templates)
{
	enum { LAYOUTS = 3 * PNF_TEMPLATE_LAYOUTS_MAX };
	struct traffic traffic = traffic_of(3, 0, 10, ~0ULL);
	struct pnf_template *templates[LAYOUTS];
	u64 layouts[LAYOUTS];
	unsigned int i, round, count, forgotten = 0, before = 0;

	for (i = 0; i < LAYOUTS; i++)
		layouts[i] = random_layout(&traffic);
	for (i = 0; i < LAYOUTS; i++) {
		templates[i] = pnf_template_get(self->table, variant->version, layouts[i]);
		ASSERT_NE(NULL, templates[i]);
		forgotten += self->table->layout_count < before;
		before = self->table->layout_count;
	}
	EXPECT_LE(1, forgotten);
	count = self->table->count;
	for (round = 0; round < 2; round++)
		for (i = 0; i < LAYOUTS; i++)
			ASSERT_EQ(templates[i], pnf_template_get(self->table, variant->version,
								 layouts[i]));
	EXPECT_EQ(count, self->table->count);
	EXPECT_GE(PNF_TEMPLATE_LAYOUTS_MAX, self->table->layout_count);
}

TEST_F(crowd, a_full_table_gives_no_id_away)
{
	struct pnf_options_definition kinds[PNF_TEMPLATES_MAX + 1] = { };
	static const struct pnf_ie messages = {
		.id = 41, .size = 8, .kind = PNF_IE_UNSIGNED,
		.in = { { .octets = 8 }, { .octets = 8 } },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		kinds[i] = (struct pnf_options_definition) { &messages, 1, 1, 1 };
	for (i = 0; i < PNF_TEMPLATES_MAX; i++)
		ASSERT_NE(NULL, pnf_template_get_options(self->table, variant->version, &kinds[i]));
	EXPECT_EQ(NULL, pnf_template_get_options(self->table, variant->version, &kinds[i]));
	EXPECT_EQ(NULL, pnf_template_get(self->table, variant->version, PNF_LAYOUT_IPV4));
	EXPECT_EQ(PNF_TEMPLATES_MAX, self->table->count);
	for (i = 0; i < PNF_TEMPLATES_MAX; i++) {
		struct pnf_template *template = pnf_template_get_options(self->table,
									 variant->version,
									 &kinds[i]);

		EXPECT_EQ(i < 36 ? 65500 + i : 256 + i - 36, template->id);
		EXPECT_EQ(i, template->index);
	}
}

/* Templates by name */
FIXTURE(named) {
	struct pnf_template_table *table;
};

FIXTURE_SETUP(named)
{
	unit_slab = (struct unit_slab) { };
	self->table = table_alloc(256);
}

FIXTURE_TEARDOWN(named)
{
	table_free(self->table);
	EXPECT_EQ(0, unit_slab.objects);
}

static struct pnf_named_template named_template(const char *name, const u16 *elements)
{
	struct pnf_named_template named = { };

	strcpy(named.name, name);
	while (elements[named.count]) {
		named.elements[named.count] = elements[named.count];
		named.count++;
	}
	return named;
}

#define NAMED(name, ...)	named_template(name, (const u16[]) { __VA_ARGS__, 0 })

TEST_F(named, elements_keep_their_order)
{
	struct pnf_named_template named = NAMED("few", 2, 12, 8, 1, 4);
	struct pnf_template *template;
	unsigned int i;

	pnf_template_table_set_named(self->table, &named, 1);
	template = pnf_template_get(self->table, 10, PNF_LAYOUT_IPV4 | PNF_LAYOUT_PORTS);
	ASSERT_NE(NULL, template);
	ASSERT_EQ(named.count, template->ie_count);
	for (i = 0; i < named.count; i++)
		EXPECT_EQ(named.elements[i], template->ies[i]->id);
	EXPECT_EQ(&named, template->named);
	EXPECT_EQ(8 + 4 + 4 + 8 + 1, template->record_octets);
	EXPECT_EQ(256, template->id);
}

TEST_F(named, the_first_that_fits_is_taken)
{
	struct pnf_named_template named[] = {
		NAMED("ports", 7, 11, 2, 1), NAMED("addresses", 8, 12), NAMED("counts", 2, 1),
	};

	pnf_template_table_set_named(self->table, named, ARRAY_SIZE(named));
	EXPECT_EQ(&named[0], pnf_template_get(self->table, 10,
					      PNF_LAYOUT_IPV4 | PNF_LAYOUT_PORTS)->named);
	EXPECT_EQ(&named[0], pnf_template_get(self->table, 10,
					      PNF_LAYOUT_IPV6 | PNF_LAYOUT_PORTS)->named);
	EXPECT_EQ(&named[1], pnf_template_get(self->table, 10, PNF_LAYOUT_IPV4)->named);
	EXPECT_EQ(&named[2], pnf_template_get(self->table, 10, PNF_LAYOUT_IPV6)->named);
}

TEST_F(named, many_layouts_share_one)
{
	struct pnf_named_template named = NAMED("counts", 2, 1, 4);
	struct traffic traffic = traffic_of(9, ~0ULL, 10, ~0ULL);
	struct pnf_template *template;
	unsigned int i;

	pnf_template_table_set_named(self->table, &named, 1);
	template = pnf_template_get(self->table, 10, PNF_LAYOUT_IPV4);
	for (i = 0; i < 1000; i++)
		ASSERT_EQ(template, pnf_template_get(self->table, 10, random_layout(&traffic)));
	EXPECT_EQ(1, self->table->count);
}

TEST_F(named, what_none_fits_has_all_its_elements)
{
	struct pnf_named_template named = NAMED("tags", 245, 2, 1);
	struct pnf_template *template;

	pnf_template_table_set_named(self->table, &named, 1);
	template = pnf_template_get(self->table, 10, PNF_LAYOUT_IPV4 | PNF_LAYOUT_VLAN);
	EXPECT_EQ(NULL, template->named);
	EXPECT_TRUE(tells_all_of(template, PNF_LAYOUT_IPV4 | PNF_LAYOUT_VLAN));
	EXPECT_EQ(&named, pnf_template_get(self->table, 10, PNF_LAYOUT_IPV4 | PNF_LAYOUT_VLAN |
					   PNF_LAYOUT_VLAN_INNER)->named);
}

/* One layout with the same elements as a Template by name has is not that Template. */
TEST_F(named, one_that_does_not_fit_v9_is_left_out_there)
{
	struct pnf_named_template named[] = {
		NAMED("reason", 2, 1, 136), NAMED("counts", 1, 2),
	};

	pnf_template_table_set_named(self->table, named, ARRAY_SIZE(named));
	EXPECT_EQ(&named[0], pnf_template_get(self->table, 10, PNF_LAYOUT_IPV4)->named);
	EXPECT_EQ(&named[1], pnf_template_get(self->table, 9, PNF_LAYOUT_IPV4)->named);
	pnf_template_table_renew(self->table);
	pnf_template_table_set_named(self->table, named, 1);
	EXPECT_EQ(NULL, pnf_template_get(self->table, 9, PNF_LAYOUT_IPV4)->named);
}

TEST_F(named, one_with_an_element_that_there_is_not_never_fits)
{
	struct pnf_named_template named = NAMED("odd", 2, 1, 999);

	pnf_template_table_set_named(self->table, &named, 1);
	EXPECT_EQ(NULL, pnf_template_get(self->table, 10, PNF_LAYOUT_IPV4)->named);
}

TEST_F(named, nat_events_have_templates_of_their_own)
{
	struct pnf_named_template named = NAMED("protocol", 4, 8, 12);
	struct pnf_template *template;

	pnf_template_table_set_named(self->table, &named, 1);
	template = pnf_template_get(self->table, 10, PNF_LAYOUT_IPV4 | PNF_LAYOUT_NAT_EVENT);
	EXPECT_EQ(NULL, template->named);
	EXPECT_TRUE(lists(template, 230));
}

/* New settings with the same Templates have them elsewhere; the old ones are freed. */
TEST_F(named, templates_outlive_the_settings_they_are_made_of)
{
	struct pnf_named_template *first = malloc(2 * sizeof(*first));
	struct pnf_named_template second[2];
	struct pnf_template *ports, *counts, *plain;

	ASSERT_NE(NULL, first);
	first[0] = NAMED("ports", 7, 11, 2, 1);
	first[1] = NAMED("addresses", 8, 12, 2, 1);
	pnf_template_table_set_named(self->table, first, 2);
	ports = pnf_template_get(self->table, 10, PNF_LAYOUT_IPV4 | PNF_LAYOUT_PORTS);
	counts = pnf_template_get(self->table, 10, PNF_LAYOUT_IPV4);
	plain = pnf_template_get(self->table, 10, PNF_LAYOUT_IPV6);

	memcpy(second, first, sizeof(second));
	pnf_template_table_set_named(self->table, second, 2);
	free(first);
	EXPECT_EQ(&second[0], ports->named);
	EXPECT_EQ(&second[1], counts->named);
	EXPECT_EQ(NULL, plain->named);
	EXPECT_EQ(ports, pnf_template_get(self->table, 10, PNF_LAYOUT_IPV4 | PNF_LAYOUT_PORTS));
	/* looked up for the first time */
	EXPECT_EQ(ports, pnf_template_get(self->table, 10, PNF_LAYOUT_IPV4 | PNF_LAYOUT_PORTS |
					  PNF_LAYOUT_TCP_OPTIONS));
	EXPECT_EQ(ports, pnf_template_get(self->table, 10, PNF_LAYOUT_IPV6 | PNF_LAYOUT_PORTS));
	EXPECT_EQ(counts, pnf_template_get(self->table, 10, PNF_LAYOUT_IPV4 | PNF_LAYOUT_IGMP));
	EXPECT_EQ(3, self->table->count);
}

TEST_F(named, none_are_left_when_there_are_none)
{
	struct pnf_named_template named = NAMED("counts", 2, 1);
	u16 id;

	pnf_template_table_set_named(self->table, &named, 1);
	id = pnf_template_get(self->table, 10, PNF_LAYOUT_IPV4)->id;
	pnf_template_table_renew(self->table);
	pnf_template_table_set_named(self->table, NULL, 0);
	EXPECT_EQ(NULL, pnf_template_get(self->table, 10, PNF_LAYOUT_IPV4)->named);
	EXPECT_NE(id, pnf_template_get(self->table, 10, PNF_LAYOUT_IPV4)->id);
}

/* The greatest that there can be */
TEST_F(named, sixty_four_elements_of_any_kind_fit)
{
	struct pnf_named_template named = { .name = "most" };
	u64 layout = PNF_LAYOUT_IPV4 | PNF_LAYOUT_PORTS | PNF_LAYOUT_IPV4_OPTIONS |
		     PNF_LAYOUT_TCP_OPTIONS | OF_SETTINGS | OF_PACKETS | OF_LABELS |
		     PNF_LAYOUT_VLAN_INNER | PNF_LAYOUT_POST_VLAN_INNER;
	unsigned int i;

	/* each second first, so that no two are neighbours */
	for (i = 0; i < 2 * pnf_ies_count && named.count < PNF_TEMPLATE_ELEMENTS_MAX; i++) {
		const struct pnf_ie *ie = &pnf_ies[i < pnf_ies_count ? i : i - pnf_ies_count];

		if (i % 2 != i / pnf_ies_count || !(ie->in[PNF_IE_IPFIX].layouts & layout))
			continue;
		named.elements[named.count++] = ie->id;
	}
	ASSERT_LE(50, named.count);
	pnf_template_table_set_named(self->table, &named, 1);
	EXPECT_EQ(&named, pnf_template_get(self->table, 10, layout)->named);
}

/* Options Templates */
TEST_F(template, options_have_one_template_a_kind_and_protocol)
{
	static const struct pnf_ie ies[] = {
		{ "observationDomainId", .id = 149, .size = 4, .kind = PNF_IE_UNSIGNED,
		  .in = { { .octets = 4 }, { .octets = 4 } } },
		{ "exportedMessageTotalCount", .id = 41, .offset = 8, .size = 8,
		  .kind = PNF_IE_UNSIGNED, .in = { { .octets = 8 }, { .octets = 8 } } },
		{ "systemInitTimeMilliseconds", .id = 160, .offset = 16, .size = 8,
		  .kind = PNF_IE_WALL_MS, .in[PNF_IE_IPFIX] = { .octets = 8 } },
	};
	static const struct pnf_options_definition both = { ies, 3, 1, 1 };
	static const struct pnf_options_definition other = { ies, 2, 1, 1 };
	struct pnf_template *ipfix = pnf_template_get_options(self->table, 10, &both);
	struct pnf_template *v9 = pnf_template_get_options(self->table, 9, &both);

	ASSERT_NE(NULL, ipfix);
	ASSERT_NE(NULL, v9);
	EXPECT_EQ(256, ipfix->id);
	EXPECT_EQ(257, v9->id);
	EXPECT_EQ(258, pnf_template_get_options(self->table, 10, &other)->id);
	EXPECT_EQ(ipfix, pnf_template_get_options(self->table, 10, &both));
	EXPECT_EQ(v9, pnf_template_get_options(self->table, 9, &both));
	EXPECT_EQ(&both, v9->options);
	EXPECT_EQ(3, ipfix->ie_count);
	EXPECT_EQ(20, ipfix->record_octets);
	/* v9 has no such element */
	EXPECT_EQ(2, v9->ie_count);
	EXPECT_EQ(12, v9->record_octets);

	/* no layout has them, not even one without elements */
	EXPECT_EQ(NULL, pnf_template_get(self->table, 10, 0));
	EXPECT_EQ(3, self->table->count);
}

/* FEATURES 6: elements and octets of every group */
struct listing {
	u8 version;
	u64 layout;
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
#define EVENT_PORTS	{ 7, 2 }, { 11, 2 }, { 227, 2 }, { 228, 2 }, { 4, 1 }, { 230, 1 }

/* What a group adds to the elements of IPv4 or IPv6, the same in both protocols */
#define GROUP4(group, ...)							\
	{ 9, PNF_LAYOUT_IPV4 | (group), { V4_ADDRESSES, BASE_V9, __VA_ARGS__ } },	\
	{ 10, PNF_LAYOUT_IPV4 | (group), { V4_ADDRESSES, BASE_IPFIX, __VA_ARGS__ } }
#define GROUP6(group, ...)							\
	{ 9, PNF_LAYOUT_IPV6 | (group), { V6_ADDRESSES, BASE_V9, __VA_ARGS__ } },	\
	{ 10, PNF_LAYOUT_IPV6 | (group), { V6_ADDRESSES, BASE_IPFIX, __VA_ARGS__ } }
#define GROUP(group, ...)	GROUP4(group, __VA_ARGS__), GROUP6(group, __VA_ARGS__)

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

	GROUP4(PNF_LAYOUT_IPV4_OPTIONS, { 208, 4 }),
	GROUP6(PNF_LAYOUT_IPV6_EXTENSIONS, { 64, 4 }),
	GROUP(PNF_LAYOUT_TCP_OPTIONS, { 209, 8 }),
	{ 9, PNF_LAYOUT_IPV6 | PNF_LAYOUT_FLOW_LABEL, { V6_ADDRESSES, BASE_V9, { 31, 3 } } },
	{ 10, PNF_LAYOUT_IPV6 | PNF_LAYOUT_FLOW_LABEL, { V6_ADDRESSES, BASE_IPFIX, { 31, 4 } } },
	GROUP4(PNF_LAYOUT_SOURCE_PREFIX_IPV4, { 9, 1 }),
	GROUP4(PNF_LAYOUT_DESTINATION_PREFIX_IPV4, { 13, 1 }),
	GROUP6(PNF_LAYOUT_SOURCE_PREFIX_IPV6, { 29, 1 }),
	GROUP6(PNF_LAYOUT_DESTINATION_PREFIX_IPV6, { 30, 1 }),
	{ 9, PNF_LAYOUT_IPV4 | PNF_LAYOUT_SAMPLER, { V4_ADDRESSES, BASE_V9, { 48, 1 } } },
	{ 10, PNF_LAYOUT_IPV4 | PNF_LAYOUT_SAMPLER, { V4_ADDRESSES, BASE_IPFIX, { 302, 1 } } },
	GROUP(PNF_LAYOUT_PHYSDEV, { 252, 4 }, { 253, 4 }),
	GROUP(PNF_LAYOUT_MAC, { 80, 6 }, { 56, 6 }),
	GROUP(PNF_LAYOUT_ETHERTYPE, { 256, 2 }),
	{ 9, PNF_LAYOUT_IPV4 | PNF_LAYOUT_VLAN, { V4_ADDRESSES, BASE_V9, { 58, 2 } } },
	{ 10, PNF_LAYOUT_IPV4 | PNF_LAYOUT_VLAN,
	  { V4_ADDRESSES, BASE_IPFIX, { 243, 2 }, { 244, 1 }, { 388, 1 } } },
	{ 9, PNF_LAYOUT_IPV4 | PNF_LAYOUT_VLAN | PNF_LAYOUT_VLAN_INNER,
	  { V4_ADDRESSES, BASE_V9, { 58, 2 }, { 245, 2 } } },
	{ 10, PNF_LAYOUT_IPV4 | PNF_LAYOUT_VLAN | PNF_LAYOUT_VLAN_INNER,
	  { V4_ADDRESSES, BASE_IPFIX, { 243, 2 }, { 244, 1 }, { 388, 1 }, { 245, 2 }, { 246, 1 },
	    { 389, 1 } } },
	GROUP(PNF_LAYOUT_POST_VLAN, { 254, 2 }),
	GROUP(PNF_LAYOUT_POST_VLAN | PNF_LAYOUT_POST_VLAN_INNER, { 254, 2 }, { 255, 2 }),
	GROUP(PNF_LAYOUT_MPLS(0), { 200, 1 }, { 70, 3 }),
	GROUP(PNF_LAYOUT_MPLS(0) | PNF_LAYOUT_MPLS(1), { 200, 1 }, { 70, 3 }, { 71, 3 }),
	GROUP(0x3ffULL << PNF_LAYOUT_MPLS_SHIFT, { 200, 1 }, { 70, 3 }, { 71, 3 }, { 72, 3 },
	      { 73, 3 }, { 74, 3 }, { 75, 3 }, { 76, 3 }, { 77, 3 }, { 78, 3 }, { 79, 3 }),
	GROUP(PNF_LAYOUT_DIRECTION, { 61, 1 }),
	GROUP(PNF_LAYOUT_TTL, { 52, 1 }, { 53, 1 }),
	GROUP(PNF_LAYOUT_LENGTH, { 25, 4 }, { 26, 4 }),
	GROUP(PNF_LAYOUT_LAYER2, { 352, 8 }),
	GROUP4(PNF_LAYOUT_NAT_IPV4, { 225, 4 }, { 226, 4 }, { 227, 2 }, { 228, 2 }),
	GROUP6(PNF_LAYOUT_NAT_IPV6, { 281, 16 }, { 282, 16 }, { 227, 2 }, { 228, 2 }),
	GROUP(PNF_LAYOUT_VRF, { 234, 4 }, { 235, 4 }, { 236, 16 }),
	GROUP(PNF_LAYOUT_MICROSECONDS, { 154, 8 }, { 155, 8 }),
	GROUP(PNF_LAYOUT_NANOSECONDS, { 156, 8 }, { 157, 8 }),
	GROUP(PNF_LAYOUT_DURATION, { 161, 4 }, { 162, 4 }),

	/* RFC 8158: no Flow */
	{ 9, PNF_LAYOUT_IPV4 | PNF_LAYOUT_NAT_EVENT,
	  { { 323, 8 }, { 8, 4 }, { 12, 4 }, { 225, 4 }, { 226, 4 }, EVENT_PORTS } },
	{ 10, PNF_LAYOUT_IPV4 | PNF_LAYOUT_NAT_EVENT,
	  { { 323, 8 }, { 8, 4 }, { 12, 4 }, { 225, 4 }, { 226, 4 }, EVENT_PORTS } },
	{ 9, PNF_LAYOUT_IPV6 | PNF_LAYOUT_NAT_EVENT,
	  { { 323, 8 }, { 27, 16 }, { 28, 16 }, { 281, 16 }, { 282, 16 }, EVENT_PORTS } },
	{ 10, PNF_LAYOUT_IPV6 | PNF_LAYOUT_NAT_EVENT,
	  { { 323, 8 }, { 27, 16 }, { 28, 16 }, { 281, 16 }, { 282, 16 }, EVENT_PORTS } },
};

FIXTURE(listed) {
	struct pnf_template_table *table;
};

FIXTURE_SETUP(listed)
{
	self->table = table_alloc(256);
}

FIXTURE_TEARDOWN(listed)
{
	table_free(self->table);
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
				TH_LOG("version %u layout %#llx element %u", expected->version,
				       (unsigned long long)expected->layout, j);
			ASSERT_EQ(expected->ies[j].octets,
				  ie->in[protocol_of(expected->version)].octets)
				TH_LOG("version %u element %u", expected->version, ie->id);
			octets += expected->ies[j].octets;
		}
		EXPECT_EQ(0, expected->ies[j].id);
		EXPECT_EQ(octets, template->record_octets);
	}
}

static bool is_listed(const struct pnf_ie *ie, u8 version, bool is_event)
{
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(listings); i++)
		for (j = 0; j < PNF_TEMPLATE_IES_MAX; j++)
			if (listings[i].version == version && listings[i].ies[j].id == ie->id &&
			    is_event == !!(listings[i].layout & PNF_LAYOUT_NAT_EVENT))
				return true;
	return false;
}

TEST_F(listed, every_element_of_the_tables_is_listed)
{
	unsigned int i;
	u8 version;

	for (version = 9; version <= 10; version++) {
		for (i = 0; i < pnf_ies_count; i++)
			EXPECT_EQ(is_listed(&pnf_ies[i], version, false),
				  !!pnf_ies[i].in[protocol_of(version)].octets)
				TH_LOG("%s of version %u", pnf_ies[i].name, version);
		for (i = 0; i < pnf_nat_event_ies_count; i++)
			EXPECT_TRUE(is_listed(&pnf_nat_event_ies[i], version, true))
				TH_LOG("%s of version %u", pnf_nat_event_ies[i].name, version);
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

/* The steps write the record from its first octet to its last. */
static bool steps_fill_the_record(const struct pnf_template *template)
{
	static const u8 octets_of[] = {
		[PNF_OP_COPY1] = 1, [PNF_OP_COPY2] = 2, [PNF_OP_COPY4] = 4,
		[PNF_OP_COPY8] = 8, [PNF_OP_COPY16] = 16, [PNF_OP_BE16] = 2,
		[PNF_OP_BE24] = 3, [PNF_OP_BE32] = 4, [PNF_OP_BE64] = 8,
		[PNF_OP_BOOLEAN1] = 1, [PNF_OP_UPTIME_MS4] = 4, [PNF_OP_WALL_MS8] = 8,
		[PNF_OP_WALL_US8] = 8, [PNF_OP_WALL_NS8] = 8, [PNF_OP_SPAN_MS4] = 4,
		[PNF_OP_SPAN_US4] = 4,
	};
	unsigned int i, to = 0;

	for (i = 0; i < template->op_count; i++) {
		if (template->ops[i].kind >= ARRAY_SIZE(octets_of) || template->ops[i].to != to)
			return false;
		to += octets_of[template->ops[i].kind] * (template->ops[i].twin ? 2 : 1);
	}
	return to == template->record_octets;
}

TEST_F(listed, each_octet_of_a_record_is_written_by_one_step)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(listings); i++)
		EXPECT_TRUE(steps_fill_the_record(pnf_template_get(self->table,
								   listings[i].version,
								   listings[i].layout)))
			TH_LOG("version %u layout %#llx", listings[i].version,
			       (unsigned long long)listings[i].layout);
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

TEST_F(listed, all_fields_at_once_fit_a_template)
{
	static const u64 above[] = { 0, PNF_LAYOUT_PORTS | PNF_LAYOUT_TCP_OPTIONS, PNF_LAYOUT_ICMP,
				     PNF_LAYOUT_ICMP6, PNF_LAYOUT_IGMP, PNF_LAYOUT_IPSEC };
	static const u64 of_version[] = {
		PNF_LAYOUT_IPV4 | PNF_LAYOUT_IPV4_OPTIONS | PNF_LAYOUT_SOURCE_PREFIX_IPV4 |
		PNF_LAYOUT_DESTINATION_PREFIX_IPV4 | PNF_LAYOUT_NAT_IPV4,
		PNF_LAYOUT_IPV6 | PNF_LAYOUT_IPV6_EXTENSIONS | PNF_LAYOUT_FLOW_LABEL |
		PNF_LAYOUT_SOURCE_PREFIX_IPV6 | PNF_LAYOUT_DESTINATION_PREFIX_IPV6 |
		PNF_LAYOUT_NAT_IPV6,
	};
	unsigned int i, j, k, elements;
	u8 version;

	for (version = 9; version <= 10; version++)
		for (i = 0; i < ARRAY_SIZE(of_version); i++)
			for (j = 0; j < ARRAY_SIZE(above); j++) {
				u64 layout = of_version[i] | above[j] | OF_SETTINGS | OF_LABELS |
					     (OF_PACKETS & ~PNF_LAYOUT_NAT_IPV4) |
					     PNF_LAYOUT_VLAN_INNER | PNF_LAYOUT_POST_VLAN_INNER;
				struct pnf_template *template = pnf_template_get(self->table,
										 version, layout);

				ASSERT_NE(NULL, template);
				elements = 0;
				for (k = 0; k < pnf_ies_count; k++)
					elements += !!(pnf_ies[k].in[protocol_of(version)].layouts &
						       layout);
				EXPECT_EQ(elements, template->ie_count);
				EXPECT_TRUE(tells_all_of(template, layout));
				EXPECT_TRUE(steps_fill_the_record(template));
				EXPECT_LE(45 + 10, template->ie_count);
			}
}

/* Both tables, as one list */
static const struct pnf_ie *any_ie(unsigned int i)
{
	return i < pnf_ies_count ? &pnf_ies[i] : &pnf_nat_event_ies[i - pnf_ies_count];
}

/* RFC 7011 6: what an element of a kind has on the wire */
TEST(elements_have_the_octets_of_their_kind)
{
	unsigned int i, protocol;

	for (i = 0; i < pnf_ies_count + pnf_nat_event_ies_count; i++) {
		const struct pnf_ie *ie = any_ie(i);

		EXPECT_GE(sizeof(struct pnf_record), ie->offset + ie->size);
		for (protocol = 0; protocol < PNF_IE_PROTOCOLS; protocol++) {
			u8 octets = ie->in[protocol].octets;

			EXPECT_EQ(!octets, !ie->in[protocol].layouts);
			if (!octets)
				continue;
			switch (ie->kind) {
			case PNF_IE_OCTETS:
				/* Label, traffic class and bottom of stack are 3 octets of 4 */
				EXPECT_EQ(ie->id >= 70 && ie->id < 80 ? 3 : ie->size, octets)
					TH_LOG("%s", ie->name);
				break;
			case PNF_IE_UNSIGNED:
				EXPECT_GE(ie->size, octets) TH_LOG("%s", ie->name);
				/* a step reads a field of this size and no other */
				if (octets == 3)
					EXPECT_EQ(4, ie->size) TH_LOG("%s", ie->name);
				break;
			case PNF_IE_BOOLEAN:
				EXPECT_EQ(1, ie->size);
				EXPECT_EQ(1, octets) TH_LOG("%s", ie->name);
				break;
			case PNF_IE_UPTIME_MS:
			case PNF_IE_SPAN_MS:
			case PNF_IE_SPAN_US:
				EXPECT_EQ(8, ie->size);
				EXPECT_EQ(4, octets) TH_LOG("%s", ie->name);
				break;
			case PNF_IE_WALL_MS:
			case PNF_IE_WALL_US:
			case PNF_IE_WALL_NS:
				EXPECT_EQ(8, ie->size);
				EXPECT_EQ(8, octets) TH_LOG("%s", ie->name);
				break;
			default:
				EXPECT_TRUE(false) TH_LOG("%s: kind %u", ie->name, ie->kind);
			}
		}
	}
}

/* The kinds and octets that an element of one of IANA's types can have; RFC 7011 6.1, 6.2 */
static bool suits_type(const struct pnf_ie *ie, const char *type, u8 octets)
{
	unsigned int bits;

	if (sscanf(type, "unsigned%u", &bits) == 1)
		return ie->type == PNF_ELEMENT_UNSIGNED && 8 * octets <= bits &&
		       (ie->kind == PNF_IE_OCTETS || ie->kind == PNF_IE_UNSIGNED ||
			((ie->kind == PNF_IE_UPTIME_MS || ie->kind == PNF_IE_SPAN_MS ||
			  ie->kind == PNF_IE_SPAN_US) && octets == 4));
	if (!strcmp(type, "boolean"))
		return ie->type == PNF_ELEMENT_BOOLEAN && ie->kind == PNF_IE_BOOLEAN && octets == 1;
	if (!strcmp(type, "macAddress"))
		return ie->type == PNF_ELEMENT_MAC_ADDRESS && ie->kind == PNF_IE_OCTETS &&
		       octets == 6;
	if (!strcmp(type, "ipv4Address"))
		return ie->type == PNF_ELEMENT_IPV4_ADDRESS && ie->kind == PNF_IE_OCTETS &&
		       octets == 4;
	if (!strcmp(type, "ipv6Address"))
		return ie->type == PNF_ELEMENT_IPV6_ADDRESS && ie->kind == PNF_IE_OCTETS &&
		       octets == 16;
	if (!strcmp(type, "string"))
		return ie->type == PNF_ELEMENT_STRING && ie->kind == PNF_IE_OCTETS;
	if (!strcmp(type, "octetArray"))
		return ie->type == PNF_ELEMENT_OCTET_ARRAY && ie->kind == PNF_IE_OCTETS;
	if (!strcmp(type, "dateTimeMilliseconds"))
		return ie->type == PNF_ELEMENT_MILLISECONDS && ie->kind == PNF_IE_WALL_MS &&
		       octets == 8;
	if (!strcmp(type, "dateTimeMicroseconds"))
		return ie->type == PNF_ELEMENT_MICROSECONDS && ie->kind == PNF_IE_WALL_US &&
		       octets == 8;
	if (!strcmp(type, "dateTimeNanoseconds"))
		return ie->type == PNF_ELEMENT_NANOSECONDS && ie->kind == PNF_IE_WALL_NS &&
		       octets == 8;
	return false;
}

TEST(conformance_25_elements_have_ianas_names_and_types)
{
	char exe[PATH_MAX] = "", path[PATH_MAX + 64], line[256], name[64], type[64];
	unsigned int i, protocol, id, found = 0;
	FILE *registry;

	ASSERT_LT(0, readlink("/proc/self/exe", exe, sizeof(exe) - 1));
	snprintf(path, sizeof(path), "%s/../../selftests/lib/ipfix_elements.txt", dirname(exe));
	registry = fopen(path, "r");
	ASSERT_NE(NULL, registry) TH_LOG("%s", path);
	while (fgets(line, sizeof(line), registry)) {
		if (sscanf(line, "%u %63s %63s", &id, name, type) != 3)
			continue;
		for (i = 0; i < pnf_ies_count + pnf_nat_event_ies_count; i++) {
			const struct pnf_ie *ie = any_ie(i);

			if (ie->id != id || ie->enterprise)
				continue;
			found++;
			EXPECT_STREQ(name, ie->name);
			for (protocol = 0; protocol < PNF_IE_PROTOCOLS; protocol++)
				if (ie->in[protocol].octets)
					EXPECT_TRUE(suits_type(ie, type, ie->in[protocol].octets))
						TH_LOG("%s, %s", name, type);
		}
	}
	fclose(registry);
	EXPECT_EQ(pnf_ies_count + pnf_nat_event_ies_count, found);
}

/* v9 has neither enterprise numbers nor variable length. */
TEST(conformance_15_elements_of_v9_are_ianas)
{
	unsigned int i;

	for (i = 0; i < pnf_ies_count + pnf_nat_event_ies_count; i++)
		if (any_ie(i)->in[PNF_IE_V9].octets) {
			EXPECT_EQ(0, any_ie(i)->enterprise);
			EXPECT_GT(0x8000, any_ie(i)->id);
		}
}

TEST(elements_are_in_a_table_once)
{
	unsigned int i, j;

	for (i = 0; i < pnf_ies_count + pnf_nat_event_ies_count; i++)
		for (j = i < pnf_ies_count ? 0 : pnf_ies_count; j < i; j++) {
			EXPECT_NE(any_ie(i)->id, any_ie(j)->id);
			EXPECT_STRNE(any_ie(i)->name, any_ie(j)->name);
		}
}

TEST(elements_are_found_by_their_number)
{
	unsigned int i;

	for (i = 0; i < pnf_ies_count; i++)
		EXPECT_EQ(&pnf_ies[i], pnf_ie_find(pnf_ies[i].id));
	EXPECT_EQ(NULL, pnf_ie_find(0));
	/* of NAT events alone */
	EXPECT_EQ(NULL, pnf_ie_find(323));
	EXPECT_EQ(NULL, pnf_ie_find(230));
}

/* FEATURES 6: what a setting brings; what is not here is always collected */
static const struct {
	u16 id;
	u32 field;
} wants[] = {
	{ 80, PNF_FIELD_MAC }, { 56, PNF_FIELD_MAC }, { 256, PNF_FIELD_MAC },
	{ 58, PNF_FIELD_VLAN }, { 243, PNF_FIELD_VLAN }, { 244, PNF_FIELD_VLAN },
	{ 388, PNF_FIELD_VLAN }, { 245, PNF_FIELD_VLAN }, { 246, PNF_FIELD_VLAN },
	{ 389, PNF_FIELD_VLAN }, { 254, PNF_FIELD_VLAN }, { 255, PNF_FIELD_VLAN },
	{ 61, PNF_FIELD_DIRECTION },
	{ 252, PNF_FIELD_PHYSDEV }, { 253, PNF_FIELD_PHYSDEV },
	{ 52, PNF_FIELD_TTL }, { 53, PNF_FIELD_TTL },
	{ 25, PNF_FIELD_LENGTH }, { 26, PNF_FIELD_LENGTH },
	{ 352, PNF_FIELD_LAYER2 },
	{ 225, PNF_FIELD_NAT }, { 226, PNF_FIELD_NAT }, { 281, PNF_FIELD_NAT },
	{ 282, PNF_FIELD_NAT }, { 227, PNF_FIELD_NAT }, { 228, PNF_FIELD_NAT },
	{ 234, PNF_FIELD_VRF }, { 235, PNF_FIELD_VRF }, { 236, PNF_FIELD_VRF },
	{ 154, PNF_FIELD_MICROSECONDS }, { 155, PNF_FIELD_MICROSECONDS },
	{ 156, PNF_FIELD_NANOSECONDS }, { 157, PNF_FIELD_NANOSECONDS },
	{ 161, PNF_FIELD_DURATION }, { 162, PNF_FIELD_DURATION },
};

TEST(elements_know_what_has_to_be_collected)
{
	unsigned int i, j;

	for (i = 0; i < pnf_ies_count; i++) {
		unsigned int labels = 0;
		u32 field = 0;

		for (j = 0; j < ARRAY_SIZE(wants); j++)
			if (wants[j].id == pnf_ies[i].id)
				field = wants[j].field;
		if (pnf_ies[i].id == 200)
			labels = 1;
		else if (pnf_ies[i].id >= 70 && pnf_ies[i].id < 80)
			labels = pnf_ies[i].id - 69;
		EXPECT_EQ(field, pnf_ie_fields(&pnf_ies[i])) TH_LOG("%s", pnf_ies[i].name);
		EXPECT_EQ(labels, pnf_ie_labels(&pnf_ies[i])) TH_LOG("%s", pnf_ies[i].name);
	}
	for (j = 0; j < ARRAY_SIZE(wants); j++)
		EXPECT_NE(NULL, pnf_ie_find(wants[j].id)) TH_LOG("%u", wants[j].id);
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

/* Else a refresh of many Templates would make the next one due, and so on. */
TEST_F(schedule, a_refresh_leaves_half_of_the_messages_to_data)
{
	unsigned int i;

	pnf_template_schedule_note_refresh(&self->schedule, MINUTE);
	for (i = 0; i < 50; i++)
		pnf_template_schedule_note_message(&self->schedule);
	pnf_template_schedule_end_refresh(&self->schedule, 20);
	for (i = 0; i < 10; i++) {
		EXPECT_FALSE(pnf_template_schedule_is_due(&self->schedule, MINUTE, 20, 30));
		pnf_template_schedule_note_message(&self->schedule);
	}
	EXPECT_TRUE(pnf_template_schedule_is_due(&self->schedule, MINUTE, 20, 30));
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
