import { Duration } from 'aws-cdk-lib';
import { Stage } from 'aws-cdk-lib/aws-apigateway';
import { IMetric, MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Table } from 'aws-cdk-lib/aws-dynamodb';
import { IFunction } from 'aws-cdk-lib/aws-lambda';
import { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Late } from './system';

/** What is watched. */
export interface Watched {
  readonly stage: Stage;
  /** By name in `functions/`. */
  readonly functions: ReadonlyMap<string, IFunction>;
  /** By name without prefix. */
  readonly tables: ReadonlyMap<string, Table>;
  readonly background: readonly Background[];
  /** What the webhook did not take, where there is one. */
  readonly webhookDeadLetters: IQueue | undefined;
}

/** A function that nobody waits for, and the queue of what it gave up on. */
export interface Background {
  /** In `functions/`. */
  readonly name: string;
  readonly function: IFunction;
  readonly deadLetters: IQueue;
  /** Whether it reads a stream, and may be late. */
  readonly reads: boolean;
  /** What it measures of being late by itself. */
  readonly late: Late | undefined;
}

/** The metrics of a function that nobody waits for. */
export interface BackgroundMetrics {
  readonly name: string;
  readonly errors: IMetric;
  readonly throttles: IMetric;
  /** Milliseconds that the oldest record has waited, where it reads a stream. */
  readonly lag?: IMetric;
  /** Seconds that it is late, by its own measure, and how many are an alarm. */
  readonly late?: { readonly metric: IMetric; readonly seconds: number };
  /** What it gave up on. */
  readonly deadLetters: IMetric;
}

const period = Duration.minutes(5);

/** The metrics that alarms judge and the dashboard shows, each over five minutes. */
export class Metrics {
  constructor(private readonly watched: Watched) {}

  /** What has become of wrap-ups, whichever function has counted it. Deployments of one account and region share it. */
  wrapUps(): IMetric[] {
    return ['opened', 'closed', 'timed_out', 'confirmed'].map((name) => summed(name.replace('_', ' '), name));
  }

  /** The closed wrap-ups that had an AI code, and those of them whose code it became. */
  aiSuggestions(): IMetric[] {
    const taken = 'ai_outcome=("ai_code" OR "ai_code_as_default")';
    return [summed('offered', 'ai_outcomes', 'ai_outcome'), summed('taken', 'ai_outcomes', 'ai_outcome', taken)];
  }

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

  /**
   * Behind API Gateway only the authorizer signs callers in, and whoever gives them tokens. Deployments of one account
   * and region share the metrics.
   */
  failedSignIns(): Metric[] {
    return ['authorizer', 'oauth_token.do'].map(
      (endpoint) =>
        new Metric({
          namespace: 'Wrapup',
          metricName: 'failed_sign_ins',
          dimensionsMap: { endpoint },
          statistic: Stats.SUM,
          period,
          label: `failed sign-ins, ${endpoint}`,
        }),
    );
  }

  /**
   * Events that a relay has left out, where there is one, because what they are made of cannot be read. Deployments of
   * one account and region share the metric.
   */
  putAside(): Metric | undefined {
    if (!this.watched.functions.has('relay')) return undefined;
    const how = { statistic: Stats.SUM, period, label: 'events left out' };
    return new Metric({ namespace: 'Wrapup', metricName: 'put_aside', dimensionsMap: { endpoint: 'relay' }, ...how });
  }

  /** What the webhook did not take, where there is one. */
  webhookDeadLetters(): Metric | undefined {
    const how = { period, statistic: Stats.MAXIMUM, label: 'webhook dead letters' };
    return this.watched.webhookDeadLetters?.metricApproximateNumberOfMessagesVisible(how);
  }

  /** Of each function that nobody waits for. */
  background(): BackgroundMetrics[] {
    return this.watched.background.map(({ name, function: one, deadLetters, reads, late }) => ({
      name,
      late: late && { metric: ownMetric(late.metric, name), seconds: late.seconds },
      errors: one.metricErrors({ period, label: name }),
      throttles: one.metricThrottles({ period, label: name }),
      lag: reads ? one.metric('IteratorAge', { period, statistic: Stats.MAXIMUM, label: `${name} lag` }) : undefined,
      deadLetters: deadLetters.metricApproximateNumberOfMessagesVisible({
        period,
        statistic: Stats.MAXIMUM,
        label: `${name} dead letters`,
      }),
    }));
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

  private behindTheApi(): [string, IFunction][] {
    const behind = new Set(this.watched.background.map(({ name }) => name));
    return [...this.watched.functions].filter(([name]) => !behind.has(name));
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

/** What a function measures by itself. Deployments of one account and region share it. */
function ownMetric(metricName: string, endpoint: string): Metric {
  const dimensionsMap = { endpoint };
  return new Metric({
    namespace: 'Wrapup',
    metricName,
    dimensionsMap,
    statistic: Stats.MAXIMUM,
    period,
    label: endpoint,
  });
}

/** What CloudWatch finds of a metric of the functions' own, and sums up. */
function summed(label: string, metric: string, dimension = 'outcome', among = ''): IMetric {
  const search = [`{Wrapup,endpoint,${dimension}}`, `MetricName="${metric}"`, ...(among ? [among] : [])].join(' ');
  const expression = `SUM(SEARCH('${search}', 'Sum', ${period.toSeconds()}))`;
  return new MathExpression({ expression, usingMetrics: {}, label, period });
}

/** What an alarm takes at most. */
const METRICS_OF_AN_ALARM = 10;

/** All of them as one, or as few as it takes. */
export function sums(label: string, metrics: Metric[]): IMetric[] {
  if (metrics.length === 0) return [];
  const usingMetrics = Object.fromEntries(
    metrics.slice(0, METRICS_OF_AN_ALARM).map((metric, index) => [`m${index}`, metric]),
  );
  const first = new MathExpression({ expression: 'SUM(METRICS())', usingMetrics, label, period });
  return [first, ...sums(label, metrics.slice(METRICS_OF_AN_ALARM))];
}
