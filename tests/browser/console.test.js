// The console of `wrapup local`, in a real browser: what a client has sent and why it was refused.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { after, before, test } from "node:test";

import * as local from "./local.js";
import { DEMO, HOSTILE, SHOTS, WRAPUP, external, written } from "./local.js";

const SECRET = "wu_TheDemoClientsSecretThatEverybodyMayKnow000eGgSbG";

let server, browser, base, dynamodbPort;

/** Sends what a client might; the status is what it says. */
async function send(status, method, path, body, headers = {}) {
  const sent = { Authorization: DEMO, "Content-Type": "application/json", ...headers };
  if (sent.Authorization === null) delete sent.Authorization;
  const text = typeof body === "object" ? JSON.stringify(body) : body;
  const answer = await fetch(path.startsWith("/") ? base + path : `${base}/api/now/v1/wrapup/${path}`, { method, headers: sent, body: text });
  assert.equal(answer.status, status, `${path}: ${await answer.clone().text()}`);
  return answer;
}

const CODES = { enable_codes: true, default_code: "Refund", allowed_codes: [{ code: "Refund" }, { code: "Delivery Delayed" }] };

before(async () => {
  ({ server, base, dynamodbPort } = await local.start());
  execFileSync(WRAPUP, ["user", "add", "integrator", "--role", "interaction_integration_user", "--local", "--dynamodb-port", dynamodbPort], { input: "the word of the desk\n" });
  browser = await local.launch();
});

after(async () => {
  await browser?.close();
  server?.kill();
});

/** The console in a window of its own. */
const open = (t, options, where = base) =>
  local.open(t, browser, where, "/", /status of (401|403)|ERR_CONNECTION|ERR_EMPTY/, {
    viewport: { width: 1280, height: 800 }, permissions: ["clipboard-read", "clipboard-write"], ...options,
  });

async function signedIn(t, options, where) {
  const page = await open(t, options, where);
  await page.click("#demo-sign-in");
  await page.waitForSelector("#panels:not([hidden])");
  await page.waitForSelector("body.live");
  return page;
}

/** The newest request whose line has this text, opened. */
async function opened(page, text) {
  const row = page.locator("#traffic > li", { hasText: text }).first();
  await row.locator("summary").first().click();
  return row;
}

/** What stands beside the fields of a request: a field's own line, up to what is below it. */
const beside = async (row) => {
  await row.locator(".why").first().waitFor();
  return row.locator("li.wrong").evaluateAll((items) => items.map((item) => [...item.querySelectorAll(":scope > .key, :scope > .why")].map((part) => part.textContent).join(" ")));
};

test("the page says how to begin, and who may not read is told why", async (t) => {
  assert.equal((await fetch(`${base}/console/news`)).status, 401);
  assert.equal((await fetch(`${base}/console/facts`, { headers: { Authorization: `Basic ${btoa("integrator:the word of the desk")}` } })).status, 403);
  const page = await open(t);
  assert.equal(await page.textContent("#demo-sign-in"), "Sign in as username");
  await page.screenshot({ path: join(SHOTS, "console-welcome.png") });
  await page.click("#other summary");
  for (const [user, password, told] of [
    ["username", "wrong", "The user or the password is wrong."],
    ["integrator", "the word of the desk", "User Not Authorized: The user lacks the role wrapup_supervisor"],
  ]) {
    await page.fill("#user", user);
    await page.fill("#password", password);
    await page.press("#password", "Enter");
    await page.waitForFunction((told) => document.querySelector("#refused").textContent === told, told);
    assert.equal(await page.isVisible("#panels"), false);
  }
  await page.click("#demo-sign-in");
  await page.waitForSelector("#empty:not([hidden])");
  // What is to be pasted works.
  await page.click("#first button");
  const pasted = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(execFileSync("bash", ["-c", `${pasted} --silent`], { encoding: "utf8" }), /"state":"open"/);
  await page.waitForSelector("#traffic > li");
  assert.equal(await page.isVisible("#empty"), false);
  await page.waitForFunction(() => /open 1:\d\d/.test(document.querySelector("#segments .state")?.textContent));
  assert.match(await page.textContent("#events"), /HELLO-\d{6}/);
  assert.ok((await page.textContent("#facts")).includes(`${base}/api/now/v1/wrapup`));
  assert.equal(await page.isVisible("#traffic details[open]"), false);
});

