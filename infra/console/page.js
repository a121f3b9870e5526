// The supervisor's page. It asks this host's API alone, and sets all text as text: labels and ids are others' words.
"use strict";

const WORDS = {
  en: {
    title: "Wrap-ups", language: "Language", signIn: "Sign in", signOut: "Sign out", user: "User", password: "Password",
    or: "or", token: "Access token", kept: "Kept in this page's memory alone: a reload asks again.",
    credentials: "Give a user and password, or a token.",
    open: "Open now", overdue: "Overdue confirmations", awaiting: "Awaiting confirmation", codes: "Codes of the day",
    time: "Handle time by hour, in seconds", ai: "AI suggestions: what was suggested, what was chosen",
    confidence: "AI suggestions by confidence", latest: "Last wrap-ups", figures: "Figures",
    agent: "Agent", interaction: "Interaction", left: "Time left", age: "Age", code: "Code", count: "Count",
    share: "Share", hour: "Hour", submitted: "Submitted", from: "Code from", suggested: "Suggested", chosen: "Chosen",
    accepted: "Accepted", taken_as_default: "Taken as default", overridden: "Overridden", not_used: "Not used",
    wrong: "The user, the password or the token is wrong.", range: "Confidence", none: "None.", noCode: "(no code)", noLimit: "no limit", up: "time is up",
    asOf: "As of", more: "The first {n}; there are more.", shown: "{n} in all", of: "Since {from}",
    wrapped: "Wrapped up today", median: "Handle time, p50", acceptance: "AI codes accepted", timedOut: "Timed out",
    seconds: "{n} s", agentFrom: "agent", draftFrom: "draft", aiFrom: "AI", defaultFrom: "default",
    silent: "The API does not answer. What is shown may be out of date; it is asked again.",
  },
  de: {
    title: "Nachbearbeitungen", language: "Sprache", signIn: "Anmelden", signOut: "Abmelden", user: "Benutzer",
    password: "Passwort", or: "oder", token: "Zugriffstoken",
    kept: "Bleibt nur im Speicher dieser Seite: Neu laden fragt wieder.",
    credentials: "Benutzer und Passwort angeben, oder ein Token.",
    open: "Jetzt offen", overdue: "Überfällige Bestätigungen", awaiting: "Warten auf Bestätigung",
    codes: "Codes des Tages", time: "Bearbeitungszeit je Stunde, in Sekunden",
    ai: "KI-Vorschläge: was vorgeschlagen, was gewählt wurde", confidence: "KI-Vorschläge nach Sicherheit",
    latest: "Letzte Nachbearbeitungen", figures: "Zahlen", agent: "Agent", interaction: "Interaktion",
    left: "Restzeit", age: "Alter", code: "Code", count: "Anzahl", share: "Anteil", hour: "Stunde",
    submitted: "Abgeschickt", from: "Code von", suggested: "Vorgeschlagen", chosen: "Gewählt", accepted: "Angenommen",
    taken_as_default: "Als Vorgabe genommen", overridden: "Überstimmt", not_used: "Nicht verwendet",
    wrong: "Benutzer, Passwort oder Token ist falsch.",
    range: "Sicherheit", none: "Keine.", noCode: "(kein Code)", noLimit: "ohne Frist", up: "Zeit abgelaufen",
    asOf: "Stand", more: "Die ersten {n}; es gibt mehr.", shown: "{n} insgesamt", of: "Seit {from}",
    wrapped: "Heute abgeschlossen", median: "Bearbeitungszeit, p50", acceptance: "KI-Codes angenommen",
    timedOut: "Frist abgelaufen", seconds: "{n} s", agentFrom: "Agent", draftFrom: "Entwurf", aiFrom: "KI",
    defaultFrom: "Vorgabe",
    silent: "Die API antwortet nicht. Das Gezeigte kann veraltet sein; es wird weiter gefragt.",
  },
};
// Lists change with each call of an agent, and cost a page's reads; a report reads all of its range.
const LISTS_MS = 5000, REPORTS_MS = 60000;
const PANELS = ["figures", "open", "overdue", "awaiting", "codes", "time", "ai", "confidence", "latest"];
const at = (id) => document.getElementById(id);

