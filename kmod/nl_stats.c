// SPDX-License-Identifier: GPL-2.0-only
#include <linux/cpumask.h>
#include <linux/module.h>
#include <linux/ktime.h>
#include <linux/string.h>

#include "nl_family.h"

static int pnf_nl_put_ignored(struct sk_buff *msg, int type, const struct pnf_totals *totals)
{
	struct nlattr *nest;
	u32 reason;

	for (reason = 1; reason <= PNF_IGNORED_MAX; reason++) {
		nest = nla_nest_start(msg, type);
		if (!nest)
			return -EMSGSIZE;
		if (nla_put_u32(msg, PNF_IGNORED_A_REASON, reason) ||
		    nla_put_u64_64bit(msg, PNF_IGNORED_A_PACKETS,
				      totals->ignored_packets[reason], PNF_IGNORED_A_PAD) ||
		    nla_put_u64_64bit(msg, PNF_IGNORED_A_OCTETS,
				      totals->ignored_octets[reason], PNF_IGNORED_A_PAD)) {
			nla_nest_cancel(msg, nest);
			return -EMSGSIZE;
		}
		nla_nest_end(msg, nest);
	}
	return 0;
}

/**
 * pnf_nl_put_counters() - counters and times
 * @msg: message to add to
 * @counters: the counters
 * @n: how many
 * @pad: attribute that aligns them
 *
 * Return: 0 or -EMSGSIZE.
 */
int pnf_nl_put_counters(struct sk_buff *msg, const struct pnf_nl_counter *counters,
			unsigned int n, int pad)
{
	unsigned int i;
	int err;

	for (i = 0; i < n; i++) {
		err = nla_put_u64_64bit(msg, counters[i].type, counters[i].value, pad);
		if (err)
			return err;
	}
	return 0;
}

/*
 * Wall time of a moment of CLOCK_BOOTTIME, 0: never. Neither clock is read, so that it stays the
 * same, and two moments their distance, until somebody sets the clock.
 */
static u64 pnf_nl_real_ns(u64 boot_ns)
{
	ktime_t boot_offset = ktime_mono_to_any(0, TK_OFFS_BOOT);

	return boot_ns ? ktime_to_ns(ktime_mono_to_real(boot_ns - boot_offset)) : 0;
}

static int pnf_nl_put_module(struct sk_buff *msg, const struct pnf_net *nn)
{
	const struct pnf_nl_counter times[] = {
		{ PNF_STATS_MODULE_LOAD_TIME, pnf_nl_real_ns(pnf_module_load_ns) },
		{ PNF_STATS_RESET_TIME, nn->reset_real_ns },
	};

	return nla_put_string(msg, PNF_STATS_MODULE_VERSION, THIS_MODULE->version) ?:
	       nla_put_string(msg, PNF_STATS_MODULE_SRCVERSION,
			      THIS_MODULE->srcversion ?: "") ?:
	       nla_put_u8(msg, PNF_STATS_METERING, !!READ_ONCE(nn->meter.inet)) ?:
	       pnf_nl_put_counters(msg, times, ARRAY_SIZE(times), PNF_STATS_PAD);
}

