// SPDX-License-Identifier: GPL-2.0-only
/* sources: kmod/dissect.c */
/*
 * Layer 2. Every frame goes through the dissector linear and split at every offset, with
 * skb->data anywhere: all have to agree.
 */
#include "kselftest_harness.h"

#include "dissect_check.h"

#define FRAME_MAX	256

static const u8 daddr[ETH_ALEN] = { 0x02, 0x11, 0x22, 0x33, 0x44, 0x55 };
static const u8 saddr[ETH_ALEN] = { 0x06, 0x66, 0x77, 0x88, 0x99, 0xaa };

FIXTURE(dissect_link) {
	u8 octets[FRAME_MAX];
	struct dissect_frame frame;
	struct pnf_link link;
};

typedef FIXTURE_DATA(dissect_link) link_test;

static void put(link_test *self, const void *octets, size_t count)
{
	memcpy(self->octets + self->frame.count, octets, count);
	self->frame.count += count;
}

static void put_be16(link_test *self, u16 value)
{
	__be16 octets = htons(value);

	put(self, &octets, sizeof(octets));
}

static void put_be32(link_test *self, u32 value)
{
	__be32 octets = htonl(value);

	put(self, &octets, sizeof(octets));
}

/* Addresses and what follows them */
static void begin(link_test *self, u16 ethertype)
{
	memset(&self->frame, 0, sizeof(self->frame));
	self->frame.octets = self->octets;
	self->frame.has_mac = true;
	put(self, daddr, ETH_ALEN);
	put(self, saddr, ETH_ALEN);
	put_be16(self, ethertype);
}

/* The rest of a tag whose TPID was put, and what follows it */
static void put_tag(link_test *self, u16 tci, u16 ethertype)
{
	put_be16(self, tci);
	put_be16(self, ethertype);
}

/* A label stack; each entry differs in each of its fields */
static u32 stack_entry(unsigned int i, bool is_bottom)
{
	return (0x12345 + 0x1111 * i) << 12 | (i & 7) << 9 | is_bottom << 8 | (64 - i);
}

static void put_stack(link_test *self, unsigned int labels)
{
	unsigned int i;

	for (i = 0; i < labels; i++)
		put_be32(self, stack_entry(i, i == labels - 1));
}

/* IP begins. Not a byte of it is to be taken for layer 2. */
static void end(link_test *self)
{
	static const u8 ip[] = {
		0x45, 0x00, 0x81, 0x00, 0x81, 0x00, 0x81, 0x00,
	};

	self->frame.network = self->frame.count;
	put(self, ip, sizeof(ip));
}

static bool dissect(link_test *self, unsigned int depth)
{
	return dissect_link_layouts(&self->frame, depth, &self->link);
}

static bool is_empty(const link_test *self)
{
	static const struct pnf_link empty;

	return !memcmp(&self->link, &empty, sizeof(empty));
}

static bool has_addresses(const link_test *self)
{
	return !memcmp(self->link.daddr, daddr, ETH_ALEN) &&
	       !memcmp(self->link.saddr, saddr, ETH_ALEN);
}

FIXTURE_SETUP(dissect_link)
{
	memset(self, 0, sizeof(*self));
}

FIXTURE_TEARDOWN(dissect_link)
{
}

TEST_F(dissect_link, untagged_frame_has_addresses_and_14_octets)
{
	static const u16 types[] = { ETH_P_IP, ETH_P_IPV6 };
	size_t i;

	for (i = 0; i < 2; i++) {
		begin(self, types[i]);
		end(self);
		ASSERT_TRUE(dissect(self, 10));
		EXPECT_TRUE(has_addresses(self));
		EXPECT_EQ(self->link.ethertype, htons(types[i]));
		EXPECT_EQ(self->link.vlan.tags, 0);
		EXPECT_EQ(self->link.labels, 0);
		EXPECT_EQ(self->link.octets, 14);
	}
}

TEST_F(dissect_link, without_a_mac_header_there_is_nothing)
{
	begin(self, ETH_P_IP);
	end(self);
	self->frame.has_mac = false;
	self->frame.has_tag = true;
	self->frame.tag = 7;
	ASSERT_TRUE(dissect(self, 10));
	EXPECT_TRUE(is_empty(self));
}

