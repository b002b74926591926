import { inBoth } from "../words";

interface Section {
    title: string;
    text: string[];
    points?: string[];
    link?: { to: string; text: string };
}
interface Statement {
    title: string;
    about: string[];
    sections: Section[];
}

const LICENCES = "/assets/licences.txt";
const AUTHORITY = "https://www.digg.se/tdosanmalan";

const sv: Statement = {
    title: "Tillgänglighetsredogörelse",
    about: [
        "Den organisation som driver den här installationen av Rond står bakom webbplatsen. Vi vill att så många som möjligt ska kunna använda den. Här beskriver vi hur webbplatsen uppfyller lagen om tillgänglighet till digital offentlig service (2018:1937), vilka brister vi känner till och hur du kan rapportera brister till oss.",
    ],
    sections: [
        {
            title: "Hur tillgänglig är webbplatsen?",
            text: [
                "Webbplatsen är delvis förenlig med lagen, som följer WCAG 2.1 på nivå AA (EN 301 549). Bristerna står nedan.",
                "Det här fungerar:",
            ],
            points: [
                "Allt går att nå och använda med tangentbord, och det syns var man är.",
                "Sidorna har rubriker, etiketter och tabellhuvuden som skärmläsare läser upp. Det som ändras sägs till.",
                "Text har minst kontrasten 4,5:1, i ljust och mörkt utseende. Inget visas med enbart färg.",
                "Sidorna kan användas från 320 pixlars bredd, förstorade till 400 procent och på svenska och engelska.",
                "Rörelser visas inte för den som har valt bort rörelser i sin enhet.",
            ],
        },
        {
            title: "Kända brister",
            text: ["Det här är inte fullt tillgängligt än:"],
            points: [
                "En del felmeddelanden har en närmare förklaring som bara finns på engelska. (WCAG 3.1.2)",
                "Namn på löften, platser och åtaganden visas som organisationerna har skrivit dem. Där en översättning saknas visas det andra språket.",
                "Kartor kan vara svåra att använda med skärmläsare. Samma uppgifter finns som listor och tabeller.",
                "Webbplatsen är inte prövad av användare med olika hjälpmedel; den är prövad automatiskt och av dem som har gjort den.",
            ],
        },
        {
            title: "Rapportera brister",
            text: [
                "Om du hittar brister som inte står här, eller behöver innehållet i en annan form, så säg till den organisation som driver den här installationen: din administratör, eller organisationens vanliga kontaktvägar. Du ska få svar utan dröjsmål.",
            ],
        },
        {
            title: "Tillsyn",
            text: [
                "Myndigheten för digital förvaltning (Digg) har ansvaret för tillsyn över lagen om tillgänglighet till digital offentlig service. Om du inte är nöjd med hur organisationen hanterar dina synpunkter kan du anmäla det till Digg.",
            ],
            link: { to: AUTHORITY, text: "Anmäl till Digg" },
        },
        {
            title: "Hur vi har prövat webbplatsen",
            text: [
                "Varje sida prövas automatiskt mot WCAG 2.1 nivå A och AA i en riktig webbläsare, på svenska och engelska och i ljust och mörkt utseende, inför varje utgåva. Den som driver installationen fyller i när redogörelsen senast sågs över.",
            ],
        },
        {
            title: "Vad webbplatsen är byggd av",
            text: ["Sidorna innehåller fri programvara som andra har skrivit."],
            link: { to: LICENCES, text: "Deras licenser" },
        },
    ],
};

const en: Statement = {
    title: "Accessibility statement",
    about: [
        "The organisation that runs this installation of Rond stands behind the site. We want as many as possible to be able to use it. Here we describe how the site meets the Swedish Act on accessibility of digital public service (2018:1937), which shortcomings we know of, and how you can report shortcomings to us.",
    ],
    sections: [
        {
            title: "How accessible is the site?",
            text: [
                "The site conforms in part with the Act, which follows WCAG 2.1 at level AA (EN 301 549). The shortcomings are listed below.",
                "This works:",
            ],
            points: [
                "Everything can be reached and used with a keyboard, and it shows where one is.",
                "Pages have headings, labels and table headers that screen readers read out. What changes is announced.",
                "Text has a contrast of at least 4.5:1, in the light and the dark appearance. Nothing is shown by colour alone.",
                "The pages can be used from a width of 320 pixels, enlarged to 400 per cent, and in Swedish and English.",
                "No motion is shown to whoever has chosen so on the own device.",
            ],
        },
        {
            title: "Known shortcomings",
            text: ["This is not fully accessible yet:"],
            points: [
                "Some error messages have a closer explanation that is in English only. (WCAG 3.1.2)",
                "Names of promises, places and commitments are shown as the organisations wrote them. Where a translation is missing, the other language is shown.",
                "Maps may be hard to use with a screen reader. The same facts are there as lists and tables.",
                "The site has not been tried by users of different aids; it has been tried automatically and by those who made it.",
            ],
        },
        {
            title: "Report shortcomings",
            text: [
                "If you find shortcomings that are not listed here, or need the content in another form, tell the organisation that runs this installation: your administrator, or the organisation's ordinary ways of contact. You are to be answered without delay.",
            ],
        },
        {
            title: "Supervision",
            text: [
                "The Agency for Digital Government (Digg, Myndigheten för digital förvaltning) supervises the Act on accessibility of digital public service. If you are not content with how the organisation deals with what you said, you can report it to Digg.",
            ],
            link: { to: AUTHORITY, text: "Report to Digg" },
        },
        {
            title: "How we have tried the site",
            text: [
                "Each page is tried automatically against WCAG 2.1 level A and AA in a real browser, in Swedish and English and in the light and the dark appearance, before each release. Whoever runs the installation adds when the statement was last gone through.",
            ],
        },
        {
            title: "What the site is built of",
            text: ["The pages contain free software by others."],
            link: { to: LICENCES, text: "Their licences" },
        },
    ],
};

export const accessibilityWords = inBoth({ sv, en });