static int pnf_nl_put_cache(struct sk_buff *msg, const struct pnf_net *nn,
			    const struct pnf_account *account)
{
	const struct pnf_cache *cache = &nn->meter.cache;
	const u32 *metric = nn->expire.rates.metric;
	const struct pnf_nl_counter counters[] = {
		{ PNF_STATS_CACHE_FLOWS_PEAK_TIME, pnf_nl_real_ns(cache->flows_peak_ns) },
		{ PNF_STATS_CACHE_PACKETS, account->cached_packets },
		{ PNF_STATS_CACHE_OCTETS, account->cached_octets },
		{ PNF_STATS_CACHE_MEMORY, pnf_cache_memory(cache) },
		{ PNF_STATS_CACHE_RESIZES, cache->resizes },
	};

	return nla_put_u32(msg, PNF_STATS_CACHE_FLOWS, atomic_read(&cache->flows)) ?:
	       nla_put_u32(msg, PNF_STATS_CACHE_MAXFLOWS, nn->exporter.config->maxflows) ?:
	       nla_put_u32(msg, PNF_STATS_CACHE_FLOWS_PEAK, cache->flows_peak) ?:
	       nla_put_u32(msg, PNF_STATS_CACHE_BUCKETS, pnf_cache_buckets(cache)) ?:
	       nla_put_u32(msg, PNF_STATS_CACHE_METRIC, metric[0] ?: 100) ?:
	       nla_put_u32(msg, PNF_STATS_CACHE_METRIC_M1, metric[1] ?: 100) ?:
	       nla_put_u32(msg, PNF_STATS_CACHE_METRIC_M5, metric[2] ?: 100) ?:
	       nla_put_u32(msg, PNF_STATS_CACHE_METRIC_M15, metric[3] ?: 100) ?:
	       pnf_nl_put_counters(msg, counters, ARRAY_SIZE(counters), PNF_STATS_PAD);
}

static int pnf_nl_put_metering(struct sk_buff *msg, const struct pnf_net *nn,
			       const struct pnf_account *account)
{
	u64 ignored_packets = pnf_totals_ignored_packets(&account->totals);
	u64 ignored_octets = pnf_totals_ignored_octets(&account->totals);
	const struct pnf_rates *rates = &nn->expire.rates;
	const struct pnf_nl_counter counters[] = {
		{ PNF_STATS_OBSERVED_PACKETS, account->metered_packets + ignored_packets },
		{ PNF_STATS_OBSERVED_OCTETS, account->metered_octets + ignored_octets },
		{ PNF_STATS_METERED_PACKETS, account->metered_packets },
		{ PNF_STATS_METERED_OCTETS, account->metered_octets },
		{ PNF_STATS_FLOWS_CREATED, account->totals.created },
		{ PNF_STATS_IGNORED_PACKETS, ignored_packets },
		{ PNF_STATS_IGNORED_OCTETS, ignored_octets },
		{ PNF_STATS_FRAGMENTS, account->totals.fragments },
		{ PNF_STATS_IGNORED_FIRST_TIME, pnf_nl_real_ns(account->lost_first_ns) },
		{ PNF_STATS_IGNORED_LAST_TIME, pnf_nl_real_ns(account->lost_last_ns) },
		{ PNF_STATS_RATE_BITS_S1, rates->bits[0] },
		{ PNF_STATS_RATE_BITS_M1, rates->bits[1] },
		{ PNF_STATS_RATE_BITS_M5, rates->bits[2] },
		{ PNF_STATS_RATE_PACKETS_S1, rates->packets[0] },
		{ PNF_STATS_RATE_PACKETS_M1, rates->packets[1] },
		{ PNF_STATS_RATE_PACKETS_M5, rates->packets[2] },
	};

	return pnf_nl_put_counters(msg, counters, ARRAY_SIZE(counters), PNF_STATS_PAD) ?:
	       pnf_nl_put_ignored(msg, PNF_STATS_IGNORED, &account->totals);
}

/* A sampler that selects packets before they are Flows does not know how many there were. */
static int pnf_nl_put_sampling(struct sk_buff *msg, const struct pnf_net *nn,
			       const struct pnf_account *account)
{
	const struct pnf_config *config = nn->exporter.config;
	const struct pnf_nl_counter counters[] = {
		{ PNF_STATS_FLOWS_SELECTED, account->export.flows_selected },
		{ PNF_STATS_UNSELECTED_PACKETS, account->unselected_packets },
		{ PNF_STATS_UNSELECTED_OCTETS, account->unselected_octets },
	};
	int err;

	err = pnf_nl_sampler_put(msg, PNF_STATS_SAMPLER, config);
	if (!err && config->sampler != PNF_SAMPLER_HASH)
		err = nla_put_u64_64bit(msg, PNF_STATS_FLOWS_OBSERVED,
					account->export.flows_observed, PNF_STATS_PAD);
	return err ?: pnf_nl_put_counters(msg, counters, ARRAY_SIZE(counters), PNF_STATS_PAD);
}

