// Numbers and moments as the page's language has them. Moments are shown in Sweden's time: that is where the promises are kept.
import { computed } from "@preact/signals";
import { words } from "./words";

export const TIME_ZONE = "Europe/Stockholm";

const makers = computed(() => {
    const locale = words.value.locale;
    return {
        number: new Intl.NumberFormat(locale, { maximumFractionDigits: 1 }),
        day: new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: TIME_ZONE }),
        plainDay: new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" }),
        moment: new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short", timeZone: TIME_ZONE }),
        ago: new Intl.RelativeTimeFormat(locale, { numeric: "auto" }),
    };
});

export const number = (value: number): string => makers.value.number.format(value);
export const moment = (ms: number): string => makers.value.moment.format(ms);
export const momentRange = (from_ms: number, to_ms: number): string => makers.value.moment.formatRange(from_ms, to_ms);
export const day = (ms: number): string => makers.value.day.format(ms);
// "2026-05-08", a day without a time zone.
export const plainDay = (text: string): string => makers.value.plainDay.format(new Date(text + "T00:00:00Z"));

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
    ["day", 86_400_000],
    ["hour", 3_600_000],
    ["minute", 60_000],
];
export function ago(ms: number, now: number = Date.now()): string {
    for (const [unit, size] of STEPS)
        if (Math.abs(now - ms) >= size) return makers.value.ago.format(Math.round((ms - now) / size), unit);
    return makers.value.ago.format(0, "second");
}
