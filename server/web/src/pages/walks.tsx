// The register of unsafe places. What is decided here goes down to the devices; what counts is what walks find.
import { useEffect, useState } from "preact/hooks";
import { all, post, query } from "../api";
import { useLoaded } from "../load";
import { usePaged } from "../paged";
import { loadReference, nameOf } from "../reference";
import { place } from "../router";
import { Confirm } from "../ui/confirm";
import { FilterForm } from "../ui/filter_form";
import { More } from "../ui/more";
import { Page } from "../ui/page";
import { ReasonDialog } from "../ui/reason";
import { FilterSelect } from "../ui/select";
import { Empty, Shown } from "../ui/states";
import { Change } from "./walks/change";
import { keyOf, pathOf, told, whereOf, type Unsafe } from "./walks/place";
import { Register, type Doing } from "./walks/register";
import { walksWords } from "./walks.words";

const WHICH = ["open", "overdue", "safe", "closed", "all"] as const;

function Filters() {
    const w = walksWords.value;
    const promises = useLoaded((signal) => all<{ area: string }>("/promises", signal), "promises", false);
    const areas = [...new Set((promises.value ?? []).map((one) => one.area))];
    return (
        <FilterForm>
            <FilterSelect
                label={w.show}
                name="which"
                initial="open"
                options={WHICH.map((one) => ({ id: one, label: w.which[one] }))}
            />
            {areas.length > 1 && (
                <FilterSelect
                    label={w.area}
                    name="area"
                    none={w.allAreas}
                    options={areas.map((one) => ({ id: one, label: nameOf("area", one) }))}
                />
            )}
        </FilterForm>
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
    const [seen, see] = useState<string | undefined>(of.version);
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
    // Once one was told that it is another, what stands there now is what one closes.
    const closeFor = async (reason: string) => {
        try {
            await told(post(`${pathOf(of)}/close`, { finding: of.finding, version: seen ?? of.version, reason }));
        } catch (error) {
            see(undefined);
            again();
            throw error;
        }
    };
    return (
        <ReasonDialog
            title={w.named(w.close, whereOf(of))}
            label={w.why}
            action={w.close}
            isDanger
            run={closeFor}
            done={() => done(w.closed(whereOf(of)))}
            close={close}
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
            <Filters />
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
