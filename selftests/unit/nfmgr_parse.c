// SPDX-License-Identifier: GPL-2.0-only
/* sources: nfmgr/parse.c nfmgr/format.c nfmgr/err.c */
#include <arpa/inet.h>
#include <string.h>

#include "../../nfmgr/format.h"
#include "../../nfmgr/parse.h"
#include "kselftest_harness.h"

static struct destination_list destinations;
static struct point_list points;
static struct aggregation_list aggregations;
static struct snmp_rule_list snmp_rules;
static struct template_list templates;
static struct err error;

#define SENTENCE(part)								\
	ASSERT_TRUE(!!strstr(error.text, part)) {				\
		TH_LOG("'%s' is not in: %s", part, error.text);			\
	}

/*
 * Numbers
 */

static int number(const char *word, int64_t *value)
{
	return parse_number(word, -5, 604800, "-5..604800 seconds", value, &error);
}

TEST(a_number_is_decimal)
{
	int64_t value;

	ASSERT_EQ(STATUS_DONE, number("604800", &value));
	EXPECT_EQ(604800, value);
	ASSERT_EQ(STATUS_DONE, number("-5", &value));
	EXPECT_EQ(-5, value);
	ASSERT_EQ(STATUS_DONE, number("0", &value));
	EXPECT_EQ(0, value);
	ASSERT_EQ(STATUS_DONE, number("010", &value));
	EXPECT_EQ(10, value);
}

TEST(what_is_no_number_is_refused_with_the_word_and_the_range)
{
	static const char *const bad[] = {
		"", " ", "-", "+1", "x", "1x", "0x10", "1 ", " 1", "1.5", "1e3", "--1", "-1-", "1,2",
		"\xff", "1\n", "٣",
	};
	int64_t value = 77;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		ASSERT_EQ(STATUS_USAGE, number(bad[i], &value)) {
			TH_LOG("'%s' is accepted", bad[i]);
		}
		SENTENCE(quote(bad[i]));
		SENTENCE("is not a number, accepted is -5..604800 seconds");
	}
	EXPECT_EQ(77, value);
}

TEST(what_is_out_of_range_is_refused_with_the_word_and_the_range)
{
	static const char *const bad[] = {
		"-6", "604801", "4294967296", "9223372036854775807", "9223372036854775808",
		"18446744073709551616", "-9223372036854775809",
		"100000000000000000000000000000000000000000000000000000000000",
	};
	int64_t value = 77;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		ASSERT_EQ(STATUS_USAGE, number(bad[i], &value)) {
			TH_LOG("'%s' is accepted", bad[i]);
		}
		SENTENCE(quote(bad[i]));
		SENTENCE("is out of range, accepted is -5..604800 seconds");
	}
	EXPECT_EQ(77, value);
}

/*
 * Destinations
 */

static void expect_text(struct __test_metadata *_metadata, size_t i, const char *expected)
{
	char text[DESTINATION_TEXT];

	EXPECT_STREQ(expected, format_destination(&destinations.entries[i], text));
}

TEST(a_destination_is_read_as_it_is_written)
{
	static const struct {
		const char *word;
		const char *text;
	} good[] = {
		{ "192.0.2.1", "192.0.2.1:2055" },
		{ "192.0.2.1:4739", "192.0.2.1:4739" },
		{ "192.0.2.1:1", "192.0.2.1:1" },
		{ "192.0.2.1:65535", "192.0.2.1:65535" },
		{ "192.0.2.1:02055", "192.0.2.1:2055" },
		{ "192.0.2.1@198.51.100.7", "192.0.2.1:2055@198.51.100.7" },
		{ "192.0.2.1%eth0", "192.0.2.1:2055%eth0" },
		{ "192.0.2.1:9@198.51.100.7%eth0.100", "192.0.2.1:9@198.51.100.7%eth0.100" },
		{ "192.0.2.1%fifteen-octets-", "192.0.2.1:2055%fifteen-octets-" },
		{ "[2001:db8::1]:4739", "[2001:db8::1]:4739" },
		{ "[2001:db8::1]", "[2001:db8::1]:2055" },
		{ "2001:db8::1", "[2001:db8::1]:2055" },
		{ "2001:db8::1p4739", "[2001:db8::1]:4739" },
		{ "2001:db8::1#4739", "[2001:db8::1]:4739" },
		{ "2001:db8::1:4739", "[2001:db8::1:4739]:2055" },
		{ "::p1", "[::]:1" },
		{ "2001:DB8::A", "[2001:db8::a]:2055" },
		{ "::192.0.2.1", "[::192.0.2.1]:2055" },
		{ "[2001:db8::1]:9@2001:db8::2%eth0", "[2001:db8::1]:9@2001:db8::2%eth0" },
		{ "2001:db8::1#9@2001:db8::2", "[2001:db8::1]:9@2001:db8::2" },
		{ "fe80::1%eth0", "[fe80::1]:2055%eth0" },
		{ "2001:db8::1@fe80::1%eth0", "[2001:db8::1]:2055@fe80::1%eth0" },
		{ "fec0::1", "[fec0::1]:2055" },
		{ "2001:db8:1111:2222:3333:4444:5555:6666p65535@2001:db8:1111:2222:3333:4444:5555:7777%fifteen-octets-",
		  "[2001:db8:1111:2222:3333:4444:5555:6666]:65535@2001:db8:1111:2222:3333:4444:5555:7777%fifteen-octets-" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		ASSERT_EQ(STATUS_DONE, parse_destinations(good[i].word, &destinations, &error)) {
			TH_LOG("%s", error.text);
		}
		ASSERT_EQ(1, destinations.count);
		expect_text(_metadata, 0, good[i].text);
	}
}

TEST(what_is_printed_of_a_destination_reads_back_the_same)
{
	static const char *const words[] = {
		"192.0.2.1", "192.0.2.1:9@198.51.100.7%eth0", "2001:db8::1", "fe80::1%eth0",
		"64:ff9b::192.0.2.1#7@::1",
	};
	struct destination_list again;
	char text[DESTINATION_TEXT];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		ASSERT_EQ(STATUS_DONE, parse_destinations(words[i], &destinations, &error));
		format_destination(&destinations.entries[0], text);
		ASSERT_EQ(STATUS_DONE, parse_destinations(text, &again, &error));
		/* but for where they stand in the word */
		again.entries[0].span = destinations.entries[0].span;
		EXPECT_EQ(0, memcmp(&again.entries[0], &destinations.entries[0],
				    sizeof(again.entries[0])));
	}
}

