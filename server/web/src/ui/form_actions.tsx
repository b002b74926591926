// The end of a dialog's form: what it does, and the way out.
import { words } from "../words";

export function FormActions({ action, isDanger, isBusy, close }: { action: string; isDanger?: boolean | undefined; isBusy: boolean; close: () => void }) {
    return (
        <div class="actions">
            <button type="submit" class={isDanger ? "danger" : "primary"} disabled={isBusy}>
                {action}
            </button>
            <button type="button" onClick={close}>
                {words.value.dialog.cancel}
            </button>
        </div>
    );
}
