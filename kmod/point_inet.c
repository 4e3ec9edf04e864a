// SPDX-License-Identifier: GPL-2.0-only
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/slab.h>
#include <net/ip.h>
#include <net/net_namespace.h>

#include "point_inet.h"

/*
 * Each packet once, whatever hooks are on: PREROUTING claims what was received,
 * LOCAL_OUT what is sent from here, then FORWARD and LOCAL_IN, then POSTROUTING.
 * A VRF device shows a packet a second time, the first or next with the enslaved one;
 * what was sent to lo, or looped back to the sender as multicast, was seen in LOCAL_OUT.
 */
static __always_inline bool
pnf_point_inet_claims(u32 hooks, unsigned int hook, const struct sk_buff *skb,
		      const struct net_device *in, const struct net_device *out)
{
	switch (hook) {
	case NF_INET_PRE_ROUTING:
		if (netif_is_l3_master(in))
			return false;
		break;
	case NF_INET_LOCAL_IN:
		if (hooks & PNF_HOOK_PREROUTING)
			return false;
		break;
	case NF_INET_FORWARD:
		return !(hooks & PNF_HOOK_PREROUTING);
	case NF_INET_LOCAL_OUT:
		return !netif_is_l3_master(out);
	case NF_INET_POST_ROUTING:
		if (netif_is_l3_master(out))
			return false;
		/* Only what came from a device has an skb_iif. */
		return skb->skb_iif ? !(hooks & (PNF_HOOK_PREROUTING | PNF_HOOK_FORWARD)) :
				      !(hooks & PNF_HOOK_LOCAL_OUT);
	}
	return !(hooks & (PNF_HOOK_LOCAL_OUT | PNF_HOOK_POSTROUTING)) ||
	       (!(in->flags & IFF_LOOPBACK) && skb->pkt_type != PACKET_LOOPBACK);
}

/* In a VRF the device that the packet really came in through. */
static __always_inline u32 pnf_point_inet_ingress(const struct sk_buff *skb, u8 version,
						  const struct net_device *in)
{
	if (!in)
		return 0;
	if (unlikely(netif_is_l3_master(in)))
		return version == PNF_IPV6 ? IP6CB(skb)->iif : IPCB(skb)->iif;
	return in->ifindex;
}

static __always_inline unsigned int
pnf_point_inet_hook(const struct pnf_point_inet *point, const struct sk_buff *skb,
		    const struct nf_hook_state *state, u8 version)
{
	if (likely(READ_ONCE(point->active) &&
		   pnf_point_inet_claims(point->hooks, state->hook, skb,
					 state->in, state->out)))
		pnf_meter_observe(point->meter, skb, version,
				  pnf_point_inet_ingress(skb, version, state->in),
				  state->out);
	return NF_ACCEPT; /* metering never changes a verdict */
}

static unsigned int pnf_point_inet_hook_ipv4(void *priv, struct sk_buff *skb,
					     const struct nf_hook_state *state)
{
	return pnf_point_inet_hook(priv, skb, state, PNF_IPV4);
}

static unsigned int pnf_point_inet_hook_ipv6(void *priv, struct sk_buff *skb,
					     const struct nf_hook_state *state)
{
	return pnf_point_inet_hook(priv, skb, state, PNF_IPV6);
}

/**
 * pnf_point_inet_open() - register the hooks
 * @net: the namespace
 * @meter: its Metering Process
 * @hooks: PNF_HOOK_* bits, not 0
 * @priority: netfilter priority
 *
 * Context: process. No packet is taken before pnf_point_inet_set_active().
 *
 * Return: the point or an ERR_PTR.
 */
struct pnf_point_inet *pnf_point_inet_open(struct net *net, struct pnf_meter *meter,
					   u32 hooks, int priority)
{
	struct pnf_point_inet *point;
	unsigned int hook;
	int err;

	point = kzalloc(sizeof(*point), GFP_KERNEL);
	if (!point)
		return ERR_PTR(-ENOMEM);
	point->meter = meter;
	point->hooks = hooks;
	for (hook = 0; hook < NF_INET_NUMHOOKS; hook++) {
		if (!(hooks & BIT(hook)))
			continue;
		point->ops[point->ops_count++] = (struct nf_hook_ops) {
			.hook = pnf_point_inet_hook_ipv4,
			.priv = point,
			.pf = NFPROTO_IPV4,
			.hooknum = hook,
			.priority = priority,
		};
		point->ops[point->ops_count++] = (struct nf_hook_ops) {
			.hook = pnf_point_inet_hook_ipv6,
			.priv = point,
			.pf = NFPROTO_IPV6,
			.hooknum = hook,
			.priority = priority,
		};
	}
	err = nf_register_net_hooks(net, point->ops, point->ops_count);
	if (err) {
		kfree(point);
		return ERR_PTR(err);
	}
	return point;
}

/**
 * pnf_point_inet_set_active() - take packets, or stop taking them
 * @point: the point
 * @active: whether to take them
 */
void pnf_point_inet_set_active(struct pnf_point_inet *point, bool active)
{
	WRITE_ONCE(point->active, active);
}

/**
 * pnf_point_inet_close() - unregister the hooks
 * @net: the namespace
 * @point: the point, or NULL; freed here
 *
 * Context: process; sleeps until no packet is in the hooks any more.
 */
void pnf_point_inet_close(struct net *net, struct pnf_point_inet *point)
{
	if (!point)
		return;
	nf_unregister_net_hooks(net, point->ops, point->ops_count);
	synchronize_net();
	kfree(point);
}
