// SPDX-License-Identifier: GPL-2.0-only
/* sources: kmod/dissect.c */
/*
 * Real captures: each packet of each capture, linear and split at every offset,
 * against what tshark says of the same frame: addresses, protocol, ports or type or
 * SPI, ToS, TCP flags, options, extension headers, octets; flow label, hops, layer 2. tshark's
 * reassembly is off: frame by frame.
 *
 * PNF_PCAPS names the directory; else it is ../shared/pcaps of the source tree, which
 * this test is built two levels below.
 */
#include "kselftest_harness.h"
#include <arpa/inet.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>

#include "dissect_check.h"

#define FRAME_MAX	262144

#define LINK_ETHERNET	1
#define LINK_COOKED	113

/* What is asked of tshark, in this order */
enum field {
	F_PROTOCOLS,
	F_IP_SRC, F_IP_DST, F_IP_LEN, F_IP_PROTO, F_IP_TOS, F_IP_OFFSET, F_IP_MORE,
	F_IPV6_SRC, F_IPV6_DST, F_IPV6_LEN, F_IPV6_NEXT, F_IPV6_CLASS,
	F_HOP_NEXT, F_ROUTING_NEXT, F_DEST_NEXT, F_FRAGMENT_NEXT, F_FRAGMENT_OFFSET,
	F_FRAGMENT_MORE,
	F_TCP_SPORT, F_TCP_DPORT, F_TCP_FLAGS, F_UDP_SPORT, F_UDP_DPORT,
	F_SCTP_SPORT, F_SCTP_DPORT, F_DCCP_SPORT, F_DCCP_DPORT,
	F_ICMP_TYPE, F_ICMP_CODE, F_ICMP6_TYPE, F_ICMP6_CODE, F_IGMP_TYPE,
	F_ESP_SPI, F_AH_SPI,
	F_IP_TTL, F_IPV6_HOPS, F_IPV6_LABEL,
	F_MAC_SRC, F_MAC_DST, F_MAC_TYPE,
	F_LISTS,	/* of these each occurrence, of those before only the first */
	F_TCP_OPTIONS = F_LISTS, F_IP_OPTIONS,
	F_VLAN_PRIORITY, F_VLAN_DEI, F_VLAN_ID, F_VLAN_TYPE,
	F_FIELDS
};

static const char *const fields[F_FIELDS] = {
	"frame.protocols",
	"ip.src", "ip.dst", "ip.len", "ip.proto", "ip.dsfield", "ip.frag_offset",
	"ip.flags.mf",
	"ipv6.src", "ipv6.dst", "ipv6.plen", "ipv6.nxt", "ipv6.tclass",
	"ipv6.hopopts.nxt", "ipv6.routing.nxt", "ipv6.dstopts.nxt",
	"ipv6.fraghdr.nxt", "ipv6.fraghdr.offset", "ipv6.fraghdr.more",
	"tcp.srcport", "tcp.dstport", "tcp.flags", "udp.srcport", "udp.dstport",
	"sctp.srcport", "sctp.dstport", "dccp.srcport", "dccp.dstport",
	"icmp.type", "icmp.code", "icmpv6.type", "icmpv6.code", "igmp.type",
	"esp.spi", "ah.spi",
	"ip.ttl", "ipv6.hlim", "ipv6.flow",
	"eth.src", "eth.dst", "eth.type",
	"tcp.option_kind", "ip.opt.type",
	"vlan.priority", "vlan.dei", "vlan.id", "vlan.etype",
};

struct pcap_header {
	u32 magic;
	u16 major;
	u16 minor;
	u32 zone;
	u32 accuracy;
	u32 snap;
	u32 link;
};

struct pcap_frame {
	u32 seconds;
	u32 fraction;
	u32 captured;
	u32 length;
};

static FILE *tshark(const char *capture, const char *arguments)
{
	char command[2 * PATH_MAX + 2048];

	snprintf(command, sizeof(command),
		 "tshark -n -r '%s' -o ip.defragment:FALSE -o ipv6.defragment:FALSE %s 2>/dev/null",
		 capture, arguments);
	return popen(command, "r");
}

static FILE *tshark_fields(const char *capture)
{
	char arguments[2048] = "-T fields -E separator=';' -E occurrence=a";
	int i;

	for (i = 0; i < F_FIELDS; i++) {
		strcat(arguments, " -e ");
		strcat(arguments, fields[i]);
	}
	return tshark(capture, arguments);
}

static unsigned long number(char *const *field, enum field which)
{
	return strtoul(field[which], NULL, 0);
}

