import { inBoth } from "../words";

const sv = { done: "Gjort", due: "Borde vara gjort", day: "Till och med", table: "Samma sak som tabell" };
const en: typeof sv = { done: "Done", due: "Should be done", day: "Up to", table: "The same as a table" };

export const chartWords = inBoth({ sv, en });
