// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/pkt_netflow.h>
#include <netlink/genl/genl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "channel.h"

/* As much as the kernel puts in one message of a dump */
#define MESSAGE_OCTETS	65536

/* A request with every list as long as it may be */
#define REQUEST_OCTETS	131072

/* A configuration that changes faster than this can be read is not worth waiting for */
#define DUMP_TRIES	20

#define CTRL_NOTIFY_GROUP	GENL_ID_CTRL	/* the group "notify" of nlctrl */

struct exchange {
	const struct request *request;	/* NULL for one without the user's words */
	reply_fn reply;
	void *arg;
	struct err *err;
	int status;
	int error;			/* errno of a refusal */
	bool done;
	bool is_interrupted;
};

/*
 * Attributes
 */

static bool attr_holds(const struct nlattr *attr, size_t size)
{
	return attr && (size_t)nla_len(attr) >= size;
}

uint64_t attr_u64(const struct nlattr *attr)
{
	uint64_t value = 0;

	/* not aligned on every architecture */
	if (attr_holds(attr, sizeof(value)))
		memcpy(&value, nla_data(attr), sizeof(value));
	return value;
}

uint32_t attr_u32(const struct nlattr *attr)
{
	return attr_holds(attr, sizeof(uint32_t)) ? nla_get_u32(attr) : 0;
}

uint16_t attr_u16(const struct nlattr *attr)
{
	return attr_holds(attr, sizeof(uint16_t)) ? nla_get_u16(attr) : 0;
}

uint8_t attr_u8(const struct nlattr *attr)
{
	return attr_holds(attr, sizeof(uint8_t)) ? nla_get_u8(attr) : 0;
}

uint16_t attr_be16(const struct nlattr *attr)
{
	return ntohs(attr_u16(attr));
}

/**
 * attr_string() - a string that may lack its end
 * @text: receives it
 */
const char *attr_string(const struct nlattr *attr, char *text, size_t size)
{
	text[0] = '\0';
	if (attr)
		nla_strlcpy(text, attr, size);
	return text;
}

/**
 * attr_address() - an address of either family
 * @v4: attribute of the IPv4 address, may be NULL
 * @v6: attribute of the IPv6 address, may be NULL
 * @address: filled; no family if both are absent
 */
void attr_address(const struct nlattr *v4, const struct nlattr *v6, struct address *address)
{
	memset(address, 0, sizeof(*address));
	if (attr_holds(v4, sizeof(address->v4))) {
		address->family = AF_INET;
		memcpy(&address->v4, nla_data(v4), sizeof(address->v4));
	} else if (attr_holds(v6, sizeof(address->v6))) {
		address->family = AF_INET6;
		memcpy(&address->v6, nla_data(v6), sizeof(address->v6));
	}
}

/*
 * Requests
 */

int request_new(struct request *request, const struct channel *channel, uint8_t cmd,
		const char *verb, struct err *err)
{
	memset(request, 0, sizeof(*request));
	request->verb = verb;
	request->msg = nlmsg_alloc_size(REQUEST_OCTETS);
	if (!request->msg || !genlmsg_put(request->msg, NL_AUTO_PORT, NL_AUTO_SEQ, channel->family,
					  0, 0, cmd, PNF_GENL_VERSION)) {
		request_free(request);
		return err_refused(err, "out of memory");
	}
	return STATUS_DONE;
}

void request_free(struct request *request)
{
	nlmsg_free(request->msg);
	free(request->marks);
	memset(request, 0, sizeof(*request));
}

/**
 * request_mark() - the attributes that follow come from a word of the user's
 * @name: of the setting; stays valid
 * @word: stays valid
 * @length: of @word
 *
 * request_mark_end() says where they end. The kernel names an attribute it
 * refuses by its offset; the marks lead from there back to the word.
 */
int request_mark(struct request *request, const char *name, const char *word, size_t length,
		 struct err *err)
{
	struct mark *marks = reallocarray(request->marks, request->mark_count + 1, sizeof(*marks));

	if (!marks)
		return err_refused(err, "out of memory");
	request->marks = marks;
	marks[request->mark_count++] = (struct mark){
		.start = nlmsg_hdr(request->msg)->nlmsg_len,
		.end = SIZE_MAX,
		.name = name,
		.word = word,
		.length = length,
	};
	return STATUS_DONE;
}

