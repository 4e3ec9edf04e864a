// SPDX-License-Identifier: GPL-2.0-only
/* sources: kmod/dissect.c */
/*
 * The dissector. Every packet here goes through it linear and split at every offset,
 * by the straight way and by the one for all packets: all have to agree.
 */
#include "kselftest_harness.h"
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

#include "dissect_check.h"

#define IPV4_OCTETS	20
#define IPV6_OCTETS	40
#define TCP_OCTETS	20
#define UDP_OCTETS	8
#define PACKET_MAX	300000
#define MSS		1448

FIXTURE(dissect) {
	u8 *octets;
	size_t count;
	struct dissect_offload offload;
	struct pnf_packet packet;
	struct pnf_key *key;
};

FIXTURE_SETUP(dissect)
{
	self->octets = calloc(1, PACKET_MAX);
	self->count = 0;
	memset(&self->offload, 0, sizeof(self->offload));
	self->key = &self->packet.key;
}

FIXTURE_TEARDOWN(dissect)
{
	free(self->octets);
}

typedef FIXTURE_DATA(dissect) dissect_test;

static void put(dissect_test *self, const void *octets, size_t count)
{
	memcpy(self->octets + self->count, octets, count);
	self->count += count;
}

/* String literals: their octets, without the 0 behind them */
#define PUT(self, literal)	put(self, literal, sizeof(literal) - 1)

static void put_zeros(dissect_test *self, size_t count)
{
	memset(self->octets + self->count, 0, count);
	self->count += count;
}

/* 192.0.2.1 to 198.51.100.2, ToS 0xb9, DF; the length is set by end() */
static void put_ipv4(dissect_test *self, u8 protocol)
{
	size_t at = self->count;

	PUT(self, "\x45\xb9\x00\x00\x12\x34\x40\x00\x40\x00\x00\x00"
		  "\xc0\x00\x02\x01\xc6\x33\x64\x02");
	self->octets[at + 9] = protocol;
}

/* 2001:db8::1 to 2001:db8:1::2, traffic class 0xb9, flow label 0xabcde */
static void put_ipv6(dissect_test *self, u8 next_header)
{
	size_t at = self->count;

	PUT(self, "\x6b\x9a\xbc\xde\x00\x00\x00\x40"
		  "\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"
		  "\x20\x01\x0d\xb8\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02");
	self->octets[at + 6] = next_header;
}

static void put_ip(dissect_test *self, u8 version, u8 protocol)
{
	if (version == PNF_IPV6)
		put_ipv6(self, protocol);
	else
		put_ipv4(self, protocol);
}

static size_t ip_octets(u8 version)
{
	return version == PNF_IPV6 ? IPV6_OCTETS : IPV4_OCTETS;
}

/* 4660 to 443; PSH, ACK and AE, CWR, ECE; @octets with options */
static void put_tcp(dissect_test *self, size_t octets)
{
	size_t at = self->count;

	PUT(self, "\x12\x34\x01\xbb\x00\x00\x00\x01\x00\x00\x00\x02"
		  "\x51\xd8\xff\xff\x00\x00\x00\x00");
	self->octets[at + 12] = octets / 4 << 4 | 1;
	put_zeros(self, octets - TCP_OCTETS);
}

/* 4660 to 53 */
static void put_udp(dissect_test *self)
{
	PUT(self, "\x12\x34\x00\x35\x00\x00\x00\x00");
}

static void set_be16(dissect_test *self, size_t at, size_t value)
{
	self->octets[at] = value >> 8;
	self->octets[at + 1] = value;
}

/* The length in the IP header becomes that of what was put. */
static void end(dissect_test *self, u8 version)
{
	if (version == PNF_IPV6)
		set_be16(self, 4, self->count - IPV6_OCTETS);
	else
		set_be16(self, 2, self->count);
}

static int dissect(dissect_test *self, u8 version)
{
	struct dissect_result result;

	result = dissect_layouts(self->octets, self->count, version,
				 self->offload, 130);
	self->packet = result.packet;
	return result.reason;
}

static void begin(dissect_test *self, u8 version, u8 protocol)
{
	self->count = 0;
	put_ip(self, version, protocol);
}

/* A payload long enough that the straight way could take the packet */
static void put_payload(dissect_test *self)
{
	put_zeros(self, 100);
}

TEST_F(dissect, ipv4_udp_gives_the_whole_key)
{
	struct pnf_key expected = {
		.sport = htons(4660), .dport = htons(53),
		.protocol = IPPROTO_UDP, .tos = 0xb9, .version = PNF_IPV4,
		.v4 = { .saddr = htonl(0xc0000201), .daddr = htonl(0xc6336402) },
	};

	put_ipv4(self, IPPROTO_UDP);
	put_udp(self);
	put_payload(self);
	end(self, PNF_IPV4);

	ASSERT_EQ(dissect(self, PNF_IPV4), 0);
	EXPECT_EQ(memcmp(self->key, &expected, PNF_KEY_OCTETS_IPV4), 0);
	EXPECT_EQ(self->packet.packets, 1);
	EXPECT_EQ(self->packet.octets, 128);
	EXPECT_EQ(self->packet.tcp_flags, 0);
	EXPECT_FALSE(self->packet.flags & PNF_PACKET_FRAGMENT);
}

TEST_F(dissect, reference_bug_6_ipv6_udp_gives_the_whole_key_and_traffic_class)
{
	struct pnf_key expected = {
		.sport = htons(4660), .dport = htons(53),
		.protocol = IPPROTO_UDP, .tos = 0xb9, .version = PNF_IPV6,
		.v6.saddr.s6_addr = { 0x20, 1, 0xd, 0xb8, [15] = 1 },
		.v6.daddr.s6_addr = { 0x20, 1, 0xd, 0xb8, 0, 1, [15] = 2 },
	};

	put_ipv6(self, IPPROTO_UDP);
	put_udp(self);
	put_payload(self);
	end(self, PNF_IPV6);

	ASSERT_EQ(dissect(self, PNF_IPV6), 0);
	EXPECT_EQ(memcmp(self->key, &expected, PNF_KEY_OCTETS_IPV6), 0);
	EXPECT_EQ(self->packet.packets, 1);
	EXPECT_EQ(self->packet.octets, 148);
	EXPECT_EQ(self->packet.tcp_flags, 0);
	EXPECT_FALSE(self->packet.flags & PNF_PACKET_FRAGMENT);
}

TEST_F(dissect, tcp_control_bits_are_the_low_12)
{
	static const u8 versions[] = { PNF_IPV4, PNF_IPV6 };
	size_t i;

	for (i = 0; i < 2; i++) {
		begin(self, versions[i], IPPROTO_TCP);
		put_tcp(self, 32);
		end(self, versions[i]);

		ASSERT_EQ(dissect(self, versions[i]), 0);
		EXPECT_EQ(self->packet.tcp_flags, 0x1d8);
		EXPECT_EQ(self->key->sport, htons(4660));
		EXPECT_EQ(self->key->dport, htons(443));

		self->octets[ip_octets(versions[i]) + 12] |= 0x0f;
		self->octets[ip_octets(versions[i]) + 13] = 0xff;
		ASSERT_EQ(dissect(self, versions[i]), 0);
		EXPECT_EQ(self->packet.tcp_flags, 0xfff);
	}
}

/* The upper-layer headers of 16 octets that begin 0x12 0x34 0x56 0x78 ... */
static const struct {
	const char *name;
	u8 version;
	u8 protocol;
	size_t octets;	/* how much of it must be there */
	u32 ports;	/* sport and dport, or SPI */
} uppers[] = {
	{ "TCP", PNF_IPV4, IPPROTO_TCP, 20, 0x12345678 },
	{ "TCP", PNF_IPV6, IPPROTO_TCP, 20, 0x12345678 },
	{ "UDP", PNF_IPV4, IPPROTO_UDP, 8, 0x12345678 },
	{ "UDP", PNF_IPV6, IPPROTO_UDP, 8, 0x12345678 },
	{ "UDP-Lite", PNF_IPV4, IPPROTO_UDPLITE, 8, 0x12345678 },
	{ "UDP-Lite", PNF_IPV6, IPPROTO_UDPLITE, 8, 0x12345678 },
	{ "SCTP", PNF_IPV4, IPPROTO_SCTP, 12, 0x12345678 },
	{ "SCTP", PNF_IPV6, IPPROTO_SCTP, 12, 0x12345678 },
	{ "DCCP", PNF_IPV4, IPPROTO_DCCP, 12, 0x12345678 },
	{ "DCCP", PNF_IPV6, IPPROTO_DCCP, 12, 0x12345678 },
	{ "ICMP", PNF_IPV4, IPPROTO_ICMP, 8, 0x1234 },
	{ "ICMPv6", PNF_IPV6, IPPROTO_ICMPV6, 4, 0x1234 },
	{ "IGMP", PNF_IPV4, IPPROTO_IGMP, 8, 0x12 },
	{ "ESP", PNF_IPV4, IPPROTO_ESP, 8, 0x12345678 },
	{ "ESP", PNF_IPV6, IPPROTO_ESP, 8, 0x12345678 },
	{ "GRE", PNF_IPV4, IPPROTO_GRE, 0, 0 },
	{ "IPv6 in IPv4", PNF_IPV4, IPPROTO_IPV6, 0, 0 },
	{ "IPv4 in IPv6", PNF_IPV6, IPPROTO_IPIP, 0, 0 },
	{ "no next header", PNF_IPV6, IPPROTO_NONE, 0, 0 },
	{ "ICMPv6 in IPv4", PNF_IPV4, IPPROTO_ICMPV6, 0, 0 },
	{ "ICMP in IPv6", PNF_IPV6, IPPROTO_ICMP, 0, 0 },
	{ "hop-by-hop in IPv4", PNF_IPV4, 0, 0, 0 },
	{ "reserved", PNF_IPV4, IPPROTO_RAW, 0, 0 },
	{ "mobility", PNF_IPV6, IPPROTO_MH, 0, 0 },
};

