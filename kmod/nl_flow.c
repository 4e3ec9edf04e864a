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

/* What a dump of Flows needs besides the message */
struct pnf_nl_flow_dump {
	struct sk_buff *msg;
	struct netlink_callback *cb;
	struct pnf_clock clock;
	struct pnf_template *template;	/* of the layout of the latest record */
	u8 *value;			/* the record as IPFIX has it */
};

static int pnf_nl_flow_put_element(struct sk_buff *msg, const struct pnf_ie *ie,
				   const u8 *value)
{
	struct nlattr *nest = nla_nest_start(msg, PNF_FLOW_ELEMENT);

	if (!nest)
		return -EMSGSIZE;
	if (nla_put_u16(msg, PNF_FLOW_ELEMENT_ID, ie->id) ||
	    nla_put(msg, PNF_FLOW_ELEMENT_VALUE, ie->in[PNF_IE_IPFIX].octets, value)) {
		nla_nest_cancel(msg, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(msg, nest);
	return 0;
}

static int pnf_nl_flow_put(struct pnf_nl_flow_dump *dump, const struct pnf_record *record)
{
	struct pnf_template *template = dump->template;
	const struct pnf_ie *ie;
	unsigned int i, at = 0;
	int err = 0;

	if (template->layout != record->layout &&
	    !pnf_template_describe(template, PNF_VERSION_IPFIX, record->layout))
		return 0;
	pnf_encode_record(dump->value, template, record, &dump->clock);
	for (i = 0; !err && i < template->ie_count; i++) {
		ie = template->ies[i];
		/* A Flow in the Cache has not ended. */
		if (ie->offset != offsetof(struct pnf_record, reason))
			err = pnf_nl_flow_put_element(dump->msg, ie, dump->value + at);
		at += ie->in[PNF_IE_IPFIX].octets;
	}
	return err;
}

static int pnf_nl_flow_fill(struct pnf_nl_flow_dump *dump, const struct pnf_record *record)
{
	struct netlink_callback *cb = dump->cb;
	void *header;

	header = genlmsg_put(dump->msg, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			     &pnf_nl_family, NLM_F_MULTI, PNF_CMD_FLOW_GET);
	if (!header)
		return -EMSGSIZE;
	if (pnf_nl_flow_put(dump, record)) {
		genlmsg_cancel(dump->msg, header);
		return -EMSGSIZE;
	}
	genlmsg_end(dump->msg, header);
	return 0;
}

/* What a dump of Flows remembers between its messages, in netlink_callback args */
enum {
	PNF_NL_FLOW_BUCKET,	/* the next bucket */
	PNF_NL_FLOW_SKIP,	/* Flows of it that are done */
	PNF_NL_FLOW_TABLE,	/* which table the two are about */
};

#define PNF_NL_FLOW_STEP	8192	/* buckets while the lock is held */

/* With the Flow's lock held. False: the message is full. */
static bool pnf_nl_flow_visit(const struct pnf_flow *flow, void *context)
{
	struct pnf_nl_flow_dump *dump = context;
	struct pnf_record record;

	pnf_record_fill(&record, flow);
	return !pnf_nl_flow_fill(dump, &record);
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
 * Return: octets, 0 at the end, or -ENOMEM.
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

	dump.template = kzalloc(sizeof(*dump.template), GFP_KERNEL);
	dump.value = kmalloc(PNF_MESSAGE_OCTETS, GFP_KERNEL);
	if (!dump.template || !dump.value)
		goto out;
	while (pnf_nl_flow_dump_step(&dump, nn))
		cond_resched();
out:
	kfree(dump.value);
	kfree(dump.template);
	return dump.template && dump.value ? msg->len : -ENOMEM;
}
