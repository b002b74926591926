// What people decided about reports, newest first; each can be taken back.
import { actorName } from "../actor";
import { moment } from "../format";
import { nameOf } from "../reference";
import { amendment, type Decision } from "../report";
import { link } from "../router";
import { Empty } from "../ui/states";
import { joinsWords } from "./joins.words";

interface Props {
    of: Decision[];
    mayUndo: boolean;
    isBusy: boolean;
    onUndo: (decision: number) => void;
}

function what(of: Decision): string {
    const w = joinsWords.value.decided;
    switch (of.kind) {
        case "place":
            return `${of.value === "yes" ? w.placeYes : w.placeNo} ${nameOf("place", of.place ?? "")}`;
        case "action":
            return `${w.action} ${amendment(of).label} = ${amendment(of).value || "–"}`;
        case "amend":
            return `${w.amend} ${amendment(of).label} = ${amendment(of).value || "–"}`;
        default:
            return w[of.kind];
    }
}

export function JoinLog({ of, mayUndo, isBusy, onUndo }: Props) {
    const w = joinsWords.value;
    if (of.length === 0) return <Empty>{w.nothingDecided}</Empty>;
    return (
        <ul class="rows">
            {of.map((one) => (
                <li key={one.decision}>
                    <p class={one.undone_ms ? "was" : ""}>{what(one)}</p>
                    <p>
                        {one.reports.map((report, index) => (
                            <span key={report.reference}>
                                {index > 0 && ", "}
                                <a class="code" href={link(["reports", report.reference])}>
                                    {report.reference}
                                </a>
                            </span>
                        ))}
                    </p>
                    <p>
                        <span class="quiet">
                            {actorName(one.actor)}, {moment(one.at_ms)}
                            {one.undone_ms && ` · ${w.undoneBy(actorName(one.undone_by ?? ""), moment(one.undone_ms))}`}
                        </span>{" "}
                        {mayUndo && !one.undone_ms && (
                            <button type="button" class="plain" disabled={isBusy} onClick={() => onUndo(one.decision)}>
                                {w.undo}
                                <span class="unseen">
                                    {" "}
                                    {what(one)} {one.reports.map((report) => report.reference).join(", ")}
                                </span>
                            </button>
                        )}
                    </p>
                </li>
            ))}
        </ul>
    );
}