static int pnf_nl_put_exporting(struct sk_buff *msg, const struct pnf_net *nn,
				const struct pnf_account *account)
{
	const struct pnf_exporter_stats *export = &account->export;
	const struct pnf_nl_counter counters[] = {
		{ PNF_STATS_MESSAGES, export->messages },
		{ PNF_STATS_MESSAGE_OCTETS, export->message_octets },
		{ PNF_STATS_DATA_RECORDS, export->data_records },
		{ PNF_STATS_FLOW_RECORDS, export->flow_records },
		{ PNF_STATS_EXPORTED_PACKETS, export->exported_packets },
		{ PNF_STATS_EXPORTED_OCTETS, export->exported_octets },
		{ PNF_STATS_QUEUED_PACKETS, nn->exporter.queued_packets },
		{ PNF_STATS_QUEUED_OCTETS, nn->exporter.queued_octets },
		{ PNF_STATS_NOT_SENT_FLOWS, export->not_sent_flows },
		{ PNF_STATS_NOT_SENT_PACKETS, export->not_sent_packets },
		{ PNF_STATS_NOT_SENT_OCTETS, export->not_sent_octets },
		{ PNF_STATS_UNSUPPORTED_FLOWS, export->unsupported_flows },
		{ PNF_STATS_UNTOLD_INTERFACES, export->untold_interfaces },
		{ PNF_STATS_DISCARDED_FLOWS, export->discarded_flows },
		{ PNF_STATS_DISCARDED_PACKETS, export->discarded_packets },
		{ PNF_STATS_DISCARDED_OCTETS, export->discarded_octets },
		{ PNF_STATS_END_REASON_IDLE, export->end_reasons[PNF_END_IDLE] },
		{ PNF_STATS_END_REASON_ACTIVE, export->end_reasons[PNF_END_ACTIVE] },
		{ PNF_STATS_END_REASON_END, export->end_reasons[PNF_END_OF_FLOW] },
		{ PNF_STATS_END_REASON_FORCED, export->end_reasons[PNF_END_FORCED] },
		{ PNF_STATS_END_REASON_RESOURCES, export->end_reasons[PNF_END_RESOURCES] },
		{ PNF_STATS_NOT_SENT_FIRST_TIME, nn->exporter.loss_first_ns },
		{ PNF_STATS_NOT_SENT_LAST_TIME, nn->exporter.loss_last_ns },
		{ PNF_STATS_NAT_CREATED, export->nat_created },
		{ PNF_STATS_NAT_DELETED, export->nat_deleted },
		{ PNF_STATS_NAT_LOST, account->nat_lost },
	};

	return pnf_nl_put_counters(msg, counters, ARRAY_SIZE(counters), PNF_STATS_PAD);
}

static int pnf_nl_put_stats(struct sk_buff *msg, struct pnf_net *nn)
{
	struct pnf_account account;
	int err;

	mutex_lock(&nn->exporter.lock);
	pnf_net_read_account(nn, &account);
	err = pnf_nl_put_module(msg, nn) ?:
	      pnf_nl_put_cache(msg, nn, &account) ?:
	      pnf_nl_put_metering(msg, nn, &account) ?:
	      pnf_nl_put_sampling(msg, nn, &account) ?:
	      pnf_nl_put_exporting(msg, nn, &account);
	mutex_unlock(&nn->exporter.lock);
	return err;
}

/* What pnf_nl_put_stats() adds to a message: no attribute is longer than a u64 but these. */
static size_t pnf_nl_stats_size(void)
{
	return PNF_STATS_MAX * nla_total_size_64bit(sizeof(u64)) +
	       nla_total_size(strlen(THIS_MODULE->version) + 1) +
	       nla_total_size(strlen(THIS_MODULE->srcversion ?: "") + 1) +
	       nla_total_size(PNF_SAMPLER_A_MAX * nla_total_size(sizeof(u32))) +
	       PNF_IGNORED_MAX * nla_total_size(PNF_IGNORED_A_MAX *
						nla_total_size_64bit(sizeof(u64)));
}