/* As of a device without a header, or of one that has less than Ethernet */
TEST_F(dissect_link, mac_header_shorter_than_ethernet_is_none)
{
	size_t octets;

	begin(self, ETH_P_IP);
	end(self);
	for (octets = 0; octets < ETH_HLEN; octets++) {
		self->frame.network = octets;
		ASSERT_TRUE(dissect(self, 10));
		EXPECT_TRUE(is_empty(self));
	}
}

/* A tunnel put its header in front of what came in: the old MAC header is inside of it. */
TEST_F(dissect_link, mac_header_behind_the_network_header_is_none)
{
	struct sk_buff *skb;

	begin(self, ETH_P_IP);
	end(self);
	skb = skb_layout_new(self->octets, self->frame.count,
			     (struct skb_layout){ 0, self->frame.count, 0 });
	skb->mac_header = skb->network_header + 6;
	memset(&self->link, 0xff, sizeof(self->link));
	pnf_dissect_link(skb, 10, &self->link);
	EXPECT_TRUE(is_empty(self));
	skb_layout_free(skb);
}

/* A tunnel took its header away and left the outer packet's MAC header: IP is elsewhere. */
TEST_F(dissect_link, mac_header_of_the_outer_packet_is_none)
{
	begin(self, ETH_P_IP);
	put(self, "\x45\x00\x00\x64\x00\x00\x00\x00\x40\x04\x00\x00"
		  "\xc0\x00\x02\x01\xc0\x00\x02\x02", 20);
	end(self);
	self->frame.has_tag = true;
	ASSERT_TRUE(dissect(self, 10));
	EXPECT_TRUE(is_empty(self));

	begin(self, ETH_P_8021Q);
	put_tag(self, 9, ETH_P_IPV6);
	put_be32(self, 0);
	end(self);
	ASSERT_TRUE(dissect(self, 10));
	EXPECT_TRUE(is_empty(self));
}

TEST_F(dissect_link, accelerated_tag_counts_as_on_the_wire)
{
	begin(self, ETH_P_IP);
	end(self);
	self->frame.has_tag = true;
	self->frame.tag = 0xb00a;
	ASSERT_TRUE(dissect(self, 10));
	EXPECT_EQ(self->link.vlan.tags, 1);
	EXPECT_EQ(self->link.vlan.tci[0], 0xb00a);
	EXPECT_EQ(self->link.vlan.tci[1], 0);
	EXPECT_EQ(self->link.ethertype, htons(ETH_P_IP));
	EXPECT_EQ(self->link.octets, 18);

	/* A priority tag is a tag. */
	self->frame.tag = 0;
	ASSERT_TRUE(dissect(self, 10));
	EXPECT_EQ(self->link.vlan.tags, 1);
	EXPECT_EQ(self->link.octets, 18);
}

TEST_F(dissect_link, tag_in_the_frame_is_read)
{
	static const u16 types[] = { ETH_P_8021Q, ETH_P_8021AD };
	size_t i;

	for (i = 0; i < 2; i++) {
		begin(self, types[i]);
		put_tag(self, 0xeabc, ETH_P_IPV6);
		end(self);
		ASSERT_TRUE(dissect(self, 10));
		EXPECT_TRUE(has_addresses(self));
		EXPECT_EQ(self->link.vlan.tags, 1);
		EXPECT_EQ(self->link.vlan.tci[0], 0xeabc);
		EXPECT_EQ(self->link.vlan.tci[1], 0);
		EXPECT_EQ(self->link.ethertype, htons(ETH_P_IPV6));
		EXPECT_EQ(self->link.octets, 18);
	}
}

TEST_F(dissect_link, two_tags_are_read_from_outer_to_inner)
{
	static const u16 outer[] = { ETH_P_8021Q, ETH_P_8021AD };
	size_t i;

	for (i = 0; i < 2; i++) {
		begin(self, outer[i]);
		put_tag(self, 0x2064, ETH_P_8021Q);
		put_tag(self, 0x40c8, ETH_P_IP);
		end(self);
		ASSERT_TRUE(dissect(self, 10));
		EXPECT_EQ(self->link.vlan.tags, 2);
		EXPECT_EQ(self->link.vlan.tci[0], 0x2064);
		EXPECT_EQ(self->link.vlan.tci[1], 0x40c8);
		EXPECT_EQ(self->link.ethertype, htons(ETH_P_IP));
		EXPECT_EQ(self->link.octets, 22);
	}
}

