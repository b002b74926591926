// The sentences of the promise file's reader (server/promise/) in Swedish; what is not here is shown as the server says it.
const SENTENCES: [RegExp, string][] = [
    [/^is missing$/, "saknas."],
    [/^is missing; \w+ needs it$/, "saknas; det behövs för den här sortens åtagande."],
    [/^is missing, here and for the whole file$/, "saknas."],
    [/^must be at least (-?\d+)$/, "ska vara minst $1."],
    [/^must be at most (-?\d+)$/, "får vara högst $1."],
    [/^must be a whole number$/, "ska vara ett heltal."],
    [/^must be a text$/, "ska vara en text."],
    [/^must be at most (\d+) bytes of UTF-8 without NUL$/, "får vara högst $1 byte (å, ä och ö är två)."],
    [/^must be an id: .* at most (\d+)$/, "får bara innehålla a–z, 0–9, - och _, högst $1 tecken."],
    [/^must be a day that exists, YYYY-MM-DD$/, "ska vara en dag som finns, ÅÅÅÅ-MM-DD."],
    [/^must be a day of the year, MM-DD$/, "ska vara en dag på året, MM-DD."],
    [/^must be a time of the day, "HH:MM"$/, "ska vara ett klockslag, TT:MM."],
    [/^must not be before from$/, "får inte vara före Från."],
    [/^must name at least one weekday$/, "minst en veckodag behövs."],
    [/^must have at least one window$/, "minst en tid behövs."],
    [/^must name at least one (place|word|field)$/, "välj minst ett."],
    [/^must be one of .*$/, "välj något i listan."],
    [
        /^must name a commitment of this promise whose kind is safety_walk$/,
        "välj ett åtagande om trygghetsvandringar i samma löfte.",
    ],
    [/^must come after the (phase|state) before it, in order and in time$/, "ska komma efter det föregående, i ordning och tid."],
    [/^(.+) comes twice; keep one$/, "$1 finns två gånger; behåll ett."],
    [/^comes twice; keep one$/, "finns två gånger; behåll en."],
    [/^(.+) is no party of this promise; name partners in with_all$/, "$1 är ingen part i löftet."],
    [/^unknown organisation (.+); add it to organisations$/, "organisationen $1 är okänd."],
    [/^unknown place (.+); add it to places$/, "platsen $1 är okänd."],
    [/^says nothing with .*; leave it out$/, "säger inget här; ta bort det."],
    [/^is said by (.+) already; keep one$/, "sägs redan på annat ställe; behåll ett."],
    [/^contradicts joint: .*$/, "går inte ihop med att alla parter deltar: det här gör en ensam."],
    [
        /^contradicts where: reports of (.+) would not count$/,
        "går inte ihop med detaljvillkoren: rapporter från $1 skulle inte räknas.",
    ],
    [/^contradicts required_parties: (.+) would have to take part$/, "går inte ihop med kravet att $1 deltar."],
    [
        /^(.+) is none of places; what happens there would not count$/,
        "$1 är inte bland platserna; det som händer där skulle inte räknas.",
    ],
    [/^lies wholly outside the promise's period (\S+) to (\S+)$/, "ligger helt utanför löftets period, $1 till $2."],
    [
        /^never opens: none of its days lies in the promise's period.*$/,
        "infaller aldrig: ingen av dagarna ligger i löftets period.",
    ],
    [/^has (\d+) entries; at most (\d+) are possible$/, "har $1 rader; högst $2 går."],
    [/^is no valid YAML: .*$/, "går inte att läsa som YAML."],
    [/^unknown key; did you mean (.+)\?$/, "okänd nyckel; menade du $1?"],
    [/^unknown key$/, "okänd nyckel."],
];

export function faultInSwedish(text: string): string | undefined {
    const found = SENTENCES.find(([pattern]) => pattern.test(text));
    return found && text.replace(found[0], found[1]);
}
