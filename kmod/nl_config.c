// SPDX-License-Identifier: GPL-2.0-only
#include <linux/cpu.h>
#include <linux/ctype.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/stringify.h>

#include "nl_family.h"

static struct netlink_range_validation pnf_nl_timeout_range = {
	.min = 1,
	.max = PNF_TIMEOUT_MAX,
};

static struct netlink_range_validation pnf_nl_refresh_rate_range = {
	.min = 1,
	.max = PNF_REFRESH_RATE_MAX,
};

static struct netlink_range_validation pnf_nl_sndbuf_range = {
	.max = PNF_SNDBUF_MAX,
};

static struct netlink_range_validation pnf_nl_hashsize_range = {
	.max = PNF_HASHSIZE_MAX,
};

static struct netlink_range_validation pnf_nl_max_message_range = {
	.max = PNF_MAX_MESSAGE_MAX,
};

static struct netlink_range_validation pnf_nl_export_delay_range = {
	.max = PNF_EXPORT_DELAY_MAX,
};

static const struct nla_policy pnf_nl_point_policy[PNF_POINT_MAX + 1] = {
	[PNF_POINT_KIND] = NLA_POLICY_RANGE(NLA_U32, PNF_POINT_KIND_INET,
					    PNF_POINT_KIND_INET),
	[PNF_POINT_HOOKS] = NLA_POLICY_RANGE(NLA_U32, 1, PNF_HOOKS_ALL),
};

static const struct nla_policy pnf_nl_sampler_policy[PNF_SAMPLER_A_MAX + 1] = {
	[PNF_SAMPLER_A_METHOD] = NLA_POLICY_MAX(NLA_U8, PNF_SAMPLER_HASH),
	[PNF_SAMPLER_A_INTERVAL] = NLA_POLICY_RANGE(NLA_U32, PNF_SAMPLER_MIN,
						    PNF_SAMPLER_MAX),
};

