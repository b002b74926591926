import { inBoth } from "../words";
import { plural } from "../words/plural";

const s = plural("sv-SE");
const e = plural("en-GB");

// "2015-W19", "2015-05", "2015-T2", "2015-Q2", "2015"
function periodIn(names: { week: string; tertial: string; quarter: string; locale: string }): (period: string) => string {
    const months = new Intl.DateTimeFormat(names.locale, { month: "long", year: "numeric", timeZone: "UTC" });
    return (period) => {
        const [year = "", part = ""] = period.split("-");
        if (part.startsWith("W")) return `${names.week} ${Number(part.slice(1))}, ${year}`;
        if (part.startsWith("T")) return `${names.tertial} ${part.slice(1)}, ${year}`;
        if (part.startsWith("Q")) return `${names.quarter} ${part.slice(1)}, ${year}`;
        return /^\d\d$/.test(part) ? months.format(new Date(`${period}-01T00:00:00Z`)) : period;
    };
}

const sv = {
    title: "Underlag",
    back: "Till löftena",
    standing: "Så står det",
    ofTotal: (done: string, target: string) => `${done} av ${target}`,
    dueNow: (due: string) => `Enligt takten borde ${due} vara gjorda nu.`,
    remaining: (count: string, days: number) => (days ? `${count} återstår, på ${s(days, "dag", "dagar")}.` : `${count} saknas.`),
    lastDay: (day: string) => `Sista dagen är ${day}.`,
    owner: "Svarar ensam:",
    chart: "Gjort över tid, mot takten",
    tooMany: "Åtagandet har så många rapporter att kurvan inte ritas här; siffrorna gäller ändå alla.",
    periods: "Per period",
    period: "Period",
    periodName: periodIn({ week: "vecka", tertial: "tertial", quarter: "kvartal", locale: "sv-SE" }),
    done: "Gjort",
    reportCount: "Rapporter",
    windows: "Utlovade tider till och med nu",
    window: "Plats och tid",
    kept: "Hållna pass",
    covered: "Täckta minuter",
    personMinutes: "Personminuter",
    days: { mon: "mån", tue: "tis", wed: "ons", thu: "tors", fri: "fre", sat: "lör", sun: "sön" },
    places: "Per plats som åtagandet nämner",
    place: "Plats",
    there: "Var där",
    open: "Oavgjort",
    reports: "Rapporterna bakom",
    ordered: "De som kom in sist står först.",
    behind: (name: string) => `(rapporterna bakom: ${name})`,
    onlyPart: (name: string) => `Bara en del: ${name}.`,
    allParts: "Visa alla rapporter",
    show: "Visa",
    which: { all: "Alla", counted: "De som räknas", not_counted: "De som inte räknas", late: "De som kom sent" },
    counts: (quantity: number) => (quantity === 1 ? "Räknas." : `Räknas, ${quantity} stycken.`),
    countsNot: "Räknas inte:",
    lateBy: (days: number) => `${s(Math.max(days, 1), "dag", "dagar")} sen`,
    joined: "sammanförd",
    parted: "räknas för sig",
    timeUnsure: "osäker tid",
    placeOpen: "plats oavgjord",
    noReports: "Inga sådana rapporter.",
    notYet: "Inga sådana rapporter bland dem som hittills letats igenom.",
};

const en: typeof sv = {
    title: "Evidence",
    back: "To the promises",
    standing: "How it stands",
    ofTotal: (done: string, target: string) => `${done} of ${target}`,
    dueNow: (due: string) => `By the pace ${due} should be done by now.`,
    remaining: (count: string, days: number) => (days ? `${count} remain, in ${e(days, "day", "days")}.` : `${count} are missing.`),
    lastDay: (day: string) => `The last day is ${day}.`,
    owner: "Answers alone:",
    chart: "Done over time, against the pace",
    tooMany: "The commitment has so many reports that the curve is not drawn here; the figures are of all of them.",
    periods: "By period",
    period: "Period",
    periodName: periodIn({ week: "week", tertial: "tertial", quarter: "quarter", locale: "en-GB" }),
    done: "Done",
    reportCount: "Reports",
    windows: "Promised times until now",
    window: "Place and time",
    kept: "Kept",
    covered: "Covered minutes",
    personMinutes: "Person-minutes",
    days: { mon: "Mon", tue: "Tue", wed: "Wed", thu: "Thu", fri: "Fri", sat: "Sat", sun: "Sun" },
    places: "By place that the commitment names",
    place: "Place",
    there: "Was there",
    open: "Undecided",
    reports: "The reports behind it",
    ordered: "What came in last stands first.",
    behind: (name: string) => `(the reports behind: ${name})`,
    onlyPart: (name: string) => `A part only: ${name}.`,
    allParts: "Show all reports",
    show: "Show",
    which: { all: "All", counted: "Those that count", not_counted: "Those that do not count", late: "Those that came late" },
    counts: (quantity: number) => (quantity === 1 ? "Counts." : `Counts, as ${quantity}.`),
    countsNot: "Does not count:",
    lateBy: (days: number) => `${e(Math.max(days, 1), "day", "days")} late`,
    joined: "joined",
    parted: "on its own",
    timeUnsure: "time unsure",
    placeOpen: "place undecided",
    noReports: "No such reports.",
    notYet: "No such reports among those looked through so far.",
};

export const evidenceWords = inBoth({ sv, en });