#define UPPER	"\x12\x34\x56\x78\x9a\xbc\xde\xf0\x11\x22\x33\x44\x55\x66\x77\x88" \
		"\x99\xaa\xbb\xcc"

TEST_F(dissect, ports_type_and_spi_are_where_the_protocol_has_them)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(uppers); i++) {
		begin(self, uppers[i].version, uppers[i].protocol);
		put(self, UPPER, uppers[i].octets);
		end(self, uppers[i].version);

		ASSERT_EQ(dissect(self, uppers[i].version), 0)
			TH_LOG("%s", uppers[i].name);
		EXPECT_EQ(self->key->spi, htonl(uppers[i].ports))
			TH_LOG("%s", uppers[i].name);
		EXPECT_EQ(self->key->protocol, uppers[i].protocol);
		EXPECT_EQ(self->packet.octets, self->count);
	}
}

TEST_F(dissect, upper_header_shorter_than_its_protocol_needs_is_truncated)
{
	size_t i, octets;

	for (i = 0; i < ARRAY_SIZE(uppers); i++)
		for (octets = 0; octets < uppers[i].octets; octets++) {
			begin(self, uppers[i].version, uppers[i].protocol);
			put(self, UPPER, octets);
			end(self, uppers[i].version);

			ASSERT_EQ(dissect(self, uppers[i].version),
				  PNF_IGNORED_TRUNCATED)
				TH_LOG("%s of %zu octets", uppers[i].name, octets);
			EXPECT_EQ(self->packet.packets, 1);
			EXPECT_EQ(self->packet.octets, self->count);
		}
}

TEST_F(dissect, what_the_link_padded_is_not_a_header)
{
	size_t i, octets;

	for (i = 0; i < ARRAY_SIZE(uppers); i++) {
		octets = uppers[i].octets ? uppers[i].octets - 1 : 0;
		begin(self, uppers[i].version, uppers[i].protocol);
		put(self, UPPER, octets);
		end(self, uppers[i].version);
		put_zeros(self, 46);

		ASSERT_EQ(dissect(self, uppers[i].version),
			  uppers[i].octets ? PNF_IGNORED_TRUNCATED : 0)
			TH_LOG("%s", uppers[i].name);
		EXPECT_EQ(self->packet.octets, self->count - 46);
	}
}

TEST_F(dissect, padding_is_not_counted)
{
	static const u8 versions[] = { PNF_IPV4, PNF_IPV6 };
	size_t i;

	for (i = 0; i < 2; i++) {
		begin(self, versions[i], IPPROTO_TCP);
		put_tcp(self, 20);
		end(self, versions[i]);
		put_zeros(self, 6);

		ASSERT_EQ(dissect(self, versions[i]), 0);
		EXPECT_EQ(self->packet.octets, ip_octets(versions[i]) + 20);
	}
}

TEST_F(dissect, length_beyond_what_the_skb_holds_is_truncated)
{
	static const u8 versions[] = { PNF_IPV4, PNF_IPV6 };
	size_t i, whole;

	for (i = 0; i < 2; i++) {
		begin(self, versions[i], IPPROTO_UDP);
		put_udp(self);
		put_payload(self);
		end(self, versions[i]);
		whole = self->count;

		for (self->count = 0; self->count < whole; self->count++) {
			ASSERT_EQ(dissect(self, versions[i]), PNF_IGNORED_TRUNCATED);
			EXPECT_EQ(self->packet.octets, self->count);
			EXPECT_EQ(self->packet.packets, 1);
		}
		EXPECT_EQ(dissect(self, versions[i]), 0);
	}
}

TEST_F(dissect, header_of_another_version_is_not_ip)
{
	u8 first;

	for (first = 0; first < 16; first++) {
		begin(self, PNF_IPV4, IPPROTO_UDP);
		put_udp(self);
		put_payload(self);
		end(self, PNF_IPV4);
		self->octets[0] = first << 4 | 5;
		EXPECT_EQ(dissect(self, PNF_IPV4),
			  first == 4 ? 0 : PNF_IGNORED_NOT_IP);

		begin(self, PNF_IPV6, IPPROTO_UDP);
		put_udp(self);
		put_payload(self);
		end(self, PNF_IPV6);
		self->octets[0] = first << 4 | 0xb;
		EXPECT_EQ(dissect(self, PNF_IPV6),
			  first == 6 ? 0 : PNF_IGNORED_NOT_IP);
	}
	EXPECT_EQ(dissect(self, 0), PNF_IGNORED_NOT_IP);
	EXPECT_EQ(self->packet.octets, self->count);
}

TEST_F(dissect, ipv4_options_are_stepped_over)
{
	u8 words;

	for (words = 0; words <= 10; words++) {
		begin(self, PNF_IPV4, IPPROTO_TCP);
		self->octets[0] = 0x45 + words;
		memset(self->octets + self->count, 0x99, words * 4);
		self->count += words * 4;
		put_tcp(self, 24);
		end(self, PNF_IPV4);

		ASSERT_EQ(dissect(self, PNF_IPV4), 0);
		EXPECT_EQ(self->key->sport, htons(4660));
		EXPECT_EQ(self->key->dport, htons(443));
		EXPECT_EQ(self->packet.tcp_flags, 0x1d8);
		EXPECT_EQ(self->packet.octets, self->count);
	}
}

TEST_F(dissect, ipv4_header_length_that_cannot_be_is_truncated)
{
	u8 words;

	for (words = 0; words < 5; words++) {
		begin(self, PNF_IPV4, IPPROTO_UDP);
		put_udp(self);
		put_payload(self);
		end(self, PNF_IPV4);
		self->octets[0] = 0x40 | words;
		EXPECT_EQ(dissect(self, PNF_IPV4), PNF_IGNORED_TRUNCATED);
	}

	/* Options longer than the datagram, but not than the skb */
	begin(self, PNF_IPV4, IPPROTO_GRE);
	put_zeros(self, 4);
	end(self, PNF_IPV4);
	put_payload(self);
	self->octets[0] = 0x46;
	EXPECT_EQ(dissect(self, PNF_IPV4), 0);
	self->octets[0] = 0x47;
	EXPECT_EQ(dissect(self, PNF_IPV4), PNF_IGNORED_TRUNCATED);

	set_be16(self, 2, 0);
	EXPECT_EQ(dissect(self, PNF_IPV4), PNF_IGNORED_TRUNCATED);
}

TEST_F(dissect, first_ipv4_fragment_keeps_its_ports)
{
	begin(self, PNF_IPV4, IPPROTO_UDP);
	put_udp(self);
	put_payload(self);
	end(self, PNF_IPV4);
	set_be16(self, 6, 0x2000);

	ASSERT_EQ(dissect(self, PNF_IPV4), 0);
	EXPECT_TRUE(self->packet.flags & PNF_PACKET_FRAGMENT);
	EXPECT_EQ(self->key->sport, htons(4660));
	EXPECT_EQ(self->key->dport, htons(53));
}

TEST_F(dissect, later_ipv4_fragment_has_no_ports_flags_or_type)
{
	static const u16 offsets[] = { 0x0001, 0x2001, 0x1fff, 0x3fff, 0x00b9 };
	static const u8 protocols[] = {
		IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_IGMP,
		IPPROTO_ESP, IPPROTO_AH,
	};
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(offsets); i++)
		for (j = 0; j < ARRAY_SIZE(protocols); j++) {
			begin(self, PNF_IPV4, protocols[j]);
			put_tcp(self, 20);
			end(self, PNF_IPV4);
			set_be16(self, 6, offsets[i]);

			ASSERT_EQ(dissect(self, PNF_IPV4), 0);
			EXPECT_TRUE(self->packet.flags & PNF_PACKET_FRAGMENT);
			EXPECT_EQ(self->key->spi, 0);
			EXPECT_EQ(self->key->protocol, protocols[j]);
			EXPECT_EQ(self->packet.tcp_flags, 0);
			EXPECT_EQ(self->packet.octets, 40);
			/* Not an echo reply, nor an SPI of 0 */
			EXPECT_EQ(self->key->kind, PNF_KEY_LATER_FRAGMENT);
			EXPECT_EQ(self->key->tcp_options, 0);
		}
}

