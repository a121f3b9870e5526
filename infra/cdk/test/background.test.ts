import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { FunctionSpec } from '../lib/system';
import { Deployment, Resource, Statement, bigger } from './deployment';

const KEY = 'arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555';

const FURTHER: Record<string, FunctionSpec> = {
  outbox: {
    stream: {
      table: 'interaction_wrap_up_segment',
      filter: { eventName: ['INSERT', 'MODIFY'] },
      batch: 20,
      retries: -1,
      hours: 12,
    },
    dynamodb: { interaction: ['GetItem'] },
  },
};

const deployment = bigger(FURTHER);

/** The logical id of the queue of a function. */
function queueOf(title: string): string {
  const queues = deployment.resources('AWS::SQS::Queue').map(([id]) => id);
  return queues.find((id) => id.includes(title)) ?? assert.fail(queues.join());
}

/** The one resource of a type that is about the job: not about others of the system's own. */
function ofTheJob(deployment: Deployment, type: string): Resource {
  const [[, found] = assert.fail(), ...others] = deployment
    .resources(type)
    .filter(([id]) => id.includes('closeoverdue'));
  assert.deepEqual(others, []);
  return found;
}

/** What a role may do, by the start of its logical id. */
function statements(deployment: Deployment, role: string): Statement[] {
  return deployment
    .resources('AWS::IAM::Policy')
    .filter(([id]) => id.startsWith(role))
    .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement)
    .map(({ Action, Resource, Condition }: any) => ({
      actions: [Action].flat(),
      resource: Resource,
      conditions: Condition,
    }));
}

describe('a job', () => {
  const target = { 'Fn::GetAtt': [deployment.lambdaId('close-overdue'), 'Arn'] };
  const letters = { 'Fn::GetAtt': [queueOf('closeoverdue'), 'Arn'] };

  it('runs by the clock, on the minute that it says', () => {
    const { Properties } = ofTheJob(deployment, 'AWS::Scheduler::Schedule');
    assert.equal(Properties.ScheduleExpression, 'rate(1 minute)');
    assert.deepEqual(Properties.FlexibleTimeWindow, { Mode: 'OFF' });
    assert.deepEqual(Properties.Target.Arn, target);
  });

  it('is tried again, and what comes to nothing is kept', () => {
    const { RetryPolicy, DeadLetterConfig } = ofTheJob(deployment, 'AWS::Scheduler::Schedule').Properties.Target;
    assert.deepEqual(RetryPolicy, { MaximumRetryAttempts: 5, MaximumEventAgeInSeconds: 3600 });
    assert.deepEqual(DeadLetterConfig, { Arn: letters });
    // The schedule only knows that Lambda took it: what fails then, Lambda tries again.
    const { MaximumRetryAttempts, DestinationConfig } = ofTheJob(
      deployment,
      'AWS::Lambda::EventInvokeConfig',
    ).Properties;
    assert.equal(MaximumRetryAttempts, 2);
    assert.deepEqual(DestinationConfig, { OnFailure: { Destination: letters } });
  });

  it('is invoked by a role that may do nothing else, and that no other account takes', () => {
    const role = ofTheJob(deployment, 'AWS::Scheduler::Schedule').Properties.Target.RoleArn['Fn::GetAtt'][0];
    const [trust, ...others] = deployment.template.Resources[role].Properties.AssumeRolePolicyDocument.Statement;
    assert.deepEqual(others, []);
    assert.deepEqual(trust.Principal, { Service: 'scheduler.amazonaws.com' });
    assert.deepEqual(trust.Condition, { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } });
    assert.deepEqual(
      statements(deployment, role.slice(0, -8)).map(({ actions, resource }) => [actions, resource]),
      [
        [['lambda:InvokeFunction'], target],
        [['sqs:SendMessage'], letters],
      ],
    );
  });

  it('has its dead letters encrypted by a key of yours, which role and schedule may use for that', () => {
    const encrypted = new Stack();
    const own = bigger(FURTHER, { encryptionKey: Key.fromKeyArn(encrypted, 'Key', KEY) });
    const role = ofTheJob(own, 'AWS::Scheduler::Schedule').Properties.Target.RoleArn['Fn::GetAtt'][0];
    for (const all of [own.statements('close-overdue'), statements(own, role.slice(0, -8))]) {
      const bySqs = all.filter(({ conditions }) => JSON.stringify(conditions ?? {}).includes('"sqs.'));
      assert.deepEqual(
        bySqs.map(({ actions, resource }) => [actions, resource]),
        [[['kms:Decrypt', 'kms:GenerateDataKey'], KEY]],
      );
    }
  });
});

describe('a consumer', () => {
  it('has the stream on without an AI provider, and is all that reads it then', () => {
    const { StreamSpecification } = deployment.table('interaction_wrap_up_segment').Properties;
    assert.deepEqual(StreamSpecification, { StreamViewType: 'NEW_AND_OLD_IMAGES' });
    const { FunctionName, FilterCriteria, DestinationConfig } = deployment.only(
      'AWS::Lambda::EventSourceMapping',
    ).Properties;
    assert.deepEqual(FunctionName, { Ref: deployment.lambdaId('outbox') });
    assert.deepEqual(JSON.parse(FilterCriteria.Filters[0].Pattern), FURTHER['outbox']?.stream?.filter);
    assert.deepEqual(DestinationConfig.OnFailure.Destination, { 'Fn::GetAtt': [queueOf('outbox'), 'Arn'] });
  });

  it('takes as many records, and tries them for as long, as the list says', () => {
    const { BatchSize, MaximumRetryAttempts, MaximumRecordAgeInSeconds } = deployment.only(
      'AWS::Lambda::EventSourceMapping',
    ).Properties;
    assert.deepEqual([BatchSize, MaximumRetryAttempts, MaximumRecordAgeInSeconds], [20, -1, 12 * 3600]);
  });

  it('reads beside the AI filler', () => {
    const both = bigger(FURTHER, { aiProvider: { kind: 'extractive' } });
    const readers = both
      .resources('AWS::Lambda::EventSourceMapping')
      .map(([, { Properties }]) => Properties.FunctionName.Ref);
    const wanted = ['ai-filler', 'outbox'].map((name) => both.lambdaId(name));
    assert.deepEqual(new Set(readers), new Set(wanted));
  });
});

describe('what runs in the background', () => {
  it('has alarms of its own, a place on the dashboard, and its dead letters in the outputs', () => {
    const alarms = deployment.resources('AWS::CloudWatch::Alarm').map(([id]) => id.slice('ApiAlarms'.length, -8));
    const own = alarms.filter((id) => /^(Outbox|CloseOverdue)/.test(id)).sort();
    assert.deepEqual(own, [
      'CloseOverdueDeadLettersVisible',
      'CloseOverdueErrors',
      'CloseOverdueLate',
      'CloseOverdueThrottles',
      'OutboxDeadLettersVisible',
      'OutboxErrors',
      'OutboxLate',
      'OutboxThrottles',
    ]);
    const body = JSON.stringify(deployment.only('AWS::CloudWatch::Dashboard').Properties.DashboardBody);
    for (const label of ['outbox lag', 'outbox dead letters', 'close-overdue dead letters'])
      assert.ok(body.includes(label));
    const outputs = Object.values<any>(deployment.template.Outputs).map(({ Value }) => Value);
    for (const name of ['outbox', 'closeoverdue'])
      assert.ok(outputs.some((value) => JSON.stringify(value) === JSON.stringify({ Ref: queueOf(name) })));
  });

  it('takes what the rules for AWS find good', () => {
    assert.deepEqual(deployment.findings, []);
  });
});
