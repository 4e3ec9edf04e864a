// SPDX-License-Identifier: GPL-2.0-only
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/netfilter_bridge.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/slab.h>
#include <net/addrconf.h>
#include <net/ip.h>
#include <net/net_namespace.h>
#include <net/route.h>
#include <net/sock.h>

#include "point_inet.h"

/*
 * Each packet once, whatever hooks are on: PREROUTING claims what was received,
 * LOCAL_OUT what is sent from here, then FORWARD and LOCAL_IN, then POSTROUTING.
 */
static bool pnf_point_inet_has_claims(u32 hooks, unsigned int hook)
{
	switch (hook) {
	case NF_INET_LOCAL_IN:
	case NF_INET_FORWARD:
		return !(hooks & PNF_HOOK_PREROUTING);
	case NF_INET_POST_ROUTING:
		return !(hooks & PNF_HOOK_LOCAL_OUT) ||
		       !(hooks & (PNF_HOOK_PREROUTING | PNF_HOOK_FORWARD));
	default:
		return true;
	}
}

/*
 * A VRF hides that a packet came back to its sender: it makes PACKET_HOST of
 * PACKET_LOOPBACK (drivers/net/vrf.c, vrf_ip_rcv(), vrf_ip6_rcv()). What was sent to an address
 * of the VRF itself, whose route leads to @in, was passed over when it left.
 */
static noinline bool pnf_point_inet_was_looped_by_vrf(const struct sk_buff *skb, u8 version,
						      const struct net_device *in)
{
	const struct rtable *rt;

	if (version == PNF_IPV6)
		return ipv6_addr_is_multicast(&ipv6_hdr(skb)->daddr) &&
		       ipv6_chk_addr_and_flags(dev_net(in), &ipv6_hdr(skb)->saddr, in, true, 0,
					       IFA_F_TENTATIVE);
	rt = skb_rtable(skb);
	return rt && rt_is_output_route(rt) && rt->dst.dev != in;
}

/* What was sent to lo, or came back to its sender as multicast, was seen when it left. */
static __always_inline bool pnf_point_inet_was_sent_here(u32 hooks, const struct sk_buff *skb,
							 const struct net_device *in)
{
	return hooks & (PNF_HOOK_LOCAL_OUT | PNF_HOOK_POSTROUTING) &&
	       (in->flags & IFF_LOOPBACK || skb->pkt_type == PACKET_LOOPBACK);
}

static __always_inline bool pnf_point_inet_was_sent_in_vrf(u32 hooks, const struct sk_buff *skb,
							   u8 version,
							   const struct net_device *in)
{
	return unlikely(netif_is_l3_master(in)) &&
	       hooks & (PNF_HOOK_LOCAL_OUT | PNF_HOOK_POSTROUTING) &&
	       pnf_point_inet_was_looped_by_vrf(skb, version, in);
}

static __always_inline bool pnf_point_inet_is_bridged(const struct sk_buff *skb)
{
#if IS_ENABLED(CONFIG_BRIDGE_NETFILTER)
	return unlikely(skb_ext_exist(skb, SKB_EXT_BRIDGE_NF));
#else
	return false;
#endif
}

/* br_netfilter showed it to PREROUTING when it entered the bridge, and now the stack does. */
static __always_inline bool pnf_point_inet_is_second_pass(const struct sk_buff *skb)
{
#if IS_ENABLED(CONFIG_BRIDGE_NETFILTER)
	return pnf_point_inet_is_bridged(skb) && !nf_bridge_info_get(skb)->in_prerouting;
#else
	return false;
#endif
}

/*
 * Whether a packet was received and is passed on. The ESP or AH packet that it becomes is
 * this host's own, but xfrm leaves skb_iif in it.
 */
static __always_inline bool pnf_point_inet_came_in(const struct sk_buff *skb, u8 version)
{
	bool transformed;

	if (!skb->skb_iif)
		return false;
	if (pnf_point_inet_is_bridged(skb))
		return true; /* the control block is the bridge's */
	if (version == PNF_IPV6)
		transformed = IP6CB(skb)->flags & IP6SKB_XFRM_TRANSFORMED;
	else
		transformed = IPCB(skb)->flags & IPSKB_XFRM_TRANSFORMED;
	return !transformed;
}

/* IPVS takes what it balances out of LOCAL_IN, and sends it as this host's own. */
static __always_inline bool pnf_point_inet_is_balanced(const struct sk_buff *skb)
{
#if IS_ENABLED(CONFIG_IP_VS)
	return unlikely(skb->ipvs_property) && skb->skb_iif;
#else
	return false;
#endif
}

/* Whether a packet with the VRF @in was shown with the enslaved device before. */
static noinline bool pnf_point_inet_is_second_in_vrf(const struct sk_buff *skb, u8 version,
						     const struct net_device *in)
{
	if (skb->dev != in)
		return true;
	return version == PNF_IPV6 ? IP6CB(skb)->flags & IP6SKB_L3SLAVE :
				     IPCB(skb)->flags & IPSKB_L3SLAVE;
}

