// Connections: frames arrive in order after a delay, until the connection is cut between two frames, inside one, or
// goes silent without anybody being told.
#include <stdlib.h>

#include "base/check.h"
#include "sim/world.h"
#include "wire/limits.h"

static struct link *link_bare(struct world *world, struct handheld *handheld) {
    struct link *link = calloc(1, sizeof *link);
    CHECK(link != NULL);
    link->world = world;
    link->number = world->link_count++;
    link->handheld = handheld;
    link->delay_ms = 1 + (int64_t)world_below(world, 2 * (uint64_t)world->delay_ms);
    link->dead_ms = INT64_MAX;
    uint32_t credit = world->host.credit_bytes;
    if (world_chance(world, 70)) // else it is a server from before that
        link->upgrade_credit = credit > 0 && credit < CREDIT_UPGRADE_BYTES ? credit : CREDIT_UPGRADE_BYTES;
    link->next = world->links;
    world->links = link;
    return link;
}

// The upgrade is asked for twice, and what goes up comes in twice for a while: whoever is between the two tries again by
// itself, or is somebody else, who changes bytes.
static void twin_create(struct link *link) {
    struct world *world = link->world;
    bool tampers = world_strikes(world, FAULT_TAMPERED_FRAME, 10);
    if (!tampers && !world_strikes(world, FAULT_DUPLICATE_CONNECTION, 10))
        return;
    struct link *twin = link_bare(world, link->handheld);
    twin->is_twin = true;
    twin->tampers = tampers;
    if (tampers) // other content under a number is a fork, whoever changed it
        link->handheld->may_fork = true;
    link->twin = twin;
    link->twin_frames_left = 1 + (size_t)world_below(world, 6);
    world_at(world, world->now_ms + twin->delay_ms + link->delay_ms, EVENT_LINK_UP, twin, 0);
}

struct link *link_create(struct world *world, struct handheld *handheld) {
    struct link *link = link_bare(world, handheld);
    if (!world->is_calm && (world->on[FAULT_CUT_BETWEEN_FRAMES] || world->on[FAULT_CUT_INSIDE_FRAME]) &&
        world_chance(world, 50)) {
        link->cuts = true;
        link->cuts_inside =
            world->on[FAULT_CUT_INSIDE_FRAME] && (!world->on[FAULT_CUT_BETWEEN_FRAMES] || world_chance(world, 50));
        link->bytes_left = (size_t)world_below(world, world_chance(world, 50) ? 3000 : 30000);
    }
    if (handheld != NULL)
        twin_create(link);
    return link;
}

enum { CUT_NOTICED_MS = 10000 };

static int64_t later(int64_t a_ms, int64_t b_ms) {
    return a_ms > b_ms ? a_ms : b_ms;
}

static void gone_at(struct link *link, bool up, int64_t at_ms) {
    world_at(link->world, at_ms, up ? EVENT_GONE_UP : EVENT_GONE_DOWN, link, 0);
}

void link_close(struct link *link) {
    struct world *world = link->world;
    bool unnoticed = link->handheld != NULL && world_strikes(world, FAULT_UNNOTICED_CLOSE, 20);
    if (!link->is_silent && !unnoticed && link->host_open)
        gone_at(link, true, later(link->up_last_ms, world->now_ms + link->delay_ms));
    if (!link->is_silent)
        gone_at(link, false, later(link->down_last_ms, world->now_ms + link->delay_ms));
}

// The network between them fails; what was sent before still arrives, or some of it, in order.
static void link_cut(struct link *link, Rond__V1__Frame__KindCase kind) {
    struct world *world = link->world;
    if (link->cuts_inside)
        world->census->cut_inside[kind]++;
    if (world_chance(world, 50))
        link->dead_ms = world->now_ms + (int64_t)world_below(world, (uint64_t)link->delay_ms + 1);
    world->census->faults[link->cuts_inside ? FAULT_CUT_INSIDE_FRAME : FAULT_CUT_BETWEEN_FRAMES]++;
    world_trace(world, "link %u is cut %s", link->number, link->cuts_inside ? "inside a frame" : "between two frames");
    link->is_silent = true;
    gone_at(link, true, later(link->up_last_ms, world->now_ms + CUT_NOTICED_MS));
    gone_at(link, false, later(link->down_last_ms, world->now_ms + CUT_NOTICED_MS));
}

// False where the frame gets lost.
static bool link_carries(struct link *link, size_t size, Rond__V1__Frame__KindCase kind) {
    struct world *world = link->world;
    if (link->is_silent)
        return false;
    if (world_strikes(world, FAULT_HALF_OPEN, 1)) {
        world_trace(world, "link %u goes silent", link->number);
        link->is_silent = true;
        return false;
    }
    if (!link->cuts || world->is_calm)
        return true;
    bool is_rare =
        kind == ROND__V1__FRAME__KIND_LOST || kind == ROND__V1__FRAME__KIND_FORKED || kind == ROND__V1__FRAME__KIND_EXPECTED;
    bool is_last = size >= link->bytes_left || (is_rare && world_chance(world, 20));
    bool arrives = !is_last || !link->cuts_inside;
    link->bytes_left -= is_last ? 0 : size;
    if (is_last)
        link_cut(link, kind);
    return arrives;
}

static void link_send(struct link *link, struct bytes bytes, bool is_up) {
    struct world *world = link->world;
    Rond__V1__Frame *frame = NULL;
    struct fault fault = {0};
    enum rond_err err = codec_frame_decode(&world->arena, bytes, &frame, &fault);
    if (err == ROND_OK) {
        world->census->frames[frame->kind_case]++;
        if (frame->kind_case == ROND__V1__FRAME__KIND_HELLO)
            world->census->weeks_said += frame->hello->summary_week[0] != '\0';
        check_bounds_of_frame(link, bytes, frame, is_up);
        world_trace(world, "link %u %s %s, %zu bytes", link->number, is_up ? "up  " : "down",
                    flow_frame_name(frame->kind_case), bytes.size);
    }
    int64_t *last_ms = is_up ? &link->up_last_ms : &link->down_last_ms;
    int64_t at_ms = world->now_ms + link->delay_ms + (int64_t)(bytes.size / 64);
    if (!link_carries(link, bytes.size, err == ROND_OK ? frame->kind_case : ROND__V1__FRAME__KIND__NOT_SET))
        return;
    *last_ms = at_ms > *last_ms ? at_ms : *last_ms;
    world_at_with(world, *last_ms, is_up ? EVENT_UP : EVENT_DOWN, link, bytes);
}

// One byte of some is another when it arrives.
static struct bytes tampered(struct link *twin, struct bytes frame) {
    struct world *world = twin->world;
    struct bytes changed;
    if (!twin->tampers || world_chance(world, 40))
        return frame;
    CHECK(arena_copy(&world->arena, frame, &changed));
    size_t at = changed.size - 1 - (size_t)world_below(world, changed.size < 200 ? changed.size : 200);
    ((uint8_t *)(uintptr_t)changed.data)[at] ^= (uint8_t)(1 + world_below(world, 255));
    return changed;
}

void link_send_up(struct link *link, struct bytes frame) {
    link_send(link, frame, true);
    if (link->twin == NULL || link->twin_frames_left == 0)
        return;
    link->twin_frames_left--;
    link_send(link->twin, tampered(link->twin, frame), true);
}

void link_send_down(struct link *link, struct bytes frame) {
    link_send(link, frame, false);
}
