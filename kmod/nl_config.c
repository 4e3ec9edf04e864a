// SPDX-License-Identifier: GPL-2.0-only
#include <linux/cpu.h>
#include <net/ipv6.h>

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

static const struct nla_policy pnf_nl_destination_policy[PNF_DESTINATION_MAX + 1] = {
	[PNF_DESTINATION_ADDRESS4] = { .type = NLA_U32 },
	[PNF_DESTINATION_ADDRESS6] = NLA_POLICY_EXACT_LEN(sizeof(struct in6_addr)),
	[PNF_DESTINATION_PORT] = { .type = NLA_U16 },
	[PNF_DESTINATION_SOURCE4] = { .type = NLA_U32 },
	[PNF_DESTINATION_SOURCE6] = NLA_POLICY_EXACT_LEN(sizeof(struct in6_addr)),
	[PNF_DESTINATION_DEVICE] = { .type = NLA_NUL_STRING, .len = IFNAMSIZ - 1 },
};

static const struct nla_policy pnf_nl_point_policy[PNF_POINT_MAX + 1] = {
	[PNF_POINT_KIND] = NLA_POLICY_RANGE(NLA_U32, PNF_POINT_KIND_INET,
					    PNF_POINT_KIND_INET),
	[PNF_POINT_HOOKS] = NLA_POLICY_RANGE(NLA_U32, 1, PNF_HOOKS_ALL),
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
};

/* Settings that are a number and need no check but the policy's */
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
};

/* Reading a request */

static void pnf_nl_parse_address(struct nlattr *ipv4, struct nlattr *ipv6,
				 union pnf_address *address, u8 *version)
{
	if (ipv6) {
		address->v6 = nla_get_in6_addr(ipv6);
		*version = PNF_IPV6;
	} else {
		address->v4 = nla_get_in_addr(ipv4);
		*version = PNF_IPV4;
	}
}

static bool pnf_address_is_any(u8 version, const union pnf_address *address)
{
	return version == PNF_IPV6 ? ipv6_addr_any(&address->v6) : !address->v4;
}

static bool pnf_address_is_group(u8 version, const union pnf_address *address)
{
	return version == PNF_IPV6 ? ipv6_addr_is_multicast(&address->v6) :
	       ipv4_is_multicast(address->v4) || ipv4_is_lbcast(address->v4);
}

/* An IPv6 socket sends IPv4 to such an address: it is of the other family in disguise. */
static bool pnf_address_is_mapped(u8 version, const union pnf_address *address)
{
	return version == PNF_IPV6 && ipv6_addr_v4mapped(&address->v6);
}

/* Means nothing without a device; connect() and bind() refuse it. */
static bool pnf_address_needs_device(u8 version, const union pnf_address *address)
{
	return version == PNF_IPV6 &&
	       __ipv6_addr_needs_scope_id(__ipv6_addr_type(&address->v6));
}

#define PNF_NL_IS_MAPPED	"write an IPv4 address as such, not mapped into IPv6"
#define PNF_NL_NEEDS_DEVICE	"a link-local address needs the device to send through"

static int pnf_nl_parse_source(struct nlattr **tb, struct pnf_destination *destination,
			       struct netlink_ext_ack *extack)
{
	struct nlattr *ipv4 = tb[PNF_DESTINATION_SOURCE4];
	struct nlattr *ipv6 = tb[PNF_DESTINATION_SOURCE6];
	u8 version;