TEST_F(dissect, later_fragment_may_be_shorter_than_a_header)
{
	begin(self, PNF_IPV4, IPPROTO_TCP);
	PUT(self, "\x01");
	end(self, PNF_IPV4);
	set_be16(self, 6, 0x0010);
	EXPECT_EQ(dissect(self, PNF_IPV4), 0);
}

TEST_F(dissect, first_fragment_without_its_whole_header_is_truncated)
{
	begin(self, PNF_IPV4, IPPROTO_TCP);
	put_udp(self);
	end(self, PNF_IPV4);
	set_be16(self, 6, 0x2000);
	EXPECT_EQ(dissect(self, PNF_IPV4), PNF_IGNORED_TRUNCATED);

	begin(self, PNF_IPV6, 44);
	PUT(self, "\x06\x00\x00\x01\x00\x00\x00\x01");
	put_udp(self);
	end(self, PNF_IPV6);
	EXPECT_EQ(dissect(self, PNF_IPV6), PNF_IGNORED_TRUNCATED);
}

TEST_F(dissect, reserved_and_df_bits_make_no_fragment)
{
	begin(self, PNF_IPV4, IPPROTO_UDP);
	put_udp(self);
	put_payload(self);
	end(self, PNF_IPV4);
	set_be16(self, 6, 0xc000);
	ASSERT_EQ(dissect(self, PNF_IPV4), 0);
	EXPECT_FALSE(self->packet.flags & PNF_PACKET_FRAGMENT);
}

TEST_F(dissect, extension_headers_are_walked_to_the_upper_layer)
{
	begin(self, PNF_IPV6, 0);
	PUT(self, "\x3c\x01\x05\x02\x00\x00\x01\x00" "\x01\x06\x00\x00\x00\x00\x00\x00");
	PUT(self, "\x2b\x00\x01\x04\x00\x00\x00\x00");
	PUT(self, "\x3c\x02\x04\x01\x00\x00\x00\x00"
		  "\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x07");
	PUT(self, "\x06\x00\x01\x04\x00\x00\x00\x00");
	put_tcp(self, 20);
	end(self, PNF_IPV6);

	ASSERT_EQ(dissect(self, PNF_IPV6), 0);
	EXPECT_EQ(self->key->protocol, IPPROTO_TCP);
	EXPECT_EQ(self->key->sport, htons(4660));
	EXPECT_EQ(self->packet.tcp_flags, 0x1d8);
	EXPECT_EQ(self->packet.octets, self->count);
	EXPECT_FALSE(self->packet.flags & PNF_PACKET_FRAGMENT);
}

TEST_F(dissect, extension_header_longer_than_the_datagram_is_truncated)
{
	static const u8 extensions[] = { 0, 43, 60 };
	size_t i, octets;

	for (i = 0; i < ARRAY_SIZE(extensions); i++) {
		for (octets = 0; octets < 8; octets++) {
			begin(self, PNF_IPV6, extensions[i]);
			put(self, "\x3b\x00\x01\x04\x00\x00\x00\x00", octets);
			end(self, PNF_IPV6);
			EXPECT_EQ(dissect(self, PNF_IPV6), PNF_IGNORED_TRUNCATED);
		}

		begin(self, PNF_IPV6, extensions[i]);
		PUT(self, "\x3b\x01\x01\x0c\x00\x00\x00\x00" "\x00\x00\x00\x00\x00\x00\x00");
		end(self, PNF_IPV6);
		put_payload(self);
		EXPECT_EQ(dissect(self, PNF_IPV6), PNF_IGNORED_TRUNCATED);
		set_be16(self, 4, 16);
		EXPECT_EQ(dissect(self, PNF_IPV6), 0);
		EXPECT_EQ(self->key->protocol, IPPROTO_NONE);
		self->octets[IPV6_OCTETS + 1] = 0xff;
		EXPECT_EQ(dissect(self, PNF_IPV6), PNF_IGNORED_TRUNCATED);
	}
}

TEST_F(dissect, first_ipv6_fragment_keeps_its_ports)
{
	begin(self, PNF_IPV6, 44);
	PUT(self, "\x3c\x00\x00\x01\x00\x00\x00\x07");
	PUT(self, "\x11\x00\x01\x04\x00\x00\x00\x00");
	put_udp(self);
	end(self, PNF_IPV6);

	ASSERT_EQ(dissect(self, PNF_IPV6), 0);
	EXPECT_TRUE(self->packet.flags & PNF_PACKET_FRAGMENT);
	EXPECT_EQ(self->key->protocol, IPPROTO_UDP);
	EXPECT_EQ(self->key->sport, htons(4660));
	EXPECT_EQ(self->key->dport, htons(53));
}

TEST_F(dissect, later_ipv6_fragment_is_not_read_behind_its_header)
{
	begin(self, PNF_IPV6, 0);
	PUT(self, "\x2c\x00\x01\x04\x00\x00\x00\x00");
	PUT(self, "\x3a\x00\x00\x08\x00\x00\x00\x07");
	PUT(self, "\x80\x00\x00\x00");
	end(self, PNF_IPV6);

	ASSERT_EQ(dissect(self, PNF_IPV6), 0);
	EXPECT_TRUE(self->packet.flags & PNF_PACKET_FRAGMENT);
	EXPECT_EQ(self->key->protocol, IPPROTO_ICMPV6);
	EXPECT_EQ(self->key->spi, 0);
	EXPECT_EQ(self->key->kind, PNF_KEY_LATER_FRAGMENT);

	/* What would be an extension header is payload of the fragment. */
	self->octets[48] = 60;
	ASSERT_EQ(dissect(self, PNF_IPV6), 0);
	EXPECT_EQ(self->key->protocol, 60);
}

TEST_F(dissect, atomic_ipv6_fragment_is_whole)
{
	/* RFC 6946; the two reserved bits are set */
	begin(self, PNF_IPV6, 44);
	PUT(self, "\x11\x00\x00\x06\x00\x00\x00\x07");
	put_udp(self);
	end(self, PNF_IPV6);

	ASSERT_EQ(dissect(self, PNF_IPV6), 0);
	EXPECT_FALSE(self->packet.flags & PNF_PACKET_FRAGMENT);
	EXPECT_EQ(self->key->dport, htons(53));
}

TEST_F(dissect, fragment_header_that_is_cut_off_is_truncated)
{
	size_t octets;

	for (octets = 0; octets < 8; octets++) {
		begin(self, PNF_IPV6, 44);
		put(self, "\x11\x00\x00\x08\x00\x00\x00\x07", octets);
		end(self, PNF_IPV6);
		EXPECT_EQ(dissect(self, PNF_IPV6), PNF_IGNORED_TRUNCATED);
	}
}

TEST_F(dissect, endless_extension_headers_end)
{
	int i;

	begin(self, PNF_IPV6, 60);
	for (i = 0; i < 31; i++)
		PUT(self, "\x3c\x00\x01\x04\x00\x00\x00\x00");
	PUT(self, "\x11\x00\x01\x04\x00\x00\x00\x00");
	put_udp(self);
	end(self, PNF_IPV6);
	ASSERT_EQ(dissect(self, PNF_IPV6), 0);
	EXPECT_EQ(self->key->protocol, IPPROTO_UDP);
	EXPECT_EQ(self->key->dport, htons(53));

	begin(self, PNF_IPV6, 60);
	for (i = 0; i < 8000; i++)
		PUT(self, "\x3c\x00\x01\x04\x00\x00\x00\x00");
	end(self, PNF_IPV6);
	ASSERT_EQ(dissect(self, PNF_IPV6), 0);
	EXPECT_EQ(self->key->protocol, 60);
	EXPECT_EQ(self->key->spi, 0);
	EXPECT_EQ(self->packet.octets, self->count);
}

/* In IPv6, 2 to 7 octets of it once made an exporter read address 0. */
TEST_F(dissect, reference_bug_1_ah_that_is_not_whole_is_truncated)
{
	static const u8 versions[] = { PNF_IPV4, PNF_IPV6 };
	size_t i, octets;

	for (i = 0; i < 2; i++)
		for (octets = 0; octets <= 24; octets++) {
			begin(self, versions[i], IPPROTO_AH);
			put(self, "\x06\x04\x00\x00\x12\x34\x56\x78\x00\x00\x00\x01"
			    "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", octets);
			end(self, versions[i]);
			EXPECT_EQ(dissect(self, versions[i]),
				  octets < 24 ? PNF_IGNORED_TRUNCATED : 0);
		}
}

