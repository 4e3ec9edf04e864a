// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <linux/genetlink.h>
#include <linux/pkt_netflow.h>
#include <netlink/genl/genl.h>
#include <time.h>

#include "command.h"
#include "destinations.h"
#include "format.h"

static void open_event(struct out *out, const char *name)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	out_open_object(out, NULL);
	out_time(out, "time", "%s ", now.tv_sec * NS_PER_SECOND + now.tv_nsec);
	out_string(out, "event", "%s", name);
}

static void close_event(struct out *out)
{
	out_text(out, "\n");
	out_close_object(out);
}

static void print_config_event(struct out *out, struct nlmsghdr *nlh)
{
	struct nlattr *tb[PNF_CONFIG_MAX + 1];

	if (genlmsg_parse(nlh, 0, tb, PNF_CONFIG_MAX, NULL) < 0)
		return;
	open_event(out, "config");
	out_u64(out, "generation", " generation %" PRIu64,
		attr_u32(tb[PNF_CONFIG_GENERATION]));
	close_event(out);
}

static void print_destination_event(struct out *out, struct nlmsghdr *nlh)
{
	struct nlattr *tb[PNF_DESTINATION_MAX + 1];

	if (genlmsg_parse(nlh, 0, tb, PNF_DESTINATION_MAX, NULL) < 0)
		return;
	open_event(out, "destination");
	out_text(out, " ");
	destination_print_state(out, tb);
	close_event(out);
}

static void print_cache_full_event(struct out *out, struct nlmsghdr *nlh)
{
	struct nlattr *tb[PNF_STATS_MAX + 1];

	if (genlmsg_parse(nlh, 0, tb, PNF_STATS_MAX, NULL) < 0)
		return;
	open_event(out, "cache-full");
	out_u64(out, "flows", " %" PRIu64 " flows", attr_u32(tb[PNF_STATS_CACHE_FLOWS]));
	out_u64(out, "maxflows", " of %" PRIu64, attr_u32(tb[PNF_STATS_CACHE_MAXFLOWS]));
	close_event(out);
}

/* The kernel's own news of families: when ours ends, there will be no event any more */
static int refuse_unload(const struct channel *channel, struct nlmsghdr *nlh, struct err *err)
{
	struct nlattr *tb[CTRL_ATTR_MAX + 1];

	if (genlmsg_hdr(nlh)->cmd != CTRL_CMD_DELFAMILY ||
	    genlmsg_parse(nlh, 0, tb, CTRL_ATTR_MAX, NULL) < 0 ||
	    attr_u16(tb[CTRL_ATTR_FAMILY_ID]) != channel->family)
		return STATUS_DONE;
	return err_refused(err, "module " PNF_GENL_NAME " was unloaded");
}

static int print_event(struct nlmsghdr *nlh, void *arg, struct err *err)
{
	struct context *ctx = arg;

	if (!nlh) {
		open_event(ctx->out, "lost");
		out_text(ctx->out, " events came faster than they were read");
		close_event(ctx->out);
		return out_check(ctx->out, err);
	}
	if (nlh->nlmsg_type == GENL_ID_CTRL)
		return refuse_unload(&ctx->channel, nlh, err);

	switch (genlmsg_hdr(nlh)->cmd) {
	case PNF_CMD_CONFIG_NTF:
		print_config_event(ctx->out, nlh);
		break;
	case PNF_CMD_DESTINATION_NTF:
		print_destination_event(ctx->out, nlh);
		break;
	case PNF_CMD_CACHE_FULL_NTF:
		print_cache_full_event(ctx->out, nlh);
		break;
	}
	return out_check(ctx->out, err);
}

int command_monitor(struct context *ctx, int argc, char **argv, struct err *err)
{
	int status;

	(void)argc;
	(void)argv;
	status = context_connect(ctx, true, err);
	if (status)
		return status;
	out_by_line(ctx->out);
	return channel_listen(&ctx->channel, print_event, ctx, err);
}
