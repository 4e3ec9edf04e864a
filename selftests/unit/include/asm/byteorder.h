/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PNF_UNIT_ASM_BYTEORDER_H
#define PNF_UNIT_ASM_BYTEORDER_H

#include_next <asm/byteorder.h>

#define cpu_to_be16	__cpu_to_be16
#define cpu_to_be32	__cpu_to_be32
#define cpu_to_be64	__cpu_to_be64
#define be16_to_cpu	__be16_to_cpu
#define be32_to_cpu	__be32_to_cpu
#define be64_to_cpu	__be64_to_cpu
#define cpu_to_le32	__cpu_to_le32
#define le16_to_cpup	__le16_to_cpup
/* The C library may have been first. */
#undef htons
#undef htonl
#undef ntohs
#undef ntohl
#define htons(value)	__cpu_to_be16(value)
#define htonl(value)	__cpu_to_be32(value)
#define ntohs(value)	__be16_to_cpu(value)
#define ntohl(value)	__be32_to_cpu(value)

#endif /* PNF_UNIT_ASM_BYTEORDER_H */
