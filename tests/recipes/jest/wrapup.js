// A `wrapup local` for the tests of a file, which begins anew for each of them. Files that run side by side have one each.
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');

function useWrapup() {
  const wrapup = {};
  let server;
  let folder;

  beforeAll(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'wrapup-'));
    const ready = path.join(folder, 'ready.json');
    const options = ['local', '--port', '0', '--dynamodb-port', '0', '--for-tests', '--ready-file', ready];
    server = spawn(process.env.WRAPUP || 'wrapup', options, { stdio: ['ignore', 'ignore', 'inherit'] });
    let failed;
    server.once('error', (error) => { failed = error; });
    for (const begun = Date.now(); !fs.existsSync(ready); await sleep(20)) {
      if (failed || server.exitCode !== null || Date.now() - begun > 60_000) {
        throw failed || new Error('wrapup local does not start');
      }
    }
    Object.assign(wrapup, JSON.parse(fs.readFileSync(ready, 'utf8')));
  }, 70_000);

  beforeEach(() => wrapup.tell('/local/reset'));

  afterAll(async () => {
    if (server.exitCode === null) {
      const ended = new Promise((resolve) => { server.once('exit', resolve); });
      server.kill();
      await ended;
    }
    fs.rmSync(folder, { recursive: true });
  });

  // Tells the local system something.
  wrapup.tell = async (what, body) => {
    const answer = await fetch(wrapup.base_url + what, { method: 'POST', body: body && JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${what}: ${await answer.text()}`);
  };

  // Calls the API as the demo user.
  wrapup.call = (method, what, body, headers) => fetch(`${wrapup.api_url}/${what}`, {
    method,
    headers: {
      Authorization: `Basic ${btoa(`${wrapup.user}:${wrapup.password}`)}`,
      'Content-Type': 'application/json',
      ...headers,
    },
    body: body && JSON.stringify(body),
  });

  return wrapup;
}

module.exports = { useWrapup };
