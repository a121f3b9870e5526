// The supervisor's page, in a real browser, beside a local server that has something to show.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { after, before, test } from "node:test";

import * as local from "./local.js";
import { DEMO, HOSTILE, SHOTS, WRAPUP, external, written } from "./local.js";

let server, browser, base, dynamodbPort;

/** Runs a command of `wrapup` against the local server. */
function wrapup(args, input = "") {
  const where = args[0] === "demo" ? [] : ["--local"];
  return execFileSync(WRAPUP, [...args, ...where, "--dynamodb-port", dynamodbPort], { input, encoding: "utf8" });
}

/** What the API answers to the demo user. */
async function api(path, options = {}) {
  const headers = { Authorization: DEMO, "Content-Type": "application/json" };
  const answer = await fetch(`${base}/api/now/v1/wrapup/${path}`, { headers, ...options });
  assert.equal(answer.status, 200, `${path}: ${await answer.clone().text()}`);
  return answer.json();
}

const post = (path, body) => api(path, { method: "POST", body: JSON.stringify(body) });
const put = (path, body) => api(path, { method: "PUT", body: JSON.stringify(body) });

before(async () => {
  ({ server, base, dynamodbPort } = await local.start());
  wrapup(["demo", "--once", "--wrap-ups", "140"]);
  const codes = { enable_codes: true, allowed_codes: [{ code: HOSTILE }], default_code: HOSTILE };
  await post("segment/create", external("HOSTILE", codes));
  await put("segment/update?external_segment_id=HOSTILE", { wrap_up_code: HOSTILE, confirmed_on: "2026-01-01 00:00:00" });
  // The demo may have none of today yet, soon after midnight.
  const advised = { enable_codes: true, allowed_codes: [{ code: "Refund" }], default_code: "Refund", enable_ai_code: true, use_third_party_ai: true };
  await post("segment/create", { ...external("ADVISED", advised), ai_wrap_up_code: "Refund" });
  await put("segment/update?external_segment_id=ADVISED", { wrap_up_code: "Refund" });
  const timed = external("TIMED", { duration: 600, show_timer: true });
  await post("segment/create", { ...timed, opened_on: written(Date.now()) });
  // A single turn names no code: what may be right is offered.
  wrapup(["interaction", "put", "-"], JSON.stringify({ sys_id: "call-UNSURE", transcript: "Customer: I want a refund for the cancellation." }));
  const unsure = { enable_codes: true, allowed_codes: [{ code: "Refund" }, { code: "Cancellation" }], default_code: "Refund", enable_ai_code: true };
  await post("segment/create", external("UNSURE", unsure));
  for (let tries = 0; !(await api("segment/UNSURE")).segment.ai_alternatives; tries += 1) {
    assert.ok(tries < 600, "the AI filler offers nothing");
    await new Promise((done) => setTimeout(done, 100));
  }
  await post("segment/create", external("UNTIMED", {}));
  wrapup(["user", "add", "integrator", "--role", "interaction_integration_user"], "the word of the desk\n");
  browser = await local.launch();
});

after(async () => {
  await browser?.close();
  server?.kill();
});

/** The page in a window of its own. */
const open = (t, options) =>
  local.open(t, browser, base, "/supervisor", /status of (401|403|503)/, { viewport: { width: 1360, height: 900 }, ...options });

async function signIn(page, user = "username", password = "password") {
  await page.fill("#user", user);
  await page.fill("#password", password);
  await page.press("#password", "Enter");
}

/** Signs in, and waits until lists and reports are there. */
async function shown(page) {
  await signIn(page);
  await page.waitForSelector("#figure-acceptance", { timeout: 60_000 });
}

/** The texts of a panel's table, row by row. */
const rows = (page, id) =>
  page.$$eval(`#${id} tbody tr`, (lines) => lines.map((line) => [...line.children].map((cell) => cell.textContent)));

test("who does not sign in as a supervisor is told why, and sees nothing", async (t) => {
  const page = await open(t);
  await page.screenshot({ path: join(SHOTS, "sign-in.png") });
  await page.click("form button");
  assert.match(await page.textContent("#refused"), /Give a user and password, or a token/);
  for (const [user, password, told] of [
    ["username", "wrong", /^The user, the password or the token is wrong\.$/],
    ["integrator", "the word of the desk", /User Not Authorized: The user lacks the role wrapup_supervisor/],
  ]) {
    await signIn(page, user, password);
    await page.waitForFunction((told) => new RegExp(told).test(document.querySelector("#refused").textContent), told.source);
    assert.equal(await page.isVisible("#panels"), false);
    assert.equal(await page.inputValue("#password"), "");
    assert.equal((await rows(page, "open")).length, 0);
  }
  await page.fill("#user", "");
  await page.fill("#token", "none");
  await page.click("form button");
  await page.waitForFunction(() => /token is wrong/.test(document.querySelector("#refused").textContent));
});

