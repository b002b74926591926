// What can be done to an account, each asked for by name before it is done.
import { post } from "../../api";
import { Confirm } from "../../ui/confirm";
import { Dialog } from "../../ui/dialog";
import { moment } from "../../format";
import { words } from "../../words";
import { peopleWords } from "../people.words";
import type { Code, Person } from "./person";

export type What = "lock" | "unlock" | "log-out" | "reset-password" | "reset-second-factor";

interface Props {
    what: What;
    person: Person;
    close: () => void;
    done: (said: string) => void;
    coded: (code: Code, name: string) => void;
}

export function Ask({ what, person, close, done, coded }: Props) {
    const w = peopleWords.value;
    const { name, login } = person;
    const asked = {
        lock: [w.lockTitle(name), w.lock, w.lockMeans(name), w.locked(name)],
        unlock: [w.unlockTitle(name), w.unlock, w.unlockMeans(name), w.unlocked(name)],
        "log-out": [w.logOutTitle(name), w.logOut, w.logOutMeans(name), w.loggedOut(name)],
        "reset-password": [w.resetPasswordTitle(name), w.resetPassword, w.resetPasswordMeans(name), ""],
        "reset-second-factor": [w.resetTitle(name), w.reset, w.resetMeans(name), ""],
    }[what] as [string, string, string, string];
    const [title, action, means, said] = asked;
    return (
        <Confirm
            title={title}
            action={action}
            isDanger={what !== "unlock"}
            close={close}
            done={() => said && done(said)}
            run={async () => {
                const answer = await post<Code>(`/people/${encodeURIComponent(login)}/${what}`);
                if (answer.code) coded(answer, name);
            }}
        >
            <p>{means}</p>
        </Confirm>
    );
}

export function CodeShown({ code, name, close }: { code: Code; name: string; close: () => void }) {
    const w = peopleWords.value;
    return (
        <Dialog title={w.code(name)} onClose={close}>
            <p>{w.codeOnce}</p>
            <p class="secret" role="status">
                {code.code}
            </p>
            <p class="quiet">
                {w.codeWhere}: <span class="mono">{`${location.origin}/setup`}</span>
            </p>
            <p>{w.codeEnds(moment(code.expires_ms))}</p>
            <div class="actions">
                <button type="button" onClick={close}>
                    {words.value.dialog.close}
                </button>
            </div>
        </Dialog>
    );
}
