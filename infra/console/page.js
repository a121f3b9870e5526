// The supervisor's page. It asks this host's API alone, and sets all text as text: labels and ids are others' words.
"use strict";

const WORDS = {
  en: {
    title: "Wrap-ups", language: "Language", signIn: "Sign in", signOut: "Sign out", user: "User", password: "Password",
    or: "or", token: "Access token", open: "Open now", overdue: "Overdue", awaiting: "Awaiting confirmation",
    codes: "Today's codes", time: "Handle time by hour, in seconds", ai: "AI suggestions: suggested by chosen",
    latest: "Last changes", agent: "Agent", interaction: "Interaction", left: "Time left", age: "Age", code: "Code",
    count: "Count", share: "Share", hour: "Hour", submitted: "Submitted", from: "Code from", none: "None.",
    noCode: "(no code)", noLimit: "no limit", up: "time is up", asOf: "As of", suggested: "Suggested", chosen: "Chosen",
    more: "first {n}, there are more", shown: "{n} shown", silent: "The API does not answer; trying again.",
    today: "since {from} (your time)", credentials: "Give a user and password, or a token.",
  },
  de: {
    title: "Nachbearbeitungen", language: "Sprache", signIn: "Anmelden", signOut: "Abmelden", user: "Benutzer",
    password: "Passwort", or: "oder", token: "Zugriffstoken", open: "Jetzt offen", overdue: "Überfällig",
    awaiting: "Warten auf Bestätigung", codes: "Codes von heute", time: "Bearbeitungszeit je Stunde, in Sekunden",
    ai: "KI-Vorschläge: vorgeschlagen und gewählt", latest: "Letzte Änderungen", agent: "Agent",
    interaction: "Interaktion", left: "Restzeit", age: "Alter", code: "Code", count: "Anzahl", share: "Anteil",
    hour: "Stunde", submitted: "Abgeschickt", from: "Code von", none: "Keine.", noCode: "(kein Code)",
    noLimit: "ohne Frist", up: "Zeit abgelaufen", asOf: "Stand", suggested: "Vorgeschlagen", chosen: "Gewählt",
    more: "die ersten {n}, es gibt mehr", shown: "{n} gezeigt",
    silent: "Die API antwortet nicht; es wird weiter versucht.", today: "seit {from} (Ortszeit)",
    credentials: "Benutzer und Passwort angeben, oder ein Token.",
  },
};
// Lists change with each call of an agent and cost a page's reads; a report reads all of its range.
const LISTS_MS = 5000, REPORTS_MS = 60000;
const at = (id) => document.getElementById(id);
let language = localStorage.getItem("language") || (navigator.language.startsWith("de") ? "de" : "en");
if (!WORDS[language]) language = "en";
// In memory alone: a reload asks again.
let authorization = null;
// What an answer to an earlier sign-in brings is for nobody any more.
let session = 0;
let ahead = 0, listsDue = 0, reportsDue = 0, busy = false, chart = null, last = {};
const word = (name, values = {}) =>
  WORDS[language][name].replace(/\{(\w+)\}/g, (_, key) => values[key]);
