// The register of unsafe places. What is decided here goes down to the devices; what counts is what walks find.
import { useEffect, useState } from "preact/hooks";
import { all, post, query } from "../api";
import { useLoaded } from "../load";
import { usePaged } from "../paged";
import { loadReference, nameOf } from "../reference";
import { place, refine } from "../router";
import { useAct } from "../ui/act";
import { Confirm } from "../ui/confirm";
import { More } from "../ui/more";
import { Page } from "../ui/page";
import { ReasonDialog } from "../ui/reason";
import { Empty, Shown } from "../ui/states";
import { Change } from "./walks/change";
import { keyOf, pathOf, told, whereOf, type Unsafe } from "./walks/place";
import { Register, type Doing } from "./walks/register";
import { walksWords } from "./walks.words";

const WHICH = ["open", "overdue", "safe", "closed", "all"] as const;

function Filters({ which, area }: { which: string; area: string }) {
    const w = walksWords.value;
    const promises = useLoaded((signal) => all<{ area: string }>("/promises", 5000, signal), "promises", false);
    const areas = [...new Set((promises.value ?? []).map((one) => one.area))];
    return (
        <form class="filters" onSubmit={(event) => event.preventDefault()}>
            <label>
                {w.show}
                <select value={which} onChange={(event) => refine({ which: event.currentTarget.value })}>
                    {WHICH.map((one) => (
                        <option key={one} value={one}>
                            {w.which[one]}
                        </option>
                    ))}
                </select>
            </label>
            {areas.length > 1 && (
                <label>
                    {w.area}
                    <select value={area} onChange={(event) => refine({ area: event.currentTarget.value })}>
                        <option value="">{w.allAreas}</option>
                        {areas.map((one) => (
                            <option key={one} value={one}>
                                {nameOf("area", one)}
                            </option>
                        ))}
                    </select>
                </label>
            )}
        </form>
    );
}

interface DialogProps {
    what: Doing;
    of: Unsafe;
    again: () => void;
    done: (said: string) => void;
    close: () => void;
}

function Dialogs({ what, of, again, done, close }: DialogProps) {
    const w = walksWords.value;
    const act = useAct();
    const [seen, see] = useState(of.version);
    if (what === "change") return <Change of={of} again={again} close={close} done={() => done(w.saved(whereOf(of)))} />;
    if (what === "reopen")
        return (
            <Confirm
                title={w.named(w.reopen, whereOf(of))}
                action={w.reopen}
                close={close}
                done={() => done(w.reopened(whereOf(of)))}
                run={() => post(`/joins/${of.closed_by}/undo`)}
            >
                <p>{w.reopenMeans}</p>
            </Confirm>
        );
    const closeFor = async (reason: string) => {
        const version = act.refusal ? of.version : seen;
        see(version);
        if (await act.run(() => post(`${pathOf(of)}/close`, { finding: of.finding, version, reason }))) done(w.closed(whereOf(of)));
        else again();
    };
    return (
        <ReasonDialog
            title={w.named(w.close, whereOf(of))}
            label={w.why}
            action={w.close}
            isDangerous
            act={told(act)}
            onClose={close}
            onReason={(reason) => void closeFor(reason)}
        >
            <p>{w.closeMeans}</p>
        </ReasonDialog>
    );
}

export default function WalksPage() {
    const w = walksWords.value;
    const asked = place.value.query;
    const which = asked.get("which") || "open";
    const area = asked.get("area") ?? "";
    const paged = usePaged<Unsafe>(`/walks${query({ area, which })}`);
    const [doing, setDoing] = useState<{ what: Doing; of: Unsafe } | undefined>(undefined);
    const [said, say] = useState("");
    useEffect(loadReference, []);
    // The newest of it; where the list has it no more, as it was.
    const current = doing && (paged.of.value?.items.find((one) => keyOf(one) === keyOf(doing.of)) ?? doing.of);
    return (
        <Page title={w.title}>
            <p class="quiet">{w.about}</p>
            <p class="quiet">{w.means}</p>
            <p class="said" role="status">
                {said}
            </p>
            <Filters which={which} area={area} />
            {doing && current && (
                <Dialogs
                    what={doing.what}
                    of={current}
                    again={paged.of.again}
                    close={() => setDoing(undefined)}
                    done={(text) => {
                        setDoing(undefined);
                        say(text);
                        paged.of.again();
                    }}
                />
            )}
            <Shown of={paged.of}>
                {(value) => (
                    <>
                        {value.items.length === 0 ? (
                            <Empty>{value.next === null ? w.none : w.notYet}</Empty>
                        ) : (
                            <Register of={value.items} doing={(what, of) => setDoing({ what, of })} />
                        )}
                        <More of={paged} />
                    </>
                )}
            </Shown>
        </Page>
    );
}