TEST(destinations_are_separated_by_commas_or_spaces)
{
	static const char *const lists[] = {
		"192.0.2.1,192.0.2.2:9", "192.0.2.1 192.0.2.2:9", "192.0.2.1, 192.0.2.2:9",
		"  192.0.2.1  ,,192.0.2.2:9, ",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lists); i++) {
		ASSERT_EQ(STATUS_DONE, parse_destinations(lists[i], &destinations, &error));
		ASSERT_EQ(2, destinations.count);
		expect_text(_metadata, 0, "192.0.2.1:2055");
		expect_text(_metadata, 1, "192.0.2.2:9");
		EXPECT_EQ(0, strncmp(lists[i] + destinations.entries[1].span.start, "192.0.2.2:9",
				     destinations.entries[1].span.length));
		EXPECT_EQ(strlen("192.0.2.2:9"), destinations.entries[1].span.length);
	}
}

TEST(nothing_blanks_and_none_are_the_empty_list)
{
	static const char *const empty[] = { "", " ", "    ", "none" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(empty); i++) {
		destinations.count = 1;
		points.count = 1;
		EXPECT_EQ(STATUS_DONE, parse_destinations(empty[i], &destinations, &error));
		EXPECT_EQ(0, destinations.count);
		EXPECT_EQ(STATUS_DONE, parse_points(empty[i], &points, &error));
		EXPECT_EQ(0, points.count);
		aggregations.count = 1;
		snmp_rules.count = 1;
		templates.count = 1;
		EXPECT_EQ(STATUS_DONE, parse_aggregations(empty[i], &aggregations, &error));
		EXPECT_EQ(0, aggregations.count);
		EXPECT_EQ(STATUS_DONE, parse_snmp_rules(empty[i], &snmp_rules, &error));
		EXPECT_EQ(0, snmp_rules.count);
		EXPECT_EQ(STATUS_DONE, parse_templates(empty[i], &templates, &error));
		EXPECT_EQ(0, templates.count);
		EXPECT_FALSE(template_is_one(empty[i]));
		templates.count = 1;
		EXPECT_EQ(STATUS_DONE, parse_template_names(empty[i], &templates, &error));
		EXPECT_EQ(0, templates.count);
	}
}

TEST(a_host_name_waits_to_be_resolved)
{
	ASSERT_EQ(STATUS_DONE, parse_destinations("collector-1.example.net:9@192.0.2.9%eth0",
						  &destinations, &error));
	ASSERT_EQ(1, destinations.count);
	EXPECT_EQ(AF_UNSPEC, destinations.entries[0].address.family);
	EXPECT_STREQ("collector-1.example.net", destinations.entries[0].host);
	EXPECT_EQ(9, destinations.entries[0].port);
	EXPECT_EQ(AF_INET, destinations.entries[0].source.family);
	EXPECT_STREQ("eth0", destinations.entries[0].device);
}

