// SPDX-License-Identifier: GPL-2.0-only
/*
 * pnf_empty_hook - a netfilter hook that does nothing, in every namespace
 *
 * What it costs per packet is what any meter without a rule set has to pay.
 */
#include <linux/module.h>
#include <linux/netfilter_ipv4.h>
#include <net/net_namespace.h>

static unsigned int pnf_empty_hook(void *priv, struct sk_buff *skb,
				   const struct nf_hook_state *state)
{
	return NF_ACCEPT;
}

static const struct nf_hook_ops pnf_empty_hook_ops = {
	.hook = pnf_empty_hook,
	.pf = NFPROTO_IPV4,
	.hooknum = NF_INET_FORWARD,
	.priority = INT_MAX,
};

static int __net_init pnf_empty_hook_net_init(struct net *net)
{
	return nf_register_net_hook(net, &pnf_empty_hook_ops);
}

static void __net_exit pnf_empty_hook_net_exit(struct net *net)
{
	nf_unregister_net_hook(net, &pnf_empty_hook_ops);
}

static struct pernet_operations pnf_empty_hook_net_ops = {
	.init = pnf_empty_hook_net_init,
	.exit = pnf_empty_hook_net_exit,
};

static int __init pnf_empty_hook_init(void)
{
	return register_pernet_subsys(&pnf_empty_hook_net_ops);
}

static void __exit pnf_empty_hook_exit(void)
{
	unregister_pernet_subsys(&pnf_empty_hook_net_ops);
}

module_init(pnf_empty_hook_init);
module_exit(pnf_empty_hook_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Benchmark: an empty netfilter hook");
