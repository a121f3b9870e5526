import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { WrapUpApiProps } from '../lib';
import { system } from '../lib/system';
import { Deployment } from './deployment';

/** What each function is told of redaction. */
function told(redaction: WrapUpApiProps['redaction']): Record<string, string[]> {
  const deployment = new Deployment({
    aiProvider: { kind: 'extractive' },
    events: {},
    supervisorPage: true,
    redaction,
  });
  const told: Record<string, string[]> = {};
  for (const name of Object.keys(system.functions)) {
    const variables: Record<string, string> = deployment.lambda(name).Properties.Environment.Variables;
    const ours = Object.entries(variables).filter(([variable]) => variable.startsWith('WRAPUP_REDACT_'));
    if (ours.length) told[name] = ours.map((pair) => pair.join('=')).sort();
  }
  return told;
}

describe('redaction', () => {
  it('is as the functions have it where a deployment says nothing', () => {
    assert.deepEqual(told(undefined), {});
  });

  it('of notes is told to the functions that store them', () => {
    assert.deepEqual(told({ notes: true }), {
      'update-segment': ['WRAPUP_REDACT_NOTES=on'],
      'save-draft': ['WRAPUP_REDACT_NOTES=on'],
    });
  });

  it('of personal data is told to all that redact', () => {
    assert.deepEqual(told({ personal: ['email', 'phone'] }), {
      'update-segment': ['WRAPUP_REDACT_PERSONAL=email,phone'],
      'save-draft': ['WRAPUP_REDACT_PERSONAL=email,phone'],
      'ai-filler': ['WRAPUP_REDACT_PERSONAL=email,phone'],
    });
    assert.deepEqual(told({ personal: [] })['ai-filler'], ['WRAPUP_REDACT_PERSONAL=none']);
  });
});
