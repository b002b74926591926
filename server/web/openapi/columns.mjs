// The columns of a list as CSV, from the shape of its rows: each member that is no object, by its path.
export function columnsOf(document, schema, path = "") {
    if (schema.$ref) return columnsOf(document, schema.$ref.split("/").slice(1).reduce((at, part) => at[part], document), path);
    if (schema.anyOf) {
        const all = schema.anyOf.filter(({ type }) => type !== "null").flatMap((each) => columnsOf(document, each, path));
        return [...new Set(all)];
    }
    if (!schema.properties) return [path];
    return Object.entries(schema.properties).flatMap(([name, each]) => columnsOf(document, each, path ? `${path}.${name}` : name));
}

const rowOf = (operation) => operation.responses[200].content["application/json"]?.schema.properties?.items?.items;
export const isList = (operation) => operation.parameters.some(({ name }) => name === "after");

// Whether each row is at a point, so that a map program can show them.
export const isOnGround = (columns) => columns.includes("latitude_e6");

// Every list: where it is asked for, the name of its file without its ending, and its columns.
export function listsOf(document) {
    return Object.entries(document.paths)
        .filter(([, { get }]) => get && isList(get))
        .map(([pattern, { get }]) => ({
            pattern,
            file: `rond-${pattern.split("/").slice(3).filter((part) => !part.startsWith("{")).join("-")}`,
            columns: columnsOf(document, rowOf(get)),
        }));
}
