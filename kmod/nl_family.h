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
extern const struct nla_policy pnf_nl_flush_policy[PNF_FLUSH_MAX + 1];

int pnf_nl_module_init(void);
void pnf_nl_module_exit(void);

int pnf_nl_config_dump(struct sk_buff *msg, struct netlink_callback *cb);
int pnf_nl_config_set(struct sk_buff *skb, struct genl_info *info);

int pnf_nl_stats_get(struct sk_buff *skb, struct genl_info *info);
int pnf_nl_stats_reset(struct sk_buff *skb, struct genl_info *info);
int pnf_nl_cpu_dump(struct sk_buff *msg, struct netlink_callback *cb);

int pnf_nl_destination_dump(struct sk_buff *msg, struct netlink_callback *cb);
int pnf_nl_destination_put_id(struct sk_buff *msg, const struct pnf_destination *destination);
int pnf_nl_destination_put(struct sk_buff *msg, const struct pnf_session *session);

int pnf_nl_flow_dump(struct sk_buff *msg, struct netlink_callback *cb);
int pnf_nl_flush(struct sk_buff *skb, struct genl_info *info);

int pnf_nl_template_dump(struct sk_buff *msg, struct netlink_callback *cb);

/* The exporter of the namespace that a dump was asked in. */
static inline struct pnf_net *pnf_nl_dump_net(const struct netlink_callback *cb)
{
	return pnf_net_get(sock_net(cb->skb->sk));
}

#endif /* PNF_NL_FAMILY_H */
