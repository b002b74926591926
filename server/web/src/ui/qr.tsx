// A QR code as a drawing of one path, with the quiet zone that cameras need around it.
import qrcode from "qrcode-generator";
import { useMemo } from "preact/hooks";

const QUIET = 4;

export function Qr({ text, label }: { text: string; label: string }) {
    const { size, path } = useMemo(() => {
        const code = qrcode(0, "M");
        code.addData(text);
        code.make();
        const count = code.getModuleCount();
        let drawn = "";
        for (let row = 0; row < count; row++)
            for (let column = 0; column < count; column++)
                if (code.isDark(row, column)) drawn += `M${column + QUIET} ${row + QUIET}h1v1h-1z`;
        return { size: count + 2 * QUIET, path: drawn };
    }, [text]);
    return (
        <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shape-rendering="crispEdges">
            <path d={path} />
        </svg>
    );
}