test("each panel shows what the API answers", async (t) => {
  const page = await open(t);
  await shown(page);
  const day = new Date(Math.floor(Date.now() / 86_400_000) * 86_400_000);
  const range = `from=${written(+day)}&to=${written(+day + 86_400_000)}`;
  const report = async (name, more = "") => (await api(`report/${name}?${range}${more}`)).report.rows;

  const { segments: open_ } = await api("segment?state=open&limit=100");
  const interactions = (id) => page.$$eval(`#${id} tbody tr`, (lines) => lines.map((line) => line.lastChild.title));
  assert.deepEqual(await interactions("open"), open_.map((segment) => segment.interaction));
  const timed = (await rows(page, "open")).find((row) => row[3] === "call-TIMED");
  assert.match(timed[0], /^[89]:\d\d$/);
  const unsure = (await rows(page, "open")).find((row) => row[3] === "call-UNSURE");
  const { ai_alternatives: offered } = (await api("segment/UNSURE")).segment;
  assert.deepEqual(offered.map((other) => other.wrap_up_code).sort(), ["Cancellation", "Refund"]);
  assert.equal(unsure[1], offered.map((other) => `${other.wrap_up_code}?`).join(" "));
  assert.equal((await rows(page, "open")).at(-1)[0], "no limit");
  for (const [id, state] of [["overdue", "overdue"], ["awaiting", "awaiting_confirmation"]]) {
    const { segments } = await api(`segment?state=${state}&limit=100`);
    assert.ok(segments.length > 0 || id === "overdue", id);
    assert.deepEqual(await interactions(id), segments.map((segment) => segment.interaction), id);
    assert.deepEqual((await rows(page, id)).map((row) => row[1]), segments.map((segment) => segment.code.code), id);
  }
  const codes = (await report("codes")).filter((row) => row.count);
  assert.deepEqual((await rows(page, "codes")).map((row) => [row[0], row[1]]), codes.map((row) => [row.code, String(row.count)]));
  const hours = await report("handle_time", "&by=hour");
  assert.deepEqual(
    (await page.$$eval("#time tbody tr", (lines) => lines.map((line) => [...line.children].map((cell) => cell.textContent)))),
    hours.map((row) => [`${row.hour}:00`, String(row.count), String(row.p50), String(row.p90)]),
  );
  assert.ok((await page.$("#chart canvas")) !== null);
  const [ai] = await report("ai");
  const caption = await page.textContent("#ai caption");
  for (const part of [`Accepted: ${ai.accepted}`, `Taken as default: ${ai.taken_as_default}`, `Overridden: ${ai.overridden}`]) {
    assert.ok(caption.includes(part), `${caption}: ${part}`);
  }
  const heads = await page.$$eval("#ai thead th", (cells) => cells.map((cell) => cell.textContent));
  const matrix = (await rows(page, "ai")).flatMap(([suggested, ...counts]) =>
    counts.flatMap((count, index) => count === "" ? [] : [`${suggested} > ${heads[index]}: ${count}`]));
  const wanted = ai.matrix.map((cell) => `${cell.suggested} > ${cell.chosen ?? "(no code)"}: ${cell.count}`);
  assert.deepEqual(matrix.sort(), wanted.sort());
  const confidence = (ai.confidence ?? []).map((tenth) => [String(tenth.suggested), `${Math.round(1000 * tenth.accepted / tenth.suggested) / 10}%`]);
  assert.deepEqual((await rows(page, "confidence")).map((row) => [row[1], row[2]]), confidence);
  const [confirmations] = (await api(`report/confirmations?from=${written(+day - 80 * 86_400_000)}&to=${written(+day + 86_400_000)}`)).report.rows;
  for (const [name, text] of [
    ["awaiting", confirmations.awaiting], ["overdue", confirmations.overdue],
    ["wrapped", codes.reduce((sum, row) => sum + row.count, 0)], ["open", open_.length],
  ]) {
    assert.equal(await page.textContent(`#figure-${name}`), String(text), name);
  }
  await page.screenshot({ path: join(SHOTS, "supervisor.png"), fullPage: true });
});