TEST_F(dissect_link, accelerated_tag_is_the_outermost)
{
	begin(self, ETH_P_8021Q);
	put_tag(self, 0x40c8, ETH_P_IP);
	end(self);
	self->frame.has_tag = true;
	self->frame.tag = 0x2064;
	ASSERT_TRUE(dissect(self, 10));
	EXPECT_EQ(self->link.vlan.tags, 2);
	EXPECT_EQ(self->link.vlan.tci[0], 0x2064);
	EXPECT_EQ(self->link.vlan.tci[1], 0x40c8);
	EXPECT_EQ(self->link.octets, 22);
}

TEST_F(dissect_link, third_tag_is_stepped_over)
{
	begin(self, ETH_P_8021AD);
	put_tag(self, 1, ETH_P_8021AD);
	put_tag(self, 2, ETH_P_8021Q);
	put_tag(self, 3, ETH_P_IP);
	end(self);
	ASSERT_TRUE(dissect(self, 10));
	EXPECT_EQ(self->link.vlan.tags, 2);
	EXPECT_EQ(self->link.vlan.tci[0], 1);
	EXPECT_EQ(self->link.vlan.tci[1], 2);
	EXPECT_EQ(self->link.ethertype, htons(ETH_P_IP));
	EXPECT_EQ(self->link.octets, 26);

	self->frame.has_tag = true;
	self->frame.tag = 4;
	ASSERT_TRUE(dissect(self, 10));
	EXPECT_EQ(self->link.vlan.tags, 2);
	EXPECT_EQ(self->link.vlan.tci[0], 4);
	EXPECT_EQ(self->link.vlan.tci[1], 1);
	EXPECT_EQ(self->link.octets, 30);
}

TEST_F(dissect_link, tag_that_reaches_into_ip_is_none)
{
	size_t octets;

	for (octets = 0; octets < 4; octets++) {
		begin(self, ETH_P_8021Q);
		put(self, "\x20\x64\x08", octets);
		end(self);
		ASSERT_TRUE(dissect(self, 10));
		EXPECT_TRUE(has_addresses(self));
		EXPECT_EQ(self->link.vlan.tags, 0);
		EXPECT_EQ(self->link.ethertype, htons(ETH_P_8021Q));
		EXPECT_EQ(self->link.octets, 14 + octets);

		begin(self, ETH_P_8021AD);
		put_tag(self, 5, ETH_P_8021Q);
		put(self, "\x20\x64\x08", octets);
		end(self);
		ASSERT_TRUE(dissect(self, 10));
		EXPECT_EQ(self->link.vlan.tags, 1);
		EXPECT_EQ(self->link.vlan.tci[0], 5);
		EXPECT_EQ(self->link.ethertype, htons(ETH_P_8021Q));
		EXPECT_EQ(self->link.octets, 18 + octets);
	}
}

TEST_F(dissect_link, label_stack_is_read_to_its_bottom)
{
	static const u16 types[] = { ETH_P_MPLS_UC, ETH_P_MPLS_MC };
	unsigned int labels, i;

	for (labels = 1; labels <= PNF_MPLS_DEPTH_MAX; labels++) {
		begin(self, types[labels & 1]);
		put_stack(self, labels);
		end(self);
		ASSERT_TRUE(dissect(self, PNF_MPLS_DEPTH_MAX));
		EXPECT_EQ(self->link.labels, labels);
		for (i = 0; i < labels; i++)
			EXPECT_EQ(self->link.label[i], htonl(stack_entry(i, i == labels - 1)));
		for (; i < PNF_MPLS_DEPTH_MAX; i++)
			EXPECT_EQ(self->link.label[i], 0);
		EXPECT_EQ(self->link.ethertype, htons(types[labels & 1]));
		EXPECT_EQ(self->link.octets, 14 + 4 * labels);
		EXPECT_TRUE(has_addresses(self));
	}
}

