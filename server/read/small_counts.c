#include "read/small_counts.h"

struct hiding {
    const int64_t *counts;
    size_t count;
    bool *hidden;
    size_t hidden_count;
    int64_t hidden_sum;
};

static void hide(struct hiding *hiding, size_t index) {
    hiding->hidden[index] = true;
    hiding->hidden_count++;
    hiding->hidden_sum += hiding->counts[index];
}

static void hide_smallest(struct hiding *hiding) {
    size_t smallest = hiding->count;
    for (size_t i = 0; i < hiding->count; i++)
        if (!hiding->hidden[i] && (smallest == hiding->count || hiding->counts[i] < hiding->counts[smallest]))
            smallest = i;
    hide(hiding, smallest);
}

void small_counts_hide(const int64_t *counts, size_t count, bool *ret_hidden) {
    struct hiding hiding = {.counts = counts, .count = count, .hidden = ret_hidden};
    for (size_t i = 0; i < count; i++)
        ret_hidden[i] = false;
    for (size_t i = 0; i < count; i++)
        if (counts[i] < SMALL_COUNT)
            hide(&hiding, i);
    while (hiding.hidden_count > 0 && hiding.hidden_count < count &&
           (hiding.hidden_count < 2 || hiding.hidden_sum < SMALL_COUNT))
        hide_smallest(&hiding);
}
