import { Alarm, ComparisonOperator, IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { Metrics, sums } from './metrics';
import { deadLettersName, title } from './system';

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
    this.raise('ServerErrors', metrics.serverErrors(), 5, 'The API answered 5xx.');
    this.raise(
      'SlowRequests',
      metrics.latency('p99'),
      2000,
      'One request in 100 took 2 seconds or more, for 15 minutes.',
      3,
    );
    for (const failed of sums('signIns', metrics.failedSignIns())) {
      this.raise('FailedSignIns', failed, manyFailedSignIns, 'Many sign-ins failed in 5 minutes.');
    }
    const functionThrottles = sums('throttles', metrics.functionThrottles());
    this.raiseEach('FunctionErrors', sums('errors', metrics.functionErrors()), 'A function failed or ran out of time.');
    this.raiseEach('FunctionThrottles', functionThrottles, 'Lambda refused invocations: its concurrency is used up.');
    this.raiseEach('ReadThrottles', sums('reads', metrics.tableThrottles('Read')), 'DynamoDB throttled reads.');
    this.raiseEach('WriteThrottles', sums('writes', metrics.tableThrottles('Write')), 'DynamoDB throttled writes.');
    const [putAside, webhookDeadLetters] = [metrics.putAside(), metrics.webhookDeadLetters()];
    if (putAside)
      this.raise('RelayPutAside', putAside, 1, 'Events are left out: what they are made of cannot be read.');
    if (webhookDeadLetters) {
      this.raise('WebhookDeadLettersVisible', webhookDeadLetters, 1, 'The webhook did not take events.');
    }
    for (const { name, errors, throttles, lag, late, deadLetters } of metrics.background()) {
      const id = title(name);
      this.raise(`${id}Errors`, errors, 1, `${name} failed or ran out of time.`);
      this.raise(`${id}Throttles`, throttles, 1, `Lambda refused invocations of ${name}.`);
      if (lag) this.raise(`${id}Late`, lag, 5 * 60_000, `Records wait five minutes for ${name}.`);
      if (late) {
        const description = `What ${name} does waits for ${late.seconds} s, or it does not run.`;
        // What does not run measures nothing.
        this.raise(`${id}Late`, late.metric, late.seconds, description, 1, TreatMissingData.BREACHING);
      }
      this.raise(`${deadLettersName(name)}Visible`, deadLetters, 1, `${name} gave up.`);
    }
  }

  /** Alarms on parts of a whole, of which the first has its name. */
  private raiseEach(id: string, metrics: IMetric[], description: string): void {
    metrics.forEach((metric, index) => this.raise(index ? `${id}${index + 1}` : id, metric, 1, description));
  }

  /**
   * An alarm that goes off once `metric` has been at `threshold` or above for `periods` of five minutes; `missing` says
   * what it is where nothing is measured.
   */
  private raise(
    id: string,
    metric: IMetric,
    threshold: number,
    alarmDescription: string,
    periods = 1,
    missing = TreatMissingData.NOT_BREACHING,
  ): void {
    const alarm = new Alarm(this, id, {
      metric,
      threshold,
      alarmDescription,
      evaluationPeriods: periods,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: missing,
    });
    if (!this.topic) return;
    alarm.addAlarmAction(new SnsAction(this.topic));
    alarm.addOkAction(new SnsAction(this.topic));
  }
}
