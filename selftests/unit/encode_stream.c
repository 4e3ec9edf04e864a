// SPDX-License-Identifier: GPL-2.0-only
/* sources: kmod/ie.c kmod/message.c kmod/template.c kmod/encode_v5.c */
/* sources: kmod/nat_event.c kmod/encode_template.c */
/*
 * Whole streams of the encoders, as a Transport Session would send them, put
 * before decoders that share no code with them: flowdecode.py and tshark.
 * Now and then settings change: other fields, other Templates by name, and all Templates anew.
 */
#include "kselftest_harness.h"
#include <libgen.h>
#include <limits.h>
#include <linux/kernel.h>
#include <linux/stddef.h>

#include "encoding.h"

#define CAPACITY	1232	/* 1280 less the headers of IPv6 and UDP */
#define REFRESH_MINUTES	1
#define FLOWS		5000
#define BATCH		40
#define DOMAINS		3
#define DOMAIN_ID	0xfedcba98
#define RENEWAL		10	/* batches between changes of settings, on the average */
#define OPTIONS		8	/* messages between Options Data, on the average */

/* Fields whose sums have to come out right, wherever Templates have them */
struct stream_field {
	u16 id;
	u16 offset;
	u8 size;
	bool is_be;			/* in network byte order */
	u32 unit;			/* what is told is in so many of what the record has */
	const char *name;
};

#define FIELD(_id, _name, _field)						\
	.id = (_id), .name = (_name), .offset = offsetof(struct pnf_record, _field),	\
	.size = sizeof_field(struct pnf_record, _field)

static const struct stream_field stream_fields[] = {
	{ FIELD(2, "packetDeltaCount", packets) },
	{ FIELD(1, "octetDeltaCount", octets) },
	{ FIELD(209, "tcpOptions", tcp_options) },
	{ FIELD(31, "flowLabelIPv6", flow_label) },
	{ FIELD(9, "sourceIPv4PrefixLength", source_prefix) },
	{ FIELD(30, "destinationIPv6PrefixLength", destination_prefix) },
	{ FIELD(352, "layer2OctetDeltaCount", more.layer2_octets) },
	{ FIELD(162, "flowDurationMicroseconds", more.duration_ns), .unit = NSEC_PER_USEC },
	{ FIELD(253, "egressPhysicalInterface", more.physical_egress) },
	{ FIELD(26, "maximumIpTotalLength", more.length_max) },
	{ FIELD(234, "ingressVRFID", more.ingress_vrf) },
	{ FIELD(227, "postNAPTSourceTransportPort", more.post_sport), .is_be = true },
	{ FIELD(245, "dot1qCustomerVlanId", more.vlan_id[1]) },
	{ FIELD(254, "postDot1qVlanId", more.post_vlan_id[0]) },
	{ FIELD(52, "minimumTTL", more.ttl_min) },
	{ FIELD(61, "flowDirection", more.direction) },
	{ FIELD(200, "mplsTopLabelTTL", more.label_ttl) },
	{ FIELD(230, "natEvent", more.nat_event) },
};

/* Those of a record that settings decide, and those that its packets decide */
#define OF_SETTINGS	(PNF_LAYOUT_SAMPLER | PNF_LAYOUT_DIRECTION | PNF_LAYOUT_PHYSDEV |	\
			 PNF_LAYOUT_TTL | PNF_LAYOUT_LENGTH | PNF_LAYOUT_LAYER2 |		\
			 PNF_LAYOUT_VRF | PNF_LAYOUT_MICROSECONDS | PNF_LAYOUT_NANOSECONDS |	\
			 PNF_LAYOUT_DURATION)

static const u64 of_packets[] = {
	PNF_LAYOUT_IPV4_OPTIONS | PNF_LAYOUT_IPV6_EXTENSIONS,
	PNF_LAYOUT_TCP_OPTIONS,
	PNF_LAYOUT_FLOW_LABEL,
	PNF_LAYOUT_SOURCE_PREFIX_IPV4 | PNF_LAYOUT_SOURCE_PREFIX_IPV6,
	PNF_LAYOUT_DESTINATION_PREFIX_IPV4 | PNF_LAYOUT_DESTINATION_PREFIX_IPV6,
	PNF_LAYOUT_MAC,
	PNF_LAYOUT_ETHERTYPE,
	PNF_LAYOUT_VLAN,
	PNF_LAYOUT_VLAN | PNF_LAYOUT_VLAN_INNER,
	PNF_LAYOUT_POST_VLAN,
	PNF_LAYOUT_POST_VLAN | PNF_LAYOUT_POST_VLAN_INNER,
	PNF_LAYOUT_NAT_IPV4 | PNF_LAYOUT_NAT_IPV6,
	0x3ffULL << PNF_LAYOUT_MPLS_SHIFT,
};

