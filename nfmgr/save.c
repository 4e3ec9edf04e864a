// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <linux/pkt_netflow.h>
#include <netlink/genl/genl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "config.h"
#include "destinations.h"
#include "elements.h"
#include "saved_json.h"

#define DEFAULT_DIRECTORY	"/etc/nfmgr"
#define DEFAULT_FILE		DEFAULT_DIRECTORY "/nfmgr.conf"

/* Far more than every list as long as it may be */
#define FILE_OCTETS		(1 << 20)

/* Longer than what the kernel gives at once (CONSOLE_EXT_LOG_MAX of kernel/printk) */
#define KMSG_OCTETS		8193

static const char *file_name(int argc, char **argv)
{
	return argc ? argv[0] : DEFAULT_FILE;
}

static bool is_standard(const char *path)
{
	return !strcmp(path, "-");
}

/*
 * Time and place
 */

static uint64_t boottime_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * UINT64_C(1000) + now.tv_nsec / 1000000;
}

/* A UUID without the line's end; empty if it cannot be told */
static void read_boot_id(char boot_id[BOOT_ID_TEXT])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t got = -1;

	if (fd >= 0) {
		got = read(fd, boot_id, BOOT_ID_TEXT - 1);
		close(fd);
	}
	boot_id[got > 0 ? got : 0] = '\0';
}

/*
 * save: writing the file
 */

static int refuse_write(const char *path, struct err *err)
{
	return err_refused(err, "save: %s cannot be written: %s", quote(path), strerror(errno));
}

/* Writes a file all of which is new, or says why not */
static int write_all(int fd, const char *path, const char *text, size_t length, struct err *err)
{
	ssize_t put;

	while (length) {
		put = write(fd, text, length);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return refuse_write(path, err);
		text += put;
		length -= put;
	}
	return STATUS_DONE;
}

/* The name is on disk as well; there are file systems that cannot promise it */
static void sync_directory(const char *path)
{
	char *copy = strdup(path);
	int fd;

	if (!copy)
		return;
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	free(copy);
}

/* Of a file that is there, whoever may read it may do so afterwards */
static int replace_file(const char *path, mode_t mode, const char *text, size_t length,
			struct err *err)
{
	char *temporary;
	int fd, status;

	if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
		return err_refused(err, "out of memory");
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0) {
		status = refuse_write(path, err);
		free(temporary);
		return status;
	}
	status = write_all(fd, path, text, length, err);
	if (!status && (fchmod(fd, mode) || fsync(fd)))
		status = refuse_write(path, err);
	if (close(fd) && !status)
		status = refuse_write(path, err);
	if (!status && rename(temporary, path))
		status = err_refused(err, "save: %s cannot be replaced: %s", quote(path),
				     strerror(errno));
	if (status)
		unlink(temporary);
	else
		sync_directory(path);
	free(temporary);
	return status;
}

/* A device, a pipe: what is there stays what it is */
static int write_special(const char *path, const char *text, size_t length, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int status;

	if (fd < 0)
		return err_refused(err, "save: %s cannot be opened: %s", quote(path),
				   strerror(errno));
	status = write_all(fd, path, text, length, err);
	close(fd);
	return status;
}

static int write_file(const char *path, const char *text, size_t length, struct err *err)
{
	char target[PATH_MAX];
	struct stat st;

	if (!strcmp(path, DEFAULT_FILE))
		mkdir(DEFAULT_DIRECTORY, 0755);
	/* what a symbolic link leads to is the file */
	if (!realpath(path, target) || stat(target, &st))
		return replace_file(path, 0644, text, length, err);
	if (!S_ISREG(st.st_mode))
		return write_special(path, text, length, err);
	return replace_file(target, st.st_mode & 07777, text, length, err);
}

/*
 * save: what to write
 */

static void sequence_read(struct sequence *sequence, struct nlattr *const *tb)
{
	unsigned int i;

	memset(sequence, 0, sizeof(*sequence));
	destination_read(tb, &sequence->destination);
	for (i = 0; i < SEQUENCE_NUMBERS; i++) {
		uint16_t attr = sequence_numbers[i].attr;

		if (!tb[attr])
			continue;
		sequence->numbers[i] = attr == PNF_DESTINATION_TEMPLATE_ID ? attr_u16(tb[attr]) :
									     attr_u32(tb[attr]);
		sequence->named |= 1 << i;
	}
}

