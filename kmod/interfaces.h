/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * interfaces.h - the interfaces of a namespace, as Options Data names them
 */
#ifndef PNF_INTERFACES_H
#define PNF_INTERFACES_H

#include "options.h"

/**
 * struct pnf_interface - an interface
 * @generation: of struct pnf_interfaces when it came, or got another name
 * @index: what Flow Records have: its ifindex, or what an index rule makes of it
 * @name: its name, zeros behind it
 * @description: its alias, or what is known of it, zeros behind it
 */
struct pnf_interface {
	u64 generation;
	u32 index;
	char name[PNF_INTERFACE_NAME_OCTETS];
	char description[PNF_INTERFACE_DESCRIPTION_OCTETS];
};

/**
 * struct pnf_interfaces - all interfaces of a namespace
 * @generation: counts changes
 * @count: entries of @entries
 * @entries: the interfaces, in the order of the namespace's list
 */
struct pnf_interfaces {
	u64 generation;
	u32 count;
	struct pnf_interface entries[];
};

#endif /* PNF_INTERFACES_H */
