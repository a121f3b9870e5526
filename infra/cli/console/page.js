// The console of `wrapup local`: what its API is asked and answers, and what becomes of it. It asks this host alone, and
// sets all text as text: most of what it shows are others' words.
"use strict";

const WORDS = {
  en: {
    try: "Try the API", supervisor: "Supervisors' page", contract: "OpenAPI", language: "Language", signIn: "Sign in", signOut: "Sign out",
    welcome: "The Wrap Up API runs", lead: "See what your client sends, what is answered, and why a request is refused: as it happens.",
    demoSignIn: "Sign in as {user}", demoIs: "The demo user, whose password everybody knows. It is only on this machine.",
    another: "Sign in as another user", user: "User", password: "Password", role: "It takes the role wrapup_supervisor, and is kept in this page's memory alone.",
    wrong: "The user or the password is wrong.", traffic: "Requests", refusedOnly: "refused only", ignored: "ignored", filter: "filter by path or text", clear: "Clear",
    empty: "None yet. Point your client at the base URL, or paste this into a terminal:", segments: "Segments", noSegments: "Those that change from now on are shown here, with what is left of their time.",
    events: "Events", noEvents: "What webhooks are told is shown here as it happens, also where there is no webhook.", facts: "What runs",
    request: "Request", answer: "Answer", headers: "Headers", query: "Query", body: "Body", none: "no body", copy: "Copy", copied: "Copied", asCurl: "As curl",
    raw: "as it was sent", cut: "{n} bytes, of which the first are shown", packed: "{n} bytes, compressed", bytes: "{n} bytes", missing: "not given",
    gone: "The caller went before there was an answer.", silent: "The server does not answer; it is asked again.", open: "open", closed: "closed", awaiting: "awaits confirmation",
    up: "time is up", shown: "{n}", some: "{n} of {all}", secrets: "Set WRAPUP_USER, WRAPUP_PASSWORD, WRAPUP_TOKEN or WRAPUP_SECRET first, where the command names them.",
    notWhole: "The body is longer than what is kept: this command does not send all of it.",
  },
  de: {
    try: "API ausprobieren", supervisor: "Seite für Supervisoren", contract: "OpenAPI", language: "Sprache", signIn: "Anmelden", signOut: "Abmelden",
    welcome: "Die Wrap-Up-API läuft", lead: "Hier steht, was ein Client schickt, was geantwortet wird und warum eine Anfrage abgelehnt wird: sobald es geschieht.",
    demoSignIn: "Als {user} anmelden", demoIs: "Der Demo-Benutzer, dessen Passwort alle kennen. Es gibt ihn nur auf diesem Rechner.",
    another: "Als anderer Benutzer anmelden", user: "Benutzer", password: "Passwort", role: "Verlangt die Rolle wrapup_supervisor und bleibt nur im Speicher dieser Seite.",
    wrong: "Benutzer oder Passwort ist falsch.", traffic: "Anfragen", refusedOnly: "nur abgelehnte", ignored: "nicht beachtet", filter: "nach Pfad oder Text filtern", clear: "Leeren",
    empty: "Noch keine. Einen Client auf die Basis-URL richten, oder dies in ein Terminal einfügen:", segments: "Segmente", noSegments: "Was sich ab jetzt ändert, steht hier, mit der Zeit, die bleibt.",
    events: "Ereignisse", noEvents: "Was Webhooks erfahren, steht hier, sobald es geschieht; auch ohne Webhook.", facts: "Was läuft",
    request: "Anfrage", answer: "Antwort", headers: "Kopfzeilen", query: "Query", body: "Rumpf", none: "kein Rumpf", copy: "Kopieren", copied: "Kopiert", asCurl: "Als curl",
    raw: "wie gesendet", cut: "{n} Bytes, davon die ersten", packed: "{n} Bytes, komprimiert", bytes: "{n} Bytes", missing: "fehlt",
    gone: "Der Aufrufer ging, bevor es eine Antwort gab.", silent: "Der Server antwortet nicht; er wird weiter gefragt.", open: "offen", closed: "geschlossen", awaiting: "wartet auf Bestätigung",
    up: "Zeit abgelaufen", shown: "{n}", some: "{n} von {all}", secrets: "Vorher WRAPUP_USER, WRAPUP_PASSWORD, WRAPUP_TOKEN oder WRAPUP_SECRET setzen, wo der Befehl sie nennt.",
    notWhole: "Der Rumpf ist länger als das, was aufgehoben wird: der Befehl sendet nicht alles.",
  },
};
// Entries that the page keeps: as many as the server does.
const MOST = 500, MOST_SEGMENTS = 50, MOST_FIELDS = 2000;
const HIDDEN = "(hidden)";
const at = (id) => document.getElementById(id);