// In memory alone: a reload asks again.
let authorization = null;
// What comes in answer to an earlier sign-in is for nobody any more.
let session = 0;
let language = localStorage.getItem("language") ?? (navigator.language.startsWith("de") ? "de" : "en");
if (!WORDS[language]) language = "en";
// How far the API's clock is ahead of this one.
let ahead = 0;
let busy = false, listsDue = 0, reportsDue = 0, chart = null, last = {};

// Times and numbers as they are written where the browser is, if that speaks the language.
const locale = () => navigator.language.startsWith(language) ? navigator.language : language;
const word = (name, values = {}) => WORDS[language][name].replace(/\{(\w+)\}/g, (_, key) => values[key]);
const now = () => Date.now() + ahead;
const written = (ms) => new Date(ms).toISOString().slice(0, 19).replace("T", " ");
const read = (text) => Date.parse(`${text.replace(" ", "T")}Z`);
const number = (value) => value === undefined ? "" : value.toLocaleString(locale());
const percent = (share) =>
  share === undefined ? "" : share.toLocaleString(locale(), { style: "percent", maximumFractionDigits: 1 });
const clock = (ms) => new Date(ms).toLocaleTimeString(locale(), { timeStyle: "medium" });
// With the day, where that is not today.
const moment = (ms) => {
  const isToday = new Date(ms).toDateString() === new Date(now()).toDateString();
  return isToday ? clock(ms) : new Date(ms).toLocaleString(locale(), { dateStyle: "short", timeStyle: "short" });
};
const hour = (ms) => new Date(ms).toLocaleTimeString(locale(), { hour: "2-digit", minute: "2-digit" });

function span(ms) {
  const s = Math.max(0, Math.floor(ms / 1000)), two = (n) => String(n).padStart(2, "0");
  const minutes = Math.floor(s / 60), hours = Math.floor(minutes / 60), days = Math.floor(hours / 24);
  if (days > 1) return `${days} d ${hours % 24} h`;
  return hours ? `${hours}:${two(minutes % 60)}:${two(s % 60)}` : `${minutes}:${two(s % 60)}`;
}

async function get(path, query) {
  // By X-Requested-With the local console knows whose calls these are, and does not show them among those of clients.
  const headers = { Authorization: authorization, Accept: "application/json", "Accept-Language": language, "X-Requested-With": "wrapup-supervisor" };
  const url = `api/now/v1/wrapup/${path}?${new URLSearchParams(query)}`;
  // Without the browser's own credentials, and so without its own form where ours are refused.
  const options = { headers, credentials: "omit", cache: "no-store", signal: AbortSignal.timeout(15000) };
  const response = await fetch(url, options);
  const date = Date.parse(response.headers.get("Date"));
  if (!Number.isNaN(date)) ahead = date - Date.now();
  const body = await response.json();
  if (response.ok) return body;
  const words = body.error ? `${body.error.message}: ${body.error.detail}` : body.message;
  throw Object.assign(new Error(words), { status: response.status });
}

// An element with a class and a text.
function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

// Columns are { head, kind, cell }: a cell is a text, or what `kind` makes one of.
function table(id, caption, columns, rows) {
  const made = element("table");
  made.createCaption().textContent = rows.length ? caption : word("none");
  if (rows.length) {
    const heads = columns.map(({ head, kind }) => {
      const cell = element("th", ["number", "due", "since"].includes(kind) ? "number" : "", head);
      cell.scope = "col";
      return cell;
    });
    made.createTHead().insertRow().append(...heads);
    const lines = rows.map((row) => {
      const line = element("tr");
      line.append(...columns.map(({ kind, cell }) => (CELLS[kind] ?? CELLS.text)(cell(row), kind)));
      return line;
    });
    made.createTBody().append(...lines);
  }
  at(id).replaceChildren(made);
}

// Ids are alike where they begin.
const short = (id) => id.length > 14 ? `…${id.slice(-12)}` : id;

