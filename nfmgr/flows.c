// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <linux/pkt_netflow.h>
#include <netlink/genl/genl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "command.h"
#include "elements.h"
#include "format.h"

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

/* Information Elements that people see, or that programs rely on */
enum {
	OCTET_DELTA_COUNT = 1,
	PACKET_DELTA_COUNT = 2,
	PROTOCOL_IDENTIFIER = 4,
	TCP_CONTROL_BITS = 6,
	SOURCE_TRANSPORT_PORT = 7,
	SOURCE_IPV4_ADDRESS = 8,
	INGRESS_INTERFACE = 10,
	DESTINATION_TRANSPORT_PORT = 11,
	DESTINATION_IPV4_ADDRESS = 12,
	EGRESS_INTERFACE = 14,
	SOURCE_IPV6_ADDRESS = 27,
	DESTINATION_IPV6_ADDRESS = 28,
	ICMP_TYPE_CODE_IPV4 = 32,
	IGMP_TYPE = 33,
	ICMP_TYPE_CODE_IPV6 = 139,
	FLOW_START_MILLISECONDS = 152,
	FLOW_END_MILLISECONDS = 153,
	FLOW_START_MICROSECONDS = 154,
	FLOW_END_MICROSECONDS = 155,
	FLOW_START_NANOSECONDS = 156,
	FLOW_END_NANOSECONDS = 157,
	IPSEC_SPI = 295,
	SHOWN_MAX = IPSEC_SPI
};

/**
 * struct flow - a Flow for people
 * @values: PNF_FLOW_ELEMENT_VALUE by number; NULL: it does not have that
 * @start: ns since 1970
 * @end: ns since 1970
 */
struct flow {
	const struct nlattr *values[SHOWN_MAX + 1];
	uint64_t start;
	uint64_t end;
};

static uint64_t flow_number(const struct flow *flow, uint16_t id)
{
	const struct nlattr *value = flow->values[id];

	if (!value || nla_len(value) > 8)
		return 0;
	return element_unsigned(nla_data(value), nla_len(value));
}

static void flow_read_element(struct flow *flow, struct nlattr *const *tb)
{
	const struct nlattr *value = tb[PNF_FLOW_ELEMENT_VALUE];
	uint16_t id = attr_u16(tb[PNF_FLOW_ELEMENT_ID]);
	uint8_t type;

	if (id > SHOWN_MAX)
		return;
	flow->values[id] = value;

	switch (id) {
	case FLOW_START_MILLISECONDS:
	case FLOW_END_MILLISECONDS:
		type = PNF_ELEMENT_MILLISECONDS;
		break;
	case FLOW_START_MICROSECONDS:
	case FLOW_END_MICROSECONDS:
	case FLOW_START_NANOSECONDS:
	case FLOW_END_NANOSECONDS:
		type = PNF_ELEMENT_NANOSECONDS;
		break;
	default:
		return;
	}
	/* starts have even numbers */
	*(id % 2 ? &flow->end : &flow->start) = element_ns(type, nla_data(value), nla_len(value));
}

/* Under the names of IANA */
static void print_element(struct out *out, const struct elements *elements,
			  struct nlattr *const *tb)
{
	const struct nlattr *attr = tb[PNF_FLOW_ELEMENT_VALUE];
	uint16_t id = attr_u16(tb[PNF_FLOW_ELEMENT_ID]);
	const struct element *element = elements_find(elements, id);
	struct element_value value;
	char number[8];
	const char *key;

	snprintf(number, sizeof(number), "%u", id);
	key = element ? element->name : number;
	element_decode(element ? element->type : PNF_ELEMENT_OCTET_ARRAY, nla_data(attr),
		       nla_len(attr), &value);
	switch (value.kind) {
	case ELEMENT_NUMBER:
		out_u64(out, key, NULL, value.number);
		break;
	case ELEMENT_REAL:
		out_real(out, key, value.real);
		break;
	case ELEMENT_FLAG:
		out_bool(out, key, value.flag);
		break;
	case ELEMENT_WORD:
		out_string(out, key, NULL, value.text);
		break;
	case ELEMENT_NOTHING:
		out_null(out, key);
		break;
	}
}

