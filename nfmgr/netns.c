// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "netns.h"

/*
 * A name is one that "ip netns add" made; what has a slash is a path; a number
 * that is not a name is a process. Return: an error only of the name itself.
 */
static int netns_path(const char *name, char path[PATH_MAX], struct err *err)
{
	int length;

	if (!*name || !strcmp(name, ".") || !strcmp(name, ".."))
		return err_usage(err, "%s is not the name of a network namespace", quote(name));

	if (strchr(name, '/'))
		length = snprintf(path, PATH_MAX, "%s", name);
	else
		length = snprintf(path, PATH_MAX, "/run/netns/%s", name);
	if (length >= PATH_MAX)
		return err_usage(err, "%s is too long for the name of a network namespace",
				 quote(name));

	if (!name[strspn(name, "0123456789")] && access(path, F_OK) < 0)
		snprintf(path, PATH_MAX, "/proc/%s/ns/net", name);
	return STATUS_DONE;
}

/**
 * netns_enter() - go to another network namespace for good
 * @name: a name, a path or a process
 */
int netns_enter(const char *name, struct err *err)
{
	char path[PATH_MAX];
	int fd, status, error;

	status = netns_path(name, path, err);
	if (status)
		return status;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_refused(err, "there is no network namespace %s: %s: %s", quote(name),
				   path, strerror(errno));
	if (!setns(fd, CLONE_NEWNET)) {
		close(fd);
		return STATUS_DONE;
	}
	error = errno;
	close(fd);
	if (error == EPERM)
		return err_refused(err, "entering network namespace %s needs CAP_SYS_ADMIN; run it as root",
				   quote(name));
	if (error == EINVAL)
		return err_refused(err, "%s is not a network namespace", quote(path));
	return err_refused(err, "network namespace %s cannot be entered: %s", quote(name),
			   strerror(error));
}
