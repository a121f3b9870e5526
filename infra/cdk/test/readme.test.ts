import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { prebuilt } from './deployment';

const README = readFileSync(join(__dirname, '..', '..', 'README.md'), 'utf8');

/** The stack of the first app that the README shows, run as it is printed but for where code and construct are. */
function shownApp(): Stack {
  const [, shown = assert.fail('no app')] = README.match(/```ts\n([^`]*)```/) ?? [];
  const script = shown
    .replaceAll(/^import (.*) from ('.*');$/gm, 'const $1 = require($2);')
    .replace("'wrapup-cdk'", "'../lib'")
    .replace("{ sources: 'wrapup' }", JSON.stringify({ prebuilt }));
  return new Function('require', `${script}; return stack;`)(require);
}

describe('the app that the README shows', () => {
  it('has the functions that use its segment tables know of them, and may use them', () => {
    const template = Template.fromStack(shownApp());
    const functions = template.findResources('AWS::Lambda::Function');
    const told = Object.values(functions).filter((one) => JSON.stringify(one).includes('team-tickets'));
    assert.deepEqual(told.map((one) => one['Properties'].Description).sort(), [
      'wrapup: create-segment',
      'wrapup: find-segment',
      'wrapup: get-segment',
    ]);
    const policies = JSON.stringify(template.findResources('AWS::IAM::Policy'));
    assert.equal(policies.match(/:table\/team-tickets"/g)?.length, 3);
    assert.equal(policies.match(/:function:chat"/g)?.length, 3);
  });
});
