// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>
#include <linux/ktime.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "events.h"
#include "netns.h"
#include "watch.h"

static unsigned int pnf_net_id __read_mostly;

/* CLOCK_BOOTTIME when the module was loaded */
u64 pnf_module_load_ns __ro_after_init;

static struct workqueue_struct *pnf_wq __read_mostly;
static struct workqueue_struct *pnf_wq_bound __read_mostly;

/**
 * pnf_net_get() - the exporter of a namespace
 * @net: the namespace
 */
struct pnf_net *pnf_net_get(const struct net *net)
{
	return net_generic(net, pnf_net_id);
}

/* Metering */

/* What Templates by name tell has to be there. */
static void pnf_net_collect(struct pnf_config *next)
{
	const struct pnf_named_template *template = next->templates;
	const struct pnf_named_template *end = template + next->template_count;
	const struct pnf_ie *ie;
	unsigned int i;

	next->collected = next->fields;
	next->labels = next->mpls_depth;
	for (; template < end; template++) {
		for (i = 0; i < template->count; i++) {
			ie = pnf_ie_find(template->elements[i]);
			next->collected |= pnf_ie_fields(ie);
			next->labels = max_t(u8, next->labels, pnf_ie_labels(ie));
		}
	}
}

/* The format for new settings: NULL, the one in force, or another one. */
static int pnf_net_prepare_format(struct pnf_net *nn, const struct pnf_config *next,
				  struct pnf_format **fresh)
{
	*fresh = NULL;
	if (!pnf_config_has_metering(next) || !pnf_format_is_needed(next))
		return 0;
	if (nn->format && !pnf_format_changes(nn->config, next)) {
		*fresh = nn->format;
		return 0;
	}
	*fresh = pnf_format_alloc(next, nn->format_number % (PNF_KEY_FORMATS - 1) + 1);
	return *fresh ? 0 : -ENOMEM;
}

/* Everything that can fail about the Observation Point. */
static int pnf_net_prepare_point(struct pnf_net *nn, const struct pnf_config *next,
				 const struct pnf_format *format, struct pnf_point_inet **fresh)
{
	*fresh = NULL;
	if (!pnf_config_has_metering(next) || !next->inet_hooks)
		return 0;
	if (nn->point && nn->point->format == format &&
	    next->inet_hooks == nn->config->inet_hooks &&
	    next->inet_priority == nn->config->inet_priority) {
		*fresh = nn->point;
		return 0;
	}
	*fresh = pnf_point_inet_open(nn->net, &nn->meter, format, next->inet_hooks,
				     next->inet_priority);
	if (IS_ERR(*fresh))
		return PTR_ERR(*fresh);
	return 0;
}

/* From one packet to the next another point takes them. */
static void pnf_net_exchange_point(struct pnf_net *nn, struct pnf_point_inet *fresh)
{
	struct pnf_point_inet *prev = nn->point;

	if (prev == fresh)
		return;
	pnf_point_inet_select(&nn->meter, fresh);
	nn->point = fresh;
	pnf_point_inet_close(nn->net, prev);
}

/* How long destinations that lag are waited for when something is to be done with all Flows */
#define PNF_FLUSH_NS	(10 * (u64)NSEC_PER_SEC)
#define PNF_END_NS	(1500 * (u64)NSEC_PER_MSEC)

/* No packet comes any more: let the Flows go, and the table. */
static void pnf_net_stop_metering(struct pnf_net *nn, u64 end_ns)
{
	pnf_net_exchange_point(nn, NULL);
	pnf_expire_flush(&nn->expire, false, true, -1, end_ns);
	mutex_lock(&nn->exporter.lock);
	pnf_cache_close(&nn->meter.cache);
	mutex_unlock(&nn->exporter.lock);
}

/* NAT events */

static void pnf_net_nat_event(struct pnf_nat *nat, const struct pnf_nat_event *event)
{
	struct pnf_net *nn = container_of(nat, struct pnf_net, nat);

	mutex_lock(&nn->exporter.lock);
	pnf_exporter_add_nat_event(&nn->exporter, event);
	mutex_unlock(&nn->exporter.lock);
}

static bool pnf_net_has_nat_events(const struct pnf_config *config)
{
	return config->natevents && config->destination_count &&
	       pnf_config_has_metering(config);
}

/* Settings */

/*
 * Flows that were metered under the former settings leave under them. With another format, new
 * packets make new Flows from here on, which stay.
 */
static void pnf_net_flush_former(struct pnf_net *nn, const struct pnf_config *next,
				 const struct pnf_format *format, struct pnf_point_inet *point,
				 u64 end_ns)
{
	if (format != nn->format) {
		pnf_net_exchange_point(nn, point);
		pnf_expire_flush(&nn->expire, false, true, format ? format->number : 0, end_ns);
	} else if (pnf_config_changes_records(nn->config, next)) {
		pnf_expire_flush(&nn->expire, false, true, -1, end_ns);
	}
}

