// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bottom_half.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/ktime.h>
#include <net/dst_metadata.h>
#include <net/ip6_route.h>
#include <net/route.h>

#include "dissect.h"
#include "meter.h"

/*
 * The next hop as the route has it; 0 where the destination is on link. A
 * metadata dst of a tunnel is no route.
 */
static void pnf_meter_next_hop(const struct sk_buff *skb, u8 version,
			       union pnf_address *next_hop)
{
	const struct dst_entry *dst = skb_valid_dst(skb) ? skb_dst(skb) : NULL;
	const struct rtable *rt;

	memset(next_hop, 0, sizeof(*next_hop));
	if (!dst || dst->error)
		return;
	if (version == PNF_IPV6) {
		if (dst->ops->family == AF_INET6 &&
		    ((const struct rt6_info *)dst)->rt6i_flags & RTF_GATEWAY)
			next_hop->v6 = ((const struct rt6_info *)dst)->rt6i_gateway;
	} else if (dst->ops->family == AF_INET) {
		rt = (const struct rtable *)dst;
		if (rt->rt_gw_family == AF_INET)
			next_hop->v4 = rt->rt_gw4;
	}
}

static __always_inline void pnf_meter_update(struct pnf_flow *flow,
					     const struct pnf_packet *packet, u64 now_ns)
{
	flow->packets += packet->packets;
	flow->octets += packet->octets;
	flow->tcp_flags |= packet->tcp_flags;
	flow->key.tcp_options |= packet->key.tcp_options;
	if (unlikely(packet->flags & PNF_PACKET_OPTIONS)) {
		flow->options.ip |= packet->options.ip;
		flow->options.tcp_high |= packet->options.tcp_high;
	}
	if (likely(now_ns > flow->last_ns)) /* else: overtaken by another CPU */
		flow->last_ns = now_ns;
}

/*
 * A new Flow for the first packet, to be inserted; room for it is reserved, and its egress is the
 * caller's to fill in. NULL: there is none, for @reason.
 */
static struct pnf_flow *pnf_meter_new_flow(struct pnf_meter *meter,
					   const struct pnf_format *format,
					   const struct sk_buff *skb,
					   const struct pnf_packet *packet, u64 now_ns,
					   enum pnf_ignored *reason)
{
	struct pnf_flow *new;

	*reason = pnf_cache_reserve(&meter->cache);
	if (unlikely(*reason))
		return NULL;
	new = pnf_flow_alloc(&packet->key, format);
	if (unlikely(!new)) {
		pnf_cache_unreserve(&meter->cache);
		*reason = PNF_IGNORED_NO_MEMORY;
		return NULL;
	}

	new->first_ns = now_ns;
	new->last_ns = now_ns;
	pnf_meter_next_hop(skb, packet->key.version, &new->next_hop);
	if (packet->key.version == PNF_IPV6)
		*pnf_flow_label(new) = pnf_dissect_flow_label(skb);
	return new;
}

/* The first packet of a Flow. */
static enum pnf_ignored pnf_meter_create(struct pnf_meter *meter, struct pnf_cpu_stats *stats,
					 const struct sk_buff *skb,
					 const struct pnf_packet *packet,
					 const struct net_device *out, u64 now_ns)
{
	struct pnf_flow *new, *flow;
	enum pnf_ignored reason;

	new = pnf_meter_new_flow(meter, NULL, skb, packet, now_ns, &reason);
	if (unlikely(!new))
		return reason;
	new->egress = out ? out->ifindex : 0;
	flow = pnf_cache_insert(&meter->cache, new);
	pnf_meter_update(flow, packet, now_ns);
	spin_unlock(&flow->lock);
	if (flow == new)
		pnf_stats_created(stats);
	return PNF_IGNORED_UNSPEC;
}

static __always_inline bool pnf_meter_update_if_alive(struct pnf_flow *flow,
						      const struct pnf_packet *packet,
						      u64 now_ns)
{
	bool alive;

	spin_lock(&flow->lock);
	alive = !flow->dead;
	if (likely(alive))
		pnf_meter_update(flow, packet, now_ns);
	spin_unlock(&flow->lock);
	return alive;
}

/*
 * What few packets take: they are not easy to read, or their Flow is not in the table, or just
 * leaving it. It is in none if @is_new, after @steps. Nothing that was read of them is
 * handed over: as its address would be, it would have to be in memory for all packets.
 */
