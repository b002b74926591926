// Refusals: one shape for all of them, and which codes come with which status (server/people_refusal.c).
import { about, object, one, text, whole } from "./shape.mjs";

export const codes = {
    request_invalid: 400,
    not_logged_in: 401,
    login_refused: 401,
    setup_refused: 401,
    password_refused: 403,
    origin_refused: 403,
    csrf_refused: 403,
    proxy_header_refused: 403,
    not_permitted: 403,
    not_found: 404,
    method_not_allowed: 405,
    too_large: 413,
    address_too_long: 414,
    conflict: 409,
    version_conflict: 409,
    argument_invalid: 422,
    reason_missing: 422,
    too_many_requests: 429,
    failed: 500,
    busy: 503,
};

export const Problem = object(
    {
        type: { type: "string", const: "about:blank" },
        title: about("What to do about it, in English.", text),
        title_sv: about("The same in Swedish.", text),
        status: about("As the answer's own.", { ...whole, minimum: 400, maximum: 599 }),
        code: one(...Object.keys(codes)),
        detail: about("The title, or what exactly is wrong, in English.", text),
        detail_sv: about("The same in Swedish.", text),
        "field?": about("Which argument of the request it is about.", text),
    },
    { description: "Why something was not done: problem details of RFC 9457." },
);

const sentences = {
    400: "The request cannot be read: a body that is no JSON object, a cursor that is no number, a path or header that is too long.",
    401: "Nobody is logged in, or the session has ended.",
    403: "The role does not include it, the change comes from elsewhere, or X-Rond-CSRF is missing or out of date.",
    404: "There is no such thing, or it is not yours to see: the two are not told apart.",
    409: "It contradicts what is there; nothing was changed.",
    413: "The body is too large, or its size is not said.",
    414: "The address is too long: at most 511 bytes before the question mark.",
    422: "An argument is wrong, `field` says which; or `reason` is missing.",
    429: "Too many tries; Retry-After says when to try again.",
    500: "It could not be done; nothing was changed. So is an answer that would be longer than 8 MiB.",
    503: "The server is busy or being restarted; Retry-After says when to try again.",
};
const problem = { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } };
const retry = { "Retry-After": { description: "Seconds.", schema: whole } };

export const responses = {
    ...Object.fromEntries(
        Object.entries(sentences).map(([status, description]) => [
            `Refused${status}`,
            { description, ...(status === "429" || status === "503" ? { headers: retry } : {}), content: problem },
        ]),
    ),
    Unchanged: { description: "It is as If-None-Match says; there is no body." },
};
