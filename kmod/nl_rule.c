// SPDX-License-Identifier: GPL-2.0-only
#include <linux/ctype.h>
#include <linux/inetdevice.h>
#include <linux/string.h>
#include <linux/stringify.h>
#include <net/ipv6.h>

#include "nl_family.h"

const struct nla_policy pnf_nl_aggregation_policy[PNF_AGGREGATION_MAX + 1] = {
	[PNF_AGGREGATION_ADDRESS4] = { .type = NLA_U32 },
	[PNF_AGGREGATION_ADDRESS6] = NLA_POLICY_EXACT_LEN(sizeof(struct in6_addr)),
	[PNF_AGGREGATION_PREFIX] = NLA_POLICY_MAX(NLA_U8, 128),
	[PNF_AGGREGATION_KEEP] = NLA_POLICY_MAX(NLA_U8, 128),
	[PNF_AGGREGATION_PORT_FIRST] = { .type = NLA_U16 },
	[PNF_AGGREGATION_PORT_LAST] = { .type = NLA_U16 },
	[PNF_AGGREGATION_PORT] = { .type = NLA_U16 },
};

const struct nla_policy pnf_nl_snmp_rule_policy[PNF_SNMP_RULE_MAX + 1] = {
	[PNF_SNMP_RULE_NAME] = { .type = NLA_NUL_STRING, .len = IFNAMSIZ - 1 },
	[PNF_SNMP_RULE_BASE] = { .type = NLA_U32 },
};

/* Aggregation rules */

static int pnf_nl_parse_prefix_rule(struct nlattr *attr, struct nlattr **tb,
				    struct pnf_aggregation *rule,
				    struct netlink_ext_ack *extack)
{
	struct nlattr *prefix = tb[PNF_AGGREGATION_PREFIX];
	struct nlattr *keep = tb[PNF_AGGREGATION_KEEP];
	struct in6_addr address;

	if (!prefix || !keep) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "an address rule has the bits of its prefix and those to keep");
		return -EINVAL;
	}
	rule->prefix = nla_get_u8(prefix);
	rule->keep = nla_get_u8(keep);
	if (tb[PNF_AGGREGATION_ADDRESS6]) {
		rule->version = PNF_IPV6;
		address = nla_get_in6_addr(tb[PNF_AGGREGATION_ADDRESS6]);
		ipv6_addr_prefix(&rule->address.v6, &address, rule->prefix);
		return 0;
	}
	if (rule->prefix > 32 || rule->keep > 32) {
		NL_SET_ERR_MSG_ATTR(extack, rule->prefix > 32 ? prefix : keep,
				    "an IPv4 address has 32 bits");
		return -ERANGE;
	}
	rule->version = PNF_IPV4;
	rule->address.v4 = nla_get_in_addr(tb[PNF_AGGREGATION_ADDRESS4]) &
			   inet_make_mask(rule->prefix);
	return 0;
}

static int pnf_nl_parse_port_rule(struct nlattr *attr, struct nlattr **tb,
				  struct pnf_aggregation *rule,
				  struct netlink_ext_ack *extack)
{
	if (!tb[PNF_AGGREGATION_PORT_FIRST] || !tb[PNF_AGGREGATION_PORT_LAST] ||
	    !tb[PNF_AGGREGATION_PORT]) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "a port rule has a first port, a last one and one that stands for them");
		return -EINVAL;
	}
	if (tb[PNF_AGGREGATION_PREFIX] || tb[PNF_AGGREGATION_KEEP]) {
		NL_SET_ERR_MSG_ATTR(extack, tb[PNF_AGGREGATION_PREFIX] ?: tb[PNF_AGGREGATION_KEEP],
				    "a port rule has no prefix");
		return -EINVAL;
	}
	rule->port_first = nla_get_u16(tb[PNF_AGGREGATION_PORT_FIRST]);
	rule->port_last = nla_get_u16(tb[PNF_AGGREGATION_PORT_LAST]);
	rule->port = nla_get_u16(tb[PNF_AGGREGATION_PORT]);
	if (rule->port_first > rule->port_last) {
		NL_SET_ERR_MSG_ATTR(extack, tb[PNF_AGGREGATION_PORT_LAST],
				    "the last port of a rule is not below the first");
		return -EINVAL;
	}
	return 0;
}

