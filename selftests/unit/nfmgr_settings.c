// SPDX-License-Identifier: GPL-2.0-only
/* sources: nfmgr/settings.c nfmgr/ie.c nfmgr/suggest.c nfmgr/parse.c nfmgr/format.c nfmgr/err.c */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "../../nfmgr/settings.h"
#include "../../nfmgr/suggest.h"
#include "kselftest_harness.h"

static struct setting_value value;
static struct err error;

#define SENTENCE(part)								\
	ASSERT_TRUE(!!strstr(error.text, part)) {				\
		TH_LOG("'%s' is not in: %s", part, error.text);			\
	}

static int read_value(const char *name, const char *word)
{
	const struct setting *setting = setting_find(name);

	return setting ? setting->parse(setting, word, &value, &error) : -1;
}

TEST(each_attribute_that_can_be_set_belongs_to_one_setting)
{
	unsigned int attr, i, owners;

	for (attr = PNF_CONFIG_GENERATION + 1; attr <= PNF_CONFIG_MAX; attr++) {
		owners = 0;
		for (i = 0; i < setting_count; i++)
			owners += (settings[i].attr == attr) + (settings[i].attr_del == attr) +
				  (settings[i].attr_flush == attr) +
				  (settings[i].attr_depth == attr);
		EXPECT_EQ(1, owners) {
			TH_LOG("attribute %u has %u settings", attr, owners);
		}
	}
}

