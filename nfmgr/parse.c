// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "parse.h"

#define LETTERS		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS		"0123456789"

#define NAME_CHARACTERS	LETTERS DIGITS "-._"	/* of hosts and of Templates */
#define IPV6_CHARACTERS	DIGITS "abcdefABCDEF:."

/* The first of each value is the one that is printed */
const struct word_value hook_words[] = {
	{ "prerouting", PNF_HOOK_PREROUTING },
	{ "local-in", PNF_HOOK_LOCAL_IN },
	{ "forward", PNF_HOOK_FORWARD },
	{ "local-out", PNF_HOOK_LOCAL_OUT },
	{ "postrouting", PNF_HOOK_POSTROUTING },
	{ "input", PNF_HOOK_LOCAL_IN },		/* the words of iptables and nftables */
	{ "output", PNF_HOOK_LOCAL_OUT },
	{ NULL, 0 },
};

const struct word_value field_words[] = {
	{ "mac", PNF_FIELD_MAC },
	{ "vlan", PNF_FIELD_VLAN },
	{ "direction", PNF_FIELD_DIRECTION },
	{ "physdev", PNF_FIELD_PHYSDEV },
	{ "physdev-override", PNF_FIELD_PHYSDEV_OVERRIDE },
	{ "ttl", PNF_FIELD_TTL },
	{ "length", PNF_FIELD_LENGTH },
	{ "layer2", PNF_FIELD_LAYER2 },
	{ "nat", PNF_FIELD_NAT },
	{ "vrf", PNF_FIELD_VRF },
	{ "microseconds", PNF_FIELD_MICROSECONDS },
	{ "nanoseconds", PNF_FIELD_NANOSECONDS },
	{ "duration", PNF_FIELD_DURATION },
	{ NULL, 0 },
};

const struct word_value sampler_words[] = {
	{ "none", PNF_SAMPLER_NONE },
	{ "deterministic", PNF_SAMPLER_DETERMINISTIC },
	{ "random", PNF_SAMPLER_RANDOM },
	{ "hash", PNF_SAMPLER_HASH },
	{ NULL, 0 },
};

/**
 * parse_number() - a decimal number within a range
 * @accepted: the range with its unit, for the sentence
 */
int parse_number(const char *word, int64_t min, int64_t max, const char *accepted,
		 int64_t *value, struct err *err)
{
	bool negative = *word == '-';
	const char *digits = word + negative;
	bool too_long = false;
	int64_t number = 0;
	const char *at;

	for (at = digits; isdigit((unsigned char)*at); at++) {
		/* every range ends far below */
		if (number > INT64_MAX / 100)
			too_long = true;
		else
			number = number * 10 + (*at - '0');
	}
	if (at == digits || *at)
		return err_usage(err, "%s is not a number, accepted is %s", quote(word), accepted);

	if (negative)
		number = -number;
	if (too_long || number < min || number > max)
		return err_usage(err, "%s is out of range, accepted is %s", quote(word), accepted);

	*value = number;
	return STATUS_DONE;
}

/**
 * part_is() - whether the first @length octets of @word, which has as many, are @text
 */
bool part_is(const char *word, size_t length, const char *text)
{
	return length == strlen(text) && !memcmp(word, text, length);
}

/**
 * parse_word() - look a word up in a table that ends with a NULL word
 */
bool parse_word(const char *word, const struct word_value *words, int64_t *value)
{
	for (; words->word; words++) {
		if (!strcmp(word, words->word)) {
			*value = words->value;
			return true;
		}
	}
	return false;
}

/* One entry of a list while it is read; @at moves from @start to @end in @word */
struct cursor {
	const char *word;
	size_t start;
	size_t end;
	size_t at;
	struct err *err;
};

static const char *cursor_quote(const struct cursor *cur, size_t from, size_t to)
{
	return quote_part(cur->word + from, to - from);
}

__attribute__((format(printf, 3, 4)))
static int cursor_refuse(const struct cursor *cur, size_t position, const char *format, ...)
{
	char reason[256];
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);

	return err_usage(cur->err, "%s: %s (at character %zu)",
			 cursor_quote(cur, cur->start, cur->end), reason, position + 1);
}

static bool is_separator(char c)
{
	return c == ',' || c == ' ';
}

/* Moves to the next entry of a list; false at the end of the list */
static bool cursor_next(struct cursor *cur)
{
	size_t at = cur->end;

	while (is_separator(cur->word[at]))
		at++;
	cur->start = at;
	cur->at = at;
	while (cur->word[at] && !is_separator(cur->word[at]))
		at++;
	cur->end = at;
	return cur->start < cur->end;
}

