// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <linux/pkt_netflow.h>
#include <netlink/genl/genl.h>
#include <string.h>

#include "format.h"
#include "rules.h"

/**
 * aggregation_read() - an aggregation rule
 * @tb: PNF_AGGREGATION_*
 */
void aggregation_read(struct nlattr *const *tb, struct aggregation *rule)
{
	memset(rule, 0, sizeof(*rule));
	attr_address(tb[PNF_AGGREGATION_ADDRESS4], tb[PNF_AGGREGATION_ADDRESS6], &rule->address);
	rule->prefix = attr_u8(tb[PNF_AGGREGATION_PREFIX]);
	rule->keep = attr_u8(tb[PNF_AGGREGATION_KEEP]);
	rule->port_first = attr_u16(tb[PNF_AGGREGATION_PORT_FIRST]);
	rule->port_last = attr_u16(tb[PNF_AGGREGATION_PORT_LAST]);
	rule->port = attr_u16(tb[PNF_AGGREGATION_PORT]);
}

/**
 * snmp_rule_read() - an index rule
 * @tb: PNF_SNMP_RULE_*
 */
void snmp_rule_read(struct nlattr *const *tb, struct snmp_rule *rule)
{
	memset(rule, 0, sizeof(*rule));
	attr_string(tb[PNF_SNMP_RULE_NAME], rule->name, sizeof(rule->name));
	rule->base = attr_u32(tb[PNF_SNMP_RULE_BASE]);
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

static void print_rule(struct out *out, const char *heading, const char *rule, uint64_t matched)
{
	char text[PRINTABLE_TEXT(AGGREGATION_TEXT)];

	out_open_object(out, NULL);
	out_text(out, "%-12s %s", heading, format_printable(rule, text, sizeof(text)));
	out_string(out, "rule", NULL, rule);
	out_u64(out, "matched", " matched %" PRIu64 " times\n", matched);
	out_close_object(out);
}

static void print_aggregations(struct out *out, const struct replies *replies)
{
	struct nlattr *tb[PNF_RULE_MAX + 1], *nest[PNF_AGGREGATION_MAX + 1];
	const char *heading = "aggregation";
	char text[AGGREGATION_TEXT];
	struct aggregation rule;
	struct nlmsghdr *nlh;

	out_open_array(out, "aggregation");
	replies_for_each(nlh, replies) {
		if (genlmsg_parse(nlh, 0, tb, PNF_RULE_MAX, NULL) < 0 || !tb[PNF_RULE_AGGREGATION] ||
		    nla_parse_nested(nest, PNF_AGGREGATION_MAX, tb[PNF_RULE_AGGREGATION], NULL) < 0)
			continue;
		aggregation_read(nest, &rule);
		print_rule(out, heading, format_aggregation(&rule, text),
			   attr_u64(tb[PNF_RULE_MATCHED]));
		heading = "";
	}
	out_close_array(out);
}

static void print_snmp_rules(struct out *out, const struct replies *replies)
{
	struct nlattr *tb[PNF_RULE_MAX + 1], *nest[PNF_SNMP_RULE_MAX + 1];
	const char *heading = "snmp-rules";
	char text[SNMP_RULE_TEXT];
	struct snmp_rule rule;
	struct nlmsghdr *nlh;

	out_open_array(out, "snmp_rules");
	replies_for_each(nlh, replies) {
		if (genlmsg_parse(nlh, 0, tb, PNF_RULE_MAX, NULL) < 0 || !tb[PNF_RULE_SNMP] ||
		    nla_parse_nested(nest, PNF_SNMP_RULE_MAX, tb[PNF_RULE_SNMP], NULL) < 0)
			continue;
		snmp_rule_read(nest, &rule);
		print_rule(out, heading, format_snmp_rule(&rule, text),
			   attr_u64(tb[PNF_RULE_MATCHED]));
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
	print_aggregations(out, replies);
	print_snmp_rules(out, replies);
}
