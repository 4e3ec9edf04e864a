// SPDX-License-Identifier: GPL-2.0-only
/* sources: nfmgr/ie.c nfmgr/suggest.c nfmgr/parse.c nfmgr/format.c nfmgr/err.c */
#include <math.h>
#include <string.h>

#include "../../nfmgr/ie.h"
#include "kselftest_harness.h"

static struct element_value value;
static struct template_list list;
static struct err error;

/* Not in order */
static struct element entries[] = {
	{ .id = 90, .name = "mplsVpnRouteDistinguisher", .type = PNF_ELEMENT_OCTET_ARRAY },
	{ .id = 8, .name = "sourceIPv4Address", .type = PNF_ELEMENT_IPV4_ADDRESS, .octets = 4 },
	{ .id = 12, .name = "destinationIPv4Address", .type = PNF_ELEMENT_IPV4_ADDRESS },
	{ .id = 1, .name = "octetDeltaCount", .type = PNF_ELEMENT_UNSIGNED, .octets = 8 },
	{ .id = 10, .name = "ingressInterface", .type = PNF_ELEMENT_UNSIGNED, .octets = 4 },
};

static struct elements elements = { ARRAY_SIZE(entries), entries };
static const struct elements no_elements;

#define SENTENCE(part)								\
	ASSERT_TRUE(!!strstr(error.text, part)) {				\
		TH_LOG("'%s' is not in: %s", part, error.text);			\
	}

/*
 * Names
 */

TEST(elements_are_found_by_their_numbers)
{
	size_t i;

	elements_sort(&elements);
	for (i = 1; i < elements.count; i++)
		EXPECT_LT(entries[i - 1].id, entries[i].id);
	for (i = 0; i < elements.count; i++)
		EXPECT_EQ(&entries[i], elements_find(&elements, entries[i].id));
	EXPECT_EQ(NULL, elements_find(&elements, 0));
	EXPECT_EQ(NULL, elements_find(&elements, 9));
	EXPECT_EQ(NULL, elements_find(&elements, 65535));
	EXPECT_EQ(NULL, elements_find(&no_elements, 8));
}

TEST(elements_of_templates_get_their_numbers_and_names)
{
	static const char *const words[] = {
		"a sourceIPv4Address,octetDeltaCount",
		"a=sourceIPv4Address,octetDeltaCount,b=ingressInterface",
	};
	static const char *const texts[] = {
		"a=sourceIPv4Address,octetDeltaCount", "b=ingressInterface",
	};
	char text[TEMPLATE_TEXT];
	size_t i, j;

	elements_sort(&elements);
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		ASSERT_EQ(STATUS_DONE, parse_templates(words[i], &list, &error));
		ASSERT_EQ(STATUS_DONE, elements_resolve(&elements, words[i], &list, &error));
		ASSERT_EQ(i + 1, list.count);
		EXPECT_EQ(8, list.entries[0].elements[0]);
		EXPECT_EQ(1, list.entries[0].elements[1]);
		for (j = 0; j < list.count; j++)
			EXPECT_STREQ(texts[j], format_template(&list.entries[j], &elements, text));
	}
}

TEST(an_unknown_element_is_refused_with_its_position_and_the_nearest_one)
{
	static const struct {
		const char *word;
		const char *sentence;
	} bad[] = {
		{ "a sourceIpv4Address", "there is no Information Element 'sourceIpv4Address', did you mean 'sourceIPv4Address'? (at character 3)" },
		{ "a=octetDeltaCount,octetDeltaCounts",
		  "'octetDeltaCounts', did you mean 'octetDeltaCount'? (at character 19)" },
		{ "a=octetDeltaCount b=ingress",
		  "'ingress', did you mean 'ingressInterface'? (at character 21)" },
		{ "a octetDeltaCoun", "'octetDeltaCoun', did you mean 'octetDeltaCount'?" },
		{ "a 8", "there is no Information Element '8' (at character 3)" },
		{ "a xyzzy", "there is no Information Element 'xyzzy' (at character 3)" },
		{ "a octetDeltaCountoctetDeltaCountoctetDeltaCountoctetDeltaCountoctetDeltaCount",
		  "there is no Information Element 'octetDelta" },
	};
	size_t i;

	elements_sort(&elements);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		ASSERT_EQ(STATUS_DONE, parse_templates(bad[i].word, &list, &error));
		ASSERT_EQ(STATUS_USAGE, elements_resolve(&elements, bad[i].word, &list, &error)) {
			TH_LOG("'%s' is accepted", bad[i].word);
		}
		SENTENCE(bad[i].sentence);
	}
	ASSERT_EQ(STATUS_DONE, parse_templates("a octetDeltaCount", &list, &error));
	EXPECT_EQ(STATUS_USAGE, elements_resolve(&no_elements, "a octetDeltaCount", &list, &error));
}

