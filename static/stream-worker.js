// The one connection of a browser to the live stream, shared by its tabs.
//
// As a SharedWorker it is joined by each tab through a port. Where there are none, a tab imports this module and joins
// a Stream of its own. A tab sends {kind: "here", live, shown, heard, csrf, threads, eager} whenever something of that
// changes, and as the answer to "still there?"; {kind: "bye"} when it goes. It receives {kind: "change", change},
// {kind: "connection", state: "open" | "lost" | "signed-out", again} and {kind: "still there?"}.

const ASK_EVERY = 15_000;
const FORGET_AFTER = 50_000; // a tab that was frozen comes back by itself with "here"
const SILENT_FOR = 45_000; // the server sends at least a comment every 20 s
const SETTLE = 300; // a click on the next thread is one report, not two
const LONGEST_WAIT = 30_000;

function newName() {
  return [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Stream {
  #tabs = new Map(); // port -> {threads, seen}
  #name = newName(); // tells the server whose threads are reported
  #where = null; // {live, shown, csrf} of the tab that spoke last
  #state = "closed"; // closed, opening, open, waiting, signed-out
  #opened = false;
  #failures = 0;
  #lastId = "";
  #reported = "";
  #reporting = 0;
  #waking = 0;
  #connection = null; // AbortController

  constructor() {
    setInterval(() => this.#askTabs(), ASK_EVERY);
  }

  join(port) {
    port.onmessage = (event) => this.#hear(port, event.data);
    port.start?.();
  }

  #hear(port, message) {
    if (message.kind === "bye") {
      this.#forget(port);
      return;
    }
    const known = this.#tabs.has(port);
    this.#tabs.set(port, { threads: message.threads, seen: Date.now() });
    this.#where = message;
    this.#report();
    if (!known) this.#welcome(port, message.heard);
    if (this.#state === "closed") this.#open();
    else if (message.eager && (this.#state === "waiting" || this.#state === "signed-out")) this.#open();
  }

  // What was committed while the page was on its way was told to nobody, or to the other tabs only.
  #welcome(port, heard) {
    this.#lastId ||= heard;
    if (this.#state !== "open") return;
    port.postMessage({ kind: "connection", state: "open", again: false });
    if (heard !== this.#lastId) port.postMessage({ kind: "change", change: { kind: "refresh", id: 0 } });
  }

  #forget(port) {
    this.#tabs.delete(port);
    if (this.#tabs.size > 0) {
      this.#report();
      return;
    }
    clearTimeout(this.#waking);
    this.#state = "closed";
    this.#connection?.abort();
  }

  #askTabs() {
    for (const [port, tab] of this.#tabs) {
      if (Date.now() - tab.seen > FORGET_AFTER) this.#forget(port);
      else port.postMessage({ kind: "still there?" });
    }
  }

  #tell(message) {
    for (const port of this.#tabs.keys()) port.postMessage(message);
  }

  // ── which threads are on a screen ──

  #report() {
    clearTimeout(this.#reporting);
    this.#reporting = setTimeout(() => this.#sendReport(), SETTLE);
  }

  async #sendReport() {
    const { shown, csrf } = this.#where;
    const threads = [...new Set([...this.#tabs.values()].flatMap((tab) => tab.threads))].sort();
    const report = threads.join(",");
    if (!shown || this.#state !== "open" || report === this.#reported) return;
    const body = new URLSearchParams([["stream", this.#name], ...threads.map((id) => ["threads", id])]);
    try {
      const answer = await fetch(shown, { method: "POST", body, headers: { "X-CSRFToken": csrf }, credentials: "same-origin" });
      if (answer.ok) this.#reported = report;
    } catch {
      this.#reported = ""; // reported again when the stream is open again
    }
  }

  // ── the connection ──

  async #open() {
    clearTimeout(this.#waking);
    this.#state = "opening";
    this.#connection = new AbortController();
    const { signal } = this.#connection;
    try {
      await this.#listen(signal);
    } catch {
      // a broken line and a refused one end alike: try again
    }
    if (signal.aborted || this.#state === "signed-out") return;
    this.#tell({ kind: "connection", state: "lost" });
    this.#state = "waiting";
    this.#failures += 1;
    const wait = Math.min(LONGEST_WAIT, 1000 * 2 ** (this.#failures - 1)) * (0.5 + Math.random() / 2);
    this.#waking = setTimeout(() => this.#open(), wait);
  }

  async #listen(signal) {
    const headers = { Accept: "text/event-stream" };
    if (this.#lastId) headers["Last-Event-ID"] = this.#lastId;
    const answer = await fetch(`${this.#where.live}?stream=${this.#name}`, { headers, signal, cache: "no-store", redirect: "manual", credentials: "same-origin" });
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) {
      this.#state = "signed-out";
      this.#tell({ kind: "connection", state: "signed-out" });
      return;
    }
    if (!answer.ok) throw new Error(`The stream answered ${answer.status}`);
    await this.#read(answer.body.getReader());
  }

  async #read(reader) {
    const decoder = new TextDecoder();
    let rest = "";
    for (;;) {
      const { done, value } = await this.#beforeSilence(reader);
      if (done) return;
      if (this.#state === "opening") this.#greet();
      rest += decoder.decode(value, { stream: true }).replaceAll("\r\n", "\n");
      const blocks = rest.split("\n\n");
      rest = blocks.pop();
      blocks.forEach((block) => this.#take(block));
    }
  }

  // A line that died without a word (a laptop that slept, a proxy) is noticed by its silence.
  async #beforeSilence(reader) {
    const alarm = setTimeout(() => reader.cancel(), SILENT_FOR);
    try {
      return await reader.read();
    } finally {
      clearTimeout(alarm);
    }
  }

  #take(block) {
    const event = { event: "message", data: "" };
    for (const line of block.split("\n")) {
      const [, field, value] = line.match(/^(\w+): ?(.*)$/) ?? [];
      if (field) event[field] = value;
    }
    if (event.id) this.#lastId = event.id;
    if (event.event === "change") this.#tell({ kind: "change", change: JSON.parse(event.data) });
  }

  // The first bytes: only now does the server know this stream, and it knows of no shown thread yet.
  #greet() {
    this.#state = "open";
    this.#failures = 0;
    this.#tell({ kind: "connection", state: "open", again: this.#opened });
    this.#opened = true;
    this.#reported = "";
    this.#report();
  }
}

if ("SharedWorkerGlobalScope" in self && self instanceof self.SharedWorkerGlobalScope) {
  const stream = new Stream();
  self.addEventListener("connect", (event) => stream.join(event.ports[0]));
}
