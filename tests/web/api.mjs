// The API without a browser: a server with something of everything, people who log in to it as a program does, and the
// document that describes it.
import { cpSync } from "node:fs";
import { join } from "node:path";
import { PASSWORD, Rond, root, totp } from "./rond.mjs";

// What one person asks. `get` and `post` answer as fetch does, whatever the status.
export class Caller {
    static async of(rond, login, role, ...options) {
        const caller = new Caller();
        const person = await rond.person(login, role, ...options);
        const answer = await rond.post("/api/v1/session", {
            login,
            password: PASSWORD,
            code: totp(person.secret, Math.floor(Date.now() / 30000)),
        });
        caller.rond = rond;
        caller.login = login;
        caller.person = person;
        caller.cookie = answer.headers["set-cookie"][0].split(";")[0];
        caller.csrf = (await answer.json()).csrf;
        return caller;
    }
    get(path, headers = {}) {
        return this.rond.fetch(path, { headers: { Cookie: this.cookie, ...headers } });
    }
    post(path, body = {}, headers = {}) {
        return this.rond.fetch(path, {
            method: "POST",
            headers: {
                Cookie: this.cookie,
                Origin: this.rond.address,
                "X-Rond-CSRF": this.csrf,
                "Content-Type": "application/json",
                ...headers,
            },
            body: typeof body === "string" ? body : JSON.stringify(body),
        });
    }
}

const at = (day, from = "14:00", to = "15:00") => ["--from", `${day} ${from}`, "--to", `${day} ${to}`];
const check = ["check", "--of", "cyclist_behaviour", "--form", "targeted", "--checked", "5"];

// Reports of every kind, in every standing that there is.
function report(rond, refs) {
    refs.first = rond.report("patrol-1", ...check, "--place", "stortorget", ...at("2015-02-04"));
    refs.second = rond.report("patrol-1", ...check, "--place", "stortorget", ...at("2015-03-20"));
    refs.taken = rond.report("patrol-1", ...check, "--remarked", "2", "--reported", "1", "--place", "stortorget", ...at("2015-06-01"));
    refs.text = rond.report("patrol-1", ...check, "--text", "Mest unga på elsparkcykel.", "--position", "55.70,13.19,20", ...at("2015-08-04"));
    refs.flagged = rond.report("patrol-1", ...check, "--text", "Föraren 19121212-1212.", "--anyway", ...at("2015-08-05"));
    const persons = ["--persons", "police_officer=2"];
    rond.report("patrol-1", "patrol", "--place", "lund-c-stationen", ...at("2015-05-08", "21:00", "23:30"), ...persons);
    rond.report("patrol-1", "inventory", "--of", "traffic_signs", "--surveyed", "40", "--finding", "place=bangatan,text=sign missing", ...at("2015-05-09"));
    rond.report("patrol-1", "initiative", "--of", "school_visit", "--quantity", "2", "--unit", "classes", "--outcome", "asked back", ...at("2015-05-10"));
    rond.report("patrol-1", "handout", "--item", "lights=40", "--item", "reflectors=60", "--information", "--place", "bangatan", ...at("2015-09-10"));
    const unsafe = "place=bangatan,cause=dark,responsible=lunds-kommun,action=lamps,due=2015-06-30";
    const walked = ["--unsafe", unsafe, "--unsafe", "where=under the bridge,cause=wet", "--safe", "stortorget", "--with-org", "lunds-kommun"];
    refs.walk = rond.report("patrol-1", "walk", ...walked, ...at("2015-05-11"));
    rond.report("patrol-1", "meeting", "--with", "taxi_trade", "--subject", "the rank", "--with-org", "jernhusen", ...at("2015-05-12"));
    for (const [i, day] of ["14", "15", "16", "17"].entries())
        refs[`bad${i}`] = rond.report("patrol-1", "meeting", "--with", "taxi_trade", "--with-org", "okand-org", ...at(`2015-05-${day}`));
    refs.near = rond.report("patrol-2", ...check, "--place", "stortorget", ...at("2015-02-04", "14:20", "15:20"));
    refs.nearer = rond.report("patrol-2", ...check, "--place", "stortorget", ...at("2015-03-20", "14:20", "15:20"));
    for (const name of ["patrol-1", "patrol-2"]) rond.sync(name);
    refs.correction = JSON.parse(rond.held("patrol-1", "--json", "correct", refs.second, ...check, "--place", "stortorget", ...at("2015-03-20"))).reference;
    rond.held("patrol-1", "withdraw", refs.taken, "--reason", "told twice");
    rond.sync("patrol-1");
    refs.laggesta = rond.report("town", "walk", "--place", "laggesta", "--safe", "laggesta", "--with-org", "polisen", ...at("2019-04-10", "18:00", "19:30"));
    rond.sync("town");
}

