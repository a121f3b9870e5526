import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RemovalPolicy } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { system } from '../lib/system';
import { Deployment } from './deployment';

describe('tables', () => {
  const deployment = new Deployment({ tablePrefix: 'prod-' });
  const read = new Deployment({ aiProvider: { kind: 'extractive' } });

  it('are those of the list', () => {
    assert.equal(deployment.resources('AWS::DynamoDB::Table').length, Object.keys(system.tables).length);
  });

  for (const [name, { stream, ttl, indexes = {} }] of Object.entries(system.tables)) {
    it(`${name} is what the code expects, and kept whatever happens`, () => {
      const { Properties, DeletionPolicy } = deployment.table(name);
      assert.equal(Properties.TableName, `prod-${name}`);
      assert.deepEqual(Properties.KeySchema, [{ AttributeName: 'sys_id', KeyType: 'HASH' }]);
      const keys = new Set(['sys_id', ...Object.values(indexes).flatMap(({ partition, sort }) => [partition, sort])]);
      assert.deepEqual(
        Properties.AttributeDefinitions,
        [...keys].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      );
      assert.deepEqual(
        Properties.GlobalSecondaryIndexes ?? [],
        Object.entries(indexes).map(([IndexName, { partition, sort, shown }]) => ({
          IndexName,
          KeySchema: [
            { AttributeName: partition, KeyType: 'HASH' },
            { AttributeName: sort, KeyType: 'RANGE' },
          ],
          Projection: shown ? { ProjectionType: 'INCLUDE', NonKeyAttributes: shown } : { ProjectionType: 'KEYS_ONLY' },
        })),
      );
      assert.equal(Properties.BillingMode, 'PAY_PER_REQUEST');
      assert.deepEqual(Properties.TimeToLiveSpecification, ttl && { AttributeName: ttl, Enabled: true });
      assert.equal(Properties.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled, true);
      assert.equal(Properties.DeletionProtectionEnabled, true);
      assert.equal(DeletionPolicy, 'Retain');
      assert.equal(Properties.StreamSpecification, undefined);
      assert.equal(read.table(name).Properties.StreamSpecification?.StreamViewType, stream);
      assert.equal(Properties.SSESpecification, undefined);
    });
  }

  it('get one index more with each step, as a table that is there takes them', () => {
    for (const indexes of [0, 1, 2, 3] as const) {
      const deployment = new Deployment({ indexes });
      for (const [name, { indexes: listed = {} }] of Object.entries(system.tables)) {
        const made = deployment.table(name).Properties.GlobalSecondaryIndexes ?? [];
        assert.deepEqual(
          made.map(({ IndexName }: { IndexName: string }) => IndexName),
          Object.keys(listed).slice(0, indexes),
        );
      }
    }
  });

  it('are without indexes where a deployment wants to pay nothing for them, and nothing runs that reads them', () => {
    const without = new Deployment({ indexes: 0 }, { rules: true });
    const { Properties } = without.table('interaction_wrap_up_segment');
    assert.equal(Properties.GlobalSecondaryIndexes, undefined);
    assert.deepEqual(Properties.AttributeDefinitions, [{ AttributeName: 'sys_id', AttributeType: 'S' }]);
    assert.ok(!JSON.stringify(without.template).includes('CloseOverdue'));
  });

  it('have the ids that deployed stacks know them by: another id is another table, and its name is taken', () => {
    const ids = read.resources('AWS::DynamoDB::Table').map(([id]) => id);
    assert.deepEqual(ids, [
      'ApiTablesinteractionwrapupcodeC19CD92D',
      'ApiTablesinteractionwrapupconfigurationA4CF4476',
      'ApiTablesinteractionwrapupsegment8280D238',
      'ApiTablessnopenframephonelogCD33131F',
      'ApiTablesinteractionE2495AE7',
      'ApiTablessysuser4682744C',
      'ApiTablesoauthclient1180CAC3',
      'ApiTablesailearned396301CF',
    ]);
    assert.deepEqual(
      read.resources('AWS::SQS::Queue').map(([id]) => id),
      [
        'ApiFunctionscloseoverdueDeadLettersC99837F0',
        'ApiFunctionsrotatekeysDeadLetters65A46DDF',
        'ApiFunctionsaifillerDeadLettersA5F6D3BC',
      ],
    );
  });

  it('go with the stack if asked to, and so do logs', () => {
    const gone = new Deployment({ removalPolicy: RemovalPolicy.DESTROY, logRetention: RetentionDays.ONE_DAY });
    const { Properties, DeletionPolicy } = gone.table('sys_user');
    assert.equal(DeletionPolicy, 'Delete');
    assert.equal(Properties.DeletionProtectionEnabled, false);
    for (const [, logs] of gone.resources('AWS::Logs::LogGroup')) {
      assert.equal(logs.DeletionPolicy, 'Delete');
      assert.equal(logs.Properties.RetentionInDays, 1);
    }
  });

  it('and logs stay when the stack goes, dead letters do not', () => {
    for (const [, logs] of read.resources('AWS::Logs::LogGroup')) assert.equal(logs.DeletionPolicy, 'Retain');
    for (const [, queue] of read.resources('AWS::SQS::Queue')) assert.equal(queue.DeletionPolicy, 'Delete');
  });

  it('are encrypted by a key of yours, which functions use through DynamoDB alone', () => {
    const arn = 'arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555';
    const encrypted = new Deployment((stack) => ({ encryptionKey: Key.fromKeyArn(stack, 'Key', arn) }));
    for (const name of Object.keys(system.tables)) {
      assert.deepEqual(encrypted.table(name).Properties.SSESpecification, {
        SSEEnabled: true,
        SSEType: 'KMS',
        KMSMasterKeyId: arn,
      });
    }
    const onKey = encrypted.statements('get-code').filter(({ resource }) => resource === arn);
    assert.deepEqual(
      onKey.map(({ actions }) => actions),
      [['kms:Decrypt', 'kms:GenerateDataKey']],
    );
    assert.match(JSON.stringify(onKey[0]?.conditions), /"kms:ViaService":.*"dynamodb\./);
  });

  it('are encrypted by the key, and so are logs and dead letters', () => {
    const arn = 'arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555';
    const encrypted = new Deployment((stack) => ({
      encryptionKey: Key.fromKeyArn(stack, 'Key', arn),
      aiProvider: { kind: 'extractive' },
      events: {},
      supervisorPage: true,
    }));
    const groups = encrypted.resources('AWS::Logs::LogGroup');
    assert.equal(groups.length, Object.keys(system.functions).length + 2);
    for (const [, logs] of groups) assert.equal(logs.Properties.KmsKeyId, arn);
    for (const [, { Properties }] of encrypted.resources('AWS::SQS::Queue')) {
      assert.deepEqual([Properties.KmsMasterKeyId, Properties.SqsManagedSseEnabled], [arn, undefined]);
    }
    assert.equal(encrypted.only('AWS::SecretsManager::Secret').Properties.KmsKeyId, arn);
    const onKey = encrypted.statements('ai-filler').filter(({ resource }) => resource === arn);
    assert.deepEqual(
      onKey.map(({ actions, conditions }) => [actions, JSON.stringify(conditions).match(/"(dynamodb|sqs)\./)?.[1]]),
      [
        [['kms:Decrypt', 'kms:GenerateDataKey'], 'dynamodb'],
        [['kms:Decrypt', 'kms:GenerateDataKey'], 'sqs'],
      ],
    );
  });

  it('have a key of the same app let CloudWatch Logs use it, for log groups of the account alone', () => {
    const encrypted = new Deployment((stack) => ({ encryptionKey: new Key(stack, 'Key') }));
    const { Statement } = encrypted.only('AWS::KMS::Key').Properties.KeyPolicy;
    const [logs, ...others] = Statement.filter((one: any) => JSON.stringify(one.Principal).includes('logs.'));
    assert.deepEqual(others, []);
    assert.match(JSON.stringify(logs.Condition), /"kms:EncryptionContext:aws:logs:arn":.*":log-group:\*"/);
  });

  it('have the key used by way of their services, by the name that they have in any partition', () => {
    const arn = 'arn:aws-cn:kms:cn-north-1:123456789012:key/11111111-2222-3333-4444-555555555555';
    const encrypted = new Deployment((stack) => ({ encryptionKey: Key.fromKeyArn(stack, 'Key', arn) }));
    const [onKey] = encrypted.statements('get-code').filter(({ resource }) => resource === arn);
    const hosts = (onKey?.conditions as any).StringEquals['kms:ViaService'].map((one: any) => one['Fn::Join'][1]);
    assert.deepEqual(hosts, [
      ['dynamodb.', { Ref: 'AWS::Region' }, '.amazonaws.com'],
      ['dynamodb.', { Ref: 'AWS::Region' }, '.', { Ref: 'AWS::URLSuffix' }],
    ]);
  });
});