/* Each with what the sentence says and the character, counted from 1, it points at */
TEST(a_bad_destination_is_refused_with_the_position_of_the_error)
{
	static const struct {
		const char *word;
		const char *sentence;
		int character;
	} bad[] = {
		{ "192.0.2", "is not an IPv4 address", 8 },
		{ "192.0.2.", "is not an IPv4 address", 9 },
		{ "192.0.2.1.5", "is not an IPv4 address", 10 },
		{ "192.0.2.256", "is not an IPv4 address", 9 },
		{ "192.0.2.01", "is not an IPv4 address", 9 },
		{ "192..2.1", "is not an IPv4 address", 5 },
		{ ".192.0.2.1", "is not an IPv4 address", 1 },
		{ "1", "is not an IPv4 address", 2 },
		{ "3232235777", "is not an IPv4 address", 1 },
		{ "192.0.2.1111111111111111111", "is not an IPv4 address", 9 },
		{ "192.0.2.1:", "the port is missing after ':'", 11 },
		{ "192.0.2.1:0", "port '0' is not in 1..65535", 11 },
		{ "192.0.2.1:65536", "port '65536' is not in 1..65535", 11 },
		{ "192.0.2.1:99999999999999999999999", "is not in 1..65535", 11 },
		{ "192.0.2.1:-1", "port '-1' is not a number", 11 },
		{ "192.0.2.1:+1", "port '+1' is not a number", 11 },
		{ "192.0.2.1:0x807", "port '0x807' is not a number", 12 },
		{ "192.0.2.1:20x", "port '20x' is not a number", 13 },
		{ "192.0.2.1:netflow", "port 'netflow' is not a number", 11 },
		{ "192.0.2.1p2055", "neither an address nor a host name", 9 },
		{ "192.0.2.1#2055", "neither an address nor a host name", 10 },
		{ "192.0.2.1/24", "neither an address nor a host name", 10 },
		{ "192.0.2.1;192.0.2.2", "neither an address nor a host name", 10 },
		{ "192.0.2.1\t192.0.2.2", "neither an address nor a host name", 10 },
		{ "192.0.2.1@", "the source address is missing", 11 },
		{ "192.0.2.1@%eth0", "the source address is missing", 11 },
		{ "192.0.2.1@eth0", "is not an IPv4 address", 11 },
		{ "192.0.2.1@198.51.100.7:9", "is not an IPv6 address", 11 },
		{ "192.0.2.1@2001:db8::1", "not of the address family", 11 },
		{ "192.0.2.1@198.51.100.7@198.51.100.8", "is not an IPv4 address", 23 },
		{ "192.0.2.1%", "the device is missing", 11 },
		{ "192.0.2.1%sixteen-octets--", "has at most 15 characters", 26 },
		{ "192.0.2.1%eth/0", "is not the name of a device", 14 },
		{ "192.0.2.1%eth0:1", "is not the name of a device", 15 },
		{ "192.0.2.1%eth0%eth1", "is not the name of a device", 15 },
		{ "192.0.2.1%eth0\n", "is not the name of a device", 15 },
		{ "192.0.2.1%.", "is not the name of a device", 11 },
		{ "192.0.2.1%..", "is not the name of a device", 11 },
		{ "192.0.2.1%eth0@198.51.100.7", "the source stands before the device", 15 },
		{ ":2055", "the address is missing", 1 },
		{ "@198.51.100.7", "the address is missing", 1 },
		{ "%eth0", "the address is missing", 1 },
		{ "[2001:db8::1", "']' is missing", 13 },
		{ "[2001:db8::1:2055", "']' is missing", 18 },
		{ "[]:2055", "is not an IPv6 address", 2 },
		{ "[192.0.2.1]:2055", "is not an IPv6 address", 2 },
		{ "[2001:db8::1::2]:2055", "is not an IPv6 address", 2 },
		{ "[2001:db8::g]:2055", "is not an IPv6 address", 12 },
		{ "[fe80::1%eth0]:2055", "'%device' stands behind everything else", 9 },
		{ "tcp://1.2.3.4:2055", "'tcp://1.2.3.4:2055' is not an IPv6 address", 1 },
		{ "1:2:x:3", "'1:2:x:3' is not an IPv6 address", 5 },
		{ "[2001:db8::1]2055", "':port', '@source' or '%device' is expected", 14 },
		{ "[2001:db8::1]#2055", "':port', '@source' or '%device' is expected", 14 },
		{ "[2001:db8::1]p2055", "':port', '@source' or '%device' is expected", 14 },
		{ "[2001:db8::1]]:2055", "':port', '@source' or '%device' is expected", 14 },
		{ "[2001:db8::1]:", "the port is missing", 15 },
		{ "[2001:db8::1]:0", "port '0' is not in 1..65535", 15 },
		{ "[2001:db8::1]@192.0.2.1", "not of the address family", 15 },
		{ "[[2001:db8::1]]", "is not an IPv6 address", 2 },
		{ "2001:db8::1p", "the port is missing after 'p'", 13 },
		{ "2001:db8::1#", "the port is missing after '#'", 13 },
		{ "2001:db8::1#0", "port '0' is not in 1..65535", 13 },
		{ "2001:db8::1#70000", "port '70000' is not in 1..65535", 13 },
		{ "2001:db8::1p2055p1", "port '2055p1' is not a number", 17 },
		{ "2001:db8::1:2:3:4:5:6:7:8", "is not an IPv6 address", 1 },
		{ "2001:db8::12345", "is not an IPv6 address", 1 },
		{ ":::", "is not an IPv6 address", 1 },
		{ "2001:db8::zz", "is not an IPv6 address", 11 },
		{ "collector..", "neither an address nor a host name", 11 },
		{ "a..b", "neither an address nor a host name", 3 },
		{ ".b", "neither an address nor a host name", 1 },
		{ "collector.", "neither an address nor a host name", 10 },
		{ "a.-b.example", "neither an address nor a host name", 3 },
		{ "a-.example", "neither an address nor a host name", 1 },
		{ "a.example-:9", "neither an address nor a host name", 3 },
		{ "a.abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcd.example",
		  "neither an address nor a host name", 3 },
		{ "::ffff:192.0.2.1", "write an IPv4 address as such, not mapped into IPv6", 1 },
		{ "[::ffff:c000:201]:9", "write an IPv4 address as such, not mapped into IPv6", 2 },
		{ "2001:db8::1@::ffff:192.0.2.1",
		  "write an IPv4 address as such, not mapped into IPv6", 13 },
		{ "fe80::1", "a link-local address needs '%device'", 8 },
		{ "[febf::1]:9", "a link-local address needs '%device'", 12 },
		{ "ff02::1", "a link-local address needs '%device'", 8 },
		{ "2001:db8::1@fe80::1", "a link-local address needs '%device'", 20 },
		{ "host.7", "neither an address nor a host name", 6 },
		{ "-", "neither an address nor a host name", 1 },
		{ "host name!", "neither an address nor a host name", 10 },
		{ "host\x01", "neither an address nor a host name", 5 },
		{ "h\xc3\xb6st", "neither an address nor a host name", 2 },
		{ "192.0.2.1,192.0.2.2:0", "port '0' is not in 1..65535", 21 },
		{ "192.0.2.1 junk?", "neither an address nor a host name", 15 },
		{ "none,192.0.2.1", "'none' stands alone", 1 },
		{ "192.0.2.1 none", "'none' stands alone", 11 },
	};
	char position[32];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		ASSERT_EQ(STATUS_USAGE, parse_destinations(bad[i].word, &destinations, &error)) {
			TH_LOG("'%s' is accepted", bad[i].word);
		}
		snprintf(position, sizeof(position), "(at character %d)", bad[i].character);
		SENTENCE(bad[i].sentence);
		SENTENCE(position);
		EXPECT_EQ(NULL, strpbrk(error.text, "\n\t\x01"));
	}
}

TEST(separators_alone_are_no_list)
{
	EXPECT_EQ(STATUS_USAGE, parse_destinations(",", &destinations, &error));
	SENTENCE("'none' empties the list");
	EXPECT_EQ(STATUS_USAGE, parse_destinations(" , ", &destinations, &error));
	EXPECT_EQ(STATUS_USAGE, parse_points(",,", &points, &error));
	EXPECT_EQ(STATUS_USAGE, parse_aggregations(" ,", &aggregations, &error));
	SENTENCE("' ,' names no aggregation rule; 'none' empties the list");
	EXPECT_EQ(STATUS_USAGE, parse_snmp_rules(",", &snmp_rules, &error));
	EXPECT_EQ(STATUS_USAGE, parse_templates(",", &templates, &error));
	EXPECT_EQ(STATUS_USAGE, parse_template_names(",", &templates, &error));
}

TEST(the_same_destination_twice_is_refused)
{
	static const char *const twins[] = {
		"192.0.2.1,192.0.2.1", "192.0.2.1 192.0.2.1:2055",
		"2001:db8::1,[2001:db8:0::1]:2055", "192.0.2.9 192.0.2.1@192.0.2.2%a 192.0.2.1@192.0.2.2%a",
		"host.example,HOST.example:2055",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(twins); i++) {
		ASSERT_EQ(STATUS_USAGE, parse_destinations(twins[i], &destinations, &error)) {
			TH_LOG("'%s' is accepted", twins[i]);
		}
		SENTENCE("named twice");
	}
}

TEST(destinations_that_differ_in_one_thing_are_two)
{
	ASSERT_EQ(STATUS_DONE,
		  parse_destinations("192.0.2.1 192.0.2.2 192.0.2.1:9 192.0.2.1@192.0.2.3 "
				     "192.0.2.1@192.0.2.4 192.0.2.1%a 192.0.2.1%b ::c000:201",
				     &destinations, &error)) {
		TH_LOG("%s", error.text);
	}
	EXPECT_EQ(8, destinations.count);
}

TEST(host_names_that_turn_out_equal_are_refused)
{
	static const char list[] = "a.example b.example";

	ASSERT_EQ(STATUS_DONE, parse_destinations(list, &destinations, &error));
	ASSERT_EQ(2, destinations.count);
	destinations.entries[0].address.family = AF_INET;
	destinations.entries[1].address.family = AF_INET;
	EXPECT_EQ(STATUS_USAGE, destinations_refuse_twins(list, &destinations, &error));
	SENTENCE("'b.example'");
	SENTENCE("(at character 11)");
}