TEST(the_longest_template_fits_its_text)
{
	static struct element long_names[PNF_TEMPLATE_ELEMENTS_MAX];
	const struct elements all = { ARRAY_SIZE(long_names), long_names };
	struct template *template = &list.entries[0];
	char text[TEMPLATE_TEXT];
	int i;

	memset(template->name, 'n', PNF_TEMPLATE_NAME_MAX);
	template->name[PNF_TEMPLATE_NAME_MAX] = '\0';
	template->count = PNF_TEMPLATE_ELEMENTS_MAX;
	for (i = 0; i < PNF_TEMPLATE_ELEMENTS_MAX; i++) {
		long_names[i].id = i;
		memset(long_names[i].name, 'e', sizeof(long_names[i].name) - 1);
		template->elements[i] = i;
	}
	format_template(template, &all, text);
	EXPECT_EQ(PNF_TEMPLATE_NAME_MAX + PNF_TEMPLATE_ELEMENTS_MAX * ELEMENT_NAME_OCTETS,
		  strlen(text));
}

TEST(types_have_the_names_of_iana)
{
	struct element element = { .type = PNF_ELEMENT_UNSIGNED, .octets = 1 };

	EXPECT_STREQ("unsigned8", element_type_name(&element));
	element.octets = 2;
	EXPECT_STREQ("unsigned16", element_type_name(&element));
	element.octets = 4;
	EXPECT_STREQ("unsigned32", element_type_name(&element));
	element.octets = 8;
	EXPECT_STREQ("unsigned64", element_type_name(&element));
	/* NetFlow v9 alone has it */
	element.octets = 0;
	element.octets_v9 = 4;
	EXPECT_STREQ("unsigned32", element_type_name(&element));
	for (element.type = 0; element.type <= PNF_ELEMENT_FLOAT64; element.type++)
		EXPECT_TRUE(!!element_type_name(&element));
	EXPECT_EQ(NULL, element_type_name(&element));
}

/*
 * Values: octets as RFC 7011 6.1 has them
 */

#define DECODE(type, octets)								\
	element_decode(type, (const uint8_t *)(octets), sizeof(octets) - 1, &value)

#define WORD(type, octets, expected)							\
	do {										\
		DECODE(type, octets);							\
		ASSERT_EQ(ELEMENT_WORD, value.kind);					\
		EXPECT_STREQ(expected, value.text);					\
	} while (0)

TEST(numbers_have_up_to_eight_octets)
{
	DECODE(PNF_ELEMENT_UNSIGNED, "\x00");
	ASSERT_EQ(ELEMENT_NUMBER, value.kind);
	EXPECT_EQ(0, value.number);
	DECODE(PNF_ELEMENT_UNSIGNED, "\x01\x02\x03");
	ASSERT_EQ(ELEMENT_NUMBER, value.kind);
	EXPECT_EQ(0x010203, value.number);
	DECODE(PNF_ELEMENT_UNSIGNED, "\xff\xff\xff\xff\xff\xff\xff\xfe");
	ASSERT_EQ(ELEMENT_NUMBER, value.kind);
	EXPECT_EQ(UINT64_MAX - 1, value.number);
}

TEST(booleans_are_one_and_two)
{
	DECODE(PNF_ELEMENT_BOOLEAN, "\x01");
	ASSERT_EQ(ELEMENT_FLAG, value.kind);
	EXPECT_TRUE(value.flag);
	DECODE(PNF_ELEMENT_BOOLEAN, "\x02");
	ASSERT_EQ(ELEMENT_FLAG, value.kind);
	EXPECT_FALSE(value.flag);
}

