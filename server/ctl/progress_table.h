// The commitments of an area as a table, at most 100 columns wide.
#ifndef CTL_PROGRESS_TABLE_H
#define CTL_PROGRESS_TABLE_H

#include "ctl/ctl.h"

enum progress_column {
    COLUMN_COMMITMENT,
    COLUMN_STATUS,
    COLUMN_DUE, // where one of the area's commitments has a pace
    COLUMN_END, // where one has a forecast
    COLUMN_DONE,
    COLUMN_COUNT
};

struct progress_table {
    const struct ctl *ctl;
    bool swedish;
    size_t widths[COLUMN_COUNT]; // 0: not shown
};
// area: as read/progress.h gives it; not kept.
void progress_table_init(struct progress_table *table, const struct ctl *ctl, json_t *area, bool swedish);
void progress_table_heading(const struct progress_table *table);
void progress_table_row(const struct progress_table *table, json_t *commitment);
// What the columns of pace and forecast mean, where they are shown.
void progress_table_explain(const struct progress_table *table);

#endif