/*
 * Of multicast and broadcast that this host also receives the stack makes a clone to loop
 * back, and shows that to POSTROUTING, too. A clone is nobody's, while what a socket
 * sends is that socket's. (What the kernel sends without a socket cannot be told.)
 */
static noinline bool pnf_point_inet_will_loop_back(const struct sk_buff *skb, u8 version,
						   struct sock *sk)
{
	const struct rtable *rt;

	if (!sk || skb->sk)
		return false;
	if (version == PNF_IPV6)
		return ipv6_addr_is_multicast(&ipv6_hdr(skb)->daddr) && sk_mc_loop(sk);

	rt = skb_rtable(skb);
	if (!rt || !(rt->rt_flags & RTCF_LOCAL))
		return false;
	return rt->rt_flags & RTCF_BROADCAST ||
	       (rt->rt_flags & RTCF_MULTICAST && sk_mc_loop(sk));
}

/*
 * A VRF device shows a packet a second time: the first time, or the next, it is
 * seen with the enslaved device.
 */
static __always_inline bool
pnf_point_inet_claims(u32 hooks, u8 version, unsigned int hook, const struct sk_buff *skb,
		      const struct nf_hook_state *state)
{
	const struct net_device *in = state->in;
	const struct net_device *out = state->out;

	switch (hook) {
	case NF_INET_PRE_ROUTING:
		if (unlikely(netif_is_l3_master(in)))
			return !pnf_point_inet_is_second_in_vrf(skb, version, in);
		return !pnf_point_inet_was_sent_here(hooks, skb, in) &&
		       !pnf_point_inet_is_second_pass(skb);
	case NF_INET_LOCAL_IN:
		return !pnf_point_inet_was_sent_here(hooks, skb, in) &&
		       !pnf_point_inet_was_sent_in_vrf(hooks, skb, version, in);
	case NF_INET_LOCAL_OUT:
		if (hooks & PNF_HOOK_PREROUTING && pnf_point_inet_is_balanced(skb))
			return false;
		return !netif_is_l3_master(out);
	case NF_INET_POST_ROUTING:
		if (netif_is_l3_master(out))
			return false;
		if (pnf_point_inet_came_in(skb, version))
			return !(hooks & (PNF_HOOK_PREROUTING |
					  (pnf_point_inet_is_balanced(skb) ? PNF_HOOK_LOCAL_OUT :
									     PNF_HOOK_FORWARD)));
		return !(hooks & PNF_HOOK_LOCAL_OUT) &&
		       !pnf_point_inet_will_loop_back(skb, version, state->sk);
	default:
		return true;
	}
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

/* Of what is sent from here the stack names the device of a tunnel at POSTROUTING. */
static __always_inline bool pnf_point_inet_is_sent(const struct sk_buff *skb, u8 version,
						   unsigned int hook)
{
	return hook == NF_INET_LOCAL_OUT ||
	       (hook == NF_INET_POST_ROUTING && !pnf_point_inet_came_in(skb, version));
}

/* @version and @hook are constants: each hook gets a function with just its checks. */
static __always_inline unsigned int
pnf_point_inet_hook(const struct pnf_point_inet *point, const struct sk_buff *skb,
		    const struct nf_hook_state *state, u8 version, unsigned int hook)
{
	u32 ingress;

	if (unlikely(READ_ONCE(point->meter->inet) != point ||
		     !pnf_point_inet_claims(point->hooks, version, hook, skb, state)))
		return NF_ACCEPT;

	if (pnf_point_inet_is_sent(skb, version, hook))
		ingress = 0;
	else
		ingress = pnf_point_inet_ingress(skb, version, state->in);
	if (version == PNF_IPV6)
		pnf_meter_observe_ipv6(point->meter, skb, ingress, state->out);
	else
		pnf_meter_observe_ipv4(point->meter, skb, ingress, state->out);
	return NF_ACCEPT; /* metering never changes a verdict */
}

/* The same with what settings ask for: one function for all hooks but for the claims. */
static noinline void pnf_point_inet_observe_detail(const struct pnf_point_inet *point,
						   const struct sk_buff *skb,
						   const struct nf_hook_state *state, u8 version,
						   unsigned int hook)
{
	struct pnf_sight sight = {
		.out = state->out,
		.is_sent = pnf_point_inet_is_sent(skb, version, hook),
	};

	if (!sight.is_sent && state->in) {
		sight.in = state->in;
		if (unlikely(netif_is_l3_master(state->in)))
			sight.in = dev_get_by_index_rcu(state->net,
							pnf_point_inet_ingress(skb, version,
									       state->in));
	}
	pnf_meter_observe_detail(point->meter, point->format, skb, version, &sight);
}

static __always_inline unsigned int
pnf_point_inet_hook_detail(const struct pnf_point_inet *point, const struct sk_buff *skb,
			   const struct nf_hook_state *state, u8 version, unsigned int hook)
{
	if (likely(READ_ONCE(point->meter->inet) == point &&
		   pnf_point_inet_claims(point->hooks, version, hook, skb, state)))
		pnf_point_inet_observe_detail(point, skb, state, version, hook);
	return NF_ACCEPT;
}

#define PNF_POINT_INET_HOOK(name, version, hook)					\
static unsigned int name(void *priv, struct sk_buff *skb,				\
			 const struct nf_hook_state *state)				\
{											\
	return pnf_point_inet_hook(priv, skb, state, version, hook);			\
}											\
static unsigned int name##_detail(void *priv, struct sk_buff *skb,			\
				  const struct nf_hook_state *state)			\
{											\
	return pnf_point_inet_hook_detail(priv, skb, state, version, hook);		\
}

