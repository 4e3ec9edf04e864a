// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <linux/pkt_netflow.h>
#include <netlink/genl/genl.h>

#include "command.h"
#include "format.h"
#include "ie.h"

static void print_element(struct out *out, struct nlattr *nest, bool is_scope)
{
	struct nlattr *tb[PNF_ELEMENT_MAX + 1];
	uint16_t octets;
	char name[ELEMENT_NAME_OCTETS];

	if (nla_parse_nested(tb, PNF_ELEMENT_MAX, nest, NULL) < 0)
		return;

	out_open_object(out, NULL);
	out_u64(out, "id", "  %5" PRIu64, attr_u16(tb[PNF_ELEMENT_ID]));
	octets = attr_u16(tb[PNF_ELEMENT_OCTETS]);
	if (octets == ELEMENT_VARIABLE)
		out_text(out, " any");
	out_u64(out, "octets", octets == ELEMENT_VARIABLE ? NULL : " %3" PRIu64, octets);
	attr_string(tb[PNF_ELEMENT_NAME], name, sizeof(name));
	out_string(out, "name", "  %s", *name ? name : NULL);
	if (tb[PNF_ELEMENT_ENTERPRISE])
		out_u64(out, "enterprise", " (enterprise %" PRIu64 ")",
			attr_u32(tb[PNF_ELEMENT_ENTERPRISE]));
	else
		out_null(out, "enterprise");
	if (is_scope)
		out_text(out, " (scope)");
	out_bool(out, "scope", is_scope);
	out_text(out, "\n");
	out_close_object(out);
}

static int print_template(struct out *out, struct nlmsghdr *nlh, struct err *err)
{
	struct nlattr *tb[PNF_TEMPLATE_MAX + 1];
	struct genlmsghdr *ghdr = genlmsg_hdr(nlh);
	char name[PNF_TEMPLATE_NAME_MAX + 1], text[PRINTABLE_TEXT(PNF_TEMPLATE_NAME_MAX + 1)];
	struct nlattr *attr;
	uint8_t protocol, scopes;
	unsigned int i = 0;
	int rest;

	if (genlmsg_parse(nlh, 0, tb, PNF_TEMPLATE_MAX, NULL) < 0)
		return err_refused(err, "the kernel's list of Templates cannot be read");

	out_open_object(out, NULL);
	out_u64(out, "id", "template %" PRIu64, attr_u16(tb[PNF_TEMPLATE_ID]));
	attr_string(tb[PNF_TEMPLATE_NAME], name, sizeof(name));
	if (*name)
		out_text(out, " '%s'", format_printable(name, text, sizeof(text)));
	out_string(out, "name", NULL, *name ? name : NULL);
	scopes = attr_u8(tb[PNF_TEMPLATE_SCOPES]);
	if (scopes)
		out_text(out, " of options");
	out_u64(out, "scopes", NULL, scopes);
	protocol = attr_u8(tb[PNF_TEMPLATE_PROTOCOL]);
	out_text(out, "%s", protocol == 10 ? " of IPFIX" : " of NetFlow v9");
	out_u64(out, "protocol", NULL, protocol);
	out_u64(out, "sent", ", sent %" PRIu64 " times", attr_u64(tb[PNF_TEMPLATE_SENT]));
	out_u64(out, "records", ", %" PRIu64 " data records",
		attr_u64(tb[PNF_TEMPLATE_RECORDS]));
	out_u64(out, "record_octets", " of %" PRIu64 " octets\n",
		attr_u32(tb[PNF_TEMPLATE_RECORD_OCTETS]));

	out_open_array(out, "elements");
	nla_for_each_attr(attr, genlmsg_attrdata(ghdr, 0), genlmsg_attrlen(ghdr, 0), rest) {
		if (nla_type(attr) == PNF_TEMPLATE_ELEMENT)
			print_element(out, attr, i++ < scopes);
	}
	out_close_array(out);
	out_close_object(out);
	return STATUS_DONE;
}

int command_show_templates(struct context *ctx, int argc, char **argv, struct err *err)
{
	struct replies replies;
	struct nlmsghdr *nlh;
	int status;

	(void)argc;
	(void)argv;
	status = context_connect(ctx, true, err);
	if (status)
		return status;

	status = channel_dump(&ctx->channel, PNF_CMD_TEMPLATE_GET, &replies, err);
	if (!status) {
		out_open_array(ctx->out, NULL);
		replies_for_each(nlh, &replies) {
			status = print_template(ctx->out, nlh, err);
			if (status)
				break;
		}
		if (!replies.used)
			out_text(ctx->out, "no Template\n");
		if (!status)
			out_close_array(ctx->out);
	}
	replies_free(&replies);
	return status;
}
