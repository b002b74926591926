import { signal } from "@preact/signals";

export type Theme = "light" | "dark" | "system";
const KEPT = "rond.theme";
const kept = localStorage.getItem(KEPT);

export const theme = signal<Theme>(kept === "light" || kept === "dark" ? kept : "system");

export function chooseTheme(to: Theme): void {
    theme.value = to;
    if (to === "system") {
        localStorage.removeItem(KEPT);
        delete document.documentElement.dataset.theme;
    } else {
        localStorage.setItem(KEPT, to);
        document.documentElement.dataset.theme = to;
    }
}
if (theme.value !== "system") document.documentElement.dataset.theme = theme.value;
