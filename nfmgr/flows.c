// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <linux/pkt_netflow.h>
#include <netlink/genl/genl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "command.h"
#include "format.h"

#define NS_PER_SECOND	UINT64_C(1000000000)

static const struct word_value protocol_names[] = {
	{ "icmp", 1 },
	{ "igmp", 2 },
	{ "tcp", 6 },
	{ "udp", 17 },
	{ "dccp", 33 },
	{ "gre", 47 },
	{ "esp", 50 },
	{ "ah", 51 },
	{ "icmpv6", 58 },
	{ "ospf", 89 },
	{ "pim", 103 },
	{ "vrrp", 112 },
	{ "sctp", 132 },
	{ "udplite", 136 },
	{ NULL, 0 },
};

/* A member that is a number, under its name at IANA */
struct number {
	int attr;
	const char *key;
	uint64_t (*read)(const struct nlattr *attr);
};

static uint64_t read_u8(const struct nlattr *attr)
{
	return attr_u8(attr);
}

static uint64_t read_u16(const struct nlattr *attr)
{
	return attr_u16(attr);
}

static uint64_t read_u32(const struct nlattr *attr)
{
	return attr_u32(attr);
}

static uint64_t read_be16(const struct nlattr *attr)
{
	return attr_be16(attr);
}

static uint64_t read_be32(const struct nlattr *attr)
{
	return ntohl(attr_u32(attr));
}

static void print_flow_json(struct out *out, struct nlattr *const *tb)
{
	static const struct {
		int attr;
		int family;
		const char *key;
	} addresses[] = {
		{ PNF_FLOW_SOURCE_IPV4, AF_INET, "sourceIPv4Address" },
		{ PNF_FLOW_DESTINATION_IPV4, AF_INET, "destinationIPv4Address" },
		{ PNF_FLOW_NEXT_HOP_IPV4, AF_INET, "ipNextHopIPv4Address" },
		{ PNF_FLOW_SOURCE_IPV6, AF_INET6, "sourceIPv6Address" },
		{ PNF_FLOW_DESTINATION_IPV6, AF_INET6, "destinationIPv6Address" },
		{ PNF_FLOW_NEXT_HOP_IPV6, AF_INET6, "ipNextHopIPv6Address" },
	};
	static const struct number numbers[] = {
		{ PNF_FLOW_IP_VERSION, "ipVersion", read_u8 },
		{ PNF_FLOW_PROTOCOL, "protocolIdentifier", read_u8 },
		{ PNF_FLOW_TOS, "ipClassOfService", read_u8 },
		{ PNF_FLOW_SOURCE_PORT, "sourceTransportPort", read_be16 },
		{ PNF_FLOW_DESTINATION_PORT, "destinationTransportPort", read_be16 },
		{ PNF_FLOW_IGMP_TYPE, "igmpType", read_u8 },
		{ PNF_FLOW_IPSEC_SPI, "IPSecSPI", read_be32 },
		{ PNF_FLOW_TCP_CONTROL_BITS, "tcpControlBits", read_u16 },
		{ PNF_FLOW_INGRESS_INTERFACE, "ingressInterface", read_u32 },
		{ PNF_FLOW_EGRESS_INTERFACE, "egressInterface", read_u32 },
		{ PNF_FLOW_PACKETS, "packetDeltaCount", attr_u64 },
		{ PNF_FLOW_OCTETS, "octetDeltaCount", attr_u64 },
	};
	char text[INET6_ADDRSTRLEN];
	struct address address;
	size_t i;

	out_open_object(out, NULL);
	for (i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		const struct nlattr *attr = tb[addresses[i].attr];
		bool is_ipv6 = addresses[i].family == AF_INET6;

		attr_address(is_ipv6 ? NULL : attr, is_ipv6 ? attr : NULL, &address);
		if (address.family)
			out_string(out, addresses[i].key, NULL, format_address(&address, text));
	}
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		const struct nlattr *attr = tb[numbers[i].attr];

		if (attr)
			out_u64(out, numbers[i].key, NULL, numbers[i].read(attr));
	}
	if (tb[PNF_FLOW_ICMP_TYPE_CODE])
		out_u64(out, attr_u8(tb[PNF_FLOW_IP_VERSION]) == 6 ? "icmpTypeCodeIPv6" :
			"icmpTypeCodeIPv4", NULL, attr_u16(tb[PNF_FLOW_ICMP_TYPE_CODE]));
	out_time(out, "flowStartMilliseconds", NULL, attr_u64(tb[PNF_FLOW_START]));
	out_time(out, "flowEndMilliseconds", NULL, attr_u64(tb[PNF_FLOW_END]));
	out_close_object(out);
}

