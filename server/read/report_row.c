#include "read/report_row.h"

#include "read/progress.h"
#include "read/report_json.h"

static int64_t late_s_of(const struct stored_report *report) {
    return report->received_ms / 1000 - report->to_s;
}

bool report_row_is_late(const struct stored_report *report) {
    return late_s_of(report) > (int64_t)READ_LATE_HOURS * 60 * 60;
}

static bool add_arrival(json_t *object, const struct stored_report *report) {
    int64_t late_s = late_s_of(report);
    return read_add_ms(object, "received", report->received_ms) &&
           read_add(object, "late", json_boolean(report_row_is_late(report))) &&
           read_add(object, "late_s", json_integer(late_s > 0 ? late_s : 0));
}

bool report_row_add(json_t *object, const Rond__V1__TimeZone *zone, const struct stored_report *report) {
    return read_add_key(object, &report->key) && read_add(object, "row", json_integer((json_int_t)report->row)) &&
           read_add(object, "organisation", read_text(report->organisation)) && report_json_erasure(object, report) &&
           read_add(object, "kind", report_json_kind(report->kind, report->is_withdrawal)) &&
           read_add_s(object, "occurred_from", report->from_s) && read_add_s(object, "occurred_to", report->to_s) &&
           read_add(object, "local_from", read_local(zone, report->from_s)) &&
           read_add(object, "local_to", read_local(zone, report->to_s)) &&
           read_add(object, "uncertainty_s", json_integer(report->uncertainty_s)) && add_arrival(object, report);
}
