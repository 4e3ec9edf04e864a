// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <linux/pkt_netflow.h>
#include <netlink/genl/genl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "destinations.h"
#include "format.h"
#include "resolve.h"
#include "settings.h"

/* A setting that is to get a value, as the user wrote it and as it was read */
struct assignment {
	const struct setting *setting;
	const char *word;
	struct setting_value value;
};

static int assignment_read(struct assignment *assignment, const char *verb, const char *word,
			   struct err *err)
{
	const struct setting *setting = assignment->setting;
	int status;

	assignment->word = word;
	status = setting->parse(setting, word, &assignment->value, err);
	if (!status && setting->type == SETTING_DESTINATIONS)
		status = resolve_destinations(word, &assignment->value.destinations, err);
	if (status)
		err_prefix(err, status, "%s %s", verb, setting->entry && strcmp(verb, "set") ?
			   setting->entry : setting->name);
	return status;
}

/*
 * Words to attributes
 */

static int put_number(struct nl_msg *msg, const struct setting *setting, int64_t number)
{
	switch (setting->type) {
	case SETTING_U8:
		return nla_put_u8(msg, setting->attr, number);
	case SETTING_S32:
		return nla_put_s32(msg, setting->attr, number);
	default:
		return nla_put_u32(msg, setting->attr, number);
	}
}

static int put_address(struct nl_msg *msg, int attr4, int attr6, const struct address *address)
{
	if (address->family == AF_INET)
		return nla_put(msg, attr4, sizeof(address->v4), &address->v4);
	if (address->family == AF_INET6)
		return nla_put(msg, attr6, sizeof(address->v6), &address->v6);
	return 0;
}

static int put_destination(struct nl_msg *msg, const struct destination *dest)
{
	if (put_address(msg, PNF_DESTINATION_ADDRESS4, PNF_DESTINATION_ADDRESS6,
			&dest->address) < 0 ||
	    nla_put_u16(msg, PNF_DESTINATION_PORT, htons(dest->port)) < 0 ||
	    put_address(msg, PNF_DESTINATION_SOURCE4, PNF_DESTINATION_SOURCE6,
			&dest->source) < 0)
		return -1;
	return *dest->device ? nla_put_string(msg, PNF_DESTINATION_DEVICE, dest->device) : 0;
}

static int put_point(struct nl_msg *msg, const struct point *point)
{
	if (nla_put_u32(msg, PNF_POINT_KIND, point->kind) < 0)
		return -1;
	return point->hooks ? nla_put_u32(msg, PNF_POINT_HOOKS, point->hooks) : 0;
}

/* Entry @i of a list as a nest of type @attr */
static int put_entry(struct request *request, const struct assignment *assignment, size_t i,
		     uint16_t attr, struct err *err)
{
	bool is_point = assignment->setting->type == SETTING_POINTS;
	const struct destination *dest = &assignment->value.destinations.entries[i];
	const struct point *point = &assignment->value.points.entries[i];
	const struct span *span = is_point ? &point->span : &dest->span;
	struct nlattr *nest;
	int rc;

	if (request_mark(request, assignment->setting->entry, assignment->word + span->start,
			 span->length, err))
		return STATUS_REFUSED;
	nest = nla_nest_start(request->msg, NLA_F_NESTED | attr);
	if (!nest)
		return request_refuse_size(request, err);
	rc = is_point ? put_point(request->msg, point) : put_destination(request->msg, dest);
	if (rc < 0)
		return request_refuse_size(request, err);
	nla_nest_end(request->msg, nest);
	request_mark_end(request);
	return STATUS_DONE;
}

static int put_entries(struct request *request, const struct assignment *assignment,
		       uint16_t attr, struct err *err)
{
	const struct setting_value *value = &assignment->value;
	size_t count = assignment->setting->type == SETTING_POINTS ? value->points.count :
		       value->destinations.count;
	size_t i;
	int status;

	for (i = 0; i < count; i++) {
		status = put_entry(request, assignment, i, attr, err);
		if (status)
			return status;
	}
	return STATUS_DONE;
}