void request_mark_end(struct request *request)
{
	request->marks[request->mark_count - 1].end = nlmsg_hdr(request->msg)->nlmsg_len;
}

int request_refuse_size(const struct request *request, struct err *err)
{
	return err_refused(err, "%s: the request is too long", request->verb);
}

static const struct mark *request_find_mark(const struct request *request, size_t offset)
{
	size_t i;

	for (i = 0; i < request->mark_count; i++) {
		if (offset >= request->marks[i].start && offset < request->marks[i].end)
			return &request->marks[i];
	}
	return NULL;
}

/*
 * Refusals
 */

static const char *error_sentence(int error)
{
	switch (error) {
	case EPERM:
		return "this needs CAP_NET_ADMIN in the initial user namespace; run it as root";
	case EOPNOTSUPP:
		return "the loaded module does not know this command";
	case ENOMEM:
		return "the kernel has no memory for it";
	default:
		return strerror(error);
	}
}

/*
 * libnl keeps the extended acknowledgement to itself: read it here.
 * @tlvs: the attributes behind the error, NULL for none
 */
static void exchange_refuse(struct exchange *x, int error, struct nlattr *tlvs, int length)
{
	const char *verb = x->request ? x->request->verb : NULL;
	struct nlattr *tb[NLMSGERR_ATTR_MAX + 1] = { NULL };
	const struct mark *mark = NULL;
	char text[512] = "";

	x->done = true;
	x->error = error;
	x->status = STATUS_REFUSED;

	if (tlvs && length > 0)
		nla_parse(tb, NLMSGERR_ATTR_MAX, tlvs, length, NULL);
	attr_string(tb[NLMSGERR_ATTR_MSG], text, sizeof(text));
	if (x->request && tb[NLMSGERR_ATTR_OFFS])
		mark = request_find_mark(x->request, attr_u32(tb[NLMSGERR_ATTR_OFFS]));

	err_refused(x->err, "%s", *text ? text : error_sentence(error));
	if (mark)
		err_prefix(x->err, 0, "%s %s: %s is refused", verb, mark->name,
			   quote_part(mark->word, mark->length));
	else if (verb)
		err_prefix(x->err, 0, "%s", verb);
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *e, void *arg)
{
	struct nlmsghdr *nlh = (struct nlmsghdr *)((char *)e - NLMSG_HDRLEN);
	size_t skip = NLMSG_HDRLEN + sizeof(*e);
	struct nlattr *tlvs = NULL;

	(void)from;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED) && e->msg.nlmsg_len > NLMSG_HDRLEN)
		skip += NLMSG_ALIGN(e->msg.nlmsg_len - NLMSG_HDRLEN);
	if (nlh->nlmsg_flags & NLM_F_ACK_TLVS && nlh->nlmsg_len > skip)
		tlvs = (struct nlattr *)((char *)nlh + skip);
	exchange_refuse(arg, -e->error, tlvs, tlvs ? (int)(nlh->nlmsg_len - skip) : 0);
	return NL_STOP;
}

static int on_ack(struct nl_msg *msg, void *arg)
{
	struct exchange *x = arg;

	(void)msg;
	x->done = true;
	return NL_STOP;
}

/* A dump that fails on its way says so in its last message */
static int on_finish(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *nlh = nlmsg_hdr(msg);
	size_t skip = NLMSG_HDRLEN + sizeof(int);
	struct exchange *x = arg;
	int error = 0;

	x->done = true;
	if (nlh->nlmsg_len < skip)
		return NL_STOP;

	memcpy(&error, nlmsg_data(nlh), sizeof(error));
	if (error < 0)
		exchange_refuse(x, -error, (struct nlattr *)((char *)nlh + skip),
				nlh->nlmsg_flags & NLM_F_ACK_TLVS ? nlh->nlmsg_len - skip : 0);
	return NL_STOP;
}

static int on_interrupted(struct nl_msg *msg, void *arg)
{
	struct exchange *x = arg;

	(void)msg;
	x->is_interrupted = true;
	return NL_OK;
}

