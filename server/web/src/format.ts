// Numbers and moments as the page's language has them. Moments are shown in Sweden's time: that is where the promises are kept.
import { computed } from "@preact/signals";
import { words } from "./words";

export const TIME_ZONE = "Europe/Stockholm";

// Each is made when it is first wanted, and again in another language.
const inWords = <T>(make: (locale: string) => T) => computed(() => make(words.value.locale));
const makers = {
    number: inWords((locale) => new Intl.NumberFormat(locale, { maximumFractionDigits: 1 })),
    day: inWords((locale) => new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: TIME_ZONE })),
    moment: inWords((locale) => new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short", timeZone: TIME_ZONE })),
    ago: inWords((locale) => new Intl.RelativeTimeFormat(locale, { numeric: "auto" })),
};

export const number = (value: number): string => makers.number.value.format(value);
export const moment = (ms: number): string => makers.moment.value.format(ms);
export const momentRange = (from_ms: number, to_ms: number): string => makers.moment.value.formatRange(from_ms, to_ms);
export const day = (ms: number): string => makers.day.value.format(ms);
// "2026-05-08", a day without a time zone, as "8 maj 2026". By hand: the start page needs it, and a DateTimeFormat takes a slow phone
// as long as all else that there is to draw.
export function plainDay(text: string): string {
    const [year = "", month = "", dayOfMonth = ""] = text.split("-");
    return `${Number(dayOfMonth)} ${words.value.months[Number(month) - 1]} ${year}`;
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
    ["day", 86_400_000],
    ["hour", 3_600_000],
    ["minute", 60_000],
];
export function ago(ms: number, now: number = Date.now()): string {
    for (const [unit, size] of STEPS)
        if (Math.abs(now - ms) >= size) return makers.ago.value.format(Math.round((ms - now) / size), unit);
    return makers.ago.value.format(0, "second");
}
