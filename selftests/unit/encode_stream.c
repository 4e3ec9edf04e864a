// SPDX-License-Identifier: GPL-2.0-only
/* sources: kmod/ie.c kmod/message.c kmod/template.c kmod/encode_v5.c kmod/encode_template.c */
/*
 * Whole streams of the encoders, as a Transport Session would send them, put
 * before decoders that share no code with them: flowdecode.py and tshark.
 */
#include "kselftest_harness.h"
#include <libgen.h>
#include <limits.h>
#include <linux/kernel.h>

#include "encode.h"
#include "record_samples.h"

#define CAPACITY	1232	/* 1280 less the headers of IPv6 and UDP */
#define REFRESH_RATE	20
#define REFRESH_MINUTES	1
#define FLOWS		5000
#define BATCH		40
#define DOMAINS		3
#define DOMAIN_ID	0xfedcba98

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
	u64 packets;
	u64 octets;
	u64 records;
	u64 messages;
};

FIXTURE_VARIANT(stream) {
	u8 version;
	u32 sequence;
	unsigned int domains;
	const char *rules;		/* flowdecode.py has to know */
};

FIXTURE_VARIANT_ADD(stream, v5) {
	.version = 5,
	.sequence = 0xffffffff - 500,
	.domains = 1,
	.rules = "--domain 4275878552",
};

FIXTURE_VARIANT_ADD(stream, v9) {
	.version = 9,
	.sequence = 0xffffffff - 50,
	.domains = 1,
	.rules = "--domain 4275878552",
};

FIXTURE_VARIANT_ADD(stream, ipfix) {
	.version = 10,
	.sequence = 0,
	.domains = 1,
	.rules = "--domain 4275878552",
};

FIXTURE_VARIANT_ADD(stream, ipfix_wrap) {
	.version = 10,
	.sequence = 0xfffffff0,
	.domains = 1,
	.rules = "--domain 4275878552 --mid-stream",
};

FIXTURE_VARIANT_ADD(stream, ipfix_domains) {
	.version = 10,
	.sequence = 0xfffffff0,
	.domains = DOMAINS,
	.rules = "--mid-stream",
};

/* Sends the message: a packet of IPv4 and UDP in a pcap file of bare IP packets. */
static void stream_send(FIXTURE_DATA(stream) *self, struct pnf_message *msg)
{
	const struct pnf_header_info info = {
		.clock = &self->clock, .sequence = self->domain->sequence, .domain = self->domain->id,
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
		if (!self->encoder->put_template(&msg, &self->table->templates[i])) {
			stream_send(self, &msg);
			pnf_message_init(&msg, buffer, sizeof(buffer));
			self->encoder->begin(&msg);
			self->encoder->put_template(&msg, &self->table->templates[i]);
		}
		pnf_template_schedule_note_sent(&self->domain->schedule, i);
	}
	if (msg.definitions)
		stream_send(self, &msg);
}

static int compare_layouts(const void *a, const void *b)
{
	const struct pnf_record *const *first = a, *const *second = b;

	return (int)(*first)->layout - (int)(*second)->layout;
}

static void stream_send_records(FIXTURE_DATA(stream) *self, const struct pnf_record **records,
				unsigned int n)
{
	u8 buffer[CAPACITY] __attribute__((aligned(4)));
	struct pnf_message msg;
	unsigned int done;

	qsort(records, n, sizeof(records[0]), compare_layouts);
	while (n) {
		pnf_message_init(&msg, buffer, sizeof(buffer));
		self->encoder->begin(&msg);
		/* in two calls, as when a message waits for more */
		done = self->encoder->put_records(&msg, records, (n + 1) / 2, self->table,
						  &self->clock);
		done += self->encoder->put_records(&msg, records + done, n - done, self->table,
						   &self->clock);
		if (!done)
			return;
		records += done;
		n -= done;
		if (!self->encoder->has_templates) {
			stream_send(self, &msg);
			continue;
		}
		if (pnf_template_schedule_is_due(&self->domain->schedule, self->clock.boot_ns,
						 REFRESH_RATE, REFRESH_MINUTES))
			pnf_template_schedule_note_refresh(&self->domain->schedule, self->clock.boot_ns);
		stream_send_templates(self);
		stream_send(self, &msg);
	}
}

