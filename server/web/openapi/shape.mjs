// The few words in which shapes are written down: a name with "?" behind it may be missing, any other is always there, and
// what is not named is not there.

export const text = { type: "string" };
export const truth = { type: "boolean" };
export const count = { type: "integer", minimum: 0 };
export const whole = { type: "integer" };
export const nothing = { type: "null" };
export const day = { type: "string", pattern: "^\\d{4}-\\d{2}-\\d{2}$", description: "A day, YYYY-MM-DD." };
export const hex = { type: "string", pattern: "^[0-9a-f]+$" };
export const id = { type: "string", pattern: "^[0-9a-f]{32}$", description: "128 bits in hexadecimal." };
export const hash = { type: "string", pattern: "^[0-9a-f]{64}$", description: "SHA-256 in hexadecimal." };
export const word = { type: "string", description: "An id of the reference data: GET /api/v1/words." };
export const reference = { type: "string", description: "A report's short reference, as 7QK2MB-0F-9." };
export const wall = { type: "string", pattern: "^\\d{4}-\\d{2}-\\d{2} \\d{2}:\\d{2}$", description: "By the clocks of the area." };
const rfc = { type: "string", format: "date-time", pattern: "Z$", description: "The same as RFC 3339, in UTC." };

export const about = (description, schema) => ({ ...schema, description });
export const needed = (schema) => ({ ...schema, "x-required": true }); // of a query parameter, which may be left out otherwise
export const named = (name) => ({ $ref: `#/components/schemas/${name}` });
export const one = (...values) => ({ type: "string", enum: values });
export const list = (items, more = {}) => ({ type: "array", items, ...more });
export const either = (...schemas) => ({ anyOf: schemas });
export const orNull = (schema) => {
    if (typeof schema.type !== "string" || schema.enum) return either(schema, nothing);
    return { ...schema, type: [schema.type, "null"] };
};

export function object(members, more = {}) {
    const properties = {};
    const required = [];
    for (const [name, schema] of Object.entries(members)) {
        if (schema === undefined) continue; // taken out of what was spread before
        const plain = name.replace(/\?$/, "");
        properties[plain] = schema;
        if (plain === name) required.push(name);
    }
    return { type: "object", properties, required, additionalProperties: false, ...more };
}

// A moment is given twice: NAME_s or NAME_ms, and NAME. Either both are null, or none.
const pair = (unit, number) => (name) => ({ [`${name}_${unit}`]: number, [name]: rfc });
export const seconds = pair("s", about("Unix seconds.", whole));
export const moment = pair("ms", about("Unix milliseconds.", whole));
export const momentOrNull = (name) => ({ [`${name}_ms`]: orNull(about("Unix milliseconds.", whole)), [name]: orNull(rfc) });
export const maybe = (members) => Object.fromEntries(Object.entries(members).map(([name, schema]) => [name + "?", schema]));
export const titles = { title_sv: text, title_en: about('In English; "" or null where nobody wrote one.', orNull(text)) };

// What a report is known by.
export const key = { reference, device: id, outbox: id, seq: count };

export const order = about("Of arrival. With newest, `after` goes backwards.", { ...one("oldest", "newest"), default: "oldest" });
export const dayOf = (description) => ({ ...day, description });
