// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "parse.h"

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

/**
 * parse_number() - a decimal number within a range
 * @unit: for the sentence, "" where there is none
 */
int parse_number(const char *word, int64_t min, int64_t max, const char *unit,
		 int64_t *value, struct err *err)
{
	const char *space = *unit ? " " : "";
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
		return err_usage(err, "%s is not a number, accepted is %lld..%lld%s%s", quote(word),
				 (long long)min, (long long)max, space, unit);

	if (negative)
		number = -number;
	if (too_long || number < min || number > max)
		return err_usage(err, "%s is out of range, accepted is %lld..%lld%s%s",
				 quote(word), (long long)min, (long long)max, space, unit);

	*value = number;
	return STATUS_DONE;
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

__attribute__((format(printf, 3, 4)))
static int cursor_refuse(const struct cursor *cur, size_t position, const char *format, ...)
{
	char reason[256];
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);

	return err_usage(cur->err, "%s: %s (at character %zu)",
			 quote_part(cur->word + cur->start, cur->end - cur->start), reason,
			 position + 1);
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
				     "%s is not an IPv4 address",
				     quote_part(cur->word + from, to - from));
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
		fault = find_other(cur->word, from, to, "0123456789abcdefABCDEF:.");
		return cursor_refuse(cur, fault < to ? fault : from, "%s is not an IPv6 address",
				     quote_part(cur->word + from, to - from));
	}
	if (IN6_IS_ADDR_V4MAPPED(&address->v6))
		return cursor_refuse(cur, from,
				     "write an IPv4 address as such, not mapped into IPv6");
	address->family = AF_INET6;
	cur->at = to;
	return STATUS_DONE;
}

/* @cur stands on the character that announces the port */
static int cursor_port(struct cursor *cur, size_t to, uint16_t *port)
{
	size_t from = cur->at + 1;
	uint32_t value = 0;
	size_t at;

	if (from == to)
		return cursor_refuse(cur, from, "the port is missing after '%c'",
				     cur->word[cur->at]);

	for (at = from; at < to; at++) {
		if (!isdigit((unsigned char)cur->word[at]))
			return cursor_refuse(cur, at, "port %s is not a number in 1..65535",
					     quote_part(cur->word + from, to - from));
		if (value <= UINT16_MAX)
			value = value * 10 + (cur->word[at] - '0');
	}
	if (!value || value > UINT16_MAX)
		return cursor_refuse(cur, from, "port %s is not in 1..65535",
				     quote_part(cur->word + from, to - from));
	*port = value;
	cur->at = to;
	return STATUS_DONE;
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
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t label = from;
	size_t dot;

	for (;;) {
		dot = find_any(word, label, to, ".");
		if (!is_label(word, label, dot))
			return label;
		if (dot == to)
			return find_any(word, label, to, letters) == label ? to : label;
		label = dot + 1;
		if (label == to)	/* a dot at the end */
			return dot;
	}
}

static int cursor_host(struct cursor *cur, size_t to, char *host)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
	size_t from = cur->at;
	size_t fault = find_other(cur->word, from, to, allowed);

	if (fault == to && !copy_part(cur->word, from, to, host, HOST_OCTETS))
		return cursor_refuse(cur, from, "a host name has at most %d characters",
				     HOST_OCTETS - 1);
	if (fault == to)
		fault = host_fault(cur->word, from, to);
	if (fault < to)
		return cursor_refuse(cur, fault, "%s is neither an address nor a host name",
				     quote_part(cur->word + from, to - from));
	cur->at = to;
	return STATUS_DONE;
}

static int cursor_device(struct cursor *cur, char *device)
{
	size_t from = cur->at + 1;
	size_t at;

	if (from == cur->end)
		return cursor_refuse(cur, from, "the device is missing after '%%'");

	for (at = from; at < cur->end; at++) {
		unsigned char c = cur->word[at];

		if (c == '@')
			return cursor_refuse(cur, at, "the source stands before the device");
		if (c == '/' || c == ':' || c == '%' || c <= ' ' || c == 0x7f)
			return cursor_refuse(cur, at, "%s is not the name of a device",
					     quote_part(cur->word + from, cur->end - from));
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
		port = find_other(cur->word, cur->at, to, "0123456789abcdefABCDEF:.");
		if (port < to && cur->word[port] != 'p' && cur->word[port] != '#')
			port = to;
	}

	if (cur->at == port)
		return cursor_refuse(cur, cur->at, "the address is missing");

	if (is_ipv6)
		status = cursor_ipv6(cur, port, &dest->address);
	else if (find_other(cur->word, cur->at, port, "0123456789.") == port)
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

	if (find_any(cur->word, from, to, ":") < to)
		status = cursor_ipv6(cur, to, &dest->source);
	else
		status = cursor_ipv4(cur, to, &dest->source);
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
	dest->span.start = cur->start;
	dest->span.length = cur->end - cur->start;

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

static bool destination_equal(const struct destination *a, const struct destination *b)
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

static bool cursor_is(const struct cursor *cur, const char *text)
{
	return cur->end - cur->start == strlen(text) &&
	       !strncmp(cur->word + cur->start, text, cur->end - cur->start);
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
	if (is_empty_list(word))
		return STATUS_DONE;

	while (cursor_next(&cur)) {
		if (cursor_is(&cur, "none"))
			return list_refuse(&cur, "destination");
		if (list->count == PNF_DESTINATIONS_MAX)
			return cursor_refuse(&cur, cur.start, "more than %d destinations",
					     PNF_DESTINATIONS_MAX);
		status = cursor_destination(&cur, &list->entries[list->count]);
		if (status)
			return status;
		list->count++;
	}
	if (!list->count)
		return list_refuse(&cur, "destination");
	return destinations_refuse_twins(word, list, err);
}

static int cursor_hooks(struct cursor *cur, uint32_t *hooks)
{
	while (cur->at < cur->end) {
		size_t from = cur->at;
		size_t to = find_any(cur->word, from, cur->end, "+");
		const char *quoted = quote_part(cur->word + from, to - from);
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
	point->span.start = cur->start;
	point->span.length = cur->end - cur->start;

	if (equals - cur->at != strlen("inet") ||
	    strncmp(cur->word + cur->at, "inet", strlen("inet")))
		return cursor_refuse(cur, cur->at, "%s is not an Observation Point, accepted are inet, inet=HOOK+HOOK...",
				     quote_part(cur->word + cur->at, equals - cur->at));
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
	if (is_empty_list(word))
		return STATUS_DONE;

	while (cursor_next(&cur)) {
		struct point *point = &list->entries[list->count];

		if (cursor_is(&cur, "none"))
			return list_refuse(&cur, "Observation Point");
		if (list->count == POINTS_MAX)
			return cursor_refuse(&cur, cur.start, "more than %d Observation Points",
					     POINTS_MAX);
		status = cursor_point(&cur, point);
		if (status)
			return status;
		for (i = 0; i < list->count; i++) {
			if (list->entries[i].kind == point->kind)
				return cursor_refuse(&cur, cur.start, "the Observation Point is named twice; join its hooks with '+'");
		}
		list->count++;
	}
	if (!list->count)
		return list_refuse(&cur, "Observation Point");
	return STATUS_DONE;
}