TEST(more_destinations_than_fit_are_refused)
{
	char list[PNF_DESTINATIONS_MAX * 16 + 32] = "";
	int i;

	for (i = 0; i < PNF_DESTINATIONS_MAX; i++)
		sprintf(list + strlen(list), "192.0.2.%d ", i);
	ASSERT_EQ(STATUS_DONE, parse_destinations(list, &destinations, &error));
	EXPECT_EQ(PNF_DESTINATIONS_MAX, destinations.count);
	strcat(list, "192.0.2.200");
	ASSERT_EQ(STATUS_USAGE, parse_destinations(list, &destinations, &error));
	SENTENCE("more than 32 destinations");
}

TEST(a_very_long_word_is_refused_in_a_short_sentence)
{
	static char word[100001];

	memset(word, 'a', sizeof(word) - 1);
	ASSERT_EQ(STATUS_USAGE, parse_destinations(word, &destinations, &error));
	SENTENCE("a host name has at most 253 characters");
	EXPECT_LT(strlen(error.text), 200);

	memset(word, '1', sizeof(word) - 1);
	EXPECT_EQ(STATUS_USAGE, parse_destinations(word, &destinations, &error));
	memset(word, ':', sizeof(word) - 1);
	EXPECT_EQ(STATUS_USAGE, parse_destinations(word, &destinations, &error));
	memset(word, '+', sizeof(word) - 1);
	memcpy(word, "inet=", 5);
	EXPECT_EQ(STATUS_USAGE, parse_points(word, &points, &error));
}

/*
 * Observation Points
 */

TEST(an_inet_point_has_the_hooks_that_are_named)
{
	static const struct {
		const char *word;
		uint32_t hooks;
		const char *text;
	} good[] = {
		{ "inet", 0, "inet" },
		{ " inet ", 0, "inet" },
		{ "inet=forward", PNF_HOOK_FORWARD, "inet=forward" },
		{ "inet=prerouting+postrouting", PNF_HOOK_PREROUTING | PNF_HOOK_POSTROUTING,
		  "inet=prerouting+postrouting" },
		{ "inet=output+forward+input", PNF_HOOKS_DEFAULT, "inet" },
		{ "inet=local-in+local-out", PNF_HOOK_LOCAL_IN | PNF_HOOK_LOCAL_OUT,
		  "inet=local-in+local-out" },
		{ "inet=prerouting+local-in+forward+local-out+postrouting", PNF_HOOKS_ALL,
		  "inet=prerouting+local-in+forward+local-out+postrouting" },
	};
	char text[POINT_TEXT];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		ASSERT_EQ(STATUS_DONE, parse_points(good[i].word, &points, &error)) {
			TH_LOG("%s", error.text);
		}
		ASSERT_EQ(1, points.count);
		EXPECT_EQ(PNF_POINT_KIND_INET, points.entries[0].kind);
		EXPECT_EQ(good[i].hooks, points.entries[0].hooks);
		EXPECT_STREQ(good[i].text, format_point(&points.entries[0], text));
	}
}

TEST(a_bad_point_is_refused_with_the_position_of_the_error)
{
	static const struct {
		const char *word;
		const char *sentence;
		int character;
	} bad[] = {
		{ "ine", "'ine' is not an Observation Point", 1 },
		{ "inet6", "'inet6' is not an Observation Point", 1 },
		{ "INET", "'INET' is not an Observation Point", 1 },
		{ "bridge", "'bridge' is not an Observation Point", 1 },
		{ "=forward", "'' is not an Observation Point", 1 },
		{ "inet=", "the name of a hook is missing", 6 },
		{ "inet=+", "the name of a hook is missing", 6 },
		{ "inet=forward+", "the name of a hook is missing", 14 },
		{ "inet=forward++output", "the name of a hook is missing", 14 },
		{ "inet=forwards", "'forwards' is not a hook", 6 },
		{ "inet=forward+ingress", "'ingress' is not a hook", 14 },
		{ "inet=a-name-longer-than-any-hook", "is not a hook", 6 },
		{ "inet=forward=forward", "'forward=forward' is not a hook", 6 },
		{ "inet=forward+forward", "hook 'forward' is named twice", 14 },
		{ "inet=input+local-in", "hook 'local-in' is named twice", 12 },
		{ "inet inet", "the Observation Point is named twice", 6 },
		{ "inet=forward,inet=input", "join its hooks with '+'", 14 },
		{ "none,inet", "'none' stands alone", 1 },
	};
	char position[32];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		ASSERT_EQ(STATUS_USAGE, parse_points(bad[i].word, &points, &error)) {
			TH_LOG("'%s' is accepted", bad[i].word);
		}
		snprintf(position, sizeof(position), "(at character %d)", bad[i].character);
		SENTENCE(bad[i].sentence);
		SENTENCE(position);
	}
}

/* A word that is refused, with what the sentence says and the character it points at */
struct bad_word {
	const char *word;
	const char *sentence;
	int character;
};

#define REFUSED(bad, read)								\
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {					\
		char position[32];							\
											\
		ASSERT_EQ(STATUS_USAGE, read) {						\
			TH_LOG("'%s' is accepted", (bad)[i].word);			\
		}									\
		snprintf(position, sizeof(position), "(at character %d)",		\
			 (bad)[i].character);						\
		SENTENCE((bad)[i].sentence);						\
		SENTENCE(position);							\
		EXPECT_EQ(NULL, strpbrk(error.text, "\n\t\x01"));			\
	}

/*
 * Fields
 */

TEST(fields_are_named_in_any_order)
{
	static const struct {
		const char *word;
		uint32_t groups;
		uint8_t mpls_depth;
		const char *text;
	} good[] = {
		{ "", 0, 0, "none" },
		{ "none", 0, 0, "none" },
		{ "mac", PNF_FIELD_MAC, 0, "mac" },
		{ "mpls=3", 0, 3, "mpls=3" },
		{ "mpls=0", 0, 0, "none" },
		{ "mpls=10,vlan", PNF_FIELD_VLAN, 10, "vlan,mpls=10" },
		{ "physdev-override physdev", PNF_FIELD_PHYSDEV | PNF_FIELD_PHYSDEV_OVERRIDE, 0,
		  "physdev,physdev-override" },
		{ " direction, mac,,", PNF_FIELD_MAC | PNF_FIELD_DIRECTION, 0, "mac,direction" },
		{ "mac,vlan,direction,physdev,physdev-override,ttl,length,layer2,nat,vrf,microseconds,nanoseconds,duration,mpls=10",
		  PNF_FIELDS_ALL, 10,
		  "mac,vlan,direction,physdev,physdev-override,ttl,length,layer2,nat,vrf,microseconds,nanoseconds,duration,mpls=10" },
	};
	struct fields fields;
	char text[FIELDS_TEXT];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		ASSERT_EQ(STATUS_DONE, parse_fields(good[i].word, &fields, &error)) {
			TH_LOG("%s", error.text);
		}
		EXPECT_EQ(good[i].groups, fields.groups);
		EXPECT_EQ(good[i].mpls_depth, fields.mpls_depth);
		EXPECT_STREQ(good[i].text, format_fields(&fields, text));
	}
}

