// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <linux/pkt_netflow.h>
#include <netlink/genl/genl.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "destinations.h"
#include "format.h"
#include "rules.h"

/* Indexed by enum pnf_ignored; names of JSON members */
static const char *const ignored_names[PNF_IGNORED_MAX + 1] = {
	[PNF_IGNORED_TRUNCATED] = "truncated",
	[PNF_IGNORED_NOT_IP] = "not_ip",
	[PNF_IGNORED_NO_MEMORY] = "no_memory",
	[PNF_IGNORED_MAX_FLOWS] = "max_flows",
	[PNF_IGNORED_FILTERED] = "filtered",
};

struct ignored {
	uint64_t packets[PNF_IGNORED_MAX + 1];
};

static void ignored_read(struct ignored *ignored, struct nlmsghdr *nlh, int type)
{
	struct nlattr *tb[PNF_IGNORED_A_MAX + 1];
	struct genlmsghdr *ghdr = genlmsg_hdr(nlh);
	struct nlattr *attr;
	uint32_t reason;
	int rest;

	memset(ignored, 0, sizeof(*ignored));
	nla_for_each_attr(attr, genlmsg_attrdata(ghdr, 0), genlmsg_attrlen(ghdr, 0), rest) {
		if (nla_type(attr) != type ||
		    nla_parse_nested(tb, PNF_IGNORED_A_MAX, attr, NULL) < 0)
			continue;
		reason = attr_u32(tb[PNF_IGNORED_A_REASON]);
		if (reason <= PNF_IGNORED_MAX)
			ignored->packets[reason] = attr_u64(tb[PNF_IGNORED_A_PACKETS]);
	}
}

static void ignored_print(struct out *out, const struct ignored *ignored)
{
	unsigned int reason;

	out_open_object(out, "ignored");
	for (reason = PNF_IGNORED_UNSPEC + 1; reason <= PNF_IGNORED_MAX; reason++)
		out_u64(out, ignored_names[reason], NULL, ignored->packets[reason]);
	out_close_object(out);
}

/*
 * show cpus
 */

static void print_cpu(struct out *out, struct nlmsghdr *nlh, struct nlattr *const *tb)
{
	struct ignored ignored;

	ignored_read(&ignored, nlh, PNF_CPU_IGNORED);
	out_open_object(out, NULL);
	out_u64(out, "cpu", "%3" PRIu64, attr_u32(tb[PNF_CPU_ID]));
	out_u64(out, "packets", " %14" PRIu64, attr_u64(tb[PNF_CPU_PACKETS]));
	out_u64(out, "octets", " %17" PRIu64, attr_u64(tb[PNF_CPU_OCTETS]));
	out_u64(out, "flows_created", " %12" PRIu64, attr_u64(tb[PNF_CPU_FLOWS_CREATED]));
	out_u64(out, "searched", " %14" PRIu64, attr_u64(tb[PNF_CPU_SEARCHED]));
	out_u64(out, "found", " %14" PRIu64, attr_u64(tb[PNF_CPU_FOUND]));
	out_hundredths(out, "metric", " %6s", attr_u32(tb[PNF_CPU_METRIC]));
	out_u64(out, "fragments", " %10" PRIu64, attr_u64(tb[PNF_CPU_FRAGMENTS]));
	out_u64(out, "ignored_packets", " %10" PRIu64, attr_u64(tb[PNF_CPU_IGNORED_PACKETS]));
	out_u64(out, "ignored_octets", " %12" PRIu64 "\n", attr_u64(tb[PNF_CPU_IGNORED_OCTETS]));
	ignored_print(out, &ignored);
	out_close_object(out);
}

static int print_cpus(struct out *out, const char *key, const struct replies *replies,
		      struct err *err)
{
	struct nlattr *tb[PNF_CPU_MAX + 1];
	struct nlmsghdr *nlh;

	out_text(out, "%3s %14s %17s %12s %14s %14s %6s %10s %10s %12s\n", "cpu", "packets",
		 "octets", "new flows", "searched", "found", "metric", "fragments", "ignored",
		 "octets");
	out_open_array(out, key);
	replies_for_each(nlh, replies) {
		if (genlmsg_parse(nlh, 0, tb, PNF_CPU_MAX, NULL) < 0)
			return err_refused(err, "the kernel's list of CPUs cannot be read");
		print_cpu(out, nlh, tb);
	}
	out_close_array(out);
	return STATUS_DONE;
}

