/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PNF_UNIT_LINUX_UNALIGNED_H
#define PNF_UNIT_LINUX_UNALIGNED_H

#include <asm/byteorder.h>
#include <linux/types.h>

/* As the kernel has it: a packed struct, built with -fno-strict-aliasing */
#define get_unaligned(from) ({						\
	const struct { __typeof__(*(from)) value; }			\
		__attribute__((packed)) *from__ = (const void *)(from);	\
	from__->value;							\
})

#define put_unaligned(from, to) do {					\
	struct { __typeof__(*(to)) value; }				\
		__attribute__((packed)) *to__ = (void *)(to);		\
	to__->value = (from);						\
} while (0)

static inline u16 get_unaligned_be16(const void *from)
{
	return be16_to_cpu(get_unaligned((const __be16 *)from));
}

static inline u32 get_unaligned_be32(const void *from)
{
	return be32_to_cpu(get_unaligned((const __be32 *)from));
}

static inline u64 get_unaligned_be64(const void *from)
{
	return be64_to_cpu(get_unaligned((const __be64 *)from));
}

static inline void put_unaligned_be16(u16 value, void *to)
{
	put_unaligned(cpu_to_be16(value), (__be16 *)to);
}

static inline void put_unaligned_be24(u32 value, void *to)
{
	u8 *octets = to;

	octets[0] = value >> 16;
	octets[1] = value >> 8;
	octets[2] = value;
}

static inline void put_unaligned_be32(u32 value, void *to)
{
	put_unaligned(cpu_to_be32(value), (__be32 *)to);
}

static inline void put_unaligned_be64(u64 value, void *to)
{
	put_unaligned(cpu_to_be64(value), (__be64 *)to);
}

#endif /* PNF_UNIT_LINUX_UNALIGNED_H */