TEST_F(dissect, ah_shorter_than_its_fixed_part_is_truncated)
{
	begin(self, PNF_IPV6, IPPROTO_AH);
	PUT(self, "\x06\x00\x00\x00\x12\x34\x56\x78\x00\x00\x00\x01");
	put_tcp(self, 20);
	end(self, PNF_IPV6);
	EXPECT_EQ(dissect(self, PNF_IPV6), PNF_IGNORED_TRUNCATED);
	self->octets[IPV6_OCTETS + 1] = 1;
	EXPECT_EQ(dissect(self, PNF_IPV6), 0);
}

TEST_F(dissect, nothing_behind_ah_is_read)
{
	static const u8 versions[] = { PNF_IPV4, PNF_IPV6 };
	size_t i;

	for (i = 0; i < 2; i++) {
		begin(self, versions[i], IPPROTO_AH);
		PUT(self, "\x06\x01\x00\x00\x12\x34\x56\x78\x00\x00\x00\x01");
		put_tcp(self, 20);
		end(self, versions[i]);

		ASSERT_EQ(dissect(self, versions[i]), 0);
		EXPECT_EQ(self->key->protocol, IPPROTO_AH);
		EXPECT_EQ(self->key->spi, htonl(0x12345678));
		EXPECT_EQ(self->packet.tcp_flags, 0);
	}
}

TEST_F(dissect, tcp_header_length_does_not_change_an_ordinary_packet)
{
	u8 words;

	for (words = 0; words < 16; words++) {
		begin(self, PNF_IPV4, IPPROTO_TCP);
		put_tcp(self, 20);
		end(self, PNF_IPV4);
		self->octets[IPV4_OCTETS + 12] = words << 4;
		ASSERT_EQ(dissect(self, PNF_IPV4), 0);
		EXPECT_EQ(self->packet.octets, 40);
		EXPECT_EQ(self->key->dport, htons(443));
	}
}

/* A super-packet of TCP with a header of 32 octets and @payload */
static void put_super_tcp(dissect_test *self, u8 version, size_t payload)
{
	begin(self, version, IPPROTO_TCP);
	put_tcp(self, 32);
	put_zeros(self, payload);
	end(self, version);
	self->offload.gso_type = version == PNF_IPV6 ? SKB_GSO_TCPV6 : SKB_GSO_TCPV4;
	self->offload.gso_size = MSS;
	self->offload.gso_segs = DIV_ROUND_UP(payload, MSS);
}

TEST_F(dissect, reference_bug_5_tcp_super_packet_counts_as_its_segments)
{
	static const u8 versions[] = { PNF_IPV4, PNF_IPV6 };
	size_t i;

	for (i = 0; i < 2; i++) {
		put_super_tcp(self, versions[i], 10 * MSS + 1);
		ASSERT_EQ(dissect(self, versions[i]), 0);
		EXPECT_EQ(self->packet.packets, 11);
		EXPECT_EQ(self->packet.octets,
			  10 * MSS + 1 + 11 * (ip_octets(versions[i]) + 32));
		EXPECT_EQ(self->key->dport, htons(443));
		EXPECT_EQ(self->packet.tcp_flags, 0x1d8);
	}
}

TEST_F(dissect, missing_or_untrusted_segment_count_is_computed)
{
	static const struct {
		u16 gso_segs;
		u32 gso_type;
	} offloads[] = {
		{ 0, 0 }, { 0, SKB_GSO_DODGY }, { 1, SKB_GSO_DODGY },
		{ 0xffff, SKB_GSO_DODGY },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(offloads); i++) {
		put_super_tcp(self, PNF_IPV4, 3 * MSS);
		self->offload.gso_segs = offloads[i].gso_segs;
		self->offload.gso_type |= offloads[i].gso_type;
		ASSERT_EQ(dissect(self, PNF_IPV4), 0);
		EXPECT_EQ(self->packet.packets, 3);
		EXPECT_EQ(self->packet.octets, 3 * (MSS + 52));
	}
}

TEST_F(dissect, trusted_segment_count_is_believed)
{
	put_super_tcp(self, PNF_IPV4, 3 * MSS);
	self->offload.gso_segs = 4;
	ASSERT_EQ(dissect(self, PNF_IPV4), 0);
	EXPECT_EQ(self->packet.packets, 4);
	EXPECT_EQ(self->packet.octets, 3 * MSS + 4 * 52);
}

TEST_F(dissect, driver_that_names_no_type_is_understood)
{
	put_super_tcp(self, PNF_IPV4, 3 * MSS);
	self->offload.gso_segs = 0;
	self->offload.gso_type = 0;
	ASSERT_EQ(dissect(self, PNF_IPV4), 0);
	EXPECT_EQ(self->packet.packets, 3);
	EXPECT_EQ(self->packet.octets, 3 * (MSS + 52));
}

TEST_F(dissect, hostile_segment_size_gives_at_least_one_packet)
{
	static const u16 sizes[] = { 0, 1, MSS, 65534, GSO_BY_FRAGS };
	static const size_t packets[] = { 1, 2000, 2, 1, 1 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		put_super_tcp(self, PNF_IPV4, 2000);
		self->offload.gso_type |= SKB_GSO_DODGY;
		self->offload.gso_segs = 0;
		self->offload.gso_size = sizes[i];
		if (sizes[i] == GSO_BY_FRAGS) {
			struct dissect_result linear;

			linear = dissect_layout(self->octets, self->count, PNF_IPV4,
						self->offload,
						(struct skb_layout){ 0, 3000, 0 });
			self->packet = linear.packet;
			ASSERT_EQ(linear.reason, 0);
		} else {
			ASSERT_EQ(dissect(self, PNF_IPV4), 0);
		}
		EXPECT_EQ(self->packet.packets, packets[i]);
		EXPECT_EQ(self->packet.octets, 2000 + 52 * packets[i]);
	}
}

TEST_F(dissect, super_packet_without_payload_is_one_packet)
{
	put_super_tcp(self, PNF_IPV4, 0);
	ASSERT_EQ(dissect(self, PNF_IPV4), 0);
	EXPECT_EQ(self->packet.packets, 1);
	EXPECT_EQ(self->packet.octets, 52);
}

TEST_F(dissect, super_packet_never_repeats_more_header_than_there_is)
{
	put_super_tcp(self, PNF_IPV4, 0);
	self->octets[IPV4_OCTETS + 12] = 0xf0;
	self->offload.gso_segs = 3;
	ASSERT_EQ(dissect(self, PNF_IPV4), 0);
	EXPECT_EQ(self->packet.packets, 3);
	EXPECT_EQ(self->packet.octets, 3 * 52);
}

TEST_F(dissect, extension_headers_are_repeated_in_every_segment)
{
	begin(self, PNF_IPV6, 60);
	PUT(self, "\x06\x01\x01\x0c\x00\x00\x00\x00" "\x00\x00\x00\x00\x00\x00\x00\x00");
	put_tcp(self, 20);
	put_zeros(self, 4 * MSS);
	end(self, PNF_IPV6);
	self->offload.gso_type = SKB_GSO_TCPV6;
	self->offload.gso_size = MSS;
	self->offload.gso_segs = 4;
	ASSERT_EQ(dissect(self, PNF_IPV6), 0);
	EXPECT_EQ(self->packet.packets, 4);
	EXPECT_EQ(self->packet.octets, 4 * (MSS + 76));
}

TEST_F(dissect, udp_super_packet_counts_as_its_datagrams)
{
	static const u32 types[] = {
		SKB_GSO_UDP_L4, SKB_GSO_UDP_L4 | SKB_GSO_FRAGLIST,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		begin(self, PNF_IPV4, IPPROTO_UDP);
		put_udp(self);
		put_zeros(self, 5 * 1200 + 7);
		end(self, PNF_IPV4);
		self->offload.gso_type = types[i];
		self->offload.gso_size = 1200;
		self->offload.gso_segs = 6;
		ASSERT_EQ(dissect(self, PNF_IPV4), 0);
		EXPECT_EQ(self->packet.packets, 6);
		EXPECT_EQ(self->packet.octets, 5 * 1200 + 7 + 6 * 28);
		EXPECT_EQ(self->key->dport, htons(53));
	}
}

TEST_F(dissect, datagram_not_yet_fragmented_is_one_packet)
{
	begin(self, PNF_IPV4, IPPROTO_UDP);
	put_udp(self);
	put_zeros(self, 8000);
	end(self, PNF_IPV4);
	self->offload.gso_type = SKB_GSO_UDP | SKB_GSO_DODGY;
	self->offload.gso_size = 1480;
	ASSERT_EQ(dissect(self, PNF_IPV4), 0);
	EXPECT_EQ(self->packet.packets, 1);
	EXPECT_EQ(self->packet.octets, 8028);
}

TEST_F(dissect, sctp_super_packet_counts_as_its_packets)
{
	begin(self, PNF_IPV4, IPPROTO_SCTP);
	put(self, UPPER, 12);
	put_zeros(self, 4000);
	end(self, PNF_IPV4);
	self->offload.gso_type = SKB_GSO_SCTP;
	self->offload.gso_size = GSO_BY_FRAGS;
	self->offload.gso_segs = 3;
	ASSERT_EQ(dissect(self, PNF_IPV4), 0);
	EXPECT_EQ(self->packet.packets, 3);
	EXPECT_EQ(self->packet.octets, 4000 + 3 * 32);
}

