// The pages: their name in the address, what the menu calls them, who may see them, and where their code is.
import { words } from "./words";
import type { Role } from "./session";

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
        load: () => import("./pages/ledger"),
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
];

export function routeOf(path: string[]): Route | undefined {
    const name = path[0] ?? "ledger";
    return ROUTES.find((route) => route.name === name);
}