static struct pnf_record stream_flow(FIXTURE_DATA(stream) *self)
{
	struct pnf_record samples[] = {
		sample_record_tcp4(), sample_record_icmp4(), sample_record_igmp(),
		sample_record_esp4(), sample_record_udp6(), sample_record_icmp6(),
	};
	struct pnf_record record = samples[rand() % (self->encoder->version == 5 ? 4 : 6)];

	record.packets = 1 + rand() % 100000;
	record.octets = record.packets * (40 + rand() % 1400);
	record.end_ns = self->clock.boot_ns - (u64)rand() % NSEC_PER_SEC;
	record.start_ns = record.end_ns - (u64)rand() % (30 * NSEC_PER_SEC);
	record.reason = 1 + rand() % 5;
	return record;
}

static void stream_make(FIXTURE_DATA(stream) *self, unsigned int domains)
{
	static struct pnf_record flows[BATCH];
	const struct pnf_record *records[BATCH];
	unsigned int i, n, left;

	for (left = FLOWS; left; left -= n) {
		n = min(left, 1U + rand() % BATCH);
		for (i = 0; i < n; i++) {
			flows[i] = stream_flow(self);
			records[i] = &flows[i];
			self->packets += flows[i].packets;
			self->octets += flows[i].octets;
			self->records++;
		}
		self->domain = &self->domains[rand() % domains];
		stream_send_records(self, records, n);
	}
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
	pnf_template_table_init(self->table);
	for (i = 0; i < DOMAINS; i++) {
		self->domains[i].id = DOMAIN_ID + i;
		self->domains[i].sequence = variant->sequence - 100 * i;
		pnf_template_schedule_reset(&self->domains[i].schedule);
	}
	self->clock = sample_clock;
	stream_make(self, variant->domains);
}

FIXTURE_TEARDOWN(stream)
{
	fclose(self->capture);
	unlink(self->path);
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

/* CONFORMANCE 1 to 37, as far as flowdecode.py can tell */
TEST_F(stream, flowdecode_finds_no_violation)
{
	char output[8192], expected[64], command[256];
	int status;

	/* A Template is due after so many messages of its domain, while others send theirs */
	snprintf(command, sizeof(command), "timeout 60 %%1$s/../../selftests/lib/flowdecode.py check "
		 "%%2$s --mtu 1280 --refresh-messages %u --refresh-minutes 1 %s",
		 variant->domains == 1 ? REFRESH_RATE : 2 * DOMAINS * REFRESH_RATE, variant->rules);
	status = stream_judge(self, command, output, sizeof(output));
	EXPECT_EQ(0, status) TH_LOG("%s", output);
	snprintf(expected, sizeof(expected), "%llu messages, %llu flow records",
		 self->messages, self->records);
	EXPECT_NE(NULL, strstr(output, expected)) TH_LOG("%s", output);
	EXPECT_NE(NULL, strstr(output, " 0 violations")) TH_LOG("%s", output);
	EXPECT_LT(100, self->messages);
}

TEST_F(stream, flowdecode_reads_what_was_encoded)
{
	char output[256], expected[64];
	int status;

	status = stream_judge(self, "timeout 60 %1$s/../../selftests/lib/flowdecode.py flows %2$s | "
			      "python3 -c 'import json, sys; flows = [*map(json.loads, sys.stdin)]; "
			      "print(*(sum(flow[name] for flow in flows) for name in"
			      " (\"packetDeltaCount\", \"octetDeltaCount\")))'",
			      output, sizeof(output));
	EXPECT_EQ(0, status);
	snprintf(expected, sizeof(expected), "%llu %llu\n", self->packets, self->octets);
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