int command_show_cpus(struct context *ctx, int argc, char **argv, struct err *err)
{
	struct replies replies;
	int status;

	(void)argc;
	(void)argv;
	status = context_connect(ctx, true, err);
	if (status)
		return status;
	status = channel_dump(&ctx->channel, PNF_CMD_CPU_GET, &replies, err);
	if (!status)
		status = print_cpus(ctx->out, NULL, &replies, err);
	replies_free(&replies);
	return status;
}

/*
 * show stats
 */

/* All that show stats reads */
struct stats {
	struct replies totals;		/* one message, which @tb points into */
	struct replies destinations;
	struct replies cpus;
	struct replies rules;
	struct nlattr *tb[PNF_STATS_MAX + 1];
	struct ignored ignored;
};

static int keep_reply(struct nlmsghdr *nlh, void *arg, struct err *err)
{
	struct replies *replies = arg;

	if (replies->used)
		return STATUS_DONE;
	replies->data = malloc(NLMSG_ALIGN(nlh->nlmsg_len));
	if (!replies->data)
		return err_refused(err, "out of memory");
	memcpy(replies->data, nlh, nlh->nlmsg_len);
	replies->used = nlh->nlmsg_len;
	return STATUS_DONE;
}

static int stats_read_totals(struct context *ctx, struct stats *stats, struct err *err)
{
	struct nlmsghdr *nlh;
	int status;

	status = channel_ask(&ctx->channel, PNF_CMD_STATS_GET, NULL, keep_reply, &stats->totals,
			     err);
	if (status)
		return status;

	nlh = (struct nlmsghdr *)stats->totals.data;
	if (!nlh || genlmsg_parse(nlh, 0, stats->tb, PNF_STATS_MAX, NULL) < 0)
		return err_refused(err, "the kernel's statistics cannot be read");
	ignored_read(&stats->ignored, nlh, PNF_STATS_IGNORED);
	return STATUS_DONE;
}

static int stats_read(struct context *ctx, struct stats *stats, struct err *err)
{
	int status;

	status = stats_read_totals(ctx, stats, err);
	if (!status)
		status = channel_dump(&ctx->channel, PNF_CMD_DESTINATION_GET,
				      &stats->destinations, err);
	if (!status)
		status = channel_dump(&ctx->channel, PNF_CMD_CPU_GET, &stats->cpus, err);
	if (!status)
		status = channel_dump(&ctx->channel, PNF_CMD_RULE_GET, &stats->rules, err);
	return status;
}

static void stats_free(struct stats *stats)
{
	replies_free(&stats->totals);
	replies_free(&stats->destinations);
	replies_free(&stats->cpus);
	replies_free(&stats->rules);
}

static uint64_t stats_u64(const struct stats *stats, int type)
{
	return attr_u64(stats->tb[type]);
}

/* @srcversion: how people see the source version */
static void print_module_version(struct out *out, const struct stats *stats,
				 const char *srcversion)
{
	char text[64];

	out_string(out, "name", "%s", PNF_GENL_NAME);
	out_string(out, "version", " %s",
		   attr_string(stats->tb[PNF_STATS_MODULE_VERSION], text, sizeof(text)));
	attr_string(stats->tb[PNF_STATS_MODULE_SRCVERSION], text, sizeof(text));
	out_string(out, "srcversion", srcversion, *text ? text : NULL);
}

static void print_module(struct out *out, const struct stats *stats)
{
	out_open_object(out, "module");
	print_module_version(out, stats, NULL);
	out_time(out, "load_time", ", loaded %s", stats_u64(stats, PNF_STATS_MODULE_LOAD_TIME));
	out_close_object(out);
	if (stats->tb[PNF_STATS_RESET_TIME] && stats_u64(stats, PNF_STATS_RESET_TIME))
		out_time(out, "reset_time", ", statistics reset %s",
			 stats_u64(stats, PNF_STATS_RESET_TIME));
	else
		out_null(out, "reset_time");
	out_text(out, attr_u8(stats->tb[PNF_STATS_METERING]) ? ", metering\n" : ", not metering\n");
}

