import { Dashboard, GraphWidget, IMetric, IWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { Metrics } from './metrics';

/** The deployment at a glance. */
export function dashboard(scope: Construct, id: string, metrics: Metrics): Dashboard {
  const background = metrics.background();
  const lags = background.flatMap(({ lag }) => lag ?? []);
  const jobs = background.flatMap(({ late }) => late?.metric ?? []);
  const late = [
    ...(jobs.length > 0 ? [graph('Seconds that jobs are late', jobs)] : []),
    graph('Age of the oldest record to read (ms)', lags),
    graph(
      'Given up on',
      background.map(({ deadLetters }) => deadLetters),
    ),
  ];
  return new Dashboard(scope, id, {
    widgets: [
      // What supervisors ask.
      [graph('Wrap-ups', metrics.wrapUps()), graph('AI suggestions of closed wrap-ups', metrics.aiSuggestions())],
      [
        graph('Requests', [metrics.requests(), metrics.clientErrors(), metrics.serverErrors()]),
        graph('Latency (ms)', [metrics.latency('p50'), metrics.latency('p90'), metrics.latency('p99')]),
      ],
      [
        graph('Functions: errors', [...metrics.functionErrors(), ...background.map(({ errors }) => errors)]),
        graph('Functions: throttles', [
          ...metrics.functionThrottles(),
          ...background.map(({ throttles }) => throttles),
        ]),
        graph('Failed sign-ins', metrics.failedSignIns()),
      ],
      [graph('Functions: duration, p99 (ms)', metrics.functionDurations()), ...(background.length > 0 ? late : [])],
      [
        graph('Tables: request units', metrics.consumed('Read'), metrics.consumed('Write')),
        graph('Tables: throttles', metrics.tableThrottles('Read'), metrics.tableThrottles('Write')),
      ],
    ],
  });
}

function graph(title: string, left: IMetric[], right: IMetric[] = []): IWidget {
  return new GraphWidget({ title, left, right, width: 8 });
}