// One device and its copy, which go on apart: two histories under one identity.
function fork(rond) {
    cpSync(join(rond.directory, "patrol-2"), join(rond.directory, "copy"), { recursive: true });
    for (const [name, day] of [["patrol-2", "2015-10-01"], ["copy", "2015-10-02"]]) rond.report(name, ...check, ...at(day));
    rond.sync("patrol-2");
    for (const name of ["copy", "patrol-2"])
        try {
            rond.sync(name);
        } catch {
            // it is told that it is a copy
        }
}

// What people decide by hand, so that each list has something in it.
function decide(rond, refs) {
    const planned = ["--kind", "check", "--title", "evening check", "--of", "cyclist_behaviour", "--place", "stortorget", "--commitment", "lund-2015-trafik/cykel"];
    rond.ctl("activity", "plan", "--area", "lund", ...planned, "--organisations", "polisen,skatteverket", ...at("2015-05-08"));
    rond.ctl("join", "make", refs.first, refs.near);
    refs.unsafe = JSON.parse(rond.ctl("--json", "walk", "list").split("\n")[0]);
    rond.ctl("walk", "set", refs.unsafe.reference, refs.unsafe.finding, "--action", "new lamps");
    rond.ctl("report", "place", refs.laggesta, "laggesta-station", "yes");
    rond.ctl("report", "place", refs.laggesta, "laggesta-station", "undo");
    rond.ctl("quarantine", "discard", refs.bad3);
    rond.ctl("report", "show", refs.first);
    rond.ctl("retention", "set", "--controller", "lunds-kommun", "--category", "safety_walk", "--keep", "90d");
    rond.ctl("report", "erase", refs.taken);
    rond.ctl("hold", "add", "--controller", "polisen", "--area", "lund", "--from", "2015-01-01", "--to", "2015-12-31", "--reason", "case 1");
    rond.ctl("hold", "add", refs.walk, "--reason", "case 2");
    rond.ctl("disclosure", "set", "--from", "polisen", "--to", "lunds-kommun", "--category", "default", "--level", "reports");
    rond.ctl("followup", "publish", "lund-2015-trafik", "--tertial", "2015-T1");
}

function wait(rond, name) {
    const code = rond.ctl("device", "code", "--organisation", "jernhusen", "--area", "lund", "--role", "station_host", "--approval").trim();
    try {
        rond.held(name, "enrol", `https://localhost:${rond.ports.enrolment}`, code.split("\n")[0], "--name", name);
    } catch {
        // it waits for a second person
    }
}

// A server with all that; `refs` are the short references of its reports by what they are for.
export async function filled() {
    const rond = await Rond.open("[public]\nenabled = yes\n");
    const refs = {};
    try {
        fill(rond, refs);
        await rond.restart(); // what the public gets is made anew
        await rond.until("/public");
    } catch (error) {
        await rond.close();
        throw error;
    }
    return { rond, refs };
}

function fill(rond, refs) {
    rond.ctl("promise", "import", "tests/fixtures/strangnas-2019.yaml");
    for (const [name, organisation, role, area] of [
        ["patrol-1", "polisen", "police_officer"],
        ["patrol-2", "polisen", "police_officer"],
        ["town", "strangnas-kommun", "municipal_staff", "strangnas"],
    ])
        rond.enrol(name, organisation, role, area);
    report(rond, refs);
    fork(rond);
    decide(rond, refs);
    for (const name of ["waits", "waits-too"]) wait(rond, name);
}

// Of everything, by somebody who may see it.
export async function everybody(rond) {
    const all = ["--organisation", "*", "--area", "*"];
    return {
        administrator: await Caller.of(rond, "boss", "administrator", ...all),
        area_chief: await Caller.of(rond, "chief", "area_chief", ...all),
        auditor: await Caller.of(rond, "auditor", "auditor", ...all),
        partner_viewer: await Caller.of(rond, "partner", "partner_viewer", "--organisation", "polisen", "--area", "lund"),
    };
}

export { root };