const CELLS = {
  text: (text, kind) => element("td", kind, text),
  id: (text) => Object.assign(element("td", "id", short(text)), { title: text }),
  // A share, 0 to 1.
  bar: (share) => {
    const cell = element("td", "bar"), bar = element("i");
    bar.style.width = `${100 * share}%`;
    cell.append(bar);
    return cell;
  },
  due: (ms) => ms === null ? element("td", "number", word("noLimit")) : timed("due", ms),
  since: (ms) => timed("since", ms),
};

function timed(name, ms) {
  const cell = element("td", "number");
  cell.dataset[name] = ms;
  return cell;
}

const label = (code) => code ? code.translated_code || code.code : word("noCode");
// Reports name a code by its label alone.
const named = (code) => code === undefined ? word("noCode") : last.names?.get(code) ?? code;
const column = (head, cell, kind) => ({ head: word(head), cell, kind });
const agent = () => column("agent", (s) => s.agent, "id");
const interaction = () => column("interaction", (s) => s.interaction, "id");

function segments(id, answer, columns) {
  const n = number(answer.segments.length);
  table(id, word(answer.next_cursor ? "more" : "shown", { n }), columns, answer.segments);
}

// The day that it is here.
function day() {
  return new Date(now()).setHours(0, 0, 0, 0);
}

function show() {
  document.documentElement.lang = language;
  document.title = word("title");
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = word(node.dataset.text);
  at("language").value = language;
  if (last.lists) showLists(...last.lists);
  if (last.reports) showReports(...last.reports.map((answer) => answer.report));
  if (last.lists) showFigures();
  tick();
}

function showLists(open, overdue, awaiting, latest) {
  const due = (s) => s.due_on ? read(s.due_on) : null;
  // What matters most comes first: on a phone the rest is beside the screen.
  const suggested = (s) => s.ai_wrap_up_code
    ? named(s.ai_wrap_up_code)
    : (s.ai_alternatives ?? []).map((other) => `${named(other.wrap_up_code)}?`).join(" ");
  segments("open", open, [column("left", due, "due"), column("suggested", suggested, "label"), agent(), interaction()]);
  for (const [id, answer] of [["overdue", overdue], ["awaiting", awaiting]]) {
    segments(id, answer, [
      column("age", (s) => read(s.submitted_on), "since"), column("code", (s) => label(s.code), "label"), agent(), interaction(),
    ]);
  }
  segments("latest", latest, [
    column("submitted", (s) => moment(read(s.submitted_on))), column("code", (s) => label(s.code), "label"),
    column("from", (s) => s.code_from ? word(`${s.code_from}From`) : ""), agent(), interaction(),
  ]);
}

function showReports(codes, time, ai) {
  const start = read(codes.from), since = word("of", { from: hour(start) });
  const used = codes.rows.filter((row) => row.count), most = Math.max(...used.map((row) => row.share));
  table("codes", since, [
    column("code", (row) => named(row.code), "label"), column("count", (row) => number(row.count), "number"),
    column("share", (row) => percent(row.share), "number"), { head: "", cell: (row) => row.share / most, kind: "bar" },
  ], used);

  // Hours are those of UTC, which begin within one of ours in some places.
  const first = Math.floor(start / 3600000) * 3600000;
  const when = (row) => first + ((Number(row.hour) - new Date(start).getUTCHours() + 24) % 24) * 3600000;
  const hours = time.rows.slice().sort((a, b) => when(a) - when(b));
  table("time", since, [
    column("hour", (row) => hour(when(row))), column("count", (row) => number(row.count), "number"),
    ...["p50", "p90"].map((name) => ({ head: name, cell: (row) => number(row[name]), kind: "number" })),
  ], hours);
  draw(hours.map((row) => [when(row) / 1000, row.p50, row.p90]));

  const [row = {}] = ai.rows;
  const outcomes = ["suggested", "accepted", "taken_as_default", "overridden", "not_used"];
  const counted = row.suggested ? outcomes.map((name) => `${word(name)}: ${number(row[name])}`).join(" · ") : "";
  showMatrix(counted ? `${since}. ${counted}` : since, row.matrix ?? []);
  table("confidence", since, [
    column("range", (tenth) => `${percent(tenth.from)} – ${percent(tenth.to)}`, "range"),
    column("suggested", (tenth) => number(tenth.suggested), "number"),
    column("accepted", (tenth) => percent(tenth.accepted / tenth.suggested), "number"),
    { head: "", cell: (tenth) => tenth.accepted / tenth.suggested, kind: "bar" },
  ], row.confidence ?? []);
}

