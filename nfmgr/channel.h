/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way to the kernel: a generic netlink socket of the family, requests, and
 * refusals turned into sentences about the user's words.
 */
#ifndef NFMGR_CHANNEL_H
#define NFMGR_CHANNEL_H

#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "parse.h"

struct channel {
	struct nl_sock *sock;
	uint16_t family;
	uint32_t events;	/* multicast group */
	bool is_missing;	/* channel_open() failed since there is no module */
};

/* Which of the user's words became the attributes of a part of the request */
struct mark {
	size_t start;
	size_t end;
	const char *name;	/* of the setting */
	const char *word;
	size_t length;
};

struct request {
	const char *verb;	/* the user's command, for sentences */
	struct nl_msg *msg;
	struct mark *marks;
	size_t mark_count;
};

/* Called for each message of a reply */
typedef int (*reply_fn)(struct nlmsghdr *nlh, void *arg, struct err *err);

/* Copies of the messages of a dump, one after the other */
struct replies {
	unsigned char *data;
	size_t used;
	size_t size;
};

int channel_open(struct channel *channel, bool may_load, struct err *err);
void channel_close(struct channel *channel);

int request_new(struct request *request, const struct channel *channel, uint8_t cmd,
		const char *verb, struct err *err);
void request_free(struct request *request);
int request_mark(struct request *request, const char *name, const char *word, size_t length,
		 struct err *err);
void request_mark_end(struct request *request);
int request_refuse_size(const struct request *request, struct err *err);

int channel_do(struct channel *channel, struct request *request, reply_fn reply, void *arg,
	       struct err *err);
int channel_ask(struct channel *channel, uint8_t cmd, const char *verb, reply_fn reply, void *arg,
		struct err *err);
int channel_stream(struct channel *channel, uint8_t cmd, reply_fn reply, void *arg,
		   struct err *err);
int channel_dump(struct channel *channel, uint8_t cmd, struct replies *replies, struct err *err);
int channel_listen(struct channel *channel, reply_fn event, void *arg, struct err *err);

/* Walks the messages of @replies */
#define replies_for_each(nlh, replies)						\
	for ((nlh) = (struct nlmsghdr *)(replies)->data;			\
	     (unsigned char *)(nlh) < (replies)->data + (replies)->used;		\
	     (nlh) = (struct nlmsghdr *)((unsigned char *)(nlh) + NLMSG_ALIGN((nlh)->nlmsg_len)))
void replies_free(struct replies *replies);

/* What is absent or shorter than it should be reads as zero or empty */
uint64_t attr_u64(const struct nlattr *attr);
uint32_t attr_u32(const struct nlattr *attr);
uint16_t attr_u16(const struct nlattr *attr);
uint8_t attr_u8(const struct nlattr *attr);
uint16_t attr_be16(const struct nlattr *attr);
const char *attr_string(const struct nlattr *attr, char *text, size_t size);
void attr_address(const struct nlattr *v4, const struct nlattr *v6, struct address *address);

#endif