const struct nla_policy pnf_nl_config_policy[PNF_CONFIG_MAX + 1] = {
	[PNF_CONFIG_METERING] = NLA_POLICY_MAX(NLA_U8, PNF_METERING_OFF),
	[PNF_CONFIG_PROTOCOL] = { .type = NLA_U8 },
	[PNF_CONFIG_ACTIVE_TIMEOUT] = NLA_POLICY_FULL_RANGE(NLA_U32, &pnf_nl_timeout_range),
	[PNF_CONFIG_INACTIVE_TIMEOUT] = NLA_POLICY_FULL_RANGE(NLA_U32, &pnf_nl_timeout_range),
	[PNF_CONFIG_REFRESH_RATE] = NLA_POLICY_FULL_RANGE(NLA_U32, &pnf_nl_refresh_rate_range),
	[PNF_CONFIG_TIMEOUT_RATE] = NLA_POLICY_MAX(NLA_U32, PNF_TIMEOUT_RATE_MAX),
	[PNF_CONFIG_SNDBUF] = NLA_POLICY_FULL_RANGE(NLA_U32, &pnf_nl_sndbuf_range),
	[PNF_CONFIG_HASHSIZE] = NLA_POLICY_FULL_RANGE(NLA_U32, &pnf_nl_hashsize_range),
	[PNF_CONFIG_MAXFLOWS] = { .type = NLA_U32 },
	[PNF_CONFIG_SCAN_MIN] = NLA_POLICY_RANGE(NLA_U32, 1, PNF_SCAN_MIN_MAX),
	[PNF_CONFIG_EXPORTCPU] = NLA_POLICY_MIN(NLA_S32, -1),
	[PNF_CONFIG_ENGINE_ID] = { .type = NLA_U32 },
	[PNF_CONFIG_DEBUG] = NLA_POLICY_MAX(NLA_U32, PNF_DEBUG_MAX),
	[PNF_CONFIG_INET_PRIORITY] = { .type = NLA_S32 },
	[PNF_CONFIG_DESTINATION] = NLA_POLICY_NESTED(pnf_nl_destination_policy),
	[PNF_CONFIG_DESTINATION_DEL] = NLA_POLICY_NESTED(pnf_nl_destination_policy),
	[PNF_CONFIG_DESTINATION_FLUSH] = { .type = NLA_FLAG },
	[PNF_CONFIG_POINT] = NLA_POLICY_NESTED(pnf_nl_point_policy),
	[PNF_CONFIG_POINT_DEL] = NLA_POLICY_NESTED(pnf_nl_point_policy),
	[PNF_CONFIG_POINT_FLUSH] = { .type = NLA_FLAG },
	[PNF_CONFIG_FIELDS] = NLA_POLICY_MASK(NLA_U32, PNF_FIELDS_ALL),
	[PNF_CONFIG_MPLS_DEPTH] = NLA_POLICY_MAX(NLA_U8, PNF_MPLS_DEPTH_MAX),
	[PNF_CONFIG_SAMPLER] = NLA_POLICY_NESTED(pnf_nl_sampler_policy),
	[PNF_CONFIG_AGGREGATION] = NLA_POLICY_NESTED(pnf_nl_aggregation_policy),
	[PNF_CONFIG_AGGREGATION_DEL] = NLA_POLICY_NESTED(pnf_nl_aggregation_policy),
	[PNF_CONFIG_AGGREGATION_FLUSH] = { .type = NLA_FLAG },
	[PNF_CONFIG_SNMP_RULE] = NLA_POLICY_NESTED(pnf_nl_snmp_rule_policy),
	[PNF_CONFIG_SNMP_RULE_DEL] = NLA_POLICY_NESTED(pnf_nl_snmp_rule_policy),
	[PNF_CONFIG_SNMP_RULE_FLUSH] = { .type = NLA_FLAG },
	[PNF_CONFIG_TEMPLATE] = NLA_POLICY_NESTED(pnf_nl_named_template_policy),
	[PNF_CONFIG_TEMPLATE_DEL] = NLA_POLICY_NESTED(pnf_nl_named_template_del_policy),
	[PNF_CONFIG_TEMPLATE_FLUSH] = { .type = NLA_FLAG },
	[PNF_CONFIG_RANDOM_TEMPLATE_IDS] = NLA_POLICY_MAX(NLA_U8, 1),
	[PNF_CONFIG_COMPAT_SAMPLING] = NLA_POLICY_MAX(NLA_U8, 1),
	[PNF_CONFIG_DOMAIN_NAME] = { .type = NLA_NUL_STRING, .len = PNF_DOMAIN_NAME_MAX },
	[PNF_CONFIG_NATEVENTS] = NLA_POLICY_MAX(NLA_U8, 1),
	[PNF_CONFIG_NAT_EVENT_CODES] = NLA_POLICY_MAX(NLA_U8, PNF_NAT_EVENT_CODES_LEGACY),
	[PNF_CONFIG_DISTRIBUTION] = NLA_POLICY_MAX(NLA_U8, PNF_DISTRIBUTION_FAILOVER),
	[PNF_CONFIG_DSCP] = NLA_POLICY_MAX(NLA_U8, 63),
	[PNF_CONFIG_SOURCE_PORT] = { .type = NLA_U16 },
	[PNF_CONFIG_MAX_MESSAGE] = NLA_POLICY_FULL_RANGE(NLA_U32, &pnf_nl_max_message_range),
	[PNF_CONFIG_EXPORT_DELAY] = NLA_POLICY_FULL_RANGE(NLA_U32, &pnf_nl_export_delay_range),
};

/* Settings that are a number */
struct pnf_nl_setting {
	u16 type;
	u16 offset;
	u8 octets;
};

#define PNF_NL_SETTING(attribute, member) {				\
	.type = attribute,						\
	.offset = offsetof(struct pnf_config, member),			\
	.octets = sizeof_field(struct pnf_config, member),		\
}

