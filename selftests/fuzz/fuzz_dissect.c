// SPDX-License-Identifier: GPL-2.0-only
/* sources: kmod/dissect.c */
/*
 * The dissector on arbitrary octets and offload data, as a guest or a driver may hand
 * them in: it reads nothing outside, every layout of the same packet gives the
 * same answer, and the answer can be true.
 */
#include <stdint.h>

#include "../unit/dissect_check.h"

struct fuzz_header {
	u8 version;
	u8 link;
	u8 linear;
	u8 piece;
	u16 gso_size;
	u16 gso_segs;
	u32 gso_type;
	u16 inner_transport;
	u8 encapsulation;
	u8 big;			/* 0xff: so many zeros behind as to make it BIG TCP */
};

static void require(bool condition)
{
	if (!condition)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dissect_offload offload;
	struct dissect_result result, other;
	struct fuzz_header header;
	size_t count, more;
	u8 *octets;
	u8 version;

	if (size < sizeof(header))
		return 0;
	memcpy(&header, data, sizeof(header));
	data += sizeof(header);
	count = size - sizeof(header);
	more = header.big == 0xff ? 70000 : 0;

	octets = skb_layout_allocate(count + more);
	memcpy(octets, data, count);
	memset(octets + count, 0, more);
	count += more;

	version = header.version & 1 ? PNF_IPV4 : PNF_IPV6;
	offload.gso_size = header.gso_size;
	offload.gso_segs = header.gso_segs;
	offload.gso_type = header.gso_type;
	offload.encapsulation = header.encapsulation & 1;
	offload.inner_transport = header.inner_transport & 0xff;

	result = dissect_layout(octets, count, version, offload,
				(struct skb_layout){ 0, count, 0 });
	other = dissect_layout(octets, count, version, offload,
			       (struct skb_layout){ header.link & 1 ? 14 : 0,
						    header.linear, header.piece });
	/* Where SCTP's packets are cut is a fact of the layout. */
	if (offload.gso_size != GSO_BY_FRAGS)
		require(dissect_same(&result, &other, version));

	require(result.reason == 0 || result.reason == PNF_IGNORED_TRUNCATED ||
		result.reason == PNF_IGNORED_NOT_IP);
	require(result.packet.packets >= 1);
	if (result.reason) {
		require(result.packet.packets == 1);
		require(result.packet.octets <= count);
	} else {
		require(result.packet.key.version == version);
		require(result.packet.octets >= (version == PNF_IPV4 ? 20 : 40));
		require(offload.gso_size || result.packet.packets == 1);
		require(result.packet.packets > 1 || result.packet.octets <= count);
	}

	free(octets);
	return 0;
}