static int sequences_read(struct context *ctx, struct sequence_list *list, struct err *err)
{
	struct nlattr *tb[PNF_DESTINATION_MAX + 1];
	struct replies replies;
	struct nlmsghdr *nlh;
	int status;

	list->count = 0;
	status = channel_dump(&ctx->channel, PNF_CMD_DESTINATION_GET, &replies, err);
	if (!status) {
		replies_for_each(nlh, &replies) {
			if (list->count < PNF_DESTINATIONS_MAX &&
			    genlmsg_parse(nlh, 0, tb, PNF_DESTINATION_MAX, NULL) >= 0)
				sequence_read(&list->entries[list->count++], tb);
		}
	}
	replies_free(&replies);
	return status;
}

static void write_settings(FILE *file, struct config *config, const struct elements *elements)
{
	unsigned int i;

	fputs("# Settings of pkt_netflow, written by 'nfmgr save' and read by 'nfmgr restore': a\n"
	      "# name and a value as 'nfmgr set' takes them, of lists a line for each entry. What is\n"
	      "# not here gets its default. nfmgr(8) explains it all.\n", file);
	for (i = 0; i < setting_count; i++) {
		/* of an older module */
		if (settings[i].type <= SETTING_S32 && !config->is_present[settings[i].attr])
			continue;
		config->value.number = config->numbers[settings[i].attr];
		saved_write_setting(file, &settings[i], &config->value, elements);
	}
}

static void write_sequences(FILE *file, const struct sequence_list *list, uint64_t at_ms)
{
	char boot_id[BOOT_ID_TEXT];
	size_t i;

	if (!list->count)
		return;
	fputs("\n# Where sequence numbers and Template IDs stood, and when (ID of the boot, ms since): a\n"
	      "# module that is loaded anew goes on from there.\n", file);
	read_boot_id(boot_id);
	if (*boot_id)
		fprintf(file, "saved-at %s %" PRIu64 "\n", boot_id, at_ms);
	for (i = 0; i < list->count; i++)
		saved_write_sequence(file, &list->entries[i]);
}

static int compose(struct context *ctx, FILE *file, struct err *err)
{
	struct elements elements = { .count = 0 };
	uint64_t at_ms = boottime_ms();
	struct sequence_list sequences;
	struct config config;
	int status;

	status = config_read(ctx, &config, err);
	if (!status && config.value.templates.count)
		status = elements_read(&ctx->channel, &elements, err);
	if (!status)
		status = sequences_read(ctx, &sequences, err);
	if (!status) {
		write_settings(file, &config, &elements);
		write_sequences(file, &sequences, at_ms);
	}
	elements_free(&elements);
	return status;
}

static int compose_text(struct context *ctx, char **text, size_t *length, struct err *err)
{
	FILE *file = open_memstream(text, length);
	int status;

	if (!file)
		return err_refused(err, "out of memory");
	status = compose(ctx, file, err);
	if (fclose(file) && !status)
		status = err_refused(err, "out of memory");
	return status;
}

int command_save(struct context *ctx, int argc, char **argv, struct err *err)
{
	const char *path = file_name(argc, argv);
	char *text = NULL;
	size_t length;
	int status;

	status = context_connect(ctx, true, err);
	if (!status)
		status = compose_text(ctx, &text, &length, err);
	if (!status && is_standard(path))
		out_text(ctx->out, "%s", text);
	else if (!status)
		status = write_file(path, text, length, err);
	free(text);
	return status;
}

/*
 * restore: reading the file
 */

/* @text: filled with @length octets and a NUL; for free(), also after an error */
static int read_all(int fd, const char *name, char **text, size_t *length, struct err *err)
{
	ssize_t got;

	*length = 0;
	*text = malloc(FILE_OCTETS + 1);
	if (!*text)
		return err_refused(err, "out of memory");
	do {
		got = read(fd, *text + *length, FILE_OCTETS - *length);
		if (got < 0 && errno != EINTR)
			return err_refused(err, "restore: %s cannot be read: %s", name,
					   strerror(errno));
		if (got > 0)
			*length += got;
	} while (got && *length < FILE_OCTETS);
	(*text)[*length] = '\0';
	if (*length == FILE_OCTETS)
		return err_refused(err, "restore: %s is too long", name);
	return STATUS_DONE;
}

static int read_saved(const char *path, struct saved *saved, struct err *err)
{
	const char *name = is_standard(path) ? "standard input" : quote(path);
	int fd = is_standard(path) ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	char quoted[PATH_MAX], *text;
	size_t length;
	int status;

	if (fd < 0)
		return err_refused(err, "restore: %s cannot be opened: %s", name,
				   strerror(errno));
	/* what quote() gives does not last */
	snprintf(quoted, sizeof(quoted), "%s", name);
	status = read_all(fd, quoted, &text, &length, err);
	if (fd != STDIN_FILENO)
		close(fd);
	if (!status && saved_is_json(text))
		status = saved_parse_json(saved, quoted, text, length, err);
	else if (!status)
		status = saved_parse(saved, quoted, text, length, err);
	free(text);
	return status;
}

