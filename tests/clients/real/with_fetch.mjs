// `fetch` of Node.js, which is the one of browsers.
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';

const base = `${process.argv[2]}/api/now/v1/wrapup`;
const authorization = `Basic ${Buffer.from('username:password').toString('base64')}`;

async function call(method, path, body, headers = {}) {
  const response = await fetch(`${base}/${path}`, {
    method,
    headers: { authorization, accept: 'application/json', 'content-type': 'application/json', ...headers },
    body: body === undefined || typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
  });
  const text = await response.text();
  assert.equal(response.status, 200, `${method} ${path}: ${response.status} ${text}`);
  return { response, text, json: response.headers.get('content-type').includes('json') ? JSON.parse(text) : undefined };
}

const opening = (name) => ({
  agent_sys_id: 'agent-7',
  interaction_sys_id: `interaction-of-${name}`,
  external: true,
  external_segment_id: name,
  opened_on: new Date().toISOString(),
  configuration: {
    enable_codes: true,
    default_code: 'General Enquiry',
    allowed_codes: [{ code: 'General Enquiry' }, { code: 'Rückruf' }],
    enable_ai_code: true,
    enable_ai_notes: true,
    use_ai_as_default: true,
    use_third_party_ai: true,
    duration: null,
  },
});

// The tour.
assert.equal((await call('POST', 'segment/create', opening('fetch-1'))).json.segment.state, 'open');
const pushed = { external_segment_id: 'fetch-1', ai_wrap_up_code: 'Rückruf', ai_notes: 'Wants to be called back.' };
assert.equal((await call('PUT', 'segment/update/ai', pushed)).json.segment.ai_wrap_up_code, 'Rückruf');

// A text that is cut within an emoji keeps half of it, which JSON.stringify writes as \ud83d.
const notes = `${'x'.repeat(3999)}😀`.slice(0, 4000);
const update = 'segment/update?external_segment_id=fetch-1';
const closed = (await call('PUT', update, { notes, confirmed_on: '2026-01-05 10:30:00' })).json.segment;
assert.equal(closed.state, 'closed');
assert.equal(closed.code.code, 'Rückruf');
assert.equal(closed.notes, notes.toWellFormed());
assert.deepEqual((await call('GET', 'segment/fetch-1')).json.segment, closed);

const xml = await call('GET', 'segment/fetch-1', undefined, { accept: 'application/xml' });
assert.match(xml.response.headers.get('content-type'), /charset=utf-8/i);
assert.match(xml.text, /<code>Rückruf<\/code>/);

// A compressed body, a method in a header, a slash behind the path.
const codes = gzipSync(JSON.stringify({ codes: [{ code: 'Rückruf' }] }));
assert.ok((await call('POST', 'code', codes, { 'content-encoding': 'gzip' })).json.result.success);
await call('POST', 'segment/create', opening('fetch-2'));
const overridden = { 'x-http-method-override': 'PUT' };
const done = await call('POST', 'segment/update?external_segment_id=fetch-2', { notes: 'Done.' }, overridden);
assert.equal(done.json.segment.state, 'closed');
assert.equal((await call('GET', 'segment/fetch-2/')).json.segment.state, 'closed');
