// Where people were, and where it is found unsafe (server/read/map.h, server/read/map_reports.h, server/read/unsafe_places.h).
import { about, count, day, list, needed, object, one, orNull, reference, seconds, truth, whole, word } from "../shape.mjs";
import { commitmentPath, evidenceRow, towardBrief } from "../report.mjs";
import { get } from "../operation.mjs";

const kind = one("check", "campaign_handout", "visible_patrol", "safety_walk", "meeting", "inventory", "initiative");
const position = {
    place: about("Of the reference data, where one is named.", orNull(word)),
    latitude_e6: about("WGS 84, millionths of a degree.", orNull(whole)),
    longitude_e6: orNull(whole),
};

export const operations = [
    get("/map", {
        tag: "map",
        id: "showMap",
        right: "evidence.read",
        summary: "Where there was something, of which kind and by whom; the busiest first",
        description: "By places, and where none is named by squares of 150 m or, where there would be too many rows, larger ones.",
        query: { area: word, from: day, to: day, kind, organisation: word },
        isWhole: true,
        list: object({
            area: word,
            organisation: word,
            kind,
            ...position,
            radius_m: about("Of the place.", orNull(count)),
            square_m: about("It was in a square so high around that point; no place is named.", orNull(count)),
            reports: count,
            person_minutes: count,
            quantity: count,
        }),
    }),
    get("/map/reports", {
        tag: "map",
        id: "listReportsOnMap",
        right: "evidence.read",
        summary: "The reports behind a row of the map",
        description: "With the days that the map was asked for. The newest day first, of one day what came last; as many as the row says, unless something came in between.",
        query: {
            area: needed(word),
            organisation: needed(word),
            kind: needed(kind),
            place: about("Where the row names one; without it its square, without both what names neither.", word),
            latitude_e6: about("Of the row, with longitude_e6 and square_m: a square.", whole),
            longitude_e6: whole,
            square_m: { type: "integer", minimum: 150 },
            from: day,
            to: day,
        },
        list: object({ ...evidenceRow, area: word, contributions: about("One for each commitment and reason.", list(object(towardBrief))) }),
    }),
    get("/map/unsafe-places", {
        tag: "map",
        id: "listUnsafePlacesOnMap",
        right: "figures.read",
        summary: "Places found unsafe and not put right yet",
        description: "By the first report that found each unsafe. A part may have no rows although `next` says that there are more.",
        query: { area: word },
        list: object({
            row: about("Of the first report that found it unsafe.", count),
            area: word,
            commitment: commitmentPath,
            reference: about("Of the walk.", reference),
            ...position,
            responsible: orNull(word),
            due: orNull(day),
            overdue: truth,
            ...seconds("found"),
        }),
    }),
];
