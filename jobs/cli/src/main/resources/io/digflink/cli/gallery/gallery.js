// The page: takes the events of the gallery and sends what its form says.
import { $, Card, count, className, draft, duration, element, facts, learnName, reject, spark, tile } from "./parts.js";

const page = document.body.dataset;
const MOST_IMAGES = Number(page.images);
const MOST_CARDS = 500;
const MOST_REJECTS = 200;
const SLOTS = 60;
const CHIPS = 24;
const MOST_SUGGESTIONS = 1200;
const MOST_ANIMATED = 12;

const cards = new Map(); // request id → Card
const images = new Map(); // number → image
const drafts = new Map(); // request id/index → tile
const suggested = new Set();
const rates = [];
let latestRate = 0;
let open = null; // number of the image in the viewer

// ---- What comes

const stream = new EventSource("events");
stream.addEventListener("open", () => linked(true));
stream.addEventListener("error", () => linked(false));
stream.addEventListener("changes", (event) => {
  const changes = JSON.parse(event.data);
  requestAnimationFrame(() => take(changes));
});

function linked(up) {
  $("#link").classList.toggle("up", up);
  $("#link").textContent = up ? "live" : "gallery lost, trying again";
}

function take(changes) {
  if (changes.all) forget();
  takeImages(changes.images, !changes.all); // first: cards show the class names that images tell
  changes.requests.forEach(takeRequest);
  changes.previews.forEach(takePreview);
  takeRejects(changes.rejects);
  takeFigures(changes.figures);
  prune();
  $("#requests .empty").hidden = cards.size > 0;
  $("#images .empty").hidden = images.size > 0 || drafts.size > 0;
  $("#rejects .empty").hidden = $("#refused").childElementCount > 0;
}

/** The gallery was started anew: its numbers begin again. */
function forget() {
  for (const known of [cards, images, drafts]) known.clear();
  for (const list of ["#active", "#ended", "#grid", "#tray", "#refused"]) $(list).replaceChildren();
}

function takeRequest(request) {
  let card = cards.get(request.id);
  if (!card) {
    card = new Card(request.id, { show: showImagesOf, cancel });
    cards.set(request.id, card);
  }
  card.update(request);
  const list = card.ended ? $("#ended") : $("#active");
  if (card.root.parentElement !== list) list.prepend(card.root);
  if (request.model) suggest("#models", request.model);
  if (card.ended) {
    for (const key of [...drafts.keys()].filter((key) => key.startsWith(`${request.id}/`))) dropDraft(key);
  }
}

function takeImages(fresh, animated) {
  const made = document.createDocumentFragment();
  for (const image of fresh) {
    images.set(image.n, image);
    dropDraft(`${image.id}/${image.index}`);
    const one = tile(image, animated && fresh.length <= MOST_ANIMATED);
    one.hidden = !matches(one);
    made.prepend(one);
    if (image.name) {
      suggest("#names", image.name);
      learnName(image.model, image.label, image.name);
    }
  }
  const grid = $("#grid");
  grid.prepend(made);
  if (fresh.length) rove();
}

function takePreview(preview) {
  const key = `${preview.id}/${preview.index}`;
  const known = drafts.get(key);
  if (known) {
    known.update(preview);
  } else {
    const one = draft(preview);
    drafts.set(key, one);
    $("#tray").append(one);
  }
}

function dropDraft(key) {
  drafts.get(key)?.remove();
  drafts.delete(key);
}

function takeRejects(fresh) {
  for (const refused of fresh) $("#refused").prepend(reject(refused));
}

function takeFigures(figures) {
  $("#f-rate").textContent = figures.rate >= 100 ? figures.rate.toFixed(0) : figures.rate.toFixed(1);
  $("#f-wait50").textContent = duration(figures.wait50);
  $("#f-wait95").textContent = duration(figures.wait95);
  for (const name of ["waiting", "running", "images", "rejected"]) {
    $(`#f-${name}`).textContent = figures[name].toLocaleString("en");
  }
  $("#problem").hidden = !figures.problem;
  $("#problem").textContent = figures.problem ?? "";
  latestRate = figures.rate;
}

setInterval(() => {
  rates.push(latestRate);
  if (rates.length > SLOTS) rates.shift();
  const { line, area } = spark(rates, SLOTS);
  $("#spark .line").setAttribute("d", line);
  $("#spark .area").setAttribute("d", area);
  const now = Date.now();
  cards.forEach((card) => card.ended || card.tick(now));
}, 1000);