TEST(a_bad_field_is_refused_with_the_position_of_the_error)
{
	static const struct bad_word bad[] = {
		{ "macs", "'macs' is not a group of fields", 1 },
		{ "mac,Vlan", "'Vlan' is not a group of fields", 5 },
		{ "mac,a-name-longer-than-any-group", "is not a group of fields", 5 },
		{ "=3", "'' is not a group of fields", 1 },
		{ "mac=1", "'mac' has no number", 4 },
		{ "mac,mac", "'mac' is named twice", 5 },
		{ "mpls", "'=' and the number of labels are missing", 5 },
		{ "mpls=", "the number of labels is missing after '='", 6 },
		{ "mpls=11", "number of labels '11' is not in 0..10", 6 },
		{ "mpls=-1", "number of labels '-1' is not a number in 0..10", 6 },
		{ "mpls=3x", "number of labels '3x' is not a number in 0..10", 7 },
		{ "mpls=3=3", "number of labels '3=3' is not a number in 0..10", 7 },
		{ "mpls=4294967299", "number of labels '4294967299' is not in 0..10", 6 },
		{ "mpls=3,mpls=3", "'mpls' is named twice", 8 },
		{ "mpls=0,mpls=3", "'mpls' is named twice", 8 },
		{ "none,mac", "'none' stands alone", 1 },
		{ "mac none", "'none' stands alone", 5 },
	};
	struct fields fields;

	REFUSED(bad, parse_fields(bad[i].word, &fields, &error));
	EXPECT_EQ(STATUS_USAGE, parse_fields(",", &fields, &error));
}

/*
 * Samplers
 */

TEST(a_sampler_is_a_method_and_an_interval)
{
	static const struct {
		const char *word;
		uint8_t method;
		uint32_t interval;
		const char *text;
	} good[] = {
		{ "", PNF_SAMPLER_NONE, 0, "none" },
		{ " ", PNF_SAMPLER_NONE, 0, "none" },
		{ "0", PNF_SAMPLER_NONE, 0, "none" },
		{ "none", PNF_SAMPLER_NONE, 0, "none" },
		{ "deterministic:2", PNF_SAMPLER_DETERMINISTIC, 2, "deterministic:2" },
		{ "random:100", PNF_SAMPLER_RANDOM, 100, "random:100" },
		{ "hash:16383", PNF_SAMPLER_HASH, 16383, "hash:16383" },
	};
	struct sampler sampler;
	char text[SAMPLER_TEXT];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		ASSERT_EQ(STATUS_DONE, parse_sampler(good[i].word, &sampler, &error)) {
			TH_LOG("%s", error.text);
		}
		EXPECT_EQ(good[i].method, sampler.method);
		EXPECT_EQ(good[i].interval, sampler.interval);
		EXPECT_STREQ(good[i].text, format_sampler(&sampler, text));
	}
}

TEST(a_bad_sampler_is_refused_with_the_position_of_the_error)
{
	static const struct bad_word bad[] = {
		{ "1", "'1' is not a method", 1 },
		{ "00", "'00' is not a method", 1 },
		{ "100", "'100' is not a method", 1 },
		{ "Random:2", "'Random' is not a method", 1 },
		{ "every-other:2", "'every-other' is not a method", 1 },
		{ "a-method-longer-than-any:2", "is not a method", 1 },
		{ "none:2", "'none' is not a method", 1 },
		{ ":2", "'' is not a method", 1 },
		{ "random", "':' and the interval are missing", 7 },
		{ "random:", "the interval is missing after ':'", 8 },
		{ "random:0", "interval '0' is not in 2..16383", 8 },
		{ "random:1", "interval '1' is not in 2..16383", 8 },
		{ "random:16384", "interval '16384' is not in 2..16383", 8 },
		{ "hash:18446744073709551618", "is not in 2..16383", 6 },
		{ "hash:-2", "interval '-2' is not a number", 6 },
		{ "hash:2 ", "interval '2 ' is not a number", 7 },
		{ "hash:2,random:2", "interval '2,random:2' is not a number", 7 },
		{ "hash:0x10", "interval '0x10' is not a number", 7 },
	};
	struct sampler sampler;

	REFUSED(bad, parse_sampler(bad[i].word, &sampler, &error));
}

/*
 * Aggregation rules
 */

TEST(an_aggregation_rule_is_read_as_it_is_written)
{
	static const struct {
		const char *word;
		const char *text;
	} good[] = {
		{ "192.0.2.0/24=28", "192.0.2.0/24=28" },
		{ "192.0.2.77/24=16", "192.0.2.0/24=16" },
		{ "192.0.2.255/31=32", "192.0.2.254/31=32" },
		{ "203.0.113.129/25=0", "203.0.113.128/25=0" },
		{ "255.255.255.255/9=9", "255.128.0.0/9=9" },
		{ "192.0.2.1/0=8", "0.0.0.0/0=8" },
		{ "192.0.2.1/32=32", "192.0.2.1/32=32" },
		{ "2001:db8::/32=48", "2001:db8::/32=48" },
		{ "2001:db8:ffff:ffff::1/33=128", "2001:db8:8000::/33=128" },
		{ "2001:db8::1/128=0", "2001:db8::1/128=0" },
		{ "::/0=64", "::/0=64" },
		{ "1024-65535=0", "1024-65535=0" },
		{ "0-65535=65535", "0-65535=65535" },
		{ "8080=80", "8080=80" },
		{ "80-80=8080", "80=8080" },
		{ "00443=080", "443=80" },
	};
	struct aggregation first;
	char text[AGGREGATION_TEXT];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		ASSERT_EQ(STATUS_DONE, parse_aggregations(good[i].word, &aggregations, &error)) {
			TH_LOG("%s", error.text);
		}
		ASSERT_EQ(1, aggregations.count);
		EXPECT_STREQ(good[i].text, format_aggregation(&aggregations.entries[0], text));

		first = aggregations.entries[0];
		ASSERT_EQ(STATUS_DONE, parse_aggregations(text, &aggregations, &error));
		aggregations.entries[0].span = first.span;
		EXPECT_EQ(0, memcmp(&first, &aggregations.entries[0], sizeof(first)));
	}
}