/**
 * pnf_nl_stats_get() - PNF_CMD_STATS_GET
 * @skb: request
 * @info: its attributes: none
 *
 * Return: 0 or an error.
 */
int pnf_nl_stats_get(struct sk_buff *skb, struct genl_info *info)
{
	struct pnf_net *nn = pnf_net_get(genl_info_net(info));
	struct sk_buff *msg;
	void *header;
	int err;

	msg = genlmsg_new(pnf_nl_stats_size(), GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	header = genlmsg_put_reply(msg, info, &pnf_nl_family, 0, PNF_CMD_STATS_GET);
	err = header ? pnf_nl_put_stats(msg, nn) : -EMSGSIZE;
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	genlmsg_end(msg, header);
	return genlmsg_reply(msg, info);
}

/**
 * pnf_nl_stats_reset() - PNF_CMD_STATS_RESET
 * @skb: request
 * @info: its attributes: none
 *
 * Return: 0.
 */
int pnf_nl_stats_reset(struct sk_buff *skb, struct genl_info *info)
{
	pnf_net_reset_stats(pnf_net_get(genl_info_net(info)));
	return 0;
}

static int pnf_nl_cpu_put(struct sk_buff *msg, u32 cpu, const struct pnf_totals *totals)
{
	static const struct pnf_totals none;
	/* A new Flow is counted before its packet's look-up, and perhaps read in between. */
	u64 found = max_t(s64, totals->lookups - totals->created, 0);
	const struct pnf_nl_counter counters[] = {
		{ PNF_CPU_PACKETS, totals->packets },
		{ PNF_CPU_OCTETS, totals->octets },
		{ PNF_CPU_FLOWS_CREATED, totals->created },
		{ PNF_CPU_SEARCHED, found + totals->steps },
		{ PNF_CPU_FOUND, found },
		{ PNF_CPU_FRAGMENTS, totals->fragments },
		{ PNF_CPU_IGNORED_PACKETS, pnf_totals_ignored_packets(totals) },
		{ PNF_CPU_IGNORED_OCTETS, pnf_totals_ignored_octets(totals) },
	};

	return nla_put_u32(msg, PNF_CPU_ID, cpu) ?:
	       nla_put_u32(msg, PNF_CPU_METRIC, pnf_totals_metric(totals, &none)) ?:
	       pnf_nl_put_counters(msg, counters, ARRAY_SIZE(counters), PNF_CPU_PAD) ?:
	       pnf_nl_put_ignored(msg, PNF_CPU_IGNORED, totals);
}

static int pnf_nl_cpu_fill(struct sk_buff *msg, struct netlink_callback *cb,
			   const struct pnf_net *nn, u32 cpu)
{
	struct pnf_totals totals;
	void *header;

	header = genlmsg_put(msg, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			     &pnf_nl_family, NLM_F_MULTI, PNF_CMD_CPU_GET);
	if (!header)
		return -EMSGSIZE;
	pnf_stats_read_since_reset(nn->meter.stats, cpu, &totals);
	if (pnf_nl_cpu_put(msg, cpu, &totals)) {
		genlmsg_cancel(msg, header);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, header);
	return 0;
}

/**
 * pnf_nl_cpu_dump() - PNF_CMD_CPU_GET
 * @msg: reply
 * @cb: args[0]: the next CPU
 *
 * Return: octets, 0 at the end, or an error.
 */
int pnf_nl_cpu_dump(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct pnf_net *nn = pnf_nl_dump_net(cb);
	unsigned int cpu;

	mutex_lock(&nn->exporter.lock);
	for (cpu = cb->args[0]; cpu < nr_cpu_ids; cpu++)
		if (cpu_possible(cpu) && pnf_nl_cpu_fill(msg, cb, nn, cpu))
			break;
	mutex_unlock(&nn->exporter.lock);
	cb->args[0] = cpu;
	return msg->len;
}
