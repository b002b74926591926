import { inBoth } from "../words";

const sv = {
    explained: "Rapporter som inte kunde räknas som de var. De är mottagna och finns kvar, oförändrade, vad som än beslutas här.",
    show: "Visa",
    onlyOpen: "Det som väntar",
    all: "Allt som varit här",
    none: "Ingenting väntar i karantänen.",
    noneEver: "Ingenting har varit i karantän.",
    open: "väntar",
    released: "släppt",
    discarded: "åt sidan",
    came: "kom in",
    notYours: "Den egna organisationen beslutar.",
    release: "Släpp",
    discard: "Lägg åt sidan",
    reason: "Varför?",
    releaseTitle: (reference: string) => `Släpp ${reference}`,
    releaseNote: "Rapporten räknas därefter där den hör hemma, så som den är.",
    discardTitle: (reference: string) => `Lägg ${reference} åt sidan`,
    discardNote: "Rapporten räknas aldrig. Den finns kvar, och den som rapporterade får veta det.",
    wasReleased: (reference: string) => `${reference} är släppt.`,
    wasDiscarded: (reference: string) => `${reference} är lagd åt sidan.`,
};

const en: typeof sv = {
    explained: "Reports that could not be counted as they were. They are received and stay, unchanged, whatever is decided here.",
    show: "Show",
    onlyOpen: "What waits",
    all: "All that was ever here",
    none: "Nothing waits in quarantine.",
    noneEver: "Nothing was ever in quarantine.",
    open: "waits",
    released: "released",
    discarded: "set aside",
    came: "came in",
    notYours: "Its own organisation decides.",
    release: "Release",
    discard: "Discard",
    reason: "Why?",
    releaseTitle: (reference: string) => `Release ${reference}`,
    releaseNote: "From then on the report counts where it belongs, as it is.",
    discardTitle: (reference: string) => `Discard ${reference}`,
    discardNote: "The report never counts. It stays, and whoever reported it is told.",
    wasReleased: (reference: string) => `${reference} is released.`,
    wasDiscarded: (reference: string) => `${reference} is set aside.`,
};

export const quarantineWords = inBoth({ sv, en });