/* What an operator should see before all figures */
static void print_problems(struct out *out, const struct stats *stats)
{
	uint64_t unsupported = stats_u64(stats, PNF_STATS_UNSUPPORTED_FLOWS);
	uint64_t not_sent = stats_u64(stats, PNF_STATS_NOT_SENT_FLOWS);
	struct nlattr *tb[PNF_DESTINATION_MAX + 1];
	unsigned int reason;
	struct nlmsghdr *nlh;

	replies_for_each(nlh, &stats->destinations) {
		if (genlmsg_parse(nlh, 0, tb, PNF_DESTINATION_MAX, NULL) >= 0)
			destination_print_problems(out, tb);
	}
	if (not_sent > unsupported)
		out_text(out, "! %" PRIu64 " flows reached no collector\n", not_sent - unsupported);
	if (unsupported)
		out_text(out, "! %" PRIu64 " flows are of a kind that the protocol cannot carry\n",
			 unsupported);
	if (stats_u64(stats, PNF_STATS_UNTOLD_INTERFACES))
		out_text(out, "! %" PRIu64 " flows had an interface number over 65535, which v5 tells as 0\n",
			 stats_u64(stats, PNF_STATS_UNTOLD_INTERFACES));
	if (stats_u64(stats, PNF_STATS_NAT_LOST))
		out_text(out, "! %" PRIu64 " NAT events were not exported\n",
			 stats_u64(stats, PNF_STATS_NAT_LOST));
	for (reason = PNF_IGNORED_UNSPEC + 1; reason <= PNF_IGNORED_MAX; reason++) {
		if (stats->ignored.packets[reason] && reason != PNF_IGNORED_FILTERED)
			out_text(out, "! %" PRIu64 " packets were not metered: %s\n",
				 stats->ignored.packets[reason], ignored_names[reason]);
	}
}

/* observed = ignored + metered; metered = all that follows */
static void print_law(struct out *out, const struct stats *stats)
{
	static const struct {
		const char *name;
		int packets;
		int octets;
		int flows;
	} rows[] = {
		{ "observed", PNF_STATS_OBSERVED_PACKETS, PNF_STATS_OBSERVED_OCTETS, 0 },
		{ "  ignored", PNF_STATS_IGNORED_PACKETS, PNF_STATS_IGNORED_OCTETS, 0 },
		{ "  metered", PNF_STATS_METERED_PACKETS, PNF_STATS_METERED_OCTETS,
		  PNF_STATS_FLOWS_CREATED },
		{ "    in the cache", PNF_STATS_CACHE_PACKETS, PNF_STATS_CACHE_OCTETS,
		  PNF_STATS_CACHE_FLOWS },
		{ "    queued", PNF_STATS_QUEUED_PACKETS, PNF_STATS_QUEUED_OCTETS, 0 },
		{ "    exported", PNF_STATS_EXPORTED_PACKETS, PNF_STATS_EXPORTED_OCTETS,
		  PNF_STATS_FLOW_RECORDS },
		{ "    not sent", PNF_STATS_NOT_SENT_PACKETS, PNF_STATS_NOT_SENT_OCTETS,
		  PNF_STATS_NOT_SENT_FLOWS },
		{ "    discarded", PNF_STATS_DISCARDED_PACKETS, PNF_STATS_DISCARDED_OCTETS,
		  PNF_STATS_DISCARDED_FLOWS },
		{ "    unselected", PNF_STATS_UNSELECTED_PACKETS, PNF_STATS_UNSELECTED_OCTETS, 0 },
	};
	size_t i;

	out_text(out, "\n%-18s %18s %20s %16s\n", "", "packets", "octets", "flows");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		out_text(out, "%-18s %18" PRIu64 " %20" PRIu64, rows[i].name,
			 stats_u64(stats, rows[i].packets), stats_u64(stats, rows[i].octets));
		if (rows[i].flows == PNF_STATS_CACHE_FLOWS)
			out_text(out, " %16" PRIu32, attr_u32(stats->tb[PNF_STATS_CACHE_FLOWS]));
		else if (rows[i].flows)
			out_text(out, " %16" PRIu64, stats_u64(stats, rows[i].flows));
		out_text(out, "\n");
	}
}

static void print_rates(struct out *out, const struct stats *stats)
{
	static const struct {
		const char *key;
		const char *unit;
		int attrs[3];
	} rows[] = {
		{ "bits", "bit/s", { PNF_STATS_RATE_BITS_S1, PNF_STATS_RATE_BITS_M1,
				     PNF_STATS_RATE_BITS_M5 } },
		{ "packets", "packets/s", { PNF_STATS_RATE_PACKETS_S1, PNF_STATS_RATE_PACKETS_M1,
					    PNF_STATS_RATE_PACKETS_M5 } },
	};
	static const char *const keys[] = { "s1", "m1", "m5" };
	char text[COUNT_TEXT];
	size_t i, j;

	out_text(out, "\n%-18s %18s %20s %16s\n", "rate over", "1 s", "1 min", "5 min");
	out_open_object(out, "rates");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		static const int widths[] = { 18, 20, 16 };

		out_text(out, "%-18s", rows[i].key);
		out_open_object(out, rows[i].key);
		for (j = 0; j < 3; j++) {
			uint64_t rate = stats_u64(stats, rows[i].attrs[j]);

			out_text(out, " %*s", widths[j], format_rate(rate, rows[i].unit, text));
			out_u64(out, keys[j], NULL, rate);
		}
		out_close_object(out);
		out_text(out, "\n");
	}
	out_close_object(out);
}

