// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <netdb.h>
#include <string.h>

#include "resolve.h"

static void take_address(const struct addrinfo *info, struct address *address)
{
	address->family = info->ai_family;
	if (info->ai_family == AF_INET)
		address->v4 = ((const struct sockaddr_in *)info->ai_addr)->sin_addr;
	else
		address->v6 = ((const struct sockaddr_in6 *)info->ai_addr)->sin6_addr;
}

static int resolve_one(struct destination *dest, struct err *err)
{
	struct addrinfo hints = {
		.ai_family = dest->source.family,
		.ai_socktype = SOCK_DGRAM,
		.ai_flags = AI_ADDRCONFIG,
	};
	struct addrinfo *found, *info;
	int rc;

	rc = getaddrinfo(dest->host, NULL, &hints, &found);
	if (rc)
		return err_refused(err, "host %s has no address: %s", quote(dest->host),
				   rc == EAI_SYSTEM ? strerror(errno) : gai_strerror(rc));
	for (info = found; info; info = info->ai_next) {
		if (info->ai_family == AF_INET || info->ai_family == AF_INET6)
			break;
	}
	if (info)
		take_address(info, &dest->address);
	freeaddrinfo(found);
	if (!info)
		return err_refused(err, "host %s has no IP address", quote(dest->host));
	return STATUS_DONE;
}

/**
 * resolve_destinations() - give host names their addresses
 * @word: what @list was read from
 *
 * Once and for all: the kernel and what is shown know addresses only.
 */
int resolve_destinations(const char *word, struct destination_list *list, struct err *err)
{
	size_t i;
	int status;

	for (i = 0; i < list->count; i++) {
		if (list->entries[i].address.family)
			continue;
		status = resolve_one(&list->entries[i], err);
		if (status)
			return status;
	}
	return destinations_refuse_twins(word, list, err);
}
