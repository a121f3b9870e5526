const { useWrapup } = require('./wrapup');

const wrapup = useWrapup();
const WRAP_UP = {
  agent_sys_id: 'agent-7', interaction_sys_id: 'interaction-1', external: true, external_segment_id: 'CALL-1',
  configuration: {},
};

const stored = async () => (await (await wrapup.call('GET', 'segment/CALL-1')).json()).segment;

test('a wrap-up is stored as it was submitted', async () => {
  expect((await wrapup.call('POST', 'segment/create', WRAP_UP)).status).toBe(200);
  const update = 'segment/update?external_segment_id=CALL-1';
  expect((await wrapup.call('PUT', update, { notes: 'Refund sent.' })).status).toBe(200);

  expect(await stored()).toMatchObject({ state: 'closed', notes: 'Refund sent.' });
});

test('nothing is left of other tests', async () => {
  expect((await wrapup.call('GET', 'segment/CALL-1')).status).toBe(404);
});

test('a lost answer is asked for again', async () => {
  const lost = wrapup.call('POST', 'segment/create', WRAP_UP, { 'X-Wrapup-Fault': 'drop-after' });
  await expect(lost).rejects.toThrow();
  const created = await stored();

  const again = await (await wrapup.call('POST', 'segment/create', WRAP_UP)).json();
  expect(again.segment.sys_id).toBe(created.sys_id);
});

test('a wrap-up ends by itself after its duration', async () => {
  await wrapup.tell('/local/clock', { set: '2026-01-05 08:00:00' });
  const timed = { ...WRAP_UP, opened_on: '2026-01-05 08:00:00', configuration: { duration: 120, show_timer: true } };
  expect((await (await wrapup.call('POST', 'segment/create', timed)).json()).segment.state).toBe('open');

  await wrapup.tell('/local/clock', { forward: '3m' });

  expect(await stored()).toMatchObject({ state: 'closed', timed_out: true });
});
