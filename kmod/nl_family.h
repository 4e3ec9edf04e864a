/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * nl_family.h - the generic netlink family; one nl_*.c per object
 */
#ifndef PNF_NL_FAMILY_H
#define PNF_NL_FAMILY_H

#include <net/genetlink.h>
#include <net/netlink.h>
#include <net/sock.h>

#include "netns.h"

extern struct genl_family pnf_nl_family;
extern const struct nla_policy pnf_nl_config_policy[PNF_CONFIG_MAX + 1];
extern const struct nla_policy pnf_nl_destination_policy[PNF_DESTINATION_MAX + 1];
extern const struct nla_policy pnf_nl_aggregation_policy[PNF_AGGREGATION_MAX + 1];
extern const struct nla_policy pnf_nl_snmp_rule_policy[PNF_SNMP_RULE_MAX + 1];
extern const struct nla_policy pnf_nl_named_template_policy[PNF_CONFIG_TEMPLATE_A_MAX + 1];
extern const struct nla_policy pnf_nl_named_template_del_policy[PNF_CONFIG_TEMPLATE_NAME + 1];
extern const struct nla_policy pnf_nl_flush_policy[PNF_FLUSH_MAX + 1];

int pnf_nl_module_init(void);
void pnf_nl_module_exit(void);

int pnf_nl_config_dump(struct sk_buff *msg, struct netlink_callback *cb);
int pnf_nl_config_set(struct sk_buff *skb, struct genl_info *info);
int pnf_nl_sampler_put(struct sk_buff *msg, int type, const struct pnf_config *config);
bool pnf_nl_string_has_only(const struct nlattr *attr, bool (*allows)(unsigned char octet));
void pnf_nl_list_remove(void *entries, u32 *count, u32 i, size_t octets);

/* A counter and its attribute: what is told is a list of these. */
struct pnf_nl_counter {
	int type;
	u64 value;
};

int pnf_nl_put_counters(struct sk_buff *msg, const struct pnf_nl_counter *counters,
			unsigned int n, int pad);
int pnf_nl_stats_get(struct sk_buff *skb, struct genl_info *info);
int pnf_nl_stats_reset(struct sk_buff *skb, struct genl_info *info);
int pnf_nl_cpu_dump(struct sk_buff *msg, struct netlink_callback *cb);

int pnf_nl_aggregation_add(struct pnf_config *next, struct nlattr *attr,
			   struct netlink_ext_ack *extack);
int pnf_nl_aggregation_del(struct pnf_config *next, struct nlattr *attr,
			   struct netlink_ext_ack *extack);
int pnf_nl_aggregation_put_entry(struct sk_buff *msg, const struct pnf_config *config, u32 i);
int pnf_nl_snmp_rule_add(struct pnf_config *next, struct nlattr *attr,
			 struct netlink_ext_ack *extack);
int pnf_nl_snmp_rule_del(struct pnf_config *next, struct nlattr *attr,
			 struct netlink_ext_ack *extack);
int pnf_nl_snmp_rule_put_entry(struct sk_buff *msg, const struct pnf_config *config, u32 i);
int pnf_nl_rule_dump(struct sk_buff *msg, struct netlink_callback *cb);

int pnf_nl_named_template_add(struct pnf_config *next, struct nlattr *attr,
			      struct netlink_ext_ack *extack);
int pnf_nl_named_template_del(struct pnf_config *next, struct nlattr *attr,
			      struct netlink_ext_ack *extack);
int pnf_nl_named_template_put_entry(struct sk_buff *msg, const struct pnf_config *config, u32 i);

int pnf_nl_destination_add(struct pnf_config *next, struct nlattr *attr,
			   struct netlink_ext_ack *extack);
int pnf_nl_destination_del(struct pnf_config *next, struct nlattr *attr,
			   struct netlink_ext_ack *extack);
int pnf_nl_destination_put_entry(struct sk_buff *msg, const struct pnf_config *config, u32 i);
int pnf_nl_destination_dump(struct sk_buff *msg, struct netlink_callback *cb);
int pnf_nl_destination_put_id(struct sk_buff *msg, const struct pnf_destination *destination);
int pnf_nl_destination_put(struct sk_buff *msg, const struct pnf_session *session);

int pnf_nl_flow_dump(struct sk_buff *msg, struct netlink_callback *cb);
int pnf_nl_flush(struct sk_buff *skb, struct genl_info *info);

int pnf_nl_template_dump(struct sk_buff *msg, struct netlink_callback *cb);
int pnf_nl_element_dump(struct sk_buff *msg, struct netlink_callback *cb);

/* The exporter of the namespace that a dump was asked in. */
static inline struct pnf_net *pnf_nl_dump_net(const struct netlink_callback *cb)
{
	return pnf_net_get(sock_net(cb->skb->sk));
}

#endif /* PNF_NL_FAMILY_H */