static int on_valid(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *nlh = nlmsg_hdr(msg);
	struct exchange *x = arg;

	if (!x->reply || !genlmsg_valid_hdr(nlh, 0))
		return NL_OK;
	x->status = x->reply(nlh, x->arg, x->err);
	if (!x->status)
		return NL_OK;
	x->done = true;
	return NL_STOP;
}

static int no_sequence_check(struct nl_msg *msg, void *arg)
{
	(void)msg;
	(void)arg;
	return NL_OK;
}

static struct nl_cb *exchange_callbacks(struct exchange *x)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);

	if (!cb)
		return NULL;
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, x);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_ack, x);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_finish, x);
	nl_cb_set(cb, NL_CB_DUMP_INTR, NL_CB_CUSTOM, on_interrupted, x);
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_valid, x);
	return cb;
}

/* Sends @msg and reads until the answer is complete; @x has the outcome */
static int exchange_run(struct nl_sock *sock, struct nl_msg *msg, struct exchange *x)
{
	struct nl_cb *cb = exchange_callbacks(x);
	int rc;

	if (!cb)
		return err_refused(x->err, "out of memory");

	rc = nl_send_auto(sock, msg);
	while (rc >= 0 && !x->done)
		rc = nl_recvmsgs(sock, cb);
	nl_cb_put(cb);

	if (rc < 0 && !x->done)
		return err_refused(x->err, "netlink: %s", nl_geterror(rc));
	return x->status;
}

/**
 * channel_do() - ask for something to be done
 * @reply: called for each message of the reply, NULL if there is none but the
 *         acknowledgement
 */
int channel_do(struct channel *channel, struct request *request, reply_fn reply, void *arg,
	       struct err *err)
{
	struct exchange x = { .request = request, .reply = reply, .arg = arg, .err = err };

	nlmsg_hdr(request->msg)->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	return exchange_run(channel->sock, request->msg, &x);
}

/**
 * channel_ask() - as channel_do(), without attributes
 * @verb: the user's command, NULL: sentences name none
 */
int channel_ask(struct channel *channel, uint8_t cmd, const char *verb, reply_fn reply, void *arg,
		struct err *err)
{
	struct request request;
	int status;

	status = request_new(&request, channel, cmd, verb, err);
	if (status)
		return status;
	status = channel_do(channel, &request, reply, arg, err);
	request_free(&request);
	return status;
}

static int channel_dump_once(struct channel *channel, uint8_t cmd, struct exchange *x)
{
	struct request request;
	int status;

	status = request_new(&request, channel, cmd, NULL, x->err);
	if (status)
		return status;
	nlmsg_hdr(request.msg)->nlmsg_flags |= NLM_F_REQUEST | NLM_F_DUMP;
	status = exchange_run(channel->sock, request.msg, x);
	request_free(&request);
	return status;
}

/**
 * channel_stream() - a dump that is used as it comes, however long it is
 * @reply: called for each message
 *
 * Changes meanwhile do not matter to the caller.
 */
int channel_stream(struct channel *channel, uint8_t cmd, reply_fn reply, void *arg,
		   struct err *err)
{
	struct exchange x = { .reply = reply, .arg = arg, .err = err };

	return channel_dump_once(channel, cmd, &x);
}

static int replies_add(struct nlmsghdr *nlh, void *arg, struct err *err)
{
	size_t length = NLMSG_ALIGN(nlh->nlmsg_len);
	struct replies *replies = arg;

	if (replies->used + length > replies->size) {
		size_t size = 2 * replies->size + MESSAGE_OCTETS + length;
		unsigned char *data = realloc(replies->data, size);

		if (!data)
			return err_refused(err, "out of memory");
		replies->data = data;
		replies->size = size;
	}
	memset(replies->data + replies->used, 0, length);
	memcpy(replies->data + replies->used, nlh, nlh->nlmsg_len);
	replies->used += length;
	return STATUS_DONE;
}

void replies_free(struct replies *replies)
{
	free(replies->data);
	memset(replies, 0, sizeof(*replies));
}

/**
 * channel_dump() - a dump of one moment
 * @replies: filled; for replies_free(), also after an error
 *
 * Asks again when the kernel says that something changed during the dump.
 */