TEST(aggregation_rules_keep_their_order)
{
	static const char list[] = "2=1, 192.0.2.0/24=28 1=2,,10.0.0.0/8=16,1=2";
	static const char *const texts[] = {
		"2=1", "192.0.2.0/24=28", "1=2", "10.0.0.0/8=16", "1=2",
	};
	char text[AGGREGATION_TEXT];
	size_t i;

	ASSERT_EQ(STATUS_DONE, parse_aggregations(list, &aggregations, &error));
	ASSERT_EQ(ARRAY_SIZE(texts), aggregations.count);
	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		EXPECT_STREQ(texts[i], format_aggregation(&aggregations.entries[i], text));
		EXPECT_EQ(0, strncmp(list + aggregations.entries[i].span.start, texts[i],
				     aggregations.entries[i].span.length));
	}
}

TEST(a_bad_aggregation_rule_refuses_the_list_with_the_position_of_the_error)
{
	static const struct bad_word bad[] = {
		{ "x", "port 'x' is not a number in 0..65535", 1 },
		{ "80", "'=' and the port are missing", 3 },
		{ "80=", "the port is missing after '='", 4 },
		{ "=80", "the port is missing", 1 },
		{ "80=65536", "port '65536' is not in 0..65535", 4 },
		{ "65536=80", "port '65536' is not in 0..65535", 1 },
		{ "80=8 0", "'=' and the port are missing", 7 },
		{ "80=8x", "port '8x' is not a number in 0..65535", 5 },
		{ "80=80=80", "port '80=80' is not a number in 0..65535", 6 },
		{ "80=1-2", "port '1-2' is not a number in 0..65535", 5 },
		{ "-80=1", "the port is missing", 1 },
		{ "80-=1", "the port is missing after '-'", 4 },
		{ "80-90", "'=' and the port are missing", 6 },
		{ "80-90-100=1", "port '90-100' is not a number in 0..65535", 6 },
		{ "90-80=1", "port 80 is less than 90", 4 },
		{ "1-70000=1", "port '70000' is not in 0..65535", 3 },
		{ "80;443=1", "port '80;443' is not a number in 0..65535", 3 },
		{ "192.0.2.0", "'/' and the length of the prefix are missing", 10 },
		{ "192.0.2.0=24", "'/' and the length of the prefix are missing", 10 },
		{ "192.0.2.0/=24", "the prefix length is missing after '/'", 11 },
		{ "192.0.2.0/24", "'=' and the number of bits to keep are missing", 13 },
		{ "192.0.2.0/24=", "the number of bits to keep is missing after '='", 14 },
		{ "192.0.2.0/33=24", "prefix length '33' is not in 0..32", 11 },
		{ "192.0.2.0/24=33", "number of bits to keep '33' is not in 0..32", 14 },
		{ "192.0.2.0/-1=24", "prefix length '-1' is not a number in 0..32", 11 },
		{ "192.0.2.0/24=-1", "number of bits to keep '-1' is not a number", 14 },
		{ "192.0.2.0/24/24=24", "prefix length '24/24' is not a number", 13 },
		{ "192.0.2.0/24=24=24", "number of bits to keep '24=24' is not a number", 16 },
		{ "192.0.2.0/255.255.255.0=24", "is not a number in 0..32", 14 },
		{ "192.0.2/24=24", "'192.0.2' is not an IPv4 address", 8 },
		{ "192.0.2.256/24=24", "is not an IPv4 address", 9 },
		{ "/24=24", "the address is missing", 1 },
		{ "2001:db8::/129=1", "prefix length '129' is not in 0..128", 12 },
		{ "2001:db8::/32=129", "number of bits to keep '129' is not in 0..128", 15 },
		{ "2001:db8::g/32=1", "is not an IPv6 address", 11 },
		{ "[2001:db8::]/32=1", "is not an IPv6 address", 1 },
		{ "::ffff:192.0.2.0/120=1", "write an IPv4 address as such", 1 },
		{ "collector.example/24=1", "is not an IPv4 address", 1 },
		{ "none,80=1", "'none' stands alone", 1 },
		{ "80=1 none", "'none' stands alone", 6 },
		{ "192.0.2.0/24=28,1024-65535=0,80=x", "port 'x' is not a number", 33 },
	};

	REFUSED(bad, parse_aggregations(bad[i].word, &aggregations, &error));
}

TEST(more_rules_than_fit_are_refused)
{
	static char list[PNF_AGGREGATIONS_MAX * 4 + 8];
	int i;

	for (i = 0; i < PNF_AGGREGATIONS_MAX; i++)
		memcpy(list + 4 * i, "1=2,", 4);
	ASSERT_EQ(STATUS_DONE, parse_aggregations(list, &aggregations, &error));
	EXPECT_EQ(PNF_AGGREGATIONS_MAX, aggregations.count);
	strcat(list, "3=4");
	ASSERT_EQ(STATUS_USAGE, parse_aggregations(list, &aggregations, &error));
	SENTENCE("'3=4': more than 1024 aggregation rules");

	for (i = 0; i < PNF_SNMP_RULES_MAX; i++)
		memcpy(list + 4 * i, "a:1,", 4);
	list[4 * i] = '\0';
	ASSERT_EQ(STATUS_DONE, parse_snmp_rules(list, &snmp_rules, &error));
	EXPECT_EQ(PNF_SNMP_RULES_MAX, snmp_rules.count);
	strcat(list, "b:2");
	ASSERT_EQ(STATUS_USAGE, parse_snmp_rules(list, &snmp_rules, &error));
	SENTENCE("'b:2': more than 1024 index rules");
}

/*
 * Index rules
 */

TEST(an_index_rule_is_a_name_and_a_base)
{
	char text[SNMP_RULE_TEXT];

	ASSERT_EQ(STATUS_DONE, parse_snmp_rules("eth:100, fifteen-octets-:4294967295 w%n.:0",
						&snmp_rules, &error)) {
		TH_LOG("%s", error.text);
	}
	ASSERT_EQ(3, snmp_rules.count);
	EXPECT_STREQ("eth", snmp_rules.entries[0].name);
	EXPECT_EQ(100, snmp_rules.entries[0].base);
	EXPECT_STREQ("eth:100", format_snmp_rule(&snmp_rules.entries[0], text));
	EXPECT_STREQ("fifteen-octets-:4294967295", format_snmp_rule(&snmp_rules.entries[1], text));
	EXPECT_STREQ("w%n.:0", format_snmp_rule(&snmp_rules.entries[2], text));
}