static int pnf_nl_parse_aggregation(struct nlattr *attr, struct pnf_aggregation *rule,
				    struct netlink_ext_ack *extack)
{
	struct nlattr *tb[PNF_AGGREGATION_MAX + 1];
	bool has_ports;
	int err;

	err = nla_parse_nested(tb, PNF_AGGREGATION_MAX, attr, pnf_nl_aggregation_policy, extack);
	if (err)
		return err;

	memset(rule, 0, sizeof(*rule));
	has_ports = tb[PNF_AGGREGATION_PORT_FIRST] || tb[PNF_AGGREGATION_PORT_LAST] ||
		    tb[PNF_AGGREGATION_PORT];
	if (!!tb[PNF_AGGREGATION_ADDRESS4] + !!tb[PNF_AGGREGATION_ADDRESS6] + has_ports != 1) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "an aggregation rule has an IPv4 address, an IPv6 address or ports");
		return -EINVAL;
	}
	if (has_ports)
		return pnf_nl_parse_port_rule(attr, tb, rule, extack);
	return pnf_nl_parse_prefix_rule(attr, tb, rule, extack);
}

/* Both from pnf_nl_parse_aggregation(), so that what a rule does not have is 0 */
static bool pnf_nl_aggregation_equal(const struct pnf_aggregation *a,
				     const struct pnf_aggregation *b)
{
	return a->version == b->version && a->prefix == b->prefix && a->keep == b->keep &&
	       ipv6_addr_equal(&a->address.v6, &b->address.v6) &&
	       a->port_first == b->port_first && a->port_last == b->port_last &&
	       a->port == b->port;
}

static u32 pnf_nl_find_aggregation(const struct pnf_config *config,
				   const struct pnf_aggregation *rule)
{
	u32 i;

	for (i = 0; i < config->aggregation_count; i++)
		if (pnf_nl_aggregation_equal(&config->aggregations[i], rule))
			break;
	return i;
}

/**
 * pnf_nl_aggregation_add() - an entry of PNF_CONFIG_AGGREGATION
 * @next: settings to add to, with room for it up to PNF_AGGREGATIONS_MAX
 * @attr: the entry
 * @extack: what is wrong with it
 *
 * Return: 0, -EEXIST, -E2BIG, or -EINVAL or -ERANGE for one that is none.
 */
int pnf_nl_aggregation_add(struct pnf_config *next, struct nlattr *attr,
			   struct netlink_ext_ack *extack)
{
	struct pnf_aggregation rule;
	int err;

	err = pnf_nl_parse_aggregation(attr, &rule, extack);
	if (err)
		return err;
	if (pnf_nl_find_aggregation(next, &rule) < next->aggregation_count) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "this aggregation rule is there already");
		return -EEXIST;
	}
	if (next->aggregation_count == PNF_AGGREGATIONS_MAX) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "there can be no more than "
				    __stringify(PNF_AGGREGATIONS_MAX) " aggregation rules");
		return -E2BIG;
	}
	next->aggregations[next->aggregation_count++] = rule;
	return 0;
}

/**
 * pnf_nl_aggregation_del() - an entry of PNF_CONFIG_AGGREGATION_DEL
 * @next: settings to take it from
 * @attr: the entry
 * @extack: what is wrong with it
 *
 * Return: 0, -ENOENT, or -EINVAL or -ERANGE for one that is none.
 */
int pnf_nl_aggregation_del(struct pnf_config *next, struct nlattr *attr,
			   struct netlink_ext_ack *extack)
{
	struct pnf_aggregation rule;
	u32 i;
	int err;

	err = pnf_nl_parse_aggregation(attr, &rule, extack);
	if (err)
		return err;
	i = pnf_nl_find_aggregation(next, &rule);
	if (i == next->aggregation_count) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "there is no such aggregation rule");
		return -ENOENT;
	}
	pnf_nl_list_remove(next->aggregations, &next->aggregation_count, i, sizeof(rule));
	return 0;
}

static int pnf_nl_put_prefix_rule(struct sk_buff *msg, const struct pnf_aggregation *rule)
{
	int err;

	if (rule->version == PNF_IPV6)
		err = nla_put_in6_addr(msg, PNF_AGGREGATION_ADDRESS6, &rule->address.v6);
	else
		err = nla_put_in_addr(msg, PNF_AGGREGATION_ADDRESS4, rule->address.v4);
	return err ?:
	       nla_put_u8(msg, PNF_AGGREGATION_PREFIX, rule->prefix) ?:
	       nla_put_u8(msg, PNF_AGGREGATION_KEEP, rule->keep);
}

