// Why a report is in quarantine. The word that was wrong stands behind the sentence, in either language.
import { either } from "../words";

export function Why({ of }: { of: { reason?: string | null; reason_sv?: string } }) {
    const word = / (\(.*\))$/.exec(of.reason ?? "")?.[1];
    const said = either(of.reason_sv && word ? `${of.reason_sv} ${word}` : of.reason_sv, of.reason);
    return <span lang={said.lang}>{said.text}</span>;
}
