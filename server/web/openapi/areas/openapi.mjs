// The description itself.
import { get } from "../operation.mjs";

export const operations = [
    get("/openapi.json", {
        tag: "description",
        id: "showDescription",
        right: "public",
        summary: "This document",
        answer: { type: "object", required: ["openapi", "info", "paths"], properties: { openapi: { type: "string" } } },
        told: "OpenAPI 3.1.",
    }),
];