static int pnf_nl_put_port_rule(struct sk_buff *msg, const struct pnf_aggregation *rule)
{
	return nla_put_u16(msg, PNF_AGGREGATION_PORT_FIRST, rule->port_first) ?:
	       nla_put_u16(msg, PNF_AGGREGATION_PORT_LAST, rule->port_last) ?:
	       nla_put_u16(msg, PNF_AGGREGATION_PORT, rule->port);
}

static int pnf_nl_put_aggregation(struct sk_buff *msg, int type,
				  const struct pnf_aggregation *rule)
{
	struct nlattr *nest = nla_nest_start(msg, type);

	if (!nest)
		return -EMSGSIZE;
	if (rule->version ? pnf_nl_put_prefix_rule(msg, rule) : pnf_nl_put_port_rule(msg, rule)) {
		nla_nest_cancel(msg, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(msg, nest);
	return 0;
}

/**
 * pnf_nl_aggregation_put_entry() - an entry of PNF_CONFIG_AGGREGATION
 * @msg: message to add to
 * @config: the settings
 * @i: which entry
 *
 * Return: 0 or -EMSGSIZE.
 */
int pnf_nl_aggregation_put_entry(struct sk_buff *msg, const struct pnf_config *config, u32 i)
{
	return pnf_nl_put_aggregation(msg, PNF_CONFIG_AGGREGATION, &config->aggregations[i]);
}

/* Index rules */

/* What dev_valid_name() allows */
static bool pnf_nl_device_name_allows(unsigned char octet)
{
	return octet != '/' && octet != ':' && !isspace(octet);
}

static int pnf_nl_parse_snmp_rule(struct nlattr *attr, struct pnf_snmp_rule *rule,
				  struct netlink_ext_ack *extack)
{
	struct nlattr *tb[PNF_SNMP_RULE_MAX + 1];
	struct nlattr *name;
	int err;

	err = nla_parse_nested(tb, PNF_SNMP_RULE_MAX, attr, pnf_nl_snmp_rule_policy, extack);
	if (err)
		return err;

	memset(rule, 0, sizeof(*rule));
	name = tb[PNF_SNMP_RULE_NAME];
	if (!name || !tb[PNF_SNMP_RULE_BASE]) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "an index rule has what names begin with and a base");
		return -EINVAL;
	}
	nla_strscpy(rule->name, name, sizeof(rule->name));
	if (!rule->name[0] || !pnf_nl_string_has_only(name, pnf_nl_device_name_allows)) {
		NL_SET_ERR_MSG_ATTR(extack, name, "no name of a device can begin with this");
		return -EINVAL;
	}
	rule->base = nla_get_u32(tb[PNF_SNMP_RULE_BASE]);
	return 0;
}

static u32 pnf_nl_find_snmp_rule(const struct pnf_config *config,
				 const struct pnf_snmp_rule *rule)
{
	u32 i;

	for (i = 0; i < config->snmp_rule_count; i++)
		if (config->snmp_rules[i].base == rule->base &&
		    !strcmp(config->snmp_rules[i].name, rule->name))
			break;
	return i;
}

/**
 * pnf_nl_snmp_rule_add() - an entry of PNF_CONFIG_SNMP_RULE
 * @next: settings to add to, with room for it up to PNF_SNMP_RULES_MAX
 * @attr: the entry
 * @extack: what is wrong with it
 *
 * Return: 0, -EEXIST, -E2BIG, or -EINVAL for one that is none.
 */
int pnf_nl_snmp_rule_add(struct pnf_config *next, struct nlattr *attr,
			 struct netlink_ext_ack *extack)
{
	struct pnf_snmp_rule rule;
	int err;

	err = pnf_nl_parse_snmp_rule(attr, &rule, extack);
	if (err)
		return err;
	if (pnf_nl_find_snmp_rule(next, &rule) < next->snmp_rule_count) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "this index rule is there already");
		return -EEXIST;
	}
	if (next->snmp_rule_count == PNF_SNMP_RULES_MAX) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "there can be no more than " __stringify(PNF_SNMP_RULES_MAX)
				    " index rules");
		return -E2BIG;
	}
	next->snmp_rules[next->snmp_rule_count++] = rule;
	return 0;
}

