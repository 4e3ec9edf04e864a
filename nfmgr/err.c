// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "err.h"

/* Longer words are cut, so that the sentence around them survives */
#define QUOTE_OCTETS	64
#define QUOTES		4

int err_usage(struct err *err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return STATUS_USAGE;
}

int err_refused(struct err *err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return STATUS_REFUSED;
}

/**
 * err_prefix() - put words before a sentence
 * @err: holds the sentence
 * @status: handed through
 *
 * Return: @status
 */
int err_prefix(struct err *err, int status, const char *format, ...)
{
	struct err old = *err;
	va_list args;
	size_t used;

	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);

	used = strlen(err->text);
	snprintf(err->text + used, sizeof(err->text) - used, ": %s", old.text);
	return status;
}

/**
 * is_control() - whether a terminal takes an octet for a command: ASCII's and those with bit 7
 */
bool is_control(unsigned char c)
{
	return c < ' ' || (c >= 0x7f && c <= 0x9f);
}

/**
 * printable_octets() - how many octets make the next character, in UTF-8 (RFC 3629 4)
 * @length: of @text
 *
 * Return: 0 for a control character, and for an octet that is no UTF-8
 */
size_t printable_octets(const char *text, size_t length)
{
	const unsigned char *at = (const unsigned char *)text;
	/* of the second octet; not of the longer forms, of surrogates and beyond U+10FFFF */
	unsigned char min = 0x80, max = 0xbf;
	size_t octets, i;

	if (!length || *at < 0x80)
		return length && !is_control(*at);
	if (*at < 0xc2 || *at > 0xf4)
		return 0;
	octets = *at < 0xe0 ? 2 : *at < 0xf0 ? 3 : 4;
	if (*at == 0xc2)
		min = 0xa0; /* before it are controls */
	else if (*at == 0xe0)
		min = 0xa0;
	else if (*at == 0xed)
		max = 0x9f;
	else if (*at == 0xf0)
		min = 0x90;
	else if (*at == 0xf4)
		max = 0x8f;
	if (octets > length || at[1] < min || at[1] > max)
		return 0;
	for (i = 2; i < octets; i++) {
		if (at[i] < 0x80 || at[i] > 0xbf)
			return 0;
	}
	return octets;
}

/**
 * put_printable() - copy the next character, or an escape of four octets for what is none
 * @to: moves on
 * @length: of @text, not 0
 *
 * Return: octets taken from @text
 */
size_t put_printable(char **to, const char *text, size_t length)
{
	size_t octets = printable_octets(text, length);

	if (!octets) {
		*to += sprintf(*to, "\\x%02x", (unsigned char)*text);
		return 1;
	}
	*to = mempcpy(*to, text, octets);
	return octets;
}

/**
 * quote_part() - a word of the user's, fit for a sentence on one line
 *
 * Return: a string that stays valid for three more calls
 */
const char *quote_part(const char *word, size_t length)
{
	/* four octets for each one escaped, two quotes, three dots */
	static char buffers[QUOTES][4 * QUOTE_OCTETS + 6];
	static unsigned int turn;
	char *start = buffers[turn++ % QUOTES];
	char *at = start;
	size_t i;

	*at++ = '\'';
	for (i = 0; i < length && i < QUOTE_OCTETS; ) {
		if (i + printable_octets(word + i, length - i) > QUOTE_OCTETS)
			break;
		i += put_printable(&at, word + i, length - i);
	}
	if (i < length) {
		memcpy(at, "...", 3);
		at += 3;
	}
	*at++ = '\'';
	*at = '\0';
	return start;
}

const char *quote(const char *word)
{
	return quote_part(word, strlen(word));
}