static const struct pnf_nl_setting pnf_nl_settings[] = {
	PNF_NL_SETTING(PNF_CONFIG_METERING, metering),
	PNF_NL_SETTING(PNF_CONFIG_PROTOCOL, protocol),
	PNF_NL_SETTING(PNF_CONFIG_ACTIVE_TIMEOUT, active_timeout),
	PNF_NL_SETTING(PNF_CONFIG_INACTIVE_TIMEOUT, inactive_timeout),
	PNF_NL_SETTING(PNF_CONFIG_REFRESH_RATE, refresh_rate),
	PNF_NL_SETTING(PNF_CONFIG_TIMEOUT_RATE, timeout_rate),
	PNF_NL_SETTING(PNF_CONFIG_SNDBUF, sndbuf),
	PNF_NL_SETTING(PNF_CONFIG_HASHSIZE, hashsize),
	PNF_NL_SETTING(PNF_CONFIG_MAXFLOWS, maxflows),
	PNF_NL_SETTING(PNF_CONFIG_SCAN_MIN, scan_min),
	PNF_NL_SETTING(PNF_CONFIG_EXPORTCPU, exportcpu),
	PNF_NL_SETTING(PNF_CONFIG_ENGINE_ID, domain),
	PNF_NL_SETTING(PNF_CONFIG_DEBUG, debug),
	PNF_NL_SETTING(PNF_CONFIG_INET_PRIORITY, inet_priority),
	PNF_NL_SETTING(PNF_CONFIG_FIELDS, fields),
	PNF_NL_SETTING(PNF_CONFIG_MPLS_DEPTH, mpls_depth),
	PNF_NL_SETTING(PNF_CONFIG_RANDOM_TEMPLATE_IDS, random_template_ids),
	PNF_NL_SETTING(PNF_CONFIG_COMPAT_SAMPLING, compat_sampling),
	PNF_NL_SETTING(PNF_CONFIG_NATEVENTS, natevents),
	PNF_NL_SETTING(PNF_CONFIG_NAT_EVENT_CODES, nat_event_codes),
	PNF_NL_SETTING(PNF_CONFIG_DISTRIBUTION, distribution),
	PNF_NL_SETTING(PNF_CONFIG_DSCP, dscp),
	PNF_NL_SETTING(PNF_CONFIG_SOURCE_PORT, source_port),
	PNF_NL_SETTING(PNF_CONFIG_MAX_MESSAGE, max_message),
	PNF_NL_SETTING(PNF_CONFIG_EXPORT_DELAY, export_delay),
};

/* Reading a request */

/* @hooks: 0 if none are named */
static int pnf_nl_parse_point(struct nlattr *attr, u32 *hooks, struct netlink_ext_ack *extack)
{
	struct nlattr *tb[PNF_POINT_MAX + 1];
	int err;

	err = nla_parse_nested(tb, PNF_POINT_MAX, attr, pnf_nl_point_policy, extack);
	if (err)
		return err;
	if (!tb[PNF_POINT_KIND]) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "an observation point has a kind");
		return -EINVAL;
	}
	*hooks = tb[PNF_POINT_HOOKS] ? nla_get_u32(tb[PNF_POINT_HOOKS]) : 0;
	return 0;
}

static int pnf_nl_add_point(struct pnf_config *next, struct nlattr *attr,
			    struct netlink_ext_ack *extack)
{
	u32 hooks;
	int err;

	err = pnf_nl_parse_point(attr, &hooks, extack);
	if (err)
		return err;
	if (next->inet_hooks) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "there is an inet point already; delete or set it");
		return -EEXIST;
	}
	next->inet_hooks = hooks ?: PNF_HOOKS_DEFAULT;
	return 0;
}

static int pnf_nl_del_point(struct pnf_config *next, struct nlattr *attr,
			    struct netlink_ext_ack *extack)
{
	u32 hooks;
	int err;

	err = pnf_nl_parse_point(attr, &hooks, extack);
	if (err)
		return err;
	if (!next->inet_hooks || (hooks && hooks != next->inet_hooks)) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "there is no such observation point");
		return -ENOENT;
	}
	next->inet_hooks = 0;
	return 0;
}

/**
 * struct pnf_nl_list - a list among the settings
 * @add_type: attribute of an entry
 * @del_type: attribute of an entry that is to go
 * @flush_type: attribute that lets all go
 * @count: where struct pnf_config has the number of entries
 * @entries: where it has the pointer to them; 0: they have room without
 * @octets: of an entry, if there is a pointer
 * @max: entries at most, if there is a pointer
 * @add: appends an entry, for which there is room up to @max
 * @del: removes one
 * @put: tells one; NULL: it is told with the settings
 */
