// SPDX-License-Identifier: GPL-2.0-only
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "saved_json.h"

static int refuse_value(const char *key, struct err *err)
{
	return err_usage(err, "the value of %s is no number, text or list of texts", quote(key));
}

/* Entries of a list are values of their own, groups of fields are one */
static int add_array(struct saved *saved, const char *name, const struct setting *setting,
		     struct json_object *array, struct err *err)
{
	size_t count = json_object_array_length(array), i;
	struct json_object *entry;
	char *joined, *end;
	size_t size = 1;
	int status = STATUS_DONE;

	for (i = 0; i < count; i++) {
		entry = json_object_array_get_idx(array, i);
		if (!json_object_is_type(entry, json_type_string))
			return refuse_value(setting->name, err);
		size += json_object_get_string_len(entry) + 1;
	}
	if (!count)
		return saved_add(saved, name, 0, setting, "none", err);

	joined = malloc(size);
	if (!joined)
		return err_refused(err, "out of memory");
	end = joined;
	for (i = 0; i < count && !status; i++) {
		entry = json_object_array_get_idx(array, i);
		if (setting->entry)
			end = joined;
		else if (i)
			*end++ = ',';
		end = stpcpy(end, json_object_get_string(entry));
		if (setting->entry || i + 1 == count)
			status = saved_add(saved, name, 0, setting, joined, err);
	}
	free(joined);
	return status;
}

static int add_member(struct saved *saved, const char *name, const char *key,
		      struct json_object *value, struct err *err)
{
	const struct setting *setting = setting_find(key);

	if (!setting)
		return setting_refuse_unknown(key, err);
	switch (json_object_get_type(value)) {
	case json_type_int:
	case json_type_string:
		return saved_add(saved, name, 0, setting, json_object_get_string(value), err);
	case json_type_array:
		return add_array(saved, name, setting, value, err);
	default:
		return refuse_value(key, err);
	}
}

/**
 * saved_is_json() - whether a file is the output of "show config --json", by its first octet
 */
bool saved_is_json(const char *text)
{
	return text[strspn(text, " \t\r\n")] == '{';
}

/**
 * saved_parse_json() - read the output of "show config --json"
 * @saved: filled; for saved_free(), also after an error
 * @name: of the file, for sentences
 * @text: with a NUL behind @length octets
 */
int saved_parse_json(struct saved *saved, const char *name, const char *text, size_t length,
		     struct err *err)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *object;
	int status = STATUS_DONE;
	size_t end;

	memset(saved, 0, sizeof(*saved));
	if (!tokener)
		return err_refused(err, "out of memory");
	object = json_tokener_parse_ex(tokener, text, length + 1);
	end = json_tokener_get_parse_end(tokener);
	if (!object)
		status = err_usage(err, "no JSON (at octet %zu): %s", end + 1,
				   json_tokener_error_desc(json_tokener_get_error(tokener)));
	else if (end + strspn(text + end, " \t\r\n") < length)
		status = err_usage(err, "there is something behind the JSON (at octet %zu)",
				   end + 1);
	json_tokener_free(tokener);
	if (!status) {
		json_object_object_foreach(object, key, value) {
			status = add_member(saved, name, key, value, err);
			if (status)
				break;
		}
	}
	json_object_put(object);
	return status ? err_prefix(err, status, "restore %s", name) : STATUS_DONE;
}