static void print_cache(struct out *out, const struct stats *stats)
{
	struct nlattr *const *tb = stats->tb;
	uint32_t maxflows = attr_u32(tb[PNF_STATS_CACHE_MAXFLOWS]);
	uint64_t peak_time = stats_u64(stats, PNF_STATS_CACHE_FLOWS_PEAK_TIME);
	uint64_t memory = stats_u64(stats, PNF_STATS_CACHE_MEMORY);
	char text[COUNT_TEXT];

	out_open_object(out, "cache");
	out_u64(out, "flows", "\ncache        %" PRIu64 " flows",
		attr_u32(tb[PNF_STATS_CACHE_FLOWS]));
	if (maxflows)
		out_text(out, " of at most %" PRIu32, maxflows);
	out_u64(out, "maxflows", NULL, maxflows);
	out_u64(out, "flows_peak", ", peak %" PRIu64, attr_u32(tb[PNF_STATS_CACHE_FLOWS_PEAK]));
	out_time(out, "flows_peak_time", peak_time ? " at %s" : NULL, peak_time);
	out_text(out, "\n");
	out_u64(out, "packets", NULL, stats_u64(stats, PNF_STATS_CACHE_PACKETS));
	out_u64(out, "octets", NULL, stats_u64(stats, PNF_STATS_CACHE_OCTETS));
	out_text(out, "memory       %s", format_octets(memory, text));
	out_u64(out, "memory", NULL, memory);
	out_u64(out, "buckets", " with %" PRIu64 " buckets", attr_u32(tb[PNF_STATS_CACHE_BUCKETS]));
	out_u64(out, "resizes", ", resized %" PRIu64 " times\n",
		stats_u64(stats, PNF_STATS_CACHE_RESIZES));

	out_open_object(out, "metric");
	out_hundredths(out, "now", "metric       %s flows compared per look-up",
		       attr_u32(tb[PNF_STATS_CACHE_METRIC]));
	out_hundredths(out, "m1", ", %s over 1 min", attr_u32(tb[PNF_STATS_CACHE_METRIC_M1]));
	out_hundredths(out, "m5", ", %s over 5 min", attr_u32(tb[PNF_STATS_CACHE_METRIC_M5]));
	out_hundredths(out, "m15", ", %s over 15 min\n", attr_u32(tb[PNF_STATS_CACHE_METRIC_M15]));
	out_close_object(out);
	out_close_object(out);
}

static void print_end_reasons(struct out *out, const struct stats *stats)
{
	out_open_object(out, "end_reasons");
	out_u64(out, "idle", "flows ended  %" PRIu64 " idle",
		stats_u64(stats, PNF_STATS_END_REASON_IDLE));
	out_u64(out, "active", ", %" PRIu64 " active timeout",
		stats_u64(stats, PNF_STATS_END_REASON_ACTIVE));
	out_u64(out, "end", ", %" PRIu64 " end seen", stats_u64(stats, PNF_STATS_END_REASON_END));
	out_u64(out, "forced", ", %" PRIu64 " flushed",
		stats_u64(stats, PNF_STATS_END_REASON_FORCED));
	out_u64(out, "resources", ", %" PRIu64 " evicted\n",
		stats_u64(stats, PNF_STATS_END_REASON_RESOURCES));
	out_close_object(out);
}

/* When something was lost for the first and for the last time; null: nothing was */
static void print_loss_times(struct out *out, const char *heading, const char *first_key,
			     uint64_t first, const char *last_key, uint64_t last)
{
	if (first)
		out_text(out, "%-12s", heading);
	out_time(out, first_key, first ? " first at %s" : NULL, first);
	out_time(out, last_key, first ? ", last at %s\n" : NULL, last);
}

