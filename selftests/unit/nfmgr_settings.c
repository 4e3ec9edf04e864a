// SPDX-License-Identifier: GPL-2.0-only
/* sources: nfmgr/settings.c nfmgr/suggest.c nfmgr/parse.c nfmgr/format.c nfmgr/err.c */
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
				  (settings[i].attr_flush == attr);
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

		if (setting->entry || setting->words_only)
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
		EXPECT_EQ(STATUS_USAGE, read_value(setting->name, word));
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
		case SETTING_U32:
			EXPECT_LE(0, setting->min);
			EXPECT_GE(UINT32_MAX, setting->max);
			break;
		case SETTING_S32:
			EXPECT_LE(INT_MIN, setting->min);
			EXPECT_GE(INT_MAX, setting->max);
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
	};
	char text[SETTING_TEXT];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		const struct setting *setting = setting_find(words[i].name);

		ASSERT_EQ(STATUS_DONE, read_value(words[i].name, words[i].word)) {
			TH_LOG("%s", error.text);
		}
		EXPECT_EQ(words[i].number, value.number);
		EXPECT_STREQ(words[i].text, setting->format(setting, words[i].number, text));
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
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		ASSERT_EQ(STATUS_USAGE, read_value(bad[i].name, bad[i].word)) {
			TH_LOG("%s '%s' is accepted", bad[i].name, bad[i].word);
		}
		SENTENCE(quote(bad[i].word));
		SENTENCE(bad[i].sentence);
	}
}

TEST(add_and_del_know_the_lists_by_their_entries)
{
	ASSERT_TRUE(!!setting_find_list("destination"));
	EXPECT_STREQ("destination", setting_find_list("destination")->name);
	ASSERT_TRUE(!!setting_find_list("point"));
	EXPECT_STREQ("points", setting_find_list("point")->name);
	EXPECT_EQ(NULL, setting_find_list("points"));
	EXPECT_EQ(NULL, setting_find_list("protocol"));
	EXPECT_EQ(NULL, setting_find_list(""));
}

TEST_HARNESS_MAIN
