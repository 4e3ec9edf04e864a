// SPDX-License-Identifier: GPL-2.0-only
/* sources: kmod/message.c */
#include "kselftest_harness.h"
#include <linux/limits.h>

#include "message.h"

FIXTURE(message) {
	struct pnf_message msg;
	u8 buffer[64] __attribute__((aligned(4)));
};

FIXTURE_SETUP(message)
{
	memset(&self->msg, 0xee, sizeof(self->msg));
	memset(self->buffer, 0xee, sizeof(self->buffer));
	pnf_message_init(&self->msg, self->buffer, 16);
}

FIXTURE_TEARDOWN(message)
{
}

TEST_F(message, starts_empty)
{
	unsigned int i;

	EXPECT_EQ(0, self->msg.octets);
	EXPECT_EQ(0, self->msg.records);
	EXPECT_EQ(0, self->msg.definitions);
	EXPECT_EQ(0, self->msg.set_start);
	EXPECT_EQ(16, pnf_message_room(&self->msg));
	for (i = 0; i < PNF_TEMPLATES_MAX; i++)
		EXPECT_FALSE(test_bit(i, self->msg.templates));
}

TEST_F(message, integers_are_in_network_order_one_after_another)
{
	static const u8 expected[] = { 0x12, 0x34, 0xde, 0xad, 0xbe, 0xef };

	EXPECT_TRUE(pnf_message_put_be16(&self->msg, 0x1234));
	EXPECT_TRUE(pnf_message_put_be32(&self->msg, 0xdeadbeef));
	EXPECT_EQ(sizeof(expected), self->msg.octets);
	EXPECT_EQ(0, memcmp(expected, self->buffer, sizeof(expected)));
}

TEST_F(message, zeros_are_written)
{
	static const u8 expected[] = { 0, 0, 0xee };

	EXPECT_TRUE(pnf_message_put_zeros(&self->msg, 2));
	EXPECT_EQ(2, self->msg.octets);
	EXPECT_EQ(0, memcmp(expected, self->buffer, sizeof(expected)));
}

TEST_F(message, nothing_is_written_past_its_capacity)
{
	u8 before[sizeof(self->buffer)];

	ASSERT_TRUE(pnf_message_put_zeros(&self->msg, 16));
	memcpy(before, self->buffer, sizeof(before));

	EXPECT_FALSE(pnf_message_put_be16(&self->msg, 1));
	EXPECT_FALSE(pnf_message_put_be32(&self->msg, 1));
	EXPECT_FALSE(pnf_message_put_zeros(&self->msg, 1));
	EXPECT_EQ(NULL, pnf_message_reserve(&self->msg, 1));
	EXPECT_EQ(16, self->msg.octets);
	EXPECT_EQ(0, memcmp(before, self->buffer, sizeof(before)));
}

TEST_F(message, what_fits_only_in_part_is_not_written_at_all)
{
	ASSERT_TRUE(pnf_message_put_zeros(&self->msg, 13));
	EXPECT_FALSE(pnf_message_put_be32(&self->msg, 0x01020304));
	EXPECT_EQ(13, self->msg.octets);
	EXPECT_EQ(0xee, self->buffer[13]);
	EXPECT_TRUE(pnf_message_put_be16(&self->msg, 0x0102));
	EXPECT_EQ(1, pnf_message_room(&self->msg));
}

TEST_F(message, a_length_that_would_wrap_does_not_fit)
{
	ASSERT_TRUE(pnf_message_put_zeros(&self->msg, 8));
	EXPECT_EQ(NULL, pnf_message_reserve(&self->msg, U32_MAX));
	EXPECT_EQ(NULL, pnf_message_reserve(&self->msg, U32_MAX - 7));
	EXPECT_EQ(NULL, pnf_message_at(&self->msg, 4, U32_MAX - 3));
	EXPECT_EQ(NULL, pnf_message_at(&self->msg, U32_MAX, 4));
}

TEST_F(message, only_written_octets_can_be_written_over)
{
	ASSERT_TRUE(pnf_message_put_zeros(&self->msg, 8));
	EXPECT_EQ(&self->buffer[0], pnf_message_at(&self->msg, 0, 8));
	EXPECT_EQ(&self->buffer[4], pnf_message_at(&self->msg, 4, 4));
	EXPECT_EQ(NULL, pnf_message_at(&self->msg, 4, 5));
	EXPECT_EQ(NULL, pnf_message_at(&self->msg, 9, 0));
}

TEST_F(message, capacity_is_a_multiple_of_4_and_fits_the_length_field)
{
	pnf_message_init(&self->msg, self->buffer, 19);
	EXPECT_EQ(16, pnf_message_room(&self->msg));
	pnf_message_init(&self->msg, self->buffer, 3);
	EXPECT_EQ(0, pnf_message_room(&self->msg));
	pnf_message_init(&self->msg, self->buffer, U32_MAX);
	EXPECT_EQ(65532, pnf_message_room(&self->msg));
}

TEST_HARNESS_MAIN