TEST_F(dissect_link, stack_deeper_than_asked_for_is_cut)
{
	unsigned int depth, i;

	for (depth = 0; depth <= PNF_MPLS_DEPTH_MAX; depth++) {
		begin(self, ETH_P_MPLS_UC);
		put_stack(self, 12);
		end(self);
		ASSERT_TRUE(dissect(self, depth));
		EXPECT_EQ(self->link.labels, depth);
		for (i = 0; i < PNF_MPLS_DEPTH_MAX; i++)
			EXPECT_EQ(self->link.label[i],
				  i < depth ? htonl(stack_entry(i, false)) : 0);
		EXPECT_EQ(self->link.octets, 14 + 4 * 12);
	}

	/* There is no room for more than the greatest depth. */
	ASSERT_TRUE(dissect(self, PNF_MPLS_DEPTH_MAX + 2));
	EXPECT_EQ(self->link.labels, PNF_MPLS_DEPTH_MAX);
	ASSERT_TRUE(dissect(self, -1));
	EXPECT_EQ(self->link.labels, PNF_MPLS_DEPTH_MAX);
}

TEST_F(dissect_link, nothing_behind_the_bottom_is_a_label)
{
	begin(self, ETH_P_MPLS_UC);
	put_stack(self, 2);
	put_be32(self, 0);	/* a control word */
	end(self);
	ASSERT_TRUE(dissect(self, 10));
	EXPECT_EQ(self->link.labels, 2);
	EXPECT_EQ(self->link.octets, 26);
}

TEST_F(dissect_link, stack_without_a_bottom_ends_where_ip_begins)
{
	size_t octets;

	for (octets = 0; octets < 4; octets++) {
		begin(self, ETH_P_MPLS_UC);
		put_be32(self, stack_entry(0, false));
		put(self, "\x12\x34\x51", octets);
		end(self);
		ASSERT_TRUE(dissect(self, 10));
		EXPECT_EQ(self->link.labels, 1);
		EXPECT_EQ(self->link.label[1], 0);
		EXPECT_EQ(self->link.octets, 18 + octets);
	}
}

TEST_F(dissect_link, labels_stand_behind_tags)
{
	begin(self, ETH_P_8021AD);
	put_tag(self, 0x2064, ETH_P_8021Q);
	put_tag(self, 0x40c8, ETH_P_MPLS_UC);
	put_stack(self, 3);
	end(self);
	ASSERT_TRUE(dissect(self, 10));
	EXPECT_EQ(self->link.vlan.tags, 2);
	EXPECT_EQ(self->link.vlan.tci[1], 0x40c8);
	EXPECT_EQ(self->link.labels, 3);
	EXPECT_EQ(self->link.label[2], htonl(stack_entry(2, true)));
	EXPECT_EQ(self->link.ethertype, htons(ETH_P_MPLS_UC));
	EXPECT_EQ(self->link.octets, 34);
}

/* PPPoE has 8 octets of its own; they count. */
TEST_F(dissect_link, what_else_stands_before_ip_is_counted)
{
	begin(self, ETH_P_PPP_SES);
	put(self, "\x11\x00\x00\x01\x00\x1e\x00\x21", 8);
	end(self);
	ASSERT_TRUE(dissect(self, 10));
	EXPECT_TRUE(has_addresses(self));
	EXPECT_EQ(self->link.ethertype, htons(ETH_P_PPP_SES));
	EXPECT_EQ(self->link.labels, 0);
	EXPECT_EQ(self->link.octets, 22);
}

/* Cut off by the skb, not by IP: whatever the network header says */
TEST_F(dissect_link, frame_longer_than_the_skb_is_read_as_far_as_it_goes)
{
	size_t whole;

	begin(self, ETH_P_8021Q);
	put_tag(self, 0x2064, ETH_P_MPLS_UC);
	put_stack(self, 2);
	end(self);
	whole = self->frame.network;
	for (self->frame.count = 0; self->frame.count <= whole; self->frame.count++) {
		size_t count = self->frame.count;

		ASSERT_TRUE(dissect_link_layout(&self->frame, 10, count, 0, 0, &self->link));
		EXPECT_EQ(has_addresses(self), count >= 14);
		EXPECT_EQ(self->link.vlan.tags, count >= 18);
		EXPECT_EQ(self->link.labels, count < 22 ? 0 : count < 26 ? 1 : 2);
		EXPECT_EQ(self->link.octets, count >= 14 ? 26 : 0);
	}
}

TEST_HARNESS_MAIN