/* First octet of [from, to) that is one of @set, else @to */
static size_t find_any(const char *word, size_t from, size_t to, const char *set)
{
	while (from < to && !strchr(set, word[from]))
		from++;
	return from;
}

/* First octet of [from, to) that is none of @set, else @to */
static size_t find_other(const char *word, size_t from, size_t to, const char *set)
{
	while (from < to && strchr(set, word[from]))
		from++;
	return from;
}

/* Whether the entry has @text up to @to */
static bool cursor_is(const struct cursor *cur, size_t to, const char *text)
{
	return part_is(cur->word + cur->start, to - cur->start, text);
}

static struct span cursor_span(const struct cursor *cur, size_t to)
{
	return (struct span){ .start = cur->start, .length = to - cur->start };
}

static bool copy_part(const char *word, size_t from, size_t to, char *buffer, size_t size)
{
	if (to - from >= size)
		return false;
	memcpy(buffer, word + from, to - from);
	buffer[to - from] = '\0';
	return true;
}

/* Where the text stops being four octets with dots */
static size_t ipv4_fault(const char *word, size_t from, size_t to)
{
	size_t at = from;
	int octets;

	for (octets = 1; octets <= 4; octets++) {
		size_t start = at;
		int value = 0;

		while (at < to && isdigit((unsigned char)word[at])) {
			value = value * 10 + (word[at] - '0');
			if (value > 255 || (at > start && word[start] == '0'))
				return start;
			at++;
		}
		if (at == start)
			return at;
		if (octets < 4) {
			if (at == to || word[at] != '.')
				return at;
			at++;
		}
	}
	return at;
}

static int cursor_ipv4(struct cursor *cur, size_t to, struct address *address)
{
	size_t from = cur->at;
	char text[INET_ADDRSTRLEN];

	if (!copy_part(cur->word, from, to, text, sizeof(text)) ||
	    inet_pton(AF_INET, text, &address->v4) != 1)
		return cursor_refuse(cur, ipv4_fault(cur->word, from, to),
				     "%s is not an IPv4 address", cursor_quote(cur, from, to));
	address->family = AF_INET;
	cur->at = to;
	return STATUS_DONE;
}

static int cursor_ipv6(struct cursor *cur, size_t to, struct address *address)
{
	size_t from = cur->at;
	char text[INET6_ADDRSTRLEN];
	size_t fault;

	if (!copy_part(cur->word, from, to, text, sizeof(text)) ||
	    inet_pton(AF_INET6, text, &address->v6) != 1) {
		fault = find_other(cur->word, from, to, IPV6_CHARACTERS);
		return cursor_refuse(cur, fault < to ? fault : from, "%s is not an IPv6 address",
				     cursor_quote(cur, from, to));
	}
	if (IN6_IS_ADDR_V4MAPPED(&address->v6))
		return cursor_refuse(cur, from,
				     "write an IPv4 address as such, not mapped into IPv6");
	address->family = AF_INET6;
	cur->at = to;
	return STATUS_DONE;
}

/* Of either family: only IPv6 has colons */
static int cursor_address(struct cursor *cur, size_t to, struct address *address)
{
	if (find_any(cur->word, cur->at, to, ":") < to)
		return cursor_ipv6(cur, to, address);
	return cursor_ipv4(cur, to, address);
}

/*
 * A number from where @cur stands up to @to, where @cur stands then
 * @what: the number is called
 */
static int cursor_decimal(struct cursor *cur, size_t to, const char *what, uint32_t min,
			  uint32_t max, uint32_t *value)
{
	size_t from = cur->at;
	uint64_t number = 0;
	size_t at;

	if (from == to && from == cur->start)
		return cursor_refuse(cur, from, "the %s is missing", what);
	if (from == to)
		return cursor_refuse(cur, from, "the %s is missing after '%c'", what,
				     cur->word[from - 1]);

	for (at = from; at < to; at++) {
		if (!isdigit((unsigned char)cur->word[at]))
			return cursor_refuse(cur, at, "%s %s is not a number in %u..%u", what,
					     cursor_quote(cur, from, to), min, max);
		if (number <= max)
			number = number * 10 + (cur->word[at] - '0');
	}
	if (number < min || number > max)
		return cursor_refuse(cur, from, "%s %s is not in %u..%u", what,
				     cursor_quote(cur, from, to), min, max);
	*value = number;
	cur->at = to;
	return STATUS_DONE;
}

/*
 * As cursor_decimal(), of what is between @mark and the end of the entry
 * @mark: where @separator is, or the end
 */