// What was suggested, a row each, by what was chosen; shaded by the share of the row.
function showMatrix(caption, cells) {
  const counts = (key) => {
    const sums = new Map();
    for (const cell of cells) sums.set(cell[key], (sums.get(cell[key]) ?? 0) + cell.count);
    return sums;
  };
  const suggested = counts("suggested"), chosen = counts("chosen");
  const most = (sums) => [...sums.keys()].sort((a, b) => sums.get(b) - sums.get(a));
  const rows = most(suggested), columns = [...rows.filter((code) => chosen.has(code)), ...most(chosen).filter((code) => !suggested.has(code))];
  const made = element("table", "matrix");
  made.createCaption().textContent = rows.length ? `${caption}. ${word("suggested")} ↓ ${word("chosen")} →` : word("none");
  if (rows.length) {
    const head = made.createTHead().insertRow();
    head.append(element("td"));
    for (const code of columns) head.append(Object.assign(element("th", "", named(code)), { scope: "col" }));
    const body = made.createTBody();
    for (const code of rows) {
      const line = body.insertRow();
      line.append(Object.assign(element("th", "", named(code)), { scope: "row" }));
      for (const other of columns) {
        const count = cells.find((cell) => cell.suggested === code && cell.chosen === other)?.count;
        const cell = element("td", code === other ? "same" : "", number(count));
        if (count) cell.style.backgroundColor = `rgb(var(--tint) / ${0.08 + 0.5 * count / suggested.get(code)})`;
        line.append(cell);
      }
    }
  }
  at("ai").replaceChildren(made);
}

function showFigures() {
  const [open] = last.lists, figures = [["open", `${number(open.segments.length)}${open.next_cursor ? "+" : ""}`]];
  if (last.reports) {
    const [codes, , ai, confirmations, whole] = last.reports.map((answer) => answer.report.rows);
    const wrapped = codes.reduce((sum, row) => sum + row.count, 0);
    const { suggested, accepted } = ai[0];
    figures.push(
      ["overdue", number(confirmations[0].overdue)], ["awaiting", number(confirmations[0].awaiting)],
      ["wrapped", number(wrapped)], ["median", whole[0].p50 === undefined ? "–" : word("seconds", { n: number(whole[0].p50) })],
      ["timedOut", percent(whole[0].timed_out_share) || "–"], ["acceptance", suggested ? percent(accepted / suggested) : "–"],
    );
  }
  at("figures").replaceChildren(...figures.map(([name, text]) => {
    const pair = element("div");
    pair.append(element("dt", "", word(name)), Object.assign(element("dd", "", text), { id: `figure-${name}` }));
    return pair;
  }));
}

function draw(points) {
  chart?.destroy();
  chart = null;
  if (!points.length) return;
  const style = getComputedStyle(document.documentElement), colour = (name) => style.getPropertyValue(name).trim();
  const axis = { stroke: colour("--quiet"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false }, font: "12px system-ui" };
  const point = { show: true, size: 5 };
  chart = new uPlot({
    ...extent(), legend: { show: false }, cursor: { show: false },
    axes: [
      { ...axis, values: (_, splits) => splits.map((seconds) => hour(seconds * 1000)) },
      { ...axis, size: 44, values: (_, splits) => splits.map(number) },
    ],
    scales: { y: { range: (_, __, most) => [0, (most || 1) * 1.1] } },
    series: [
      {},
      { stroke: colour("--accent"), width: 2, points: { ...point, fill: colour("--accent") } },
      { stroke: colour("--quiet"), width: 2, dash: [5, 4], points: { ...point, fill: colour("--quiet") } },
    ],
  }, [0, 1, 2].map((index) => points.map((values) => values[index] ?? null)), at("chart"));
}

const extent = () => ({ width: Math.max(200, at("chart").clientWidth), height: 190 });

