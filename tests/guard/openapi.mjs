// Holds the description of the API (server/web/openapi/) against the sources that answer: its operations against
// server/auth/endpoints.c, its rights against tests/fixtures/access/expected.csv, its query parameters against
// server/app_people_arguments.c, its codes against server/people_refusal.c. From the root of the repository.
import { readFileSync, readdirSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { compose } = await import(pathToFileURL("server/web/openapi/compose.mjs"));
const { codes } = await import(pathToFileURL("server/web/openapi/problems.mjs"));
const { rights } = await import(pathToFileURL("server/web/openapi/rights.mjs"));
const described = await compose("0");
const source = (path) => readFileSync(path, "utf8");

const ROOT = "/api/v1";
// {ENDPOINT_GET, A "/x", ACCESS_Y, OBJECT_Z, flags, "command"}, over as many lines as it likes.
const endpoints = [...source("server/auth/endpoints.c").matchAll(/\{ENDPOINT_(GET|POST),\s*A "([^"]+)",\s*ACCESS_(\w+),\s*OBJECT_(\w+),\s*([^,]+),\s*(NULL|"[^"]+")\}/g)].map(
    ([, method, path, action, object, flags, command]) => ({
        name: `${method} ${ROOT}${path}`,
        right: object === "PUBLIC" ? "public" : action.toLowerCase().replace("_", "."),
        isList: method === "GET" && /ENDPOINT_LIST/.test(flags),
        needsReason: /ENDPOINT_REASON/.test(flags),
        command: command.replace(/"/g, ""),
    }),
);
const operations = Object.entries(described.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
);
const operationOf = new Map(operations.map(({ name, operation }) => [name, operation]));
const both = endpoints.filter(({ name }) => operationOf.has(name)).map((endpoint) => ({ ...endpoint, operation: operationOf.get(endpoint.name) }));
const parametersOf = (operation, place) => operation.parameters.filter(({ $ref }) => !$ref).filter((each) => each.in === place).map(({ name }) => name);

// What a query may say (NAMES[] of put_query, and what is asked for by itself), and which argument each question takes.
const put = [.../NAMES\[\] = \{([^}]*)\}/s.exec(source("server/app_people_arguments.c"))[1].matchAll(/"(\w+)"/g)];
const listeners = readdirSync("server").filter((name) => /^app_.*\.c$/.test(name)).map((name) => source(`server/${name}`)).join("");
const taken = [...put, ...listeners.matchAll(/http_head_argument\(\w+, "(\w+)"\)/g)].map(([, name]) => name);
const cursors = ["after", "limit"];
const questions = new Map(
    [...source("server/admin/questions.c").matchAll(/^ {4}\{"([a-z.-]+)", "(\w+)", ask_\w+/gm)].map(([, command, argument]) => [command, argument]),
);
// By the listener, not by who asks; by a path with two parts.
const unsaid = new Set(["login", "for"]);

const rows = source("tests/fixtures/access/expected.csv").split("\n").filter((line) => line.includes(ROOT)).map((line) => line.split(","));
const roles = ["administrator", "area_chief", "coordinator", "partner_viewer", "auditor"];

const refusals = Object.fromEntries(
    [...source("server/people_refusal.c").matchAll(/\[REFUSAL_\w+\] = \{\s*(\d+),\s*"(\w+)"/g)].filter(([, status]) => status !== "200").map(([, status, code]) => [code, Number(status)]),
);

const CHECKS = {
    every_endpoint_is_described_and_nothing_else: () => [
        ...endpoints.filter(({ name }) => !operationOf.has(name)).map(({ name }) => `server/auth/endpoints.c: ${name} is not described in server/web/openapi/areas/`),
        ...operations.filter(({ name }) => !endpoints.some((endpoint) => endpoint.name === name)).map(({ name }) => `server/web/openapi/: ${name} is no endpoint`),
        ...(endpoints.length === rows.length ? [] : [`${endpoints.length} endpoints were read, and expected.csv has ${rows.length}`]),
    ],
    every_operation_names_the_right_that_is_asked_for: () => [
        ...both.filter(({ right, operation }) => operation["x-rond-right"] !== right).map(({ name, right }) => `${name}: the right is ${right}`),
        ...rows.flatMap(([method, path, ...reach]) => {
            const operation = operationOf.get(`${method} ${path}`);
            if (!operation) return [];
            const told = roles.map((role) => operation["x-rond-roles"][role] ?? "-").join();
            return told === reach.join() ? [] : [`${method} ${path}: ${told} is told, ${reach.join()} expected`];
        }),
        ...Object.keys(rights).filter((right) => !both.some((each) => each.right === right)).map((right) => `rights.mjs: nothing needs ${right}`),
    ],
    every_list_has_cursors_and_nothing_else_has: () =>
        both.flatMap(({ name, isList, operation }) => {
            const has = cursors.every((cursor) => parametersOf(operation, "query").includes(cursor));
            return has === isList ? [] : [`${name}: ${isList ? "a list without cursors" : "cursors of what is no list"}`];
        }),
    every_query_parameter_is_one_that_is_taken: () => [
        ...both.flatMap(({ name, operation }) =>
            parametersOf(operation, "query").filter((each) => ![...cursors, ...taken].includes(each)).map((each) => `${name}: ${each} is not taken`),
        ),
        ...both.flatMap(({ name, command, operation }) => {
            const argument = questions.get(command);
            if (!argument || unsaid.has(argument) || !name.startsWith("GET")) return [];
            const said = [...parametersOf(operation, "query"), ...parametersOf(operation, "path")];
            return said.includes(argument) ? [] : [`${name}: its ${argument} is not told`];
        }),
    ],
    every_change_that_needs_a_reason_says_so: () =>
        both.flatMap(({ name, needsReason, operation }) => {
            const required = operation.requestBody?.content["application/json"].schema.required ?? [];
            return needsReason && !required.includes("reason") ? [`${name}: it needs a reason`] : [];
        }),
    every_refusal_is_told_with_its_status: () => {
        const left = JSON.stringify(Object.entries(refusals).sort()), right = JSON.stringify(Object.entries(codes).sort());
        return left === right ? [] : [`server/people_refusal.c: ${left}`, `server/web/openapi/problems.mjs: ${right}`];
    },
    every_operation_has_a_name_of_its_own_and_a_summary: () => {
        const seen = new Set();
        return operations.flatMap(({ name, operation: { operationId, summary } }) => {
            const isAgain = seen.has(operationId);
            seen.add(operationId);
            return operationId && summary && !isAgain ? [] : [`${name}: ${operationId}, ${summary}`];
        });
    },
};

let passed = 0, failed = 0;
for (const [name, check] of Object.entries(CHECKS)) {
    const found = check();
    console.log(`[ RUN      ] ${name}`);
    if (found.length) console.log(found.join("\n"));
    console.log(`${found.length ? "[  FAILED  ]" : "[       OK ]"} ${name}`);
    found.length ? failed++ : passed++;
}
console.log(`[  PASSED  ] ${passed} test(s).`);
if (failed) console.log(`[  FAILED  ] ${failed} test(s), listed above.`);
process.exit(failed ? 1 : 0);