const now = () => Date.now() + ahead;
const sent = (ms) => new Date(ms).toISOString().slice(0, 19).replace("T", " ");
const read = (text) => Date.parse(text.replace(" ", "T") + "Z");
const clock = (ms) => new Date(ms).toLocaleTimeString(language);
const span = (ms) => {
  const s = Math.max(0, Math.floor(ms / 1000)), two = (n) => String(n).padStart(2, "0");
  return s < 3600 ? `${Math.floor(s / 60)}:${two(s % 60)}` : `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
};
const percent = (share) => share === undefined ? "" : share.toLocaleString(language, { style: "percent", maximumFractionDigits: 1 });

async function get(path, query) {
  const headers = { Authorization: authorization, Accept: "application/json", "Accept-Language": language };
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

function table(id, caption, heads, rows, numbers = []) {
  const made = document.createElement("table");
  made.createCaption().textContent = rows.length ? caption : word("none");
  const line = (cells, name, to) => {
    const row = to.insertRow();
    cells.forEach((text, index) => {
      const cell = document.createElement(name);
      if (name === "th") cell.scope = "col";
      if (numbers.includes(index)) cell.className = "number";
      if (typeof text === "object") Object.assign(cell.dataset, text); else cell.textContent = text;
      row.append(cell);
    });
  };
  if (rows.length) line(heads, "th", made.createTHead());
  const body = made.createTBody();
  rows.forEach((row) => line(row, "td", body));
  at(id).replaceChildren(made);
}

function segments(id, answer, heads, row) {
  const n = answer.segments.length;
  table(id, word(answer.next_cursor ? "more" : "shown", { n }), heads.map((head) => word(head)), answer.segments.map(row));
}
const label = (segment) => segment.code ? segment.code.code : word("noCode");
const who = (segment) => [segment.agent, segment.interaction];

// The day that it is here, from the full hour in UTC on: so an hour of the day is one hour of the range.
function day() {
  const start = new Date(now());
  start.setHours(0, 0, 0, 0);
  return Math.floor(start / 3600000) * 3600000;
}

function show() {
  document.documentElement.lang = language;
  document.title = word("title");
  document.querySelectorAll("[data-text]").forEach((node) => { node.textContent = word(node.dataset.text); });
  at("language").value = language;
  if (last.lists) {
    const [open, overdue, awaiting, latest] = last.lists;
    segments("open", open, ["agent", "interaction", "left"], (s) => [...who(s), s.due_on ? { due: read(s.due_on) } : word("noLimit")]);
    for (const [id, answer] of [["overdue", overdue], ["awaiting", awaiting]]) {
      segments(id, answer, ["agent", "interaction", "code", "age"], (s) => [...who(s), label(s), { since: read(s.submitted_on) }]);
    }
    segments("latest", latest, ["submitted", "agent", "interaction", "code", "from"],
      (s) => [clock(read(s.submitted_on)), ...who(s), label(s), s.code_from || ""]);
  }
  if (last.reports) {
    const [codes, time, ai] = last.reports.map((answer) => answer.report.rows);
    const start = read(last.reports[0].report.from), since = word("today", { from: clock(start) });
    table("codes", since, ["code", "count", "share"].map((head) => word(head)),
      codes.filter((row) => row.count).map((row) => [row.code ?? word("noCode"), row.count, percent(row.share)]), [1, 2]);
    const when = (row) => start + ((Number(row.hour) - new Date(start).getUTCHours() + 24) % 24) * 3600000;
    const hours = time.filter((row) => row.hour !== undefined).sort((a, b) => when(a) - when(b));
    table("time", since, [word("hour"), word("count"), "p50", "p90"],
      hours.map((row) => [clock(when(row)), row.count, row.p50 ?? "", row.p90 ?? ""]), [1, 2, 3]);
    draw(hours.map((row) => [when(row) / 1000, row.p50, row.p90]));
    const cells = (ai[0] && ai[0].matrix) || [];
    table("ai", since, ["suggested", "chosen", "count"].map((head) => word(head)),
      cells.map((cell) => [cell.suggested, cell.chosen ?? word("noCode"), cell.count]), [2]);
  }
  tick();
}

function draw(points) {
  if (chart) chart.destroy();
  chart = null;
  if (!points.length) return;
  const style = getComputedStyle(document.documentElement), colour = (name) => style.getPropertyValue(name).trim();
  const axis = { stroke: colour("--quiet"), grid: { stroke: colour("--line") } };
  chart = new uPlot({
    width: Math.max(200, at("chart").clientWidth), height: 180, axes: [axis, axis], fmtDate: (format) => uPlot.fmtDate(format.replace("{h}{aa}", "{HH}:00")),
    series: [{}, { label: "p50", stroke: colour("--accent"), width: 2 }, { label: "p90", stroke: colour("--quiet"), width: 2, dash: [4, 3] }],
  }, [0, 1, 2].map((index) => points.map((point) => point[index] ?? null)), at("chart"));
}

function tick() {
  document.querySelectorAll("[data-due]").forEach((cell) => {
    const left = cell.dataset.due - now();
    cell.textContent = left > 0 ? span(left) : word("up");
    cell.classList.toggle("urgent", left < 30000);
  });
  document.querySelectorAll("[data-since]").forEach((cell) => { cell.textContent = span(now() - cell.dataset.since); });
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
  ["open", "overdue", "awaiting", "latest", "codes", "time", "ai"].forEach((id) => at(id).replaceChildren());
  draw([]);
  at("panels").hidden = at("sign-out").hidden = true;
  at("sign-in").hidden = false;
  at("refused").textContent = words;
  notice("");
  tick();
}

async function refresh() {
  if (!authorization || document.hidden || busy) return;
  const mine = session, moment = Date.now();
  busy = true;
  try {
    if (moment >= listsDue) {
      const range = { from: sent(now() - 86400000), to: sent(now() + 60000), limit: 25 };
      const asked = ["open", "overdue", "awaiting_confirmation"].map((state) => get("segment", { state, limit: 50 }));
      const lists = await Promise.all([...asked, get("segment", range)]);
      if (mine !== session) return;
      last.lists = lists;
      last.asOf = now();
      listsDue = moment + LISTS_MS;
      at("panels").hidden = at("sign-out").hidden = false;
      at("sign-in").hidden = true;
      show();
    }
    if (moment >= reportsDue) {
      const range = { from: sent(day()), to: sent(day() + 86400000) };
      const asked = [["codes", range], ["handle_time", { ...range, by: "hour" }], ["ai", range]];
      const reports = await Promise.all(asked.map(([name, query]) => get(`report/${name}`, query)));
      if (mine !== session) return;
      last.reports = reports;
      reportsDue = moment + REPORTS_MS;
      show();
    }
    notice("");
  } catch (error) {
    if (mine !== session) return;
    if (error.status === 401 || error.status === 403) return signOut(error.message);
    const words = error.status ? error.message : word("silent");
    listsDue = moment + LISTS_MS;
    if (last.lists) notice(words); else signOut(words);
  } finally {
    busy = false;
  }
}

at("sign-in").addEventListener("submit", (event) => {
  event.preventDefault();
  const [user, password, token] = ["user", "password", "token"].map((id) => at(id).value);
  if (!token && !user) { at("refused").textContent = word("credentials"); return; }
  const basic = () => btoa(String.fromCharCode(...new TextEncoder().encode(`${user}:${password}`)));
  session += 1;
  authorization = token ? `Bearer ${token.trim()}` : `Basic ${basic()}`;
  at("password").value = at("token").value = at("refused").textContent = "";
  refresh();
});
at("sign-out").addEventListener("click", () => signOut());
at("language").addEventListener("change", () => {
  language = at("language").value;
  localStorage.setItem("language", language);
  show();
});
document.addEventListener("visibilitychange", refresh);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
addEventListener("resize", () => { if (chart) chart.setSize({ width: Math.max(200, at("chart").clientWidth), height: 180 }); });
setInterval(() => { tick(); refresh(); }, 1000);
show();
