#include "wire/chain.h"

#include <string.h>

#include "support/golden.h"

struct step {
    const char *report;
    uint64_t formerly_seq; // 0: none
    const char *salt, *leaf, *head, *ratchet;
};

static const struct step golden[] = {
    {"first report", 0, "fcc072cd65dc2453051ee4de80baf0ab",
     "621f15187be4cbc827bac135daba15598f8fa524a6e8b1a774b086ae86d8921e",
     "3f3d96ffe45920a49c0bd5d777d78a7af07b957685c3d75b75eae251acd75b56",
     "f3f9e1aab0fb24f326fbbef69ce6ff4ab63c22dc7ea1f0977e9c3b6f75ff1fa8"},
    {"second report", 7, "388a68ba27699e3b210dc25fa2565294",
     "8c15981cafb4730a9fa74d4362104b7460d9304d3ac9c942c2cf776e8aba86ac",
     "abd1cb939bdb468266a832fe7527e1630d5cbc16c9ce5a509044c9a4cc189f74",
     "ff121aa100be5f82b1898787dbc5a88b0097c9423acda06f8a176daf81048056"},
    {"", 0, "dbfbe06968aee3a2bd247a3e55a859de", "b735f2a7f63a185f5c92daaf202b0e00a9410a343594aeec4dc8f305bc5f5bfe",
     "74282a0bfec473111ef32751e244e603352f243c156c96f5483ed01fd2199fab",
     "7a701f95a962c53572362101f867ad55a66c853d722cd65b89ddd986830caa1e"},
};

static struct record record_of(const struct step *step) {
    return (struct record){.report = bytes_of_text(step->report),
                           .has_formerly = step->formerly_seq != 0,
                           .formerly_outbox = golden_id(GOLDEN_OLD_OUTBOX),
                           .formerly_seq = step->formerly_seq};
}

static struct chain chain_of_golden(void) {
    struct chain chain;
    struct hash256 seed = golden_hash(GOLDEN_SEED);
    chain_init(&chain, &seed);
    for (size_t i = 0; i < ARRAY_COUNT(golden); i++) {
        struct record record = record_of(&golden[i]);
        chain_append(&chain, &record, NULL, NULL);
    }
    return chain;
}

static void the_chain_reaches_the_golden_values(void **state) {
    struct chain chain;
    struct hash256 seed = golden_hash(GOLDEN_SEED);
    chain_init(&chain, &seed);
    for (size_t i = 0; i < ARRAY_COUNT(golden); i++) {
        struct record record = record_of(&golden[i]);
        struct salt salt;
        struct hash256 leaf;
        chain_append(&chain, &record, &salt, &leaf);
        assert_int_equal(chain.seq, i + 1);
        assert_hex(bytes_of(salt.b, SALT_SIZE), golden[i].salt);
        assert_hex(bytes_of(leaf.b, HASH_SIZE), golden[i].leaf);
        assert_hex(bytes_of(chain.head.b, HASH_SIZE), golden[i].head);
        assert_hex(bytes_of(chain.ratchet.b, HASH_SIZE), golden[i].ratchet);
    }
}

static void a_declared_loss_reaches_the_golden_value_and_the_chain_goes_on_after_it(void **state) {
    struct chain chain = chain_of_golden();
    struct hash256 after;
    memset(after.b, 0xaa, HASH_SIZE);
    chain_lose(&chain, 9, 1, &after);
    assert_int_equal(chain.seq, 9);
    assert_hex(bytes_of(chain.head.b, HASH_SIZE), "4959eb005ea3468c38b66985976b0db5c7dad5b973f20ae4915774d0e5ab4a13");
    assert_true(hash256_equal(&chain.ratchet, &after));
    struct chain marked = chain_of_golden();
    struct hash256 mark;
    chain_lost_mark(&after, &mark);
    chain_lose_marked(&marked, 9, 1, &mark);
    assert_true(hash256_equal(&marked.head, &chain.head));
    struct record record = record_of(&golden[0]);
    chain_append(&chain, &record, NULL, NULL);
    assert_int_equal(chain.seq, 10);
}

static void the_chain_verifies_from_leaves_alone_once_bodies_are_erased(void **state) {
    struct chain chain = {0};
    for (size_t i = 0; i < ARRAY_COUNT(golden); i++) {
        struct hash256 leaf;
        assert_true(hex_decode(golden[i].leaf, leaf.b, HASH_SIZE));
        chain_append_leaf(&chain, &leaf);
        assert_hex(bytes_of(chain.head.b, HASH_SIZE), golden[i].head);
    }
}

static void a_leaf_can_be_made_again_from_its_salt(void **state) {
    for (size_t i = 0; i < ARRAY_COUNT(golden); i++) {
        struct record record = record_of(&golden[i]);
        struct salt salt;
        struct hash256 leaf;
        assert_true(hex_decode(golden[i].salt, salt.b, SALT_SIZE));
        chain_leaf(&salt, &record, &leaf);
        assert_hex(bytes_of(leaf.b, HASH_SIZE), golden[i].leaf);
    }
}

static void any_change_of_a_report_or_its_former_identity_changes_the_head(void **state) {
    struct chain right = chain_of_golden();
    for (int change = 0; change < 4; change++) {
        struct chain chain;
        struct hash256 seed = golden_hash(GOLDEN_SEED);
        chain_init(&chain, &seed);
        for (size_t i = 0; i < ARRAY_COUNT(golden); i++) {
            struct record record = record_of(&golden[i]);
            if (i == 1 && change == 0)
                record.report = bytes_of_text("Second report");
            if (i == 1 && change == 1)
                record.has_formerly = false;
            if (i == 1 && change == 2)
                record.formerly_seq++;
            if (i == 1 && change == 3)
                record.formerly_outbox.b[15] ^= 1;
            chain_append(&chain, &record, NULL, NULL);
        }
        assert_false(hash256_equal(&chain.head, &right.head));
        assert_true(hash256_equal(&chain.ratchet, &right.ratchet));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_chain_reaches_the_golden_values),
        cmocka_unit_test(a_declared_loss_reaches_the_golden_value_and_the_chain_goes_on_after_it),
        cmocka_unit_test(the_chain_verifies_from_leaves_alone_once_bodies_are_erased),
        cmocka_unit_test(a_leaf_can_be_made_again_from_its_salt),
        cmocka_unit_test(any_change_of_a_report_or_its_former_identity_changes_the_head),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
