import { CfnSubscriptionFilter } from 'aws-cdk-lib/aws-logs';
import { WrapUpFunction } from './lambda-function';
import { AuditDestination } from './props';
import { FunctionSpec } from './system';

/** The actions that change records. */
const CHANGES = ['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem'];

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
