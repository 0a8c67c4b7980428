// Commands to the widget's Python half and their answers. The browser never writes a trait: it asks.
const ANSWER_WITHIN_MS = 45_000;

/** A refusal or failure with the fields of problem+json (see errors.py). */
export class ProblemError extends Error {
  constructor(problem) {
    super(problem.detail || problem.title || "Something went wrong.");
    this.problem = problem;
  }
}

/** The problem when nobody answered: whether anything was written is not known here. */
export const noAnswer = (detail) => ({
  title: "No answer", status: 503, code: "unavailable.no_answer", detail,
  diagnostics: "Nothing that you typed is lost. Try again when the connection is back.",
});

export class Channel {
  constructor(model) {
    this.model = model;
    this.next = 1;
    this.waiting = new Map();
    this.listeners = [];
    this.onMessage = (content) => this.receive(content);
    model.on("msg:custom", this.onMessage);
  }

  /** The widget's own name on the wire: with it, the person's server finds the cell in its own table. */
  get comm() {
    return this.model.model_id || "";
  }

  get view() {
    return this.model.get("view") || {};
  }

  /** Call `listener(view)` now and whenever the kernel sends a new view. */
  watch(listener) {
    const wrapped = () => listener(this.view);
    this.listeners.push(wrapped);
    this.model.on("change:view", wrapped);
    wrapped();
  }

  /** Send a command; resolves to its value, rejects with ProblemError. */
  ask(command, args = {}, { within = ANSWER_WITHIN_MS } = {}) {
    const id = this.next++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.settle(id, false, noAnswer("The notebook's kernel did not answer.")), within);
      this.waiting.set(id, { resolve, reject, timer });
      if (this.model.comm_live === false) {
        this.settle(id, false, noAnswer("This cell's kernel has ended. Run the cell again."));
        return;
      }
      this.model.send({ command, id, arguments: args });
    });
  }

  receive(content) {
    if (content && typeof content.reply === "number") {
      this.settle(content.reply, content.ok === true, content.ok ? content.value : content.problem);
    }
  }

  settle(id, ok, payload) {
    const entry = this.waiting.get(id);
    if (!entry) return;
    this.waiting.delete(id);
    clearTimeout(entry.timer);
    if (ok) entry.resolve(payload);
    else entry.reject(new ProblemError(payload || noAnswer("The answer could not be read.")));
  }

  close() {
    this.model.off("msg:custom", this.onMessage);
    for (const wrapped of this.listeners) this.model.off("change:view", wrapped);
    for (const id of [...this.waiting.keys()]) this.settle(id, false, noAnswer("The cell was closed."));
  }
}

/** True where it isn't known whether the service acted: the same key must be used when trying again. */
export const isUnanswered = (error) => error.problem?.status === 503 || error.problem?.code === "unavailable.no_answer";
export const isStale = (error) => error.problem?.status === 409;