test("a request that is refused shows what is wrong beside its fields, in JSON, XML and a query", async (t) => {
  const page = await signedIn(t);
  const wrong = { interaction_sys_id: "call-WRONG", external: true, configuration: { enable_codes: true, allowed_codes: [{ code: "Refund" }, { label: "Other" }] } };
  const { message } = await (await send(400, "POST", "segment/create", wrong)).json();
  const row = await opened(page, message.slice(0, 40));
  const found = await beside(row);
  const told = message.split("; ").map((part) => part.replace(/^(?:\S*[.\]])?([^.\s]+) /, "$1 "));
  assert.deepEqual(found.slice().sort(), [...told, "label ignored"].sort());
  assert.ok(found.some((text) => text.startsWith("agent_sys_id ")), found.join());
  assert.ok(found.length > 2, found.join());

  const xml = "<request><agent_sys_id>agent-7</agent_sys_id><interaction_sys_id>call-XML</interaction_sys_id><external>maybe</external></request>";
  await send(400, "POST", "segment/create", xml, { "Content-Type": "application/xml", Accept: "application/xml" });
  await page.waitForFunction(() => document.querySelector("#traffic > li .reason")?.textContent.includes("external"));
  await page.click("#traffic > li summary");
  assert.ok((await beside(page.locator("#traffic > li").first())).some((text) => text.startsWith("external ")));

  await send(400, "GET", "segment?state=nowhere");
  await page.waitForFunction(() => document.querySelector("#traffic > li .path")?.textContent.includes("state=nowhere"));
  await page.click("#traffic > li summary");
  assert.ok((await beside(page.locator("#traffic > li").first())).some((text) => text.startsWith("state ")));
});

test("a field that nothing knows is named, with the one that may be meant", async (t) => {
  const page = await signedIn(t);
  await send(200, "POST", "segment/create", external("IGNORED", CODES));
  const answer = await send(200, "PUT", "segment/update?external_segment_id=IGNORED", { wrap_up_code: "Refund", note: "Called." });
  assert.equal(answer.headers.get("X-Wrapup-Ignored"), "note: did you mean 'notes'?");
  const row = await opened(page, "ignored note");
  assert.deepEqual(await beside(row), ["note ignored: did you mean 'notes'?"]);
});

test("the curl that is copied does again what the client did", async (t) => {
  const page = await signedIn(t);
  const notes = `It's "quoted" $HOME \`id\` \\ and\nülong; @file`;
  await send(200, "POST", "segment/create", external("CURL", CODES));
  await send(200, "PUT", "segment/draft?external_segment_id=CURL", { notes });
  for (const [line, told] of [["segment/draft", "200"], ["segment/create", "200"]]) {
    const row = await opened(page, line);
    await row.locator(".curl button").click();
    const pasted = await page.evaluate(() => navigator.clipboard.readText());
    assert.ok(!pasted.includes("password:") && !pasted.includes(DEMO), pasted);
    const env = { ...process.env, WRAPUP_USER: "username", WRAPUP_PASSWORD: "password" };
    const status = execFileSync("bash", ["-c", `${pasted} --silent --output /dev/null --write-out '%{http_code}'`], { encoding: "utf8", env });
    assert.equal(status, told, pasted);
  }
  const kept = await (await send(200, "GET", "segment/CURL")).json();
  assert.equal(kept.segment.draft.notes, notes);
});

test("what others send is shown as text, and no credential is shown", async (t) => {
  const page = await signedIn(t);
  const hostile = { ...external("HOSTILE", CODES), [HOSTILE]: HOSTILE, agent_sys_id: HOSTILE, __proto__: null };
  await send(200, "POST", "segment/create", hostile);
  await send(404, "GET", `segment/${encodeURIComponent(HOSTILE)}?${encodeURIComponent(HOSTILE)}=${encodeURIComponent(HOSTILE)}`, undefined, { "X-Hostile": HOSTILE });
  const form = new URLSearchParams({ grant_type: "password", client_id: "de30c11e47000000000000000000c0de", client_secret: SECRET, username: "username", password: "password" });
  const tokens = await (await send(200, "POST", "/oauth_token.do", form.toString(), { Authorization: null, "Content-Type": "application/x-www-form-urlencoded" })).json();
  await send(200, "GET", "code", undefined, { Authorization: `Bearer ${tokens.access_token}`, Cookie: "id=a-secret-cookie" });
  await page.waitForFunction(() => /wrapup\/code$/.test(document.querySelector("#traffic > li .path")?.textContent));
  await page.evaluate(() => { for (const details of document.querySelectorAll("#traffic details, #events details")) details.open = true; });
  await page.waitForFunction(() => document.querySelectorAll("#traffic details details").length > 8);
  assert.equal(await page.title(), "Wrap Up API");
  assert.equal((await page.$$("main img")).length, 0);
  const all = await page.content() + await (await fetch(`${base}/console/news`, { headers: { Authorization: DEMO } })).text();
  for (const secret of [SECRET, tokens.access_token, tokens.refresh_token, "a-secret-cookie", DEMO.slice(6)]) {
    assert.ok(secret?.length > 5 && !all.includes(secret), secret);
  }
  assert.ok(all.includes("client_secret=(hidden)") && all.includes("Bearer (hidden)"));
});