function tick() {
  for (const cell of document.querySelectorAll("[data-due]")) {
    const left = cell.dataset.due - now();
    cell.textContent = left > 0 ? span(left) : word("up");
    cell.classList.toggle("urgent", left < 30000);
  }
  for (const cell of document.querySelectorAll("[data-since]")) cell.textContent = span(now() - cell.dataset.since);
  at("as-of").textContent = authorization && last.asOf ? `${word("asOf")} ${clock(last.asOf)}` : "";
}

function notice(text) {
  if (at("notice").textContent !== text) at("notice").textContent = text;
}

function signOut(words = "") {
  session += 1;
  authorization = null;
  last = {};
  listsDue = reportsDue = 0;
  for (const id of PANELS) at(id).replaceChildren();
  draw([]);
  at("panels").hidden = at("sign-out").hidden = true;
  at("sign-in").hidden = false;
  at("refused").textContent = words;
  notice("");
  tick();
  at("user").focus();
}

async function refresh() {
  if (!authorization || document.hidden || busy) return;
  const mine = session, asked = Date.now();
  busy = true;
  try {
    if (asked >= listsDue) {
      const day = { from: written(now() - 86400000), to: written(now() + 60000), limit: 25 };
      const list = (state) => get("segment", { state, limit: 100 });
      // One by itself, so that a password that is wrong is one failed sign-in.
      const open = await list("open");
      const lists = [open, ...await Promise.all([list("overdue"), list("awaiting_confirmation"), get("segment", day)])];
      if (mine !== session) return;
      last.lists = lists;
      last.asOf = now();
      listsDue = asked + LISTS_MS;
      at("panels").hidden = at("sign-out").hidden = false;
      at("sign-in").hidden = true;
      show();
    }
    if (asked >= reportsDue) {
      const range = { from: written(day()), to: written(day() + 86400000) };
      // What awaits its confirmation may be older.
      const quarter = { from: written(now() - 91 * 86400000), to: range.to };
      const wanted = [
        ["codes", range], ["handle_time", { ...range, by: "hour" }], ["ai", range], ["confirmations", quarter], ["handle_time", range],
      ];
      const codes = get("code", { limit: 1000 });
      const reports = await Promise.all(wanted.map(([name, query]) => get(`report/${name}`, query)));
      const known = (await codes).result.result_map.wrap_up_codes;
      if (mine !== session) return;
      last.names = new Map(known.map((code) => [code.code, label(code)]));
      last.reports = reports;
      reportsDue = asked + REPORTS_MS;
      show();
    }
    notice("");
  } catch (error) {
    if (mine !== session) return;
    // The API says of a wrong password that there is none, since it does not tell the two apart.
    if (error.status === 401) return signOut(word("wrong"));
    if (error.status === 403) return signOut(error.message);
    const words = error.status ? error.message : word("silent");
    listsDue = asked + LISTS_MS;
    if (last.lists) notice(words); else signOut(words);
  } finally {
    busy = false;
  }
}

function signIn(as) {
  session += 1;
  authorization = as;
  at("password").value = at("token").value = "";
  at("refused").textContent = "";
  refresh();
}

const basic = (user, password) => `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode(`${user}:${password}`)))}`;

at("sign-in").addEventListener("submit", (event) => {
  event.preventDefault();
  const [user, password, token] = ["user", "password", "token"].map((id) => at(id).value);
  if (!token.trim() && !user) { at("refused").textContent = word("credentials"); return; }
  signIn(token.trim() ? `Bearer ${token.trim()}` : basic(user, password));
});
at("sign-out").addEventListener("click", () => signOut());
at("language").addEventListener("change", () => {
  language = at("language").value;
  localStorage.setItem("language", language);
  // Codes come in the language that is asked for.
  listsDue = reportsDue = 0;
  show();
  refresh();
});
document.addEventListener("visibilitychange", refresh);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
addEventListener("resize", () => chart?.setSize(extent()));
setInterval(() => { tick(); refresh(); }, 1000);
show();
// Whoever comes from the local console's link is the demo user, whose password everybody knows, where there is one.
if (location.search === "?demo") {
  fetch("console/start").then((told) => told.ok ? told.json() : null, () => null).then((demo) => {
    if (demo && session === 0) signIn(basic(demo.user, demo.password));
  });
}
