// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ie.h"
#include "format.h"
#include "suggest.h"

/* From 1900, where NTP timestamps begin, to 1970 (RFC 5905 6) */
#define NTP_UNIX_SECONDS	UINT64_C(2208988800)

static int compare_ids(const void *a, const void *b)
{
	const struct element *left = a, *right = b;

	return (left->id > right->id) - (left->id < right->id);
}

/**
 * elements_sort() - put a list of elements into its order
 */
void elements_sort(struct elements *elements)
{
	if (elements->count)
		qsort(elements->entries, elements->count, sizeof(*elements->entries), compare_ids);
}

/**
 * elements_find() - an element by its number
 *
 * Return: NULL if there is none
 */
const struct element *elements_find(const struct elements *elements, uint16_t id)
{
	const struct element key = { .id = id };

	if (!elements->count)
		return NULL;
	return bsearch(&key, elements->entries, elements->count, sizeof(key), compare_ids);
}

static int refuse_element(const struct elements *elements, const char *word,
			  const struct span *span, struct err *err)
{
	char name[ELEMENT_NAME_OCTETS], hint[SUGGESTION_TEXT];
	struct suggestion suggestion;
	size_t i;

	snprintf(name, sizeof(name), "%.*s", (int)span->length, word + span->start);
	suggestion_start(&suggestion, name);
	for (i = 0; i < elements->count; i++)
		suggestion_offer(&suggestion, elements->entries[i].name);
	return err_usage(err, "there is no Information Element %s%s (at character %zu)",
			 quote_part(word + span->start, span->length),
			 suggestion_sentence(&suggestion, hint), span->start + 1);
}

static int element_resolve(const struct elements *elements, const char *word,
			   const struct span *span, uint16_t *id, struct err *err)
{
	size_t i;

	for (i = 0; i < elements->count; i++) {
		if (part_is(word + span->start, span->length, elements->entries[i].name)) {
			*id = elements->entries[i].id;
			return STATUS_DONE;
		}
	}
	return refuse_element(elements, word, span, err);
}

/**
 * elements_resolve() - give the elements of Templates their numbers
 * @word: what @list was read from
 */
int elements_resolve(const struct elements *elements, const char *word,
		     struct template_list *list, struct err *err)
{
	size_t i, j;
	int status;

	for (i = 0; i < list->count; i++) {
		struct template *template = &list->entries[i];

		for (j = 0; j < template->count; j++) {
			status = element_resolve(elements, word, &template->words[j],
						 &template->elements[j], err);
			if (status)
				return status;
		}
	}
	return STATUS_DONE;
}

/**
 * format_template() - a Template in the grammar that parse_templates() reads
 */
const char *format_template(const struct template *template, const struct elements *elements,
			    char text[TEMPLATE_TEXT])
{
	size_t used, i;

	used = snprintf(text, TEMPLATE_TEXT, "%s", template->name);
	for (i = 0; i < template->count; i++) {
		const struct element *element = elements_find(elements, template->elements[i]);

		used += snprintf(text + used, TEMPLATE_TEXT - used, "%c", i ? ',' : '=');
		if (element)
			used += snprintf(text + used, TEMPLATE_TEXT - used, "%s", element->name);
		else
			used += snprintf(text + used, TEMPLATE_TEXT - used, "%u",
					 template->elements[i]);
	}
	return text;
}

/**
 * element_type_name() - IANA's name of an element's abstract data type (RFC 7012 3.1)
 *
 * Return: NULL for a type that is not known here
 */
const char *element_type_name(const struct element *element)
{
	static const char *const names[] = {
		[PNF_ELEMENT_OCTET_ARRAY] = "octetArray",
		[PNF_ELEMENT_BOOLEAN] = "boolean",
		[PNF_ELEMENT_MAC_ADDRESS] = "macAddress",
		[PNF_ELEMENT_IPV4_ADDRESS] = "ipv4Address",
		[PNF_ELEMENT_IPV6_ADDRESS] = "ipv6Address",
		[PNF_ELEMENT_STRING] = "string",
		[PNF_ELEMENT_SECONDS] = "dateTimeSeconds",
		[PNF_ELEMENT_MILLISECONDS] = "dateTimeMilliseconds",
		[PNF_ELEMENT_MICROSECONDS] = "dateTimeMicroseconds",
		[PNF_ELEMENT_NANOSECONDS] = "dateTimeNanoseconds",
		[PNF_ELEMENT_FLOAT64] = "float64",
	};

	if (element->type == PNF_ELEMENT_UNSIGNED) {
		switch (element->octets ? element->octets : element->octets_v9) {
		case 1:
			return "unsigned8";
		case 2:
			return "unsigned16";
		case 4:
			return "unsigned32";
		default:
			return "unsigned64";
		}
	}
	return element->type < sizeof(names) / sizeof(names[0]) ? names[element->type] : NULL;
}

/*
 * Values, RFC 7011 6.1
 */

/**
 * element_unsigned() - a number of up to eight octets
 */
uint64_t element_unsigned(const uint8_t *octets, size_t length)
{
	uint64_t number = 0;
	size_t i;

	for (i = 0; i < length; i++)
		number = number << 8 | octets[i];
	return number;
}

/*
 * A second's fraction in 2^-32 (RFC 7011 6.1.9) in units of which a second has @units; the
 * nearest, since a fraction of 32 bits is seldom exact. May be @units.
 */
static uint32_t ntp_fraction(uint32_t fraction, uint32_t units)
{
	return ((uint64_t)fraction * units + (UINT64_C(1) << 31)) >> 32;
}

