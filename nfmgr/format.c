// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "format.h"

/**
 * format_printable() - what the kernel calls something, fit for a terminal
 * @text: filled
 * @size: of @text, PRINTABLE_TEXT() of that of @word
 *
 * Names of devices may have any octets but blanks, slashes and colons.
 */
const char *format_printable(const char *word, char *text, size_t size)
{
	char *to = text;

	while (*word && to + sizeof("\\x00") <= text + size)
		word += put_printable(&to, word, strlen(word));
	*to = '\0';
	return text;
}

/**
 * format_word() - the word for a value
 *
 * Return: NULL if no word stands for it
 */
const char *format_word(const struct word_value *words, int64_t value)
{
	for (; words->word; words++) {
		if (words->value == value)
			return words->word;
	}
	return NULL;
}

const char *format_address(const struct address *address, char text[INET6_ADDRSTRLEN])
{
	if (!address->family ||
	    !inet_ntop(address->family, &address->v6, text, INET6_ADDRSTRLEN))
		strcpy(text, "-");
	return text;
}

/**
 * format_destination() - a destination in the grammar that parse_destinations() reads
 */
const char *format_destination(const struct destination *dest, char text[DESTINATION_TEXT])
{
	char address[INET6_ADDRSTRLEN], source[INET6_ADDRSTRLEN] = "";

	format_address(&dest->address, address);
	if (dest->source.family)
		format_address(&dest->source, source);
	snprintf(text, DESTINATION_TEXT, "%s%s%s:%u%s%s%s%s",
		 dest->address.family == AF_INET6 ? "[" : "", address,
		 dest->address.family == AF_INET6 ? "]" : "", dest->port,
		 *source ? "@" : "", source, *dest->device ? "%" : "", dest->device);
	return text;
}

/**
 * format_point() - an Observation Point in the grammar that parse_points() reads
 */
const char *format_point(const struct point *point, char text[POINT_TEXT])
{
	const struct word_value *hook;
	uint32_t hooks = point->hooks;
	size_t used;

	used = snprintf(text, POINT_TEXT, "inet");
	if (!hooks || hooks == PNF_HOOKS_DEFAULT)
		return text;
	for (hook = hook_words; hook->word; hook++) {
		if (hooks & hook->value)
			used += snprintf(text + used, POINT_TEXT - used, "%c%s",
					 hooks == point->hooks ? '=' : '+', hook->word);
		hooks &= ~hook->value;
	}
	return text;
}

/**
 * format_fields() - groups of fields in the grammar that parse_fields() reads
 */
const char *format_fields(const struct fields *fields, char text[FIELDS_TEXT])
{
	const struct word_value *group;
	size_t used = 0;

	for (group = field_words; group->word; group++) {
		if (fields->groups & group->value)
			used += snprintf(text + used, FIELDS_TEXT - used, "%s%s", used ? "," : "",
					 group->word);
	}
	if (fields->mpls_depth)
		used += snprintf(text + used, FIELDS_TEXT - used, "%smpls=%u", used ? "," : "",
				 fields->mpls_depth);
	if (!used)
		strcpy(text, "none");
	return text;
}

/**
 * format_sampler() - a sampler in the grammar that parse_sampler() reads
 */
const char *format_sampler(const struct sampler *sampler, char text[SAMPLER_TEXT])
{
	const char *method = format_word(sampler_words, sampler->method);

	if (!method || sampler->method == PNF_SAMPLER_NONE)
		strcpy(text, "none");
	else
		snprintf(text, SAMPLER_TEXT, "%s:%" PRIu32, method, sampler->interval);
	return text;
}

/**
 * format_aggregation() - an aggregation rule in the grammar that parse_aggregations() reads
 */
const char *format_aggregation(const struct aggregation *rule, char text[AGGREGATION_TEXT])
{
	char address[INET6_ADDRSTRLEN];

	if (rule->address.family)
		snprintf(text, AGGREGATION_TEXT, "%s/%u=%u",
			 format_address(&rule->address, address), rule->prefix, rule->keep);
	else if (rule->port_first == rule->port_last)
		snprintf(text, AGGREGATION_TEXT, "%u=%u", rule->port_first, rule->port);
	else
		snprintf(text, AGGREGATION_TEXT, "%u-%u=%u", rule->port_first, rule->port_last,
			 rule->port);
	return text;
}

/**
 * format_snmp_rule() - an index rule in the grammar that parse_snmp_rules() reads
 */
const char *format_snmp_rule(const struct snmp_rule *rule, char text[SNMP_RULE_TEXT])
{
	snprintf(text, SNMP_RULE_TEXT, "%s:%" PRIu32, rule->name, rule->base);
	return text;
}

/**
 * format_date() - ISO 8601, UTC
 * @seconds: since 1970
 * @fraction: of a second, in units of its last digit
 * @digits: that the fraction has, 0: none
 */
const char *format_date(uint64_t seconds, uint32_t fraction, int digits, char text[TIME_TEXT])
{
	time_t time = seconds;
	struct tm tm;
	size_t used;

	if (!gmtime_r(&time, &tm)) {
		strcpy(text, "-");
		return text;
	}
	used = strftime(text, TIME_TEXT, "%Y-%m-%dT%H:%M:%S", &tm);
	if (digits)
		snprintf(text + used, TIME_TEXT - used, ".%0*" PRIu32 "Z", digits, fraction);
	else
		snprintf(text + used, TIME_TEXT - used, "Z");
	return text;
}

/**
 * format_time() - ISO 8601 with milliseconds, UTC
 * @ns: since 1970
 */
const char *format_time(uint64_t ns, char text[TIME_TEXT])
{
	return format_date(ns / NS_PER_SECOND, ns / 1000000 % 1000, 3, text);
}

static const char *format_scaled(uint64_t value, unsigned int step, const char *const *units,
				 char text[COUNT_TEXT])
{
	double scaled = value;

	/* 999.95 would be printed as 1000.0 */
	while (scaled >= step - 0.05 && units[1]) {
		scaled /= step;
		units++;
	}
	if (value < step)
		snprintf(text, COUNT_TEXT, "%" PRIu64 "%s", value, *units);
	else
		snprintf(text, COUNT_TEXT, "%.1f%s", scaled, *units);
	return text;
}

/**
 * format_octets() - an amount of memory
 */
const char *format_octets(uint64_t octets, char text[COUNT_TEXT])
{
	static const char *const units[] = {
		" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB", NULL
	};

	return format_scaled(octets, 1024, units, text);
}

/**
 * format_rate() - a rate with SI prefixes
 * @unit: "bit/s"
 */
const char *format_rate(uint64_t rate, const char *unit, char text[COUNT_TEXT])
{
	static const char *const units[] = { " ", " k", " M", " G", " T", " P", " E", NULL };
	size_t used;

	format_scaled(rate, 1000, units, text);
	used = strlen(text);
	snprintf(text + used, COUNT_TEXT - used, "%s", unit);
	return text;
}
