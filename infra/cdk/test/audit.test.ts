import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Role } from 'aws-cdk-lib/aws-iam';
import { Deployment, defaults } from './deployment';

const STREAM = 'arn:aws:kinesis:eu-central-1:123456789012:stream/audit';
const FUNCTION = 'arn:aws:lambda:eu-central-1:123456789012:function:audit';
const ROLE = 'arn:aws:iam::123456789012:role/audit';

/** The log groups that audit lines go out of, with where they go. */
function filters(deployment: Deployment): Record<string, unknown> {
  const found = deployment.resources('AWS::Logs::SubscriptionFilter').map(([, { Properties }]) => Properties);
  return Object.fromEntries(found.map(({ LogGroupName, ...others }) => [LogGroupName.Ref, others]));
}

describe('audit lines', () => {
  it('stay in the logs where a deployment names no destination', () => {
    assert.deepEqual(filters(defaults), {});
  });

  for (const [kind, arn, role] of [
    ['one that wants a role', STREAM, ROLE],
    ['one that wants none', FUNCTION, undefined],
  ] as const) {
    it(`go out of the logs of all functions that write, to ${kind}`, () => {
      const deployment = new Deployment((stack) => ({
        aiProvider: { kind: 'extractive' },
        events: {},
        supervisorPage: true,
        auditDestination: { arn, role: role ? Role.fromRoleArn(stack, 'Role', role) : undefined },
      }));
      const to = {
        FilterPattern: '{ $.audit.action = "*" }',
        DestinationArn: arn,
        ...(role && { RoleArn: role }),
      };
      const behind = ['close-overdue', 'ai-filler'];
      const endpoints = ['create-codes', 'create-segment', 'save-draft', 'update-segment', 'update-segment-ai'];
      const writers = [...endpoints, ...behind];
      const groups = writers.map((name) => deployment.lambda(name).Properties.LoggingConfig.LogGroup.Ref);
      assert.deepEqual(filters(deployment), Object.fromEntries(groups.map((group) => [group, to])));
    });
  }
});
