// The pages: their name in the address, what the menu calls them, who may see them, and where their code is.
import { words } from "./words";
import { mayAs, writesPromises, type Role } from "./session";
import * as ledger from "./pages/ledger";

type PageModule = { default: (props: { path: string[] }) => unknown };
export interface Route {
    name: string;
    label?: () => string; // none: not in the menu
    roles?: Role[]; // none: everybody who is logged in
    load: () => Promise<PageModule>;
}

const nav = () => words.value.nav;

export const ROUTES: Route[] = [
    {
        name: "ledger",
        label: () => nav().ledger,
        roles: ["area_chief", "coordinator", "partner_viewer"],
        load: async () => ledger, // most start with it
    },
    {
        name: "commitments",
        roles: ["area_chief", "coordinator", "partner_viewer"],
        load: () => import("./pages/evidence"),
    },
    {
        name: "reports",
        roles: ["area_chief", "coordinator", "partner_viewer"],
        load: () => import("./pages/report"),
    },
    {
        name: "presence",
        label: () => nav().presence,
        roles: ["area_chief", "coordinator", "partner_viewer"],
        load: () => import("./pages/presence"),
    },
    {
        name: "walks",
        label: () => nav().walks,
        roles: ["area_chief", "coordinator", "partner_viewer"],
        load: () => import("./pages/walks"),
    },
    {
        name: "map",
        label: () => nav().map,
        roles: ["area_chief", "coordinator", "partner_viewer"],
        load: () => import("./pages/map"),
    },
    {
        name: "joins",
        label: () => nav().joins,
        roles: ["area_chief", "coordinator", "partner_viewer"],
        load: () => import("./pages/joins"),
    },
    {
        name: "quarantine",
        label: () => nav().quarantine,
        roles: ["area_chief", "coordinator", "partner_viewer"],
        load: () => import("./pages/quarantine"),
    },
    {
        name: "planning",
        label: () => nav().planning,
        roles: ["administrator", "area_chief", "coordinator", "partner_viewer"],
        load: () => import("./pages/planning"),
    },
    {
        name: "promises",
        label: () => (writesPromises() ? nav().promises : nav().promisesRead),
        roles: ["administrator", "area_chief", "coordinator", "partner_viewer"],
        load: () => import("./pages/promises"),
    },
    {
        name: "devices",
        label: () => nav().devices,
        roles: ["administrator", "area_chief", "coordinator"],
        load: () => import("./pages/devices"),
    },
    {
        name: "followups",
        label: () => nav().followups,
        roles: ["area_chief", "coordinator", "partner_viewer"],
        load: () => import("./pages/followups"),
    },
    { name: "people", label: () => nav().people, roles: ["administrator", "auditor"], load: () => import("./pages/people") },
    { name: "audit", label: () => nav().audit, roles: ["auditor"], load: () => import("./pages/audit") },
    { name: "account", label: () => nav().account, load: () => import("./pages/account") },
];

export function mayOpen(route: Route): boolean {
    return !route.roles || mayAs(...route.roles);
}

// Without a name the first page that the person may see.
export function routeOf(path: string[]): Route | undefined {
    return path[0] === undefined ? ROUTES.find(mayOpen) : ROUTES.find((route) => route.name === path[0]);
}