/* A bit for each number in a list, of what @mask leaves of it */
static u64 bits(char *const *field, enum field which, unsigned int mask)
{
	const char *list = field[which];
	unsigned long number;
	u64 set = 0;
	char *end;

	while (*list) {
		number = strtoul(list, &end, 0) & mask;
		if (number < 64)
			set |= 1ULL << number;
		list = *end ? end + 1 : end;
	}
	return set;
}

static u32 pair(char *const *field, enum field source, enum field destination)
{
	return number(field, source) << 16 | number(field, destination);
}

/* True and false, or 1 and 0, as the release has it */
static bool is_set(char *const *field, enum field which)
{
	return field[which][0] == '1' || field[which][0] == 'T';
}

static u8 ipv6_protocol(char *const *field, bool *later, u32 *headers)
{
	u8 next = number(field, F_IPV6_NEXT);

	for (;;) {
		if (next == 0 && field[F_HOP_NEXT][0]) {
			*headers |= 1 << 1;
			next = number(field, F_HOP_NEXT);
		} else if (next == 43) {
			*headers |= 1 << 5;
			next = number(field, F_ROUTING_NEXT);
		} else if (next == 60) {
			*headers |= 1 << 0;
			next = number(field, F_DEST_NEXT);
		} else if (next == 44) {
			next = number(field, F_FRAGMENT_NEXT);
			*later = number(field, F_FRAGMENT_OFFSET);
			*headers |= 1 << (*later ? 6 : 4);
			if (*later)
				return next;
		} else {
			if (next == IPPROTO_ESP)
				*headers |= 1 << 13;
			if (next == IPPROTO_AH)
				*headers |= 1 << 14;
			return next;
		}
	}
}

/* Where the first layer of this name is in a list like eth:ethertype:ip:udp */
static const char *layer(const char *protocols, const char *name)
{
	const char *found = protocols;

	while ((found = strstr(found, name))) {
		if (found[strlen(name)] == ':' || !found[strlen(name)])
			return found;
		found++;
	}
	return NULL;
}

/*
 * What tshark says of a frame, as the dissector has to put it.
 *
 * Return: false if its first network header is none of IP.
 */
static bool expect(char *const *field, struct pnf_packet *packet)
{
	const char *ipv4 = layer(field[F_PROTOCOLS], ":ip");
	const char *ipv6 = layer(field[F_PROTOCOLS], ":ipv6");
	struct pnf_key *key = &packet->key;
	bool later = false;
	u64 tcp;

	memset(packet, 0, sizeof(*packet));
	packet->packets = 1;
	if (!ipv4 && !ipv6)
		return false;

	if (!ipv6 || (ipv4 && ipv4 < ipv6)) {
		key->version = PNF_IPV4;
		key->protocol = number(field, F_IP_PROTO);
		key->tos = number(field, F_IP_TOS);
		inet_pton(AF_INET, field[F_IP_SRC], &key->v4.saddr);
		inet_pton(AF_INET, field[F_IP_DST], &key->v4.daddr);
		packet->octets = number(field, F_IP_LEN);
		packet->options.ip = bits(field, F_IP_OPTIONS, 0x1f);
		later = number(field, F_IP_OFFSET);
		if (later || is_set(field, F_IP_MORE))
			packet->flags |= PNF_PACKET_FRAGMENT;
	} else {
		key->version = PNF_IPV6;
		key->protocol = ipv6_protocol(field, &later, &packet->options.ip);
		key->tos = number(field, F_IPV6_CLASS);
		inet_pton(AF_INET6, field[F_IPV6_SRC], &key->v6.saddr);
		inet_pton(AF_INET6, field[F_IPV6_DST], &key->v6.daddr);
		packet->octets = 40 + number(field, F_IPV6_LEN);
		if (later || is_set(field, F_FRAGMENT_MORE))
			packet->flags |= PNF_PACKET_FRAGMENT;
	}
	if (packet->options.ip)
		packet->flags |= PNF_PACKET_OPTIONS;
	if (later) {
		key->kind = PNF_KEY_LATER_FRAGMENT;
		return true;
	}

	switch (key->protocol) {
	case IPPROTO_TCP:
		key->spi = htonl(pair(field, F_TCP_SPORT, F_TCP_DPORT));
		packet->tcp_flags = number(field, F_TCP_FLAGS);
		tcp = bits(field, F_TCP_OPTIONS, 0xff);
		key->tcp_options = tcp;
		packet->options.tcp_high = tcp >> 32;
		if (packet->options.tcp_high)
			packet->flags |= PNF_PACKET_OPTIONS;
		break;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
		key->spi = htonl(pair(field, F_UDP_SPORT, F_UDP_DPORT));
		break;
	case IPPROTO_SCTP:
		key->spi = htonl(pair(field, F_SCTP_SPORT, F_SCTP_DPORT));
		break;
	case IPPROTO_DCCP:
		key->spi = htonl(pair(field, F_DCCP_SPORT, F_DCCP_DPORT));
		break;
	case IPPROTO_ICMP:
		if (key->version == PNF_IPV4)
			key->dport = htons(number(field, F_ICMP_TYPE) * 256 +
					   number(field, F_ICMP_CODE));
		break;
	case IPPROTO_ICMPV6:
		if (key->version == PNF_IPV6)
			key->dport = htons(number(field, F_ICMP6_TYPE) * 256 +
					   number(field, F_ICMP6_CODE));
		break;
	case IPPROTO_IGMP:
		key->dport = htons(number(field, F_IGMP_TYPE));
		break;
	case IPPROTO_ESP:
		key->spi = htonl(number(field, F_ESP_SPI));
		break;
	case IPPROTO_AH:
		key->spi = htonl(number(field, F_AH_SPI));
		break;
	}
	return true;
}

