// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <linux/pkt_netflow.h>
#include <netlink/genl/genl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "destinations.h"
#include "elements.h"
#include "format.h"
#include "resolve.h"
#include "rules.h"
#include "settings.h"

/* What sentences call it: in "add" and "del" by the name of an entry */
static const char *assignment_name(const struct assignment *assignment, bool is_entry)
{
	if (assignment->label)
		return assignment->label;
	return is_entry && assignment->setting->entry ? assignment->setting->entry :
							assignment->setting->name;
}

/**
 * assignment_read() - read the value of a setting
 * @assignment: its setting is known; value and word are filled
 * @verb: what the user wants to do with it
 *
 * Elements of Templates are left to be resolved.
 */
int assignment_read(struct assignment *assignment, const char *verb, const char *word,
		    struct err *err)
{
	const struct setting *setting = assignment->setting;
	bool is_del = !strcmp(verb, "del");
	int status;

	assignment->word = word;
	status = (is_del && setting->parse_del ? setting->parse_del : setting->parse)
		 (setting, word, &assignment->value, err);
	if (!status && setting->type == SETTING_DESTINATIONS)
		status = resolve_destinations(word, &assignment->value.destinations, err);
	if (status)
		err_prefix(err, status, "%s %s", verb,
			   assignment_name(assignment, strcmp(verb, "set")));
	return status;
}

/* NAME ELEMENT ELEMENT... is one value */
static int assignment_read_words(struct assignment *assignment, const char *verb, int count,
				 char **words, struct err *err)
{
	size_t size = 1;
	char *end;
	int i;

	for (i = 0; i < count; i++)
		size += strlen(words[i]) + 1;
	assignment->joined = malloc(size);
	if (!assignment->joined)
		return err_refused(err, "out of memory");
	end = stpcpy(assignment->joined, words[0]);
	for (i = 1; i < count; i++)
		end = stpcpy(stpcpy(end, " "), words[i]);
	return assignment_read(assignment, verb, assignment->joined, err);
}

/*
 * Words to attributes
 */

static int put_fields(struct nl_msg *msg, const struct setting *setting,
		      const struct fields *fields)
{
	if (nla_put_u32(msg, setting->attr, fields->groups) < 0)
		return -1;
	return nla_put_u8(msg, setting->attr_depth, fields->mpls_depth);
}

static int put_sampler(struct nl_msg *msg, const struct setting *setting,
		       const struct sampler *sampler)
{
	struct nlattr *nest = nla_nest_start(msg, NLA_F_NESTED | setting->attr);

	if (!nest || nla_put_u8(msg, PNF_SAMPLER_A_METHOD, sampler->method) < 0)
		return -1;
	if (sampler->method != PNF_SAMPLER_NONE &&
	    nla_put_u32(msg, PNF_SAMPLER_A_INTERVAL, sampler->interval) < 0)
		return -1;
	return nla_nest_end(msg, nest);
}