/** The page forgets as the gallery does, so that it stays quick however long it is open. */
function prune() {
  const grid = $("#grid");
  while (images.size > MOST_IMAGES) {
    const oldest = images.keys().next().value;
    images.delete(oldest);
    grid.lastElementChild.remove();
  }
  while (cards.size > MOST_CARDS) {
    const last = $("#ended").lastElementChild ?? $("#active").lastElementChild;
    for (const [id, card] of cards) if (card.root === last) cards.delete(id);
    last.remove();
  }
  while ($("#refused").childElementCount > MOST_REJECTS) $("#refused").lastElementChild.remove();
}

// ---- What is sent

async function post(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Dig-Token": page.token },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error((await answer.text()).trim());
  return answer.json();
}

function say(text, bad = false) {
  $("#said").textContent = text;
  $("#said").classList.toggle("bad", bad);
}

async function cancel(id) {
  try {
    await post("cancellations", { request_id: id });
    say(`Cancelling ${id}.`);
  } catch (problem) {
    say(problem.message, true);
  }
}

const form = $("#form");
const field = (name) => form.elements[name];

/** Classes of the text field: a name with a comma stands in double quotes. */
function classes() {
  const found = (field("classes").value.match(/"[^"]*"|[^,]+/g) ?? []).map((name) => name.replace(/"/g, "").trim()).filter(Boolean);
  return {
    labels: found.filter((name) => /^\d{1,9}$/.test(name)).map(Number),
    class_names: found.filter((name) => !/^\d{1,9}$/.test(name)),
  };
}

const quoted = (name) => (name.includes(",") ? `"${name}"` : name);

function randomSeed() {
  return String(crypto.getRandomValues(new Uint32Array(1))[0]);
}

function asked() {
  const [height, width] = field("size").value.split("x").map((pixels) => (pixels ? Number(pixels) : null));
  return {
    ...classes(),
    model: field("model").value,
    images_per_label: Number(field("count").value),
    steps: Number(field("steps").value),
    sampler: field("sampler").value,
    guidance_scale: Number(field("guidance").value),
    seed: field("seed").value || randomSeed(),
    tenant: field("tenant").value || null,
    priority: Number(field("priority").value),
    preview_every: Number(field("previews").value),
    height,
    width: width ?? height,
    image_format: field("format").value,
  };
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const request = asked();
  if (!request.labels.length && !request.class_names.length) request.guidance_scale = 1;
  try {
    const { request_id: id } = await post("requests", request);
    say(`Sent as ${id}.`);
  } catch (problem) {
    say(problem.message, true);
  }
});

form.addEventListener("input", describe);

function describe() {
  const { labels, class_names: names } = classes();
  const total = Math.max(1, labels.length + names.length) * Number(field("count").value || 0);
  $("#cost").textContent = `${count(total, "image")}, ${count(total * Number(field("steps").value || 0), "step")}`;
  $("#priority-out").value = field("priority").value;
  for (const chip of $("#chips").children) chip.setAttribute("aria-pressed", names.includes(chip.textContent));
}

function toggle(name) {
  const { labels, class_names: names } = classes();
  const next = names.includes(name) ? names.filter((other) => other !== name) : [...names, name];
  field("classes").value = [...labels, ...next.map(quoted)].join(", ");
  describe();
}

function suggest(list, value) {
  if (suggested.has(list + value) || suggested.size >= MOST_SUGGESTIONS) return;
  suggested.add(list + value);
  $(list).append(element("option", { value }));
}

/** Fills the form with the settings of an image. */
function again(image) {
  field("classes").value = image.label === null ? "" : quoted(image.name ?? String(image.label));
  field("model").value = image.model;
  field("seed").value = image.seed;
  field("sampler").value = image.sampler;
  field("steps").value = image.steps;
  field("guidance").value = image.guidance;
  field("format").value = image.format;
  field("size").value = `${image.height}x${image.width}`;
  $("#form details").open = true;
  describe();
  toView("ask");
  field("classes").focus();
}

// ---- Moving about

function toView(view) {
  document.body.dataset.view = view;
  for (const button of document.querySelectorAll(".views button")) {
    button.toggleAttribute("aria-current", false);
    if (button.dataset.to === view) button.setAttribute("aria-current", "true");
  }
}

for (const button of document.querySelectorAll(".views button")) {
  button.addEventListener("click", () => { toView(button.dataset.to); scrollTo(0, 0); });
}

