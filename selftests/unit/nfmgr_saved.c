// SPDX-License-Identifier: GPL-2.0-only
/* sources: nfmgr/saved.c nfmgr/settings.c nfmgr/ie.c nfmgr/suggest.c nfmgr/parse.c */
/* sources: nfmgr/format.c nfmgr/err.c */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../nfmgr/format.h"
#include "../../nfmgr/saved.h"
#include "kselftest_harness.h"

static struct saved saved;
static struct setting_value value, again;
static struct err error;

#define SENTENCE(expected)	ASSERT_STREQ(expected, error.text)

static int read_text(const char *text, size_t length)
{
	char *copy = malloc(length + 1);
	int status;

	saved_free(&saved);
	memcpy(copy, text, length);
	status = saved_parse(&saved, "'F'", copy, length, &error);
	free(copy);
	return status;
}

static int read_string(const char *text)
{
	return read_text(text, strlen(text));
}

/* What @setting with @value is written as, without comments; for free() */
static char *written(const struct setting *setting, const struct elements *elements)
{
	char *text, *from, *to;
	size_t length;
	FILE *file;

	file = open_memstream(&text, &length);
	saved_write_setting(file, setting, &value, elements);
	fclose(file);
	for (from = to = text; *from; ) {
		size_t line = strcspn(from, "\n") + 1;

		if (*from != '#' && *from != '\n') {
			memmove(to, from, line);
			to += line;
		}
		from += line;
	}
	*to = '\0';
	return text;
}

TEST(each_setting_is_written_as_it_is_read)
{
	static struct element entries[] = {
		{ .id = 1, .name = "octetDeltaCount" }, { .id = 2, .name = "packetDeltaCount" },
	};
	static const struct elements elements = { 2, entries };
	static const struct {
		const char *name;
		const char *word;
		const char *text;
	} words[] = {
		{ "destination", "", "destination none\n" },
		{ "destination", "192.0.2.1,[2001:db8::1]:9@2001:db8::2%eth0",
		  "destination 192.0.2.1:2055\ndestination [2001:db8::1]:9@2001:db8::2%eth0\n" },
		{ "destination", "192.0.2.1%a'b", "destination '192.0.2.1:2055%a'\\''b'\n" },
		{ "protocol", "ipfix", "protocol 10\n" },
		{ "active-timeout", "60", "active-timeout 60\n" },
		{ "inactive-timeout", "7", "inactive-timeout 7\n" },
		{ "refresh-rate", "5", "refresh-rate 5\n" },
		{ "timeout-rate", "0", "timeout-rate 0\n" },
		{ "sndbuf", "4096", "sndbuf 4096\n" },
		{ "hashsize", "1024", "hashsize 1024\n" },
		{ "maxflows", "4294967295", "maxflows 4294967295\n" },
		{ "scan-min", "3", "scan-min 3\n" },
		{ "exportcpu", "-1", "exportcpu -1\n" },
		{ "engine-id", "4294967295", "engine-id 4294967295\n" },
		{ "debug", "2", "debug 2\n" },
		{ "distribution", "failover", "distribution failover\n" },
		{ "fields", "none", "fields none\n" },
		{ "fields", "mac mpls=3", "fields mac,mpls=3\n" },
		{ "template", "none", "template none\n" },
		{ "template", "a=octetDeltaCount b=packetDeltaCount,octetDeltaCount",
		  "template a=octetDeltaCount\ntemplate b=packetDeltaCount,octetDeltaCount\n" },
		{ "random-template-ids", "1", "random-template-ids on\n" },
		{ "sampler", "hash:100", "sampler hash:100\n" },
		{ "compat-sampling", "off", "compat-sampling off\n" },
		{ "aggregation", "10.0.0.0/8=16,1000-1999=1000,2001:db8::/32=48",
		  "aggregation 10.0.0.0/8=16\naggregation 1000-1999=1000\naggregation 2001:db8::/32=48\n" },
		{ "snmp-rules", "ppp:100 eth:0", "snmp-rules ppp:100\nsnmp-rules eth:0\n" },
		{ "natevents", "1", "natevents 1\n" },
		{ "nat-event-codes", "legacy", "nat-event-codes legacy\n" },
		{ "domain-name", "", "domain-name ''\n" },
		{ "domain-name", "# it's \"here\" \\ Zürich",
		  "domain-name '# it'\\''s \"here\" \\ Zürich'\n" },
		{ "domain-name", "#1", "domain-name '#1'\n" },
		{ "dscp", "ef", "dscp 46\n" },
		{ "source-port", "4739", "source-port 4739\n" },
		{ "max-message", "1500", "max-message 1500\n" },
		{ "export-delay", "0", "export-delay 0\n" },
		{ "points", "", "points none\n" },
		{ "points", "inet=prerouting+forward", "points inet=prerouting+forward\n" },
		{ "inet-priority", "first", "inet-priority first\n" },
		{ "inet-priority", "-300", "inet-priority -300\n" },
		{ "metering", "on", "metering on\n" },
	};
	bool seen[64] = { false };
	unsigned int i;
	size_t j;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		const struct setting *setting = setting_find(words[i].name);
		size_t count = 0;
		char *text;

		seen[setting - settings] = true;
		memset(&value, 0, sizeof(value));
		ASSERT_EQ(STATUS_DONE, setting->parse(setting, words[i].word, &value, &error));
		elements_resolve(&elements, words[i].word, &value.templates, &error);
		text = written(setting, &elements);
		ASSERT_STREQ(words[i].text, text);

		ASSERT_EQ(STATUS_DONE, read_string(text)) {
			TH_LOG("%s", error.text);
		}
		free(text);
		for (j = 0; j < saved.count; j++) {
			ASSERT_EQ(setting, saved.lines[j].setting);
			ASSERT_EQ(STATUS_DONE, setting->parse(setting, saved.lines[j].word, &again,
							      &error));
			count += setting_entry_count(setting, &again);
		}
		EXPECT_EQ(setting_entry_count(setting, &value), count);
		if (!setting->entry) {
			char as_written[SETTING_TEXT], as_read[SETTING_TEXT];

			EXPECT_EQ(1, saved.count);
			setting->format(setting, &value, as_written);
			setting->format(setting, &again, as_read);
			EXPECT_STREQ(as_written, as_read);
		}
	}
	for (i = 0; i < setting_count; i++) {
		EXPECT_TRUE(seen[i]) {
			TH_LOG("%s is not tried", settings[i].name);
		}
	}
}