// In memory alone: a reload asks again.
let authorization = null, session = 0, demo = null;
let exchanges = [], events = [], segments = new Map();
let known = { run: "", exchange: 0, event: 0 };
// How far the server's clock is ahead of this one.
let ahead = 0;
let language = localStorage.getItem("language") ?? (navigator.language.startsWith("de") ? "de" : "en");
if (!WORDS[language]) language = "en";

const word = (name, values = {}) => WORDS[language][name].replace(/\{(\w+)\}/g, (_, key) => values[key]);
const clock = (ms) => new Date(ms).toLocaleTimeString("en-GB");
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function append(parent, ...children) {
  parent.append(...children);
  return parent;
}

async function get(path) {
  const headers = authorization ? { Authorization: authorization, Accept: "application/json" } : {};
  // Without the browser's own credentials, and so without its own form where ours are refused.
  const options = { headers, credentials: "omit", cache: "no-store", signal: AbortSignal.timeout(40000) };
  const response = await fetch(path, options);
  if (response.ok) return response.json();
  const { error } = await response.json();
  throw Object.assign(new Error(`${error.message}: ${error.detail}`), { status: response.status });
}

// ---- a body as fields ----

/** What a body says, as JSON would say it; undefined where it says nothing that can be read. */
function decoded(message) {
  if (!message.body.trim() || message.cut) return undefined;
  const type = header(message, "content-type") ?? "";
  if (/xml/i.test(type)) return fromXml(message.body);
  if (/x-www-form-urlencoded/i.test(type)) return fromQuery(message.body);
  try { return JSON.parse(message.body); } catch { return undefined; }
}

const header = (message, name) => message.headers.find(([other]) => other === name)?.[1];

function fromQuery(text) {
  const fields = {};
  for (const [name, value] of new URLSearchParams(text)) set(fields, name, value);
  return fields;
}

// A name that stands twice makes a list. Names are others': none of them is an object's own.
function set(fields, name, value) {
  const has = Object.hasOwn(fields, name);
  const next = !has ? value : Array.isArray(fields[name]) ? [...fields[name], value] : [fields[name], value];
  Object.defineProperty(fields, name, { value: next, enumerable: true, configurable: true, writable: true });
}

function fromXml(text) {
  const root = new DOMParser().parseFromString(text, "application/xml").documentElement;
  if (!root || root.getElementsByTagName("parsererror").length || root.nodeName === "parsererror") return undefined;
  const [only] = root.children;
  return fromElement(root.children.length === 1 && only.nodeName === "entry" ? only : root);
}

function fromElement(node) {
  const children = [...node.children];
  if (!children.length) return node.textContent;
  if (children.every((child) => child.nodeName === "entry")) return children.map(fromElement);
  const fields = {};
  for (const child of children) set(fields, child.nodeName, fromElement(child));
  return fields;
}

/** The rules that a message says fields break: [path, problem]. Fields begin with a small letter, sentences do not. */
function violations(exchange) {
  if (exchange.answer?.status !== 400) return [];
  const body = decoded(exchange.answer);
  const text = body?.message ?? body?.result?.message ?? body?.error?.detail;
  if (typeof text !== "string") return [];
  return text.split("; ").flatMap((part) => {
    const found = part.match(/^([a-z_]\w*(?:\[\d+\])*(?:\.[a-z_]\w*(?:\[\d+\])*)*) (.+)$/s);
    return found ? [[found[1], found[2]]] : [];
  });
}

