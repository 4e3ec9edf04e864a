// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format.h"
#include "out.h"

#define OUT_DEPTH	8
#define OUT_BUFFER	65536

struct out {
	bool json;
	bool by_line;		/* each outermost object is a line */
	bool is_array;		/* the outermost is an array, */
	bool has_entries;	/* whose first entry was printed */
	bool lacks_memory;
	int depth;
	struct json_object *open[OUT_DEPTH];
};

/**
 * out_new() - start printing on standard output
 * @json: JSON instead of text
 *
 * Return: for out_finish(), NULL if there is no memory
 */
struct out *out_new(bool json)
{
	static char buffer[OUT_BUFFER];
	struct out *out = calloc(1, sizeof(*out));

	if (!out)
		return NULL;
	out->json = json;
	/* millions of Flows, in as few writes as may be */
	if (!isatty(STDOUT_FILENO))
		setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	return out;
}

/**
 * out_check() - whether what was printed so far could be printed
 *
 * For long output, which is not worth going on with when nobody reads it.
 */
int out_check(struct out *out, struct err *err)
{
	if (out->lacks_memory)
		return err_refused(err, "out of memory");
	if (ferror(stdout))
		return err_refused(err, "the output cannot be written: %s", strerror(errno));
	return STATUS_DONE;
}

/**
 * out_finish() - print what is left
 * @out: freed
 */
int out_finish(struct out *out, struct err *err)
{
	int status;

	fflush(stdout);
	status = out_check(out, err);
	while (out->depth > 0)
		json_object_put(out->open[--out->depth]);
	free(out);
	return status;
}

/**
 * out_by_line() - print each outermost object on a line of its own, at once
 */
void out_by_line(struct out *out)
{
	out->by_line = true;
	setvbuf(stdout, NULL, _IOLBF, 0);
}

bool out_is_json(const struct out *out)
{
	return out->json;
}

/* Takes @value over */
static void out_put(struct out *out, const char *key, struct json_object *value)
{
	struct json_object *parent = out->depth ? out->open[out->depth - 1] : NULL;
	int rc;

	/* there was no memory for the parent */
	if (!parent) {
		json_object_put(value);
		return;
	}
	if (json_object_is_type(parent, json_type_array))
		rc = json_object_array_add(parent, value);
	else
		rc = json_object_object_add(parent, key, value);
	if (rc) {
		json_object_put(value);
		out->lacks_memory = true;
	}
}

/* As out_put(); NULL is no memory, not the JSON null */
static void out_put_new(struct out *out, const char *key, struct json_object *value)
{
	if (value)
		out_put(out, key, value);
	else
		out->lacks_memory = true;
}

static void out_print(struct out *out, struct json_object *object)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE;
	const char *text;

	if (!out->by_line && !out->is_array)
		flags |= JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED;
	text = json_object_to_json_string_ext(object, flags);
	if (!text) {
		out->lacks_memory = true;
		return;
	}
	if (out->is_array)
		fputs(out->has_entries ? ",\n" : "[\n", stdout);
	out->has_entries = true;
	fputs(text, stdout);
	if (!out->is_array)
		putchar('\n');
}

static void out_push(struct out *out, struct json_object *object)
{
	if (!object)
		out->lacks_memory = true;
	out->open[out->depth++] = object;
}

/* What was opened under a parent was added to it then, with a reference of its own */
static void out_pop(struct out *out)
{
	struct json_object *object = out->open[--out->depth];

	if (!out->depth && object)
		out_print(out, object);
	json_object_put(object);
}

static void out_open(struct out *out, const char *key, struct json_object *object)
{
	if (out->depth && object)
		out_put(out, key, json_object_get(object));
	out_push(out, object);
}

void out_open_object(struct out *out, const char *key)
{
	if (out->json)
		out_open(out, key, json_object_new_object());
}

void out_close_object(struct out *out)
{
	if (out->json)
		out_pop(out);
}

void out_open_array(struct out *out, const char *key)
{
	if (!out->json)
		return;
	if (!out->depth) {
		/* printed with its first entry: not if there is an error before */
		out->is_array = true;
		return;
	}
	out_open(out, key, json_object_new_array());
}

void out_close_array(struct out *out)
{
	if (!out->json)
		return;
	if (!out->depth) {
		puts(out->has_entries ? "\n]" : "[]");
		return;
	}
	out_pop(out);
}

/* The formats are literals of the callers, one conversion each */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

/**
 * out_u64() - a number
 * @format: with one PRIu64
 */
void out_u64(struct out *out, const char *key, const char *format, uint64_t value)
{
	if (!out->json && format)
		printf(format, value);
	else if (out->json)
		out_put_new(out, key, json_object_new_uint64(value));
}

/**
 * out_s64() - a number with a sign
 * @format: with one PRId64
 */
void out_s64(struct out *out, const char *key, const char *format, int64_t value)
{
	if (!out->json && format)
		printf(format, value);
	else if (out->json)
		out_put_new(out, key, json_object_new_int64(value));
}

/**
 * out_hundredths() - a number with two decimals
 * @format: with one %s
 * @value: in hundredths
 */
void out_hundredths(struct out *out, const char *key, const char *format, uint32_t value)
{
	char text[16];

	snprintf(text, sizeof(text), "%u.%02u", value / 100, value % 100);
	if (!out->json && format)
		printf(format, text);
	else if (out->json)
		out_put_new(out, key, json_object_new_double_s(value / 100.0, text));
}

/**
 * out_real() - a number that is no whole one, which only programs read
 * @value: finite
 */
void out_real(struct out *out, const char *key, double value)
{
	if (out->json)
		out_put_new(out, key, json_object_new_double(value));
}

/**
 * out_string() - a string
 * @format: with one %s
 * @value: NULL is "-" for people
 */
void out_string(struct out *out, const char *key, const char *format, const char *value)
{
	if (!out->json && format)
		printf(format, value ? value : "-");
	else if (out->json && value)
		out_put_new(out, key, json_object_new_string(value));
	else if (out->json)
		out_put(out, key, NULL);
}

void out_bool(struct out *out, const char *key, bool value)
{
	if (out->json)
		out_put_new(out, key, json_object_new_boolean(value));
}

/**
 * out_time() - a time of day in ISO 8601
 * @format: with one %s
 * @ns: since 1970; 0 is never: null, "-" for people
 */
void out_time(struct out *out, const char *key, const char *format, uint64_t ns)
{
	char text[TIME_TEXT];

	out_string(out, key, format, ns ? format_time(ns, text) : NULL);
}

void out_null(struct out *out, const char *key)
{
	if (out->json)
		out_put(out, key, NULL);
}

/**
 * out_text() - something that only people read
 */
void out_text(struct out *out, const char *format, ...)
{
	va_list args;

	if (out->json)
		return;
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
}
