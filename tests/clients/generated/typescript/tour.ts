// The tour by a client of openapi-typescript and openapi-fetch: `node tour.js URL`, as the user of the environment.
import assert from 'node:assert/strict';

import createClient from 'openapi-fetch';

import type { components, paths } from './wrapup.js';

const { WRAPUP_USER: user, WRAPUP_PASSWORD: password } = process.env;
const wrapup = createClient<paths, 'application/json'>({
  baseUrl: process.argv[2] ?? '',
  headers: { Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` },
});

// Codes, in two languages.
const codes = await wrapup.POST('/wrapup/code', {
  body: {
    codes: [
      { code: 'TypeScript Refund', translations: [{ language: 'de', code: 'Erstattung' }] },
      { code: 'TypeScript Enquiry', active: true },
    ],
  },
});
const stored = codes.data?.result.result_map?.created_wrap_up_codes ?? [];
assert.deepEqual(
  stored.map((code) => code.code),
  ['TypeScript Refund', 'TypeScript Enquiry'],
);
const code = await wrapup.GET('/wrapup/code/{code_id}', {
  params: { path: { code_id: stored[0]?.sys_id ?? '' }, header: { 'Accept-Language': 'de' } },
});
assert.equal(code.data?.result.result_map.wrap_up_code.translated_code, 'Erstattung');

// A CCaaS system's segment, from its opening to its confirmation.
const configuration: components['schemas']['NewConfiguration'] = {
  enable_codes: true,
  default_code: 'TypeScript Enquiry',
  allowed_codes: [{ code: 'TypeScript Enquiry' }, { code: 'TypeScript Refund' }],
  duration: 120,
  show_timer: true,
  enable_ai_code: true,
  enable_ai_notes: true,
  use_third_party_ai: true,
};
const opened = await wrapup.POST('/wrapup/segment/create', {
  body: {
    agent_sys_id: 'typescript-agent',
    interaction_sys_id: 'typescript-interaction',
    external: true,
    external_segment_id: 'TYPESCRIPT-1',
    opened_on: '2026-01-05 10:15:00',
    configuration,
  },
});
const segment: components['schemas']['Segment'] | undefined = opened.data?.segment;
assert.equal(segment?.state, 'open');
assert.equal(segment?.wrap_up_configuration.duration, '120');

const address = { external_segment_id: 'TYPESCRIPT-1' };
const advised = await wrapup.PUT('/wrapup/segment/update/ai', {
  body: { ...address, ai_wrap_up_code: 'TypeScript Refund', ai_notes: 'Charged twice.' },
});
assert.equal(advised.data?.segment.ai_wrap_up_code, 'TypeScript Refund');
const again = await wrapup.PUT('/wrapup/segment/update/aidetails', { body: { ...address, ai_notes: 'One goes back.' } });
assert.equal(again.data?.segment.ai_notes, 'One goes back.');

const closed = await wrapup.PUT('/wrapup/segment/update', {
  params: { query: address },
  body: { wrap_up_code: 'TypeScript Refund', notes: 'Refund sent.' },
});
assert.equal(closed.data?.segment.state, 'closed');
assert.equal(closed.data?.segment.awaiting_confirmation, true);
assert.equal(closed.data?.segment.ai_outcome, 'ai_code');
const confirmed = await wrapup.PUT('/wrapup/segment/update', {
  params: { query: address },
  body: { confirmed_on: '2026-01-05 10:30:00' },
});
assert.equal(confirmed.data?.segment.confirmed_on, '2026-01-05 10:30:00');

const read = await wrapup.GET('/wrapup/segment/{segment_id}', { params: { path: { segment_id: 'TYPESCRIPT-1' } } });
assert.equal(read.data?.segment.code?.code, 'TypeScript Refund');
const latest = await wrapup.GET('/wrapup/segment/agent/{agent_id}/interaction/{interaction_id}', {
  params: {
    path: { agent_id: 'typescript-agent', interaction_id: 'typescript-interaction' },
    query: { include: 'interaction_segment' },
  },
});
assert.equal(latest.data?.segment.sys_id, segment?.sys_id);

// Errors are typed, too.
const late = await wrapup.PUT('/wrapup/segment/update', { params: { query: address }, body: { notes: 'Too late.' } });
assert.equal(late.response.status, 400);
assert.ok(late.error && 'success' in late.error && late.error.message.includes('is final'));
const unknown = await wrapup.GET('/wrapup/segment/{segment_id}', { params: { path: { segment_id: 'TYPESCRIPT-0' } } });
assert.equal(unknown.response.status, 404);

// A workspace's own, by the demo's configuration.
const internal = await wrapup.POST('/wrapup/segment/create', {
  body: {
    agent_sys_id: 'typescript-agent',
    interaction_sys_id: 'typescript-workspace',
    wrap_up_configuration_sys_id: '459249ae34d559a4ad648aab5800ea0a',
  },
});
assert.equal(internal.data?.segment.external, false);
console.log('the tour by openapi-fetch: fine');