static int cursor_last_decimal(struct cursor *cur, size_t mark, char separator, const char *what,
			       uint32_t min, uint32_t max, uint32_t *value)
{
	if (mark == cur->end)
		return cursor_refuse(cur, mark, "'%c' and the %s are missing", separator, what);
	cur->at = mark + 1;
	return cursor_decimal(cur, cur->end, what, min, max, value);
}

/* @cur stands on the character that announces the port */
static int cursor_port(struct cursor *cur, size_t to, uint16_t *port)
{
	uint32_t value;
	int status;

	cur->at++;
	status = cursor_decimal(cur, to, "port", 1, UINT16_MAX, &value);
	if (!status)
		*port = value;
	return status;
}

/* RFC 1123 2.1, and the underscores that DNS has too; its characters were looked at */
static bool is_label(const char *word, size_t from, size_t to)
{
	return from < to && to - from <= 63 && word[from] != '-' && word[to - 1] != '-';
}

/*
 * Where the labels of a host name go wrong, else @to. A name is told from a broken
 * address by its last label, which never starts with a digit: no look-up is wasted on
 * 192.0.2.300.
 */
static size_t host_fault(const char *word, size_t from, size_t to)
{
	size_t label = from;
	size_t dot;

	for (;;) {
		dot = find_any(word, label, to, ".");
		if (!is_label(word, label, dot))
			return label;
		if (dot == to)
			return find_any(word, label, to, LETTERS) == label ? to : label;
		label = dot + 1;
		if (label == to)	/* a dot at the end */
			return dot;
	}
}

static int cursor_host(struct cursor *cur, size_t to, char *host)
{
	size_t from = cur->at;
	size_t fault = find_other(cur->word, from, to, NAME_CHARACTERS);

	if (fault == to && !copy_part(cur->word, from, to, host, HOST_OCTETS))
		return cursor_refuse(cur, from, "a host name has at most %d characters",
				     HOST_OCTETS - 1);
	if (fault == to)
		fault = host_fault(cur->word, from, to);
	if (fault < to)
		return cursor_refuse(cur, fault, "%s is neither an address nor a host name",
				     cursor_quote(cur, from, to));
	cur->at = to;
	return STATUS_DONE;
}

/* dev_valid_name() of the kernel's net/core/dev.c, and no control characters */
static bool is_device_octet(unsigned char c)
{
	return c > ' ' && c != '/' && c != ':' && c != 0x7f;
}

static int cursor_device(struct cursor *cur, char *device)
{
	size_t from = cur->at + 1;
	size_t at;

	if (from == cur->end)
		return cursor_refuse(cur, from, "the device is missing after '%%'");

	for (at = from; at < cur->end; at++) {
		if (cur->word[at] == '@')
			return cursor_refuse(cur, at, "the source stands before the device");
		if (cur->word[at] == '%' || !is_device_octet(cur->word[at]))
			return cursor_refuse(cur, at, "%s is not the name of a device",
					     cursor_quote(cur, from, cur->end));
	}
	if (!copy_part(cur->word, from, cur->end, device, IFNAMSIZ))
		return cursor_refuse(cur, from + IFNAMSIZ - 1,
				     "the name of a device has at most %d characters",
				     IFNAMSIZ - 1);
	if (!strcmp(device, ".") || !strcmp(device, ".."))
		return cursor_refuse(cur, from, "%s is not the name of a device", quote(device));
	cur->at = cur->end;
	return STATUS_DONE;
}

/* [ADDRESS6][:PORT] */
static int cursor_bracketed(struct cursor *cur, struct destination *dest)
{
	size_t close = find_any(cur->word, cur->at, cur->end, "]");
	size_t scope = find_any(cur->word, cur->at, close, "%");
	int status;

	if (close == cur->end)
		return cursor_refuse(cur, cur->end, "']' is missing");
	if (scope < close)
		return cursor_refuse(cur, scope, "'%%device' stands behind everything else");

	cur->at++;
	status = cursor_ipv6(cur, close, &dest->address);
	if (status)
		return status;

	cur->at = close + 1;
	if (cur->at < cur->end && cur->word[cur->at] == ':')
		return cursor_port(cur, find_any(cur->word, cur->at, cur->end, "@%"),
				   &dest->port);
	return STATUS_DONE;
}