/*
 * Where the IP header of a frame begins, behind any VLAN tags.
 *
 * Return: PNF_IPV4, PNF_IPV6, or 0 if there is none.
 */
static u8 link_version(u32 link, const u8 *frame, size_t length, size_t *at)
{
	unsigned int type;

	*at = link == LINK_COOKED ? 16 : 14;
	for (;; *at += 4) {
		if (*at > length)
			return 0;
		type = frame[*at - 2] << 8 | frame[*at - 1];
		if (type == 0x0800)
			return PNF_IPV4;
		if (type == 0x86dd)
			return PNF_IPV6;
		if (type != 0x8100 && type != 0x88a8)
			return 0;
	}
}

static size_t split_line(char *line, char **field)
{
	size_t count = 0;

	line[strcspn(line, "\n")] = 0;
	while (line && count < F_FIELDS) {
		field[count] = strsep(&line, ";");
		if (count < F_LISTS)
			field[count][strcspn(field[count], ",")] = 0;
		count++;
	}
	return count;
}

/* The next number of a list; 0 behind the last, which no list here has more than two of */
static unsigned long take(char **list)
{
	char *item = strsep(list, ",");

	return item ? strtoul(item, NULL, 0) : 0;
}

static bool is_mac(const char *text, const u8 *octets)
{
	char mac[32];

	snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", octets[0], octets[1],
		 octets[2], octets[3], octets[4], octets[5]);
	return !strcmp(text, mac);
}

/* What tshark says of layer 2, against what the dissector does. Takes the lists apart. */
static bool same_link(char **field, const struct pnf_link *link, size_t network)
{
	unsigned int type = number(field, F_MAC_TYPE);
	unsigned int i;
	u16 tci;

	for (i = 0; i < link->vlan.tags; i++) {
		if (!field[F_VLAN_ID] || !field[F_VLAN_ID][0])
			return false;
		tci = take(&field[F_VLAN_PRIORITY]) << 13 | take(&field[F_VLAN_DEI]) << 12;
		tci |= take(&field[F_VLAN_ID]);
		type = take(&field[F_VLAN_TYPE]);
		if (link->vlan.tci[i] != tci)
			return false;
	}
	return (!field[F_VLAN_ID] || !field[F_VLAN_ID][0]) &&
	       is_mac(field[F_MAC_SRC], link->saddr) && is_mac(field[F_MAC_DST], link->daddr) &&
	       ntohs(link->ethertype) == type && link->octets == network && !link->labels;
}

/* The rest of what the dissector reads of a frame */
static bool same_rest(char **field, const u8 *octets, size_t count, size_t network, u32 link_type,
		      u8 version)
{
	struct dissect_frame frame = {
		.octets = octets, .count = count, .network = network, .has_mac = true,
	};
	struct pnf_link link;
	struct sk_buff *skb;
	bool same;

	skb = skb_layout_new(octets + network, count - network, (struct skb_layout){ 0, 5, 3 });
	if (version == PNF_IPV6)
		same = pnf_dissect_flow_label(skb) == number(field, F_IPV6_LABEL) &&
		       pnf_dissect_ttl(skb, version) == number(field, F_IPV6_HOPS);
	else
		same = pnf_dissect_ttl(skb, version) == number(field, F_IP_TTL);
	skb_layout_free(skb);

	if (link_type != LINK_ETHERNET)
		return same;
	return dissect_link_layout(&frame, PNF_MPLS_DEPTH_MAX, count, network, 0, &link) &&
	       same_link(field, &link, network) && same;
}

