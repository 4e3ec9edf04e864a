// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <linux/pkt_netflow.h>
#include <netlink/genl/genl.h>
#include <string.h>

#include "format.h"
#include "rules.h"

/**
 * aggregation_read() - an aggregation rule
 * @nest: PNF_AGGREGATION_*
 *
 * Return: false if it cannot be read
 */
bool aggregation_read(struct nlattr *nest, struct aggregation *rule)
{
	struct nlattr *tb[PNF_AGGREGATION_MAX + 1];

	if (nla_parse_nested(tb, PNF_AGGREGATION_MAX, nest, NULL) < 0)
		return false;
	memset(rule, 0, sizeof(*rule));
	attr_address(tb[PNF_AGGREGATION_ADDRESS4], tb[PNF_AGGREGATION_ADDRESS6], &rule->address);
	rule->prefix = attr_u8(tb[PNF_AGGREGATION_PREFIX]);
	rule->keep = attr_u8(tb[PNF_AGGREGATION_KEEP]);
	rule->port_first = attr_u16(tb[PNF_AGGREGATION_PORT_FIRST]);
	rule->port_last = attr_u16(tb[PNF_AGGREGATION_PORT_LAST]);
	rule->port = attr_u16(tb[PNF_AGGREGATION_PORT]);
	return true;
}

/**
 * snmp_rule_read() - an index rule
 * @nest: PNF_SNMP_RULE_*
 *
 * Return: false if it cannot be read
 */
bool snmp_rule_read(struct nlattr *nest, struct snmp_rule *rule)
{
	struct nlattr *tb[PNF_SNMP_RULE_MAX + 1];

	if (nla_parse_nested(tb, PNF_SNMP_RULE_MAX, nest, NULL) < 0)
		return false;
	memset(rule, 0, sizeof(*rule));
	attr_string(tb[PNF_SNMP_RULE_NAME], rule->name, sizeof(rule->name));
	rule->base = attr_u32(tb[PNF_SNMP_RULE_BASE]);
	return true;
}

/**
 * sampler_read() - a sampler
 * @nest: PNF_SAMPLER_A_*; NULL is none
 */
void sampler_read(struct nlattr *nest, struct sampler *sampler)
{
	struct nlattr *tb[PNF_SAMPLER_A_MAX + 1];

	memset(sampler, 0, sizeof(*sampler));
	if (!nest || nla_parse_nested(tb, PNF_SAMPLER_A_MAX, nest, NULL) < 0)
		return;
	sampler->method = attr_u8(tb[PNF_SAMPLER_A_METHOD]);
	sampler->interval = attr_u32(tb[PNF_SAMPLER_A_INTERVAL]);
}

/* Of either kind; NULL: it cannot be read */
static const char *format_rule(struct nlattr *nest, int type, char text[AGGREGATION_TEXT])
{
	struct aggregation aggregation;
	struct snmp_rule rule;

	if (type == PNF_RULE_AGGREGATION && aggregation_read(nest, &aggregation))
		return format_aggregation(&aggregation, text);
	if (type == PNF_RULE_SNMP && snmp_rule_read(nest, &rule))
		return format_snmp_rule(&rule, text);
	return NULL;
}

/* @type: PNF_RULE_*, of one kind */
static void print_rules(struct out *out, const char *key, const char *heading, int type,
			const struct replies *replies)
{
	char text[AGGREGATION_TEXT], printable[PRINTABLE_TEXT(AGGREGATION_TEXT)];
	struct nlattr *tb[PNF_RULE_MAX + 1];
	struct nlmsghdr *nlh;

	out_open_array(out, key);
	replies_for_each(nlh, replies) {
		if (genlmsg_parse(nlh, 0, tb, PNF_RULE_MAX, NULL) < 0 || !tb[type] ||
		    !format_rule(tb[type], type, text))
			continue;
		out_open_object(out, NULL);
		out_text(out, "%-12s %s", heading,
			 format_printable(text, printable, sizeof(printable)));
		out_string(out, "rule", NULL, text);
		out_u64(out, "matched", " matched %" PRIu64 " times\n",
			attr_u64(tb[PNF_RULE_MATCHED]));
		out_close_object(out);
		heading = "";
	}
	out_close_array(out);
}

/**
 * rules_print() - how often each rule decided
 * @replies: of PNF_CMD_RULE_GET
 */
void rules_print(struct out *out, const struct replies *replies)
{
	print_rules(out, "aggregation", "aggregation", PNF_RULE_AGGREGATION, replies);
	print_rules(out, "snmp_rules", "snmp-rules", PNF_RULE_SNMP, replies);
}