test("it is looked through by keyboard, and filtered", async (t) => {
  const page = await open(t);
  await page.focus("#demo-sign-in");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#traffic > li");
  assert.equal(await page.evaluate(() => document.activeElement.id), "h-traffic");
  const walk = [];
  for (let step = 0; step < 4; step += 1) {
    await page.keyboard.press("Tab");
    walk.push(await page.evaluate(() => document.activeElement.id || document.activeElement.localName));
  }
  assert.deepEqual(walk, ["refused-only", "filter", "clear", "summary"]);
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  assert.notEqual(outline, "none");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#traffic > li:first-child .opened");
  const all = await page.locator("#traffic > li").count();
  await page.check("#refused-only");
  const refused = await page.$$eval("#traffic > li:not([hidden]) .status", (cells) => cells.map((cell) => Number(cell.textContent)));
  assert.ok(refused.length > 0 && refused.length < all && refused.every((status) => status >= 400), refused.join());
  await page.fill("#filter", "call-xml");
  assert.equal(await page.locator("#traffic > li:not([hidden])").count(), 1);
  // Whatever takes a name has one, and nothing stands twice under one id.
  const nameless = await page.evaluate(() => [...document.querySelectorAll("button, a, input, select, summary")]
    .filter((node) => !(node.textContent.trim() || node.labels?.length || node.getAttribute("aria-label"))).map((node) => node.outerHTML));
  assert.deepEqual(nameless, []);
  const ids = await page.$$eval("[id]", (nodes) => nodes.map((node) => node.id));
  assert.equal(new Set(ids).size, ids.length);
});

test("the page to try the API on is one click away, signed in", async (t) => {
  const page = await open(t, { viewport: { width: 1280, height: 800 } });
  await page.waitForSelector("#demo-sign-in");
  assert.equal(await page.getAttribute("#try", "href"), "try?demo");
  const context = page.context(), other = await context.newPage();
  await other.goto(`${base}/try?demo`);
  await other.waitForSelector(".auth-wrapper .authorize.locked", { timeout: 60_000 });
});

test("the supervisors' page is one click away, signed in", async (t) => {
  const page = await open(t);
  await page.waitForSelector("#supervisor[href='supervisor?demo']");
  await page.click("#supervisor");
  await page.waitForSelector("#figure-acceptance", { timeout: 60_000 });
  assert.equal(page.url(), `${base}/supervisor?demo`);
  assert.equal(await page.isVisible("#sign-in"), false);
  assert.deepEqual(await page.evaluate(() => [Object.keys(localStorage), Object.keys(sessionStorage), document.cookie]), [[], [], ""]);
  // What that page asks every few seconds is not among what clients ask.
  const { exchanges } = await (await fetch(`${base}/console/news`, { headers: { Authorization: DEMO } })).json();
  assert.deepEqual(exchanges.filter(([, { query, path }]) => /state=overdue/.test(query) || path.includes("/report/")), []);
  await page.click("#sign-out");
  assert.equal(await page.isVisible("#sign-in"), true);
  // Without being asked, and where there is no demo user, as in AWS, nobody is signed in.
  await page.goto(`${base}/supervisor`);
  assert.equal(await page.isVisible("#sign-in"), true);
  for (const none of [{ json: null }, { status: 403, json: { message: "Missing Authentication Token" } }]) {
    await page.route("**/console/start", (route) => route.fulfill(none));
    const asked = page.waitForResponse("**/console/start");
    await page.goto(`${base}/supervisor?demo`);
    await asked;
    await page.fill("#user", "username");
    await page.fill("#password", "wrong");
    await page.press("#password", "Enter");
    await page.waitForFunction(() => /is wrong/.test(document.querySelector("#refused").textContent));
    assert.equal(await page.isVisible("#panels"), false);
    await page.unroute("**/console/start");
  }
});

