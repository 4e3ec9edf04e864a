// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>

#include "events.h"
#include "nl_family.h"

/*
 * Every command shows or changes what ordinary users must not: GENL_ADMIN_PERM
 * asks for CAP_NET_ADMIN in the initial user namespace.
 */
static const struct genl_ops pnf_nl_ops[] = {
	{
		.cmd = PNF_CMD_CONFIG_GET,
		.flags = GENL_ADMIN_PERM,
		.dumpit = pnf_nl_config_dump,
	}, {
		.cmd = PNF_CMD_CONFIG_SET,
		.flags = GENL_ADMIN_PERM,
		.policy = pnf_nl_config_policy,
		.maxattr = PNF_CONFIG_MAX,
		.doit = pnf_nl_config_set,
	}, {
		.cmd = PNF_CMD_STATS_GET,
		.flags = GENL_ADMIN_PERM,
		.doit = pnf_nl_stats_get,
	}, {
		.cmd = PNF_CMD_STATS_RESET,
		.flags = GENL_ADMIN_PERM,
		.doit = pnf_nl_stats_reset,
	}, {
		.cmd = PNF_CMD_DESTINATION_GET,
		.flags = GENL_ADMIN_PERM,
		.dumpit = pnf_nl_destination_dump,
	}, {
		.cmd = PNF_CMD_CPU_GET,
		.flags = GENL_ADMIN_PERM,
		.dumpit = pnf_nl_cpu_dump,
	}, {
		.cmd = PNF_CMD_FLOW_GET,
		.flags = GENL_ADMIN_PERM,
		.dumpit = pnf_nl_flow_dump,
	}, {
		.cmd = PNF_CMD_TEMPLATE_GET,
		.flags = GENL_ADMIN_PERM,
		.dumpit = pnf_nl_template_dump,
	}, {
		.cmd = PNF_CMD_ELEMENT_GET,
		.flags = GENL_ADMIN_PERM,
		.dumpit = pnf_nl_element_dump,
	}, {
		.cmd = PNF_CMD_RULE_GET,
		.flags = GENL_ADMIN_PERM,
		.dumpit = pnf_nl_rule_dump,
	}, {
		.cmd = PNF_CMD_FLUSH,
		.flags = GENL_ADMIN_PERM,
		.policy = pnf_nl_flush_policy,
		.maxattr = PNF_FLUSH_MAX,
		.doit = pnf_nl_flush,
	},
};

static const struct genl_multicast_group pnf_nl_groups[] = {
	{ .name = PNF_MCGRP_EVENTS, .flags = GENL_MCAST_CAP_NET_ADMIN },
};

/*
 * Commands without a policy of their own take no attribute. Without any policy
 * generic netlink would let unknown ones pass.
 */
static const struct nla_policy pnf_nl_no_policy[] = {
	[1] = { .type = NLA_REJECT },
};

struct genl_family pnf_nl_family __ro_after_init = {
	.name = PNF_GENL_NAME,
	.version = PNF_GENL_VERSION,
	.module = THIS_MODULE,
	.netnsok = true,
	.parallel_ops = true, /* each takes the locks of its namespace */
	.policy = pnf_nl_no_policy,
	.maxattr = ARRAY_SIZE(pnf_nl_no_policy) - 1,
	.ops = pnf_nl_ops,
	.n_ops = ARRAY_SIZE(pnf_nl_ops),
	.mcgrps = pnf_nl_groups,
	.n_mcgrps = ARRAY_SIZE(pnf_nl_groups),
};

/*
 * The numbers of our groups are another family's as soon as ours is unregistered, and
 * namespaces still end then.
 */
static bool pnf_nl_is_registered;

static bool pnf_nl_has_listeners(struct net *net)
{
	return READ_ONCE(pnf_nl_is_registered) &&
	       genl_has_listeners(&pnf_nl_family, net, 0);
}

static struct sk_buff *pnf_nl_event_new(u8 cmd, void **header)
{
	struct sk_buff *msg = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);

	if (!msg)
		return NULL;
	*header = genlmsg_put(msg, 0, 0, &pnf_nl_family, 0, cmd);
	return msg;
}

static void pnf_nl_event_send(struct net *net, struct sk_buff *msg, void *header, int err)
{
	if (err) {
		nlmsg_free(msg);
		return;
	}
	genlmsg_end(msg, header);
	rcu_read_lock(); /* pnf_nl_module_exit() waits for it */
	if (READ_ONCE(pnf_nl_is_registered))
		genlmsg_multicast_netns(&pnf_nl_family, net, msg, 0, 0, GFP_ATOMIC);
	else
		nlmsg_free(msg);
	rcu_read_unlock();
}

/**
 * pnf_event_config() - tell listeners that the settings changed
 * @net: the namespace
 * @generation: of the new settings
 *
 * Context: process.
 */
void pnf_event_config(struct net *net, u32 generation)
{
	struct sk_buff *msg;
	void *header;

	if (!pnf_nl_has_listeners(net))
		return;
	msg = pnf_nl_event_new(PNF_CMD_CONFIG_NTF, &header);
	if (msg)
		pnf_nl_event_send(net, msg, header,
				  nla_put_u32(msg, PNF_CONFIG_GENERATION, generation));
}

/**
 * pnf_event_destination() - tell listeners that a destination connected or failed
 * @net: the namespace
 * @session: its Transport Session
 *
 * Context: process, the exporter's lock held.
 */
void pnf_event_destination(struct net *net, const struct pnf_session *session)
{
	struct sk_buff *msg;
	void *header;

	if (!pnf_nl_has_listeners(net))
		return;
	msg = pnf_nl_event_new(PNF_CMD_DESTINATION_NTF, &header);
	if (msg)
		pnf_nl_event_send(net, msg, header, pnf_nl_destination_put(msg, session));
}

/**
 * pnf_event_cache_full() - tell listeners that Flows are evicted
 * @net: the namespace
 * @flows: Flows in the Cache
 * @maxflows: Flows at most
 *
 * Context: process.
 */
void pnf_event_cache_full(struct net *net, u32 flows, u32 maxflows)
{
	struct sk_buff *msg;
	void *header;

	if (!pnf_nl_has_listeners(net))
		return;
	msg = pnf_nl_event_new(PNF_CMD_CACHE_FULL_NTF, &header);
	if (msg)
		pnf_nl_event_send(net, msg, header,
				  nla_put_u32(msg, PNF_STATS_CACHE_FLOWS, flows) ?:
				  nla_put_u32(msg, PNF_STATS_CACHE_MAXFLOWS, maxflows));
}

/**
 * pnf_nl_module_init() - register the family
 *
 * Return: 0 or what genl_register_family() says.
 */
int __init pnf_nl_module_init(void)
{
	int err = genl_register_family(&pnf_nl_family);

	WRITE_ONCE(pnf_nl_is_registered, !err);
	return err;
}

/**
 * pnf_nl_module_exit() - unregister the family
 */
void pnf_nl_module_exit(void)
{
	WRITE_ONCE(pnf_nl_is_registered, false);
	synchronize_rcu();
	genl_unregister_family(&pnf_nl_family);
}