TEST_F(dissect, sctp_packets_are_counted_where_they_were_glued)
{
	static const size_t heads[] = { 32, 82 };	/* alone, or with chunks */
	struct pnf_packet packet;
	struct sk_buff *skb;
	size_t i;

	for (i = 0; i < 2; i++) {
		begin(self, PNF_IPV4, IPPROTO_SCTP);
		put(self, UPPER, 12);
		put_zeros(self, heads[i] - 32 + 300);
		end(self, PNF_IPV4);

		skb = skb_layout_new(self->octets, heads[i],
				     (struct skb_layout){ 14, heads[i], 0 });
		skb->len += 300;
		skb->data_len += 300;
		skb_shinfo(skb)->gso_type = SKB_GSO_SCTP;
		skb_shinfo(skb)->gso_size = GSO_BY_FRAGS;
		skb_shinfo(skb)->frag_list =
			skb_layout_new(self->octets, 100,
				       (struct skb_layout){ 0, 100, 0 });
		skb_shinfo(skb)->frag_list->next =
			skb_layout_new(self->octets, 200,
				       (struct skb_layout){ 0, 50, 9 });

		EXPECT_EQ(pnf_dissect(skb, PNF_IPV4, &packet), 0);
		EXPECT_EQ(packet.packets, 2 + i);
		EXPECT_EQ(packet.octets, heads[i] + 300 + (1 + i) * 32);
		skb_layout_free(skb);
	}
}

/* IPv4, UDP, VXLAN, Ethernet, IPv6, TCP: the inner transport header is at 90 */
static void put_tunnel(dissect_test *self, size_t payload)
{
	begin(self, PNF_IPV4, IPPROTO_UDP);
	put_udp(self);
	put_zeros(self, 8 + 14);
	put_ipv6(self, IPPROTO_TCP);
	put_tcp(self, 32);
	put_zeros(self, payload);
	end(self, PNF_IPV4);
	self->offload.encapsulation = true;
	self->offload.inner_transport = 90;
	self->offload.gso_type = SKB_GSO_UDP_TUNNEL | SKB_GSO_TCPV6;
	self->offload.gso_size = MSS;
	self->offload.gso_segs = 0;
}

TEST_F(dissect, tunnelled_super_packet_repeats_the_inner_headers)
{
	put_tunnel(self, 7 * MSS - 5);
	ASSERT_EQ(dissect(self, PNF_IPV4), 0);
	EXPECT_EQ(self->key->protocol, IPPROTO_UDP);
	EXPECT_EQ(self->packet.packets, 7);
	EXPECT_EQ(self->packet.octets, 7 * MSS - 5 + 7 * 122);
}

TEST_F(dissect, tunnelled_udp_and_sctp_repeat_their_own_headers)
{
	put_tunnel(self, 7 * MSS);
	self->offload.gso_type = SKB_GSO_UDP_TUNNEL | SKB_GSO_UDP_L4;
	ASSERT_EQ(dissect(self, PNF_IPV4), 0);
	EXPECT_EQ(self->packet.packets, 8);
	EXPECT_EQ(self->packet.octets, 7 * MSS + 24 + 8 * 98);

	self->offload.gso_type = SKB_GSO_UDP_TUNNEL | SKB_GSO_SCTP;
	ASSERT_EQ(dissect(self, PNF_IPV4), 0);
	EXPECT_EQ(self->packet.packets, 8);
	EXPECT_EQ(self->packet.octets, 7 * MSS + 20 + 8 * 102);
}

TEST_F(dissect, tunnelled_datagram_is_fragmented_inside_the_tunnel)
{
	put_tunnel(self, 3000);
	self->offload.gso_type = SKB_GSO_UDP_TUNNEL | SKB_GSO_UDP | SKB_GSO_DODGY;
	self->offload.gso_size = 1400;
	ASSERT_EQ(dissect(self, PNF_IPV4), 0);
	EXPECT_EQ(self->packet.packets, 3);
	EXPECT_EQ(self->packet.octets, 3032 + 3 * 90);
}

TEST_F(dissect, inner_header_outside_the_packet_is_not_believed)
{
	static const u16 inner[] = { 0, 19, 27, 60000 };
	size_t i;

	for (i = 0; i < 2 * ARRAY_SIZE(inner); i++) {
		put_tunnel(self, 2 * MSS);
		self->offload.inner_transport = inner[i / 2];
		if (i & 1)
			self->offload.gso_type = SKB_GSO_UDP_TUNNEL | SKB_GSO_UDP;
		ASSERT_EQ(dissect(self, PNF_IPV4), 0);
		EXPECT_EQ(self->packet.packets, 3);
		EXPECT_EQ(self->packet.octets, 2 * MSS + 94 + 3 * 28);
	}

	/* In the link's padding */
	put_tunnel(self, 2 * MSS);
	self->offload.gso_type = SKB_GSO_UDP_TUNNEL | SKB_GSO_UDP;
	self->offload.inner_transport = self->count + 10;
	put_zeros(self, 20);
	ASSERT_EQ(dissect(self, PNF_IPV4), 0);
	EXPECT_EQ(self->packet.octets, 2 * MSS + 94 + 3 * 28);

	/* No room for a TCP header between it and the end */
	put_tunnel(self, 0);
	self->offload.inner_transport = self->count - 19;
	self->offload.gso_segs = 2;
	ASSERT_EQ(dissect(self, PNF_IPV4), 0);
	EXPECT_EQ(self->packet.octets, self->count + 28);
}

/* BIG TCP: @payload with or without the header that the stack puts in */
static void put_big_tcp(dissect_test *self, size_t payload, bool header)
{
	u32 length = htonl(payload + 32 + 8);

	begin(self, PNF_IPV6, header ? 0 : IPPROTO_TCP);
	if (header) {
		PUT(self, "\x06\x00\xc2\x04");
		put(self, &length, sizeof(length));
	}
	put_tcp(self, 32);
	put_zeros(self, payload);
	self->offload.gso_type = SKB_GSO_TCPV6;
	self->offload.gso_size = MSS;
	self->offload.gso_segs = DIV_ROUND_UP(payload, MSS);
}

/* BIG TCP behind 16 octets of extension headers */
static void put_two_extensions(dissect_test *self, u8 first,
			       const char *extensions, size_t payload)
{
	put_big_tcp(self, payload, false);
	begin(self, PNF_IPV6, first);
	put(self, extensions, 16);
	put_tcp(self, 32);
	put_zeros(self, payload);
}

TEST_F(dissect, reference_bug_5_big_tcp_counts_as_its_segments_without_its_jumbo_header)
{
	size_t payload = 100 * MSS - 1;
	int i;

	for (i = 0; i < 4; i++) {
		put_big_tcp(self, payload, i & 1);
		if (i & 2)
			self->offload.gso_segs = 0;
		ASSERT_EQ(dissect(self, PNF_IPV6), 0);
		EXPECT_EQ(self->key->protocol, IPPROTO_TCP);
		EXPECT_EQ(self->key->dport, htons(443));
		EXPECT_EQ(self->packet.packets, 100);
		EXPECT_EQ(self->packet.octets, payload + 100 * 72);
	}
}

TEST_F(dissect, option_header_that_the_stack_leaves_in_is_counted)
{
	size_t payload = 100 * MSS;

	/* Not a jumbo payload option */
	put_big_tcp(self, payload, true);
	self->octets[IPV6_OCTETS + 2] = 0x1e;
	ASSERT_EQ(dissect(self, PNF_IPV6), 0);
	EXPECT_EQ(self->packet.octets, payload + 100 * 80);

	/* The option in another extension header, or in one that is not the first */
	put_big_tcp(self, payload, true);
	self->octets[6] = 60;
	ASSERT_EQ(dissect(self, PNF_IPV6), 0);
	EXPECT_EQ(self->packet.octets, payload + 100 * 80);

	put_two_extensions(self, 60, "\x00\x00\x01\x04\x00\x00\x00\x00"
				     "\x06\x00\xc2\x04\x00\x02\x00\x00", payload);
	ASSERT_EQ(dissect(self, PNF_IPV6), 0);
	EXPECT_EQ(self->packet.octets, payload + 100 * 88);

	/* Another extension header behind it, or more options in it */
	put_two_extensions(self, 0, "\x3c\x00\xc2\x04\x00\x02\x00\x00"
				    "\x06\x00\x01\x04\x00\x00\x00\x00", payload);
	ASSERT_EQ(dissect(self, PNF_IPV6), 0);
	EXPECT_EQ(self->packet.octets, payload + 100 * 88);

	put_two_extensions(self, 0, "\x06\x01\xc2\x04\x00\x02\x00\x00"
				    "\x01\x06\x00\x00\x00\x00\x00\x00", payload);
	ASSERT_EQ(dissect(self, PNF_IPV6), 0);
	EXPECT_EQ(self->packet.octets, payload + 100 * 88);

	/* An ordinary super-packet that has a hop-by-hop header */
	put_big_tcp(self, 10 * MSS, true);
	end(self, PNF_IPV6);
	ASSERT_EQ(dissect(self, PNF_IPV6), 0);
	EXPECT_EQ(self->packet.packets, 10);
	EXPECT_EQ(self->packet.octets, 10 * (MSS + 80));
}

