// Bundles the pages, compresses each file for those who take it so, and writes a C source that holds them all, so that rondd
// is one program. The same sources give the same bytes.
//
//   node build.mjs OUT    OUT/files/ what is served; OUT/assets.c; OUT/packages.json: of which packages something is in it
import { build } from "esbuild";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { listsOf } from "./openapi/columns.mjs";
import { compose, versionOf } from "./openapi/compose.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const out = process.argv[2];
if (!out) {
    console.error("usage: node build.mjs OUT");
    process.exit(2);
}
const files = resolve(out, "files");
const LICENCES = "assets/licences.txt";
rmSync(files, { recursive: true, force: true });
mkdirSync(join(files, "assets"), { recursive: true });

// What is there when the start page is shown is one file. A part shared by some pages only would be a file of its own, a dozen
// small ones in all, each with its cost on a slow phone; so every page is told that it needs all of the start, as it does.
const START = join(here, "src/main.tsx");
const startIsOne = {
    name: "start-is-one",
    setup({ onResolve, onLoad, resolve }) {
        const late = new Set();
        onResolve({ filter: /^\./ }, async ({ path, kind, pluginData, ...from }) => {
            if (kind !== "dynamic-import" || pluginData === startIsOne) return undefined;
            const found = await resolve(path, { kind, pluginData: startIsOne, resolveDir: from.resolveDir, importer: from.importer });
            late.add(found.path);
            return found;
        });
        onLoad({ filter: /\.tsx?$/ }, ({ path }) =>
            late.has(path) ? { contents: `import ${JSON.stringify(START)};\n${readFileSync(path, "utf8")}`, loader: "tsx" } : undefined,
        );
    },
};

const result = await build({
    absWorkingDir: here,
    entryPoints: { app: "src/main.tsx", style: "src/style.css" },
    outdir: join(files, "assets"),
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    minify: true,
    target: ["es2020"],
    jsx: "automatic",
    jsxImportSource: "preact",
    metafile: true,
    logLevel: "warning",
    legalComments: "linked",
    plugins: [startIsOne],
});

cpSync(join(here, "static"), files, { recursive: true });

// The page's head names its bundle and styles by their hashes, and all that will be asked for until the start page is there, so
// that it comes at once: on a slow line each link of a chain costs more than what it brings.
const outputs = result.metafile.outputs;
const served = (path) => "/assets/" + basename(path);
const importsOf = (path, found = new Set()) => {
    for (const { path: imported, kind } of outputs[path].imports)
        if (kind === "import-statement" && !found.has(imported)) importsOf(imported, found.add(imported));
    return [...found].filter((imported) => outputs[imported].bytes > 0);
};
const preload = (paths) => paths.map((path) => `<link rel="modulepreload" href="${served(path)}" />`).join("");
for (const page of readdirSync(join(here, "pages"))) {
    const html = readFileSync(join(here, "pages", page), "utf8").replace(/\{\{(file|imports) ([\w./]+)\}\}/g, (_, what, entry) => {
        const found = Object.entries(outputs).find(([, output]) => output.entryPoint === entry)?.[0];
        if (!found) throw new Error(`${page}: there is no bundle of ${entry}`);
        return what === "file" ? served(found) : preload(importsOf(found));
    });
    writeFileSync(join(files, page), html);
}

const names = Object.keys(result.metafile.inputs).map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]);
const packages = [...new Set(names)].filter(Boolean).sort().map((name) => {
    const { version, license, homepage, author } = JSON.parse(readFileSync(join(here, "node_modules", name, "package.json"), "utf8"));
    return { name, version, license, homepage, author: author?.name ?? author };
});
writeFileSync(join(out, "packages.json"), JSON.stringify(packages, null, 1) + "\n");
// Their licences ask that they come along.
const licences = packages.map(({ name, version, license, author }) => {
    const file = readdirSync(join(here, "node_modules", name)).find((each) => /^licen[cs]e/i.test(each));
    const text = file ? readFileSync(join(here, "node_modules", name, file), "utf8").trim() : `${license}, ${author}`;
    return `${name} ${version}\n\n${text}\n`;
});
writeFileSync(join(files, LICENCES), licences.join("\n---\n\n"));

mkdirSync(join(files, "api/v1"), { recursive: true });
const description = await compose(versionOf());
writeFileSync(join(files, "api/v1/openapi.json"), JSON.stringify(description) + "\n");
const lists = listsOf(description);

const TYPES = {
    html: "text/html; charset=utf-8",
    js: "text/javascript; charset=utf-8",
    css: "text/css; charset=utf-8",
    svg: "image/svg+xml",
    json: "application/json",
    txt: "text/plain; charset=utf-8",
};
const texts = (directory) =>
    readdirSync(directory, { withFileTypes: true }).flatMap((entry) =>
        entry.isDirectory() ? texts(join(directory, entry.name)) : [join(directory, entry.name)],
    );
const assets = texts(files)
    .filter((path) => !path.endsWith(".LEGAL.txt"))
    .sort()
    .map((path) => {
        const name = relative(files, path);
        const type = TYPES[name.split(".").pop()];
        if (!type) throw new Error(`${name}: of what type is it?`);
        const bytes = readFileSync(path);
        const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
        return { name, path, type, bytes, hash };
    });

let parts = 0;
const sources = [];
const part = (path, bytes) => {
    const name = `web_part_${parts++}`;
    sources.push(`PART(${name}, "${relative(process.cwd(), path)}")`); // where the compiler runs, too
    return `{${name}, ${bytes.length}}`;
};
const rows = assets.map(({ name, path, type, bytes, hash }) => {
    const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } };
    const encoded = { br: brotliCompressSync(bytes, quality), gz: gzipSync(bytes, { level: 9 }) };
    const bodies = [part(path, bytes)];
    for (const [suffix, smaller] of Object.entries(encoded)) {
        // A page's frame holds no secret and is small; scanners ask it, and call what is compressed there open to BREACH.
        if (name.endsWith(".html") || smaller.length >= bytes.length * 0.95) {
            bodies.push("{0}");
            continue;
        }
        writeFileSync(`${path}.${suffix}`, smaller);
        bodies.push(part(`${path}.${suffix}`, smaller));
    }
    const is_hashed = name.startsWith("assets/") && name !== LICENCES;
    return `    {"/${name}", "${type}", "\\"${hash}\\"", ${is_hashed}, ${bodies.join(", ")}},`;
});
writeFileSync(
    join(out, "assets.c"),
    `// Made by server/web/build.mjs.
#include "web/assets.h"

#define PART(name, path)                                                                         \\
    __asm__(".section .rodata\\n.balign 16\\n.hidden " #name "\\n.globl " #name "\\n" #name ":\\n.incbin \\"" path "\\"\\n.previous\\n"); \\
    extern const unsigned char name[];

${sources.join("\n")}

const struct web_asset WEB_ASSETS[] = {
${rows.join("\n")}
};
const size_t WEB_ASSETS_COUNT = ${rows.length};

${lists.map(({ columns }, i) => `static const char *const COLUMNS_${i}[] = {${columns.map((path) => `"${path}"`).join(", ")}};`).join("\n")}

const struct web_columns WEB_COLUMNS[] = {
${lists.map(({ pattern, file, columns }, i) => `    {"${pattern}", "${file}", COLUMNS_${i}, ${columns.length}},`).join("\n")}
};
const size_t WEB_COLUMNS_COUNT = ${lists.length};
`,
);
