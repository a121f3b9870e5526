import { Duration } from 'aws-cdk-lib';
import { Stage } from 'aws-cdk-lib/aws-apigateway';
import { IMetric, MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Table } from 'aws-cdk-lib/aws-dynamodb';
import { IFunction } from 'aws-cdk-lib/aws-lambda';
import { IQueue } from 'aws-cdk-lib/aws-sqs';

/** What is watched. */
export interface Watched {
  readonly stage: Stage;
  /** By name in `functions/`. */
  readonly functions: ReadonlyMap<string, IFunction>;
  /** By name without prefix. */
  readonly tables: ReadonlyMap<string, Table>;
  /** The AI filler and the queue of what it gave up on, where there is one. */
  readonly filler?: { readonly function: IFunction; readonly deadLetters: IQueue };
}

const period = Duration.minutes(5);

/** The metrics that alarms judge and the dashboard shows, each over five minutes. */
export class Metrics {
  constructor(private readonly watched: Watched) {}

  requests(): Metric {
    return this.watched.stage.metricCount({ period, label: 'requests' });
  }

  serverErrors(): Metric {
    return this.watched.stage.metricServerError({ period, statistic: Stats.SUM, label: '5xx' });
  }

  clientErrors(): Metric {
    return this.watched.stage.metricClientError({ period, statistic: Stats.SUM, label: '4xx' });
  }

  /** Milliseconds from the request's arrival to the answer's departure. */
  latency(statistic: string): Metric {
    return this.watched.stage.metricLatency({ period, statistic, label: statistic });
  }

  /** Of each endpoint: the authorizer refuses a caller by an error, as API Gateway wants it. */
  functionErrors(): Metric[] {
    const functions = this.behindTheApi().filter(([name]) => name !== 'authorizer');
    return functions.map(([label, one]) => one.metricErrors({ period, label }));
  }

  /** Of each function that a caller waits for. */
  functionThrottles(): Metric[] {
    return this.behindTheApi().map(([label, one]) => one.metricThrottles({ period, label }));
  }

  /** Behind API Gateway only the authorizer signs in. Deployments of one account and region share the metric. */
  failedSignIns(): Metric {
    return new Metric({
      namespace: 'Wrapup',
      metricName: 'failed_sign_ins',
      dimensionsMap: { endpoint: 'authorizer' },
      statistic: Stats.SUM,
      period,
      label: 'failed sign-ins',
    });
  }

  fillerErrors(): Metric | undefined {
    return this.watched.filler?.function.metricErrors({ period, label: 'ai-filler' });
  }

  fillerThrottles(): Metric | undefined {
    return this.watched.filler?.function.metricThrottles({ period, label: 'ai-filler' });
  }

  /** Milliseconds that the slowest of 100 invocations took, of each function. */
  functionDurations(): Metric[] {
    const functions = [...this.watched.functions];
    return functions.map(([label, one]) => one.metricDuration({ period, statistic: 'p99', label }));
  }

  /** Of each table. */
  tableThrottles(kind: 'Read' | 'Write'): Metric[] {
    return this.eachTable(`${kind}ThrottleEvents`);
  }

  /** Request units of each table. */
  consumed(kind: 'Read' | 'Write'): Metric[] {
    return this.eachTable(`Consumed${kind}CapacityUnits`);
  }

  /** Milliseconds that the oldest record has waited for the AI filler. */
  iteratorAge(): Metric | undefined {
    return this.watched.filler?.function.metric('IteratorAge', {
      period,
      statistic: Stats.MAXIMUM,
      label: 'iterator age',
    });
  }

  /** What the AI filler gave up on. */
  deadLetters(): Metric | undefined {
    const how = { period, statistic: Stats.MAXIMUM, label: 'dead letters' };
    return this.watched.filler?.deadLetters.metricApproximateNumberOfMessagesVisible(how);
  }

  private behindTheApi(): [string, IFunction][] {
    return [...this.watched.functions].filter(([, one]) => one !== this.watched.filler?.function);
  }

  private eachTable(metricName: string): Metric[] {
    const metric = ([label, table]: [string, Table]) =>
      new Metric({
        namespace: 'AWS/DynamoDB',
        metricName,
        dimensionsMap: { TableName: table.tableName },
        statistic: Stats.SUM,
        period,
        label,
      });
    return [...this.watched.tables].map(metric);
  }
}

/** All of them as one. An alarm takes ten at most. */
export function sum(label: string, metrics: Metric[]): IMetric {
  const usingMetrics = Object.fromEntries(metrics.map((metric, index) => [`m${index}`, metric]));
  return new MathExpression({ expression: 'SUM(METRICS())', usingMetrics, label, period });
}