static int put_assignment(struct request *request, const struct assignment *assignment,
			  struct err *err)
{
	const struct setting *setting = assignment->setting;
	int rc;

	if (request_mark(request, setting->name, assignment->word, strlen(assignment->word), err))
		return STATUS_REFUSED;
	if (setting->entry)
		rc = nla_put_flag(request->msg, setting->attr_flush);
	else
		rc = put_number(request->msg, setting, assignment->value.number);
	if (rc < 0)
		return request_refuse_size(request, err);
	request_mark_end(request);

	return setting->entry ? put_entries(request, assignment, setting->attr, err) : STATUS_DONE;
}

/*
 * set
 */

static int read_assignments(struct assignment *assignments, int argc, char **argv,
			    struct err *err)
{
	int i, j, status;

	for (i = 0; i < argc; i += 2) {
		struct assignment *assignment = &assignments[i / 2];

		assignment->setting = setting_find(argv[i]);
		if (!assignment->setting) {
			status = setting_refuse_unknown(argv[i], err);
			return err_prefix(err, status, "set");
		}
		for (j = 0; j < i / 2; j++) {
			if (assignments[j].setting == assignment->setting)
				return err_usage(err, "set: %s is set twice", quote(argv[i]));
		}
		if (i + 1 == argc)
			return err_usage(err, "set: %s needs a value, accepted is %s",
					 quote(argv[i]), assignment->setting->accepted);
		status = assignment_read(assignment, "set", argv[i + 1], err);
		if (status)
			return status;
	}
	return STATUS_DONE;
}

static int send_assignments(struct context *ctx, const struct assignment *assignments, int count,
			    struct err *err)
{
	struct request request;
	int i, status;

	status = request_new(&request, &ctx->channel, PNF_CMD_CONFIG_SET, "set", err);
	if (status)
		return status;
	for (i = 0; i < count && !status; i++)
		status = put_assignment(&request, &assignments[i], err);
	if (!status)
		status = channel_do(&ctx->channel, &request, NULL, NULL, err);
	request_free(&request);
	return status;
}

int command_set(struct context *ctx, int argc, char **argv, struct err *err)
{
	struct assignment *assignments;
	int count = (argc + 1) / 2;
	int status;

	if (!argc)
		return err_usage(err, "set: a setting and its value are missing; 'nfmgr help settings' lists them");

	assignments = calloc(count, sizeof(*assignments));
	if (!assignments)
		return err_refused(err, "out of memory");

	status = read_assignments(assignments, argc, argv, err);
	if (!status)
		status = context_connect(ctx, true, err);
	if (!status)
		status = send_assignments(ctx, assignments, count, err);
	free(assignments);
	return status;
}

/*
 * add and del
 */

static int change_list(struct context *ctx, const char *verb, bool add, int argc, char **argv,
		       struct err *err)
{
	struct assignment assignment = { .setting = NULL };
	const struct setting *setting;
	struct request request;
	int status;

	if (!argc)
		return err_usage(err, "%s: 'destination' or 'point' is missing", verb);
	setting = setting_find_list(argv[0]);
	if (!setting)
		return err_usage(err, "%s: %s is not a list, accepted are destination, point",
				 verb, quote(argv[0]));
	if (argc < 2)
		return err_usage(err, "%s %s: the value is missing, accepted is %s", verb,
				 quote(argv[0]), setting->accepted);
	if (argc > 2)
		return err_usage(err, "%s %s: %s is one word too many; separate values with commas",
				 verb, setting->entry, quote(argv[2]));

	assignment.setting = setting;
	status = assignment_read(&assignment, verb, argv[1], err);
	if (status)
		return status;
	if (!assignment.value.destinations.count && !assignment.value.points.count)
		return err_usage(err, "%s %s: %s names none", verb, setting->entry, quote(argv[1]));