	if (!ipv4 && !ipv6)
		return 0;
	if (ipv4 && ipv6) {
		NL_SET_ERR_MSG_ATTR(extack, ipv6, "a destination has one source address");
		return -EINVAL;
	}
	pnf_nl_parse_address(ipv4, ipv6, &destination->source, &version);
	if (version != destination->version) {
		NL_SET_ERR_MSG_ATTR(extack, ipv4 ?: ipv6,
				    "the source address is not of the destination's family");
		return -EINVAL;
	}
	if (pnf_address_is_any(version, &destination->source)) {
		NL_SET_ERR_MSG_ATTR(extack, ipv4 ?: ipv6,
				    "the source address is unspecified; leave it out");
		return -EINVAL;
	}
	if (pnf_address_is_group(version, &destination->source)) {
		NL_SET_ERR_MSG_ATTR(extack, ipv4 ?: ipv6,
				    "a source is an address of one host, not of a group");
		return -EINVAL;
	}
	if (pnf_address_is_mapped(version, &destination->source)) {
		NL_SET_ERR_MSG_ATTR(extack, ipv6, PNF_NL_IS_MAPPED);
		return -EINVAL;
	}
	if (pnf_address_needs_device(version, &destination->source) &&
	    !destination->device[0]) {
		NL_SET_ERR_MSG_ATTR(extack, ipv6, PNF_NL_NEEDS_DEVICE);
		return -EINVAL;
	}
	destination->has_source = true;
	return 0;
}

static int pnf_nl_parse_destination(struct nlattr *attr, struct pnf_destination *destination,
				    struct netlink_ext_ack *extack)
{
	struct nlattr *tb[PNF_DESTINATION_MAX + 1];
	int err;

	err = nla_parse_nested(tb, PNF_DESTINATION_MAX, attr, pnf_nl_destination_policy,
			       extack);
	if (err)
		return err;

	memset(destination, 0, sizeof(*destination));
	if (!tb[PNF_DESTINATION_ADDRESS4] == !tb[PNF_DESTINATION_ADDRESS6]) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "a destination has one address, IPv4 or IPv6");
		return -EINVAL;
	}
	pnf_nl_parse_address(tb[PNF_DESTINATION_ADDRESS4], tb[PNF_DESTINATION_ADDRESS6],
			     &destination->address, &destination->version);
	if (pnf_address_is_any(destination->version, &destination->address)) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "the address of a destination is unspecified");
		return -EINVAL;
	}
	if (pnf_address_is_mapped(destination->version, &destination->address)) {
		NL_SET_ERR_MSG_ATTR(extack, attr, PNF_NL_IS_MAPPED);
		return -EINVAL;
	}
	if (!tb[PNF_DESTINATION_PORT] || !nla_get_be16(tb[PNF_DESTINATION_PORT])) {
		NL_SET_ERR_MSG_ATTR(extack, tb[PNF_DESTINATION_PORT] ?: attr,
				    "a destination has a port from 1 to 65535");
		return -EINVAL;
	}
	destination->port = nla_get_be16(tb[PNF_DESTINATION_PORT]);
	if (tb[PNF_DESTINATION_DEVICE]) {
		nla_strscpy(destination->device, tb[PNF_DESTINATION_DEVICE], IFNAMSIZ);
		if (!dev_valid_name(destination->device)) {
			NL_SET_ERR_MSG_ATTR(extack, tb[PNF_DESTINATION_DEVICE],
					    "a device cannot have this name");
			return -EINVAL;
		}
	}
	if (pnf_address_needs_device(destination->version, &destination->address) &&
	    !destination->device[0]) {
		NL_SET_ERR_MSG_ATTR(extack, attr, PNF_NL_NEEDS_DEVICE);
		return -EINVAL;
	}
	return pnf_nl_parse_source(tb, destination, extack);
}

static u32 pnf_nl_find_destination(const struct pnf_config *config,
				   const struct pnf_destination *destination)
{
	u32 i;

	for (i = 0; i < config->destination_count; i++)
		if (pnf_destination_equal(&config->destinations[i], destination))
			break;
	return i;
}

static int pnf_nl_add_destination(struct pnf_config *next, struct nlattr *attr,
				  struct netlink_ext_ack *extack)
{
	struct pnf_destination destination;
	int err;

	err = pnf_nl_parse_destination(attr, &destination, extack);
	if (err)
		return err;
	if (pnf_nl_find_destination(next, &destination) < next->destination_count) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "this destination is there already");
		return -EEXIST;
	}
	if (next->destination_count == PNF_DESTINATIONS_MAX) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "there can be no more than 32 destinations");
		return -E2BIG;
	}
	next->destinations[next->destination_count++] = destination;
	return 0;
}