static void print_metering(struct out *out, const struct stats *stats)
{
	out_open_object(out, "metering");
	out_bool(out, "on", attr_u8(stats->tb[PNF_STATS_METERING]));
	out_u64(out, "observed_packets", NULL, stats_u64(stats, PNF_STATS_OBSERVED_PACKETS));
	out_u64(out, "observed_octets", NULL, stats_u64(stats, PNF_STATS_OBSERVED_OCTETS));
	out_u64(out, "metered_packets", NULL, stats_u64(stats, PNF_STATS_METERED_PACKETS));
	out_u64(out, "metered_octets", NULL, stats_u64(stats, PNF_STATS_METERED_OCTETS));
	out_u64(out, "flows_created", NULL, stats_u64(stats, PNF_STATS_FLOWS_CREATED));
	out_u64(out, "ignored_packets", NULL, stats_u64(stats, PNF_STATS_IGNORED_PACKETS));
	out_u64(out, "ignored_octets", NULL, stats_u64(stats, PNF_STATS_IGNORED_OCTETS));
	ignored_print(out, &stats->ignored);
	print_loss_times(out, "ignored", "ignored_first_time",
			 stats_u64(stats, PNF_STATS_IGNORED_FIRST_TIME), "ignored_last_time",
			 stats_u64(stats, PNF_STATS_IGNORED_LAST_TIME));
	out_u64(out, "fragments", "fragments    %" PRIu64 " packets, metered all the same\n",
		stats_u64(stats, PNF_STATS_FRAGMENTS));
	print_end_reasons(out, stats);
	out_close_object(out);
}

static void print_exporting(struct out *out, const struct stats *stats)
{
	out_open_object(out, "exporting");
	out_u64(out, "messages", "exported     %" PRIu64 " messages",
		stats_u64(stats, PNF_STATS_MESSAGES));
	out_u64(out, "message_octets", " of %" PRIu64 " octets",
		stats_u64(stats, PNF_STATS_MESSAGE_OCTETS));
	out_u64(out, "data_records", ", %" PRIu64 " data records\n",
		stats_u64(stats, PNF_STATS_DATA_RECORDS));
	out_u64(out, "flow_records", NULL, stats_u64(stats, PNF_STATS_FLOW_RECORDS));
	out_u64(out, "exported_packets", NULL, stats_u64(stats, PNF_STATS_EXPORTED_PACKETS));
	out_u64(out, "exported_octets", NULL, stats_u64(stats, PNF_STATS_EXPORTED_OCTETS));
	out_u64(out, "queued_packets", NULL, stats_u64(stats, PNF_STATS_QUEUED_PACKETS));
	out_u64(out, "queued_octets", NULL, stats_u64(stats, PNF_STATS_QUEUED_OCTETS));
	out_u64(out, "not_sent_flows", NULL, stats_u64(stats, PNF_STATS_NOT_SENT_FLOWS));
	out_u64(out, "not_sent_packets", NULL, stats_u64(stats, PNF_STATS_NOT_SENT_PACKETS));
	out_u64(out, "not_sent_octets", NULL, stats_u64(stats, PNF_STATS_NOT_SENT_OCTETS));
	print_loss_times(out, "not sent", "not_sent_first_time",
			 stats_u64(stats, PNF_STATS_NOT_SENT_FIRST_TIME), "not_sent_last_time",
			 stats_u64(stats, PNF_STATS_NOT_SENT_LAST_TIME));
	out_u64(out, "unsupported_flows", NULL, stats_u64(stats, PNF_STATS_UNSUPPORTED_FLOWS));
	out_u64(out, "untold_interfaces", NULL, stats_u64(stats, PNF_STATS_UNTOLD_INTERFACES));
	out_u64(out, "discarded_flows", NULL, stats_u64(stats, PNF_STATS_DISCARDED_FLOWS));
	out_u64(out, "discarded_packets", NULL, stats_u64(stats, PNF_STATS_DISCARDED_PACKETS));
	out_u64(out, "discarded_octets", NULL, stats_u64(stats, PNF_STATS_DISCARDED_OCTETS));
	out_close_object(out);
}

/* A counter of the sampler's; what it cannot know is null */
static void print_selection(struct out *out, const struct stats *stats, const char *key,
			    const char *format, int type)
{
	if (stats->tb[type])
		out_u64(out, key, format, stats_u64(stats, type));
	else
		out_null(out, key);
}