/*
 * restore: the module's last words
 */

/* Whether a destination's numbers were said after the file was saved */
static bool is_newer(const struct saved *saved, const char *boot_id, uint64_t at_ms)
{
	return strcmp(saved->boot_id, boot_id) || at_ms >= saved->at_ms;
}

/* @record: "PRIORITY,NUMBER,TIME,FLAGS;TEXT\n..." (Documentation/ABI/testing/dev-kmsg) */
static void take_last_words(struct saved *saved, const char *boot_id, char *record,
			    unsigned int netns)
{
	char *text = strchr(record, ';');
	const struct sequence *found;
	struct sequence said;

	/* of the kernel's own, facility 0 */
	if (!text || strtoul(record, NULL, 10) >= 8)
		return;
	text[1 + strcspn(text + 1, "\n")] = '\0';
	if (!sequence_parse_last_words(&said, text + 1, netns) ||
	    !is_newer(saved, boot_id, said.at_ms))
		return;
	found = sequence_find(&saved->sequences, &said.destination);
	if (found)
		saved->sequences.entries[found - saved->sequences.entries] = said;
}

/*
 * What was exported after the file was saved, at the latest while the module was unloaded, counts
 * too. Who may not read the kernel's log gets the numbers of the file.
 */
static void read_last_words(struct saved *saved)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char boot_id[BOOT_ID_TEXT], record[KMSG_OCTETS];
	struct stat netns;
	ssize_t got;

	if (fd < 0)
		return;
	read_boot_id(boot_id);
	if (!stat("/proc/self/ns/net", &netns)) {
		for (;;) {
			got = read(fd, record, sizeof(record) - 1);
			if (got < 0 && (errno == EPIPE || errno == EINTR))
				continue; /* older ones are gone meanwhile */
			if (got <= 0)
				break;
			record[got] = '\0';
			take_last_words(saved, boot_id, record, netns.st_ino);
		}
	}
	close(fd);
}

/*
 * restore: one transaction
 */

static int put_line(struct request *request, struct assignment *assignment, const char *word,
		    const struct elements *elements, bool is_first, struct err *err)
{
	const struct setting *setting = assignment->setting;
	int status;

	status = assignment_read(assignment, request->verb, word, err);
	if (status)
		return status;
	if (setting->type == SETTING_TEMPLATES) {
		status = elements_resolve(elements, word, &assignment->value.templates, err);
		if (status)
			return err_prefix(err, status, "%s %s", request->verb,
					  assignment->label);
	}
	if (is_first)
		return put_assignment(request, assignment, err);
	return put_entries(request, assignment, setting->attr, err);
}

static int put_setting(struct request *request, const struct saved *saved,
		       struct assignment *assignment, const struct elements *elements,
		       struct err *err)
{
	const struct setting *setting = assignment->setting;
	bool is_first = true;
	size_t i;
	int status;

	for (i = 0; i < saved->count; i++) {
		if (saved->lines[i].setting != setting)
			continue;
		assignment->label = saved->lines[i].label;
		status = put_line(request, assignment, saved->lines[i].word, elements, is_first,
				  err);
		if (status)
			return status;
		is_first = false;
	}
	if (!is_first)
		return STATUS_DONE;
	assignment->label = setting->name;
	return put_line(request, assignment, setting->default_text, elements, true, err);
}

static int put_saved(struct request *request, const struct saved *saved,
		     const struct elements *elements, struct err *err)
{
	struct assignment assignment = { .sequences = &saved->sequences };
	int status = STATUS_DONE;
	unsigned int i;

	for (i = 0; i < setting_count && !status; i++) {
		assignment.setting = &settings[i];
		status = put_setting(request, saved, &assignment, elements, err);
	}
	return status;
}

static int restore(struct context *ctx, const struct saved *saved, struct err *err)
{
	struct elements elements;
	struct request request;
	int status;

	status = elements_read(&ctx->channel, &elements, err);
	if (!status)
		status = request_new(&request, &ctx->channel, PNF_CMD_CONFIG_SET, "restore", err);
	if (!status) {
		status = put_saved(&request, saved, &elements, err);
		if (!status)
			status = channel_do(&ctx->channel, &request, NULL, NULL, err);
		request_free(&request);
	}
	elements_free(&elements);
	return status;
}

int command_restore(struct context *ctx, int argc, char **argv, struct err *err)
{
	struct saved saved = { .count = 0 };
	int status;

	status = read_saved(file_name(argc, argv), &saved, err);
	if (!status)
		status = context_connect(ctx, true, err);
	if (!status) {
		read_last_words(&saved);
		status = restore(ctx, &saved, err);
	}
	saved_free(&saved);
	return status;
}
