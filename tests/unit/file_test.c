#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "support/test.h"

enum { MUCH = 1024 * 1024 };

static uint8_t much[MUCH];

// Takes a little at a time.
static void *read_slowly(void *context) {
    int descriptor = *(int *)context;
    static uint8_t got[MUCH];
    size_t size = 0;
    for (ssize_t piece; size < MUCH && (piece = read(descriptor, got + size, MUCH - size < 1000 ? MUCH - size : 1000)) > 0;)
        size += (size_t)piece;
    return size == MUCH && memcmp(got, much, MUCH) == 0 ? context : NULL;
}

static void what_goes_away_in_pieces_arrives_whole(void **state) {
    int ends[2];
    pthread_t reader;
    void *whole;
    for (size_t i = 0; i < MUCH; i++)
        much[i] = (uint8_t)(i * 7 + i / 251);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(pthread_create(&reader, NULL, read_slowly, &ends[0]), 0);
    assert_true(file_write_all(ends[1], bytes_of(much, MUCH)));
    close(ends[1]);
    pthread_join(reader, &whole);
    assert_non_null(whole);
    close(ends[0]);
}

static void what_does_not_fit_is_said(void **state) {
    char path[] = "/tmp/rond-file-XXXXXX";
    int descriptor = mkstemp(path);
    struct rlimit limit, small;
    assert_true(descriptor >= 0);
    unlink(path);
    assert_true(file_write_all(descriptor, bytes_of(NULL, 0)));
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small = (struct rlimit){.rlim_cur = 1000, .rlim_max = limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    errno = 0;
    bool written = file_write_all(descriptor, bytes_of(much, 1001)); // the first write takes 1000 of them
    int why = errno;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_false(written);
    assert_int_equal(why, EFBIG);
    assert_int_equal(lseek(descriptor, 0, SEEK_END), 1000);
    close(descriptor);
    assert_false(file_write_all(-1, bytes_of(much, 1)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_away_in_pieces_arrives_whole),
        cmocka_unit_test(what_does_not_fit_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
