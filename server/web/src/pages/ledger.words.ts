import { inBoth } from "../words";
import { plural } from "../words/plural";

const s = plural("sv-SE");
const e = plural("en-GB");

const sv = {
    title: "Löften",
    of: (done: string, target: string) => `${done} av ${target}`,
    due: (due: string) => `${due} borde vara gjorda i dag`,
    progress: (done: string, target: string) => `${done} av ${target} gjorda`,
    changed: "Nytt sedan du tittade",
    changedBy: (by: string) => `${by} sedan du tittade`,
    silent: (count: number) => s(count, "enhet är tyst", "enheter är tysta"),
    someDevice: "en enhet",
    silentSince: "tyst sedan",
    silentNever: "har aldrig hörts",
    evidence: "Underlag",
    late: "sena",
    parties: "Parter",
    period: "Period",
    owner: "Svarar ensam",
    places: "Platser som saknas",
    allAreas: "Alla områden",
    area: "Område",
    filter: "Visa",
    everything: "Allt",
    attention: "Det som behöver dig",
    nothingNeedsYou: "Inget behöver dig just nu.",
    none: "Inga löften i dina områden än.",
    seen: "Markera som sett",
    forecast: "Prognos",
};

const en: typeof sv = {
    title: "Promises",
    of: (done: string, target: string) => `${done} of ${target}`,
    due: (due: string) => `${due} should be done by today`,
    progress: (done: string, target: string) => `${done} of ${target} done`,
    changed: "New since you looked",
    changedBy: (by: string) => `${by} since you looked`,
    silent: (count: number) => e(count, "device is silent", "devices are silent"),
    someDevice: "a device",
    silentSince: "silent since",
    silentNever: "was never heard",
    evidence: "Evidence",
    late: "late",
    parties: "Parties",
    period: "Period",
    owner: "Answers alone",
    places: "Places still missing",
    allAreas: "All areas",
    area: "Area",
    filter: "Show",
    everything: "Everything",
    attention: "What needs you",
    nothingNeedsYou: "Nothing needs you just now.",
    none: "No promises in your areas yet.",
    seen: "Mark as seen",
    forecast: "Forecast",
};

export const ledgerWords = inBoth({ sv, en });
