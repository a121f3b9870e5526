import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Table } from 'aws-cdk-lib/aws-dynamodb';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { system } from '../lib/system';
import { Deployment } from './deployment';

const CHAT = 'arn:aws:lambda:eu-central-1:123456789012:function:chat';
const TICKETS = 'arn:aws:dynamodb:eu-central-1:123456789012:table/team-tickets';

const deployment = new Deployment((stack) => ({
  aiProvider: { kind: 'extractive' },
  events: {},
  supervisorPage: true,
  segmentTables: {
    u_chat: { function: LambdaFunction.fromFunctionArn(stack, 'Chat', CHAT) },
    u_ticket: {
      table: Table.fromTableArn(stack, 'Tickets', TICKETS),
      key: 'ticket',
      columns: { agent: 'owner', transcript: 'words' },
    },
  },
}));

/** What a function may do on what serves the segment tables. */
function allowed(name: string): Record<string, string[]> {
  const statements = deployment.statements(name).filter(({ resource }) => resource === CHAT || resource === TICKETS);
  return Object.fromEntries(statements.map(({ actions, resource }) => [resource, actions]));
}

describe('segment tables', () => {
  it('are described to the functions that use them', () => {
    for (const name of ['create-segment', 'get-segment', 'find-segment', 'ai-filler']) {
      const { WRAPUP_SEGMENT_TABLES } = deployment.lambda(name).Properties.Environment.Variables;
      assert.deepEqual(JSON.parse(WRAPUP_SEGMENT_TABLES), {
        u_chat: CHAT,
        u_ticket: { dynamodb_table: 'team-tickets', key: 'ticket', columns: { agent: 'owner', transcript: 'words' } },
      });
    }
  });

  it('are created in by the function that opens segments', () => {
    const both = ['dynamodb:GetItem', 'dynamodb:PutItem'];
    assert.deepEqual(allowed('create-segment'), { [CHAT]: ['lambda:InvokeFunction'], [TICKETS]: both });
  });

  it('are read by the others that use them', () => {
    for (const name of ['get-segment', 'find-segment', 'ai-filler']) {
      assert.deepEqual(allowed(name), { [CHAT]: ['lambda:InvokeFunction'], [TICKETS]: ['dynamodb:GetItem'] });
    }
  });

  it('are decrypted by those that use them, through DynamoDB alone', () => {
    const key = 'arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555';
    const encrypted = new Deployment((stack) => {
      const encryptionKey = Key.fromKeyArn(stack, 'Key', key);
      const table = Table.fromTableAttributes(stack, 'Tickets', { tableArn: TICKETS, encryptionKey });
      return {
        aiProvider: { kind: 'extractive' },
        events: {},
        supervisorPage: true,
        segmentTables: { u_ticket: { table, key: 'ticket', columns: {} } },
      };
    });
    for (const [name, { environment = [] }] of Object.entries(system.functions)) {
      const onKey = encrypted.statements(name).filter(({ resource }) => resource === key);
      const uses = environment.includes('WRAPUP_SEGMENT_TABLES');
      assert.deepEqual(
        onKey.map(({ actions }) => actions),
        uses ? [['kms:Decrypt']] : [],
      );
      if (uses) assert.match(JSON.stringify(onKey[0]?.conditions), /"StringEquals":.*"kms:ViaService":.*"dynamodb\./);
    }
  });

  it('are nothing to the rest', () => {
    for (const [name, { environment = [] }] of Object.entries(system.functions)) {
      if (environment.includes('WRAPUP_SEGMENT_TABLES')) continue;
      assert.deepEqual(allowed(name), {});
      assert.equal(deployment.lambda(name).Properties.Environment?.Variables.WRAPUP_SEGMENT_TABLES, undefined);
    }
  });
});
