// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <linux/pkt_netflow.h>
#include <netlink/genl/genl.h>
#include <string.h>

#include "command.h"
#include "destinations.h"
#include "format.h"

/**
 * destination_read() - what identifies a destination
 * @tb: PNF_DESTINATION_*
 */
void destination_read(struct nlattr *const *tb, struct destination *dest)
{
	memset(dest, 0, sizeof(*dest));
	attr_address(tb[PNF_DESTINATION_ADDRESS4], tb[PNF_DESTINATION_ADDRESS6], &dest->address);
	attr_address(tb[PNF_DESTINATION_SOURCE4], tb[PNF_DESTINATION_SOURCE6], &dest->source);
	dest->port = attr_be16(tb[PNF_DESTINATION_PORT]);
	attr_string(tb[PNF_DESTINATION_DEVICE], dest->device, sizeof(dest->device));
}

static void print_identity(struct out *out, const struct destination *dest)
{
	char text[DESTINATION_TEXT], address[INET6_ADDRSTRLEN], source[INET6_ADDRSTRLEN];
	char printable[PRINTABLE_TEXT(DESTINATION_TEXT)];

	out_text(out, "%s", format_printable(format_destination(dest, text), printable,
					     sizeof(printable)));
	out_string(out, "address", NULL, format_address(&dest->address, address));
	out_u64(out, "port", NULL, dest->port);
	out_string(out, "source", NULL,
		   dest->source.family ? format_address(&dest->source, source) : NULL);
	out_string(out, "device", NULL, *dest->device ? dest->device : NULL);
}

static void print_session(struct out *out, struct nlattr *const *tb)
{
	uint32_t last_error = attr_u32(tb[PNF_DESTINATION_LAST_ERROR]);
	bool connected = attr_u8(tb[PNF_DESTINATION_CONNECTED]);

	out_text(out, connected ? " connected" : " not connected");
	out_bool(out, "connected", connected);
	out_u64(out, "attempts", ", %" PRIu64 " attempts", attr_u64(tb[PNF_DESTINATION_ATTEMPTS]));
	if (last_error)
		out_string(out, "last_error", ", last error: %s", strerror(last_error));
	else
		out_null(out, "last_error");
}

static void print_sent(struct out *out, struct nlattr *const *tb)
{
	out_u64(out, "messages", "  sent         %" PRIu64 " messages",
		attr_u64(tb[PNF_DESTINATION_MESSAGES]));
	out_u64(out, "message_octets", ", %" PRIu64 " octets",
		attr_u64(tb[PNF_DESTINATION_MESSAGE_OCTETS]));
	out_u64(out, "data_records", ", %" PRIu64 " data records",
		attr_u64(tb[PNF_DESTINATION_DATA_RECORDS]));
	out_u64(out, "flow_records", ", %" PRIu64 " flow records\n",
		attr_u64(tb[PNF_DESTINATION_FLOW_RECORDS]));
	out_u64(out, "queued_records", "  queued       %" PRIu64 " flow records\n",
		attr_u64(tb[PNF_DESTINATION_QUEUED_RECORDS]));
}

static void print_not_sent(struct out *out, struct nlattr *const *tb)
{
	out_u64(out, "not_sent_flows", "  not sent     %" PRIu64 " flows",
		attr_u64(tb[PNF_DESTINATION_NOT_SENT_FLOWS]));
	out_u64(out, "not_sent_packets", ", %" PRIu64 " packets",
		attr_u64(tb[PNF_DESTINATION_NOT_SENT_PACKETS]));
	out_u64(out, "not_sent_octets", ", %" PRIu64 " octets\n",
		attr_u64(tb[PNF_DESTINATION_NOT_SENT_OCTETS]));
}

/* Messages that never left, by what kept them: the kinds add up to all */
static void print_lost(struct out *out, struct nlattr *const *tb)
{
	uint64_t first = attr_u64(tb[PNF_DESTINATION_LOSS_FIRST_TIME]);

	out_open_object(out, "lost");
	out_u64(out, "messages", "  lost         %" PRIu64 " messages",
		attr_u64(tb[PNF_DESTINATION_LOST_MESSAGES]));
	out_u64(out, "send_buffer_full", ": send buffer full %" PRIu64,
		attr_u64(tb[PNF_DESTINATION_ERR_SEND_BUFFER_FULL]));
	out_u64(out, "not_connected", ", not connected %" PRIu64,
		attr_u64(tb[PNF_DESTINATION_LOST_NOT_CONNECTED]));
	out_u64(out, "other", ", other %" PRIu64, attr_u64(tb[PNF_DESTINATION_LOST_OTHER]));
	out_time(out, "first_time", first ? ", first at %s" : NULL, first);
	out_time(out, "last_time", first ? ", last at %s" : NULL,
		 attr_u64(tb[PNF_DESTINATION_LOSS_LAST_TIME]));
	out_text(out, "\n");
	out_close_object(out);
}

