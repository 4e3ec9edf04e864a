/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands. Each reads its words first and connects only when they are right.
 */
#ifndef NFMGR_COMMAND_H
#define NFMGR_COMMAND_H

#include "channel.h"
#include "out.h"

struct context {
	const char *netns;	/* NULL: the caller's */
	bool json;
	bool discard;
	struct out *out;
	struct channel channel;
	bool is_connected;
};

/* @argv: the words after those that name the command */
typedef int (*command_fn)(struct context *ctx, int argc, char **argv, struct err *err);

int context_connect(struct context *ctx, bool may_load, struct err *err);

/* config.c */
int command_set(struct context *ctx, int argc, char **argv, struct err *err);
int command_add(struct context *ctx, int argc, char **argv, struct err *err);
int command_del(struct context *ctx, int argc, char **argv, struct err *err);
int command_show_config(struct context *ctx, int argc, char **argv, struct err *err);
int command_show_points(struct context *ctx, int argc, char **argv, struct err *err);

/* save.c */
int command_save(struct context *ctx, int argc, char **argv, struct err *err);
int command_restore(struct context *ctx, int argc, char **argv, struct err *err);

/* stats.c */
int command_show_stats(struct context *ctx, int argc, char **argv, struct err *err);
int command_show_cpus(struct context *ctx, int argc, char **argv, struct err *err);
int command_show_version(struct context *ctx, int argc, char **argv, struct err *err);
int command_reset_stats(struct context *ctx, int argc, char **argv, struct err *err);

/* destinations.c */
int command_show_destinations(struct context *ctx, int argc, char **argv, struct err *err);

/* flows.c */
int command_show_flows(struct context *ctx, int argc, char **argv, struct err *err);
int command_flush(struct context *ctx, int argc, char **argv, struct err *err);

/* elements.c */
int command_show_elements(struct context *ctx, int argc, char **argv, struct err *err);

/* templates.c */
int command_show_templates(struct context *ctx, int argc, char **argv, struct err *err);

/* monitor.c */
int command_monitor(struct context *ctx, int argc, char **argv, struct err *err);

#endif