/* ADDRESS6[pPORT|#PORT], ADDRESS4[:PORT] or HOST[:PORT] */
static int cursor_plain(struct cursor *cur, struct destination *dest)
{
	size_t to = find_any(cur->word, cur->at, cur->end, "@%");
	size_t colon = find_any(cur->word, cur->at, to, ":");
	bool is_ipv6 = colon < to && find_any(cur->word, colon + 1, to, ":") < to;
	size_t port = colon;
	int status;

	if (is_ipv6) {
		port = find_other(cur->word, cur->at, to, IPV6_CHARACTERS);
		if (port < to && cur->word[port] != 'p' && cur->word[port] != '#')
			port = to;
	}

	if (cur->at == port)
		return cursor_refuse(cur, cur->at, "the address is missing");

	if (is_ipv6)
		status = cursor_ipv6(cur, port, &dest->address);
	else if (find_other(cur->word, cur->at, port, DIGITS ".") == port)
		status = cursor_ipv4(cur, port, &dest->address);
	else
		status = cursor_host(cur, port, dest->host);
	if (status)
		return status;

	return port < to ? cursor_port(cur, to, &dest->port) : STATUS_DONE;
}

/* @cur stands on the '@' */
static int cursor_source(struct cursor *cur, struct destination *dest)
{
	size_t to = find_any(cur->word, cur->at, cur->end, "%");
	size_t from = ++cur->at;
	int status;

	if (from == to)
		return cursor_refuse(cur, from, "the source address is missing after '@'");

	status = cursor_address(cur, to, &dest->source);
	if (status)
		return status;

	if (dest->address.family && dest->address.family != dest->source.family)
		return cursor_refuse(cur, from,
				     "the source is not of the address family of the destination");
	return STATUS_DONE;
}

static bool address_needs_device(const struct address *address)
{
	return address->family == AF_INET6 &&
	       (IN6_IS_ADDR_LINKLOCAL(&address->v6) || IN6_IS_ADDR_MC_LINKLOCAL(&address->v6) ||
		IN6_IS_ADDR_MC_NODELOCAL(&address->v6));
}

static int cursor_destination(struct cursor *cur, struct destination *dest)
{
	int status;

	memset(dest, 0, sizeof(*dest));
	dest->port = DESTINATION_PORT;
	dest->span = cursor_span(cur, cur->end);

	if (cur->word[cur->at] == '[')
		status = cursor_bracketed(cur, dest);
	else
		status = cursor_plain(cur, dest);

	if (!status && cur->at < cur->end && cur->word[cur->at] == '@')
		status = cursor_source(cur, dest);
	if (!status && cur->at < cur->end && cur->word[cur->at] == '%')
		status = cursor_device(cur, dest->device);
	if (!status && cur->at < cur->end)
		status = cursor_refuse(cur, cur->at,
				       "':port', '@source' or '%%device' is expected here");
	if (!status && !*dest->device &&
	    (address_needs_device(&dest->address) || address_needs_device(&dest->source)))
		status = cursor_refuse(cur, cur->end,
				       "a link-local address needs '%%device' behind it");
	return status;
}

static bool address_equal(const struct address *a, const struct address *b)
{
	if (a->family != b->family)
		return false;
	if (a->family == AF_INET)
		return a->v4.s_addr == b->v4.s_addr;
	return a->family != AF_INET6 || !memcmp(&a->v6, &b->v6, sizeof(a->v6));
}

/**
 * destination_equal() - whether two destinations are the same: address, port, source and device
 */
bool destination_equal(const struct destination *a, const struct destination *b)
{
	return a->port == b->port && address_equal(&a->address, &b->address) &&
	       address_equal(&a->source, &b->source) && !strcmp(a->device, b->device) &&
	       (a->address.family || !strcasecmp(a->host, b->host));
}

/**
 * destinations_refuse_twins() - same address, port, source and device is the same
 * @word: what @list was read from
 *
 * Called again after host names were resolved, which may make two entries equal.
 */
int destinations_refuse_twins(const char *word, const struct destination_list *list,
			      struct err *err)
{
	size_t i, j;

	for (i = 1; i < list->count; i++) {
		const struct destination *dest = &list->entries[i];

		for (j = 0; j < i; j++) {
			struct cursor cur = {
				.word = word,
				.start = dest->span.start,
				.end = dest->span.start + dest->span.length,
				.err = err,
			};

			if (destination_equal(dest, &list->entries[j]))
				return cursor_refuse(&cur, dest->span.start,
						     "the destination is named twice");
		}
	}
	return STATUS_DONE;
}

/* An empty list is written as nothing, blanks, or 'none' */
static bool is_empty_list(const char *word)
{
	word += strspn(word, " ");
	if (!strncmp(word, "none", strlen("none")))
		word += strlen("none");
	return !word[strspn(word, " ")];
}

