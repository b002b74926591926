// How far each role's grant reaches, by right: as server/auth/access.c has it. own: what is of the grant's organisation and in
// its area; area: what is in its area; org: what is of its organisation; all: everything, by a grant for every organisation
// and area; any: by whatever grant.
const roles = ["administrator", "area_chief", "coordinator", "partner_viewer", "auditor"];
const reach = (text) => Object.fromEntries(text.split(" ").map((each, i) => [roles[i], each]).filter(([, each]) => each !== "-"));

export const rights = Object.fromEntries(
    Object.entries({
        public: "public public public public public",
        self: "self self self self self",
        "reference.read": "any any any any any",
        "promises.read": "area area area area -",
        "figures.read": "- area area area -",
        "evidence.read": "- area area own -",
        "report.read": "- own own own -",
        "quarantine.decide": "- own own - -",
        "counting.decide": "- area area - -",
        "activity.plan": "- area area - -",
        "followup.publish": "- area - - -",
        "promise.change": "all - - - -",
        "promise.save": "all area - - -",
        "promise.try": "- area area - -",
        "devices.read": "own own own - -",
        "device.revoke": "own own - - -",
        "code.issue": "own - - - -",
        "device.approve": "own - - - -",
        "retention.read": "org org - - all",
        "hold.read": "own own - - all",
        "hold.change": "own own - - -",
        "disclosure.read": "org org org org all",
        "disclosure.change": "own - - - -",
        "record.disclose": "- own - - -",
        "people.read": "own - - - all",
        "people.change": "own - - - -",
        "audit.read": "- - - - all",
        "operations.read": "all - - - all",
    }).map(([right, text]) => [right, reach(text)]),
);
