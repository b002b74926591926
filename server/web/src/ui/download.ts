// A file of the browser's own, kept where it keeps such.
export function download(name: string, parts: BlobPart[], type: string): void {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(parts, { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // not before the browser has begun
}