const matches = (one) => $("#filter").value.toLowerCase().split(/\s+/).every((word) => one.search.includes(word));

function filter() {
  let shown = 0;
  for (const one of $("#grid").children) {
    one.hidden = !matches(one);
    if (!one.hidden) shown++;
  }
  $("#images .none").hidden = shown > 0 || images.size === 0;
  rove();
}

$("#filter").addEventListener("input", filter);

function showImagesOf(id) {
  $("#filter").value = id;
  filter();
  toView("images");
}

const shown = () => [...$("#grid").children].filter((one) => !one.hidden);

let chosen = null;

/** One tile can be reached with Tab, the one last moved to or the first; arrows go on from there. */
function rove(to) {
  const grid = $("#grid");
  chosen = to ?? (chosen?.isConnected && !chosen.hidden ? chosen : null);
  const before = grid.querySelector("[tabindex='0']");
  const next = chosen ?? grid.querySelector(".tile:not([hidden])");
  if (before && before !== next) before.tabIndex = -1;
  if (next) next.tabIndex = 0;
  if (to) to.focus();
}

$("#grid").addEventListener("keydown", (event) => {
  const columns = getComputedStyle($("#grid")).gridTemplateColumns.split(" ").length;
  const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
  if (event.key === "Home" || event.key === "End" || by) {
    const tiles = shown();
    const at = tiles.indexOf(event.target);
    const to = event.key === "Home" ? 0 : event.key === "End" ? tiles.length - 1 : at + by;
    if (tiles[to]) rove(tiles[to]);
    event.preventDefault();
  }
});

$("#grid").addEventListener("click", (event) => {
  const one = event.target.closest(".tile");
  if (one) {
    rove(one);
    view(Number(one.dataset.n));
  }
});

function view(n) {
  const image = images.get(n);
  if (!image) return;
  open = n;
  const viewer = $("#viewer");
  const picture = viewer.querySelector("img");
  picture.src = `images/${n}`;
  picture.alt = `${className(image)}, image ${image.index + 1} of ${image.count}`;
  picture.classList.toggle("small", image.width < 320);
  viewer.querySelector("h2").textContent = className(image);
  viewer.querySelector("dl").replaceChildren(...facts(image));
  const link = viewer.querySelector("a");
  link.href = `images/${n}`;
  link.download = `${image.id}-${image.index}.${image.format}`;
  if (!viewer.open) viewer.showModal();
}

function step(by) {
  const tiles = shown();
  const at = tiles.findIndex((one) => Number(one.dataset.n) === open);
  const next = tiles[at + by];
  if (next) {
    rove(next);
    view(Number(next.dataset.n));
  }
}

$("#viewer").addEventListener("keydown", (event) => {
  if (event.key === "ArrowRight") step(1);
  if (event.key === "ArrowLeft") step(-1);
});
$("#viewer").addEventListener("close", () => { $("#grid [tabindex='0']")?.focus(); open = null; });
$("#viewer").addEventListener("click", (event) => {
  const doing = event.target.dataset.do;
  const image = images.get(open);
  if (doing || event.target === $("#viewer")) $("#viewer").close();
  if (doing === "again" && image) again(image);
});

$("#help").addEventListener("click", () => $("#keys").showModal());

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, dialog");
  if (event.key === "Escape" && event.target === $("#filter")) {
    $("#filter").value = "";
    filter();
    event.target.blur();
  }
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const go = {
    n: () => { toView("ask"); field("classes").focus(); },
    "/": () => { toView("images"); $("#filter").focus(); },
    g: () => { toView("images"); rove($("#grid [tabindex='0']") ?? undefined); },
    r: () => { toView("requests"); ($("#active button") ?? $("#ended button"))?.focus(); },
    "?": () => $("#keys").showModal(),
  }[event.key];
  if (go) {
    go();
    event.preventDefault();
  }
});

// ---- The start

field("model").value = page.model;
suggest("#models", page.model);
const known = page.classes.split("\n").filter(Boolean);
known.forEach((name, label) => {
  suggest("#names", name);
  learnName(page.model, label, name);
});
if (known.length && known.length <= CHIPS) {
  for (const name of known) {
    const chip = element("button", { type: "button", "aria-pressed": "false" }, name);
    chip.addEventListener("click", () => toggle(name));
    $("#chips").append(chip);
  }
}
describe();
