// A local server, a real browser, and what each page has to keep to.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { chromium } from "playwright-core";

/** The binary under test. */
export const WRAPUP = process.env.WRAPUP;
/** Where pictures are kept. */
export const SHOTS = process.env.SCREENSHOTS ?? mkdtempSync(join(tmpdir(), "wrapup-screenshots-"));
mkdirSync(SHOTS, { recursive: true });
/** A text that is markup. */
export const HOSTILE = `<img src=x onerror="document.title='broken'">`;
/** The demo user's credentials. */
export const DEMO = `Basic ${btoa("username:password")}`;

/** Starts a local server, with these options; answers its process, where it is, and its DynamoDB's port. */
export async function start(...options) {
  const server = spawn(WRAPUP, ["local", "--in-memory", "--port", "0", "--dynamodb-port", "0", ...options], { stdio: ["ignore", "pipe", "ignore"] });
  let base, dynamodbPort;
  for await (const line of createInterface({ input: server.stdout })) {
    base = line.match(/^Console +(http:\S+)\/$/)?.[1] ?? base;
    dynamodbPort = line.match(/^DynamoDB .*:(\d+)$/)?.[1] ?? dynamodbPort;
    if (line.startsWith("Try it")) break;
  }
  server.stdout.resume();
  return { server, base, dynamodbPort };
}

/** The browser. */
export const launch = () => chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run"],
});

/**
 * A page of a server in a window of its own; whatever it asks, logs or is refused is held against what it may. `expected` is
 * what the browser may say of answers that tests bring about.
 */
export async function open(t, browser, base, path, expected, options) {
  const context = await browser.newContext({ locale: "en-GB", timezoneId: "UTC", ...options });
  const page = await context.newPage();
  const asked = [], wrong = [];
  page.on("request", (request) => asked.push(request.url()));
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("console", (message) => {
    if (!expected.test(message.text())) wrong.push(message.text());
  });
  await page.addInitScript(() => addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.blockedURI}`)));
  await page.goto(base + path);
  t.after(async () => {
    await context.close();
    assert.deepEqual(wrong, []);
    assert.deepEqual(asked.filter((url) => !url.startsWith(`${base}/`) && !url.startsWith("data:")), []);
  });
  return page;
}

/** A moment as the API writes it. */
export const written = (ms) => new Date(ms).toISOString().slice(0, 19).replace("T", " ");

/** An external segment of this id. */
export function external(id, configuration) {
  return { agent_sys_id: "agent-7", interaction_sys_id: `call-${id}`, external: true, external_segment_id: id, configuration };
}