/* What is no list */
static int put_value(struct nl_msg *msg, const struct setting *setting,
		     const struct setting_value *value)
{
	switch (setting->type) {
	case SETTING_U8:
		return nla_put_u8(msg, setting->attr, value->number);
	case SETTING_U16:
		return nla_put_u16(msg, setting->attr, value->number);
	case SETTING_S32:
		return nla_put_s32(msg, setting->attr, value->number);
	case SETTING_STRING:
		return nla_put_string(msg, setting->attr, value->string);
	case SETTING_FIELDS:
		return put_fields(msg, setting, &value->fields);
	case SETTING_SAMPLER:
		return put_sampler(msg, setting, &value->sampler);
	default:
		return nla_put_u32(msg, setting->attr, value->number);
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

static int put_sequence(struct nl_msg *msg, const struct sequence *sequence)
{
	unsigned int i;
	int rc = 0;

	for (i = 0; i < SEQUENCE_NUMBERS && rc >= 0; i++) {
		uint16_t attr = sequence_numbers[i].attr;

		if (!(sequence->named & 1 << i))
			continue;
		if (attr == PNF_DESTINATION_TEMPLATE_ID)
			rc = nla_put_u16(msg, attr, sequence->numbers[i]);
		else
			rc = nla_put_u32(msg, attr, sequence->numbers[i]);
	}
	return rc;
}

static int put_destination(struct nl_msg *msg, const struct destination *dest,
			   const struct sequence_list *sequences)
{
	const struct sequence *sequence = sequences ? sequence_find(sequences, dest) : NULL;

	if (put_address(msg, PNF_DESTINATION_ADDRESS4, PNF_DESTINATION_ADDRESS6,
			&dest->address) < 0 ||
	    nla_put_u16(msg, PNF_DESTINATION_PORT, htons(dest->port)) < 0 ||
	    put_address(msg, PNF_DESTINATION_SOURCE4, PNF_DESTINATION_SOURCE6,
			&dest->source) < 0)
		return -1;
	if (*dest->device && nla_put_string(msg, PNF_DESTINATION_DEVICE, dest->device) < 0)
		return -1;
	return sequence ? put_sequence(msg, sequence) : 0;
}

static int put_point(struct nl_msg *msg, const struct point *point)
{
	if (nla_put_u32(msg, PNF_POINT_KIND, point->kind) < 0)
		return -1;
	return point->hooks ? nla_put_u32(msg, PNF_POINT_HOOKS, point->hooks) : 0;
}

static int put_aggregation(struct nl_msg *msg, const struct aggregation *rule)
{
	if (rule->address.family) {
		if (put_address(msg, PNF_AGGREGATION_ADDRESS4, PNF_AGGREGATION_ADDRESS6,
				&rule->address) < 0 ||
		    nla_put_u8(msg, PNF_AGGREGATION_PREFIX, rule->prefix) < 0)
			return -1;
		return nla_put_u8(msg, PNF_AGGREGATION_KEEP, rule->keep);
	}
	if (nla_put_u16(msg, PNF_AGGREGATION_PORT_FIRST, rule->port_first) < 0 ||
	    nla_put_u16(msg, PNF_AGGREGATION_PORT_LAST, rule->port_last) < 0)
		return -1;
	return nla_put_u16(msg, PNF_AGGREGATION_PORT, rule->port);
}

static int put_snmp_rule(struct nl_msg *msg, const struct snmp_rule *rule)
{
	if (nla_put_string(msg, PNF_SNMP_RULE_NAME, rule->name) < 0)
		return -1;
	return nla_put_u32(msg, PNF_SNMP_RULE_BASE, rule->base);
}

static int put_entry_value(struct nl_msg *msg, const struct assignment *assignment, size_t i)
{
	const struct setting_value *value = &assignment->value;

	switch (assignment->setting->type) {
	case SETTING_DESTINATIONS:
		return put_destination(msg, &value->destinations.entries[i],
				       assignment->sequences);
	case SETTING_POINTS:
		return put_point(msg, &value->points.entries[i]);
	case SETTING_AGGREGATIONS:
		return put_aggregation(msg, &value->aggregations.entries[i]);
	case SETTING_SNMP_RULES:
		return put_snmp_rule(msg, &value->snmp_rules.entries[i]);
	default:
		return nla_put_string(msg, PNF_CONFIG_TEMPLATE_NAME,
				      value->templates.entries[i].name);
	}
}

/* Each with a mark of its own: the kernel may refuse one of them */
static int put_elements(struct request *request, const struct assignment *assignment, size_t i,
			struct err *err)
{
	const struct template *template = &assignment->value.templates.entries[i];
	size_t j;

	for (j = 0; j < template->count; j++) {
		if (request_mark(request, assignment_name(assignment, false),
				 assignment->word + template->words[j].start,
				 template->words[j].length, err))
			return STATUS_REFUSED;
		if (nla_put_u16(request->msg, PNF_CONFIG_TEMPLATE_ELEMENT,
				template->elements[j]) < 0)
			return request_refuse_size(request, err);
		request_mark_end(request);
	}
	return STATUS_DONE;
}

/* Entry @i of a list as a nest of type @attr */
static int put_entry(struct request *request, const struct assignment *assignment, size_t i,
		     uint16_t attr, struct err *err)
{
	const struct setting *setting = assignment->setting;
	const struct span *span = setting_entry_span(setting, &assignment->value, i);
	struct nlattr *nest;
	int status;

	if (request_mark(request, assignment_name(assignment, true),
			 assignment->word + span->start, span->length, err))
		return STATUS_REFUSED;
	nest = nla_nest_start(request->msg, NLA_F_NESTED | attr);
	if (!nest || put_entry_value(request->msg, assignment, i) < 0)
		return request_refuse_size(request, err);
	request_mark_end(request);

	if (setting->type == SETTING_TEMPLATES) {
		status = put_elements(request, assignment, i, err);
		if (status)
			return status;
	}
	nla_nest_end(request->msg, nest);
	return STATUS_DONE;
}

/**
 * put_entries() - the entries of a list, each with a mark
 * @attr: of an entry
 */
int put_entries(struct request *request, const struct assignment *assignment, uint16_t attr,
		struct err *err)
{
	size_t count = setting_entry_count(assignment->setting, &assignment->value);
	size_t i;
	int status;

	for (i = 0; i < count; i++) {
		status = put_entry(request, assignment, i, attr, err);
		if (status)
			return status;
	}
	return STATUS_DONE;
}

/**
 * put_assignment() - a value, with a mark; of a list, its entries in place of those that there are
 */
int put_assignment(struct request *request, const struct assignment *assignment,
		   struct err *err)
{
	const struct setting *setting = assignment->setting;
	int rc;

	if (request_mark(request, assignment_name(assignment, false), assignment->word,
			 strlen(assignment->word), err))
		return STATUS_REFUSED;
	if (setting->entry)
		rc = nla_put_flag(request->msg, setting->attr_flush);
	else
		rc = put_value(request->msg, setting, &assignment->value);
	if (rc < 0)
		return request_refuse_size(request, err);
	request_mark_end(request);

	return setting->entry ? put_entries(request, assignment, setting->attr, err) : STATUS_DONE;
}

/*
 * Attributes to values
 */

static void config_read_destination(struct destination_list *list, struct nlattr *attr)
{
	struct nlattr *tb[PNF_DESTINATION_MAX + 1];

	if (list->count < PNF_DESTINATIONS_MAX &&
	    nla_parse_nested(tb, PNF_DESTINATION_MAX, attr, NULL) >= 0)
		destination_read(tb, &list->entries[list->count++]);
}

static void config_read_point(struct point_list *list, struct nlattr *attr)
{
	struct nlattr *tb[PNF_POINT_MAX + 1];

	if (list->count < POINTS_MAX && nla_parse_nested(tb, PNF_POINT_MAX, attr, NULL) >= 0) {
		list->entries[list->count].kind = attr_u32(tb[PNF_POINT_KIND]);
		list->entries[list->count].hooks = attr_u32(tb[PNF_POINT_HOOKS]);
		list->count++;
	}
}

static void config_read_aggregation(struct aggregation_list *list, struct nlattr *attr)
{
	if (list->count < PNF_AGGREGATIONS_MAX &&
	    aggregation_read(attr, &list->entries[list->count]))
		list->count++;
}

static void config_read_snmp_rule(struct snmp_rule_list *list, struct nlattr *attr)
{
	if (list->count < PNF_SNMP_RULES_MAX && snmp_rule_read(attr, &list->entries[list->count]))
		list->count++;
}

static void config_read_template(struct template_list *list, struct nlattr *nest)
{
	struct template *template = &list->entries[list->count];
	struct nlattr *attr;
	int rest;

	if (list->count == PNF_TEMPLATES_NAMED_MAX)
		return;
	list->count++;
	nla_for_each_nested(attr, nest, rest) {
		if (nla_type(attr) == PNF_CONFIG_TEMPLATE_NAME)
			attr_string(attr, template->name, sizeof(template->name));
		else if (nla_type(attr) == PNF_CONFIG_TEMPLATE_ELEMENT &&
			 template->count < PNF_TEMPLATE_ELEMENTS_MAX)
			template->elements[template->count++] = attr_u16(attr);
	}
}

static void config_read_setting(struct config *config, const struct setting *setting,
				struct nlattr *attr)
{
	struct setting_value *value = &config->value;

	config->is_present[setting->attr] = true;
	switch (setting->type) {
	case SETTING_U8:
		config->numbers[setting->attr] = attr_u8(attr);
		break;
	case SETTING_U16:
		config->numbers[setting->attr] = attr_u16(attr);
		break;
	case SETTING_U32:
		config->numbers[setting->attr] = attr_u32(attr);
		break;
	case SETTING_S32:
		config->numbers[setting->attr] = (int32_t)attr_u32(attr);
		break;
	case SETTING_STRING:
		attr_string(attr, value->string, sizeof(value->string));
		break;
	case SETTING_FIELDS:
		if (nla_type(attr) == setting->attr)
			value->fields.groups = attr_u32(attr);
		else
			value->fields.mpls_depth = attr_u8(attr);
		break;
	case SETTING_SAMPLER:
		sampler_read(attr, &value->sampler);
		break;
	case SETTING_DESTINATIONS:
		config_read_destination(&value->destinations, attr);
		break;
	case SETTING_POINTS:
		config_read_point(&value->points, attr);
		break;
	case SETTING_AGGREGATIONS:
		config_read_aggregation(&value->aggregations, attr);
		break;
	case SETTING_SNMP_RULES:
		config_read_snmp_rule(&value->snmp_rules, attr);
		break;
	case SETTING_TEMPLATES:
		config_read_template(&value->templates, attr);
		break;
	}
}

static void config_read_attr(struct config *config, struct nlattr *attr)
{
	unsigned int i;

	for (i = 0; i < setting_count; i++) {
		if (settings[i].attr == nla_type(attr) ||
		    (settings[i].attr_depth && settings[i].attr_depth == nla_type(attr)))
			config_read_setting(config, &settings[i], attr);
	}
}

/**
 * config_read() - the settings in force
 * @config: filled
 */
int config_read(struct context *ctx, struct config *config, struct err *err)
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
		if (assignment->setting->type == SETTING_TEMPLATES &&
		    template_is_one(argv[i + 1]))
			return assignment_read_words(assignment, "set", argc - i - 1,
						     argv + i + 1, err);
		status = assignment_read(assignment, "set", argv[i + 1], err);
		if (status)
			return status;
	}
	return STATUS_DONE;
}