/* 'none' among entries, or commas with nothing between them */
static int list_refuse(const struct cursor *cur, const char *what)
{
	if (cur->start < cur->end)
		return cursor_refuse(cur, cur->start, "'none' stands alone");
	return err_usage(cur->err, "%s names no %s; 'none' empties the list", quote(cur->word),
			 what);
}

/*
 * Moves to the next entry of a list of @count and at most @max. false at the end, of an empty
 * list at once, and where @status says that there is an error.
 * @what: an entry is called
 */
static bool list_next(struct cursor *cur, const char *what, size_t count, size_t max,
		      int *status)
{
	*status = STATUS_DONE;
	if (!count && is_empty_list(cur->word))
		return false;
	if (!cursor_next(cur)) {
		if (!count)
			*status = list_refuse(cur, what);
		return false;
	}
	if (cursor_is(cur, cur->end, "none"))
		*status = list_refuse(cur, what);
	else if (count == max)
		*status = cursor_refuse(cur, cur->start, "more than %zu %ss", max, what);
	return !*status;
}

/**
 * parse_destinations() - read a list of destinations
 * @word: entries separated by commas or spaces; empty or "none" is no entry
 * @list: filled
 *
 * Host names are left to be resolved.
 */
int parse_destinations(const char *word, struct destination_list *list, struct err *err)
{
	struct cursor cur = { .word = word, .err = err };
	int status;

	list->count = 0;
	while (list_next(&cur, "destination", list->count, PNF_DESTINATIONS_MAX, &status)) {
		status = cursor_destination(&cur, &list->entries[list->count]);
		if (status)
			return status;
		list->count++;
	}
	return status ? status : destinations_refuse_twins(word, list, err);
}

static int cursor_hooks(struct cursor *cur, uint32_t *hooks)
{
	while (cur->at < cur->end) {
		size_t from = cur->at;
		size_t to = find_any(cur->word, from, cur->end, "+");
		const char *quoted = cursor_quote(cur, from, to);
		int64_t hook;
		char text[16];

		if (from == to)
			return cursor_refuse(cur, from, "the name of a hook is missing");
		if (!copy_part(cur->word, from, to, text, sizeof(text)) ||
		    !parse_word(text, hook_words, &hook))
			return cursor_refuse(cur, from,
					     "%s is not a hook, accepted are prerouting, local-in, forward, local-out, postrouting",
					     quoted);
		if (*hooks & hook)
			return cursor_refuse(cur, from, "hook %s is named twice", quoted);
		*hooks |= hook;

		if (to < cur->end && to + 1 == cur->end)
			return cursor_refuse(cur, cur->end, "the name of a hook is missing");
		cur->at = to + 1;
	}
	return STATUS_DONE;
}

static int cursor_point(struct cursor *cur, struct point *point)
{
	size_t equals = find_any(cur->word, cur->at, cur->end, "=");

	memset(point, 0, sizeof(*point));
	point->span = cursor_span(cur, cur->end);

	if (!cursor_is(cur, equals, "inet"))
		return cursor_refuse(cur, cur->at, "%s is not an Observation Point, accepted are inet, inet=HOOK+HOOK...",
				     cursor_quote(cur, cur->at, equals));
	point->kind = PNF_POINT_KIND_INET;
	if (equals == cur->end)
		return STATUS_DONE;

	cur->at = equals + 1;
	if (cur->at == cur->end)
		return cursor_refuse(cur, cur->at, "the name of a hook is missing");
	return cursor_hooks(cur, &point->hooks);
}

/**
 * parse_points() - read a list of Observation Points
 * @word: entries separated by commas or spaces; empty or "none" is no entry
 * @list: filled
 */
int parse_points(const char *word, struct point_list *list, struct err *err)
{
	struct cursor cur = { .word = word, .err = err };
	size_t i;
	int status;

	list->count = 0;
	while (list_next(&cur, "Observation Point", list->count, POINTS_MAX, &status)) {
		struct point *point = &list->entries[list->count];

		status = cursor_point(&cur, point);
		if (status)
			return status;
		for (i = 0; i < list->count; i++) {
			if (list->entries[i].kind == point->kind)
				return cursor_refuse(&cur, cur.start, "the Observation Point is named twice; join its hooks with '+'");
		}
		list->count++;
	}
	return status;
}

/**
 * parse_text() - a text in UTF-8 without control characters
 * @max: octets it may have
 * @text: filled, of @max + 1 octets
 */