struct pnf_nl_list {
	u16 add_type;
	u16 del_type;
	u16 flush_type;
	u16 count;
	u16 entries;
	u16 octets;
	u32 max;
	int (*add)(struct pnf_config *next, struct nlattr *attr, struct netlink_ext_ack *extack);
	int (*del)(struct pnf_config *next, struct nlattr *attr, struct netlink_ext_ack *extack);
	int (*put)(struct sk_buff *msg, const struct pnf_config *config, u32 i);
};

#define PNF_NL_ENTRIES(member, _max)					\
	.entries = offsetof(struct pnf_config, member),			\
	.octets = sizeof_field(struct pnf_config, member[0]),		\
	.max = (_max)

static const struct pnf_nl_list pnf_nl_lists[] = {
	{
		.add_type = PNF_CONFIG_DESTINATION,
		.del_type = PNF_CONFIG_DESTINATION_DEL,
		.flush_type = PNF_CONFIG_DESTINATION_FLUSH,
		.count = offsetof(struct pnf_config, destination_count),
		.add = pnf_nl_destination_add,
		.del = pnf_nl_destination_del,
		.put = pnf_nl_destination_put_entry,
	}, {
		/* There can be one point, which has at least one hook. */
		.add_type = PNF_CONFIG_POINT,
		.del_type = PNF_CONFIG_POINT_DEL,
		.flush_type = PNF_CONFIG_POINT_FLUSH,
		.count = offsetof(struct pnf_config, inet_hooks),
		.add = pnf_nl_add_point,
		.del = pnf_nl_del_point,
	}, {
		.add_type = PNF_CONFIG_AGGREGATION,
		.del_type = PNF_CONFIG_AGGREGATION_DEL,
		.flush_type = PNF_CONFIG_AGGREGATION_FLUSH,
		.count = offsetof(struct pnf_config, aggregation_count),
		PNF_NL_ENTRIES(aggregations, PNF_AGGREGATIONS_MAX),
		.add = pnf_nl_aggregation_add,
		.del = pnf_nl_aggregation_del,
		.put = pnf_nl_aggregation_put_entry,
	}, {
		.add_type = PNF_CONFIG_SNMP_RULE,
		.del_type = PNF_CONFIG_SNMP_RULE_DEL,
		.flush_type = PNF_CONFIG_SNMP_RULE_FLUSH,
		.count = offsetof(struct pnf_config, snmp_rule_count),
		PNF_NL_ENTRIES(snmp_rules, PNF_SNMP_RULES_MAX),
		.add = pnf_nl_snmp_rule_add,
		.del = pnf_nl_snmp_rule_del,
		.put = pnf_nl_snmp_rule_put_entry,
	}, {
		.add_type = PNF_CONFIG_TEMPLATE,
		.del_type = PNF_CONFIG_TEMPLATE_DEL,
		.flush_type = PNF_CONFIG_TEMPLATE_FLUSH,
		.count = offsetof(struct pnf_config, template_count),
		PNF_NL_ENTRIES(templates, PNF_TEMPLATES_NAMED_MAX),
		.add = pnf_nl_named_template_add,
		.del = pnf_nl_named_template_del,
		.put = pnf_nl_named_template_put_entry,
	},
};

static u32 pnf_nl_list_count(const struct pnf_config *config, const struct pnf_nl_list *list)
{
	return *(const u32 *)((const void *)config + list->count);
}

/* Room for what is there and @more, up to what there may be */
static int pnf_nl_list_resize(struct pnf_config *next, const struct pnf_nl_list *list, u32 more)
{
	void **entries = (void *)next + list->entries;
	u32 count = pnf_nl_list_count(next, list);
	u32 room = min(count + more, list->max);
	void *resized = NULL;

	if (room) {
		resized = kvmalloc_array(room, list->octets, GFP_KERNEL);
		if (!resized)
			return -ENOMEM;
	}
	if (count)
		memcpy(resized, *entries, count * list->octets);
	kvfree(*entries);
	*entries = resized;
	return 0;
}

/**
 * pnf_nl_list_remove() - close the gap that an entry leaves
 * @entries: array of all
 * @count: how many there are, decremented
 * @i: which one goes
 * @octets: of each
 */
void pnf_nl_list_remove(void *entries, u32 *count, u32 i, size_t octets)
{
	void *entry = entries + i * octets;

	--*count;
	memmove(entry, entry + octets, (*count - i) * octets);
}