/* An address with its port; of ICMP and the like, what stands in for the port */
static const char *format_end(const struct nlattr *v4, const struct nlattr *v6,
			      const struct nlattr *port, char text[INET6_ADDRSTRLEN + 16])
{
	char plain[INET6_ADDRSTRLEN];
	struct address address;

	attr_address(v4, v6, &address);
	format_address(&address, plain);
	if (!port)
		snprintf(text, INET6_ADDRSTRLEN + 16, "%s", plain);
	else if (address.family == AF_INET6)
		snprintf(text, INET6_ADDRSTRLEN + 16, "[%s]:%u", plain, attr_be16(port));
	else
		snprintf(text, INET6_ADDRSTRLEN + 16, "%s:%u", plain, attr_be16(port));
	return text;
}

static const char *format_interface(uint32_t index)
{
	/* most Flows share few interfaces, and each name costs a system call */
	static struct {
		uint32_t index;
		char name[PRINTABLE_TEXT(IFNAMSIZ)];
	} known[64];
	typeof(known[0]) *entry = &known[index % 64];
	char name[IFNAMSIZ];

	if (!index)
		return "-";
	if (entry->index != index) {
		entry->index = index;
		if (if_indextoname(index, name))
			format_printable(name, entry->name, sizeof(entry->name));
		else
			snprintf(entry->name, sizeof(entry->name), "%" PRIu32, index);
	}
	return entry->name;
}

/* Port-like things of protocols without ports */
static const char *format_detail(struct nlattr *const *tb, char text[24])
{
	static const char letters[] = "FSRPAUEC";
	uint16_t flags = attr_u16(tb[PNF_FLOW_TCP_CONTROL_BITS]);
	uint16_t icmp = attr_u16(tb[PNF_FLOW_ICMP_TYPE_CODE]);
	int bit;

	strcpy(text, "-");
	if (attr_u8(tb[PNF_FLOW_PROTOCOL]) == IPPROTO_TCP) {
		for (bit = 0; bit < 8; bit++)
			text[bit] = flags & 1 << bit ? letters[bit] : '.';
		text[bit] = '\0';
	} else if (tb[PNF_FLOW_ICMP_TYPE_CODE]) {
		snprintf(text, 24, "%d/%d", icmp >> 8, icmp & 0xff);
	} else if (tb[PNF_FLOW_IGMP_TYPE]) {
		snprintf(text, 24, "type %u", attr_u8(tb[PNF_FLOW_IGMP_TYPE]));
	} else if (tb[PNF_FLOW_IPSEC_SPI]) {
		snprintf(text, 24, "spi %08" PRIx32, ntohl(attr_u32(tb[PNF_FLOW_IPSEC_SPI])));
	}
	return text;
}

static const char *format_seconds(uint64_t from, uint64_t to, char text[24])
{
	uint64_t ns = to > from ? to - from : 0;

	snprintf(text, 24, "%" PRIu64 ".%03u", ns / NS_PER_SECOND,
		 (unsigned int)(ns % NS_PER_SECOND / 1000000));
	return text;
}

static uint64_t wall_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * NS_PER_SECOND + now.tv_nsec;
}

#define FLOW_ROW	"%-7s %-23s %-23s %-10s %-10s %12s %15s %-12s %11s %9s\n"