int parse_text(const char *word, size_t max, char *text, struct err *err)
{
	struct cursor cur = { .word = word, .end = strlen(word), .err = err };

	while (cur.at < cur.end) {
		size_t octets = printable_octets(word + cur.at, cur.end - cur.at);

		if (!octets)
			return cursor_refuse(&cur, cur.at, "a control character, or no UTF-8");
		cur.at += octets;
	}
	if (cur.end > max)
		return cursor_refuse(&cur, max, "the text has at most %zu octets", max);
	memcpy(text, word, cur.end + 1);
	return STATUS_DONE;
}

/* mpls=DEPTH, or the name of a group */
static int cursor_field(struct cursor *cur, struct fields *fields, bool *has_mpls)
{
	size_t equals = find_any(cur->word, cur->start, cur->end, "=");
	const char *quoted = cursor_quote(cur, cur->start, equals);
	uint32_t depth;
	int64_t group;
	char text[24];
	int status;

	if (cursor_is(cur, equals, "mpls")) {
		if (*has_mpls)
			return cursor_refuse(cur, cur->start, "%s is named twice", quoted);
		status = cursor_last_decimal(cur, equals, '=', "number of labels", 0,
					     PNF_MPLS_DEPTH_MAX, &depth);
		if (status)
			return status;
		fields->mpls_depth = depth;
		*has_mpls = true;
		return STATUS_DONE;
	}

	if (!copy_part(cur->word, cur->start, equals, text, sizeof(text)) ||
	    !parse_word(text, field_words, &group))
		return cursor_refuse(cur, cur->start, "%s is not a group of fields; 'nfmgr help fields' lists them",
				     quoted);
	if (equals < cur->end)
		return cursor_refuse(cur, equals, "%s has no number", quoted);
	if (fields->groups & group)
		return cursor_refuse(cur, cur->start, "%s is named twice", quoted);
	fields->groups |= group;
	return STATUS_DONE;
}

/**
 * parse_fields() - read groups of fields
 * @word: names separated by commas or spaces; empty or "none" is no group
 * @fields: filled
 */
int parse_fields(const char *word, struct fields *fields, struct err *err)
{
	struct cursor cur = { .word = word, .err = err };
	bool has_mpls = false;
	size_t count = 0;
	int status;

	memset(fields, 0, sizeof(*fields));
	while (list_next(&cur, "group of fields", count, SIZE_MAX, &status)) {
		status = cursor_field(&cur, fields, &has_mpls);
		if (status)
			return status;
		count++;
	}
	return status;
}

/**
 * parse_sampler() - read a sampler
 * @word: METHOD:N; empty, "none" or "0" is no sampler
 * @sampler: filled
 */
int parse_sampler(const char *word, struct sampler *sampler, struct err *err)
{
	struct cursor cur = { .word = word, .end = strlen(word), .err = err };
	size_t colon = find_any(word, 0, cur.end, ":");
	int64_t method;
	char text[16];

	memset(sampler, 0, sizeof(*sampler));
	if (is_empty_list(word) || cursor_is(&cur, cur.end, "0"))
		return STATUS_DONE;

	if (!copy_part(word, 0, colon, text, sizeof(text)) ||
	    !parse_word(text, sampler_words, &method) || method == PNF_SAMPLER_NONE)
		return cursor_refuse(&cur, 0, "%s is not a method, accepted are deterministic, random, hash",
				     quote_part(word, colon));
	sampler->method = method;
	return cursor_last_decimal(&cur, colon, ':', "interval", PNF_SAMPLER_MIN, PNF_SAMPLER_MAX,
				   &sampler->interval);
}

/* Clears the bits of an address behind its first @prefix */
static void address_mask(struct address *address, unsigned int prefix)
{
	size_t size = address->family == AF_INET6 ? sizeof(address->v6) : sizeof(address->v4);
	uint8_t *octets = (uint8_t *)&address->v6;
	size_t i;

	for (i = 0; i < size; i++) {
		if (prefix < 8 * i + 8)
			octets[i] &= prefix <= 8 * i ? 0 : 0xff00 >> (prefix - 8 * i);
	}
}