/** A value as a tree, with what is wrong beside its fields. Answers the tree and what it had no place for. */
function tree(value, wrong) {
  const places = new Map();
  let left = MOST_FIELDS;
  const made = element("div", "tree"), top = element("ul");
  const line = (key, value, path) => {
    const item = element("li");
    if (key !== "") item.append(element("span", "key", key));
    places.set(path, item);
    if (value !== null && typeof value === "object") {
      const entries = Array.isArray(value) ? value.map((entry, index) => [`[${index}]`, entry]) : Object.entries(value);
      if (!entries.length) item.append(element("span", "word", Array.isArray(value) ? "[]" : "{}"));
      else item.append(list(entries, path));
    } else {
      item.append(element("span", value === null || typeof value === "boolean" ? "word" : typeof value === "number" ? "number" : "text", String(value)));
    }
    return item;
  };
  const list = (entries, path) => {
    const made = element("ul");
    for (const [key, value] of entries) {
      left -= 1;
      if (left < 0) { made.append(element("li", "key", "…")); break; }
      made.append(line(key, value, key.startsWith("[") ? path + key : path ? `${path}.${key}` : key));
    }
    return made;
  };
  if (value !== null && typeof value === "object" && !Array.isArray(value)) top.append(...list(Object.entries(value), "").children);
  else if (value !== undefined) top.append(line("", value, ""));
  const mark = (item, problem) => {
    item.classList.add("wrong");
    const before = item.querySelector(":scope > ul");
    const why = element("span", "why", problem);
    if (before) before.before(why); else item.append(why);
  };
  const missing = (key) => append(element("li"), element("span", "key", key), element("span", "quiet", word("missing")));
  for (const [path, problem] of wrong) {
    // A list of one entry is no list in XML.
    const item = places.get(path) ?? places.get(path.replaceAll(/\[0\]/g, ""));
    if (item) { mark(item, problem); continue; }
    const [, parent, key] = path.match(/^(?:(.*)\.)?([^.]+)$/);
    const above = parent === undefined ? undefined : places.get(parent) ?? places.get(parent.replaceAll(/\[0\]/g, ""));
    const absent = missing(above ? key : path);
    places.set(path, absent);
    if (above) {
      const inner = above.querySelector(":scope > ul") ?? above.appendChild(element("ul"));
      inner.append(absent);
    } else top.append(absent);
    mark(absent, problem);
  }
  return append(made, top);
}

// ---- as curl ----

/** A text as one word of a shell, where secrets stand that are not shown. */
const quoted = (text) => `'${text.replaceAll("'", "'\\''").replaceAll(HIDDEN, `'"$WRAPUP_SECRET"'`)}'`;

// What curl sends by itself, or a browser alone.
const OWN = /^(host|content-length|connection|user-agent|accept-encoding|authorization|cookie|expect|transfer-encoding|referer|origin|priority|sec-.*)$/;

function curl(exchange) {
  const { method, path, query, request } = exchange;
  const parts = ["curl"];
  const signed = header(request, "authorization");
  if (signed?.startsWith("Bearer")) parts.push(`--header "Authorization: Bearer $WRAPUP_TOKEN"`);
  else if (signed !== undefined) parts.push(`--user "$WRAPUP_USER:$WRAPUP_PASSWORD"`);
  if (method === "HEAD") parts.push("--head");
  else if (method !== (request.body ? "POST" : "GET")) parts.push(`--request ${quoted(method)}`);
  // Whatever stands in a path goes out as it is.
  parts.push("--globoff", "--path-as-is", quoted(`${location.origin}${path}${query === null ? "" : `?${query}`}`));
  for (const [name, value] of request.headers) {
    if (!OWN.test(name) && !(name === "accept" && value === "*/*")) parts.push(`--header ${quoted(value ? `${name}: ${value}` : `${name};`)}`);
  }
  if (request.body) {
    // curl would call it a form.
    if (header(request, "content-type") === undefined) parts.push("--header 'Content-Type:'");
    parts.push(`--data-raw ${quoted(request.body)}`);
  }
  return parts.reduce((text, part) => text + (text.length - text.lastIndexOf("\n") + part.length > 90 ? " \\\n  " : " ") + part);
}

function copyable(text, note) {
  const made = element("div", "curl"), button = element("button", "", word("copy"));
  button.type = "button";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    button.textContent = word("copied");
    setTimeout(() => { button.textContent = word("copy"); }, 1500);
  });
  made.append(element("pre", "", text), button);
  if (note) made.append(element("p", "quiet", note));
  return made;
}

// ---- requests ----