/* No packet uses the former format any more. */
static void pnf_net_exchange_format(struct pnf_net *nn, struct pnf_format *format,
				    const struct pnf_config *prev)
{
	struct pnf_format *former = nn->format;

	if (format == former)
		return;
	if (format && former)
		pnf_format_carry(format, nn->config, former, prev);
	mutex_lock(&nn->exporter.lock);
	nn->format = format;
	mutex_unlock(&nn->exporter.lock);
	if (format)
		nn->format_number = format->number;
	pnf_format_free(former);
}

/**
 * pnf_net_configure() - take new settings, whole or not at all
 * @nn: the exporter
 * @next: checked settings; owned by @nn if all goes well
 *
 * Context: process, @nn->config_lock held.
 *
 * Return: 0, or -ENOMEM or what the registration of hooks says, and nothing has
 * changed.
 */
int pnf_net_configure(struct pnf_net *nn, struct pnf_config *next)
{
	bool had_metering = pnf_cache_is_open(&nn->meter.cache);
	bool has_metering = pnf_config_has_metering(next);
	u64 end_ns = ktime_get_boottime_ns() + PNF_FLUSH_NS;
	struct pnf_config *prev = nn->config;
	struct pnf_interfaces *interfaces = NULL;
	struct pnf_point_inet *point;
	struct pnf_format *format;
	LIST_HEAD(sessions);
	bool keeps;
	int err;

	lockdep_assert_held(&nn->config_lock);

	nn->was_configured = true;
	pnf_net_collect(next);
	keeps = pnf_exporter_keeps(&nn->exporter, next);
	if (has_metering && next->destination_count) {
		err = pnf_watch_open(nn);
		if (err)
			return err;
	}
	err = pnf_exporter_prepare(&nn->exporter, next, &sessions);
	if (err)
		return err;
	if (has_metering && !had_metering) {
		mutex_lock(&nn->exporter.lock);
		err = pnf_cache_open(&nn->meter.cache, next->hashsize);
		mutex_unlock(&nn->exporter.lock);
		if (err)
			goto err_sessions;
	}
	err = pnf_net_prepare_format(nn, next, &format);
	if (err)
		goto err_cache;
	err = pnf_net_prepare_point(nn, next, format, &point);
	if (err)
		goto err_format;
	if (pnf_net_has_nat_events(next) && !pnf_net_has_nat_events(prev)) {
		err = pnf_nat_open(&nn->nat, nn->net, pnf_wq, pnf_net_nat_event);
		if (err)
			goto err_point;
	}

	if (!pnf_net_has_nat_events(next))
		pnf_nat_close(&nn->nat);
	if (had_metering && !has_metering)
		pnf_net_stop_metering(nn, end_ns);
	else if (had_metering)
		pnf_net_flush_former(nn, next, format, point, end_ns);

	/* Sessions that begin name interfaces before Flow Records do, under the new rules. */
	if (nn->watch_notifier.notifier_call)
		interfaces = pnf_watch_read(nn->net);
	next->generation = prev->generation + 1;
	mutex_lock(&nn->exporter.lock);
	if (!keeps)
		pnf_exporter_settle(&nn->exporter);
	if (interfaces) {
		pnf_watch_map_indexes(interfaces, format);
		pnf_exporter_set_interfaces(&nn->exporter, interfaces);
	}
	pnf_exporter_apply(&nn->exporter, next, &sessions);
	pnf_cache_set_limits(&nn->meter.cache, next->maxflows, next->hashsize);
	nn->config = next;
	/* Nobody updates them any more. */
	if (!has_metering && !next->destination_count)
		memset(&nn->expire.rates, 0, sizeof(nn->expire.rates));
	pnf_expire_kick(&nn->expire);
	mutex_unlock(&nn->exporter.lock);

	pnf_net_exchange_point(nn, point);
	pnf_net_exchange_format(nn, format, prev);
	pnf_config_free(prev);
	if (nn->watch_notifier.notifier_call)
		pnf_watch_look(nn); /* what has changed since, and the next time */
	pnf_event_config(nn->net, next->generation);
	return 0;

err_point:
	if (point != nn->point)
		pnf_point_inet_close(nn->net, point);
err_format:
	if (format != nn->format)
		pnf_format_free(format);
err_cache:
	if (!had_metering) {
		mutex_lock(&nn->exporter.lock);
		pnf_cache_close(&nn->meter.cache);
		mutex_unlock(&nn->exporter.lock);
	}
err_sessions:
	pnf_exporter_abandon(&sessions);
	return err;
}