test("a label that is markup is shown as text", async (t) => {
  const page = await open(t);
  await shown(page);
  for (const id of ["codes", "latest"]) assert.ok((await rows(page, id)).some((row) => row.includes(HOSTILE)), id);
  assert.equal((await page.$$("main img")).length, 0);
  assert.equal(await page.title(), "Wrap-ups");
});

test("what changes is shown without a reload, and a server that is silent is told of", async (t) => {
  const page = await open(t);
  await shown(page);
  await post("segment/create", external("LATER", {}));
  await page.waitForFunction(() => document.querySelector("#open").textContent.includes("call-LATER"));
  await put("segment/update?external_segment_id=LATER", {});
  await page.waitForFunction(() => !document.querySelector("#open").textContent.includes("call-LATER"));
  await page.waitForFunction(() => document.querySelector("#latest").textContent.includes("call-LATER"));
  await page.route("**/api/**", (route) => route.fulfill({ status: 503, json: { error: { message: "Busy", detail: "call again" } } }));
  await page.waitForFunction(() => document.querySelector("#notice").textContent === "Busy: call again");
  await page.unroute("**/api/**");
  await page.waitForFunction(() => document.querySelector("#notice").textContent === "");
});

test("it works by keyboard alone, and a reload asks again", async (t) => {
  const page = await open(t);
  await page.focus("#language");
  const walk = [];
  for (let step = 0; step < 4; step += 1) {
    await page.keyboard.press("Tab");
    walk.push(await page.evaluate(() => document.activeElement.id || document.activeElement.textContent));
  }
  assert.deepEqual(walk, ["user", "password", "token", "Sign in"]);
  await page.focus("#user");
  await page.keyboard.type("username");
  await page.keyboard.press("Tab");
  await page.keyboard.type("password");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#figure-acceptance", { timeout: 60_000 });
  await page.focus("#sign-out");
  for (const panel of ["open", "overdue", "awaiting", "codes"]) {
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.id), panel);
  }
  assert.deepEqual(await page.evaluate(() => [Object.keys(localStorage), document.cookie, location.search]), [[], "", ""]);
  await page.reload();
  assert.equal(await page.isVisible("#sign-in"), true);
  assert.equal(await page.isVisible("#panels"), false);
  await shown(page);
  await page.press("#sign-out", "Enter");
  assert.equal(await page.isVisible("#sign-in"), true);
  assert.equal((await rows(page, "latest")).length, 0);
});

test("it speaks German where the browser does or somebody chooses it, and says codes in it", async (t) => {
  const page = await open(t, { locale: "de-DE", colorScheme: "dark" });
  assert.equal(await page.textContent("#sign-in h2"), "Anmelden");
  await signIn(page, "username", "wrong");
  await page.waitForFunction(() => /Passwort oder Token ist falsch/.test(document.querySelector("#refused").textContent));
  await shown(page);
  assert.equal(await page.getAttribute("html", "lang"), "de");
  const told = (await rows(page, "codes")).map((row) => row[0]);
  assert.ok(told.some((label) => ["Lieferung verspätet", "Erstattung", "Frage zur Rechnung"].includes(label)), told.join());
  const dark = await page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number));
  assert.ok(Math.max(...dark) < 60, dark.join());
  await page.screenshot({ path: join(SHOTS, "supervisor-dark-german.png"), fullPage: true });
  await page.selectOption("#language", "en");
  await page.waitForFunction(() => /Delivery Delayed|Refund|Invoice Question/.test(document.querySelector("#codes").textContent));
  assert.equal(await page.textContent("#h-open"), "Open now");
  await page.reload();
  assert.equal(await page.textContent("#sign-in h2"), "Sign in");
});

test("the day begins at midnight where the browser is, also where that is no hour of UTC", async (t) => {
  const page = await open(t, { timezoneId: "Asia/Kolkata" });
  const asked = page.waitForRequest((request) => request.url().includes("report/codes"));
  await signIn(page);
  const from = new URL((await asked).url()).searchParams.get("from");
  assert.match(from, / 18:30:00$/);
  assert.match(await page.waitForSelector("#codes caption").then((caption) => caption.textContent()), /^Since 00:00|^None/);
});

test("on a phone nothing runs over the side, and what matters is not beside it", async (t) => {
  const page = await open(t, { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
  await shown(page);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
  for (const id of ["open", "awaiting"]) {
    const ages = await page.$$eval(`#${id} tbody td:first-child`, (cells) => cells.map((cell) => cell.getBoundingClientRect().right));
    assert.ok(ages.length > 0 && Math.max(...ages) < 330, `${id}: ${ages}`);
  }
  await page.screenshot({ path: join(SHOTS, "supervisor-phone.png"), fullPage: true });
});