#define OF_IPV4_ALONE	(PNF_LAYOUT_IPV4_OPTIONS | PNF_LAYOUT_SOURCE_PREFIX_IPV4 |		\
			 PNF_LAYOUT_DESTINATION_PREFIX_IPV4 | PNF_LAYOUT_NAT_IPV4)
#define OF_IPV6_ALONE	(PNF_LAYOUT_IPV6_EXTENSIONS | PNF_LAYOUT_SOURCE_PREFIX_IPV6 |		\
			 PNF_LAYOUT_DESTINATION_PREFIX_IPV6 | PNF_LAYOUT_NAT_IPV6 |		\
			 PNF_LAYOUT_FLOW_LABEL)

/* Templates by name: some fit many records, some few, one none of v9 */
static const struct pnf_named_template stream_named[] = {
	{ "tagged", 5, { 2, 1, 245, 80, 4 } },
	{ "reason", 6, { 136, 2, 1, 4, 152, 153 } },
	{ "six", 5, { 27, 28, 1, 2, 60 } },
	{ "least", 3, { 1, 2, 61 } },
};

/* What one Observation Domain has of its own in a Transport Session */
struct stream_domain {
	u32 id;
	u32 sequence;
	struct pnf_template_schedule schedule;
};

FIXTURE(stream) {
	char path[64];
	FILE *capture;
	const struct pnf_encoder *encoder;
	struct pnf_template_table *table;
	struct stream_domain domains[DOMAINS];
	struct stream_domain *domain;	/* that the next message is of */
	struct pnf_clock clock;
	u64 settings;			/* PNF_LAYOUT_* bits that all records have */
	u64 packets[ARRAY_SIZE(of_packets)];	/* such bits that records have or not */
	unsigned int packet_count;
	u64 sums[ARRAY_SIZE(stream_fields)];
	u64 records;
	u64 options;
	u64 messages;
	unsigned int renewals;
	unsigned int widest;		/* Templates at once */
};

FIXTURE_VARIANT(stream) {
	u8 version;
	u32 sequence;
	unsigned int domains;
	unsigned int refresh_rate;
	unsigned int packets;		/* of_packets[] at once */
	const char *rules;		/* flowdecode.py has to know */
};

FIXTURE_VARIANT_ADD(stream, v5) {
	.version = 5,
	.sequence = 0xffffffff - 500,
	.domains = 1,
	.refresh_rate = 20,
	.packets = 0,
	.rules = "--domain 4275878552",
};

FIXTURE_VARIANT_ADD(stream, v9) {
	.version = 9,
	.sequence = 0xffffffff - 50,
	.domains = 1,
	.refresh_rate = 20,
	.packets = 2,
	.rules = "--domain 4275878552",
};

FIXTURE_VARIANT_ADD(stream, ipfix) {
	.version = 10,
	.sequence = 0,
	.domains = 1,
	.refresh_rate = 20,
	.packets = 2,
	.rules = "--domain 4275878552",
};

FIXTURE_VARIANT_ADD(stream, ipfix_wrap) {
	.version = 10,
	.sequence = 0xfffffff0,
	.domains = 1,
	.refresh_rate = 20,
	.packets = 2,
	.rules = "--domain 4275878552 --mid-stream",
};

FIXTURE_VARIANT_ADD(stream, ipfix_domains) {
	.version = 10,
	.sequence = 0xfffffff0,
	.domains = DOMAINS,
	.refresh_rate = 20,
	.packets = 1,
	.rules = "--mid-stream",
};

/* More layouts than there can be Templates */
FIXTURE_VARIANT_ADD(stream, v9_crowd) {
	.version = 9,
	.sequence = 0,
	.domains = 1,
	.refresh_rate = 2000,
	.packets = ARRAY_SIZE(of_packets),
	.rules = "--domain 4275878552",
};

FIXTURE_VARIANT_ADD(stream, ipfix_crowd) {
	.version = 10,
	.sequence = 0,
	.domains = 1,
	.refresh_rate = 2000,
	.packets = ARRAY_SIZE(of_packets),
	.rules = "--domain 4275878552",
};