/**
 * pnf_net_flush() - let every Flow end now
 * @nn: the exporter
 * @discard: do not export them
 *
 * Context: process, sleeps.
 *
 * Return: 0; -ETIMEDOUT: the destinations take too long, -EINTR: a fatal signal came, and
 * what has not ended stays in the Cache.
 */
int pnf_net_flush(struct pnf_net *nn, bool discard)
{
	int err;

	mutex_lock(&nn->config_lock);
	err = pnf_expire_flush(&nn->expire, discard, false, -1,
			       ktime_get_boottime_ns() + PNF_FLUSH_NS);
	mutex_unlock(&nn->config_lock);
	return err;
}

/* Statistics */

/* Of all that was metered since the namespace began, what has not left this host's hands */
static u64 pnf_net_held_packets(const struct pnf_net *nn, const struct pnf_totals *totals)
{
	const struct pnf_exporter_stats *stats = &nn->exporter.stats;

	return totals->packets - totals->unselected_packets - stats->exported_packets -
	       stats->not_sent_packets - stats->discarded_packets - stats->unselected_packets;
}

static u64 pnf_net_held_octets(const struct pnf_net *nn, const struct pnf_totals *totals)
{
	const struct pnf_exporter_stats *stats = &nn->exporter.stats;

	return totals->octets - totals->unselected_octets - stats->exported_octets -
	       stats->not_sent_octets - stats->discarded_octets - stats->unselected_octets;
}

/**
 * pnf_net_read_account() - what became of the packets
 * @nn: the exporter
 * @account: filled in
 *
 * Context: process, export_lock held, so that nothing leaves the Cache meanwhile.
 */
void pnf_net_read_account(struct pnf_net *nn, struct pnf_account *account)
{
	struct pnf_totals totals;

	lockdep_assert_held(&nn->exporter.lock);

	pnf_stats_sum(nn->meter.stats, &totals);
	/* A packet in flight may have left with its Flow before it is in the counters. */
	account->cached_packets = max_t(s64, 0, pnf_net_held_packets(nn, &totals) -
						nn->exporter.queued_packets);
	account->cached_octets = max_t(s64, 0, pnf_net_held_octets(nn, &totals) -
					       nn->exporter.queued_octets);
	pnf_stats_since_reset(nn->meter.stats, &totals);
	account->totals = totals;
	account->metered_packets = max_t(s64, 0, totals.packets + nn->carried_packets);
	account->metered_octets = max_t(s64, 0, totals.octets + nn->carried_octets);
	pnf_exporter_read_stats(&nn->exporter, &account->export);
	account->unselected_packets = totals.unselected_packets +
				      account->export.unselected_packets;
	account->unselected_octets = totals.unselected_octets + account->export.unselected_octets;
	pnf_stats_lost_times(nn->meter.stats, &account->lost_first_ns, &account->lost_last_ns);
	account->nat_lost = account->export.nat_lost + pnf_nat_lost(&nn->nat) - nn->nat_lost_before;
}

/**
 * pnf_net_rule_matched() - how often a rule decided
 * @nn: the exporter
 * @is_snmp: an index rule; else one of aggregation
 * @rule: its number, from 0 on
 *
 * Context: process, export_lock held.
 */
u64 pnf_net_rule_matched(const struct pnf_net *nn, bool is_snmp, u32 rule)
{
	const struct pnf_format *format = nn->format;

	lockdep_assert_held(&nn->exporter.lock);

	/* The settings may be a step ahead of the format, or metering is off. */
	if (!format || rule >= (is_snmp ? format->snmp_rule_count : format->aggregation_count))
		return 0;
	return pnf_format_matched(format, rule + (is_snmp ? format->aggregation_count : 0));
}

/**
 * pnf_net_reset_stats() - let the counters that are shown start again
 * @nn: the exporter
 *
 * What is cached or queued counts as metered from now on, so that the law holds;
 * sequence numbers and rates go on.
 *
 * Context: process, sleeps.
 */
void pnf_net_reset_stats(struct pnf_net *nn)
{
	struct pnf_totals totals;

	mutex_lock(&nn->config_lock);
	mutex_lock(&nn->exporter.lock);
	/* What is shown from now on starts at these very readings: packets go on meanwhile. */
	pnf_stats_reset(nn->meter.stats, &totals);
	nn->carried_packets = pnf_net_held_packets(nn, &totals);
	nn->carried_octets = pnf_net_held_octets(nn, &totals);
	pnf_exporter_reset_stats(&nn->exporter);
	nn->nat_lost_before = pnf_nat_lost(&nn->nat);
	nn->reset_real_ns = ktime_get_real_ns();
	mutex_unlock(&nn->exporter.lock);
	mutex_unlock(&nn->config_lock);
}