TEST(words_stand_in_quotes_as_in_shells)
{
	static const struct {
		const char *line;
		const char *word;
	} lines[] = {
		{ "domain-name plain", "plain" },
		{ "  domain-name\tplain  ", "plain" },
		{ "domain-name plain\r\n", "plain" },
		{ "domain-name 'a  b'", "a  b" },
		{ "domain-name 'a\\b\"c'", "a\\b\"c" },
		{ "domain-name \"a  'b\\\" \\\\ \\c\"", "a  'b\" \\ \\c" },
		{ "domain-name a\\ b\\'", "a b'" },
		{ "domain-name a' 'b\" \"c", "a b c" },
		{ "domain-name ''", "" },
		{ "domain-name a#b # a comment 'with a quote", "a#b" },
		{ "domain-name '#' # a comment", "#" },
		{ "domain-name a\\", "a\\" },
		{ "'domain-name' a", "a" },
		{ "domain_name a", "a" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		ASSERT_EQ(STATUS_DONE, read_string(lines[i].line)) {
			TH_LOG("%s: %s", lines[i].line, error.text);
		}
		ASSERT_EQ(1, saved.count);
		EXPECT_STREQ(lines[i].word, saved.lines[0].word);
	}
}

TEST(lines_of_a_list_stay_in_order_and_may_have_several_entries)
{
	ASSERT_EQ(STATUS_DONE, read_string("# a comment\n\n   # another\n"
					   "destination 192.0.2.1 192.0.2.2,192.0.2.3 # three\n"
					   "protocol 9\n"
					   "destination '192.0.2.4 192.0.2.5'\n"
					   "template small octetDeltaCount packetDeltaCount\n"
					   "fields mac vlan"));
	ASSERT_EQ(5, saved.count);
	EXPECT_STREQ("192.0.2.1 192.0.2.2,192.0.2.3", saved.lines[0].word);
	EXPECT_STREQ("'F', line 4: destination", saved.lines[0].label);
	EXPECT_STREQ("9", saved.lines[1].word);
	EXPECT_STREQ("192.0.2.4 192.0.2.5", saved.lines[2].word);
	EXPECT_STREQ("'F', line 6: destination", saved.lines[2].label);
	EXPECT_STREQ("small octetDeltaCount packetDeltaCount", saved.lines[3].word);
	EXPECT_STREQ("mac vlan", saved.lines[4].word);
}

TEST(nothing_and_comments_are_a_file)
{
	ASSERT_EQ(STATUS_DONE, read_string(""));
	EXPECT_EQ(0, saved.count);
	ASSERT_EQ(STATUS_DONE, read_string("\n\n#\n \t\r\n# x"));
	EXPECT_EQ(0, saved.count);
	EXPECT_EQ(0, saved.sequences.count);
	EXPECT_STREQ("", saved.boot_id);
}

TEST(an_error_names_the_line_and_the_word)
{
	static const struct {
		const char *text;
		const char *sentence;
	} bad[] = {
		{ "protocol 9\n\nactive-timeout 0\n",
		  "restore 'F', line 3: active-timeout: '0' is out of range, accepted is 1..604800 seconds" },
		{ "protcol 9",
		  "restore 'F', line 1: there is no setting 'protcol', did you mean 'protocol'?" },
		{ "#\nprotocol",
		  "restore 'F', line 2: 'protocol' needs a value, accepted is 5, 9, 10, v5, v9, ipfix" },
		{ "protocol # 9",
		  "restore 'F', line 1: 'protocol' needs a value, accepted is 5, 9, 10, v5, v9, ipfix" },
		{ "protocol 9 10",
		  "restore 'F', line 1: protocol: '10' is one word too many; a value with blanks stands in quotes" },
		{ "protocol 9\nprotocol 9\n", "restore 'F', line 2: 'protocol' is set twice" },
		{ "engine-id 1\nengine_id 2\n", "restore 'F', line 2: 'engine-id' is set twice" },
		{ "domain-name 'a b\n'\n", "restore 'F', line 1: domain-name: 'a b': the quote has no end" },
		{ "domain-name \"a\\\"", "restore 'F', line 1: domain-name: 'a\"': the quote has no end" },
		{ "domain-name a\tb",
		  "restore 'F', line 1: domain-name: 'b' is one word too many; a value with blanks stands in quotes" },
		{ "domain-name 'a\tb'",
		  "restore 'F', line 1: domain-name: 'a\\x09b': a control character, or no UTF-8 (at character 2)" },
		{ "destination 192.0.2.1 192.0.2.300",
		  "restore 'F', line 1: destination: '192.0.2.300': '192.0.2.300' is not an IPv4 address (at character 19)" },
		{ "sequence", "restore 'F', line 1: 'sequence' needs a destination and numbers" },
		{ "sequence none v5=1", "restore 'F', line 1: 'none' is not one destination with its address" },
		{ "sequence a.example v5=1",
		  "restore 'F', line 1: 'a.example' is not one destination with its address" },
		{ "sequence 192.0.2.1,192.0.2.2 v5=1",
		  "restore 'F', line 1: '192.0.2.1,192.0.2.2' is not one destination with its address" },
		{ "sequence 192.0.2.1 v5", "restore 'F', line 1: 'v5' is not known, accepted are v5=N, v9=N, ipfix=N, template-id=N" },
		{ "sequence 192.0.2.1 v10=1", "restore 'F', line 1: 'v10=1' is not known, accepted are v5=N, v9=N, ipfix=N, template-id=N" },
		{ "sequence 192.0.2.1 v5=1 v5=1", "restore 'F', line 1: 'v5' is there twice" },
		{ "sequence 192.0.2.1 v9=4294967296",
		  "restore 'F', line 1: 'v9=4294967296': '4294967296' is out of range, accepted is 0..4294967295" },
		{ "sequence 192.0.2.1 template-id=255",
		  "restore 'F', line 1: 'template-id=255': '255' is out of range, accepted is 256..65535" },
		{ "sequence 192.0.2.1 v9=-1",
		  "restore 'F', line 1: 'v9=-1': '-1' is out of range, accepted is 0..4294967295" },
		{ "sequence 192.0.2.1 v9=1\nsequence 192.0.2.1:2055 v9=1\n",
		  "restore 'F', line 2: '192.0.2.1:2055' has numbers already" },
		{ "saved-at x", "restore 'F', line 1: 'saved-at' needs the ID of a boot and milliseconds" },
		{ "saved-at x y", "restore 'F', line 1: 'y' is not a number, accepted is milliseconds" },
		{ "saved-at x 1 z", "restore 'F', line 1: 'z' is one word too many" },
		{ "saved-at 0123456789012345678901234567890123456 1",
		  "restore 'F', line 1: '0123456789012345678901234567890123456' is not the ID of a boot" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		ASSERT_EQ(STATUS_USAGE, read_string(bad[i].text)) {
			TH_LOG("accepted: %s", bad[i].text);
		}
		SENTENCE(bad[i].sentence);
	}
	ASSERT_EQ(STATUS_USAGE, read_text("protocol 9\nproto\0col", 20));
	SENTENCE("restore 'F', line 2: there is a NUL behind 'proto'");
}

TEST(there_are_numbers_of_32_destinations)
{
	char text[33 * 40];
	size_t used = 0;
	int i;

	for (i = 1; i <= 32; i++)
		used += sprintf(text + used, "sequence 192.0.2.%d v9=%d\n", i, i);
	ASSERT_EQ(STATUS_DONE, read_string(text));
	EXPECT_EQ(32, saved.sequences.count);
	sprintf(text + used, "sequence 192.0.2.33 v9=1\n");
	ASSERT_EQ(STATUS_USAGE, read_string(text));
	SENTENCE("restore 'F', line 33: '192.0.2.33:2055': more than 32 destinations");
}

TEST(numbers_are_read_as_they_are_written)
{
	static const char text[] =
		"saved-at 5e8a7a2c-7e28-4a3c-8d6f-0123456789ab 123456789\n"
		"sequence 192.0.2.1:2055 v5=0 v9=4294967295 ipfix=1 template-id=65535\n"
		"sequence [2001:db8::1]:9@2001:db8::2%eth0 v9=7\n";
	struct destination_list list;
	const struct sequence *sequence;
	char *again;
	size_t length;
	FILE *file;

	ASSERT_EQ(STATUS_DONE, read_string(text));
	EXPECT_STREQ("5e8a7a2c-7e28-4a3c-8d6f-0123456789ab", saved.boot_id);
	EXPECT_EQ(123456789, saved.at_ms);
	ASSERT_EQ(2, saved.sequences.count);

	ASSERT_EQ(STATUS_DONE, parse_destinations("192.0.2.1 [2001:db8::1]:9@2001:db8::2%eth0 192.0.2.1:9",
						  &list, &error));
	sequence = sequence_find(&saved.sequences, &list.entries[0]);
	ASSERT_TRUE(!!sequence);
	EXPECT_EQ(0xf, sequence->named);
	EXPECT_EQ(UINT32_MAX, sequence->numbers[1]);
	EXPECT_EQ(UINT16_MAX, sequence->numbers[3]);
	sequence = sequence_find(&saved.sequences, &list.entries[1]);
	ASSERT_TRUE(!!sequence);
	EXPECT_EQ(2, sequence->named);
	EXPECT_EQ(7, sequence->numbers[1]);
	EXPECT_EQ(NULL, sequence_find(&saved.sequences, &list.entries[2]));

	file = open_memstream(&again, &length);
	saved_write_sequence(file, &saved.sequences.entries[0]);
	saved_write_sequence(file, &saved.sequences.entries[1]);
	fclose(file);
	EXPECT_STREQ(strchr(text, '\n') + 1, again);
	free(again);
}

TEST(last_words_of_the_module_are_those_of_its_namespace)
{
	static const char text[] = "pkt_netflow: end of net:[4026531840] at 123456: "
				   "[2001:db8::1]:2055@2001:db8::2%eth0 v5=1 v9=2 ipfix=3 template-id=300";
	static const char *const others[] = {
		"", "pkt_netflow: a destination is connected",
		"pkt_netflow: end of net:[4026531840] at 123456",
		"pkt_netflow: end of net:[4026531840] at 123456: ",
		"pkt_netflow: end of net:[4026531840] at 123456: 192.0.2.1:2055",
		"pkt_netflow: end of net:[4026531840] at 123456: 192.0.2.1:2055 v5=x",
		"pkt_netflow: end of net:[4026531840] at 123456: \\x1b v5=1",
		"other: end of net:[4026531840] at 123456: 192.0.2.1:2055 v5=1",
	};
	struct sequence sequence;
	char destination[DESTINATION_TEXT];
	size_t i;

	ASSERT_TRUE(sequence_parse_last_words(&sequence, text, 4026531840U));
	EXPECT_STREQ("[2001:db8::1]:2055@2001:db8::2%eth0",
		     format_destination(&sequence.destination, destination));
	EXPECT_EQ(123456, sequence.at_ms);
	EXPECT_EQ(0xf, sequence.named);
	EXPECT_EQ(2, sequence.numbers[1]);
	EXPECT_EQ(300, sequence.numbers[3]);
	EXPECT_FALSE(sequence_parse_last_words(&sequence, text, 4026531841U));
	for (i = 0; i < ARRAY_SIZE(others); i++) {
		EXPECT_FALSE(sequence_parse_last_words(&sequence, others[i], 4026531840U)) {
			TH_LOG("taken: %s", others[i]);
		}
	}
}

TEST_HARNESS_MAIN