function reason(exchange) {
  if (!exchange.answer) return word("gone");
  if (exchange.answer.status < 400) return "";
  const body = decoded(exchange.answer);
  if (body?.error?.message) return `${body.error.message}: ${body.error.detail}`;
  const said = body?.message ?? body?.result?.message ?? body?.error_description;
  return typeof said === "string" ? said : "";
}

// What all paths begin with is of no news.
function path(exchange) {
  const made = element("span", "path"), [, common, own] = exchange.path.match(/^(\/api\/now\/(?:v1\/)?wrapup\/)?(.*)$/s);
  if (common) made.append(element("i", "", common));
  made.append(element("b", "", own));
  if (exchange.query !== null) made.append(element("i", "", `?${exchange.query}`));
  return made;
}

const kind = (exchange) => !exchange.answer || (exchange.answer.status >= 400 && exchange.answer.status < 500) ? "doubt" : exchange.answer.status >= 500 ? "bad" : "";

function message(title, message, wrong, query) {
  const made = element("div");
  const size = header(message, "content-encoding") && message.bytes ? "packed" : message.cut ? "cut" : "bytes";
  const head = append(element("h3", "", title), element("span", "", message.bytes ? word(size, { n: message.bytes.toLocaleString(language) }) : word("none")));
  made.append(head);
  if (query) {
    // What is wrong with a request without a body is wrong with its query.
    made.append(element("h3", "", word("query")), tree(fromQuery(query), message.bytes ? [] : wrong));
  }
  const value = decoded(message);
  if (value !== undefined || (wrong.length && !query)) made.append(tree(value, wrong));
  if (message.body) {
    const raw = element("details", "heads");
    raw.append(element("summary", "", word("raw")), element("pre", "", message.body));
    if (value === undefined) raw.open = true;
    made.append(raw);
  }
  const heads = element("details", "heads"), list = element("dl");
  for (const [name, value] of message.headers) list.append(element("dt", "", name), element("dd", "", value));
  heads.append(element("summary", "", word("headers")), list);
  made.append(heads);
  return made;
}

function opened(exchange) {
  const made = element("div", "opened");
  const ignored = exchange.ignored.map(({ field, meant }) => [field, `${word("ignored")}${meant}`]);
  const wrong = [...violations(exchange), ...ignored];
  made.append(message(word("request"), exchange.request, wrong, exchange.query));
  if (exchange.answer) made.append(message(word("answer"), exchange.answer, []));
  const command = curl(exchange);
  const notes = [command.includes("$WRAPUP_") ? word("secrets") : "", exchange.request.cut ? word("notWhole") : ""];
  made.append(element("h3", "", word("asCurl")), copyable(command, notes.join(" ").trim()));
  return made;
}

function row(exchange) {
  const item = element("li", exchange.fresh ? "fresh" : ""), details = element("details"), summary = element("summary");
  const took = element("span", "took", `${exchange.took_ms} ms`);
  summary.append(
    element("span", "time", clock(exchange.began_ms)), element("span", `status ${kind(exchange)}`, exchange.answer?.status ?? "—"),
    element("span", "method", exchange.method), path(exchange), took,
  );
  const why = reason(exchange);
  if (why) summary.append(element("span", `reason ${kind(exchange)}`, why.length > 300 ? `${why.slice(0, 300)}…` : why));
  for (const { field, meant } of exchange.ignored) summary.append(element("span", "reason", `${word("ignored")} ${field}${meant}`));
  details.append(summary);
  // Made once somebody looks.
  details.addEventListener("toggle", () => {
    if (details.open && details.children.length === 1) details.append(opened(exchange));
  });
  item.append(details);
  exchange.row = item;
  return item;
}

function isWanted(exchange) {
  if (at("refused-only").checked && exchange.answer && exchange.answer.status < 400) return false;
  const text = at("filter").value.trim().toLowerCase();
  const all = () => `${exchange.method} ${exchange.path}?${exchange.query ?? ""} ${exchange.answer?.status} ${exchange.request.body} ${exchange.answer?.body}`;
  return !text || all().toLowerCase().includes(text);
}

function filterRows() {
  let wanted = 0;
  for (const exchange of exchanges) {
    const is = isWanted(exchange);
    exchange.row.hidden = !is;
    wanted += is ? 1 : 0;
  }
  const all = exchanges.length;
  at("count").textContent = all ? word(wanted === all ? "shown" : "some", { n: wanted, all }) : "";
  at("empty").hidden = all > 0;
}