static void print_send_buffer(struct out *out, struct nlattr *const *tb)
{
	out_u64(out, "send_buffer_used", "  send buffer  %" PRIu64,
		attr_u32(tb[PNF_DESTINATION_SEND_BUFFER_USED]));
	out_u64(out, "send_buffer", " of %" PRIu64 " octets",
		attr_u32(tb[PNF_DESTINATION_SEND_BUFFER]));
	out_u64(out, "send_buffer_peak", ", peak %" PRIu64 "\n",
		attr_u32(tb[PNF_DESTINATION_SEND_BUFFER_PEAK]));
}

static void print_errors(struct out *out, struct nlattr *const *tb)
{
	out_open_object(out, "errors");
	out_u64(out, "send_buffer_full", "  errors       send buffer full %" PRIu64,
		attr_u64(tb[PNF_DESTINATION_ERR_SEND_BUFFER_FULL]));
	out_u64(out, "connect", ", connect %" PRIu64, attr_u64(tb[PNF_DESTINATION_ERR_CONNECT]));
	out_u64(out, "refused", ", refused %" PRIu64, attr_u64(tb[PNF_DESTINATION_ERR_REFUSED]));
	out_u64(out, "too_big", ", too big %" PRIu64, attr_u64(tb[PNF_DESTINATION_ERR_TOO_BIG]));
	out_u64(out, "other", ", other %" PRIu64 "\n", attr_u64(tb[PNF_DESTINATION_ERR_OTHER]));
	out_close_object(out);
}

/**
 * destination_print_state() - which destination, and its Transport Session
 * @tb: PNF_DESTINATION_*
 */
void destination_print_state(struct out *out, struct nlattr *const *tb)
{
	struct destination dest;

	destination_read(tb, &dest);
	print_identity(out, &dest);
	print_session(out, tb);
}

/* Of the next message, by protocol */
static void print_numbers(struct out *out, struct nlattr *const *tb)
{
	out_open_object(out, "sequence");
	out_u64(out, "v5", "  next         sequence v5 %" PRIu64,
		attr_u32(tb[PNF_DESTINATION_SEQUENCE_V5]));
	out_u64(out, "v9", ", v9 %" PRIu64, attr_u32(tb[PNF_DESTINATION_SEQUENCE_V9]));
	out_u64(out, "ipfix", ", IPFIX %" PRIu64 "\n",
		attr_u32(tb[PNF_DESTINATION_SEQUENCE_IPFIX]));
	out_close_object(out);
}

static void print_destination(struct out *out, struct nlattr *const *tb)
{
	destination_print_state(out, tb);
	out_text(out, "\n");
	print_sent(out, tb);
	print_numbers(out, tb);
	print_not_sent(out, tb);
	print_lost(out, tb);
	print_errors(out, tb);
	print_send_buffer(out, tb);
}

/**
 * destinations_print() - an array of destinations
 * @replies: of PNF_CMD_DESTINATION_GET
 */
int destinations_print(struct out *out, const char *key, const struct replies *replies,
		       struct err *err)
{
	struct nlattr *tb[PNF_DESTINATION_MAX + 1];
	struct nlmsghdr *nlh;

	out_open_array(out, key);
	replies_for_each(nlh, replies) {
		if (genlmsg_parse(nlh, 0, tb, PNF_DESTINATION_MAX, NULL) < 0)
			return err_refused(err, "the kernel's list of destinations cannot be read");
		out_open_object(out, NULL);
		print_destination(out, tb);
		out_close_object(out);
	}
	if (!replies->used)
		out_text(out, "no destination\n");
	out_close_array(out);
	return STATUS_DONE;
}

/**
 * destination_print_problems() - what is wrong with a destination, for people
 * @tb: PNF_DESTINATION_*
 */
void destination_print_problems(struct out *out, struct nlattr *const *tb)
{
	uint32_t last_error = attr_u32(tb[PNF_DESTINATION_LAST_ERROR]);
	uint64_t lost = attr_u64(tb[PNF_DESTINATION_LOST_MESSAGES]);
	uint64_t refused = attr_u64(tb[PNF_DESTINATION_ERR_REFUSED]);
	bool connected = attr_u8(tb[PNF_DESTINATION_CONNECTED]);
	char text[PRINTABLE_TEXT(DESTINATION_TEXT)], raw[DESTINATION_TEXT];
	struct destination dest;

	destination_read(tb, &dest);
	format_printable(format_destination(&dest, raw), text, sizeof(text));
	if (!connected)
		out_text(out, "! %s is not connected: %s\n", text,
			 last_error ? strerror(last_error) : "no attempt yet");
	if (lost)
		out_text(out, "! %s: %" PRIu64 " messages were lost on this host\n", text, lost);
	if (refused)
		out_text(out, "! %s refused messages %" PRIu64 " times: is the collector running?\n",
			 text, refused);
}

int command_show_destinations(struct context *ctx, int argc, char **argv, struct err *err)
{
	struct replies replies;
	int status;

	(void)argc;
	(void)argv;
	status = context_connect(ctx, true, err);
	if (status)
		return status;
	status = channel_dump(&ctx->channel, PNF_CMD_DESTINATION_GET, &replies, err);
	if (!status)
		status = destinations_print(ctx->out, NULL, &replies, err);
	replies_free(&replies);
	return status;
}