/* Namespaces */

static int __net_init pnf_net_init(struct net *net)
{
	struct pnf_net *nn = pnf_net_get(net);

	nn->net = net;
	mutex_init(&nn->config_lock);
	nn->config = pnf_config_default();
	if (!nn->config)
		return -ENOMEM;
	nn->meter.stats = netdev_alloc_pcpu_stats(struct pnf_cpu_stats);
	if (!nn->meter.stats) {
		pnf_config_free(nn->config);
		return -ENOMEM;
	}
	pnf_exporter_init(&nn->exporter, net, nn->config, nn->meter.stats, pnf_wq, pnf_wq_bound);
	pnf_expire_init(&nn->expire, &nn->meter, &nn->exporter);
	pnf_cache_set_limits(&nn->meter.cache, nn->config->maxflows, nn->config->hashsize);
	return 0;
}

/*
 * Namespaces that end together, and all of them at the module's end, do so one after the
 * other: they share the time that one may take.
 */
static struct {
	spinlock_t lock; /* of both */
	u64 end_ns;	/* of the time that they share */
	u64 last_ns;	/* when the last one was done */
} pnf_net_ends = { .lock = __SPIN_LOCK_UNLOCKED(pnf_net_ends.lock) };

static u64 pnf_net_begin_end(void)
{
	u64 now_ns = ktime_get_boottime_ns();
	u64 end_ns;

	spin_lock(&pnf_net_ends.lock);
	if (now_ns > pnf_net_ends.last_ns + 100 * NSEC_PER_MSEC)
		pnf_net_ends.end_ns = now_ns + PNF_END_NS;
	end_ns = pnf_net_ends.end_ns;
	spin_unlock(&pnf_net_ends.lock);
	return end_ns;
}

static void pnf_net_finish_end(void)
{
	spin_lock(&pnf_net_ends.lock);
	pnf_net_ends.last_ns = ktime_get_boottime_ns();
	spin_unlock(&pnf_net_ends.lock);
}

/* The devices are still there: everything that was metered leaves now. */
static void __net_exit pnf_net_pre_exit(struct net *net)
{
	struct pnf_net *nn = pnf_net_get(net);
	u64 end_ns;

	/* Most namespaces never had settings, nor anything else that would have to end. */
	if (!nn->was_configured)
		return;
	end_ns = pnf_net_begin_end();
	pnf_watch_close(nn);
	mutex_lock(&nn->config_lock);
	pnf_nat_close(&nn->nat);
	pnf_net_stop_metering(nn, end_ns);
	pnf_expire_stop(&nn->expire);
	pnf_exporter_stop(&nn->exporter, end_ns);
	/* A work that an earlier choice of CPU left on the other queue */
	flush_workqueue(pnf_wq);
	flush_workqueue(pnf_wq_bound);
	mutex_unlock(&nn->config_lock);
	pnf_net_finish_end();
}

static void __net_exit pnf_net_exit(struct net *net)
{
	struct pnf_net *nn = pnf_net_get(net);

	pnf_format_free(nn->format);
	free_percpu(nn->meter.stats);
	pnf_config_free(nn->config);
}

static struct pernet_operations pnf_net_ops = {
	.init = pnf_net_init,
	.pre_exit = pnf_net_pre_exit,
	.exit = pnf_net_exit,
	.id = &pnf_net_id,
	.size = sizeof(struct pnf_net),
};

/**
 * pnf_netns_module_init() - begin in every namespace
 *
 * Return: 0 or -ENOMEM.
 */
int __init pnf_netns_module_init(void)
{
	int err = -ENOMEM;

	pnf_module_load_ns = ktime_get_boottime_ns();
	pnf_wq = alloc_workqueue("pkt_netflow", WQ_UNBOUND, 0);
	if (!pnf_wq)
		return -ENOMEM;
	pnf_wq_bound = alloc_workqueue("pkt_netflow_cpu", WQ_CPU_INTENSIVE, 0);
	if (!pnf_wq_bound)
		goto err_wq;
	err = register_pernet_device(&pnf_net_ops);
	if (err)
		goto err_wq_bound;
	return 0;

err_wq_bound:
	destroy_workqueue(pnf_wq_bound);
err_wq:
	destroy_workqueue(pnf_wq);
	return err;
}

/**
 * pnf_netns_module_exit() - end in every namespace
 */
void pnf_netns_module_exit(void)
{
	unregister_pernet_device(&pnf_net_ops);
	destroy_workqueue(pnf_wq_bound);
	destroy_workqueue(pnf_wq);
}
