// What changes without our doing: the server says that something was committed, the browser that the network went or came.
import { signal } from "@preact/signals";
import { ROOT } from "./api";

export const online = signal(navigator.onLine);
export const connected = signal(false);
export const changes = signal(0); // counts up whenever what is shown may have changed

addEventListener("online", () => {
    online.value = true;
    changes.value++;
});
addEventListener("offline", () => {
    online.value = false;
});

let source: EventSource | undefined;
let again: ReturnType<typeof setTimeout> | undefined;
let isWanted = false;

// Only while the page is seen: a browser keeps six connections to a server, and each tab that listened would hold one.
// The browser comes again by itself where the connection breaks, and gives up where the server refuses: then we do, later.
function open(): void {
    shut();
    source = new EventSource(ROOT + "/events");
    source.onopen = () => {
        connected.value = true;
        changes.value++; // what happened while nobody listened
    };
    source.addEventListener("changed", () => {
        changes.value++;
    });
    source.onerror = () => {
        connected.value = false;
        if (source?.readyState === EventSource.CLOSED) again = setTimeout(open, 10_000);
    };
}

function shut(): void {
    source?.close();
    clearTimeout(again);
    connected.value = false;
}

function follow(): void {
    if (isWanted && document.visibilityState === "visible") open();
    else shut();
}
document.addEventListener("visibilitychange", follow);

export function listen(): void {
    isWanted = true;
    follow();
}

export function stopListening(): void {
    isWanted = false;
    follow();
}
