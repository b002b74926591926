import { render } from "preact";
import { App } from "./app";
import { openSession } from "./session";

void openSession(); // before anything is drawn: a drawn page waits for it
render(<App />, document.getElementById("app")!);
