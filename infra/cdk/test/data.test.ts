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

  for (const [name, { stream }] of Object.entries(system.tables)) {
    it(`${name} is what the code expects, and kept whatever happens`, () => {
      const { Properties, DeletionPolicy } = deployment.table(name);
      assert.equal(Properties.TableName, `prod-${name}`);
      assert.deepEqual(Properties.KeySchema, [{ AttributeName: 'sys_id', KeyType: 'HASH' }]);
      assert.deepEqual(Properties.AttributeDefinitions, [{ AttributeName: 'sys_id', AttributeType: 'S' }]);
      assert.equal(Properties.BillingMode, 'PAY_PER_REQUEST');
      assert.equal(Properties.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled, true);
      assert.equal(Properties.DeletionProtectionEnabled, true);
      assert.equal(DeletionPolicy, 'Retain');
      assert.equal(Properties.StreamSpecification, undefined);
      assert.equal(read.table(name).Properties.StreamSpecification?.StreamViewType, stream);
      assert.equal(Properties.SSESpecification, undefined);
    });
  }

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

  it('are encrypted by a key of yours, which functions use through DynamoDB alone', () => {
    const arn = 'arn:aws:kms:eu-central-1:123456789012:key/1';
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
});