TEST(addresses_are_text)
{
	WORD(PNF_ELEMENT_MAC_ADDRESS, "\x02\x00\x5e\xab\xcd\xef", "02:00:5e:ab:cd:ef");
	WORD(PNF_ELEMENT_IPV4_ADDRESS, "\xc0\x00\x02\xff", "192.0.2.255");
	WORD(PNF_ELEMENT_IPV6_ADDRESS,
	     "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", "2001:db8::1");
}

TEST(octets_are_hexadecimal)
{
	WORD(PNF_ELEMENT_OCTET_ARRAY, "", "");
	WORD(PNF_ELEMENT_OCTET_ARRAY, "\x00\x01\xf1", "0001f1");
	/* of a type that is not known */
	WORD(77, "\x0a", "0a");
}

TEST(a_string_ends_where_its_zeros_begin_and_is_no_command_to_a_terminal)
{
	WORD(PNF_ELEMENT_STRING, "", "");
	WORD(PNF_ELEMENT_STRING, "blue", "blue");
	WORD(PNF_ELEMENT_STRING, "blue\0\0\0\0", "blue");
	WORD(PNF_ELEMENT_STRING, "w\xc3\xa4n", "w\xc3\xa4n");
	WORD(PNF_ELEMENT_STRING, "a\x1b\xff", "a\\x1b\\xff");
}

TEST(times_are_as_exact_as_their_element)
{
	/* 1234567890 s since 1970 */
	WORD(PNF_ELEMENT_SECONDS, "\x49\x96\x02\xd2", "2009-02-13T23:31:30Z");
	WORD(PNF_ELEMENT_MILLISECONDS, "\x00\x00\x01\x1f\x71\xfb\x04\xcb",
	     "2009-02-13T23:31:30.123Z");
	/* 2208988800 more since 1900, and 1/2 s */
	WORD(PNF_ELEMENT_MICROSECONDS, "\xcd\x40\x81\x52\x80\x00\x00\x00",
	     "2009-02-13T23:31:30.500000Z");
	WORD(PNF_ELEMENT_NANOSECONDS, "\xcd\x40\x81\x52\x80\x00\x00\x00",
	     "2009-02-13T23:31:30.500000000Z");
	/* 123456 us and 123456789 ns, cut to 2^-32 s: the number that was meant comes back */
	WORD(PNF_ELEMENT_MICROSECONDS, "\xcd\x40\x81\x52\x1f\x9a\xcf\xfa",
	     "2009-02-13T23:31:30.123456Z");
	WORD(PNF_ELEMENT_NANOSECONDS, "\xcd\x40\x81\x52\x1f\x9a\xdd\x37",
	     "2009-02-13T23:31:30.123456789Z");
	/* and cut to 2^-21 s, the low 11 bits being 0 */
	WORD(PNF_ELEMENT_MICROSECONDS, "\xcd\x40\x81\x52\x1f\x9a\xc8\x00",
	     "2009-02-13T23:31:30.123456Z");
	/* nearer to the next second */
	WORD(PNF_ELEMENT_MICROSECONDS, "\xcd\x40\x81\x52\xff\xff\xff\xff",
	     "2009-02-13T23:31:31.000000Z");
	/* NTP's seconds begin anew in 2036 */
	WORD(PNF_ELEMENT_NANOSECONDS, "\xff\xff\xff\xff\x00\x00\x00\x00",
	     "2036-02-07T06:28:15.000000000Z");
	WORD(PNF_ELEMENT_NANOSECONDS, "\x00\x00\x00\x00\x00\x00\x00\x00",
	     "2036-02-07T06:28:16.000000000Z");
	WORD(PNF_ELEMENT_MILLISECONDS, "\xff\xff\xff\xff\xff\xff\xff\xff",
	     "584556019-04-03T14:25:51.615Z");
}