/*
 * One Template alone takes the place of that with its name, or the last place: @assignment
 * gets all the others, so that it is a whole list.
 */
static int assignment_add_templates(struct context *ctx, struct assignment *assignment,
				    struct err *err)
{
	struct template_list *list = &assignment->value.templates;
	struct template one = list->entries[0];
	struct config config;
	size_t i;
	int status;

	status = config_read(ctx, &config, err);
	if (status)
		return status;
	*list = config.value.templates;
	for (i = 0; i < list->count; i++) {
		if (!strcmp(list->entries[i].name, one.name))
			break;
	}
	if (i == PNF_TEMPLATES_NAMED_MAX)
		return err_refused(err, "set template: %s is refused: there are %d Templates already",
				   quote(one.name), PNF_TEMPLATES_NAMED_MAX);
	if (i == list->count)
		list->count++;
	list->entries[i] = one;
	return STATUS_DONE;
}

/* Of "set" and "add", what takes the kernel to know */
static int assignment_finish(struct context *ctx, struct assignment *assignment,
			     const char *verb, struct err *err)
{
	struct template_list *list = &assignment->value.templates;
	struct elements elements;
	int status;

	if (assignment->setting->type != SETTING_TEMPLATES || !list->count)
		return STATUS_DONE;

	status = elements_read(&ctx->channel, &elements, err);
	if (!status)
		status = elements_resolve(&elements, assignment->word, list, err);
	elements_free(&elements);
	if (status)
		return err_prefix(err, status, "%s template", verb);
	if (!strcmp(verb, "set") && template_is_one(assignment->word))
		return assignment_add_templates(ctx, assignment, err);
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
	for (i = 0; i < count && assignments[i].setting && !status; i++)
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
	int i, status;

	if (!argc)
		return err_usage(err, "set: a setting and its value are missing; 'nfmgr help settings' lists them");

	/* with one more, there is one that is unknown or set twice */
	if (count > (int)setting_count + 1)
		count = setting_count + 1;
	assignments = calloc(count, sizeof(*assignments));
	if (!assignments)
		return err_refused(err, "out of memory");

	status = read_assignments(assignments, argc, argv, err);
	if (!status)
		status = context_connect(ctx, true, err);
	for (i = 0; i < count && assignments[i].setting && !status; i++)
		status = assignment_finish(ctx, &assignments[i], "set", err);
	if (!status)
		status = send_assignments(ctx, assignments, count, err);
	for (i = 0; i < count; i++)
		free(assignments[i].joined);
	free(assignments);
	return status;
}