/**
 * pnf_nl_string_has_only() - what a string consists of
 * @attr: passed a policy of NLA_NUL_STRING
 * @allows: tells of an octet
 *
 * Return: true if each octet is allowed, and none is behind the string's end.
 */
bool pnf_nl_string_has_only(const struct nlattr *attr, bool (*allows)(unsigned char octet))
{
	const unsigned char *octet = nla_data(attr);
	const unsigned char *end = octet + nla_len(attr) - 1;

	while (octet < end && *octet && allows(*octet))
		octet++;
	return octet == end;
}

static u32 pnf_nl_count_attrs(struct genl_info *info, int type)
{
	struct nlattr *attr;
	u32 count = 0;
	int rem;

	nla_for_each_attr(attr, genlmsg_data(info->genlhdr), genlmsg_len(info->genlhdr), rem)
		count += nla_type(attr) == type;
	return count;
}

static int pnf_nl_edit_entries(struct pnf_config *next, struct genl_info *info, int type,
			       int (*edit)(struct pnf_config *next, struct nlattr *attr,
					   struct netlink_ext_ack *extack))
{
	struct nlattr *attr;
	int err, rem;

	nla_for_each_attr(attr, genlmsg_data(info->genlhdr), genlmsg_len(info->genlhdr), rem) {
		if (nla_type(attr) != type)
			continue;
		err = edit(next, attr, info->extack);
		if (err)
			return err;
	}
	return 0;
}

static int pnf_nl_edit_list(struct pnf_config *next, struct genl_info *info,
			    const struct pnf_nl_list *list)
{
	int err;

	if (!info->attrs[list->flush_type] && !info->attrs[list->del_type] &&
	    !info->attrs[list->add_type])
		return 0;
	if (info->attrs[list->flush_type])
		*(u32 *)((void *)next + list->count) = 0;
	err = pnf_nl_edit_entries(next, info, list->del_type, list->del);
	if (!err && list->entries)
		err = pnf_nl_list_resize(next, list, pnf_nl_count_attrs(info, list->add_type));
	return err ?: pnf_nl_edit_entries(next, info, list->add_type, list->add);
}

static int pnf_nl_edit_lists(struct pnf_config *next, struct genl_info *info)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(pnf_nl_lists); i++) {
		err = pnf_nl_edit_list(next, info, &pnf_nl_lists[i]);
		if (err)
			return err;
	}
	return 0;
}

static void pnf_nl_parse_settings(struct pnf_config *next, struct nlattr **attrs)
{
	const struct pnf_nl_setting *setting;
	unsigned int i;
	void *value;

	for (i = 0; i < ARRAY_SIZE(pnf_nl_settings); i++) {
		setting = &pnf_nl_settings[i];
		if (!attrs[setting->type])
			continue;
		value = (void *)next + setting->offset;
		if (setting->octets == sizeof(u8))
			*(u8 *)value = nla_get_u8(attrs[setting->type]);
		else if (setting->octets == sizeof(u16))
			*(u16 *)value = nla_get_u16(attrs[setting->type]);
		else
			*(u32 *)value = nla_get_u32(attrs[setting->type]);
	}
}

static int pnf_nl_check_settings(const struct pnf_config *next, struct genl_info *info)
{
	struct nlattr *attr;

	attr = info->attrs[PNF_CONFIG_PROTOCOL];
	if (attr && !pnf_encoder_get(next->protocol)) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr,
				    "the protocol is 5, 9 or 10 (IPFIX)");
		return -EINVAL;
	}
	attr = info->attrs[PNF_CONFIG_EXPORTCPU];
	if (attr && next->exportcpu >= 0 &&
	    (next->exportcpu >= nr_cpu_ids || !cpu_online(next->exportcpu))) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr, "this CPU is not online");
		return -EINVAL;
	}
	attr = info->attrs[PNF_CONFIG_MAX_MESSAGE];
	if (attr && next->max_message && next->max_message < PNF_MAX_MESSAGE_MIN) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr,
				    "a message has at most " __stringify(PNF_MAX_MESSAGE_MIN) " to "
				    __stringify(PNF_MAX_MESSAGE_MAX) " octets; 0 means 1280");
		return -ERANGE;
	}
	return 0;
}