static int pnf_nl_del_destination(struct pnf_config *next, struct nlattr *attr,
				  struct netlink_ext_ack *extack)
{
	struct pnf_destination destination;
	u32 i;
	int err;

	err = pnf_nl_parse_destination(attr, &destination, extack);
	if (err)
		return err;
	i = pnf_nl_find_destination(next, &destination);
	if (i == next->destination_count) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "there is no such destination");
		return -ENOENT;
	}
	next->destination_count--;
	for (; i < next->destination_count; i++)
		next->destinations[i] = next->destinations[i + 1];
	return 0;
}

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

typedef int (*pnf_nl_edit)(struct pnf_config *next, struct nlattr *attr,
			   struct netlink_ext_ack *extack);

static int pnf_nl_edit_list(struct pnf_config *next, struct genl_info *info, int type,
			    pnf_nl_edit edit)
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

static int pnf_nl_edit_lists(struct pnf_config *next, struct genl_info *info)
{
	int err;

	if (info->attrs[PNF_CONFIG_DESTINATION_FLUSH])
		next->destination_count = 0;
	if (info->attrs[PNF_CONFIG_POINT_FLUSH])
		next->inet_hooks = 0;
	err = pnf_nl_edit_list(next, info, PNF_CONFIG_DESTINATION_DEL, pnf_nl_del_destination);
	if (!err)
		err = pnf_nl_edit_list(next, info, PNF_CONFIG_DESTINATION,
				       pnf_nl_add_destination);
	if (!err)
		err = pnf_nl_edit_list(next, info, PNF_CONFIG_POINT_DEL, pnf_nl_del_point);
	if (!err)
		err = pnf_nl_edit_list(next, info, PNF_CONFIG_POINT, pnf_nl_add_point);
	return err;
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
	if (!err)
		err = pnf_nl_edit_lists(next, info);
	if (!err)
		err = pnf_net_configure(nn, next);
	if (err)
		pnf_config_free(next);
out:
	mutex_unlock(&nn->config_lock);
	return err;
}

/* Telling the settings */

static int pnf_nl_put_settings(struct sk_buff *msg, const struct pnf_config *config)
{
	const struct pnf_nl_setting *setting;
	const void *value;
	unsigned int i;
	int err;

	err = nla_put_u32(msg, PNF_CONFIG_GENERATION, config->generation);
	for (i = 0; !err && i < ARRAY_SIZE(pnf_nl_settings); i++) {
		setting = &pnf_nl_settings[i];
		value = (const void *)config + setting->offset;
		err = nla_put(msg, setting->type, setting->octets, value);
	}
	return err;
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

static int pnf_nl_put_destination(struct sk_buff *msg,
				  const struct pnf_destination *destination)
{
	struct nlattr *nest = nla_nest_start(msg, PNF_CONFIG_DESTINATION);

	if (!nest)
		return -EMSGSIZE;
	if (pnf_nl_destination_put_id(msg, destination)) {
		nla_nest_cancel(msg, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(msg, nest);
	return 0;
}

/* Part 0 is the settings, part i is destination i - 1. */
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
	if (part) {
		err = pnf_nl_put_destination(msg, &config->destinations[part - 1]);
	} else {
		err = pnf_nl_put_settings(msg, config);
		if (!err && config->inet_hooks)
			err = pnf_nl_put_point(msg, config->inet_hooks);
	}
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

	/* Not config_lock, which a flush holds for as long as it takes. */
	mutex_lock(&nn->exporter.lock);
	config = nn->config;
	cb->seq = config->generation + 1; /* 0 would mean: cannot tell */
	for (; cb->args[0] <= config->destination_count; cb->args[0]++)
		if (pnf_nl_config_fill(msg, cb, config, cb->args[0]))
			break;
	mutex_unlock(&nn->exporter.lock);
	return msg->len;
}