/* Sends the message: a packet of IPv4 and UDP in a pcap file of bare IP packets. */
static void stream_send(FIXTURE_DATA(stream) *self, struct pnf_message *msg)
{
	const struct pnf_header_info info = {
		.clock = &self->clock,
		.sequence = self->domain->sequence,
		.domain = self->domain->id,
	};
	u32 record[4] = { self->clock.real_ns / NSEC_PER_SEC, self->clock.real_ns % NSEC_PER_SEC };
	u8 headers[28] = {
		0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 17, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1,
		0x9c, 0x40, 2055 >> 8, 2055 & 0xff, 0, 0, 0xff, 0xff,
	};

	self->encoder->finish(msg, &info);
	record[2] = sizeof(headers) + msg->octets;
	record[3] = record[2];
	put_unaligned_be16(sizeof(headers) + msg->octets, headers + 2);
	put_unaligned_be16(8 + msg->octets, headers + 24);
	fwrite(record, sizeof(record), 1, self->capture);
	fwrite(headers, sizeof(headers), 1, self->capture);
	fwrite(msg->data, msg->octets, 1, self->capture);
	self->domain->sequence += self->encoder->sequence_step(msg);
	self->messages++;
	pnf_template_schedule_note_message(&self->domain->schedule);
	self->clock.real_ns += 137 * NSEC_PER_MSEC + 1234567;
	self->clock.boot_ns += 137 * NSEC_PER_MSEC + 1234567;
}

/* Announces what the session does not know of, as far as a message has room. */
static void stream_send_templates(FIXTURE_DATA(stream) *self)
{
	u8 buffer[CAPACITY] __attribute__((aligned(4)));
	struct pnf_message msg;
	unsigned int i;

	pnf_message_init(&msg, buffer, sizeof(buffer));
	self->encoder->begin(&msg);
	for (i = 0; i < self->table->count; i++) {
		if (test_bit(i, self->domain->schedule.announced))
			continue;
		if (!self->encoder->put_template(&msg, self->table->templates[i])) {
			stream_send(self, &msg);
			pnf_message_init(&msg, buffer, sizeof(buffer));
			self->encoder->begin(&msg);
			self->encoder->put_template(&msg, self->table->templates[i]);
		}
		pnf_template_schedule_note_sent(&self->domain->schedule, i);
	}
	if (msg.definitions)
		stream_send(self, &msg);
}

static int compare_layouts(const void *a, const void *b)
{
	const struct pnf_record *const *first = a, *const *second = b;

	return ((*first)->layout > (*second)->layout) - ((*first)->layout < (*second)->layout);
}

static u64 stream_value(const struct stream_field *field, const struct pnf_record *record)
{
	const u8 *from = (const u8 *)record + field->offset;
	u64 value;

	switch (field->size) {
	case 1:
		value = *from;
		break;
	case 2:
		value = field->is_be ? get_unaligned_be16(from) : get_unaligned((const u16 *)from);
		break;
	case 4:
		value = get_unaligned((const u32 *)from);
		break;
	default:
		value = get_unaligned((const u64 *)from);
	}
	return field->unit ? value / field->unit : value;
}

/* What a decoder has to find of a record that was put */
static void stream_note(FIXTURE_DATA(stream) *self, const struct pnf_record *record)
{
	const struct pnf_template *template;
	unsigned int i, j;

	self->records++;
	if (!self->encoder->has_templates) {
		self->sums[0] += record->packets;
		self->sums[1] += record->octets;
		return;
	}
	template = pnf_template_get(self->table, self->encoder->version, record->layout);
	for (i = 0; i < template->ie_count; i++)
		for (j = 0; j < ARRAY_SIZE(stream_fields); j++)
			if (template->ies[i]->id == stream_fields[j].id)
				self->sums[j] += stream_value(&stream_fields[j], record);
}

static void stream_put_options(FIXTURE_DATA(stream) *self, struct pnf_message *msg)
{
	const struct pnf_template *template;

	if (!self->encoder->has_templates || rand() % OPTIONS)
		return;
	template = pnf_template_get_options(self->table, self->encoder->version, &sample_options);
	if (self->encoder->put_options(msg, template, &sample_options_value, &self->clock))
		self->options++;
}