static void print_sampling(struct out *out, const struct stats *stats)
{
	struct sampler sampler;
	const char *name;

	sampler_read(stats->tb[PNF_STATS_SAMPLER], &sampler);
	out_open_object(out, "sampling");
	name = format_word(sampler_words, sampler.method);
	out_string(out, "method", NULL, name ? name : "none");
	if (sampler.method == PNF_SAMPLER_NONE) {
		out_null(out, "interval");
		out_null(out, "flows_observed");
		out_null(out, "flows_selected");
	} else {
		out_text(out, "sampling     %s", name ? name : "unknown");
		out_u64(out, "interval", ", one flow in %" PRIu64, sampler.interval);
		print_selection(out, stats, "flows_observed", ", %" PRIu64 " observed",
				PNF_STATS_FLOWS_OBSERVED);
		print_selection(out, stats, "flows_selected", ", %" PRIu64 " selected",
				PNF_STATS_FLOWS_SELECTED);
		out_text(out, "\n");
	}
	out_u64(out, "unselected_packets", NULL, stats_u64(stats, PNF_STATS_UNSELECTED_PACKETS));
	out_u64(out, "unselected_octets", NULL, stats_u64(stats, PNF_STATS_UNSELECTED_OCTETS));
	out_close_object(out);
}

static void print_nat(struct out *out, const struct stats *stats)
{
	uint64_t created = stats_u64(stats, PNF_STATS_NAT_CREATED);
	uint64_t deleted = stats_u64(stats, PNF_STATS_NAT_DELETED);
	uint64_t lost = stats_u64(stats, PNF_STATS_NAT_LOST);
	bool is_told = created || deleted || lost;

	out_open_object(out, "nat");
	out_u64(out, "created", is_told ? "nat events   %" PRIu64 " created" : NULL, created);
	out_u64(out, "deleted", is_told ? ", %" PRIu64 " deleted" : NULL, deleted);
	out_u64(out, "lost", is_told ? ", %" PRIu64 " lost\n" : NULL, lost);
	out_close_object(out);
}

static int print_stats(struct out *out, const struct stats *stats, struct err *err)
{
	int status;

	out_open_object(out, NULL);
	print_module(out, stats);
	print_problems(out, stats);
	print_law(out, stats);
	print_rates(out, stats);
	print_cache(out, stats);
	print_metering(out, stats);
	print_exporting(out, stats);
	print_sampling(out, stats);
	print_nat(out, stats);
	rules_print(out, &stats->rules);
	out_text(out, "\n");
	status = destinations_print(out, "destinations", &stats->destinations, err);
	out_text(out, "\n");
	if (!status)
		status = print_cpus(out, "cpus", &stats->cpus, err);
	if (!status)
		out_close_object(out);
	return status;
}

int command_show_stats(struct context *ctx, int argc, char **argv, struct err *err)
{
	struct stats stats = { .totals = { .data = NULL } };
	int status;

	(void)argc;
	(void)argv;
	status = context_connect(ctx, true, err);
	if (status)
		return status;
	status = stats_read(ctx, &stats, err);
	if (!status)
		status = print_stats(ctx->out, &stats, err);
	stats_free(&stats);
	return status;
}

/*
 * show version, reset stats
 */

static void print_version(struct out *out, const struct stats *stats)
{
	out_open_object(out, NULL);
	out_string(out, "nfmgr", "nfmgr %s", NFMGR_VERSION);
	out_u64(out, "netlink_version", ", netlink interface %" PRIu64 "\n", PNF_GENL_VERSION);
	if (stats) {
		out_open_object(out, "module");
		print_module_version(out, stats, ", source version %s\n");
		out_close_object(out);
	} else {
		out_null(out, "module");
		out_text(out, PNF_GENL_NAME " is not loaded\n");
	}
	out_close_object(out);
}

int command_show_version(struct context *ctx, int argc, char **argv, struct err *err)
{
	struct stats stats = { .totals = { .data = NULL } };
	int status;

	(void)argc;
	(void)argv;
	/* a question about versions is no reason to load something */
	status = context_connect(ctx, false, err);
	if (status && ctx->channel.is_missing) {
		print_version(ctx->out, NULL);
		return STATUS_DONE;
	}
	if (!status)
		status = stats_read_totals(ctx, &stats, err);
	if (!status)
		print_version(ctx->out, &stats);
	stats_free(&stats);
	return status;
}

int command_reset_stats(struct context *ctx, int argc, char **argv, struct err *err)
{
	int status;

	(void)argc;
	(void)argv;
	status = context_connect(ctx, true, err);
	if (status)
		return status;
	return channel_ask(&ctx->channel, PNF_CMD_STATS_RESET, "reset stats", NULL, NULL, err);
}