TEST_F(dissect, ipv4_big_tcp_counts_as_its_segments)
{
	put_super_tcp(self, PNF_IPV4, 100 * MSS);
	set_be16(self, 2, 0);
	ASSERT_EQ(dissect(self, PNF_IPV4), 0);
	EXPECT_EQ(self->packet.packets, 100);
	EXPECT_EQ(self->packet.octets, 100 * (MSS + 52));
}

TEST_F(dissect, jumbogram_counts_whole)
{
	put_big_tcp(self, 70000, true);
	memset(&self->offload, 0, sizeof(self->offload));
	ASSERT_EQ(dissect(self, PNF_IPV6), 0);
	EXPECT_EQ(self->key->protocol, IPPROTO_TCP);
	EXPECT_EQ(self->packet.packets, 1);
	EXPECT_EQ(self->packet.octets, 70000 + 80);
}

TEST_F(dissect, no_payload_length_without_a_jumbogram_is_no_payload)
{
	/* Padding behind a header that has nothing to say */
	begin(self, PNF_IPV6, IPPROTO_NONE);
	put_zeros(self, 20);
	ASSERT_EQ(dissect(self, PNF_IPV6), 0);
	EXPECT_EQ(self->packet.octets, 40);

	/* Too short for a jumbogram; RFC 2675 3 */
	begin(self, PNF_IPV6, 0);
	PUT(self, "\x06\x00\xc2\x04\x00\x00\x00\x1c");
	put_tcp(self, 20);
	EXPECT_EQ(dissect(self, PNF_IPV6), PNF_IGNORED_TRUNCATED);

	begin(self, PNF_IPV6, IPPROTO_TCP);
	put_tcp(self, 32);
	put_zeros(self, 70000);
	EXPECT_EQ(dissect(self, PNF_IPV6), PNF_IGNORED_TRUNCATED);
}

/* The bits in ipv4Options or ipv6ExtensionHeaders, 0 if the packet tells of none */
static u32 ip_options(const dissect_test *self)
{
	return self->packet.flags & PNF_PACKET_OPTIONS ? self->packet.options.ip : 0;
}

/* The 64 bits of tcpOptions */
static u64 tcp_options(const dissect_test *self)
{
	u64 high = self->packet.flags & PNF_PACKET_OPTIONS ? self->packet.options.tcp_high : 0;

	return high << 32 | self->key->tcp_options;
}

/* A TCP packet with these options, filled up with @fill to a multiple of 4 octets */
static void put_tcp_options(dissect_test *self, u8 version, const void *options, size_t count,
			    u8 fill)
{
	size_t octets = (count + 3) & ~(size_t)3;
	size_t at;

	begin(self, version, IPPROTO_TCP);
	put_tcp(self, TCP_OCTETS + octets);
	at = self->count - octets;
	memset(self->octets + at, fill, octets);
	memcpy(self->octets + at, options, count);
	put_payload(self);
	end(self, version);
}

TEST_F(dissect, reference_bug_10_tcp_options_have_the_bits_of_their_kinds)
{
	static const u8 versions[] = { PNF_IPV4, PNF_IPV6 };
	unsigned int i, kind;

	for (i = 0; i < 2; i++)
		for (kind = 0; kind < 256; kind++) {
			/* The kinds of one octet: that octet, four times */
			u8 option[] = { kind, kind < 2 ? kind : 4, kind, kind };

			put_tcp_options(self, versions[i], option, 4, 0);
			ASSERT_EQ(dissect(self, versions[i]), 0);
			EXPECT_EQ(tcp_options(self), kind < 64 ? 1ULL << kind : 0)
				TH_LOG("kind %u", kind);
			EXPECT_EQ(self->packet.flags, kind >= 32 && kind < 64 ?
				  PNF_PACKET_OPTIONS : 0);
			EXPECT_EQ(ip_options(self), 0);
			EXPECT_EQ(self->packet.tcp_flags, 0x1d8);
		}
}

TEST_F(dissect, segment_without_options_has_no_bits)
{
	static const u8 versions[] = { PNF_IPV4, PNF_IPV6 };
	size_t i;

	for (i = 0; i < 2; i++) {
		put_tcp_options(self, versions[i], "", 0, 0);
		ASSERT_EQ(dissect(self, versions[i]), 0);
		EXPECT_EQ(tcp_options(self), 0);
		EXPECT_EQ(self->packet.flags, 0);
	}
}

static const u8 timestamps[] = { 1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8 };

TEST_F(dissect, aligned_timestamps_are_nop_and_timestamps)
{
	static const u8 versions[] = { PNF_IPV4, PNF_IPV6 };
	size_t i, octets;

	for (i = 0; i < 2; i++) {
		put_tcp_options(self, versions[i], timestamps, sizeof(timestamps), 0);
		ASSERT_EQ(dissect(self, versions[i]), 0);
		EXPECT_EQ(tcp_options(self), 0x102);
		EXPECT_EQ(self->packet.flags, 0);
		EXPECT_EQ(self->packet.tcp_flags, 0x1d8);

		/* A datagram that ends within: the option is not there, its NOPs are */
		for (octets = TCP_OCTETS; octets <= 32; octets++) {
			self->count = ip_octets(versions[i]) + octets;
			end(self, versions[i]);
			ASSERT_EQ(dissect(self, versions[i]), 0);
			EXPECT_EQ(tcp_options(self), octets == 32 ? 0x102 :
				  octets == TCP_OCTETS ? 0 : 2);
		}
	}
}

TEST_F(dissect, options_that_only_look_like_timestamps_are_what_they_are)
{
	static const struct {
		u8 options[12];
		u64 seen;
	} others[] = {
		{ { 1, 1, 8, 4, 0, 0, 3, 3, 7, 0, 0, 0 }, 0x10b },
		{ { 1, 1, 5, 10, 1, 2, 3, 4, 5, 6, 7, 8 }, 0x22 },
		{ { 2, 4, 5, 0xb4, 4, 2, 1, 3, 3, 7, 0, 0 }, 0x1f },
		{ { 8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1 }, 0x102 },
		{ { 34, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1 }, 1ULL << 34 | 2 },
	};
	u8 long_timestamps[20] = { 1, 1, 8, 10, [12] = 30, 8 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(others); i++) {
		put_tcp_options(self, PNF_IPV4, others[i].options, 12, 0);
		ASSERT_EQ(dissect(self, PNF_IPV4), 0);
		EXPECT_EQ(tcp_options(self), others[i].seen)
			TH_LOG("%zu", i);
	}

	/* The first of more */
	put_tcp_options(self, PNF_IPV6, long_timestamps, 20, 0);
	ASSERT_EQ(dissect(self, PNF_IPV6), 0);
	EXPECT_EQ(tcp_options(self), 1ULL << 30 | 0x102);
}

TEST_F(dissect, as_many_options_as_fit_are_seen)
{
	u8 options[40];
	size_t i;

	for (i = 0; i < 20; i++) {
		options[2 * i] = 31 + i;
		options[2 * i + 1] = 2;
	}
	put_tcp_options(self, PNF_IPV6, options, 40, 0);
	ASSERT_EQ(dissect(self, PNF_IPV6), 0);
	EXPECT_EQ(tcp_options(self), 0xfffffULL << 31);
	EXPECT_EQ(self->packet.flags, PNF_PACKET_OPTIONS);
	EXPECT_EQ(self->packet.options.tcp_high, 0x7ffff);
}

TEST_F(dissect, nothing_behind_the_end_of_tcp_options_is_seen)
{
	put_tcp_options(self, PNF_IPV4, "\x01\x00\x02\x04\x05\xb4", 6, 1);
	ASSERT_EQ(dissect(self, PNF_IPV4), 0);
	EXPECT_EQ(tcp_options(self), 3);
}

TEST_F(dissect, malformed_length_ends_the_options)
{
	static const u8 lengths[] = { 0, 1, 7, 8, 0x7f, 0xff };
	u8 option[8] = { 1, 2, 0, 4, 5, 3, 3, 3 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		option[2] = lengths[i];
		put_tcp_options(self, PNF_IPV4, option, 8, 0);
		ASSERT_EQ(dissect(self, PNF_IPV4), 0);
		EXPECT_EQ(tcp_options(self), lengths[i] == 7 ? 6 : 2)
			TH_LOG("length %u", lengths[i]);
	}

	/* No length at all */
	put_tcp_options(self, PNF_IPV4, "\x01\x01\x01\x02", 4, 0);
	ASSERT_EQ(dissect(self, PNF_IPV4), 0);
	EXPECT_EQ(tcp_options(self), 2);
}