static void stream_send_records(FIXTURE_DATA(stream) *self, const struct pnf_record **records,
				unsigned int n, unsigned int refresh_rate)
{
	u8 buffer[CAPACITY] __attribute__((aligned(4)));
	struct pnf_message msg;
	unsigned int done, i;

	qsort(records, n, sizeof(records[0]), compare_layouts);
	while (n) {
		pnf_message_init(&msg, buffer, sizeof(buffer));
		self->encoder->begin(&msg);
		stream_put_options(self, &msg);
		/* in two calls, as when a message waits for more */
		done = self->encoder->put_records(&msg, records, (n + 1) / 2, self->table,
						  &self->clock);
		done += self->encoder->put_records(&msg, records + done, n - done, self->table,
						   &self->clock);
		stream_put_options(self, &msg);
		if (!done)
			return;
		for (i = 0; i < done; i++)
			stream_note(self, records[i]);
		records += done;
		n -= done;
		if (!self->encoder->has_templates) {
			stream_send(self, &msg);
			continue;
		}
		if (pnf_template_schedule_is_due(&self->domain->schedule, self->clock.boot_ns,
						 refresh_rate, REFRESH_MINUTES))
			pnf_template_schedule_note_refresh(&self->domain->schedule,
							   self->clock.boot_ns);
		stream_send_templates(self);
		stream_send(self, &msg);
	}
}

/* Other settings: all that was said of Templates is void. */
static void stream_renew(FIXTURE_DATA(stream) *self, unsigned int packets)
{
	unsigned int i;

	self->widest = max(self->widest, self->table->count);
	pnf_template_table_renew(self->table);
	/* those of the settings before were elsewhere */
	i = rand() % (ARRAY_SIZE(stream_named) + 1);
	pnf_template_table_set_named(self->table, stream_named + i,
				     rand() % 3 ? 0 : ARRAY_SIZE(stream_named) - i);
	for (i = 0; i < DOMAINS; i++)
		pnf_template_schedule_reset(&self->domains[i].schedule);
	self->settings = ((u64)rand() << 31 | rand()) & OF_SETTINGS;
	self->packet_count = packets;
	for (i = 0; i < packets; i++)
		self->packets[i] = of_packets[packets == ARRAY_SIZE(of_packets) ? i :
					      rand() % ARRAY_SIZE(of_packets)];
	self->renewals++;
}

/* Values for what the layout has; the rest is 0, or not written at all */
static void stream_fill(FIXTURE_DATA(stream) *self, struct pnf_record *record)
{
	struct pnf_record_more *more = &record->more;
	struct pnf_record full = sample_record_full4();
	u64 layout = record->layout;

	record->tcp_options = layout & PNF_LAYOUT_TCP_OPTIONS ? rand() : 0;
	record->ip_options = layout & (PNF_LAYOUT_IPV4_OPTIONS | PNF_LAYOUT_IPV6_EXTENSIONS) ?
			     rand() : 0;
	record->flow_label = layout & PNF_LAYOUT_FLOW_LABEL ? rand() & 0xfffff : 0;
	record->source_prefix = layout & (PNF_LAYOUT_SOURCE_PREFIX_IPV4 |
					  PNF_LAYOUT_SOURCE_PREFIX_IPV6) ? rand() % 33 : 0;
	record->destination_prefix = layout & (PNF_LAYOUT_DESTINATION_PREFIX_IPV4 |
					       PNF_LAYOUT_DESTINATION_PREFIX_IPV6) ?
				     rand() % 33 : 0;
	record->sampler_id = layout & PNF_LAYOUT_SAMPLER ? 7 : 0;
	memset(more, layout & PNF_LAYOUT_MORE ? 0 : 0xee, sizeof(*more));
	if (layout & PNF_LAYOUT_DURATION)
		more->duration_ns = record->end_ns - record->start_ns;
	if (layout & PNF_LAYOUT_LAYER2)
		more->layer2_octets = (u64)rand() << 10;
	if (layout & PNF_LAYOUT_PHYSDEV)
		more->physical_egress = rand();
	if (layout & PNF_LAYOUT_LENGTH)
		more->length_max = 40 + rand() % 65000;
	if (layout & PNF_LAYOUT_VRF) {
		more->ingress_vrf = rand();
		strcpy(more->vrf_name, "red");
	}
	if (layout & (PNF_LAYOUT_NAT_IPV4 | PNF_LAYOUT_NAT_IPV6))
		more->post_sport = rand();
	if (layout & PNF_LAYOUT_MAC)
		memcpy(more->destination_mac, full.more.destination_mac, 2 * ETH_ALEN);
	if (layout & PNF_LAYOUT_VLAN)
		more->vlan_dei[0] = 1 + rand() % 2;
	if (layout & PNF_LAYOUT_VLAN_INNER) {
		more->vlan_dei[1] = 1 + rand() % 2;
		more->vlan_id[1] = rand() & 0xfff;
	}
	if (layout & PNF_LAYOUT_POST_VLAN)
		more->post_vlan_id[0] = rand() & 0xfff;
	if (layout & PNF_LAYOUT_TTL)
		more->ttl_min = rand();
	if (layout & PNF_LAYOUT_DIRECTION)
		more->direction = rand() % 2;
	if (layout & PNF_LAYOUT_MPLS(0)) {
		memcpy(more->label, full.more.label, sizeof(more->label));
		more->label_ttl = rand();
	}
}