TEST(a_bad_index_rule_refuses_the_list_with_the_position_of_the_error)
{
	static const struct bad_word bad[] = {
		{ "eth", "':' and the base are missing", 4 },
		{ "eth:", "the base is missing after ':'", 5 },
		{ ":100", "the name is missing", 1 },
		{ "eth:-1", "base '-1' is not a number in 0..4294967295", 5 },
		{ "eth:1x", "base '1x' is not a number in 0..4294967295", 6 },
		{ "eth:1:2", "base '1:2' is not a number in 0..4294967295", 6 },
		{ "eth:4294967296", "base '4294967296' is not in 0..4294967295", 5 },
		{ "eth:99999999999999999999999", "is not in 0..4294967295", 5 },
		{ "sixteen-octets--:1", "has at most 15 characters", 16 },
		{ "a/b:1", "no name of a device begins with 'a/b'", 2 },
		{ "eth\t0:1", "no name of a device begins with", 4 },
		{ "eth:100,ppp", "':' and the base are missing", 12 },
		{ "none eth:1", "'none' stands alone", 1 },
	};

	REFUSED(bad, parse_snmp_rules(bad[i].word, &snmp_rules, &error));
}

/*
 * Templates by name
 */

static void expect_element(struct __test_metadata *_metadata, const char *word, size_t i,
			   size_t j, const char *expected)
{
	const struct span *span = &templates.entries[i].words[j];

	EXPECT_EQ(strlen(expected), span->length);
	EXPECT_EQ(0, strncmp(word + span->start, expected, span->length));
}

TEST(one_template_is_a_name_and_elements)
{
	static const char *const words[] = {
		"mine sourceIPv4Address octetDeltaCount", "mine,sourceIPv4Address,octetDeltaCount",
		"  mine sourceIPv4Address,,octetDeltaCount ",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		EXPECT_TRUE(template_is_one(words[i]));
		ASSERT_EQ(STATUS_DONE, parse_templates(words[i], &templates, &error)) {
			TH_LOG("%s", error.text);
		}
		ASSERT_EQ(1, templates.count);
		EXPECT_STREQ("mine", templates.entries[0].name);
		ASSERT_EQ(2, templates.entries[0].count);
		expect_element(_metadata, words[i], 0, 0, "sourceIPv4Address");
		expect_element(_metadata, words[i], 0, 1, "octetDeltaCount");
	}
}

TEST(a_list_of_templates_has_a_name_before_each_equals_sign)
{
	static const char *const words[] = {
		"a=x,y,b-1.c_d=x", "a=x,y b-1.c_d=x", "a=x y b-1.c_d=x", " a=x, y,,b-1.c_d=x ",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		EXPECT_FALSE(template_is_one(words[i]));
		ASSERT_EQ(STATUS_DONE, parse_templates(words[i], &templates, &error)) {
			TH_LOG("%s", error.text);
		}
		ASSERT_EQ(2, templates.count);
		EXPECT_STREQ("a", templates.entries[0].name);
		ASSERT_EQ(2, templates.entries[0].count);
		expect_element(_metadata, words[i], 0, 0, "x");
		expect_element(_metadata, words[i], 0, 1, "y");
		EXPECT_EQ('y', words[i][templates.entries[0].span.start +
					templates.entries[0].span.length - 1]);
		EXPECT_STREQ("b-1.c_d", templates.entries[1].name);
		ASSERT_EQ(1, templates.entries[1].count);
		expect_element(_metadata, words[i], 1, 0, "x");
	}
}

TEST(a_bad_template_is_refused_with_the_position_of_the_error)
{
	static const struct bad_word bad[] = {
		{ "=x", "the name of the Template is missing", 1 },
		{ "a=", "the element is missing after '='", 3 },
		{ "a=,x", "the element is missing after '='", 3 },
		{ "a=x,b=", "the element is missing after '='", 7 },
		{ "a=x=y", "'x=y' is not the name of an Information Element", 4 },
		{ "a=x-y", "'x-y' is not the name of an Information Element", 4 },
		{ "a x b=y", "'b=y' is not the name of an Information Element", 6 },
		{ "a x,x", "element 'x' is named twice", 5 },
		{ "a=x,b=x,y,x", "element 'x' is named twice", 11 },
		{ "a=x,b=y,a=z", "Template 'a' is named twice", 9 },
		{ "-a=x", "does not begin with '-'", 1 },
		{ "a/b=x", "the name of a Template has letters, digits", 2 },
		{ "a\xc3\xa4=x", "the name of a Template has letters, digits", 2 },
		{ "thirty-two-octets-are-one-too-ma=x", "has at most 31 characters", 32 },
		{ "none=x", "no Template can be called 'none'", 1 },
		{ "none x", "'none' stands alone", 1 },
		{ "a none", "'none' stands alone", 3 },
		{ "a=x none", "'none' stands alone", 5 },
	};

	REFUSED(bad, parse_templates(bad[i].word, &templates, &error));
	EXPECT_EQ(STATUS_USAGE, parse_templates("mine", &templates, &error));
	SENTENCE("Template 'mine' needs elements");
}

TEST(more_templates_and_elements_than_fit_are_refused)
{
	char list[1024] = "a";
	int i;

	for (i = 0; i < PNF_TEMPLATE_ELEMENTS_MAX; i++)
		sprintf(list + strlen(list), " e%d", i);
	ASSERT_EQ(STATUS_DONE, parse_templates(list, &templates, &error));
	EXPECT_EQ(PNF_TEMPLATE_ELEMENTS_MAX, templates.entries[0].count);
	strcat(list, " e64");
	ASSERT_EQ(STATUS_USAGE, parse_templates(list, &templates, &error));
	SENTENCE("'e64': more than 64 elements");

	*list = '\0';
	for (i = 0; i < PNF_TEMPLATES_NAMED_MAX; i++)
		sprintf(list + strlen(list), "t%d=x,", i);
	ASSERT_EQ(STATUS_DONE, parse_templates(list, &templates, &error));
	EXPECT_EQ(PNF_TEMPLATES_NAMED_MAX, templates.count);
	strcat(list, "t16=x");
	ASSERT_EQ(STATUS_USAGE, parse_templates(list, &templates, &error));
	SENTENCE("'t16=x': more than 16 Templates");
}

TEST(templates_are_removed_by_their_names)
{
	static const struct bad_word bad[] = {
		{ "a=x", "the name of a Template has letters, digits", 2 },
		{ "a,b/", "the name of a Template has letters, digits", 4 },
		{ "a,a", "Template 'a' is named twice", 3 },
		{ "a,none", "'none' stands alone", 3 },
	};

	ASSERT_EQ(STATUS_DONE, parse_template_names("a, b", &templates, &error));
	ASSERT_EQ(2, templates.count);
	EXPECT_STREQ("a", templates.entries[0].name);
	EXPECT_EQ(0, templates.entries[0].count);
	EXPECT_STREQ("b", templates.entries[1].name);
	REFUSED(bad, parse_template_names(bad[i].word, &templates, &error));
}