TEST_F(dissect, options_beyond_the_datagram_are_not_there)
{
	size_t octets;

	/* The header claims 60 octets, the skb has them, the datagram does not. */
	for (octets = 0; octets <= 40; octets += 2) {
		begin(self, PNF_IPV4, IPPROTO_TCP);
		put_tcp(self, TCP_OCTETS);
		self->octets[IPV4_OCTETS + 12] |= 0xf0;
		for (; self->count < IPV4_OCTETS + TCP_OCTETS + octets; self->count += 2)
			memcpy(self->octets + self->count, "\x03\x02", 2);
		end(self, PNF_IPV4);
		for (; self->count < IPV4_OCTETS + TCP_OCTETS + 60; self->count += 2)
			memcpy(self->octets + self->count, "\x04\x02", 2);

		ASSERT_EQ(dissect(self, PNF_IPV4), 0);
		EXPECT_EQ(tcp_options(self), octets ? 8 : 0);
	}
}

TEST_F(dissect, tcp_header_that_claims_less_than_its_fixed_part_has_no_options)
{
	u8 words;

	for (words = 0; words < 5; words++) {
		put_tcp_options(self, PNF_IPV4, timestamps, sizeof(timestamps), 0);
		self->octets[IPV4_OCTETS + 12] = words << 4;
		ASSERT_EQ(dissect(self, PNF_IPV4), 0);
		EXPECT_EQ(tcp_options(self), 0);
	}
}

TEST_F(dissect, options_of_a_super_packet_are_those_of_its_segments)
{
	put_tcp_options(self, PNF_IPV6, "\x22\x04\x00\x00" "\x01\x01\x08\x0a\x00\x00\x00\x00"
					"\x00\x00\x00\x00", 16, 0);
	put_zeros(self, 3 * MSS);
	end(self, PNF_IPV6);
	self->offload.gso_type = SKB_GSO_TCPV6;
	self->offload.gso_size = MSS;
	ASSERT_EQ(dissect(self, PNF_IPV6), 0);
	EXPECT_EQ(self->packet.packets, 4);
	EXPECT_EQ(tcp_options(self), 1ULL << 34 | 0x102);
}

TEST_F(dissect, what_has_no_options_leaves_their_place_alone)
{
	struct pnf_packet packet;
	struct sk_buff *skb;

	begin(self, PNF_IPV4, IPPROTO_ESP);
	put(self, UPPER, 20);
	end(self, PNF_IPV4);
	skb = skb_layout_new(self->octets, self->count, (struct skb_layout){ 0, self->count, 0 });
	memset(&packet, 0xa5, sizeof(packet));
	EXPECT_EQ(pnf_dissect(skb, PNF_IPV4, &packet), 0);
	EXPECT_EQ(packet.flags, 0);
	EXPECT_EQ(packet.options.ip, 0xa5a5a5a5);
	EXPECT_EQ(packet.options.tcp_high, 0xa5a5a5a5);
	skb_layout_free(skb);

	/* Both are written where there is one. */
	put_tcp_options(self, PNF_IPV4, "\x22\x04\x00\x00", 4, 0);
	skb = skb_layout_new(self->octets, self->count, (struct skb_layout){ 0, self->count, 0 });
	memset(&packet, 0xa5, sizeof(packet));
	EXPECT_EQ(pnf_dissect(skb, PNF_IPV4, &packet), 0);
	EXPECT_EQ(packet.flags, PNF_PACKET_OPTIONS);
	EXPECT_EQ(packet.options.ip, 0);
	EXPECT_EQ(packet.options.tcp_high, 4);
	skb_layout_free(skb);
}

/* A UDP packet with these IPv4 options, filled up with zeros to a multiple of 4 octets */
static void put_ipv4_options(dissect_test *self, const void *options, size_t count)
{
	size_t octets = (count + 3) & ~(size_t)3;

	begin(self, PNF_IPV4, IPPROTO_UDP);
	self->octets[0] = 0x45 + octets / 4;
	put(self, options, count);
	put_zeros(self, octets - count);
	put_udp(self);
	put_payload(self);
	end(self, PNF_IPV4);
}

TEST_F(dissect, reference_bug_10_ipv4_options_have_the_bits_of_their_numbers)
{
	unsigned int type;

	for (type = 0; type < 256; type++) {
		u8 option[] = { type, type < 2 ? type : 4, type, type };

		put_ipv4_options(self, option, 4);
		ASSERT_EQ(dissect(self, PNF_IPV4), 0);
		EXPECT_EQ(self->packet.flags, PNF_PACKET_OPTIONS);
		EXPECT_EQ(ip_options(self), 1U << (type & 31))
			TH_LOG("type %u", type);
		EXPECT_EQ(tcp_options(self), 0);
		EXPECT_EQ(self->key->dport, htons(53));
	}
}

/* Every type in IANA's list for ipv4Options; three more have the number of EXP */
TEST_F(dissect, assigned_ipv4_options_are_told_apart)
{
	static const u8 types[32] = {
		0, 1, 130, 131, 68, 133, 134, 7, 136, 137, 10, 11, 12, 205, 142, 15, 144, 145,
		82, 147, 148, 149, 150, 151, 152, 25, [30] = 30,
	};
	u8 options[40];
	u32 seen = 0;
	size_t i, at;

	for (i = 1; i < 32; i++) {
		if (!types[i])
			continue;
		options[0] = types[i];
		options[1] = 3;
		options[2] = types[i];
		at = types[i] == 1 ? 1 : 3;
		options[at++] = 0;
		put_ipv4_options(self, options, at);
		ASSERT_EQ(dissect(self, PNF_IPV4), 0);
		EXPECT_EQ(ip_options(self), 1U << i | 1);
		seen |= ip_options(self);
	}
	EXPECT_EQ(seen, 0x43ffffff);
}

TEST_F(dissect, several_ipv4_options_add_up)
{
	/* NOP, Record Route, Router Alert, Time Stamp, NOP, Upstream Multicast Packet */
	put_ipv4_options(self, "\x01\x07\x07\x04\x00\x00\x00\x00\x94\x04\x00\x00"
			       "\x44\x08\x05\x00\x00\x00\x00\x00\x01\x98\x04\x00\x00", 25);
	ASSERT_EQ(dissect(self, PNF_IPV4), 0);
	/* End of Options List fills the header up. */
	EXPECT_EQ(ip_options(self), 1U << 0 | 1U << 1 | 1U << 7 | 1U << 20 | 1U << 4 | 1U << 24);
}

TEST_F(dissect, nothing_behind_the_end_of_ipv4_options_is_seen)
{
	put_ipv4_options(self, "\x01\x00\x94\x04\x00\x00\x07\x02", 8);
	ASSERT_EQ(dissect(self, PNF_IPV4), 0);
	EXPECT_EQ(ip_options(self), 3);
}

TEST_F(dissect, malformed_ipv4_option_ends_them)
{
	static const u8 lengths[] = { 0, 1, 7, 8, 0xff };
	u8 option[8] = { 1, 7, 0, 4, 5, 3, 3, 3 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		option[2] = lengths[i];
		put_ipv4_options(self, option, 8);
		ASSERT_EQ(dissect(self, PNF_IPV4), 0);
		EXPECT_EQ(ip_options(self), lengths[i] == 7 ? 0x82 : 2)
			TH_LOG("length %u", lengths[i]);
	}

	/* The first is malformed: there is nothing to tell. */
	put_ipv4_options(self, "\x07\x01\x01\x01", 4);
	ASSERT_EQ(dissect(self, PNF_IPV4), 0);
	EXPECT_EQ(self->packet.flags, 0);
}

TEST_F(dissect, later_ipv4_fragment_tells_its_own_options)
{
	put_ipv4_options(self, "\x94\x04\x00\x00", 4);
	self->octets[9] = IPPROTO_TCP;
	set_be16(self, 6, 0x0010);
	ASSERT_EQ(dissect(self, PNF_IPV4), 0);
	EXPECT_EQ(self->key->kind, PNF_KEY_LATER_FRAGMENT);
	EXPECT_EQ(self->packet.flags, PNF_PACKET_FRAGMENT | PNF_PACKET_OPTIONS);
	EXPECT_EQ(ip_options(self), 1U << 20);
	EXPECT_EQ(tcp_options(self), 0);
}

#define DST	BIT(0)
#define HOP	BIT(1)
#define UNK	BIT(3)
#define FRA0	BIT(4)
#define RH	BIT(5)
#define FRA1	BIT(6)
#define MOB	BIT(12)
#define ESP	BIT(13)
#define AH	BIT(14)
#define PAY	BIT(15)