static struct pnf_record stream_nat_event(FIXTURE_DATA(stream) *self)
{
	struct pnf_record record = rand() % 2 ? sample_record_nat4() : sample_record_nat6();

	record.start_ns = self->clock.boot_ns;
	record.more.nat_event = 1 + rand() % 5;
	return record;
}

static struct pnf_record stream_flow(FIXTURE_DATA(stream) *self)
{
	struct pnf_record samples[] = {
		sample_record_tcp4(), sample_record_icmp4(), sample_record_igmp(),
		sample_record_esp4(), sample_record_udp6(), sample_record_icmp6(),
	};
	struct pnf_record record = samples[rand() % (self->encoder->version == 5 ? 4 : 6)];
	unsigned int i;

	record.packets = 1 + rand() % 100000;
	record.octets = record.packets * (40 + rand() % 1400);
	record.end_ns = self->clock.boot_ns - (u64)rand() % NSEC_PER_SEC;
	record.start_ns = record.end_ns - (u64)rand() % (30 * NSEC_PER_SEC);
	record.reason = 1 + rand() % 5;
	if (!self->encoder->has_templates)
		return record;
	if (rand() % 50 == 0)
		return stream_nat_event(self);

	record.layout |= self->settings;
	for (i = 0; i < self->packet_count; i++)
		if (rand() % 2)
			record.layout |= self->packets[i];
	record.layout &= ~(record.version == PNF_IPV4 ? OF_IPV6_ALONE : OF_IPV4_ALONE);
	if (!(record.layout & PNF_LAYOUT_PORTS))
		record.layout &= ~PNF_LAYOUT_TCP_OPTIONS;
	stream_fill(self, &record);
	return record;
}

static void stream_make(FIXTURE_DATA(stream) *self, const FIXTURE_VARIANT(stream) *variant)
{
	static struct pnf_record flows[BATCH];
	const struct pnf_record *records[BATCH];
	unsigned int i, n, left, renewal = RENEWAL;

	/* in a crowd all the layouts are to come */
	if (variant->packets == ARRAY_SIZE(of_packets))
		renewal *= 10;
	stream_renew(self, variant->packets);
	for (left = FLOWS; left; left -= n) {
		if (rand() % renewal == 0)
			stream_renew(self, variant->packets);
		n = min(left, 1U + rand() % BATCH);
		for (i = 0; i < n; i++) {
			flows[i] = stream_flow(self);
			records[i] = &flows[i];
		}
		self->domain = &self->domains[rand() % variant->domains];
		stream_send_records(self, records, n, variant->refresh_rate);
	}
	self->widest = max(self->widest, self->table->count);
}

FIXTURE_SETUP(stream)
{
	static const u32 header[6] = { 0xa1b23c4d, 2 | 4 << 16, 0, 0, 65535, 101 };
	unsigned int i;
	int fd;

	srand(1);
	strcpy(self->path, "/tmp/pnf_stream.XXXXXX");
	fd = mkstemp(self->path);
	ASSERT_LE(0, fd);
	self->capture = fdopen(fd, "w");
	ASSERT_NE(NULL, self->capture);
	fwrite(header, sizeof(header), 1, self->capture);

	self->encoder = pnf_encoder_get(variant->version);
	self->table = malloc(sizeof(*self->table));
	ASSERT_NE(NULL, self->table);
	pnf_template_table_init(self->table, 65400);
	for (i = 0; i < DOMAINS; i++) {
		self->domains[i].id = DOMAIN_ID + i;
		self->domains[i].sequence = variant->sequence - 100 * i;
		pnf_template_schedule_reset(&self->domains[i].schedule);
	}
	self->clock = sample_clock;
	stream_make(self, variant);
}

