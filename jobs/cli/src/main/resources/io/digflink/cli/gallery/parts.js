// Makes the parts of the page. No markup is made of text that comes from a topic.

export const $ = (selector) => document.querySelector(selector);

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null && value !== false) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** Milliseconds in words. */
export function duration(millis) {
  if (millis === undefined || millis === null) return "–";
  if (millis < 1000) return `${Math.max(0, Math.round(millis))} ms`;
  if (millis < 60_000) return `${(millis / 1000).toFixed(1)} s`;
  if (millis < 3_600_000) return `${Math.floor(millis / 60_000)} min ${Math.round((millis % 60_000) / 1000)} s`;
  return `${(millis / 3_600_000).toFixed(1)} h`;
}

export const count = (n, noun) => `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;

export const className = (image) => image.name ?? (image.label === null ? "unconditional" : `class ${image.label}`);

const names = new Map(); // model and number of a class → name

export function learnName(model, label, name) {
  names.set(`${model}/${label}`, name);
}

const STATES = { SENT: "sent", ADMITTED: "waiting", RUNNING: "running", COMPLETED: "done", CANCELLED: "cancelled", EXPIRED: "too late", REJECTED: "rejected" };

function shortId(id) {
  return id.replace(/^(gallery-[0-9a-f]{8})-[0-9a-f-]{27}$/, "$1");
}

/** The card of a request; update() shows what is known of it now. */
export class Card {
  constructor(id, actions) {
    this.what = element("button", { class: "what", type: "button", title: "Show its images" });
    this.state = element("span", { class: "state" });
    this.how = element("p", { class: "how" });
    this.why = element("p", { class: "why" });
    this.bar = element("progress", { max: 1, value: 0, "aria-label": "Images made" });
    this.time = element("span");
    this.cancel = element("button", { type: "button" }, "Cancel");
    this.root = element("li", { class: "card" },
      element("div", { class: "top" }, this.what, this.state), this.how, this.why,
      element("div", { class: "foot" }, this.bar, this.time, this.cancel));
    this.what.addEventListener("click", () => actions.show(id));
    this.cancel.addEventListener("click", () => actions.cancel(id));
  }

  update(request) {
    this.request = request;
    this.root.dataset.state = request.state;
    const labels = (request.labels ?? []).map((label) => names.get(`${request.model}/${label}`) ?? label);
    const more = (request.labelCount ?? 0) - labels.length;
    const asked = labels.length ? labels.join(", ") + (more > 0 ? ` and ${more} more` : "") : request.model ? "unconditional" : "a request";
    this.what.textContent = asked;
    this.what.setAttribute("aria-label", `${asked}, request ${request.id}: show its images`);
    this.state.textContent = request.cancelling ? "cancelling" : STATES[request.state] ?? request.state;
    this.how.textContent = [
      shortId(request.id),
      request.tenant && `for ${request.tenant}`,
      request.priority !== undefined && request.priority !== 5 && `priority ${request.priority}`,
      request.steps && `${request.sampler}, ${request.steps} steps`,
      request.guidance > 1 && `guidance ${request.guidance}`,
    ].filter(Boolean).join(" · ");
    this.how.title = request.id;
    this.why.textContent = request.message ?? "";
    this.bar.max = Math.max(1, request.images);
    this.bar.value = request.done;
    this.cancel.hidden = Boolean(request.endedAt) || request.cancelling;
    this.cancel.setAttribute("aria-label", `Cancel ${asked}, request ${request.id}`);
    this.tick(Date.now());
  }

  get ended() {
    return Boolean(this.request.endedAt);
  }

  /** Shows what changes with time alone. */
  tick(now) {
    const { done, images, begunAt, endedAt, sentAt, admittedAt, expectedAt } = this.request;
    const from = sentAt ?? admittedAt;
    const parts = images ? [`${done}/${images}`] : [];
    if (endedAt) {
      if (from) parts.push(`in ${duration(endedAt - from)}`);
    } else if (expectedAt) {
      parts.push(expectedAt > now ? `${duration(expectedAt - now)} left` : "due");
    } else if (!begunAt && from) {
      parts.push(`waits ${duration(now - from)}`);
    }
    this.time.textContent = parts.join(" · ");
  }
}

/** A finished image in the grid. */
export function tile(image, fresh) {
  const name = className(image);
  const picture = element("img", { src: `images/${image.n}`, alt: `${name}, image ${image.index + 1} of ${image.count}`, loading: "lazy", decoding: "async" });
  const made = element("button", { type: "button", class: "tile", tabindex: -1, role: "listitem" }, picture, element("span", {}, name));
  if (fresh) made.classList.add("new");
  if (image.width < 96) made.classList.add("small");
  made.dataset.n = image.n;
  made.search = `${name} ${image.id} ${image.model} ${image.sampler} ${image.seed}`.toLowerCase();
  return made;
}

/** An image that is being made, as far as a preview shows it. */
export function draft(preview) {
  const picture = element("img", { alt: "" });
  const bar = element("i");
  const label = element("span");
  const made = element("div", { class: "tile draft" }, picture, label, bar);
  made.update = ({ jpeg, step, steps, index }) => {
    picture.src = `data:image/jpeg;base64,${jpeg}`;
    label.textContent = `step ${step} of ${steps}`;
    picture.alt = `Preview of image ${index + 1}, step ${step} of ${steps}`;
    bar.style.width = `${(100 * step) / steps}%`;
  };
  made.update(preview);
  return made;
}

/** One reject in the list. */
export function reject(refused) {
  const at = new Date(refused.at);
  return element("li", {},
    element("div", {}, element("b", {}, refused.reason), element("br"), element("small", {}, refused.source ?? "")),
    element("div", {}, element("p", {}, refused.message), element("small", {}, refused.id ?? "no id that can be read")),
    element("time", { datetime: at.toISOString() }, at.toLocaleTimeString()));
}

/** Facts of an image, in the order of reading. */
export function facts(image) {
  const rows = {
    Request: `${image.id}, image ${image.index + 1} of ${image.count}`,
    Model: image.model,
    Seed: image.seed,
    Sampler: `${image.sampler}, ${image.steps} steps`,
    Guidance: image.guidance > 1 ? image.guidance : "none",
    Size: `${image.width} × ${image.height}, ${image.format}, ${(image.size / 1024).toFixed(1)} KiB`,
    Waited: duration(image.queue),
    Denoised: duration(image.denoise),
    Decoded: duration(image.decode),
    Made: new Date(image.at).toLocaleString(),
    Bundle: image.bundle.slice(0, 16),
    "SHA-256": image.sha256.slice(0, 16),
  };
  return Object.entries(rows).flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, String(value))]);
}

/** Two paths of a small chart of values, the last one at the right. */
export function spark(values, slots) {
  const top = Math.max(1e-9, ...values);
  const points = values.map((value, i) => `${((slots - values.length + i) * 120) / (slots - 1)},${(22 - (20 * value) / top).toFixed(1)}`);
  const line = points.length ? `M${points.join("L")}` : "";
  const start = ((slots - values.length) * 120) / (slots - 1);
  return { line, area: line && `${line}L120,24L${start},24Z` };
}
