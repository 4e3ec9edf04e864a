/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Output: one call gives text for people or a member of a JSON object.
 *
 * @key is the name of the JSON member, NULL in an array; @format is how people
 * see the value, NULL if they do not. Text is printed at once. JSON is printed
 * when its outermost object is complete; an outermost array is printed entry by
 * entry, so that it can be of any length.
 */
#ifndef NFMGR_OUT_H
#define NFMGR_OUT_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"

struct out;

struct out *out_new(bool json);
int out_finish(struct out *out, struct err *err);
int out_check(struct out *out, struct err *err);
void out_by_line(struct out *out);
bool out_is_json(const struct out *out);

void out_open_object(struct out *out, const char *key);
void out_close_object(struct out *out);
void out_open_array(struct out *out, const char *key);
void out_close_array(struct out *out);

void out_u64(struct out *out, const char *key, const char *format, uint64_t value);
void out_s64(struct out *out, const char *key, const char *format, int64_t value);
void out_hundredths(struct out *out, const char *key, const char *format, uint32_t value);
void out_real(struct out *out, const char *key, double value);
void out_string(struct out *out, const char *key, const char *format, const char *value);
void out_bool(struct out *out, const char *key, bool value);
void out_time(struct out *out, const char *key, const char *format, uint64_t ns);
void out_null(struct out *out, const char *key);
void out_text(struct out *out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