static int pnf_nl_parse_sampler(struct pnf_config *next, struct nlattr *attr,
				struct netlink_ext_ack *extack)
{
	struct nlattr *tb[PNF_SAMPLER_A_MAX + 1];
	u32 interval = 0;
	u8 method;
	int err;

	err = nla_parse_nested(tb, PNF_SAMPLER_A_MAX, attr, pnf_nl_sampler_policy, extack);
	if (err)
		return err;
	if (!tb[PNF_SAMPLER_A_METHOD]) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "a sampler has a method");
		return -EINVAL;
	}
	method = nla_get_u8(tb[PNF_SAMPLER_A_METHOD]);
	if (method == PNF_SAMPLER_NONE && tb[PNF_SAMPLER_A_INTERVAL]) {
		NL_SET_ERR_MSG_ATTR(extack, tb[PNF_SAMPLER_A_INTERVAL],
				    "without a sampler there is no interval");
		return -EINVAL;
	}
	if (method != PNF_SAMPLER_NONE && !tb[PNF_SAMPLER_A_INTERVAL]) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "a sampler has an interval from " __stringify(PNF_SAMPLER_MIN)
				    " to " __stringify(PNF_SAMPLER_MAX));
		return -EINVAL;
	}
	if (tb[PNF_SAMPLER_A_INTERVAL])
		interval = nla_get_u32(tb[PNF_SAMPLER_A_INTERVAL]);
	if (method == next->sampler && interval == next->sampler_interval)
		return 0;
	next->sampler = method;
	next->sampler_interval = interval;
	next->sampler_id = next->sampler_id % U8_MAX + 1;
	return 0;
}

/* Octets of UTF-8 (RFC 7011 6.1.6) are passed on as they are. */
static bool pnf_nl_domain_name_allows(unsigned char octet)
{
	return !iscntrl(octet);
}

static int pnf_nl_parse_domain_name(struct pnf_config *next, struct nlattr *attr,
				    struct netlink_ext_ack *extack)
{
	if (!pnf_nl_string_has_only(attr, pnf_nl_domain_name_allows)) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "the name of a domain has no control characters");
		return -EINVAL;
	}
	nla_strscpy(next->domain_name, attr, sizeof(next->domain_name));
	return 0;
}

/**
 * pnf_nl_config_set() - PNF_CMD_CONFIG_SET: one transaction
 * @skb: request
 * @info: its attributes
 *
 * Return: 0, or an error and nothing has changed.
 */
int pnf_nl_config_set(struct sk_buff *skb, struct genl_info *info)
{
	struct pnf_net *nn = pnf_net_get(genl_info_net(info));
	struct pnf_config *next;
	int err = -ENOMEM;

	mutex_lock(&nn->config_lock);
	next = pnf_config_copy(nn->config, PNF_DESTINATIONS_MAX);
	if (!next)
		goto out;
	pnf_nl_parse_settings(next, info->attrs);
	err = pnf_nl_check_settings(next, info);
	if (!err && info->attrs[PNF_CONFIG_SAMPLER])
		err = pnf_nl_parse_sampler(next, info->attrs[PNF_CONFIG_SAMPLER], info->extack);
	if (!err && info->attrs[PNF_CONFIG_DOMAIN_NAME])
		err = pnf_nl_parse_domain_name(next, info->attrs[PNF_CONFIG_DOMAIN_NAME],
					       info->extack);
	if (!err)
		err = pnf_nl_edit_lists(next, info);
	if (!err) {
		err = pnf_net_configure(nn, next);
		if (err == -EPROTONOSUPPORT)
			NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[PNF_CONFIG_NATEVENTS],
					    "this kernel tells no events of conntrack (nf_conntrack_netlink)");
	}
	if (err)
		pnf_config_free(next);
out:
	mutex_unlock(&nn->config_lock);
	return err;
}

/* Telling the settings */

static int pnf_nl_put_numbers(struct sk_buff *msg, const struct pnf_config *config)
{
	const struct pnf_nl_setting *setting;
	const void *value;
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < ARRAY_SIZE(pnf_nl_settings); i++) {
		setting = &pnf_nl_settings[i];
		value = (const void *)config + setting->offset;
		err = nla_put(msg, setting->type, setting->octets, value);
	}
	return err;
}