TEST(a_setting_is_found_by_its_name_and_by_its_old_name)
{
	static const struct {
		const char *old_name;
		const char *name;
	} names[] = {
		{ "destination", "destination" }, { "protocol", "protocol" },
		{ "active_timeout", "active-timeout" }, { "active-timeout", "active-timeout" },
		{ "inactive_timeout", "inactive-timeout" }, { "refresh-rate", "refresh-rate" },
		{ "refresh_rate", "refresh-rate" }, { "timeout-rate", "timeout-rate" },
		{ "timeout_rate", "timeout-rate" }, { "sndbuf", "sndbuf" },
		{ "hashsize", "hashsize" }, { "maxflows", "maxflows" }, { "scan-min", "scan-min" },
		{ "scan_min", "scan-min" }, { "exportcpu", "exportcpu" },
		{ "engine_id", "engine-id" }, { "debug", "debug" },
		{ "aggregation", "aggregation" }, { "sampler", "sampler" },
		{ "snmp-rules", "snmp-rules" }, { "snmp_rules", "snmp-rules" },
		{ "natevents", "natevents" }, { "rand-tpl-id", "random-template-ids" },
		{ "rand_tpl_id", "random-template-ids" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		const struct setting *setting = setting_find(names[i].old_name);

		ASSERT_TRUE(!!setting) {
			TH_LOG("%s is not known", names[i].old_name);
		}
		EXPECT_STREQ(names[i].name, setting->name);
	}
	for (i = 0; i < setting_count; i++) {
		EXPECT_EQ(&settings[i], setting_find(settings[i].name));
		EXPECT_EQ(NULL, strchr(settings[i].name, '_'));
	}
}

TEST(a_name_that_is_not_whole_or_not_exact_is_no_setting)
{
	static const char *const bad[] = {
		"", "-", "proto", "protocols", "Protocol", "protocol ", " protocol", "active timeout",
		"active--timeout", "activetimeout", "destination\n", "generation",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		ASSERT_EQ(NULL, setting_find(bad[i])) {
			TH_LOG("'%s' is found", bad[i]);
		}
		ASSERT_EQ(STATUS_USAGE, setting_refuse_unknown(bad[i], &error));
		SENTENCE("there is no setting ");
		SENTENCE(quote(bad[i]));
	}
}

TEST(an_unknown_name_suggests_the_nearest_one)
{
	static const struct {
		const char *word;
		const char *nearest;
	} names[] = {
		{ "protcol", "'protocol'" }, { "portocol", "'protocol'" },
		{ "destinations", "'destination'" }, { "activ_timeout", "'active-timeout'" },
		{ "inactive", "'inactive-timeout'" }, { "max-flows", "'maxflows'" },
		{ "engineid", "'engine-id'" }, { "point", "'points'" }, { "hash", "'hashsize'" },
		{ "aggregations", "'aggregation'" }, { "snmp-rule", "'snmp-rules'" },
		{ "field", "'fields'" }, { "templates", "'template'" }, { "nat-events", "'natevents'" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		setting_refuse_unknown(names[i].word, &error);
		SENTENCE("did you mean ");
		SENTENCE(names[i].nearest);
	}
}

TEST(a_name_like_no_other_suggests_nothing)
{
	static char word[5000];

	setting_refuse_unknown("xyzzy", &error);
	EXPECT_EQ(NULL, strstr(error.text, "did you mean"));
	memset(word, 'p', sizeof(word) - 1);
	setting_refuse_unknown(word, &error);
	EXPECT_EQ(NULL, strstr(error.text, "did you mean"));
}

TEST(the_ends_of_each_range_are_accepted_and_their_neighbours_refused)
{
	char word[32], range[64];
	unsigned int i;

	for (i = 0; i < setting_count; i++) {
		const struct setting *setting = &settings[i];

		if (setting->type > SETTING_S32 || setting->words_only)
			continue;
		sprintf(range, "%lld..%lld", (long long)setting->min, (long long)setting->max);
		EXPECT_TRUE(!!strstr(setting->accepted, range)) {
			TH_LOG("%s: help says %s", setting->name, setting->accepted);
		}

		sprintf(word, "%lld", (long long)setting->min);
		EXPECT_EQ(STATUS_DONE, read_value(setting->name, word));
		EXPECT_EQ(setting->min, value.number);
		sprintf(word, "%lld", (long long)setting->max);
		EXPECT_EQ(STATUS_DONE, read_value(setting->name, word));
		EXPECT_EQ(setting->max, value.number);

		sprintf(word, "%lld", (long long)setting->min - 1);
		ASSERT_EQ(STATUS_USAGE, read_value(setting->name, word));
		SENTENCE(quote(word));
		SENTENCE(range);
		sprintf(word, "%lld", (long long)setting->max + 1);
		EXPECT_EQ(STATUS_USAGE, read_value(setting->name, word));
		SENTENCE(quote(word));
		SENTENCE(range);
	}
}

TEST(each_default_is_a_value_that_is_accepted)
{
	unsigned int i;

	for (i = 0; i < setting_count; i++) {
		ASSERT_EQ(STATUS_DONE, read_value(settings[i].name, settings[i].default_text)) {
			TH_LOG("%s: %s", settings[i].name, error.text);
		}
	}
}

TEST(numbers_fit_the_way_they_travel)
{
	unsigned int i;

	for (i = 0; i < setting_count; i++) {
		const struct setting *setting = &settings[i];

		switch (setting->type) {
		case SETTING_U8:
			EXPECT_LE(0, setting->min);
			EXPECT_GE(UINT8_MAX, setting->max);
			break;
		case SETTING_U16:
			EXPECT_LE(0, setting->min);
			EXPECT_GE(UINT16_MAX, setting->max);
			break;
		case SETTING_U32:
			EXPECT_LE(0, setting->min);
			EXPECT_GE(UINT32_MAX, setting->max);
			break;
		case SETTING_S32:
			EXPECT_LE(INT_MIN, setting->min);
			EXPECT_GE(INT_MAX, setting->max);
			break;
		case SETTING_STRING:
			EXPECT_GT(sizeof(value.string), setting->max);
			break;
		case SETTING_FIELDS:
		case SETTING_SAMPLER:
			EXPECT_FALSE(!!setting->entry);
			break;
		default:
			EXPECT_TRUE(!!setting->entry);
			EXPECT_TRUE(setting->attr_del && setting->attr_flush);
		}
	}
}

TEST(words_stand_for_their_numbers)
{
	static const struct {
		const char *name;
		const char *word;
		int64_t number;
		const char *text;
	} words[] = {
		{ "protocol", "5", 5, "5" }, { "protocol", "v5", 5, "5" },
		{ "protocol", "9", 9, "9" }, { "protocol", "v9", 9, "9" },
		{ "protocol", "10", 10, "10" }, { "protocol", "ipfix", 10, "10" },
		{ "metering", "auto", PNF_METERING_AUTO, "auto" },
		{ "metering", "on", PNF_METERING_ON, "on" },
		{ "metering", "off", PNF_METERING_OFF, "off" },
		{ "inet-priority", "first", INT_MIN, "first" },
		{ "inet-priority", "last", INT_MAX, "last" },
		{ "inet-priority", "-300", -300, "-300" },
		{ "exportcpu", "-1", -1, "-1" },
		{ "distribution", "mirror", PNF_DISTRIBUTION_MIRROR, "mirror" },
		{ "distribution", "balance", PNF_DISTRIBUTION_BALANCE, "balance" },
		{ "distribution", "failover", PNF_DISTRIBUTION_FAILOVER, "failover" },
		{ "random-template-ids", "on", 1, "on" }, { "random-template-ids", "1", 1, "on" },
		{ "compat-sampling", "off", 0, "off" }, { "compat-sampling", "0", 0, "off" },
		{ "natevents", "1", 1, "1" }, { "natevents", "on", 1, "1" },
		{ "natevents", "0", 0, "0" }, { "natevents", "off", 0, "0" },
		{ "nat-event-codes", "rfc8158", PNF_NAT_EVENT_CODES_RFC8158, "rfc8158" },
		{ "nat-event-codes", "legacy", PNF_NAT_EVENT_CODES_LEGACY, "legacy" },
		{ "dscp", "cs0", 0, "0" }, { "dscp", "cs7", 56, "56" }, { "dscp", "af11", 10, "10" },
		{ "dscp", "af43", 38, "38" }, { "dscp", "ef", 46, "46" }, { "dscp", "17", 17, "17" },
		{ "max-message", "0", 0, "0" }, { "max-message", "1280", 1280, "1280" },
		{ "source-port", "0", 0, "0" }, { "export-delay", "0", 0, "0" },
	};
	char text[SETTING_TEXT];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		const struct setting *setting = setting_find(words[i].name);

		ASSERT_EQ(STATUS_DONE, read_value(words[i].name, words[i].word)) {
			TH_LOG("%s", error.text);
		}
		EXPECT_EQ(words[i].number, value.number);
		EXPECT_STREQ(words[i].text, setting->format(setting, &value, text));
	}
}

TEST(a_bad_value_is_refused_with_the_word_and_what_is_accepted)
{
	static const struct {
		const char *name;
		const char *word;
		const char *sentence;
	} bad[] = {
		{ "protocol", "", "accepted is 5, 9, 10, v5, v9, ipfix" },
		{ "protocol", "7", "accepted is 5, 9, 10, v5, v9, ipfix" },
		{ "protocol", "05", "accepted is 5, 9, 10, v5, v9, ipfix" },
		{ "protocol", "IPFIX", "accepted is 5, 9, 10, v5, v9, ipfix" },
		{ "protocol", "v10", "accepted is 5, 9, 10, v5, v9, ipfix" },
		{ "protocol", "261", "accepted is 5, 9, 10, v5, v9, ipfix" },
		{ "metering", "1", "accepted is auto, on, off" },
		{ "metering", "ON", "accepted is auto, on, off" },
		{ "metering", "yes", "accepted is auto, on, off" },
		{ "inet-priority", "middle", "is not a number" },
		{ "inet-priority", "last ", "is not a number" },
		{ "active-timeout", "30m", "is not a number, accepted is 1..604800 seconds" },
		{ "active-timeout", "0", "is out of range, accepted is 1..604800 seconds" },
		{ "inactive-timeout", "-15", "is out of range, accepted is 1..604800 seconds" },
		{ "inactive-timeout", "15.5", "is not a number" },
		{ "refresh-rate", "0", "is out of range, accepted is 1..1000000 messages" },
		{ "timeout-rate", "10081", "is out of range, accepted is 0..10080 minutes" },
		{ "sndbuf", "4G", "is not a number, accepted is 0..1073741824 octets" },
		{ "hashsize", "67108865", "is out of range, accepted is 0..67108864 buckets" },
		{ "maxflows", "4294967296", "is out of range, accepted is 0..4294967295 flows" },
		{ "maxflows", "unlimited", "is not a number" },
		{ "scan-min", "6001", "is out of range, accepted is 1..6000 x 10 ms" },
		{ "exportcpu", "-2", "is out of range, accepted is -1..65535" },
		{ "exportcpu", "any", "is not a number" },
		{ "engine-id", "0x10", "is not a number" },
		{ "debug", "3", "is out of range, accepted is 0..2" },
		{ "destination", "nowhere!", "at character 8" },
		{ "points", "outlet", "is not an Observation Point" },
		{ "distribution", "both", "accepted is mirror, balance, failover" },
		{ "random-template-ids", "yes", "accepted is on, off" },
		{ "compat-sampling", "2", "accepted is on, off" },
		{ "natevents", "2", "accepted is 0, 1, off, on" },
		{ "natevents", "", "accepted is 0, 1, off, on" },
		{ "nat-event-codes", "rfc", "accepted is rfc8158, legacy" },
		{ "dscp", "64", "is out of range, accepted is 0..63, cs0..cs7, af11..af43, ef" },
		{ "dscp", "af14", "is not a number, accepted is 0..63" },
		{ "dscp", "cs8", "is not a number" },
		{ "source-port", "65536", "is out of range, accepted is 0..65535" },
		{ "max-message", "1", "is out of range, accepted is 0, 512..65535 octets" },
		{ "max-message", "511", "is out of range, accepted is 0, 512..65535 octets" },
		{ "max-message", "00", "is out of range" },
		{ "export-delay", "1s", "is not a number, accepted is 0..60000 ms" },
		{ "sampler", "hash:1", "at character 6" },
		{ "fields", "mac,ip", "'ip' is not a group of fields" },
		{ "aggregation", "192.0.2.0/24", "at character 13" },
		{ "snmp-rules", "eth", "at character 4" },
		{ "template", "mine", "needs elements" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		ASSERT_EQ(STATUS_USAGE, read_value(bad[i].name, bad[i].word)) {
			TH_LOG("%s '%s' is accepted", bad[i].name, bad[i].word);
		}
		/* the entry of a list that is wrong, without those before it */
		SENTENCE(quote(strrchr(bad[i].word, ',') ? strrchr(bad[i].word, ',') + 1 :
			       bad[i].word));
		SENTENCE(bad[i].sentence);
	}
}

TEST(a_domain_name_has_at_most_64_octets)
{
	char word[66];

	memset(word, 'a', sizeof(word));
	word[65] = '\0';
	ASSERT_EQ(STATUS_USAGE, read_value("domain-name", word));
	SENTENCE("the text has at most 64 octets (at character 65)");
	word[64] = '\0';
	ASSERT_EQ(STATUS_DONE, read_value("domain-name", word));
	EXPECT_STREQ(word, value.string);
}

TEST(what_is_no_number_and_no_list_is_written_as_it_is_read)
{
	static const struct {
		const char *name;
		const char *word;
	} words[] = {
		{ "fields", "none" }, { "fields", "mac,nanoseconds,mpls=4" },
		{ "sampler", "none" }, { "sampler", "deterministic:16383" },
		{ "domain-name", "" }, { "domain-name", "edge 1, north" },
	};
	char text[SETTING_TEXT];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		const struct setting *setting = setting_find(words[i].name);

		ASSERT_EQ(STATUS_DONE, read_value(words[i].name, words[i].word));
		EXPECT_STREQ(words[i].word, setting->format(setting, &value, text));
	}
}

TEST(entries_of_a_list_are_written_one_by_one)
{
	static const struct {
		const char *name;
		const char *word;
		const char *second;
	} lists[] = {
		{ "destination", "192.0.2.1:9,192.0.2.2:9", "192.0.2.2:9" },
		{ "aggregation", "1=2,2001:db8::/32=48", "2001:db8::/32=48" },
		{ "snmp-rules", "eth:100,ppp:200", "ppp:200" },
		{ "template", "a=x,b=y", "b=20" },	/* the number of what has no name */
	};
	static const struct elements elements;
	char text[ENTRY_TEXT];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lists); i++) {
		const struct setting *setting = setting_find(lists[i].name);

		ASSERT_EQ(STATUS_DONE, read_value(lists[i].name, lists[i].word));
		value.templates.entries[1].elements[0] = 20;
		ASSERT_EQ(2, setting_entry_count(setting, &value));
		EXPECT_STREQ(lists[i].second,
			     setting_format_entry(setting, &value, 1, &elements, text));
		EXPECT_EQ(strchr(lists[i].word, ',') + 1 - lists[i].word,
			  setting_entry_span(setting, &value, 1)->start);
	}
}

TEST(add_and_del_know_the_lists_by_their_entries)
{
	char names[128];

	ASSERT_TRUE(!!setting_find_list("destination"));
	EXPECT_STREQ("destination", setting_find_list("destination")->name);
	ASSERT_TRUE(!!setting_find_list("point"));
	EXPECT_STREQ("points", setting_find_list("point")->name);
	ASSERT_TRUE(!!setting_find_list("aggregation"));
	ASSERT_TRUE(!!setting_find_list("snmp-rule"));
	EXPECT_STREQ("snmp-rules", setting_find_list("snmp-rule")->name);
	ASSERT_TRUE(!!setting_find_list("template"));
	EXPECT_STREQ("destination, template, aggregation, snmp-rule, point",
		     setting_list_names(names, sizeof(names)));
	EXPECT_EQ(NULL, setting_find_list("points"));
	EXPECT_EQ(NULL, setting_find_list("protocol"));
	EXPECT_EQ(NULL, setting_find_list(""));
}

TEST_HARNESS_MAIN