int channel_dump(struct channel *channel, uint8_t cmd, struct replies *replies, struct err *err)
{
	int tries, status;

	memset(replies, 0, sizeof(*replies));
	for (tries = 0; tries < DUMP_TRIES; tries++) {
		struct exchange x = { .reply = replies_add, .arg = replies, .err = err };

		replies->used = 0;
		status = channel_dump_once(channel, cmd, &x);
		if (status || !x.is_interrupted)
			return status;
	}
	return err_refused(err, "the configuration changes faster than it can be read");
}

/**
 * channel_listen() - hand events on for as long as they come
 * @event: called for each event of the family, and with a NULL header when the
 *         kernel had to drop some
 *
 * Return: an error, never STATUS_DONE
 */
int channel_listen(struct channel *channel, reply_fn event, void *arg, struct err *err)
{
	struct exchange x = { .reply = event, .arg = arg, .err = err };
	struct nl_cb *cb;
	int rc;

	rc = nl_socket_add_memberships(channel->sock, channel->events, CTRL_NOTIFY_GROUP, 0);
	if (rc < 0)
		return err_refused(err, "monitor: %s", rc == -NLE_PERM ?
				   "this needs CAP_NET_ADMIN in the user namespace that the network namespace belongs to; run it as root" :
				   nl_geterror(rc));

	cb = exchange_callbacks(&x);
	if (!cb)
		return err_refused(err, "out of memory");
	nl_cb_set(cb, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, no_sequence_check, NULL);

	while (!x.done) {
		rc = nl_recvmsgs(channel->sock, cb);
		if (rc == -NLE_NOMEM && !x.done) {	/* libnl's word for ENOBUFS */
			x.status = event(NULL, arg, err);
			x.done = x.status != STATUS_DONE;
		} else if (rc < 0 && !x.done) {
			x.status = err_refused(err, "netlink: %s", nl_geterror(rc));
			x.done = true;
		}
	}
	nl_cb_put(cb);
	return x.status;
}

/*
 * Opening
 */

static void read_group(struct channel *channel, struct nlattr *group)
{
	struct nlattr *tb[CTRL_ATTR_MCAST_GRP_MAX + 1];
	char name[GENL_NAMSIZ];

	if (nla_parse_nested(tb, CTRL_ATTR_MCAST_GRP_MAX, group, NULL) < 0)
		return;
	if (!strcmp(attr_string(tb[CTRL_ATTR_MCAST_GRP_NAME], name, sizeof(name)),
		    PNF_MCGRP_EVENTS))
		channel->events = attr_u32(tb[CTRL_ATTR_MCAST_GRP_ID]);
}

static int read_family(struct nlmsghdr *nlh, void *arg, struct err *err)
{
	struct nlattr *tb[CTRL_ATTR_MAX + 1];
	struct channel *channel = arg;
	struct nlattr *group;
	uint32_t version;
	int rest;

	if (genlmsg_parse(nlh, 0, tb, CTRL_ATTR_MAX, NULL) < 0)
		return err_refused(err, "the kernel's list of netlink families cannot be read");

	version = attr_u32(tb[CTRL_ATTR_VERSION]);
	if (version != PNF_GENL_VERSION)
		return err_refused(err, "the loaded module speaks version %u of its netlink interface, this nfmgr version %u; install the two of one release",
				   version, PNF_GENL_VERSION);

	channel->family = attr_u16(tb[CTRL_ATTR_FAMILY_ID]);
	if (tb[CTRL_ATTR_MCAST_GROUPS])
		nla_for_each_nested(group, tb[CTRL_ATTR_MCAST_GROUPS], rest)
			read_group(channel, group);
	return STATUS_DONE;
}

static int channel_find_family(struct channel *channel, struct err *err)
{
	struct exchange x = { .reply = read_family, .arg = channel, .err = err };
	struct nl_msg *msg = nlmsg_alloc();
	int status;

	if (!msg || !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, GENL_ID_CTRL, 0,
				 NLM_F_REQUEST | NLM_F_ACK, CTRL_CMD_GETFAMILY, 1) ||
	    nla_put_string(msg, CTRL_ATTR_FAMILY_NAME, PNF_GENL_NAME) < 0) {
		nlmsg_free(msg);
		return err_refused(err, "out of memory");
	}
	status = exchange_run(channel->sock, msg, &x);
	nlmsg_free(msg);
	channel->is_missing = status && x.error == ENOENT;
	return status;
}

