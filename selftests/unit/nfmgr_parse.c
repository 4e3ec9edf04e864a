// SPDX-License-Identifier: GPL-2.0-only
/* sources: nfmgr/parse.c nfmgr/format.c nfmgr/err.c */
#include <arpa/inet.h>
#include <string.h>

#include "../../nfmgr/format.h"
#include "../../nfmgr/parse.h"
#include "kselftest_harness.h"

static struct destination_list destinations;
static struct point_list points;
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
	return parse_number(word, -5, 604800, "seconds", value, &error);
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