/*
 * Texts
 */

TEST(a_text_is_any_utf8_of_limited_length)
{
	static const struct bad_word bad[] = {
		{ "a\nb", "a control character, or no UTF-8", 2 },
		{ "\x7f", "a control character, or no UTF-8", 1 },
		{ "ab\xff", "a control character, or no UTF-8", 3 },
		{ "123456789", "the text has at most 8 octets", 9 },
	};
	char text[9];

	ASSERT_EQ(STATUS_DONE, parse_text("", 8, text, &error));
	EXPECT_STREQ("", text);
	ASSERT_EQ(STATUS_DONE, parse_text("a b,c=\xc3\xa4", 8, text, &error));
	EXPECT_STREQ("a b,c=\xc3\xa4", text);
	REFUSED(bad, parse_text(bad[i].word, 8, text, &error));
}

/*
 * Sentences and figures
 */

TEST(a_quoted_word_stays_on_one_line_and_short)
{
	static char word[1000];

	EXPECT_STREQ("''", quote(""));
	EXPECT_STREQ("'a\\x0ab\\x1b\\x7f'", quote("a\nb\x1b\x7f"));
	EXPECT_STREQ("'\\x80\\x9b\\x9f\\xa0'", quote("\x80\x9b\x9f\xa0"));
	memset(word, '\n', sizeof(word) - 1);
	EXPECT_EQ(64 * 4 + 2 + 3, strlen(quote(word)));
}

TEST(a_word_in_utf8_is_quoted_as_it_is)
{
	static const char cut[] = "Ä123456789012345678901234567890123456789012345678901234567890123";

	EXPECT_STREQ("'Ä п € 😀'", quote("Ä п € 😀"));
	/* U+0085 and U+009B are controls, U+00A0 is not */
	EXPECT_STREQ("'\\xc2\\x85\\xc2\\x9b\xc2\xa0'", quote("\xc2\x85\xc2\x9b\xc2\xa0"));
	/* too long a form, half a pair, beyond Unicode, not whole */
	EXPECT_STREQ("'\\xc0\\xaf'", quote("\xc0\xaf"));
	EXPECT_STREQ("'\\xe0\\x80\\x9b'", quote("\xe0\x80\x9b"));
	EXPECT_STREQ("'\\xed\\xa0\\x80'", quote("\xed\xa0\x80"));
	EXPECT_STREQ("'\\xf4\\x90\\x80\\x80'", quote("\xf4\x90\x80\x80"));
	EXPECT_STREQ("'\\xe2\\x82'", quote("\xe2\x82"));
	EXPECT_STREQ("'\\xe2\\x82(\\xac'", quote("\xe2\x82(\xac"));
	/* no character is cut in two: 63 octets and one of two */
	ASSERT_EQ(65, sizeof(cut) - 1);
	EXPECT_EQ(64 + 2 + 3, strlen(quote(cut)));
	EXPECT_EQ(63 + 2 + 3, strlen(quote("123456789012345678901234567890123456789012345678901234567890123Ä")));
}

TEST(a_name_of_the_kernels_is_no_command_to_a_terminal)
{
	char text[PRINTABLE_TEXT(IFNAMSIZ)], small[8];

	EXPECT_STREQ("eth0.100", format_printable("eth0.100", text, sizeof(text)));
	EXPECT_STREQ("a\\x1b[2J\\x9b\\x0a\\x7f",
		     format_printable("a\x1b[2J\x9b\n\x7f", text, sizeof(text)));
	EXPECT_STREQ("wän0\\xe4", format_printable("wän0\xe4", text, sizeof(text)));
	format_printable("\x1b\x1b\x1b\x1b\x1b\x1b\x1b\x1b\x1b\x1b\x1b\x1b\x1b\x1b\x1b", text,
			 sizeof(text));
	EXPECT_EQ(4 * 15, strlen(text));
	EXPECT_STREQ("abc\\x1b", format_printable("abc\x1b\x1b", small, sizeof(small)));
}

TEST(words_before_a_sentence_keep_it)
{
	err_usage(&error, "%s is wrong", quote("x"));
	EXPECT_EQ(STATUS_USAGE, err_prefix(&error, STATUS_USAGE, "set %s", "protocol"));
	EXPECT_STREQ("set protocol: 'x' is wrong", error.text);
}

TEST(times_are_iso_8601_with_milliseconds)
{
	char text[TIME_TEXT];

	EXPECT_STREQ("1970-01-01T00:00:00.000Z", format_time(0, text));
	EXPECT_STREQ("2009-02-13T23:31:30.123Z", format_time(1234567890123456789, text));
	EXPECT_STREQ("2038-01-19T03:14:08.999Z", format_time(2147483648999999999, text));
	EXPECT_STREQ("2554-07-21T23:34:33.709Z", format_time(UINT64_MAX, text));
}

TEST(a_date_has_the_digits_that_are_known)
{
	char text[TIME_TEXT];

	EXPECT_STREQ("1970-01-01T00:00:00Z", format_date(0, 0, 0, text));
	EXPECT_STREQ("2009-02-13T23:31:30.000042Z", format_date(1234567890, 42, 6, text));
	EXPECT_STREQ("2009-02-13T23:31:30.999999999Z", format_date(1234567890, 999999999, 9, text));
	/* the greatest number of milliseconds; no such year */
	EXPECT_STREQ("584556019-04-03T14:25:51.615Z",
		     format_date(UINT64_MAX / 1000, 615, 3, text));
	EXPECT_STREQ("-", format_date(INT64_MAX, 0, 9, text));
}

TEST(amounts_are_scaled_without_a_jump)
{
	char text[COUNT_TEXT];

	EXPECT_STREQ("0 B", format_octets(0, text));
	EXPECT_STREQ("1023 B", format_octets(1023, text));
	EXPECT_STREQ("1.0 KiB", format_octets(1024, text));
	EXPECT_STREQ("1.0 MiB", format_octets(1024 * 1024 - 1, text));
	EXPECT_STREQ("16.0 EiB", format_octets(UINT64_MAX, text));
	EXPECT_STREQ("999 bit/s", format_rate(999, "bit/s", text));
	EXPECT_STREQ("1.0 kbit/s", format_rate(1000, "bit/s", text));
	EXPECT_STREQ("1.0 Mbit/s", format_rate(999999, "bit/s", text));
	EXPECT_STREQ("18.4 Epackets/s", format_rate(UINT64_MAX, "packets/s", text));
}

TEST_HARNESS_MAIN