	status = context_connect(ctx, true, err);
	if (!status)
		status = request_new(&request, &ctx->channel, PNF_CMD_CONFIG_SET, verb, err);
	if (status)
		return status;
	status = put_entries(&request, &assignment, add ? setting->attr : setting->attr_del, err);
	if (!status)
		status = channel_do(&ctx->channel, &request, NULL, NULL, err);
	request_free(&request);
	return status;
}

int command_add(struct context *ctx, int argc, char **argv, struct err *err)
{
	return change_list(ctx, "add", true, argc, argv, err);
}

int command_del(struct context *ctx, int argc, char **argv, struct err *err)
{
	return change_list(ctx, "del", false, argc, argv, err);
}

/*
 * show config, show points
 */

struct config {
	bool is_present[PNF_CONFIG_MAX + 1];
	int64_t numbers[PNF_CONFIG_MAX + 1];
	struct setting_value lists;
};

static void config_read_number(struct config *config, const struct setting *setting,
			       const struct nlattr *attr)
{
	config->is_present[setting->attr] = true;
	switch (setting->type) {
	case SETTING_U8:
		config->numbers[setting->attr] = attr_u8(attr);
		break;
	case SETTING_S32:
		config->numbers[setting->attr] = (int32_t)attr_u32(attr);
		break;
	default:
		config->numbers[setting->attr] = attr_u32(attr);
	}
}

static void config_read_destination(struct config *config, struct nlattr *attr)
{
	struct destination_list *list = &config->lists.destinations;
	struct nlattr *tb[PNF_DESTINATION_MAX + 1];

	if (list->count < PNF_DESTINATIONS_MAX &&
	    nla_parse_nested(tb, PNF_DESTINATION_MAX, attr, NULL) >= 0)
		destination_read(tb, &list->entries[list->count++]);
}

static void config_read_point(struct config *config, struct nlattr *attr)
{
	struct point_list *list = &config->lists.points;
	struct nlattr *tb[PNF_POINT_MAX + 1];

	if (list->count < POINTS_MAX && nla_parse_nested(tb, PNF_POINT_MAX, attr, NULL) >= 0) {
		list->entries[list->count].kind = attr_u32(tb[PNF_POINT_KIND]);
		list->entries[list->count].hooks = attr_u32(tb[PNF_POINT_HOOKS]);
		list->count++;
	}
}

static void config_read_attr(struct config *config, struct nlattr *attr)
{
	unsigned int i;

	for (i = 0; i < setting_count; i++) {
		const struct setting *setting = &settings[i];

		if (setting->attr != nla_type(attr))
			continue;
		if (setting->type == SETTING_DESTINATIONS)
			config_read_destination(config, attr);
		else if (setting->type == SETTING_POINTS)
			config_read_point(config, attr);
		else
			config_read_number(config, setting, attr);
	}
}

static int config_read(struct context *ctx, struct config *config, struct err *err)
{
	struct replies replies;
	struct nlmsghdr *nlh;
	int status;

	memset(config, 0, sizeof(*config));
	status = channel_dump(&ctx->channel, PNF_CMD_CONFIG_GET, &replies, err);
	if (!status) {
		replies_for_each(nlh, &replies) {
			struct genlmsghdr *ghdr = genlmsg_hdr(nlh);
			struct nlattr *attr;
			int rest;

			nla_for_each_attr(attr, genlmsg_attrdata(ghdr, 0),
					  genlmsg_attrlen(ghdr, 0), rest)
				config_read_attr(config, attr);
		}
	}
	replies_free(&replies);
	return status;
}

static void print_number(struct out *out, const struct setting *setting, int64_t number)
{
	char text[SETTING_TEXT];

	if (setting_has_word(setting, number))
		out_string(out, setting->name, "%s", setting->format(setting, number, text));
	else
		out_s64(out, setting->name, "%" PRId64, number);

	if (setting->special && number == setting->special_value)
		out_text(out, " (%s)", setting->special);
	else if (*setting->unit)
		out_text(out, " %s", setting->unit);
	out_text(out, "\n");
}