/* @now: ns since 1970 */
static void print_flow_text(struct out *out, struct nlattr *const *tb, uint64_t now)
{
	char source[INET6_ADDRSTRLEN + 16], dest[INET6_ADDRSTRLEN + 16];
	char protocol[16], packets[24], octets[24], in[PRINTABLE_TEXT(IFNAMSIZ)];
	char detail[24], lasted[24], idle[24];
	uint64_t start = attr_u64(tb[PNF_FLOW_START]);
	uint64_t end = attr_u64(tb[PNF_FLOW_END]);
	const char *name = format_word(protocol_names, attr_u8(tb[PNF_FLOW_PROTOCOL]));

	snprintf(protocol, sizeof(protocol), "%u", attr_u8(tb[PNF_FLOW_PROTOCOL]));
	snprintf(packets, sizeof(packets), "%" PRIu64, attr_u64(tb[PNF_FLOW_PACKETS]));
	snprintf(octets, sizeof(octets), "%" PRIu64, attr_u64(tb[PNF_FLOW_OCTETS]));
	/* the two may share an entry of what is known */
	snprintf(in, sizeof(in), "%s",
		 format_interface(attr_u32(tb[PNF_FLOW_INGRESS_INTERFACE])));
	out_text(out, FLOW_ROW, name ? name : protocol,
		 format_end(tb[PNF_FLOW_SOURCE_IPV4], tb[PNF_FLOW_SOURCE_IPV6],
			    tb[PNF_FLOW_SOURCE_PORT], source),
		 format_end(tb[PNF_FLOW_DESTINATION_IPV4], tb[PNF_FLOW_DESTINATION_IPV6],
			    tb[PNF_FLOW_DESTINATION_PORT], dest),
		 in, format_interface(attr_u32(tb[PNF_FLOW_EGRESS_INTERFACE])),
		 packets, octets, format_detail(tb, detail), format_seconds(start, end, lasted),
		 format_seconds(end, now, idle));
}

static void print_heading(struct out *out)
{
	out_text(out, FLOW_ROW, "proto", "source", "destination", "in", "out", "packets", "octets",
		 "flags/type", "lasted s", "idle s");
}

/* What print_flow() keeps from one Flow to the next */
struct listing {
	struct out *out;
	uint64_t start;		/* ns since 1970: what "idle" counts to */
	bool has_heading;
};

static int print_flow(struct nlmsghdr *nlh, void *arg, struct err *err)
{
	struct nlattr *tb[PNF_FLOW_MAX + 1];
	struct listing *listing = arg;
	struct out *out = listing->out;

	if (genlmsg_parse(nlh, 0, tb, PNF_FLOW_MAX, NULL) < 0)
		return err_refused(err, "the kernel's list of Flows cannot be read");
	/* not before the kernel has agreed */
	if (!listing->has_heading)
		print_heading(out);
	listing->has_heading = true;

	if (out_is_json(out))
		print_flow_json(out, tb);
	else
		print_flow_text(out, tb, listing->start);
	return out_check(out, err);
}

int command_show_flows(struct context *ctx, int argc, char **argv, struct err *err)
{
	struct listing listing = { .out = ctx->out, .start = wall_clock() };
	int status;

	(void)argc;
	(void)argv;
	status = context_connect(ctx, true, err);
	if (status)
		return status;

	out_open_array(ctx->out, NULL);
	status = channel_stream(&ctx->channel, PNF_CMD_FLOW_GET, print_flow, &listing, err);
	if (status)
		return status;
	if (!listing.has_heading)
		out_text(ctx->out, "no Flow\n");
	out_close_array(ctx->out);
	return STATUS_DONE;
}

int command_flush(struct context *ctx, int argc, char **argv, struct err *err)
{
	struct request request;
	int status;

	(void)argc;
	(void)argv;
	status = context_connect(ctx, true, err);
	if (!status)
		status = request_new(&request, &ctx->channel, PNF_CMD_FLUSH, "flush", err);
	if (status)
		return status;
	if (ctx->discard && nla_put_flag(request.msg, PNF_FLUSH_DISCARD) < 0)
		status = request_refuse_size(&request, err);
	if (!status)
		status = channel_do(&ctx->channel, &request, NULL, NULL, err);
	request_free(&request);
	return status;
}