PNF_POINT_INET_HOOK(pnf_pre_routing_ipv4, PNF_IPV4, NF_INET_PRE_ROUTING)
PNF_POINT_INET_HOOK(pnf_pre_routing_ipv6, PNF_IPV6, NF_INET_PRE_ROUTING)
PNF_POINT_INET_HOOK(pnf_local_in_ipv4, PNF_IPV4, NF_INET_LOCAL_IN)
PNF_POINT_INET_HOOK(pnf_local_in_ipv6, PNF_IPV6, NF_INET_LOCAL_IN)
PNF_POINT_INET_HOOK(pnf_forward_ipv4, PNF_IPV4, NF_INET_FORWARD)
PNF_POINT_INET_HOOK(pnf_forward_ipv6, PNF_IPV6, NF_INET_FORWARD)
PNF_POINT_INET_HOOK(pnf_local_out_ipv4, PNF_IPV4, NF_INET_LOCAL_OUT)
PNF_POINT_INET_HOOK(pnf_local_out_ipv6, PNF_IPV6, NF_INET_LOCAL_OUT)
PNF_POINT_INET_HOOK(pnf_post_routing_ipv4, PNF_IPV4, NF_INET_POST_ROUTING)
PNF_POINT_INET_HOOK(pnf_post_routing_ipv6, PNF_IPV6, NF_INET_POST_ROUTING)

#define PNF_POINT_INET_HOOKS(name)							\
	{ { name##_ipv4, name##_ipv6 }, { name##_ipv4_detail, name##_ipv6_detail } }

/* By hook, with detail or not, IPv6 or not */
static nf_hookfn * const pnf_point_inet_hooks[NF_INET_NUMHOOKS][2][2] = {
	[NF_INET_PRE_ROUTING] = PNF_POINT_INET_HOOKS(pnf_pre_routing),
	[NF_INET_LOCAL_IN] = PNF_POINT_INET_HOOKS(pnf_local_in),
	[NF_INET_FORWARD] = PNF_POINT_INET_HOOKS(pnf_forward),
	[NF_INET_LOCAL_OUT] = PNF_POINT_INET_HOOKS(pnf_local_out),
	[NF_INET_POST_ROUTING] = PNF_POINT_INET_HOOKS(pnf_post_routing),
};

static void pnf_point_inet_add_hook(struct pnf_point_inet *point, u8 pf, unsigned int hook,
				    int priority)
{
	point->ops[point->ops_count++] = (struct nf_hook_ops) {
		.hook = pnf_point_inet_hooks[hook][!!point->format][pf == NFPROTO_IPV6],
		.priv = point,
		.pf = pf,
		.hooknum = hook,
		.priority = priority,
	};
}

/**
 * pnf_point_inet_open() - register the hooks
 * @net: the namespace
 * @meter: its Metering Process
 * @format: what settings ask for, NULL: nothing; outlives the point
 * @hooks: PNF_HOOK_* bits, not 0
 * @priority: netfilter priority
 *
 * Context: process. No packet is taken before pnf_point_inet_select().
 *
 * Return: the point or an ERR_PTR.
 */
struct pnf_point_inet *pnf_point_inet_open(struct net *net, struct pnf_meter *meter,
					   const struct pnf_format *format, u32 hooks,
					   int priority)
{
	struct pnf_point_inet *point;
	unsigned int hook;
	int err;

	point = kzalloc(sizeof(*point), GFP_KERNEL);
	if (!point)
		return ERR_PTR(-ENOMEM);
	point->meter = meter;
	point->format = format;
	point->hooks = hooks;
	for (hook = 0; hook < NF_INET_NUMHOOKS; hook++) {
		if (!(hooks & BIT(hook)) || !pnf_point_inet_has_claims(hooks, hook))
			continue;
		pnf_point_inet_add_hook(point, NFPROTO_IPV4, hook, priority);
		pnf_point_inet_add_hook(point, NFPROTO_IPV6, hook, priority);
	}
	err = nf_register_net_hooks(net, point->ops, point->ops_count);
	if (err) {
		/* The first ones were in place for a while. */
		synchronize_net();
		kfree(point);
		return ERR_PTR(err);
	}
	return point;
}

/**
 * pnf_point_inet_select() - say whose packets are taken
 * @meter: the Metering Process
 * @point: the point, or NULL for none
 *
 * One store: on each CPU there is no packet that neither the former point nor this one
 * takes, but for those that are between their hooks.
 */
void pnf_point_inet_select(struct pnf_meter *meter, const struct pnf_point_inet *point)
{
	WRITE_ONCE(meter->inet, point);
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