/* ADDRESS/BITS=BITS; @equals: where the '=' is, or the end */
static int cursor_aggregation_address(struct cursor *cur, size_t equals, struct aggregation *rule)
{
	size_t slash = find_any(cur->word, cur->at, equals, "/");
	uint32_t bits, prefix, keep;
	int status;

	if (slash == cur->at)
		return cursor_refuse(cur, slash, "the address is missing");
	status = cursor_address(cur, slash, &rule->address);
	if (status)
		return status;
	if (slash == equals)
		return cursor_refuse(cur, equals, "'/' and the length of the prefix are missing");

	bits = rule->address.family == AF_INET6 ? 128 : 32;
	cur->at = slash + 1;
	status = cursor_decimal(cur, equals, "prefix length", 0, bits, &prefix);
	if (status)
		return status;
	status = cursor_last_decimal(cur, equals, '=', "number of bits to keep", 0, bits, &keep);
	if (status)
		return status;

	address_mask(&rule->address, prefix);
	rule->prefix = prefix;
	rule->keep = keep;
	return STATUS_DONE;
}

/* PORT[-PORT]=PORT */
static int cursor_aggregation_ports(struct cursor *cur, size_t equals, struct aggregation *rule)
{
	size_t dash = find_any(cur->word, cur->at, equals, "-");
	uint32_t first, last, port;
	int status;

	status = cursor_decimal(cur, dash, "port", 0, UINT16_MAX, &first);
	if (status)
		return status;
	last = first;
	if (dash < equals) {
		cur->at = dash + 1;
		status = cursor_decimal(cur, equals, "port", 0, UINT16_MAX, &last);
		if (status)
			return status;
		if (last < first)
			return cursor_refuse(cur, dash + 1, "port %u is less than %u", last, first);
	}
	status = cursor_last_decimal(cur, equals, '=', "port", 0, UINT16_MAX, &port);
	if (status)
		return status;

	rule->port_first = first;
	rule->port_last = last;
	rule->port = port;
	return STATUS_DONE;
}

/**
 * parse_aggregations() - read a list of aggregation rules
 * @word: entries separated by commas or spaces; empty or "none" is no entry
 * @list: filled
 */
int parse_aggregations(const char *word, struct aggregation_list *list, struct err *err)
{
	struct cursor cur = { .word = word, .err = err };
	int status;

	list->count = 0;
	while (list_next(&cur, "aggregation rule", list->count, PNF_AGGREGATIONS_MAX, &status)) {
		struct aggregation *rule = &list->entries[list->count];
		size_t equals = find_any(word, cur.start, cur.end, "=");

		memset(rule, 0, sizeof(*rule));
		rule->span = cursor_span(&cur, cur.end);
		if (find_any(word, cur.start, equals, "./:") < equals)
			status = cursor_aggregation_address(&cur, equals, rule);
		else
			status = cursor_aggregation_ports(&cur, equals, rule);
		if (status)
			return status;
		list->count++;
	}
	return status;
}

/* NAME:BASE */
static int cursor_snmp_rule(struct cursor *cur, struct snmp_rule *rule)
{
	size_t colon = find_any(cur->word, cur->start, cur->end, ":");
	size_t at;

	if (colon == cur->start)
		return cursor_refuse(cur, colon, "the name is missing");
	for (at = cur->start; at < colon; at++) {
		if (!is_device_octet(cur->word[at]))
			return cursor_refuse(cur, at, "no name of a device begins with %s",
					     cursor_quote(cur, cur->start, colon));
	}
	if (!copy_part(cur->word, cur->start, colon, rule->name, sizeof(rule->name)))
		return cursor_refuse(cur, cur->start + IFNAMSIZ - 1,
				     "the name of a device has at most %d characters",
				     IFNAMSIZ - 1);
	return cursor_last_decimal(cur, colon, ':', "base", 0, UINT32_MAX, &rule->base);
}

/**
 * parse_snmp_rules() - read a list of index rules
 * @word: entries separated by commas or spaces; empty or "none" is no entry
 * @list: filled
 */
int parse_snmp_rules(const char *word, struct snmp_rule_list *list, struct err *err)
{
	struct cursor cur = { .word = word, .err = err };
	int status;

	list->count = 0;
	while (list_next(&cur, "index rule", list->count, PNF_SNMP_RULES_MAX, &status)) {
		struct snmp_rule *rule = &list->entries[list->count];

		memset(rule, 0, sizeof(*rule));
		rule->span = cursor_span(&cur, cur.end);
		status = cursor_snmp_rule(&cur, rule);
		if (status)
			return status;
		list->count++;
	}
	return status;
}

