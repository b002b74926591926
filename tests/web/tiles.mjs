// A directory of tiles around Lund, made up: each of one shade with a frame, so that one sees where one ends.
import * as zlib from "node:zlib";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const SIDE = 256;
const LUND = { latitude: 55.705, longitude: 13.19 };

function chunk(name, data) {
    const body = Buffer.concat([Buffer.from(name, "latin1"), data]);
    const size = Buffer.alloc(4), sum = Buffer.alloc(4);
    size.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc(body));
    return Buffer.concat([size, body, sum]);
}
// node's own has come in its later versions only.
function crc(bytes) {
    if (zlib.crc32) return zlib.crc32(bytes);
    let sum = ~0;
    for (const byte of bytes) {
        sum ^= byte;
        for (let i = 0; i < 8; i++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
    }
    return ~sum >>> 0;
}

export function png(shade, frame) {
    const head = Buffer.alloc(13);
    head.writeUInt32BE(SIDE, 0);
    head.writeUInt32BE(SIDE, 4);
    head.set([8, 0], 8); // 8 bits of grey
    const rows = Buffer.alloc((SIDE + 1) * SIDE, shade);
    for (let y = 0; y < SIDE; y++) {
        rows[y * (SIDE + 1)] = 0; // no filter
        rows[y * (SIDE + 1) + 1] = frame;
        if (y === 0) rows.fill(frame, 1, SIDE + 1);
    }
    const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    return Buffer.concat([signature, chunk("IHDR", head), chunk("IDAT", zlib.deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
}

// Of those zooms the tile that Lund lies in, and so many to each side.
export function layTiles(directory, zooms, around = 1) {
    for (const zoom of zooms) {
        const count = 2 ** zoom;
        const latitude = (LUND.latitude * Math.PI) / 180;
        const x = Math.floor(((LUND.longitude + 180) / 360) * count);
        const y = Math.floor(((1 - Math.asinh(Math.tan(latitude)) / Math.PI) / 2) * count);
        for (let column = x - around; column <= x + around; column++) {
            mkdirSync(join(directory, `${zoom}/${column}`), { recursive: true });
            for (let row = y - around; row <= y + around; row++)
                writeFileSync(join(directory, `${zoom}/${column}/${row}.png`), png((column + row) % 2 ? 225 : 235, 190));
        }
    }
}
