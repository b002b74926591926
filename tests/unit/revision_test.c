#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/check.h"
#include "counting/fold.h"

static struct revision a_revision(uint64_t seq, uint8_t outbox, int64_t claimed_ms, bool is_original, bool is_withdrawal) {
    struct revision revision = {.is_original = is_original, .is_withdrawal = is_withdrawal, .claimed_ms = claimed_ms};
    revision.key.seq = seq;
    memset(revision.key.outbox.b, outbox, ID_SIZE);
    return revision;
}

// Heap's algorithm: the revision that stands is the same one in every order of the list.
static void assert_stands_in_every_order(struct revision *list, size_t count, size_t depth, uint64_t seq, uint8_t outbox) {
    if (depth == 1) {
        int standing = revision_standing(list, count);
        if (seq == 0) {
            assert_int_equal(standing, -1);
        } else {
            assert_true(standing >= 0);
            assert_int_equal(list[standing].key.seq, seq);
            assert_int_equal(list[standing].key.outbox.b[0], outbox);
        }
        return;
    }
    for (size_t i = 0; i < depth; i++) {
        assert_stands_in_every_order(list, count, depth - 1, seq, outbox);
        size_t other = depth % 2 == 0 ? i : 0;
        struct revision swap = list[other];
        list[other] = list[depth - 1];
        list[depth - 1] = swap;
    }
}

static void the_same_revision_stands_in_every_order_of_arrival(void **state) {
    (void)state;
    struct revision alone[] = {a_revision(1, 1, 100, true, false)};
    struct revision corrected[] = {a_revision(1, 1, 100, true, false), a_revision(2, 1, 200, false, false),
                                   a_revision(5, 1, 300, false, false), a_revision(9, 2, 250, false, false)};
    // A device whose clock was set back: a correction stands before the original all the same.
    struct revision clock_back[] = {a_revision(1, 1, 900, true, false), a_revision(2, 1, 200, false, false)};
    struct revision same_time[] = {a_revision(1, 1, 100, true, false), a_revision(7, 1, 200, false, false),
                                   a_revision(3, 2, 200, false, false), a_revision(2, 2, 200, false, false)};
    struct revision withdrawn[] = {a_revision(1, 1, 100, true, false), a_revision(2, 1, 150, false, true),
                                   a_revision(3, 1, 900, false, false)};
    struct revision original_missing[] = {a_revision(4, 1, 100, false, false), a_revision(5, 1, 200, false, false)};
    assert_stands_in_every_order(alone, 1, 1, 1, 1);
    assert_stands_in_every_order(corrected, 4, 4, 5, 1);
    assert_stands_in_every_order(clock_back, 2, 2, 2, 1);
    assert_stands_in_every_order(same_time, 4, 4, 3, 2);
    assert_stands_in_every_order(withdrawn, 3, 3, 0, 0);
    assert_stands_in_every_order(original_missing, 2, 2, 5, 1);
    assert_int_equal(revision_standing(NULL, 0), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_same_revision_stands_in_every_order_of_arrival)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
