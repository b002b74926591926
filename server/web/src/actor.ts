// Who did something, as the server has it ("person:chief", "uid:1000", "server"), as people say it.
import { inBoth } from "./words";

const actorWords = inBoth({
    sv: { operator: "driften", server: "servern" },
    en: { operator: "operations", server: "the server" },
});

export function actorName(actor: string): string {
    if (actor.startsWith("uid:")) return actorWords.value.operator;
    return actor === "server" ? actorWords.value.server : actor.replace(/^person:/, "");
}
