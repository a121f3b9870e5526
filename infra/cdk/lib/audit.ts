import { Token } from 'aws-cdk-lib';
import { CfnSubscriptionFilter } from 'aws-cdk-lib/aws-logs';
import { WrapUpFunction } from './lambda-function';
import { AuditDestination } from './props';
import { refuse, unlike } from './refusal';
import { FunctionSpec } from './system';

/** The actions that change records. */
const CHANGES = ['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem'];

/** Refuses a destination that CloudWatch Logs would not take: streams want a role, functions none. */
export function refuseAuditDestination({ arn, role }: AuditDestination): void {
  const of = (services: string) => new RegExp(`^arn:[a-z-]+:(${services}):`);
  refuse(unlike(arn, of('kinesis|firehose|lambda|logs')), `auditDestination.arn is '${arn}', which takes no log lines`);
  if (Token.isUnresolved(arn)) return;
  refuse(!role && of('kinesis|firehose').test(arn), `auditDestination: give a role that writes to ${arn}`);
  refuse(role !== undefined && of('lambda').test(arn), 'auditDestination: a function takes no role: leave it out');
}

/** Sends the audit lines of a function that writes to where a deployment wants them. */
export function audit(created: WrapUpFunction, { dynamodb }: FunctionSpec, { arn, role }: AuditDestination): void {
  if (
    !Object.values(dynamodb)
      .flat()
      .some((action) => CHANGES.includes(action))
  )
    return;
  const filter = new CfnSubscriptionFilter(created, 'Audit', {
    logGroupName: created.logGroup.logGroupName,
    filterPattern: '{ $.audit.action = "*" }',
    destinationArn: arn,
    roleArn: role?.roleArn,
  });
  // CloudWatch Logs tries the destination at once, by what the role's policies allow.
  if (role) filter.node.addDependency(role);
}