TEST_F(dissect, ipv6_extension_headers_have_the_bits_of_erratum_1738)
{
	static const struct {
		u8 header;
		u32 seen;
	} headers[] = {
		{ 60, DST }, { 0, HOP }, { 43, RH }, { 135, MOB }, { IPPROTO_ESP, ESP },
		{ IPPROTO_AH, AH }, { 108, PAY }, { 44, FRA0 },
		/* What has a bit only in ipv6ExtensionHeadersFull, and what else is unknown */
		{ 139, UNK }, { 140, UNK }, { 253, UNK }, { 254, UNK }, { 89, UNK }, { 255, UNK },
		{ IPPROTO_ICMP, UNK },
		/* What is no extension header */
		{ IPPROTO_TCP, 0 }, { IPPROTO_UDP, 0 }, { IPPROTO_UDPLITE, 0 },
		{ IPPROTO_SCTP, 0 }, { IPPROTO_DCCP, 0 }, { IPPROTO_ICMPV6, 0 },
		{ IPPROTO_NONE, 0 }, { IPPROTO_IPIP, 0 }, { IPPROTO_IPV6, 0 },
		{ IPPROTO_GRE, 0 }, { IPPROTO_PIM, 0 }, { IPPROTO_L2TP, 0 },
		{ IPPROTO_MPLS, 0 }, { IPPROTO_ETHERNET, 0 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(headers); i++) {
		/* Whatever it is: no next header, an AH of 24 octets, others of 8 */
		begin(self, PNF_IPV6, headers[i].header);
		put(self, "\x3b\x00\x00\x00\x00\x00\x00\x00" "\x00\x00\x00\x00\x00\x00\x00\x00"
			  "\x00\x00\x00\x00\x00\x00\x00\x00", 24);
		if (headers[i].header == IPPROTO_AH)
			self->octets[IPV6_OCTETS + 1] = 4;
		end(self, PNF_IPV6);

		ASSERT_EQ(dissect(self, PNF_IPV6), 0)
			TH_LOG("header %u", headers[i].header);
		EXPECT_EQ(ip_options(self), headers[i].seen)
			TH_LOG("header %u", headers[i].header);
		EXPECT_EQ(self->packet.flags, headers[i].seen ? PNF_PACKET_OPTIONS : 0);
		EXPECT_EQ(self->key->tcp_options, 0);
	}
}

TEST_F(dissect, chain_of_extension_headers_adds_up)
{
	begin(self, PNF_IPV6, 0);
	PUT(self, "\x3c\x00\x05\x02\x00\x00\x01\x00");
	PUT(self, "\x2b\x00\x01\x04\x00\x00\x00\x00");
	PUT(self, "\x2c\x02\x04\x01\x00\x00\x00\x00"
		  "\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x07");
	PUT(self, "\x33\x00\x00\x01\x00\x00\x00\x07");
	PUT(self, "\x32\x01\x00\x00\x12\x34\x56\x78\x00\x00\x00\x01");
	end(self, PNF_IPV6);
	ASSERT_EQ(dissect(self, PNF_IPV6), 0);
	EXPECT_EQ(ip_options(self), HOP | DST | RH | FRA0 | AH);
	EXPECT_EQ(self->packet.flags, PNF_PACKET_OPTIONS | PNF_PACKET_FRAGMENT);
	EXPECT_EQ(self->key->protocol, IPPROTO_AH);
}

TEST_F(dissect, later_ipv6_fragment_is_fra1_and_tells_nothing_of_what_is_behind)
{
	begin(self, PNF_IPV6, 0);
	PUT(self, "\x2c\x00\x01\x04\x00\x00\x00\x00");
	PUT(self, "\x32\x00\x00\x08\x00\x00\x00\x07");
	end(self, PNF_IPV6);
	ASSERT_EQ(dissect(self, PNF_IPV6), 0);
	EXPECT_EQ(ip_options(self), HOP | FRA1);
	EXPECT_EQ(self->packet.flags, PNF_PACKET_OPTIONS | PNF_PACKET_FRAGMENT);
}

TEST_F(dissect, extension_headers_and_tcp_options_are_told_together)
{
	static const u8 options[] = { 34, 2, 2, 4, 5, 0xb4, 0, 0 };

	begin(self, PNF_IPV6, 60);
	PUT(self, "\x06\x00\x01\x04\x00\x00\x00\x00");
	put_tcp(self, 28);
	memcpy(self->octets + self->count - 8, options, 8);
	end(self, PNF_IPV6);
	ASSERT_EQ(dissect(self, PNF_IPV6), 0);
	EXPECT_EQ(ip_options(self), DST);
	EXPECT_EQ(tcp_options(self), 1ULL << 34 | 5);
}

/* The header of BIG TCP is never on the wire, that of a jumbogram is. */
TEST_F(dissect, hop_by_hop_header_that_the_stack_takes_out_is_not_told)
{
	put_big_tcp(self, 100 * MSS, true);
	ASSERT_EQ(dissect(self, PNF_IPV6), 0);
	EXPECT_EQ(ip_options(self), 0);

	put_big_tcp(self, 70000, true);
	memset(&self->offload, 0, sizeof(self->offload));
	self->octets[IPV6_OCTETS] = 60;
	memmove(self->octets + IPV6_OCTETS + 16, self->octets + IPV6_OCTETS + 8, 100);
	memcpy(self->octets + IPV6_OCTETS + 8, "\x06\x00\x01\x04\x00\x00\x00\x00", 8);
	ASSERT_EQ(dissect(self, PNF_IPV6), 0);
	EXPECT_EQ(ip_options(self), HOP | DST);
}

TEST_F(dissect, reference_bug_6_flow_label_is_the_low_20_bits)
{
	struct sk_buff *skb;
	size_t at;

	begin(self, PNF_IPV6, IPPROTO_UDP);
	put_udp(self);
	for (at = 0; at <= 8; at++) {
		skb = skb_layout_new(self->octets, self->count, (struct skb_layout){ 14, at, 1 });
		EXPECT_EQ(pnf_dissect_flow_label(skb), 0xabcde);
		skb_layout_free(skb);
	}
	memset(self->octets, 0xff, 4);
	for (at = 0; at <= 4; at++) {
		skb = skb_layout_new(self->octets, at, (struct skb_layout){ 0, at / 2, 0 });
		EXPECT_EQ(pnf_dissect_flow_label(skb), at == 4 ? 0xfffff : 0);
		skb_layout_free(skb);
	}
}

TEST_F(dissect, ttl_is_the_hops_that_are_left)
{
	static const u8 versions[] = { PNF_IPV4, PNF_IPV6 };
	static const size_t places[] = { 8, 7 };
	struct sk_buff *skb;
	size_t i, at;

	for (i = 0; i < 2; i++) {
		begin(self, versions[i], IPPROTO_UDP);
		self->octets[places[i]] = 0xc3;
		put_udp(self);
		for (at = 0; at <= 20; at++) {
			skb = skb_layout_new(self->octets, self->count,
					     (struct skb_layout){ 14, at, 1 });
			EXPECT_EQ(pnf_dissect_ttl(skb, versions[i]), 0xc3);
			skb_layout_free(skb);

			skb = skb_layout_new(self->octets, at, (struct skb_layout){ 0, at / 2, 0 });
			EXPECT_EQ(pnf_dissect_ttl(skb, versions[i]), at > places[i] ? 0xc3 : 0);
			skb_layout_free(skb);
		}
	}
}

TEST_F(dissect, reference_bug_2_header_outside_the_linear_area_is_read)
{
	static const u8 versions[] = { PNF_IPV4, PNF_IPV6 };
	struct pnf_packet packet;
	struct sk_buff *skb;
	size_t i, start;

	for (i = 0; i < 2; i++) {
		self->count = 0;
		put_zeros(self, 14);
		start = self->count;
		put_ip(self, versions[i], IPPROTO_TCP);
		put_tcp(self, 20);
		set_be16(self, start + (versions[i] == PNF_IPV4 ? 2 : 4),
			 versions[i] == PNF_IPV4 ? 40 : 20);

		skb = skb_layout_new(self->octets, self->count,
				     (struct skb_layout){ 0, 10, 0 });
		skb->network_header += start;
		EXPECT_EQ(pnf_dissect(skb, versions[i], &packet), 0);
		EXPECT_EQ(packet.key.dport, htons(443));
		EXPECT_EQ(packet.octets, self->count - start);
		skb_layout_free(skb);
	}
}

TEST_F(dissect, layouts_agree_on_arbitrary_octets)
{
	u32 random = 0x2545f491;
	u8 version;
	int i;
	size_t j;

	for (i = 0; i < 1000; i++) {
		version = i & 1 ? PNF_IPV4 : PNF_IPV6;
		begin(self, version, i & 2 ? IPPROTO_TCP : 0);
		for (j = 0; j < 100; j++) {
			random = random * 1664525 + 1013904223;
			self->octets[self->count++] = random >> 24 & (i & 4 ? 0x3f : 0xff);
		}
		end(self, version);
		self->octets[random >> 8 & 7] ^= random >> 16;
		self->count -= random >> 24 & 15;
		EXPECT_NE(dissect(self, version), -1);
	}
}

TEST_HARNESS_MAIN
