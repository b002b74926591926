// HTTPS in front of PostgreSQL: what is posted, a report or an array of them, is one INSERT, committed before the answer.
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { gunzip } from "node:zlib";
import { promisify } from "node:util";
import pg from "pg";

const { port, key, certificate, database } = JSON.parse(process.argv[2]);
const pool = new pg.Pool({ ...database, max: 8 });
await pool.query("CREATE TABLE reports (id text PRIMARY KEY, body jsonb NOT NULL)");
const insert = (posted) => `INSERT INTO reports SELECT r->>'id', r FROM ${posted} AS posted(r) ON CONFLICT (id) DO NOTHING`;
const INSERT_ONE = { name: "one", text: insert("(SELECT $1::jsonb)") }, INSERT_ALL = { name: "all", text: insert("jsonb_array_elements($1::jsonb)") };
const inflate = promisify(gunzip);

async function take(request) {
    const parts = [];
    for await (const part of request) parts.push(part);
    const sent = Buffer.concat(parts), body = request.headers["content-encoding"] === "gzip" ? await inflate(sent) : sent;
    await pool.query({ ...(body[0] === 0x5b ? INSERT_ALL : INSERT_ONE), values: [body.toString()] });
}

createServer({ key: readFileSync(key), cert: readFileSync(certificate), keepAliveTimeout: 600000 }, async (request, response) => {
    try {
        if (request.method === "POST") await take(request);
        response.writeHead(request.method === "POST" ? 201 : 200, { "Content-Length": 0 }).end();
    } catch (error) {
        console.error(error);
        response.writeHead(500).end();
    }
}).listen(port, "127.0.0.1", () => process.send({ ready: true }));
