/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Errors are sentences. A function that can fail returns a status and leaves the
 * sentence in a struct err; whoever knows more puts words before it.
 */
#ifndef NFMGR_ERR_H
#define NFMGR_ERR_H

#include <stdbool.h>
#include <stddef.h>

/* Exit statuses of the program, and what functions return */
enum {
	STATUS_DONE = 0,
	STATUS_REFUSED = 1,	/* by the kernel, or at run time */
	STATUS_USAGE = 2,	/* what the user wrote cannot be meant */
};

struct err {
	char text[1024];
};

int err_usage(struct err *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int err_refused(struct err *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int err_prefix(struct err *err, int status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

bool is_control(unsigned char c);
size_t printable_octets(const char *text, size_t length);
size_t put_printable(char **to, const char *text, size_t length);
const char *quote(const char *word);
const char *quote_part(const char *word, size_t length);

#endif
