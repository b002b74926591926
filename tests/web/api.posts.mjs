// Each change of the API once as it should be and once as it should not, in an order in which they can follow each other:
//   {id, who, in: what stands in the path, body, wrong: {body, in, status, field}, keep: what a later one needs of the answer}
// `body` and `in` may be functions of what was kept.
const REASON = { reason: "a case" };

export function posts(refs) {
    const promiseFile = (name, text) => ({ name, text });
    const small = `area: {id: lund, name: Lund, timezone: Europe/Stockholm}
period: {from: 2015-01-01, to: 2015-12-31}
organisations: [{id: polisen, kind: police}]
promises:
  - id: lund-small
    title_sv: Ett litet löfte
    parties: [polisen]
    commitments:
      - {id: moten, title_sv: Möten, measure: at_least, target: 2, kind: meeting}
`;
    const source = (id, target) => ({
        id,
        title_sv: "Ett litet löfte",
        period: { from: "2015-01-01", to: "2015-12-31" },
        parties: ["polisen"],
        commitments: [{ id: "moten", title_sv: "Möten", measure: "at_least", target, kind: "meeting" }],
    });
    return [
        { id: "checkPromises", who: "administrator", body: promiseFile("small.yaml", small), wrong: { body: { name: "x.yaml", text: "" }, field: "text" } },
        { id: "checkPromises", who: "administrator", body: promiseFile("faulty.yaml", small.replace("at_least", "at_last")) },
        { id: "importPromises", who: "administrator", body: promiseFile("small.yaml", small), wrong: { body: promiseFile("faulty.yaml", "area: 1"), field: "area" } },
        {
            id: "savePromise",
            who: "area_chief",
            body: { area: "lund", promise: source("lund-small", 3), expected_versions: { "lund-small": 1 } },
            wrong: { body: { area: "lund", promise: source("lund-small", 3), expected_versions: { "lund-small": 9 } }, status: 409, field: "expected_versions" },
        },
        { id: "previewPromises", who: "area_chief", body: { area: "lund", ...promiseFile("small.yaml", small) }, wrong: { body: promiseFile("small.yaml", small), status: 422, field: "area" } },
        { id: "previewPromises", who: "area_chief", body: { area: "lund", promise: source("lund-next", 2), from: "2015-02-01", to: "2015-10-31" } },
        { id: "previewPromises", who: "area_chief", body: { area: "lund", promise: { ...source("lund-next", 2), parties: ["nobody"] } } },
        { id: "removePromise", who: "administrator", in: { promise: "lund-small" }, wrong: { in: { promise: "lund-none" }, status: 404 } },
        {
            id: "publishFollowup",
            who: "area_chief",
            in: { promise: "lund-2015-trafik" },
            body: { period: "2015-T2" },
            wrong: { body: { period: "2015-T9" }, field: "period" },
        },
        {
            id: "publishFollowup",
            who: "area_chief",
            in: { promise: "lund-2015-trafik" },
            body: { period: "2015-T1", restate: true },
            before: (rond) => rond.ctl("join", "part", refs.first),
            wrong: { body: { period: "2015-T2" }, status: 409, field: "period" },
        },
        {
            id: "planActivity",
            who: "area_chief",
            body: { area: "lund", kind: "meeting", title: "taxi", from: "2026-05-08 14:00", to: "2026-05-08 15:00", organisations: ["polisen"], place: "stortorget" },
            wrong: { body: { area: "lund", kind: "meeting", title: "taxi", from: "2026-05-08 14:00", to: "2026-05-08 13:00", organisations: ["polisen"] }, field: "to" },
            keep: ({ activity }) => ({ activity }),
        },
        { id: "cancelActivity", who: "area_chief", in: ({ activity }) => ({ activity }), wrong: { in: { activity: "P-00000" }, status: 404 } },

        {
            id: "setUnsafePlace",
            who: "area_chief",
            in: { reference: refs.unsafe.reference },
            body: { finding: refs.unsafe.finding, responsible: "jernhusen", due: "2099-06-30" },
            wrong: { body: { finding: refs.unsafe.finding, due: "May" }, field: "due" },
        },
        {
            id: "closeUnsafePlace",
            who: "area_chief",
            in: { reference: refs.unsafe.reference },
            body: { ...REASON, finding: refs.unsafe.finding },
            wrong: { body: { ...REASON, finding: refs.unsafe.finding, version: refs.unsafe.version }, status: 409, field: "version" },
        },

        { id: "readReport", who: "area_chief", in: { reference: refs.flagged }, body: REASON, wrong: { body: { reason: " " }, field: "reason" } },
        { id: "readReport", who: "area_chief", in: { reference: refs.bad0 }, body: REASON },
        {
            id: "decidePlace",
            who: "area_chief",
            in: { reference: refs.laggesta },
            body: { place: "laggesta-station", value: "no" },
            wrong: { body: { place: "laggesta-station", value: "perhaps" }, field: "value" },
        },
        { id: "partReport", who: "area_chief", in: { reference: refs.near }, wrong: { in: { reference: "ZZZZZZ-01-A" }, status: 404 } },
        {
            id: "joinReports",
            who: "area_chief",
            body: { references: [refs.correction, refs.nearer] },
            wrong: { body: { references: [refs.correction] }, field: "references" },
            keep: ({ decision }) => ({ decision }),
        },
        { id: "undoDecision", who: "area_chief", in: ({ decision }) => ({ decision }), wrong: { in: { decision: 999 }, status: 404 } },
        {
            id: "dismissJoin",
            who: "area_chief",
            body: { references: [refs.correction, refs.nearer] },
            wrong: { body: { references: [refs.correction, refs.nearer, refs.first] }, field: "references" },
        },
        {
            id: "amendReport",
            who: "area_chief",
            in: { reference: refs.bad0 },
            body: { ...REASON, set: { "organisations[0]": "jernhusen" } },
            wrong: { body: { ...REASON, set: {} }, field: "set" },
        },
        { id: "releaseReport", who: "area_chief", in: { reference: refs.bad1 }, wrong: { in: { reference: refs.bad3 }, status: 409, field: "reference" } },
        { id: "discardReport", who: "area_chief", in: { reference: refs.bad2 }, body: REASON, wrong: { body: {}, field: "reason" } },

        { id: "addHold", who: "area_chief", body: { ...REASON, controller: "polisen", from: "2015-05-01" }, wrong: { body: { ...REASON, controller: "polisen", from: "May" }, field: "from" }, keep: ({ id }) => ({ hold: id }) },
        { id: "liftHold", who: "area_chief", in: ({ hold }) => ({ id: hold }), body: REASON, wrong: { body: {}, in: { id: "H-1" }, field: "reason" } },
        {
            id: "setDisclosure",
            who: "administrator",
            body: { from: "polisen", to: "public", category: "meeting", level: "figures" },
            wrong: { body: { from: "polisen", to: "public", category: "meeting", level: "all" }, field: "level" },
        },
        {
            id: "unsetDisclosure",
            who: "administrator",
            body: { from: "polisen", to: "public", category: "meeting" },
            wrong: { body: { from: "polisen", to: "nobody", category: "meeting" }, field: "to" },
        },
        {
            id: "disclosePublicRecord",
            who: "area_chief",
            body: { controller: "polisen", decision: "dnr 1", area: "lund", from: "2015-01-01" },
            wrong: { body: { controller: "polisen", decision: "dnr 1", from: "May" }, field: "from" },
        },

        {
            id: "issueCode",
            who: "administrator",
            body: { organisation: "polisen", area: "lund", roles: ["police_officer"], minutes: 5 },
            wrong: { body: { organisation: "polisen", area: "lund", roles: [] }, field: "roles" },
        },
        { id: "approveDevice", who: "administrator", in: { device: "waits" }, wrong: { in: { device: "nothing" }, status: 404 } },
        { id: "refuseDevice", who: "administrator", in: { device: "waits-too" }, body: REASON, wrong: { body: {}, field: "reason" } },
        { id: "revokeDevice", who: "administrator", in: { device: "patrol-2" }, body: { how: "retired" }, wrong: { body: { how: "gone" }, field: "how" } },

        {
            id: "addPerson",
            who: "administrator",
            body: { login: "someone", name: "Someone new", role: "coordinator", organisation: "polisen", area: "lund" },
            wrong: { body: { login: "Some One", name: "Someone new" }, field: "login" },
        },
        { id: "giveCode", who: "administrator", in: { login: "someone" }, wrong: { in: { login: "chief" }, status: 409, field: "login" }, keep: ({ code }) => ({ code }) },
        { id: "setUp", who: "nobody", body: ({ code }) => ({ login: "someone", code, password: "sju små klockor" }), wrong: { body: { login: "someone", code: "x", password: "short" }, field: "password" } },
        { id: "logIn", who: "nobody", skip: "every test logs in", wrong: { body: { login: "someone", password: "sju små stockar", code: "000000" }, status: 401 } },
        { id: "grantRole", who: "administrator", in: { login: "someone" }, body: { role: "auditor" }, wrong: { body: { role: "king" }, field: "role" }, keep: ({ number }) => ({ number }) },
        { id: "endGrant", who: "administrator", in: ({ number }) => ({ login: "someone", number }), wrong: { in: { login: "someone", number: 99 }, status: 404 } },
        ...["lockPerson", "unlockPerson", "logOutPerson", "resetPassword", "resetSecondFactor"].map((id) => ({
            id,
            who: "administrator",
            in: { login: "someone" },
            wrong: { in: { login: "nobody-here" }, status: 404 },
        })),
        {
            id: "changePassword",
            who: "auditor",
            body: ({ password }) => ({ password, new_password: "sju små klockor till" }),
            wrong: { body: { password: "not this one", new_password: "sju små klockor till" }, status: 403, field: "password" },
        },
        { id: "endOtherSessions", who: "auditor" },
        { id: "endSession", who: "auditor", skip: "it would be the last one", in: {}, wrong: { in: { id: "0000000000000000" }, status: 404 } },
        { id: "logOut", who: "partner_viewer" },
        { id: "logOutEverywhere", who: "auditor" },
    ];
}