/* An address with its port; of ICMP and the like, what stands in for the port */
static const char *format_end(const struct flow *flow, uint16_t v4, uint16_t v6, uint16_t port,
			      char text[INET6_ADDRSTRLEN + 16])
{
	char plain[INET6_ADDRSTRLEN];
	struct address address;

	attr_address(flow->values[v4], flow->values[v6], &address);
	format_address(&address, plain);
	if (!flow->values[port])
		snprintf(text, INET6_ADDRSTRLEN + 16, "%s", plain);
	else
		snprintf(text, INET6_ADDRSTRLEN + 16,
			 address.family == AF_INET6 ? "[%s]:%u" : "%s:%u", plain,
			 (uint16_t)flow_number(flow, port));
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
static const char *format_detail(const struct flow *flow, char text[24])
{
	static const char letters[] = "FSRPAUEC";
	uint16_t flags = flow_number(flow, TCP_CONTROL_BITS);
	uint16_t icmp = flow->values[ICMP_TYPE_CODE_IPV4] ? ICMP_TYPE_CODE_IPV4 :
			ICMP_TYPE_CODE_IPV6;
	uint16_t type_code = flow_number(flow, icmp);
	int bit;

	strcpy(text, "-");
	if (flow_number(flow, PROTOCOL_IDENTIFIER) == IPPROTO_TCP) {
		for (bit = 0; bit < 8; bit++)
			text[bit] = flags & 1 << bit ? letters[bit] : '.';
		text[bit] = '\0';
	} else if (flow->values[icmp]) {
		snprintf(text, 24, "%d/%d", type_code >> 8, type_code & 0xff);
	} else if (flow->values[IGMP_TYPE]) {
		snprintf(text, 24, "type %u", (uint8_t)flow_number(flow, IGMP_TYPE));
	} else if (flow->values[IPSEC_SPI]) {
		snprintf(text, 24, "spi %08" PRIx32, (uint32_t)flow_number(flow, IPSEC_SPI));
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
static void print_flow_text(struct out *out, const struct flow *flow, uint64_t now)
{
	char source[INET6_ADDRSTRLEN + 16], dest[INET6_ADDRSTRLEN + 16];
	char protocol[16], packets[24], octets[24], in[PRINTABLE_TEXT(IFNAMSIZ)];
	char detail[24], lasted[24], idle[24];
	uint8_t number = flow_number(flow, PROTOCOL_IDENTIFIER);
	const char *name = format_word(protocol_names, number);

	snprintf(protocol, sizeof(protocol), "%u", number);
	snprintf(packets, sizeof(packets), "%" PRIu64, flow_number(flow, PACKET_DELTA_COUNT));
	snprintf(octets, sizeof(octets), "%" PRIu64, flow_number(flow, OCTET_DELTA_COUNT));
	/* the two may share an entry of what is known */
	snprintf(in, sizeof(in), "%s", format_interface(flow_number(flow, INGRESS_INTERFACE)));
	out_text(out, FLOW_ROW, name ? name : protocol,
		 format_end(flow, SOURCE_IPV4_ADDRESS, SOURCE_IPV6_ADDRESS,
			    SOURCE_TRANSPORT_PORT, source),
		 format_end(flow, DESTINATION_IPV4_ADDRESS, DESTINATION_IPV6_ADDRESS,
			    DESTINATION_TRANSPORT_PORT, dest),
		 in, format_interface(flow_number(flow, EGRESS_INTERFACE)),
		 packets, octets, format_detail(flow, detail),
		 format_seconds(flow->start, flow->end, lasted),
		 format_seconds(flow->end, now, idle));
}

static void print_heading(struct out *out)
{
	out_text(out, FLOW_ROW, "proto", "source", "destination", "in", "out", "packets", "octets",
		 "flags/type", "lasted s", "idle s");
}

/* What print_flow() keeps from one Flow to the next */
struct listing {
	struct out *out;
	struct elements elements;
	uint64_t start;		/* ns since 1970: what "idle" counts to */
	bool has_heading;
};

static int print_flow(struct nlmsghdr *nlh, void *arg, struct err *err)
{
	struct nlattr *tb[PNF_FLOW_ELEMENT_MAX + 1], *attr;
	struct genlmsghdr *ghdr = genlmsg_hdr(nlh);
	struct flow flow = { .start = 0 };
	struct listing *listing = arg;
	struct out *out = listing->out;
	int rest;

	/* not before the kernel has agreed */
	if (!listing->has_heading)
		print_heading(out);
	listing->has_heading = true;

	out_open_object(out, NULL);
	nla_for_each_attr(attr, genlmsg_attrdata(ghdr, 0), genlmsg_attrlen(ghdr, 0), rest) {
		if (nla_type(attr) != PNF_FLOW_ELEMENT)
			continue;
		if (nla_parse_nested(tb, PNF_FLOW_ELEMENT_MAX, attr, NULL) < 0 ||
		    !tb[PNF_FLOW_ELEMENT_ID] || !tb[PNF_FLOW_ELEMENT_VALUE])
			return err_refused(err, "the kernel's list of Flows cannot be read");
		if (out_is_json(out))
			print_element(out, &listing->elements, tb);
		else
			flow_read_element(&flow, tb);
	}
	out_close_object(out);
	if (!out_is_json(out))
		print_flow_text(out, &flow, listing->start);
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

	status = elements_read(&ctx->channel, &listing.elements, err);
	if (!status) {
		out_open_array(ctx->out, NULL);
		status = channel_stream(&ctx->channel, PNF_CMD_FLOW_GET, print_flow, &listing,
					err);
	}
	elements_free(&listing.elements);
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
