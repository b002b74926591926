import { plural } from "./plural";
import type { Words } from "./index";

const n = plural("en-GB");

export const en: Words = {
    locale: "en-GB",
    rond: "Rond",
    skip: "To the content",
    nav: {
        label: "Pages",
        ledger: "Promises",
        map: "Map",
        presence: "Presence",
        walks: "Safety walks",
        joins: "Duplicates",
        planning: "Planning",
        quarantine: "Quarantine",
        devices: "Devices",
        followups: "Follow-ups",
        promises: "Edit promises",
        people: "People",
        audit: "Audit",
        account: "My account",
        accessibility: "Accessibility",
        menu: "Menu",
    },
    language: { switchTo: "På svenska" },
    theme: { label: "Appearance", light: "Light", dark: "Dark", system: "As the system" },
    states: {
        loading: "Loading …",
        empty: "There is nothing here yet.",
        again: "Try again",
        offline: "No connection. What you see may be old; the page updates when the connection is back.",
        live: "Updates live",
        notLive: "Not updating just now",
        loggedOut: "You are not logged in any more. Log in in a new tab; what you have typed stays here.",
        logIn: "Log in (opens a new tab)",
        notFound: "There is no such page.",
        toStart: "To the start",
        notAllowed: "Your role does not include this.",
    },
    dialog: { cancel: "Cancel", close: "Close" },
    status: {
        met: "Met",
        on_pace: "On pace",
        behind: "Behind",
        missed: "Not met",
        unknown: "Unknown",
        not_started: "Not begun",
        counted: "Counted, no target",
        ended: "Ended",
    },
    date: { from: "from", to: "to" },
    session: { logOut: "Log out", as: (name: string) => `Logged in as ${name}` },
    reasonMissing: "Write why.",
    list: {
        more: "Show more",
        shown: (count: number) => `${n(count, "shown", "shown")} so far`,
    },
    silent: {
        silent: (count: number) => n(count, "device is silent", "devices are silent"),
        since: "silent since",
        never: "was never heard of",
    },
    count: {
        reports: (count: number) => n(count, "report", "reports"),
    },
};