static noinline void pnf_meter_packet_rare(struct pnf_meter *meter, const struct sk_buff *skb,
					   u8 version, u32 ingress, const struct net_device *out,
					   u64 now_ns, bool is_new, u32 steps)
{
	struct pnf_cpu_stats *stats = this_cpu_ptr(meter->stats);
	struct pnf_packet packet __uninitialized;
	struct pnf_flow *flow = NULL;
	enum pnf_ignored reason;

	reason = pnf_dissect(skb, version, &packet);
	if (unlikely(reason))
		goto ignored;
	packet.key.ingress = ingress;
	if (!is_new)
		flow = pnf_cache_find(&meter->cache, &packet.key, version, &steps);
	if (!flow || !pnf_meter_update_if_alive(flow, &packet, now_ns)) {
		reason = pnf_meter_create(meter, stats, skb, &packet, out, now_ns);
		if (unlikely(reason))
			goto ignored;
	}
	pnf_stats_metered(stats, packet.packets, packet.octets, steps);
	if (unlikely(packet.flags & PNF_PACKET_FRAGMENT))
		pnf_stats_fragments(stats, packet.packets);
	return;

ignored:
	pnf_stats_ignored(stats, reason, packet.packets, packet.octets);
}

/*
 * The Metering Process: dissect, key, cache. @version is a constant: there is one
 * copy for each. With softirqs off.
 */
static __always_inline void
pnf_meter_packet(struct pnf_meter *meter, const struct sk_buff *skb, u8 version,
		 u32 ingress, const struct net_device *out)
{
	/* Before all else: what is read later stays in registers on the way to the hash. */
	u64 now_ns = ktime_get_boottime_ns();
	struct pnf_packet packet __uninitialized;
	const struct pnf_table *table;
	struct pnf_flow *flow;
	bool is_new = false;
	u32 steps = 0;

	if (likely(pnf_dissect_plain(skb, version, &packet))) {
		packet.key.ingress = ingress;
		table = rcu_dereference(meter->cache.table);
		flow = pnf_table_find(table, &packet.key, version, &steps);
		if (likely(flow && pnf_meter_update_if_alive(flow, &packet, now_ns))) {
			pnf_stats_metered(this_cpu_ptr(meter->stats), packet.packets,
					  packet.octets, steps);
			return;
		}
		is_new = !rcu_access_pointer(table->future);
	}
	pnf_meter_packet_rare(meter, skb, version, ingress, out, now_ns, is_new, steps);
}

static __always_inline void
pnf_meter_observe(struct pnf_meter *meter, const struct sk_buff *skb, u8 version,
		  u32 ingress, const struct net_device *out)
{
	bool in_process = !softirq_count();

	if (unlikely(in_process))
		local_bh_disable();
	pnf_meter_packet(meter, skb, version, ingress, out);
	if (unlikely(in_process))
		local_bh_enable();
}

/**
 * pnf_meter_observe_ipv4() - meter one packet of the IPv4 stack
 * @meter: the namespace's Metering Process
 * @skb: the packet at an Observation Point; read only
 * @ingress: ifindex of the device it came in through, 0: none
 * @out: the device it leaves through, or NULL
 *
 * Context: softirq, or process (what this host sends); RCU read side.
 */
void pnf_meter_observe_ipv4(struct pnf_meter *meter, const struct sk_buff *skb, u32 ingress,
			    const struct net_device *out)
{
	pnf_meter_observe(meter, skb, PNF_IPV4, ingress, out);
}

/**
 * pnf_meter_observe_ipv6() - meter one packet of the IPv6 stack
 * @meter: as in pnf_meter_observe_ipv4()
 * @skb: as in pnf_meter_observe_ipv4()
 * @ingress: as in pnf_meter_observe_ipv4()
 * @out: as in pnf_meter_observe_ipv4()
 *
 * Context: as in pnf_meter_observe_ipv4().
 */
void pnf_meter_observe_ipv6(struct pnf_meter *meter, const struct sk_buff *skb, u32 ingress,
			    const struct net_device *out)
{
	pnf_meter_observe(meter, skb, PNF_IPV6, ingress, out);
}

/* With what settings ask for: a longer way, for both versions. */

