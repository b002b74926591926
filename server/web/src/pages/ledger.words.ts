import { inBoth } from "../words";

const sv = {
    title: "Löften",
    of: (done: string, target: string) => `${done} av ${target}`,
    due: (due: string) => `${due} borde vara gjorda i dag`,
    progress: (done: string, target: string) => `${done} av ${target} gjorda`,
    changedBy: (by: string) => `${by} sedan du tittade`,
    changed: "ändrat sedan du tittade",
    noSuchArea: "Området finns inte, eller är inte ett av dina.",
    toAll: "Visa alla områden",
    parties: "Parter",
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
};

const en: typeof sv = {
    title: "Promises",
    of: (done: string, target: string) => `${done} of ${target}`,
    due: (due: string) => `${due} should be done by today`,
    progress: (done: string, target: string) => `${done} of ${target} done`,
    changedBy: (by: string) => `${by} since you looked`,
    changed: "changed since you looked",
    noSuchArea: "There is no such area, or it is not one of yours.",
    toAll: "Show all areas",
    parties: "Parties",
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
};

export const ledgerWords = inBoth({ sv, en });
