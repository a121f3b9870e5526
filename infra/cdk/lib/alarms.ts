import { Alarm, ComparisonOperator, IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { Metrics, sum } from './metrics';

/** Alarms on what calls for somebody to look. */
export class Alarms extends Construct {
  constructor(
    scope: Construct,
    id: string,
    metrics: Metrics,
    private readonly topic: ITopic | undefined,
    manyFailedSignIns: number,
  ) {
    super(scope, id);
    const functionThrottles = sum('throttles', metrics.functionThrottles());
    this.raise('ServerErrors', metrics.serverErrors(), 5, 'The API answered 5xx.');
    this.raise(
      'SlowRequests',
      metrics.latency('p99'),
      2000,
      'One request in 100 took 2 seconds or more, for 15 minutes.',
      3,
    );
    this.raise('FunctionErrors', sum('errors', metrics.functionErrors()), 1, 'A function failed or ran out of time.');
    this.raise('FunctionThrottles', functionThrottles, 1, 'Lambda refused invocations: its concurrency is used up.');
    this.raise('FailedSignIns', metrics.failedSignIns(), manyFailedSignIns, 'Many sign-ins failed in 5 minutes.');
    this.raise('AiFillerErrors', metrics.fillerErrors(), 1, 'The AI filler failed or ran out of time.');
    this.raise('AiFillerThrottles', metrics.fillerThrottles(), 1, 'Lambda refused invocations of the AI filler.');
    this.raise('ReadThrottles', sum('reads', metrics.tableThrottles('Read')), 1, 'DynamoDB throttled reads.');
    this.raise('WriteThrottles', sum('writes', metrics.tableThrottles('Write')), 1, 'DynamoDB throttled writes.');
    this.raise('DeadLettersVisible', metrics.deadLetters(), 1, 'The AI filler gave up on segments.');
    this.raise('AiFillerLate', metrics.iteratorAge(), 5 * 60_000, 'Segments wait five minutes for the AI filler.');
  }

  /** An alarm that goes off once `metric` has been at `threshold` or above for `periods` of five minutes. */
  private raise(
    id: string,
    metric: IMetric | undefined,
    threshold: number,
    alarmDescription: string,
    periods = 1,
  ): void {
    if (!metric) return;
    const alarm = new Alarm(this, id, {
      metric,
      threshold,
      alarmDescription,
      evaluationPeriods: periods,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    if (!this.topic) return;
    alarm.addAlarmAction(new SnsAction(this.topic));
    alarm.addOkAction(new SnsAction(this.topic));
  }
}