/*
 * add and del
 */

static int change_list(struct context *ctx, const struct assignment *assignment, const char *verb,
		       uint16_t attr, struct err *err)
{
	struct request request;
	int status;

	status = request_new(&request, &ctx->channel, PNF_CMD_CONFIG_SET, verb, err);
	if (status)
		return status;
	status = put_entries(&request, assignment, attr, err);
	if (!status)
		status = channel_do(&ctx->channel, &request, NULL, NULL, err);
	request_free(&request);
	return status;
}

static int read_change(struct assignment *assignment, const char *verb, bool add, int argc,
		       char **argv, struct err *err)
{
	const struct setting *setting;
	char names[128];
	int status;

	if (!argc)
		return err_usage(err, "%s: the name of a list is missing, accepted are %s", verb,
				 setting_list_names(names, sizeof(names)));
	setting = setting_find_list(argv[0]);
	if (!setting)
		return err_usage(err, "%s: %s is not a list, accepted are %s", verb,
				 quote(argv[0]), setting_list_names(names, sizeof(names)));
	if (argc < 2)
		return err_usage(err, "%s %s: the value is missing, accepted is %s", verb,
				 quote(argv[0]), add || !setting->parse_del ? setting->accepted :
				 "NAME,...");

	assignment->setting = setting;
	if (add && setting->type == SETTING_TEMPLATES)
		status = assignment_read_words(assignment, verb, argc - 1, argv + 1, err);
	else if (argc > 2)
		return err_usage(err, "%s %s: %s is one word too many; separate values with commas",
				 verb, setting->entry, quote(argv[2]));
	else
		status = assignment_read(assignment, verb, argv[1], err);
	if (!status && !setting_entry_count(setting, &assignment->value))
		return err_usage(err, "%s %s: %s names none", verb, setting->entry, quote(argv[1]));
	return status;
}

