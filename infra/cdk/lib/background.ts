import { Aws, CfnElement, Duration, Stack, Validations } from 'aws-cdk-lib';
import { Table } from 'aws-cdk-lib/aws-dynamodb';
import { IRole, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { EventInvokeConfig, EventSourceMapping, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { grantKey } from './keys';
import { WrapUpFunction } from './lambda-function';
import { Stream } from './system';

/** A stream that a consumer reads, of which table, and what it wants of it beside what the list says. */
export interface Source {
  readonly stream: Stream;
  readonly table: Table;
  readonly furtherFilters: Stream['filter'][];
}

/**
 * Has a consumer invoked by what happens to tables' records, and answers the queue of what it gave up on. A message
 * there says where in the stream the records are, and has nothing of the records themselves.
 */
export function consume(consumer: WrapUpFunction, sources: Source[], encryptionKey?: IKey): IQueue {
  const deadLetters = deadLetterQueue(consumer, encryptionKey);
  sources.forEach((source, index) => read(consumer, index === 0 ? 'Stream' : 'SecondStream', source, deadLetters));
  grantSend(deadLetters, consumer.role, encryptionKey);
  return deadLetters;
}

function read(consumer: WrapUpFunction, id: string, { stream, table, furtherFilters }: Source, letters: IQueue): void {
  const { filter, batch, retries, hours } = stream;
  const eventSourceArn = streamArn(table);
  const mapping = new EventSourceMapping(consumer, id, {
    target: consumer.function,
    eventSourceArn,
    startingPosition: StartingPosition.TRIM_HORIZON,
    batchSize: batch,
    bisectBatchOnError: true,
    reportBatchItemFailures: true,
    retryAttempts: retries,
    maxRecordAge: Duration.hours(hours),
    filters: [filter, ...furtherFilters].map((one) => ({ pattern: JSON.stringify(one) })),
    onFailure: { bind: () => ({ destination: letters.queueArn }) },
  });
  // By statements of ours: CDK's own allow more, on every stream of the account.
  const statements = [
    new PolicyStatement({ actions: READ_STREAM, resources: [eventSourceArn] }),
    new PolicyStatement({ actions: ['dynamodb:ListStreams'], resources: [`${table.tableArn}/stream/*`] }),
  ];
  statements.forEach((statement) => consumer.role.addToPrincipalPolicy(statement));
  acknowledgeStreams(consumer.role, table);
  mapping.node.addDependency(consumer.role);
}

/**
 * Has a job run by the clock, and answers the queue of what became of no run: the schedule sends there what Lambda did
 * not take, Lambda what the job failed at.
 */
export function schedule(job: WrapUpFunction, scheduleExpression: string, encryptionKey?: IKey): IQueue {
  const deadLetters = deadLetterQueue(job, encryptionKey);
  const retries = new EventInvokeConfig(job, 'Retries', {
    function: job.function,
    retryAttempts: 2,
    maxEventAge: Duration.hours(1),
    onFailure: { bind: () => ({ destination: deadLetters.queueArn }) },
  });
  grantSend(deadLetters, job.role, encryptionKey);
  retries.node.addDependency(job.role);
  // Not for a schedule of another account.
  const conditions = { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } };
  const assumedBy = new ServicePrincipal('scheduler.amazonaws.com', { conditions });
  const role = new Role(job, 'ScheduleRole', { assumedBy });
  const { functionArn } = job.function;
  role.addToPolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [functionArn] }));
  grantSend(deadLetters, role, encryptionKey);
  const scheduled = new CfnSchedule(job, 'Schedule', {
    description: `Runs ${job.name}`,
    scheduleExpression,
    flexibleTimeWindow: { mode: 'OFF' },
    target: {
      arn: functionArn,
      roleArn: role.roleArn,
      retryPolicy: { maximumRetryAttempts: 5, maximumEventAgeInSeconds: 3600 },
      deadLetterConfig: { arn: deadLetters.queueArn },
    },
  });
  scheduled.node.addDependency(role);
  return deadLetters;
}

const READ_STREAM = ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'];

function streamArn({ tableStreamArn, node }: Table): string {
  if (!tableStreamArn) throw new RangeError(`infra/system.json gives the table ${node.id} no stream`);
  return tableStreamArn;
}

/** AWS sends dead letters in the role's name. */
function grantSend({ queueArn }: IQueue, role: IRole, encryptionKey?: IKey): void {
  role.addToPrincipalPolicy(new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [queueArn] }));
  if (encryptionKey) grantKey(encryptionKey, role, 'sqs', ['kms:Decrypt', 'kms:GenerateDataKey']);
}

/** The queue of what comes to nothing, which goes with the stack. */
export function deadLetterQueue(of: Construct, encryptionMasterKey: IKey | undefined): Queue {
  const deadLetters = new Queue(of, 'DeadLetters', {
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
