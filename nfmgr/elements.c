// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <linux/pkt_netflow.h>
#include <netlink/genl/genl.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "elements.h"

static int elements_add(struct elements *elements, struct nlmsghdr *nlh, struct err *err)
{
	struct nlattr *tb[PNF_ELEMENT_MAX + 1];
	struct element *entries, *element;

	if (genlmsg_parse(nlh, 0, tb, PNF_ELEMENT_MAX, NULL) < 0)
		return err_refused(err, "the kernel's list of Information Elements cannot be read");
	entries = reallocarray(elements->entries, elements->count + 1, sizeof(*entries));
	if (!entries)
		return err_refused(err, "out of memory");

	elements->entries = entries;
	element = &entries[elements->count++];
	element->id = attr_u16(tb[PNF_ELEMENT_ID]);
	element->octets = attr_u16(tb[PNF_ELEMENT_OCTETS]);
	element->octets_v9 = attr_u16(tb[PNF_ELEMENT_OCTETS_V9]);
	element->type = attr_u8(tb[PNF_ELEMENT_TYPE]);
	element->groups = attr_u32(tb[PNF_ELEMENT_FIELDS]);
	attr_string(tb[PNF_ELEMENT_NAME], element->name, sizeof(element->name));
	return STATUS_DONE;
}

/**
 * elements_read() - the Information Elements that the module knows
 * @elements: filled; for elements_free(), also after an error
 */
int elements_read(struct channel *channel, struct elements *elements, struct err *err)
{
	struct replies replies;
	struct nlmsghdr *nlh;
	int status;

	memset(elements, 0, sizeof(*elements));
	status = channel_dump(channel, PNF_CMD_ELEMENT_GET, &replies, err);
	if (!status) {
		replies_for_each(nlh, &replies) {
			status = elements_add(elements, nlh, err);
			if (status)
				break;
		}
	}
	replies_free(&replies);
	elements_sort(elements);
	return status;
}

void elements_free(struct elements *elements)
{
	free(elements->entries);
	memset(elements, 0, sizeof(*elements));
}

static void print_octets(struct out *out, const char *key, uint16_t octets)
{
	if (!octets) {
		out_text(out, " %5s", "-");
		out_null(out, key);
		return;
	}
	if (octets == ELEMENT_VARIABLE)
		out_text(out, " %5s", "any");
	out_u64(out, key, octets == ELEMENT_VARIABLE ? NULL : " %5" PRIu64, octets);
}

static void print_element(struct out *out, const struct element *element)
{
	const struct word_value *group;
	const char *comma = "  ";

	out_open_object(out, NULL);
	out_u64(out, "id", "%5" PRIu64, element->id);
	print_octets(out, "octets", element->octets);
	print_octets(out, "octets_v9", element->octets_v9);
	out_string(out, "type", "  %-20s", element_type_name(element));
	out_string(out, "name", " %-32s", element->name);
	out_open_array(out, "fields");
	for (group = field_words; group->word; group++) {
		if (!(element->groups & group->value))
			continue;
		out_text(out, "%s%s", comma, group->word);
		out_string(out, NULL, NULL, group->word);
		comma = ",";
	}
	out_close_array(out);
	out_text(out, "\n");
	out_close_object(out);
}

int command_show_elements(struct context *ctx, int argc, char **argv, struct err *err)
{
	struct out *out = ctx->out;
	struct elements elements;
	size_t i;
	int status;

	(void)argc;
	(void)argv;
	status = context_connect(ctx, true, err);
	if (status)
		return status;
	status = elements_read(&ctx->channel, &elements, err);
	if (!status) {
		out_text(out, "%5s %5s %5s  %-20s %-32s  %s\n", "id", "ipfix", "v9", "type",
			 "name", "fields");
		out_open_array(out, NULL);
		for (i = 0; i < elements.count; i++)
			print_element(out, &elements.entries[i]);
		out_close_array(out);
	}
	elements_free(&elements);
	return status;
}
