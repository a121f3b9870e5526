import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { FunctionSpec } from '../lib/system';
import { Deployment, bigger, defaults } from './deployment';

const TOPIC = 'arn:aws:sns:eu-central-1:123456789012:pager';

const deployment = new Deployment((stack) => ({
  aiProvider: { kind: 'extractive' },
  events: {},
  alarmTopic: Topic.fromTopicArn(stack, 'Topic', TOPIC),
}));

/** The alarms with the metrics that each judges. */
function alarms(deployment: Deployment): { metrics: string[]; properties: any }[] {
  return deployment.resources('AWS::CloudWatch::Alarm').map(([, { Properties: properties }]) => {
    const parts = (properties.Metrics ?? []).flatMap((one: any) => one.MetricStat?.Metric.MetricName ?? []);
    return { metrics: [properties.MetricName ?? parts].flat(), properties };
  });
}

describe('alarms', () => {
  it('watch what calls for somebody to look', () => {
    const watched = alarms(deployment).map(({ metrics }) => [...new Set(metrics)].join());
    // Of more functions than an alarm may watch.
    const lambda = ['Errors', 'Errors', 'Throttles', 'Throttles', 'failed_sign_ins'];
    const job = ['ApproximateNumberOfMessagesVisible', 'Errors', 'Throttles'];
    const sweep = [...job, 'oldest_overdue_seconds'];
    const always = ['5XXError', 'Latency', 'ReadThrottleEvents', 'WriteThrottleEvents', ...lambda, ...job, ...sweep];
    const consumer = ['ApproximateNumberOfMessagesVisible', 'Errors', 'IteratorAge', 'Throttles'];
    assert.deepEqual(watched.sort(), [...always, ...consumer, ...consumer, 'put_aside'].sort());
    const without = alarms(defaults).map(({ metrics }) => [...new Set(metrics)].join());
    assert.deepEqual(without.sort(), always.sort());
  });

  it('go off when it is time to look, and not before', () => {
    const bounds = Object.fromEntries(
      deployment.resources('AWS::CloudWatch::Alarm').map(([id, { Properties: properties }]) => {
        const { Threshold, EvaluationPeriods, ComparisonOperator, Metrics = [] } = properties;
        const [stat] = [properties, ...Metrics.map(({ MetricStat }: any) => MetricStat)].filter(
          (one: any) => one?.Period && (one.Stat ?? one.Statistic ?? one.ExtendedStatistic),
        );
        assert.equal(ComparisonOperator, 'GreaterThanOrEqualToThreshold');
        assert.equal(stat.Period, 300);
        const name = id.replace(/^ApiAlarms/, '').slice(0, -8);
        return [name, [Threshold, EvaluationPeriods, stat.Stat ?? stat.Statistic ?? stat.ExtendedStatistic]];
      }),
    );
    assert.deepEqual(bounds, {
      // Callers try again: one 5xx says little, five that something is broken.
      ServerErrors: [5, 1, 'Sum'],
      // What lasts for a quarter of an hour is no cold start.
      SlowRequests: [2000, 3, 'p99'],
      FailedSignIns: [100, 1, 'Sum'],
      // None of these happens where all is well.
      FunctionErrors: [1, 1, 'Sum'],
      FunctionErrors2: [1, 1, 'Sum'],
      FunctionThrottles: [1, 1, 'Sum'],
      FunctionThrottles2: [1, 1, 'Sum'],
      ReadThrottles: [1, 1, 'Sum'],
      WriteThrottles: [1, 1, 'Sum'],
      CloseOverdueErrors: [1, 1, 'Sum'],
      CloseOverdueThrottles: [1, 1, 'Sum'],
      CloseOverdueDeadLettersVisible: [1, 1, 'Maximum'],
      // Seconds: readers see ends in time, whoever waits for events does not.
      CloseOverdueLate: [300, 1, 'Maximum'],
      RotateKeysErrors: [1, 1, 'Sum'],
      RotateKeysThrottles: [1, 1, 'Sum'],
      RotateKeysDeadLettersVisible: [1, 1, 'Maximum'],
      AiFillerErrors: [1, 1, 'Sum'],
      AiFillerThrottles: [1, 1, 'Sum'],
      DeadLettersVisible: [1, 1, 'Maximum'],
      // Milliseconds: agents wrap up within minutes.
      AiFillerLate: [300_000, 1, 'Maximum'],
      RelayErrors: [1, 1, 'Sum'],
      RelayThrottles: [1, 1, 'Sum'],
      RelayDeadLettersVisible: [1, 1, 'Maximum'],
      RelayPutAside: [1, 1, 'Sum'],
      RelayLate: [300_000, 1, 'Maximum'],
    });
  });

  it('tell the AI filler, which no caller waits for, from the other functions', () => {
    const filler = JSON.stringify({ Ref: deployment.lambdaId('ai-filler') });
    const own = alarms(deployment).filter(({ properties }) => JSON.stringify(properties).includes(filler));
    assert.deepEqual(own.map(({ metrics }) => metrics).sort(), [['Errors'], ['IteratorAge'], ['Throttles']]);
  });

  it('go off by many failed sign-ins, and a deployment says how many that are', () => {
    for (const [props, threshold] of [
      [{}, 100],
      [{ manyFailedSignIns: 5 }, 5],
    ] as const) {
      const [found] = alarms(new Deployment(props)).filter(({ metrics }) => metrics.includes('failed_sign_ins'));
      const counted = found?.properties.Metrics.flatMap(({ MetricStat }: any) => MetricStat?.Metric ?? []);
      assert.deepEqual(
        counted.map(({ Namespace, Dimensions: [{ Name, Value }] }: any) => [Namespace, Name, Value]),
        ['authorizer', 'oauth_token.do'].map((endpoint) => ['Wrapup', 'endpoint', endpoint]),
      );
      assert.equal(found?.properties.Threshold, threshold);
    }
  });

  it('take no more metrics than CloudWatch lets them, and have another beside them for the rest', () => {
    const endpoints = Array.from({ length: 5 }, (_, index) => `report-${index}`);
    const spec = (name: string): FunctionSpec => ({ routes: [`GET wrapup/report/${name}`], dynamodb: {} });
    const many = bigger(Object.fromEntries(endpoints.map((name) => [name, spec(name)])));
    const errors = alarms(many).filter(({ metrics }) => metrics.includes('Errors'));
    assert.deepEqual(
      errors.map(({ metrics }) => metrics.length),
      [10, 9, 1, 1],
    );
    for (const { metrics } of [...alarms(deployment), ...alarms(many)]) assert.ok(metrics.length <= 10, metrics.join());
  });

  it('tell the topic when they go off and when they end, and are quiet without requests', () => {
    for (const { properties } of alarms(deployment)) {
      assert.deepEqual([properties.AlarmActions, properties.OKActions], [[TOPIC], [TOPIC]]);
      // A sweep that does not run measures nothing.
      const named = JSON.stringify(properties);
      const missing = named.includes('oldest_overdue_seconds') ? 'breaching' : 'notBreaching';
      assert.equal(properties.TreatMissingData, missing);
    }
    for (const { properties } of alarms(defaults)) assert.equal(properties.AlarmActions, undefined);
  });

  it('are named by what they mean, and stand beside a dashboard', () => {
    for (const { properties } of alarms(deployment)) assert.match(properties.AlarmDescription, /\.$/);
    const body = JSON.stringify(deployment.only('AWS::CloudWatch::Dashboard').Properties.DashboardBody);
    for (const metric of ['opened', 'closed', 'timed_out', 'confirmed', 'ai_outcomes'])
      assert.ok(body.includes(`MetricName=\\\\\\"${metric}\\\\\\"`), metric);
    for (const metric of ['Count', 'Latency', 'IteratorAge', 'ConsumedWriteCapacityUnits'])
      assert.ok(body.includes(metric));
  });
});