FIXTURE(dissect_pcap) {
	char directory[PATH_MAX + 32];
	u8 *frame;
};

FIXTURE_SETUP(dissect_pcap)
{
	const char *directory = getenv("PNF_PCAPS");
	char program[PATH_MAX] = "";

	if (directory) {
		snprintf(self->directory, sizeof(self->directory), "%s", directory);
	} else {
		ASSERT_GT(readlink("/proc/self/exe", program, sizeof(program) - 1), 0);
		*strrchr(program, '/') = 0;
		snprintf(self->directory, sizeof(self->directory),
			 "%s/../../../shared/pcaps", program);
	}
	self->frame = malloc(FRAME_MAX);
	ASSERT_NE(self->frame, NULL);
}

FIXTURE_TEARDOWN(dissect_pcap)
{
	free(self->frame);
}

/* One capture. Adds to the totals; returns how many frames differ from tshark. */
static unsigned int replay(struct __test_metadata *_metadata, u8 *frame,
			   const char *path, u64 *packets, u64 *octets)
{
	struct dissect_result result, expected;
	FILE *frames = tshark(path, "-F pcap -w -");
	FILE *says = tshark_fields(path);
	struct pcap_header header;
	struct pcap_frame record;
	unsigned int number = 0, different = 0;
	char *field[F_FIELDS], *line = NULL;
	size_t room = 0, at;
	u8 version;
	bool is_ip;

	ASSERT_NE(frames, NULL);
	ASSERT_NE(says, NULL);
	ASSERT_EQ(fread(&header, sizeof(header), 1, frames), 1);
	ASSERT_TRUE(header.link == LINK_ETHERNET || header.link == LINK_COOKED);

	while (fread(&record, sizeof(record), 1, frames)) {
		number++;
		ASSERT_LE(record.captured, record.length);
		ASSERT_LE(record.length, FRAME_MAX);
		/* What the capture cut off was there: zeros stand for it. */
		memset(frame, 0, record.length);
		ASSERT_EQ(fread(frame, 1, record.captured, frames), record.captured);
		ASSERT_GT(getline(&line, &room, says), 0);
		ASSERT_EQ(split_line(line, field), F_FIELDS);

		is_ip = expect(field, &expected.packet);
		version = link_version(header.link, frame, record.length, &at);
		ASSERT_EQ(version, expected.packet.key.version)
			TH_LOG("%s: frame %u: %s", path, number, field[F_PROTOCOLS]);
		if (!is_ip)
			continue;

		expected.reason = 0;
		result = dissect_layouts(frame + at, record.length - at, version,
					 (struct dissect_offload){ 0 }, 96);
		*packets += result.packet.packets;
		*octets += result.packet.octets;
		if (!dissect_same(&result, &expected, version)) {
			different++;
			TH_LOG("%s: frame %u: reason %d", path, number, result.reason);
		}
		if (!same_rest(field, frame, record.length, at, header.link, version)) {
			different++;
			TH_LOG("%s: frame %u: layer 2, flow label or hops", path, number);
		}
	}
	/* Both told of the same frames. */
	ASSERT_EQ(getline(&line, &room, says), -1);
	ASSERT_EQ(pclose(frames), 0);
	ASSERT_EQ(pclose(says), 0);
	free(line);
	return different;
}

TEST_F_TIMEOUT(dissect_pcap, every_frame_is_read_as_tshark_reads_it, 300)
{
	unsigned int captures = 0;
	u64 packets = 0, octets = 0;
	struct dirent *entry;
	char path[sizeof(self->directory) + NAME_MAX + 2];
	DIR *directory;

	directory = opendir(self->directory);
	if (!directory)
		SKIP(return, "no captures in %.512s", self->directory);
	if (system("tshark --version >/dev/null 2>&1"))
		SKIP(return, "no tshark");

	while ((entry = readdir(directory))) {
		if (!strstr(entry->d_name, ".pcap"))
			continue;
		snprintf(path, sizeof(path), "%s/%s", self->directory, entry->d_name);
		captures++;
		EXPECT_EQ(replay(_metadata, self->frame, path, &packets, &octets), 0);
	}
	closedir(directory);
	TH_LOG("%u captures, %llu packets, %llu octets", captures,
	       (unsigned long long)packets, (unsigned long long)octets);
	EXPECT_GT(packets, 0);
}

TEST_HARNESS_MAIN