FIXTURE_TEARDOWN(stream)
{
	fclose(self->capture);
	unlink(self->path);
	pnf_template_table_renew(self->table);
	free(self->table);
}

/* Runs `command path`, with the directory of the decoder as %1$s; its exit status and output. */
static int stream_judge(FIXTURE_DATA(stream) *self, const char *format, char *output, size_t size)
{
	char exe[PATH_MAX] = "", command[2 * PATH_MAX];
	size_t read;
	FILE *pipe;

	if (readlink("/proc/self/exe", exe, sizeof(exe) - 1) < 0)
		return -1;
	snprintf(command, sizeof(command), format, dirname(exe), self->path);
	fflush(self->capture);
	pipe = popen(command, "r");
	if (!pipe)
		return -1;
	read = fread(output, 1, size - 1, pipe);
	output[read] = '\0';
	return pclose(pipe);
}

TEST_F(stream, has_what_it_is_made_for)
{
	EXPECT_EQ(FLOWS, self->records);
	EXPECT_LT(100, self->messages);
	if (!self->encoder->has_templates)
		return;
	EXPECT_LT(20, self->options);
	if (variant->packets == ARRAY_SIZE(of_packets))
		EXPECT_LT(PNF_TEMPLATES_MAX - 64, self->widest);
	if (variant->packets != ARRAY_SIZE(of_packets))
		EXPECT_LT(5, self->renewals);
}

/* CONFORMANCE 1 to 37, as far as flowdecode.py can tell */
TEST_F(stream, flowdecode_finds_no_violation)
{
	char output[8192], expected[128], command[256];
	int status;

	/* A Template is due after so many messages of its domain, while others send theirs */
	snprintf(command, sizeof(command), "timeout 60 %%1$s/../../selftests/lib/flowdecode.py "
		 "check %%2$s --mtu 1280 --refresh-messages %u --refresh-minutes 1 %s",
		 variant->refresh_rate * (variant->domains == 1 ? 1 : 2 * DOMAINS), variant->rules);
	status = stream_judge(self, command, output, sizeof(output));
	EXPECT_EQ(0, status) TH_LOG("%s", output);
	snprintf(expected, sizeof(expected),
		 "%llu messages, %llu flow records, %llu options records", self->messages,
		 self->records, self->options);
	EXPECT_NE(NULL, strstr(output, expected)) TH_LOG("%s", output);
	EXPECT_NE(NULL, strstr(output, " 0 violations")) TH_LOG("%s", output);
}

TEST_F(stream, flowdecode_reads_what_was_encoded)
{
	char output[1024], expected[1024] = "", command[2048], names[1024] = "";
	unsigned int i;
	int status;

	for (i = 0; i < ARRAY_SIZE(stream_fields); i++) {
		sprintf(names + strlen(names), " %s", stream_fields[i].name);
		sprintf(expected + strlen(expected), "%s%llu", i ? " " : "", self->sums[i]);
	}
	strcat(expected, "\n");
	snprintf(command, sizeof(command), "timeout 60 %%1$s/../../selftests/lib/flowdecode.py "
		 "flows %%2$s | python3 -c 'import json, sys; flows = [*map(json.loads, sys.stdin)]; "
		 "print(*(sum(flow.get(name, 0) for flow in flows) for name in sys.argv[1:]))'%s",
		 names);
	status = stream_judge(self, command, output, sizeof(output));
	EXPECT_EQ(0, status);
	EXPECT_STREQ(expected, output);
}

/* Unknown Templates, gaps of the sequence and malformed packets are expert items. */
TEST_F(stream, tshark_has_nothing_to_remark)
{
	char output[8192];

	if (stream_judge(self, "command -v tshark", output, sizeof(output)))
		SKIP(return, "tshark is not installed");
	EXPECT_EQ(0, stream_judge(self, "timeout 60 tshark -n -r %2$s -d udp.port==2055,cflow "
				  "-Y '!cflow || _ws.expert' 2>/dev/null",
				  output, sizeof(output)));
	EXPECT_STREQ("", output);
}

TEST_HARNESS_MAIN