/* Adds a Template to @list, whose name stands from the start of the entry up to @to */
static int cursor_template_name(struct cursor *cur, size_t to, struct template_list *list)
{
	struct template *template = &list->entries[list->count];
	size_t fault = find_other(cur->word, cur->start, to, NAME_CHARACTERS);
	size_t i;

	if (list->count == PNF_TEMPLATES_NAMED_MAX)
		return cursor_refuse(cur, cur->start, "more than %d Templates",
				     PNF_TEMPLATES_NAMED_MAX);
	memset(template, 0, sizeof(*template));
	template->span = cursor_span(cur, to);
	if (cur->start == to)
		return cursor_refuse(cur, to, "the name of the Template is missing");
	if (fault < to)
		return cursor_refuse(cur, fault, "the name of a Template has letters, digits, '-', '.' and '_'");
	if (cur->word[cur->start] == '-')
		return cursor_refuse(cur, cur->start, "the name of a Template does not begin with '-'");
	if (!copy_part(cur->word, cur->start, to, template->name, sizeof(template->name)))
		return cursor_refuse(cur, cur->start + PNF_TEMPLATE_NAME_MAX,
				     "the name of a Template has at most %d characters",
				     PNF_TEMPLATE_NAME_MAX);
	if (!strcmp(template->name, "none"))
		return cursor_refuse(cur, cur->start, "no Template can be called 'none'");
	for (i = 0; i < list->count; i++) {
		if (!strcmp(list->entries[i].name, template->name))
			return cursor_refuse(cur, cur->start, "Template %s is named twice",
					     quote(template->name));
	}
	list->count++;
	return STATUS_DONE;
}

static bool span_equal(const char *word, const struct span *a, const struct span *b)
{
	return a->length == b->length && !strncmp(word + a->start, word + b->start, a->length);
}

/* Adds the element from where @cur stands to the end of the entry */
static int cursor_template_element(struct cursor *cur, struct template *template)
{
	struct span span = { .start = cur->at, .length = cur->end - cur->at };
	size_t fault = find_other(cur->word, cur->at, cur->end, LETTERS DIGITS);
	const char *quoted = quote_part(cur->word + span.start, span.length);
	size_t i;

	if (!span.length)
		return cursor_refuse(cur, cur->at, "the element is missing after '='");
	if (fault < cur->end)
		return cursor_refuse(cur, fault, "%s is not the name of an Information Element",
				     quoted);
	if (template->count == PNF_TEMPLATE_ELEMENTS_MAX)
		return cursor_refuse(cur, cur->at, "more than %d elements",
				     PNF_TEMPLATE_ELEMENTS_MAX);
	for (i = 0; i < template->count; i++) {
		if (span_equal(cur->word, &template->words[i], &span))
			return cursor_refuse(cur, cur->at, "element %s is named twice", quoted);
	}
	template->words[template->count++] = span;
	template->span.length = cur->end - template->span.start;
	return STATUS_DONE;
}

/**
 * template_is_one() - whether a value is NAME ELEMENT..., of one Template
 */
bool template_is_one(const char *word)
{
	return !is_empty_list(word) && !strchr(word, '=');
}

/**
 * parse_templates() - read Templates by name
 * @word: NAME=ELEMENT,ELEMENT,... of any number of Templates, or NAME ELEMENT... of one,
 *	separated by commas or spaces; empty or "none" is no Template
 * @list: filled
 *
 * Elements are left to be resolved.
 */
int parse_templates(const char *word, struct template_list *list, struct err *err)
{
	struct cursor cur = { .word = word, .err = err };
	bool is_one = false;
	int status;

	list->count = 0;
	while (list_next(&cur, "Template", list->count, SIZE_MAX, &status)) {
		size_t equals = find_any(word, cur.start, cur.end, "=");

		if (!list->count && equals == cur.end) {
			is_one = true;
			status = cursor_template_name(&cur, cur.end, list);
			if (status)
				return status;
			continue;
		}
		if (equals < cur.end && !is_one) {
			status = cursor_template_name(&cur, equals, list);
			if (status)
				return status;
			cur.at = equals + 1;
		}
		status = cursor_template_element(&cur, &list->entries[list->count - 1]);
		if (status)
			return status;
	}
	if (!status && list->count && !list->entries[list->count - 1].count)
		return err_usage(err, "%s: Template %s needs elements; 'nfmgr show elements' lists them",
				 quote(word), quote(list->entries[0].name));
	return status;
}

/**
 * parse_template_names() - read a list of names of Templates
 * @word: entries separated by commas or spaces; empty or "none" is no entry
 * @list: filled, without elements
 */
int parse_template_names(const char *word, struct template_list *list, struct err *err)
{
	struct cursor cur = { .word = word, .err = err };
	int status;

	list->count = 0;
	while (list_next(&cur, "Template", list->count, SIZE_MAX, &status)) {
		status = cursor_template_name(&cur, cur.end, list);
		if (status)
			return status;
	}
	return status;
}