// ---- segments and events ----

const short = (id) => id.length > 14 ? `…${id.slice(-12)}` : id;

function segmentRow(segment) {
  const item = element("li"), state = element("span", "state");
  const code = segment.code?.translated_code || segment.code?.code;
  const suggested = segment.state === "open" && segment.ai_wrap_up_code ? `${segment.ai_wrap_up_code}?` : "";
  if (segment.state === "open" && segment.due_on) state.dataset.due = Date.parse(`${segment.due_on.replace(" ", "T")}Z`);
  else state.textContent = word(segment.state === "open" ? "open" : segment.awaiting_confirmation ? "awaiting" : "closed");
  if (segment.state === "open") state.classList.add("open");
  const name = element("span", "name", segment.external_segment_id ?? short(segment.sys_id));
  name.title = segment.sys_id;
  item.append(name, state, element("span", "about", [code || suggested, segment.agent, segment.interaction].filter(Boolean).join(" · ")));
  return item;
}

function eventRow(event) {
  const item = element("li"), details = element("details"), summary = element("summary");
  const name = event.type.split(".").slice(-2).join(".");
  const subject = element("span", "subject", event.data?.external_segment_id ?? short(event.subject));
  summary.append(element("span", "time", clock(Date.parse(event.time))), element("span", "", name), subject);
  details.append(summary);
  details.addEventListener("toggle", () => {
    if (details.open && details.children.length === 1) details.append(tree(event, []));
  });
  return append(item, details);
}

function span(ms) {
  const s = Math.max(0, Math.floor(ms / 1000)), two = (n) => String(n).padStart(2, "0");
  const minutes = Math.floor(s / 60), hours = Math.floor(minutes / 60);
  return hours ? `${hours}:${two(minutes % 60)}:${two(s % 60)}` : `${minutes}:${two(s % 60)}`;
}

function tick() {
  for (const cell of document.querySelectorAll("[data-due]")) {
    const left = cell.dataset.due - Date.now() - ahead;
    cell.textContent = left > 0 ? `${word("open")} ${span(left)}` : word("up");
    cell.classList.toggle("urgent", left < 30000);
  }
}

function showSegments() {
  at("segments").replaceChildren(...[...segments.values()].reverse().map(segmentRow));
  at("no-segments").hidden = segments.size > 0;
  tick();
}

// ---- what comes ----

function forget() {
  exchanges = [];
  events = [];
  segments = new Map();
  for (const id of ["traffic", "events", "segments"]) at(id).replaceChildren();
}

function take(news) {
  if (news.now_ms) ahead = news.now_ms - Date.now();
  const first = news.run !== known.run;
  if (first) {
    forget();
    known = { run: news.run, exchange: 0, event: 0 };
    // By the system's clock, which is known by now.
    at("first").replaceChildren(copyable(firstCall()));
  }
  for (const [number, exchange] of news.exchanges) {
    known.exchange = number;
    exchange.fresh = !first && !news.more;
    exchanges.push(exchange);
    at("traffic").prepend(row(exchange));
  }
  for (const exchange of exchanges.splice(0, Math.max(0, exchanges.length - MOST))) exchange.row.remove();
  for (const [number, text] of news.events) {
    known.event = number;
    const event = JSON.parse(text);
    events.push(event);
    at("events").prepend(eventRow(event));
    const segment = event.data;
    if (!segment) continue;
    segments.delete(event.subject);
    segments.set(event.subject, segment);
    if (segments.size > MOST_SEGMENTS) segments.delete(segments.keys().next().value);
  }
  while (events.length > MOST) { events.shift(); at("events").lastChild.remove(); }
  at("no-events").hidden = events.length > 0;
  if (first || news.events.length) showSegments();
  filterRows();
}

function notice(text) {
  if (at("notice").textContent !== text) at("notice").textContent = text;
}

// A browser has few connections to a host: a page that nobody sees keeps none.
const seen = () => !document.hidden ? null : new Promise((done) => document.addEventListener("visibilitychange", done, { once: true }));