static int add_or_del(struct context *ctx, bool add, int argc, char **argv, struct err *err)
{
	struct assignment assignment = { .setting = NULL };
	const char *verb = add ? "add" : "del";
	int status;

	status = read_change(&assignment, verb, add, argc, argv, err);
	if (!status)
		status = context_connect(ctx, true, err);
	if (!status && add)
		status = assignment_finish(ctx, &assignment, verb, err);
	if (!status)
		status = change_list(ctx, &assignment, verb, add ? assignment.setting->attr :
				     assignment.setting->attr_del, err);
	free(assignment.joined);
	return status;
}

int command_add(struct context *ctx, int argc, char **argv, struct err *err)
{
	return add_or_del(ctx, true, argc, argv, err);
}

int command_del(struct context *ctx, int argc, char **argv, struct err *err)
{
	return add_or_del(ctx, false, argc, argv, err);
}

/*
 * show config, show points
 */

#define NAME_COLUMN	"%-20s"

static void print_number(struct out *out, const struct setting *setting, int64_t number)
{
	if (setting_has_word(setting, number))
		out_string(out, setting->name, "%s", format_word(setting->words, number));
	else
		out_s64(out, setting->name, "%" PRId64, number);

	if (setting->special && number == setting->special_value)
		out_text(out, " (%s)", setting->special);
	else if (*setting->unit)
		out_text(out, " %s", setting->unit);
	out_text(out, "\n");
}