/* An NTP timestamp that lies before 1970 lies after 2036, when they wrap */
static uint64_t ntp_seconds(uint32_t seconds)
{
	if (seconds < NTP_UNIX_SECONDS)
		return seconds + (UINT64_C(1) << 32) - NTP_UNIX_SECONDS;
	return seconds - NTP_UNIX_SECONDS;
}

/* @digits: of the fraction of a second */
static const char *format_ntp(const uint8_t *octets, uint32_t units, int digits,
			      char text[TIME_TEXT])
{
	uint64_t seconds = ntp_seconds(element_unsigned(octets, 4));
	uint32_t fraction = ntp_fraction(element_unsigned(octets + 4, 4), units);

	if (fraction == units) {
		fraction = 0;
		seconds++;
	}
	return format_date(seconds, fraction, digits, text);
}

/**
 * element_ns() - a time
 * @type: enum pnf_element_type
 *
 * Return: ns since 1970, 0 for what is no time
 */
uint64_t element_ns(uint8_t type, const uint8_t *octets, size_t length)
{
	if (type == PNF_ELEMENT_SECONDS && length == 4)
		return element_unsigned(octets, 4) * NS_PER_SECOND;
	if (type == PNF_ELEMENT_MILLISECONDS && length == 8)
		return element_unsigned(octets, 8) * 1000000;
	if ((type == PNF_ELEMENT_MICROSECONDS || type == PNF_ELEMENT_NANOSECONDS) && length == 8)
		return ntp_seconds(element_unsigned(octets, 4)) * NS_PER_SECOND +
		       ntp_fraction(element_unsigned(octets + 4, 4), NS_PER_SECOND);
	return 0;
}

static bool decode_time(uint8_t type, const uint8_t *octets, size_t length, char *text)
{
	uint64_t number;

	if (length != (type == PNF_ELEMENT_SECONDS ? 4 : 8))
		return false;
	number = element_unsigned(octets, length);
	switch (type) {
	case PNF_ELEMENT_SECONDS:
		format_date(number, 0, 0, text);
		break;
	case PNF_ELEMENT_MILLISECONDS:
		format_date(number / 1000, number % 1000, 3, text);
		break;
	case PNF_ELEMENT_MICROSECONDS:
		format_ntp(octets, 1000000, 6, text);
		break;
	default:
		format_ntp(octets, NS_PER_SECOND, 9, text);
	}
	return true;
}

/* Hexadecimal digits, with @separator between octets unless it is 0 */
static void decode_octets(const uint8_t *octets, size_t length, char separator, char *text)
{
	size_t i;

	*text = '\0';
	for (i = 0; i < length; i++) {
		if (i && separator)
			*text++ = separator;
		text += sprintf(text, "%02x", octets[i]);
	}
}

/* Names of devices may have any octets: what is no character is escaped, zeros behind go */
static void decode_string(const uint8_t *octets, size_t length, char *text)
{
	const char *from = (const char *)octets;
	char *to = text;
	size_t used = 0;

	length = strnlen(from, length);
	while (used < length)
		used += put_printable(&to, from + used, length - used);
	*to = '\0';
}

static bool decode_float64(const uint8_t *octets, size_t length, double *real)
{
	uint64_t bits;

	if (length != sizeof(bits))
		return false;
	bits = element_unsigned(octets, length);
	memcpy(real, &bits, sizeof(bits));
	return isfinite(*real);		/* JSON has no others */
}

/**
 * element_decode() - a value
 * @type: enum pnf_element_type
 * @octets: as IPFIX has them
 * @length: of @octets
 * @value: filled
 *
 * What is of a type that is not known here is shown as octets.
 */
void element_decode(uint8_t type, const uint8_t *octets, size_t length,
		    struct element_value *value)
{
	bool is_good = true;

	value->kind = ELEMENT_WORD;
	switch (type) {
	case PNF_ELEMENT_UNSIGNED:
		value->kind = ELEMENT_NUMBER;
		is_good = length && length <= 8;
		if (is_good)
			value->number = element_unsigned(octets, length);
		break;
	case PNF_ELEMENT_FLOAT64:
		value->kind = ELEMENT_REAL;
		is_good = decode_float64(octets, length, &value->real);
		break;
	case PNF_ELEMENT_BOOLEAN:
		value->kind = ELEMENT_FLAG;
		is_good = length == 1 && (*octets == 1 || *octets == 2);
		value->flag = is_good && *octets == 1;
		break;
	case PNF_ELEMENT_MAC_ADDRESS:
		is_good = length == 6;
		if (is_good)
			decode_octets(octets, length, ':', value->text);
		break;
	case PNF_ELEMENT_IPV4_ADDRESS:
		is_good = length == 4 && inet_ntop(AF_INET, octets, value->text, ELEMENT_TEXT);
		break;
	case PNF_ELEMENT_IPV6_ADDRESS:
		is_good = length == 16 && inet_ntop(AF_INET6, octets, value->text, ELEMENT_TEXT);
		break;
	case PNF_ELEMENT_STRING:
		is_good = length <= ELEMENT_TEXT / 4;
		if (is_good)
			decode_string(octets, length, value->text);
		break;
	case PNF_ELEMENT_SECONDS:
	case PNF_ELEMENT_MILLISECONDS:
	case PNF_ELEMENT_MICROSECONDS:
	case PNF_ELEMENT_NANOSECONDS:
		is_good = decode_time(type, octets, length, value->text);
		break;
	default:
		is_good = length <= ELEMENT_TEXT / 2;
		if (is_good)
			decode_octets(octets, length, 0, value->text);
	}
	if (!is_good)
		value->kind = ELEMENT_NOTHING;
}