async function watch(mine) {
  while (mine === session) {
    await seen();
    const asked = Date.now();
    try {
      const news = await get(`console/news?${new URLSearchParams(known)}`);
      if (mine !== session) return;
      take(news);
      notice("");
      document.body.classList.add("live");
      // Where too many pages wait, this one is answered at once.
      const isNothing = !news.exchanges.length && !news.events.length;
      await pause(isNothing && Date.now() - asked < 1000 ? 2000 : 100);
    } catch (error) {
      if (mine !== session) return;
      if (error.status === 401) return signOut(word("wrong"));
      if (error.status === 403) return signOut(error.message);
      document.body.classList.remove("live");
      notice(error.status ? error.message : word("silent"));
      await pause(2000);
    }
  }
}

async function signIn(user, password) {
  const bytes = new TextEncoder().encode(`${user}:${password}`);
  authorization = `Basic ${btoa(String.fromCharCode(...bytes))}`;
  session += 1;
  const mine = session;
  at("refused").textContent = "";
  try {
    const facts = await get("console/facts");
    if (mine !== session) return;
    at("facts").replaceChildren(...facts.flatMap(([name, text]) => [element("dt", "", name), element("dd", "", text)]));
    at("welcome").hidden = true;
    at("panels").hidden = at("sign-out").hidden = false;
    at("h-traffic").tabIndex = -1;
    at("h-traffic").focus();
    filterRows();
    watch(mine);
  } catch (error) {
    if (mine === session) signOut(error.status === 401 ? word("wrong") : error.status ? error.message : word("silent"));
  }
}

function signOut(words = "") {
  session += 1;
  authorization = null;
  known = { run: "", exchange: 0, event: 0 };
  forget();
  at("facts").replaceChildren();
  document.body.classList.remove("live");
  at("panels").hidden = at("sign-out").hidden = true;
  at("welcome").hidden = false;
  at("refused").textContent = words;
  notice("");
}

/** A first call to paste, of a segment of its own that opens now. */
function firstCall() {
  const now = new Date(Date.now() + ahead).toISOString().slice(0, 19).replace("T", " ");
  const body = { agent_sys_id: "agent-7", interaction_sys_id: "call-1", external: true, external_segment_id: `HELLO-${now.slice(11).replaceAll(":", "")}`,
    opened_on: now,
    configuration: { enable_codes: true, default_code: "General Enquiry", allowed_codes: [{ code: "General Enquiry" }, { code: "Refund" }], duration: 120, show_timer: true } };
  const user = demo ? `${demo.user}:${demo.password}` : '"$WRAPUP_USER:$WRAPUP_PASSWORD"';
  return `curl --user ${user} ${location.origin}/api/now/v1/wrapup/segment/create \\\n  --header 'Content-Type: application/json' \\\n  --data '${JSON.stringify(body)}'`;
}

function show() {
  document.documentElement.lang = language;
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = word(node.dataset.text);
  for (const node of document.querySelectorAll("[data-hint]")) {
    node.placeholder = word(node.dataset.hint);
    node.setAttribute("aria-label", word(node.dataset.hint));
  }
  at("language").value = language;
  at("where").textContent = location.host;
  if (demo) at("demo-sign-in").textContent = word("demoSignIn", { user: demo.user });
  at("demo").hidden = !demo;
  at("other").open = !demo;
  if (demo) for (const id of ["try", "supervisor"]) at(id).href = `${id}?demo`;
  at("first").replaceChildren(copyable(firstCall()));
  at("traffic").replaceChildren(...exchanges.map(row).reverse());
  filterRows();
  showSegments();
}

at("demo-sign-in").addEventListener("click", () => signIn(demo.user, demo.password));
at("sign-in").addEventListener("submit", (event) => {
  event.preventDefault();
  const [user, password] = ["user", "password"].map((id) => at(id).value);
  at("password").value = "";
  signIn(user, password);
});
at("sign-out").addEventListener("click", () => signOut());
at("clear").addEventListener("click", () => {
  exchanges = [];
  at("traffic").replaceChildren();
  filterRows();
});
for (const id of ["refused-only", "filter"]) at(id).addEventListener("input", filterRows);
at("language").addEventListener("change", () => {
  language = at("language").value;
  localStorage.setItem("language", language);
  show();
});
setInterval(tick, 1000);
show();
get("console/start").then((told) => { demo = told; show(); }, () => notice(word("silent")));
