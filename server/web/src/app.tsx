// The frame around every page: where one may go, who one is, whether what is shown is live; and which page it is.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Refusal, type Problem } from "./api";
import { changes, connected, online } from "./live";
import { place } from "./router";
import { mayOpen, routeOf, ROUTES } from "./routes";
import { closeSession, openSession, session, sessionRefusal } from "./session";
import { chooseTheme, theme, type Theme } from "./theme";
import { useAct } from "./ui/act";
import { Page } from "./ui/page";
import { Loading, Refused } from "./ui/states";
import { language, speak, words } from "./words";

function Navigation({ isOpen }: { isOpen: boolean }) {
    const here = routeOf(place.value.path)?.name;
    return (
        <nav id="nav" class={isOpen ? "nav open" : "nav"} aria-label={words.value.nav.label}>
            <ul>
                {ROUTES.filter((route) => route.label && mayOpen(route)).map((route) => (
                    <li key={route.name}>
                        <a href={`#/${route.name}`} aria-current={here === route.name ? "page" : undefined}>
                            {route.label!()}
                        </a>
                    </li>
                ))}
            </ul>
        </nav>
    );
}

function Live() {
    const w = words.value.states;
    const isLive = online.value && connected.value;
    return (
        <span class={isLive ? "live on" : "live"} role="status">
            <span aria-hidden="true" class="dot" />
            {isLive ? w.live : w.notLive}
        </span>
    );
}

function Settings() {
    const w = words.value;
    const { isBusy, refusal, run } = useAct();
    return (
        <div class="settings">
            <button
                type="button"
                class="plain"
                lang={language.value === "sv" ? "en" : "sv"}
                onClick={() => speak(language.value === "sv" ? "en" : "sv")}
            >
                {w.language.switchTo}
            </button>
            <label>
                <span class="unseen">{w.theme.label}</span>
                <select value={theme.value} onChange={(event) => chooseTheme(event.currentTarget.value as Theme)}>
                    <option value="system">{w.theme.system}</option>
                    <option value="light">{w.theme.light}</option>
                    <option value="dark">{w.theme.dark}</option>
                </select>
            </label>
            <button type="button" class="plain" disabled={isBusy} onClick={() => void run(() => closeSession(false))}>
                {w.session.logOut}
            </button>
            {refusal && (
                <span class="fault" role="alert">
                    {refusal.sentence}
                </span>
            )}
        </div>
    );
}

function Frame() {
    const [isOpen, setOpen] = useState(false);
    const w = words.value;
    const path = place.value.path;
    const route = routeOf(path);
    useEffect(() => setOpen(false), [path.join("/")]);
    return (
        <>
            <a class="skip" href="#content" onClick={skip}>
                {w.skip}
            </a>
            <header class={isOpen ? "top open" : "top"}>
                <a class="brand" href="#/">
                    {w.rond}
                </a>
                <button type="button" class="menu" aria-expanded={isOpen} aria-controls="nav" onClick={() => setOpen(!isOpen)}>
                    {w.nav.menu}
                </button>
                <Live />
                <Settings />
            </header>
            <div class="body">
                <Navigation isOpen={isOpen} />
                <main id="content" tabIndex={-1}>
                    {!online.value && (
                        <p class="state alert" role="alert">
                            {w.states.offline}
                        </p>
                    )}
                    {/* An element of each page's own, so that nothing of the one before can stay. */}
                    <div key={path.join("/")} data-page={path.join("/")}>
                        {!route ? (
                            <Missing />
                        ) : !mayOpen(route) ? (
                            <Page title={w.states.notAllowed}>
                                <p class="state">{w.states.notAllowed}</p>
                            </Page>
                        ) : (
                            <Late load={route.load} path={path} />
                        )}
                    </div>
                </main>
            </div>
            <footer class="foot">
                <span>{w.session.as(session.value?.name ?? "")}</span>
                <a href={`/accessibility?lang=${language.value}`}>{w.nav.accessibility}</a>
            </footer>
        </>
    );
}

// The address is the router's, so a fragment of ours cannot be followed by the browser.
function skip(event: Event): void {
    event.preventDefault();
    document.getElementById("content")?.focus();
}

function Missing() {
    const w = words.value.states;
    return (
        <Page title={w.notFound}>
            <p class="state">
                <a href="#/">{w.toStart}</a>
            </p>
        </Page>
    );
}

// A page's code comes when the page is wanted, so that the first load is small.
function Late({ load, path }: { load: () => Promise<{ default: (props: { path: string[] }) => unknown }>; path: string[] }) {
    const [Loaded, set] = useState<((props: { path: string[] }) => any) | undefined>(undefined);
    const [failed, fail] = useState(false);
    // Before what is there so far is painted: on a slow phone that takes its time.
    useLayoutEffect(() => {
        fail(false);
        load().then(
            (module) => set(() => module.default as (props: { path: string[] }) => any),
            () => fail(true),
        );
    }, [load]);
    // A browser may keep what it could not fetch for what there is: only a new page asks again.
    const asOf = useRef(changes.value);
    useEffect(() => {
        if (failed && changes.value !== asOf.current) location.reload();
        asOf.current = changes.value;
    }, [failed, changes.value]);
    if (failed) return <Refused refusal={new Refusal(NOT_THERE)} again={() => location.reload()} />;
    return Loaded ? <Loaded path={path} /> : <Loading />;
}

const NOT_THERE: Problem = {
    status: 0,
    code: "unreached",
    title: "The page could not be loaded.",
    title_sv: "Sidan gick inte att hämta.",
    detail: "",
    detail_sv: "",
};

export function App() {
    if (sessionRefusal.value)
        return (
            <main>
                <Refused refusal={sessionRefusal.value} again={() => void openSession()} />
            </main>
        );
    return session.value ? <Frame /> : <Loading />;
}
