import { CfnElement, Duration, Stack, Validations } from 'aws-cdk-lib';
import { Table } from 'aws-cdk-lib/aws-dynamodb';
import { IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { EventSourceMapping, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { grantKey } from './keys';
import { WrapUpFunction } from './lambda-function';
import { Stream } from './system';

/**
 * Has the filler invoked by what happens to segments, and answers the queue of what it gave up on. A message there
 * says where in the stream the records are, and has nothing of the records themselves.
 */
export function feed(filler: WrapUpFunction, { filter }: Stream, table: Table, encryptionKey?: IKey): IQueue {
  const deadLetters = queue(filler, encryptionKey);
  const eventSourceArn = streamArn(table);
  const mapping = new EventSourceMapping(filler, 'Stream', {
    target: filler.function,
    eventSourceArn,
    startingPosition: StartingPosition.TRIM_HORIZON,
    batchSize: 10,
    bisectBatchOnError: true,
    reportBatchItemFailures: true,
    retryAttempts: 5,
    maxRecordAge: Duration.hours(6),
    filters: [{ pattern: JSON.stringify(filter) }],
    onFailure: { bind: () => ({ destination: deadLetters.queueArn }) },
  });
  // By statements of ours: CDK's own allow more, on every stream of the account.
  const statements = [
    new PolicyStatement({ actions: READ_STREAM, resources: [eventSourceArn] }),
    new PolicyStatement({ actions: ['dynamodb:ListStreams'], resources: [`${table.tableArn}/stream/*`] }),
    new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [deadLetters.queueArn] }),
  ];
  statements.forEach((statement) => filler.role.addToPrincipalPolicy(statement));
  // Lambda sends what could not be filled in the role's name.
  if (encryptionKey) grantKey(encryptionKey, filler.role, 'sqs', ['kms:Decrypt', 'kms:GenerateDataKey']);
  acknowledgeStreams(filler.role, table);
  mapping.node.addDependency(filler.role);
  return deadLetters;
}

const READ_STREAM = ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'];

function streamArn({ tableStreamArn, node }: Table): string {
  if (!tableStreamArn) throw new RangeError(`infra/system.json gives the table ${node.id} no stream`);
  return tableStreamArn;
}

function queue(filler: WrapUpFunction, encryptionMasterKey: IKey | undefined): Queue {
  const deadLetters = new Queue(filler, 'DeadLetters', {
    encryption: encryptionMasterKey ? QueueEncryption.KMS : QueueEncryption.SQS_MANAGED,
    encryptionMasterKey,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  });
  Validations.of(deadLetters).acknowledge({ id: 'AwsSolutions-SQS3', reason: 'It is where dead letters go.' });
  return deadLetters;
}

function acknowledgeStreams(role: IRole, table: Table): void {
  const name = Stack.of(table).resolve(Stack.of(table).getLogicalId(table.node.defaultChild as CfnElement));
  const id = `AwsSolutions-IAM5[Resource::<${name}.Arn>/stream/*]`;
  Validations.of(role).acknowledge({ id, reason: 'The streams of one table: DynamoDB names them when it makes them.' });
}