/*
 * The last line of what modprobe says, which is the one that matters. All is read, since
 * modprobe would die of writing to nobody. @text is empty before.
 */
static void read_last_line(int fd, char *text, size_t size)
{
	bool is_new = true;
	char block[512];
	size_t used = 0;
	ssize_t got, i;

	for (;;) {
		got = read(fd, block, sizeof(block));
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return;
		for (i = 0; i < got; i++) {
			if (block[i] == '\n') {
				is_new = true;
				continue;
			}
			if (is_new)
				used = 0;
			is_new = false;
			if (used < size - 1)
				text[used++] = is_control(block[i]) ? ' ' : block[i];
			text[used] = '\0';
		}
	}
}

/*
 * --ignore-install: the install line of modprobe's configuration calls nfmgr to
 * configure what is loaded, and here nobody asked for that.
 */
static int load_module(struct err *err)
{
	char said[256] = "";
	int pipes[2];
	int wstatus;
	pid_t pid;

	if (pipe(pipes) < 0)
		return err_refused(err, "pipe: %s", strerror(errno));
	pid = fork();
	if (pid < 0) {
		close(pipes[0]);
		close(pipes[1]);
		return err_refused(err, "fork: %s", strerror(errno));
	}
	if (!pid) {
		dup2(pipes[1], STDOUT_FILENO);
		dup2(pipes[1], STDERR_FILENO);
		close(pipes[0]);
		close(pipes[1]);
		execl("/sbin/modprobe", "modprobe", "--ignore-install", PNF_GENL_NAME, NULL);
		dprintf(STDERR_FILENO, "/sbin/modprobe: %s\n", strerror(errno));
		_exit(127);
	}

	close(pipes[1]);
	read_last_line(pipes[0], said, sizeof(said));
	close(pipes[0]);
	while (waitpid(pid, &wstatus, 0) < 0) {
		if (errno != EINTR)
			return err_refused(err, "waitpid: %s", strerror(errno));
	}
	if (WIFEXITED(wstatus) && !WEXITSTATUS(wstatus))
		return STATUS_DONE;
	return err_refused(err, "module " PNF_GENL_NAME " is not loaded, and modprobe cannot load it: %s",
			   *said ? said : "no reason given");
}

/* Kernels that lack an option work without it, with shorter sentences */
static void channel_set_options(struct channel *channel)
{
	static const int options[] = {
		NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK
	};
	int fd = nl_socket_get_fd(channel->sock);
	int on = 1;
	size_t i;

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		setsockopt(fd, SOL_NETLINK, options[i], &on, sizeof(on));
}

/**
 * channel_open() - connect to the module
 * @channel: filled; for channel_close() unless there is an error
 * @may_load: try to load the module if it is not there
 */
int channel_open(struct channel *channel, bool may_load, struct err *err)
{
	int rc, status;

	memset(channel, 0, sizeof(*channel));
	channel->sock = nl_socket_alloc();
	if (!channel->sock)
		return err_refused(err, "out of memory");

	rc = genl_connect(channel->sock);
	if (rc < 0) {
		status = err_refused(err, "netlink: %s", nl_geterror(rc));
		goto out;
	}
	channel_set_options(channel);
	nl_socket_set_msg_buf_size(channel->sock, MESSAGE_OCTETS);
	nl_socket_set_buffer_size(channel->sock, 0, REQUEST_OCTETS);
	nl_socket_disable_msg_peek(channel->sock);

	status = channel_find_family(channel, err);
	if (channel->is_missing) {
		status = err_refused(err, "module " PNF_GENL_NAME
				     " is not loaded; 'modprobe " PNF_GENL_NAME "' as root loads it");
		if (may_load && !geteuid())
			status = load_module(err);
		if (!status)
			status = channel_find_family(channel, err);
	}
	if (!status)
		return STATUS_DONE;
out:
	nl_socket_free(channel->sock);
	channel->sock = NULL;
	return status;
}

void channel_close(struct channel *channel)
{
	nl_socket_free(channel->sock);
	channel->sock = NULL;
}
