import { Dashboard, GraphWidget, IMetric, IWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { Metrics } from './metrics';

/** The deployment at a glance. */
export function dashboard(scope: Construct, id: string, metrics: Metrics): Dashboard {
  const isThere = <T>(metric: T | undefined): metric is T => metric !== undefined;
  const withFiller = (metrics: IMetric[], filler: IMetric | undefined) => [...metrics, filler].filter(isThere);
  const filler = [
    graph('Age of the oldest segment to fill (ms)', [metrics.iteratorAge()].filter(isThere)),
    graph('Segments given up on', [metrics.deadLetters()].filter(isThere)),
  ];
  return new Dashboard(scope, id, {
    widgets: [
      [
        graph('Requests', [metrics.requests(), metrics.clientErrors(), metrics.serverErrors()]),
        graph('Latency (ms)', [metrics.latency('p50'), metrics.latency('p90'), metrics.latency('p99')]),
      ],
      [
        graph('Functions: errors', withFiller(metrics.functionErrors(), metrics.fillerErrors())),
        graph('Functions: throttles', withFiller(metrics.functionThrottles(), metrics.fillerThrottles())),
        graph('Failed sign-ins', [metrics.failedSignIns()]),
      ],
      [graph('Functions: duration, p99 (ms)', metrics.functionDurations()), ...(metrics.deadLetters() ? filler : [])],
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
