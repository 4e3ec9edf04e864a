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
	for (i = 0; i < length && i < QUOTE_OCTETS; i++) {
		unsigned char c = word[i];

		if (is_control(c))
			at += sprintf(at, "\\x%02x", c);
		else
			*at++ = c;
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