/**
 * pnf_nl_snmp_rule_del() - an entry of PNF_CONFIG_SNMP_RULE_DEL
 * @next: settings to take it from
 * @attr: the entry
 * @extack: what is wrong with it
 *
 * Return: 0, -ENOENT, or -EINVAL for one that is none.
 */
int pnf_nl_snmp_rule_del(struct pnf_config *next, struct nlattr *attr,
			 struct netlink_ext_ack *extack)
{
	struct pnf_snmp_rule rule;
	u32 i;
	int err;

	err = pnf_nl_parse_snmp_rule(attr, &rule, extack);
	if (err)
		return err;
	i = pnf_nl_find_snmp_rule(next, &rule);
	if (i == next->snmp_rule_count) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "there is no such index rule");
		return -ENOENT;
	}
	pnf_nl_list_remove(next->snmp_rules, &next->snmp_rule_count, i, sizeof(rule));
	return 0;
}

static int pnf_nl_put_snmp_rule(struct sk_buff *msg, int type, const struct pnf_snmp_rule *rule)
{
	struct nlattr *nest = nla_nest_start(msg, type);

	if (!nest)
		return -EMSGSIZE;
	if (nla_put_string(msg, PNF_SNMP_RULE_NAME, rule->name) ||
	    nla_put_u32(msg, PNF_SNMP_RULE_BASE, rule->base)) {
		nla_nest_cancel(msg, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(msg, nest);
	return 0;
}

/**
 * pnf_nl_snmp_rule_put_entry() - an entry of PNF_CONFIG_SNMP_RULE
 * @msg: message to add to
 * @config: the settings
 * @i: which entry
 *
 * Return: 0 or -EMSGSIZE.
 */
int pnf_nl_snmp_rule_put_entry(struct sk_buff *msg, const struct pnf_config *config, u32 i)
{
	return pnf_nl_put_snmp_rule(msg, PNF_CONFIG_SNMP_RULE, &config->snmp_rules[i]);
}

/* Both with what they did */

static int pnf_nl_rule_put(struct sk_buff *msg, struct pnf_net *nn, u32 i)
{
	const struct pnf_config *config = nn->config;
	bool is_snmp = i >= config->aggregation_count;
	int err;

	if (is_snmp) {
		i -= config->aggregation_count;
		err = pnf_nl_put_snmp_rule(msg, PNF_RULE_SNMP, &config->snmp_rules[i]);
	} else {
		err = pnf_nl_put_aggregation(msg, PNF_RULE_AGGREGATION, &config->aggregations[i]);
	}
	return err ?: nla_put_u64_64bit(msg, PNF_RULE_MATCHED,
					pnf_net_rule_matched(nn, is_snmp, i), PNF_RULE_PAD);
}

static int pnf_nl_rule_fill(struct sk_buff *msg, struct netlink_callback *cb,
			    struct pnf_net *nn, u32 i)
{
	void *header;

	header = genlmsg_put(msg, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			     &pnf_nl_family, NLM_F_MULTI, PNF_CMD_RULE_GET);
	if (!header)
		return -EMSGSIZE;
	genl_dump_check_consistent(cb, header);
	if (pnf_nl_rule_put(msg, nn, i)) {
		genlmsg_cancel(msg, header);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, header);
	return 0;
}

/**
 * pnf_nl_rule_dump() - PNF_CMD_RULE_GET
 * @msg: reply
 * @cb: args[0]: rules done, index rules behind aggregation rules
 *
 * Return: octets, 0 at the end, or an error.
 */
int pnf_nl_rule_dump(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct pnf_net *nn = pnf_nl_dump_net(cb);
	u32 rules;

	mutex_lock(&nn->exporter.lock);
	cb->seq = nn->config->generation + 1;
	rules = nn->config->aggregation_count + nn->config->snmp_rule_count;
	for (; cb->args[0] < rules; cb->args[0]++)
		if (pnf_nl_rule_fill(msg, cb, nn, cb->args[0]))
			break;
	mutex_unlock(&nn->exporter.lock);
	return msg->len;
}