test("where tests begin anew, so do segments and events; what clients have sent stays", async (t) => {
  const { server: child, base: where } = await local.start("--for-tests");
  t.after(() => child.kill());
  const page = await signedIn(t, {}, where);
  const begun = async (id) => {
    const body = JSON.stringify(external(id, CODES));
    const answer = await fetch(`${where}/api/now/v1/wrapup/segment/create`, { method: "POST", headers: { Authorization: DEMO, "Content-Type": "application/json" }, body });
    assert.equal(answer.status, 200);
    await page.waitForFunction((id) => ["segments", "events"].every((panel) => document.getElementById(panel).textContent.includes(id)), id);
  };
  await begun("BEFORE");
  assert.equal((await fetch(`${where}/local/reset`, { method: "POST" })).status, 204);
  await page.waitForFunction(() => !document.querySelector("#segments > li, #events > li"));
  assert.equal(await page.isVisible("#no-segments"), true);
  await page.waitForFunction(() => document.querySelectorAll("#traffic > li").length === 1);
  await begun("AFTER");
  assert.ok(!(await page.textContent("#segments")).includes("BEFORE"));
});

test("pages that wait do not hold up the end", async (t) => {
  const { server: child, base: where } = await local.start();
  const page = await signedIn(t, {}, where);
  await page.waitForSelector("#empty:not([hidden])");
  const ended = new Promise((done) => child.on("exit", (code) => done(code)));
  child.kill("SIGINT");
  assert.equal(await ended, 0);
  await page.waitForFunction(() => document.querySelector("#notice").textContent.includes("does not answer"));
});

for (const colorScheme of ["light", "dark"]) {
  for (const width of [1280, 390]) {
    test(`${colorScheme}, ${width} pixels wide: nothing runs over the side, and all can be read`, async (t) => {
      // What is pictured is what a client has done, and not what the tests above have.
      server.kill();
      ({ server, base, dynamodbPort } = await local.start());
      const page = await signedIn(t, { colorScheme, viewport: { width, height: 844 }, locale: width === 390 && colorScheme === "dark" ? "de-DE" : "en-GB" });
      const id = `CALL-${width}-${colorScheme}`;
      await send(200, "POST", "segment/create", { ...external(id, { ...CODES, duration: 120, show_timer: true }), opened_on: written(Date.now()) });
      await send(200, "PUT", "segment/update?external_segment_id=" + id, { wrap_up_code: "Refund", notes: "Refund sent." });
      await send(404, "GET", "segment/CALL-UNKNOWN");
      await send(200, "POST", "segment/create", { ...external(`${id}-B`, { ...CODES, duration: 240, show_timer: true }), opened_on: written(Date.now()) });
      await send(400, "POST", "segment/create", { ...external("WRONG", { ...CODES, allowed_codes: [{ code: "Refund" }, {}] }), agent_sys_id: "", external_segment_id: undefined });
      await page.waitForFunction((id) => document.querySelector("#segments").textContent.includes(`${id}-B`), id);
      await page.waitForFunction(() => document.querySelector("#traffic > li .status")?.textContent === "400");
      await page.click("#traffic > li:first-child summary");
      await page.waitForSelector(".why");
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= width);
      // The contrast of each text with what is behind it (WCAG 2.2, 1.4.3).
      const faint = await page.evaluate(() => {
        const parts = (colour) => colour.match(/[\d.]+/g).map(Number);
        const light = ([r, g, b]) => [r, g, b].map((part) => part / 255).map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
          .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
        const behind = (node) => {
          for (let at = node; at; at = at.parentElement) {
            const colour = parts(getComputedStyle(at).backgroundColor);
            if (colour.length === 3 || colour[3] === 1) return colour;
          }
          return [255, 255, 255];
        };
        return [...document.querySelectorAll("body *")].filter((node) => node.checkVisibility() && [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim()))
          .map((node) => {
            const [one, other] = [light(parts(getComputedStyle(node).color)), light(behind(node))].sort((a, b) => b - a);
            return [(one + 0.05) / (other + 0.05), node.className || node.localName, node.textContent.slice(0, 30)];
          }).filter(([contrast]) => contrast < 4.5);
      });
      assert.deepEqual(faint, []);
      await page.mouse.move(0, 0);
      await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished)));
      await page.screenshot({ path: join(SHOTS, `console-${colorScheme}-${width}.png`) });
    });
  }
}