static void print_string(struct out *out, const struct setting *setting, const char *string)
{
	char text[PRINTABLE_TEXT(PNF_DOMAIN_NAME_MAX + 1)];

	if (*string)
		out_text(out, "%s\n", format_printable(string, text, sizeof(text)));
	else
		out_text(out, "empty (%s)\n", setting->special);
	out_string(out, setting->name, NULL, string);
}

static void print_fields(struct out *out, const struct setting *setting,
			 const struct fields *fields)
{
	const struct word_value *group;
	char text[FIELDS_TEXT];

	out_text(out, "%s\n", format_fields(fields, text));
	out_open_array(out, setting->name);
	for (group = field_words; group->word; group++) {
		if (fields->groups & group->value)
			out_string(out, NULL, NULL, group->word);
	}
	if (fields->mpls_depth) {
		snprintf(text, sizeof(text), "mpls=%u", fields->mpls_depth);
		out_string(out, NULL, NULL, text);
	}
	out_close_array(out);
}

static void print_list(struct out *out, const struct setting *setting,
		       const struct setting_value *value, const struct elements *elements)
{
	size_t count = setting_entry_count(setting, value);
	char entry[ENTRY_TEXT], text[PRINTABLE_TEXT(ENTRY_TEXT)];
	size_t i;

	out_open_array(out, setting->name);
	for (i = 0; i < count; i++) {
		setting_format_entry(setting, value, i, elements, entry);
		if (i)
			out_text(out, NAME_COLUMN, "");
		out_text(out, "%s\n", format_printable(entry, text, sizeof(text)));
		out_string(out, NULL, NULL, entry);
	}
	if (!count)
		out_text(out, "none\n");
	out_close_array(out);
}

static void print_setting(struct out *out, const struct setting *setting,
			  const struct config *config, const struct elements *elements)
{
	bool is_number = setting->type <= SETTING_S32;
	char text[SETTING_TEXT];

	/* of an older module; what else is absent is empty */
	if (is_number && !config->is_present[setting->attr])
		return;
	out_text(out, NAME_COLUMN, setting->name);
	switch (setting->type) {
	case SETTING_STRING:
		print_string(out, setting, config->value.string);
		break;
	case SETTING_FIELDS:
		print_fields(out, setting, &config->value.fields);
		break;
	case SETTING_SAMPLER:
		out_string(out, setting->name, "%s\n",
			   setting->format(setting, &config->value, text));
		break;
	default:
		if (is_number)
			print_number(out, setting, config->numbers[setting->attr]);
		else
			print_list(out, setting, &config->value, elements);
	}
}

int command_show_config(struct context *ctx, int argc, char **argv, struct err *err)
{
	struct elements elements = { .count = 0 };
	struct config config;
	unsigned int i;
	int status;

	(void)argc;
	(void)argv;
	status = context_connect(ctx, true, err);
	if (!status)
		status = config_read(ctx, &config, err);
	if (!status && config.value.templates.count)
		status = elements_read(&ctx->channel, &elements, err);
	if (!status) {
		out_open_object(ctx->out, NULL);
		for (i = 0; i < setting_count; i++)
			print_setting(ctx->out, &settings[i], &config, &elements);
		out_close_object(ctx->out);
	}
	elements_free(&elements);
	return status;
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
		status = channel_ask(&ctx->channel, PNF_CMD_STATS_GET, NULL, read_metering, &is_on,
				     err);
	if (status)
		return status;

	out_text(out, "metering is %s\n", is_on ? "on" : "off");
	out_open_array(out, NULL);
	for (i = 0; i < config.value.points.count; i++) {
		out_open_object(out, NULL);
		print_point(out, &config.value.points.entries[i],
			    config.numbers[PNF_CONFIG_INET_PRIORITY]);
		out_bool(out, "metering", is_on);
		out_close_object(out);
	}
	if (!config.value.points.count)
		out_text(out, "no Observation Point\n");
	out_close_array(out);
	return STATUS_DONE;
}