/**
 * pnf_nl_sampler_put() - the sampler
 * @msg: message to add to
 * @type: of the nest
 * @config: the settings
 *
 * Return: 0 or -EMSGSIZE.
 */
int pnf_nl_sampler_put(struct sk_buff *msg, int type, const struct pnf_config *config)
{
	struct nlattr *nest = nla_nest_start(msg, type);

	if (!nest)
		return -EMSGSIZE;
	if (nla_put_u8(msg, PNF_SAMPLER_A_METHOD, config->sampler) ||
	    (config->sampler != PNF_SAMPLER_NONE &&
	     nla_put_u32(msg, PNF_SAMPLER_A_INTERVAL, config->sampler_interval))) {
		nla_nest_cancel(msg, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(msg, nest);
	return 0;
}

static int pnf_nl_put_point(struct sk_buff *msg, u32 hooks)
{
	struct nlattr *nest = nla_nest_start(msg, PNF_CONFIG_POINT);

	if (!nest)
		return -EMSGSIZE;
	if (nla_put_u32(msg, PNF_POINT_KIND, PNF_POINT_KIND_INET) ||
	    nla_put_u32(msg, PNF_POINT_HOOKS, hooks)) {
		nla_nest_cancel(msg, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(msg, nest);
	return 0;
}

static int pnf_nl_put_settings(struct sk_buff *msg, const struct pnf_config *config)
{
	int err;

	err = nla_put_u32(msg, PNF_CONFIG_GENERATION, config->generation) ?:
	      pnf_nl_put_numbers(msg, config) ?:
	      pnf_nl_sampler_put(msg, PNF_CONFIG_SAMPLER, config) ?:
	      nla_put_string(msg, PNF_CONFIG_DOMAIN_NAME, config->domain_name);
	if (!err && config->inet_hooks)
		err = pnf_nl_put_point(msg, config->inet_hooks);
	return err;
}

/* The settings are one part, then each entry of a list is one. */
static u32 pnf_nl_config_parts(const struct pnf_config *config)
{
	unsigned int i;
	u32 parts = 1;

	for (i = 0; i < ARRAY_SIZE(pnf_nl_lists); i++)
		if (pnf_nl_lists[i].put)
			parts += pnf_nl_list_count(config, &pnf_nl_lists[i]);
	return parts;
}

static int pnf_nl_config_put(struct sk_buff *msg, const struct pnf_config *config, u32 part)
{
	const struct pnf_nl_list *list;
	u32 count;

	if (!part--)
		return pnf_nl_put_settings(msg, config);
	for (list = pnf_nl_lists; list < pnf_nl_lists + ARRAY_SIZE(pnf_nl_lists); list++) {
		if (!list->put)
			continue;
		count = pnf_nl_list_count(config, list);
		if (part < count)
			return list->put(msg, config, part);
		part -= count;
	}
	return 0;
}

static int pnf_nl_config_fill(struct sk_buff *msg, struct netlink_callback *cb,
			      const struct pnf_config *config, u32 part)
{
	void *header;
	int err;

	header = genlmsg_put(msg, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			     &pnf_nl_family, NLM_F_MULTI, PNF_CMD_CONFIG_GET);
	if (!header)
		return -EMSGSIZE;
	genl_dump_check_consistent(cb, header);
	err = pnf_nl_config_put(msg, config, part);
	if (err) {
		genlmsg_cancel(msg, header);
		return err;
	}
	genlmsg_end(msg, header);
	return 0;
}

/**
 * pnf_nl_config_dump() - PNF_CMD_CONFIG_GET
 * @msg: reply
 * @cb: args[0]: parts done
 *
 * Return: octets, 0 at the end, or an error.
 */
int pnf_nl_config_dump(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct pnf_net *nn = pnf_nl_dump_net(cb);
	const struct pnf_config *config;
	u32 parts;

	/* Not config_lock, which a flush holds for as long as it takes. */
	mutex_lock(&nn->exporter.lock);
	config = nn->config;
	cb->seq = config->generation + 1; /* 0 would mean: cannot tell */
	parts = pnf_nl_config_parts(config);
	for (; cb->args[0] < parts; cb->args[0]++)
		if (pnf_nl_config_fill(msg, cb, config, cb->args[0]))
			break;
	mutex_unlock(&nn->exporter.lock);
	return msg->len;
}