static void print_list(struct out *out, const struct setting *setting,
		       const struct setting_value *lists)
{
	bool is_points = setting->type == SETTING_POINTS;
	size_t count = is_points ? lists->points.count : lists->destinations.count;
	char point[POINT_TEXT], dest[DESTINATION_TEXT], text[PRINTABLE_TEXT(DESTINATION_TEXT)];
	size_t i;

	out_open_array(out, setting->name);
	for (i = 0; i < count; i++) {
		const char *entry = is_points ?
			format_point(&lists->points.entries[i], point) :
			format_destination(&lists->destinations.entries[i], dest);

		out_text(out, "%s%s\n", i ? "                   " : "",
			 format_printable(entry, text, sizeof(text)));
		out_string(out, NULL, NULL, entry);
	}
	if (!count)
		out_text(out, "none\n");
	out_close_array(out);
}

int command_show_config(struct context *ctx, int argc, char **argv, struct err *err)
{
	struct out *out = ctx->out;
	struct config config;
	unsigned int i;
	int status;

	(void)argc;
	(void)argv;
	status = context_connect(ctx, true, err);
	if (!status)
		status = config_read(ctx, &config, err);
	if (status)
		return status;

	out_open_object(out, NULL);
	for (i = 0; i < setting_count; i++) {
		const struct setting *setting = &settings[i];

		if (!setting->entry && !config.is_present[setting->attr])
			continue;
		out_text(out, "%-18s ", setting->name);
		if (setting->entry)
			print_list(out, setting, &config.lists);
		else
			print_number(out, setting, config.numbers[setting->attr]);
	}
	out_close_object(out);
	return STATUS_DONE;
}

static void print_point(struct out *out, const struct point *point, int32_t priority)
{
	uint32_t hooks = point->hooks ? point->hooks : PNF_HOOKS_DEFAULT;
	const struct word_value *hook;

	out_string(out, "kind", "%s", "inet");
	out_text(out, "  hooks");
	out_open_array(out, "hooks");
	for (hook = hook_words; hook->word; hook++) {
		if (hooks & hook->value)
			out_string(out, NULL, " %s", hook->word);
		hooks &= ~hook->value;
	}
	out_close_array(out);
	out_s64(out, "priority", ", priority %" PRId64 "\n", priority);
}

static int read_metering(struct nlmsghdr *nlh, void *arg, struct err *err)
{
	struct nlattr *tb[PNF_STATS_MAX + 1];
	bool *is_on = arg;

	if (genlmsg_parse(nlh, 0, tb, PNF_STATS_MAX, NULL) < 0)
		return err_refused(err, "the kernel's statistics cannot be read");
	*is_on = attr_u8(tb[PNF_STATS_METERING]);
	return STATUS_DONE;
}

int command_show_points(struct context *ctx, int argc, char **argv, struct err *err)
{
	struct out *out = ctx->out;
	struct request request;
	struct config config;
	bool is_on = false;
	size_t i;
	int status;

	(void)argc;
	(void)argv;
	status = context_connect(ctx, true, err);
	if (!status)
		status = config_read(ctx, &config, err);
	if (!status)
		status = request_new(&request, &ctx->channel, PNF_CMD_STATS_GET, NULL, err);
	if (status)
		return status;
	status = channel_do(&ctx->channel, &request, read_metering, &is_on, err);
	request_free(&request);
	if (status)
		return status;

	out_text(out, "metering is %s\n", is_on ? "on" : "off");
	out_open_array(out, NULL);
	for (i = 0; i < config.lists.points.count; i++) {
		out_open_object(out, NULL);
		print_point(out, &config.lists.points.entries[i],
			    config.numbers[PNF_CONFIG_INET_PRIORITY]);
		out_bool(out, "metering", is_on);
		out_close_object(out);
	}
	if (!config.lists.points.count)
		out_text(out, "no Observation Point\n");
	out_close_array(out);
	return STATUS_DONE;
}