TEST(times_are_numbers_for_those_who_reckon)
{
	static const uint8_t seconds[] = { 0x49, 0x96, 0x02, 0xd2 };
	static const uint8_t ms[] = { 0, 0, 1, 0x1f, 0x71, 0xfb, 0x04, 0xcb };
	static const uint8_t ntp[] = { 0xcd, 0x40, 0x81, 0x52, 0x1f, 0x9a, 0xdd, 0x37 };

	EXPECT_EQ(1234567890000000000, element_ns(PNF_ELEMENT_SECONDS, seconds, 4));
	EXPECT_EQ(1234567890123000000, element_ns(PNF_ELEMENT_MILLISECONDS, ms, 8));
	EXPECT_EQ(1234567890123456789, element_ns(PNF_ELEMENT_MICROSECONDS, ntp, 8));
	EXPECT_EQ(1234567890123456789, element_ns(PNF_ELEMENT_NANOSECONDS, ntp, 8));
	EXPECT_EQ(0, element_ns(PNF_ELEMENT_NANOSECONDS, ntp, 4));
	EXPECT_EQ(0, element_ns(PNF_ELEMENT_SECONDS, ntp, 8));
	EXPECT_EQ(0, element_ns(PNF_ELEMENT_UNSIGNED, ntp, 8));
}

TEST(real_numbers_are_ieee_754)
{
	DECODE(PNF_ELEMENT_FLOAT64, "\x3f\x84\x7a\xe1\x47\xae\x14\x7b");
	ASSERT_EQ(ELEMENT_REAL, value.kind);
	EXPECT_EQ(0.01, value.real);
}

TEST(what_cannot_be_such_a_value_is_nothing)
{
	static uint8_t octets[ELEMENT_TEXT];
	static const struct {
		uint8_t type;
		size_t length;
	} bad[] = {
		{ PNF_ELEMENT_UNSIGNED, 0 }, { PNF_ELEMENT_UNSIGNED, 9 },
		{ PNF_ELEMENT_BOOLEAN, 0 }, { PNF_ELEMENT_BOOLEAN, 1 }, { PNF_ELEMENT_BOOLEAN, 2 },
		{ PNF_ELEMENT_MAC_ADDRESS, 5 }, { PNF_ELEMENT_MAC_ADDRESS, 8 },
		{ PNF_ELEMENT_IPV4_ADDRESS, 3 }, { PNF_ELEMENT_IPV4_ADDRESS, 16 },
		{ PNF_ELEMENT_IPV6_ADDRESS, 4 }, { PNF_ELEMENT_IPV6_ADDRESS, 17 },
		{ PNF_ELEMENT_STRING, ELEMENT_TEXT }, { PNF_ELEMENT_OCTET_ARRAY, ELEMENT_TEXT },
		{ PNF_ELEMENT_OCTET_ARRAY, 129 }, { PNF_ELEMENT_SECONDS, 8 },
		{ PNF_ELEMENT_MILLISECONDS, 4 }, { PNF_ELEMENT_MICROSECONDS, 7 },
		{ PNF_ELEMENT_NANOSECONDS, 0 }, { PNF_ELEMENT_FLOAT64, 4 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		element_decode(bad[i].type, octets, bad[i].length, &value);
		EXPECT_EQ(ELEMENT_NOTHING, value.kind) {
			TH_LOG("type %u of %zu octets", bad[i].type, bad[i].length);
		}
	}
	/* no number, and none that JSON has */
	DECODE(PNF_ELEMENT_FLOAT64, "\x7f\xf8\x00\x00\x00\x00\x00\x00");
	EXPECT_EQ(ELEMENT_NOTHING, value.kind);
	DECODE(PNF_ELEMENT_FLOAT64, "\x7f\xf0\x00\x00\x00\x00\x00\x00");
	EXPECT_EQ(ELEMENT_NOTHING, value.kind);
}

TEST(the_longest_values_fit)
{
	static uint8_t octets[ELEMENT_TEXT];

	memset(octets, 0xff, sizeof(octets));
	element_decode(PNF_ELEMENT_OCTET_ARRAY, octets, 128, &value);
	ASSERT_EQ(ELEMENT_WORD, value.kind);
	EXPECT_EQ(256, strlen(value.text));
	element_decode(PNF_ELEMENT_STRING, octets, 64, &value);
	ASSERT_EQ(ELEMENT_WORD, value.kind);
	EXPECT_EQ(256, strlen(value.text));
}

TEST_HARNESS_MAIN
