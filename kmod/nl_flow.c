// SPDX-License-Identifier: GPL-2.0-only
#include <linux/ktime.h>

#include "nl_family.h"
#include "record.h"

const struct nla_policy pnf_nl_flush_policy[PNF_FLUSH_MAX + 1] = {
	[PNF_FLUSH_DISCARD] = { .type = NLA_FLAG },
};

/**
 * pnf_nl_flush() - PNF_CMD_FLUSH
 * @skb: request
 * @info: its attributes
 *
 * Return: 0 when all Flows have left the Cache; -ETIMEDOUT or -EINTR when some have not.
 */
int pnf_nl_flush(struct sk_buff *skb, struct genl_info *info)
{
	int err;

	err = pnf_net_flush(pnf_net_get(genl_info_net(info)), info->attrs[PNF_FLUSH_DISCARD]);
	if (err == -ETIMEDOUT)
		NL_SET_ERR_MSG(info->extack,
			       "the destinations take too long; what is left stays in the cache");
	return err;
}

static int pnf_nl_flow_put_addresses(struct sk_buff *msg, const struct pnf_record *record)
{
	if (record->version == PNF_IPV6)
		return nla_put_in6_addr(msg, PNF_FLOW_SOURCE_IPV6, &record->saddr.v6) ?:
		       nla_put_in6_addr(msg, PNF_FLOW_DESTINATION_IPV6, &record->daddr.v6) ?:
		       nla_put_in6_addr(msg, PNF_FLOW_NEXT_HOP_IPV6, &record->next_hop.v6);
	return nla_put_in_addr(msg, PNF_FLOW_SOURCE_IPV4, record->saddr.v4) ?:
	       nla_put_in_addr(msg, PNF_FLOW_DESTINATION_IPV4, record->daddr.v4) ?:
	       nla_put_in_addr(msg, PNF_FLOW_NEXT_HOP_IPV4, record->next_hop.v4);
}

static int pnf_nl_flow_put_upper_layer(struct sk_buff *msg, const struct pnf_record *record)
{
	if (record->layout & PNF_LAYOUT_PORTS)
		return nla_put_be16(msg, PNF_FLOW_SOURCE_PORT, record->sport) ?:
		       nla_put_be16(msg, PNF_FLOW_DESTINATION_PORT, record->dport) ?:
		       nla_put_u16(msg, PNF_FLOW_TCP_CONTROL_BITS, record->tcp_flags);
	if (record->layout & (PNF_LAYOUT_ICMP | PNF_LAYOUT_ICMP6))
		return nla_put_u16(msg, PNF_FLOW_ICMP_TYPE_CODE, ntohs(record->dport));
	if (record->layout & PNF_LAYOUT_IGMP)
		return nla_put_u8(msg, PNF_FLOW_IGMP_TYPE, record->igmp_type);
	if (record->layout & PNF_LAYOUT_IPSEC)
		return nla_put_be32(msg, PNF_FLOW_IPSEC_SPI, record->spi);
	return 0;
}

static int pnf_nl_flow_put(struct sk_buff *msg, const struct pnf_record *record,
			   const struct pnf_clock *clock)
{
	return nla_put_u8(msg, PNF_FLOW_IP_VERSION, record->version) ?:
	       pnf_nl_flow_put_addresses(msg, record) ?:
	       nla_put_u8(msg, PNF_FLOW_PROTOCOL, record->protocol) ?:
	       nla_put_u8(msg, PNF_FLOW_TOS, record->tos) ?:
	       pnf_nl_flow_put_upper_layer(msg, record) ?:
	       nla_put_u32(msg, PNF_FLOW_INGRESS_INTERFACE, record->ingress) ?:
	       nla_put_u32(msg, PNF_FLOW_EGRESS_INTERFACE, record->egress) ?:
	       nla_put_u64_64bit(msg, PNF_FLOW_PACKETS, record->packets, PNF_FLOW_PAD) ?:
	       nla_put_u64_64bit(msg, PNF_FLOW_OCTETS, record->octets, PNF_FLOW_PAD) ?:
	       nla_put_u64_64bit(msg, PNF_FLOW_START,
				 pnf_clock_real_ns(clock, record->start_ns), PNF_FLOW_PAD) ?:
	       nla_put_u64_64bit(msg, PNF_FLOW_END,
				 pnf_clock_real_ns(clock, record->end_ns), PNF_FLOW_PAD);
}

