// The description of the API as one OpenAPI 3.1 document. Every file in areas/ is part of it by being there: it exports
// `operations` and, where it has any, `schemas`.
import { readFileSync, readdirSync } from "node:fs";
import { isOnGround, listsOf } from "./columns.mjs";
import { described } from "./operation.mjs";
import { Problem, responses } from "./problems.mjs";
import { rights } from "./rights.mjs";
import { list, object, orNull } from "./shape.mjs";

const here = new URL(".", import.meta.url);

const GEOJSON = {
    description: "RFC 7946. Properties: what the row says else.",
    ...object({
        type: { const: "FeatureCollection" },
        features: list(
            object({
                type: { const: "Feature" },
                geometry: orNull(object({ type: { const: "Point" }, coordinates: list({ type: "number" }, { minItems: 2, maxItems: 2 }) })),
                properties: { type: "object" },
            }),
        ),
    }),
};

const DESCRIPTION = `Everything that the pages use, for programs. docs/api.md tells how to begin.

- **Answers** are JSON objects. Ids are lower-case hexadecimal; a moment is given twice, as Unix seconds or milliseconds
  (\`..._s\`, \`..._ms\`) and, without the unit, as RFC 3339 in UTC; what is not there is null. Texts for people come in
  Swedish and English (\`..._sv\`, \`..._en\`).
- **Lists** come in parts: \`limit\` rows, and \`next\`, which is given as \`after\` for the rows behind them. What a person may
  not see is left out of a list; a row never comes twice and none is passed over, also while new ones arrive.
- **CSV**: each list is given for spreadsheets with \`format=csv\`; docs/api.md tells how values become cells. What stands at a point of the ground is
  given for map programs with \`format=geojson\`.
- **ETags**: an answer to a question has one; with it in \`If-None-Match\` the same answer is 304 without a body.
- **Refusals** are problem details (RFC 9457) with a \`code\`, a sentence in each language and, for an argument, its \`field\`.
- **Changes** are POSTs of JSON with the session's word in X-Rond-CSRF and the server's own origin in Origin.
- **Versions**: within /api/v1 members are added, never taken away or given another meaning.`;

const securitySchemes = {
    session: { type: "apiKey", in: "cookie", name: "__Host-rond", description: "Set by POST /api/v1/session." },
    csrf: {
        type: "apiKey",
        in: "header",
        name: "X-Rond-CSRF",
        description: "With each change: `csrf` of POST or GET /api/v1/session. It belongs to the session.",
    },
    proxy: {
        type: "apiKey",
        in: "header",
        name: "X-Remote-User",
        description: "A log-in by a trusted proxy in place of a session, where [people] proxy and proxy_header are configured; refused from anybody else.",
    },
};

const parameters = {
    Origin: {
        name: "Origin",
        in: "header",
        required: true,
        description: "The server's own origin, as https://rond.example.se; browsers say it by themselves.",
        schema: { type: "string", format: "uri" },
    },
};

parameters["If-None-Match"] = {
    name: "If-None-Match",
    in: "header",
    required: false,
    description: "ETags of answers that the asker has: it is not sent again where it is the same.",
    schema: { type: "string", maxLength: 299 },
};
parameters["X-Rond-Auto"] = {
    name: "X-Rond-Auto",
    in: "header",
    required: false,
    description: "1: a program asks by itself and nobody sits there for it, so the answer does not keep the session from ending by idling.",
    schema: { type: "string", const: "1" },
};
const headers = {
    ETag: { description: "A strong entity tag of exactly these bytes.", schema: { type: "string" } },
    "X-Rond-Next": { description: "With CSV, where there are more rows: give it as `after`.", schema: { type: "integer" } },
};

const sorted = (record) => Object.fromEntries(Object.entries(record).sort(([left], [right]) => (left < right ? -1 : 1)));

export async function compose(version) {
    const files = readdirSync(new URL("areas/", here)).filter((name) => name.endsWith(".mjs"));
    const areas = await Promise.all(files.sort().map((name) => import(new URL(`areas/${name}`, here))));
    const paths = {};
    const schemas = { Problem };
    const tags = new Set();
    for (const { operations = [], schemas: more = {} } of areas) {
        for (const [name, schema] of Object.entries(more)) {
            if (schemas[name]) throw new Error(`${name} is described twice`);
            schemas[name] = schema;
        }
        for (const told of operations) {
            paths[told.path] ??= {};
            if (paths[told.path][told.method]) throw new Error(`${told.method} ${told.path} is described twice`);
            paths[told.path][told.method] = described(told, rights);
            tags.add(told.tag);
        }
    }
    const document = {
        openapi: "3.1.0",
        info: { title: "Rond", version, summary: "How citizen promises are kept, report by report.", description: DESCRIPTION, license: { name: "Apache-2.0", identifier: "Apache-2.0" } },
        servers: [{ url: "/" }],
        tags: [...tags].sort().map((name) => ({ name })),
        paths: sorted(paths),
        components: { schemas: sorted(schemas), responses: sorted(responses), parameters, headers, securitySchemes },
    };
    for (const { pattern, columns } of listsOf(document)) {
        const { parameters, responses } = paths[pattern].get;
        responses[200].content["text/csv"] = { schema: { type: "string", description: `RFC 4180. Columns: ${columns.join(", ")}.` } };
        if (!isOnGround(columns)) continue;
        responses[200].content["application/geo+json"] = { schema: GEOJSON };
        const format = parameters.find(({ name }) => name === "format");
        format.description += " geojson: for map programs.";
        format.schema = { ...format.schema, enum: [...format.schema.enum, "geojson"] };
    }
    return document;
}

export const versionOf = () => readFileSync(new URL("../../../VERSION", here), "utf8").trim();