static enum pnf_ignored
pnf_meter_create_detail(struct pnf_meter *meter, const struct pnf_format *format,
			struct pnf_cpu_stats *stats, const struct sk_buff *skb,
			const struct pnf_packet *packet, const struct pnf_detail *detail,
			const struct pnf_sight *sight, u64 now_ns)
{
	struct pnf_flow *new, *flow;
	enum pnf_ignored reason;

	new = pnf_meter_new_flow(meter, format, skb, packet, now_ns, &reason);
	if (unlikely(!new))
		return reason;
	pnf_detail_begin(new, detail, format, skb, sight);
	flow = pnf_cache_insert(&meter->cache, new);
	pnf_meter_update(flow, packet, now_ns);
	pnf_detail_update(flow, detail, format, skb);
	spin_unlock(&flow->lock);
	if (flow == new)
		pnf_stats_created(stats);
	return PNF_IGNORED_UNSPEC;
}

static bool pnf_meter_update_detail_if_alive(struct pnf_flow *flow,
					     const struct pnf_format *format,
					     const struct sk_buff *skb,
					     const struct pnf_packet *packet,
					     const struct pnf_detail *detail, u64 now_ns)
{
	bool alive;

	spin_lock(&flow->lock);
	alive = !flow->dead;
	if (likely(alive)) {
		pnf_meter_update(flow, packet, now_ns);
		pnf_detail_update(flow, detail, format, skb);
	}
	spin_unlock(&flow->lock);
	return alive;
}

/* Whether a sampler that selects by hash takes the packet's Flow */
static bool pnf_meter_selects(const struct pnf_format *format, const struct pnf_packet *packet,
			      const struct pnf_detail *detail)
{
	const struct pnf_secret *secret = &format->sampler_secret;
	const struct pnf_key *key = &packet->key;
	u64 sum;

	if (!format->sampler_interval)
		return true;
	sum = pnf_key_sum(key, key->version, secret) +
	      pnf_key_more_sum(detail->more, detail->words, secret);
	return pnf_selector_takes_hash(pnf_key_fold(sum, secret), format->sampler_interval);
}

static void pnf_meter_packet_detail(struct pnf_meter *meter, const struct pnf_format *format,
				    const struct sk_buff *skb, u8 version,
				    const struct pnf_sight *sight)
{
	struct pnf_cpu_stats *stats = this_cpu_ptr(meter->stats);
	struct pnf_packet packet __uninitialized;
	struct pnf_detail detail __uninitialized;
	enum pnf_ignored reason;
	struct pnf_flow *flow;
	u32 steps = 0;
	u64 now_ns;

	reason = pnf_dissect(skb, version, &packet);
	if (unlikely(reason)) {
		pnf_stats_ignored(stats, reason, packet.packets, packet.octets);
		return;
	}
	pnf_detail_read(&detail, format, skb, &packet, sight);
	if (!pnf_meter_selects(format, &packet, &detail)) {
		pnf_stats_unselected(stats, packet.packets, packet.octets);
		goto fragments;
	}
	now_ns = ktime_get_boottime_ns();

	flow = pnf_cache_find_more(&meter->cache, &packet.key, detail.more, detail.words, &steps);
	if (!flow ||
	    !pnf_meter_update_detail_if_alive(flow, format, skb, &packet, &detail, now_ns)) {
		reason = pnf_meter_create_detail(meter, format, stats, skb, &packet, &detail,
						 sight, now_ns);
		if (unlikely(reason)) {
			pnf_stats_ignored(stats, reason, packet.packets, packet.octets);
			return;
		}
	}

	pnf_stats_metered(stats, packet.packets, packet.octets, steps);
fragments:
	if (unlikely(packet.flags & PNF_PACKET_FRAGMENT))
		pnf_stats_fragments(stats, packet.packets);
}

/**
 * pnf_meter_observe_detail() - meter one packet with what settings ask for
 * @meter: the namespace's Metering Process
 * @format: says what they ask for
 * @skb: the packet at an Observation Point; read only
 * @version: PNF_IPV4 or PNF_IPV6
 * @sight: what the Observation Point knows
 *
 * Context: as in pnf_meter_observe_ipv4().
 */
void pnf_meter_observe_detail(struct pnf_meter *meter, const struct pnf_format *format,
			      const struct sk_buff *skb, u8 version,
			      const struct pnf_sight *sight)
{
	local_bh_disable();
	pnf_meter_packet_detail(meter, format, skb, version, sight);
	local_bh_enable();
}