static int pnf_nl_flow_fill(struct sk_buff *msg, struct netlink_callback *cb,
			    const struct pnf_record *record, const struct pnf_clock *clock)
{
	void *header;

	header = genlmsg_put(msg, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			     &pnf_nl_family, NLM_F_MULTI, PNF_CMD_FLOW_GET);
	if (!header)
		return -EMSGSIZE;
	if (pnf_nl_flow_put(msg, record, clock)) {
		genlmsg_cancel(msg, header);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, header);
	return 0;
}

/* What a dump of Flows remembers between its messages, in netlink_callback args */
enum {
	PNF_NL_FLOW_BUCKET,	/* the next bucket */
	PNF_NL_FLOW_SKIP,	/* Flows of it that are done */
	PNF_NL_FLOW_TABLE,	/* which table the two are about */
};

#define PNF_NL_FLOW_STEP	8192	/* buckets while the lock is held */

struct pnf_nl_flow_dump {
	struct sk_buff *msg;
	struct netlink_callback *cb;
	struct pnf_clock clock;
};

/* With the Flow's lock held. False: the message is full. */
static bool pnf_nl_flow_visit(const struct pnf_flow *flow, void *context)
{
	struct pnf_nl_flow_dump *dump = context;
	struct pnf_record record;

	pnf_record_fill(&record, flow);
	return !pnf_nl_flow_fill(dump->msg, dump->cb, &record, &dump->clock);
}

/*
 * A bucket goes into one message whole, so that what leaves or joins it between two
 * messages hides nothing; only one that does not fit into any is told in parts.
 * Returns false when the message is full.
 */
static bool pnf_nl_flow_dump_bucket(struct pnf_nl_flow_dump *dump, struct pnf_cache *cache)
{
	unsigned int start = dump->msg->len;
	long *args = dump->cb->args;
	u32 skip = args[PNF_NL_FLOW_SKIP];

	if (pnf_cache_visit(cache, args[PNF_NL_FLOW_BUCKET], &skip, pnf_nl_flow_visit, dump)) {
		args[PNF_NL_FLOW_BUCKET]++;
		args[PNF_NL_FLOW_SKIP] = 0;
		return true;
	}
	if (start)
		nlmsg_trim(dump->msg, dump->msg->data + start);
	else
		args[PNF_NL_FLOW_SKIP] = skip;
	return false;
}

/*
 * Empty buckets take no room in the message, so that it alone would not bound how long
 * the lock is held. Returns false when the message is full or the table is done.
 */
static bool pnf_nl_flow_dump_step(struct pnf_nl_flow_dump *dump, struct pnf_net *nn)
{
	struct pnf_cache *cache = &nn->meter.cache;
	long *args = dump->cb->args;
	bool going_on = true;
	unsigned int count;

	mutex_lock(&nn->exporter.lock);
	pnf_expire_finish_resize(&nn->expire);
	if (args[PNF_NL_FLOW_TABLE] != cache->resizes + 1) {
		args[PNF_NL_FLOW_TABLE] = cache->resizes + 1;
		args[PNF_NL_FLOW_BUCKET] = 0;
		args[PNF_NL_FLOW_SKIP] = 0;
	}
	for (count = 0; going_on && count < PNF_NL_FLOW_STEP; count++)
		going_on = args[PNF_NL_FLOW_BUCKET] < pnf_cache_buckets(cache) &&
			   pnf_nl_flow_dump_bucket(dump, cache);
	mutex_unlock(&nn->exporter.lock);
	return going_on;
}

/**
 * pnf_nl_flow_dump() - PNF_CMD_FLOW_GET
 * @msg: reply
 * @cb: where the dump stands
 *
 * A Flow that is in the Cache all the time is told at least once: when the table is
 * exchanged meanwhile, the dump starts again.
 *
 * Return: octets, 0 at the end, or an error.
 */
int pnf_nl_flow_dump(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct pnf_nl_flow_dump dump = {
		.msg = msg,
		.cb = cb,
		.clock.boot_ns = ktime_get_boottime_ns(),
		.clock.real_ns = ktime_get_real_ns(),
	};
	struct pnf_net *nn = pnf_nl_dump_net(cb);

	while (pnf_nl_flow_dump_step(&dump, nn))
		cond_resched();
	return msg->len;
}
