/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

enum file_modes { FILE_MODE = 0644, FILE_PRIVATE_MODE = 0600, FILE_DIR_MODE = 0777 };

static int file_read_error(const char *path, int error, struct err *err)
{
	return err_set(err, ERR_CONFIG, -error, "cannot read '%s': %s", path, strerror(error));
}

static int file_write_error(const char *path, int error, struct err *err)
{
	return err_set(err, ERR_IO, -error, "cannot write '%s': %s", path, strerror(error));
}

/* Reads until 'size' bytes or the end; the number read, or -1 with errno. */
static ssize_t read_up_to(int fd, uint8_t *data, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t got = read(fd, data + len, size - len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		len += (size_t)got;
	}
	return (ssize_t)len;
}

/* The open file 'fd' into a fresh buffer: one byte more than 'max' is asked for, to see an excess.
 */
static int file_read_fd(int fd, const char *path, size_t max, uint8_t **ret_data, size_t *ret_len,
			struct err *err)
{
	AUTO_FREE uint8_t *data = NULL;
	struct stat st;
	ssize_t got;

	if (fstat(fd, &st) != 0)
		return file_read_error(path, errno, err);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_CONFIG, -EINVAL, "cannot read '%s': not a regular file",
			       path);
	if ((uint64_t)st.st_size > max)
		return err_set(err, ERR_CONFIG, -EFBIG, "'%s' is larger than %zu bytes", path, max);
	data = malloc((size_t)st.st_size + 1);
	if (!data)
		return err_set(err, ERR_RIG, -ENOMEM, "no memory to read '%s'", path);
	got = read_up_to(fd, data, (size_t)st.st_size);
	if (got < 0)
		return file_read_error(path, errno, err);
	data[got] = '\0';
	*ret_len = (size_t)got;
	*ret_data = data;
	data = NULL;
	return 0;
}

int file_read(const char *path, size_t max, uint8_t **ret_data, size_t *ret_len, struct err *err)
{
	/* O_NONBLOCK: opening a FIFO must not wait for a writer; it has no effect on files */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int r;

	if (fd < 0)
		return file_read_error(path, errno, err);
	r = file_read_fd(fd, path, max, ret_data, ret_len, err);
	close(fd);
	return r;
}

static int write_all(int fd, const uint8_t *data, size_t len)
{
	while (len > 0) {
		ssize_t done = write(fd, data, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		data += done;
		len -= (size_t)done;
	}
	return 0;
}

/* Contents, permissions (mkostemp makes the file private) and durability of the temporary file. */
static int file_fill(int fd, const void *data, size_t len, mode_t mode)
{
	int r = write_all(fd, data, len);

	if (r < 0)
		return r;
	if (fchmod(fd, mode) != 0 || fsync(fd) != 0)
		return -errno;
	return 0;
}

static int write_with_mode(const char *path, const void *data, size_t len, mode_t mode,
			   struct err *err)
{
	AUTO_FREE char *temporary = NULL;
	int fd;
	int r;

	if (asprintf(&temporary, "%s.XXXXXX", path) < 0) {
		temporary = NULL; /* asprintf leaves it undefined */
		return err_set(err, ERR_RIG, -ENOMEM, "no memory to write '%s'", path);
	}
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return file_write_error(path, errno, err);
	r = file_fill(fd, data, len, mode);
	if (close(fd) != 0 && r == 0)
		r = -errno;
	if (r == 0 && rename(temporary, path) != 0)
		r = -errno;
	if (r < 0) {
		unlink(temporary);
		return file_write_error(path, -r, err);
	}
	return 0;
}

int file_write(const char *path, const void *data, size_t len, struct err *err)
{
	return write_with_mode(path, data, len, FILE_MODE, err);
}

int file_write_private(const char *path, const void *data, size_t len, struct err *err)
{
	return write_with_mode(path, data, len, FILE_PRIVATE_MODE, err);
}

/* One folder; it is fine when it is there already. */
static int make_dir(const char *path)
{
	struct stat st;

	if (mkdir(path, FILE_DIR_MODE) == 0)
		return 0;
	if (errno != EEXIST)
		return -errno;
	if (stat(path, &st) != 0)
		return -errno;
	return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

int file_make_dirs(const char *path, struct err *err)
{
	AUTO_FREE char *part = strdup(path);
	int r = 0;

	if (!part)
		return err_set(err, ERR_RIG, -ENOMEM, "no memory to make folder '%s'", path);
	for (char *slash = part[0] ? strchr(part + 1, '/') : NULL; slash && r == 0;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		r = make_dir(part);
		*slash = '/';
	}
	if (r == 0)
		r = make_dir(part);
	if (r < 0)
		return err_set(err, ERR_IO, r, "cannot make folder '%s': %s", path, strerror(-r));
	return 0;
}

char *file_beside(const char *base, const char *name)
{
	const char *slash = strrchr(base, '/');
	char *joined;

	if (name[0] == '/' || !slash)
		return strdup(name);
	if (asprintf(&joined, "%.*s/%s", (int)(slash - base), base, name) < 0)
		return NULL;
	return joined;
}
