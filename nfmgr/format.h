/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The other direction of parse.h: values as words, in the grammars that are read.
 */
#ifndef NFMGR_FORMAT_H
#define NFMGR_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#include "parse.h"

/* ADDRESS:PORT@SOURCE%DEVICE with brackets: the longest there is */
#define DESTINATION_TEXT	(2 * INET6_ADDRSTRLEN + IFNAMSIZ + 16)
#define POINT_TEXT		128
#define FIELDS_TEXT		160
#define SAMPLER_TEXT		32
#define AGGREGATION_TEXT	(INET6_ADDRSTRLEN + 16)
#define SNMP_RULE_TEXT		(IFNAMSIZ + 16)
#define TIME_TEXT		48
#define COUNT_TEXT		32

#define NS_PER_SECOND		UINT64_C(1000000000)

/* Octets of a text after format_printable() */
#define PRINTABLE_TEXT(octets)	(4 * (octets))

const char *format_printable(const char *word, char *text, size_t size);
const char *format_word(const struct word_value *words, int64_t value);
const char *format_address(const struct address *address, char text[INET6_ADDRSTRLEN]);
const char *format_destination(const struct destination *dest, char text[DESTINATION_TEXT]);
const char *format_point(const struct point *point, char text[POINT_TEXT]);
const char *format_fields(const struct fields *fields, char text[FIELDS_TEXT]);
const char *format_sampler(const struct sampler *sampler, char text[SAMPLER_TEXT]);
const char *format_aggregation(const struct aggregation *rule, char text[AGGREGATION_TEXT]);
const char *format_snmp_rule(const struct snmp_rule *rule, char text[SNMP_RULE_TEXT]);
const char *format_date(uint64_t seconds, uint32_t fraction, int digits, char text[TIME_TEXT]);
const char *format_time(uint64_t ns, char text[TIME_TEXT]);
const char *format_octets(uint64_t octets, char text[COUNT_TEXT]);
const char *format_rate(uint64_t rate, const char *unit, char text[COUNT_TEXT]);

#endif
