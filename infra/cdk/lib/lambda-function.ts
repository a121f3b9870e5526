import { Aws, Duration, RemovalPolicy, Tags, Validations } from 'aws-cdk-lib';
import { Effect, IRole, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { Architecture, Function as LambdaFunction, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { FunctionCode, rustFunction } from './code';
import { Network } from './props';

/** What all functions of a deployment have in common. */
export interface FunctionDefaults {
  readonly code: FunctionCode | undefined;
  readonly architecture: Architecture;
  /** In MB. */
  readonly memorySize: number;
  readonly network: Network | undefined;
  readonly logRetention: RetentionDays;
  readonly encryptionKey: IKey | undefined;
  readonly removalPolicy: RemovalPolicy;
}

/** How a function differs from the others. */
export interface FunctionOptions {
  readonly timeout: Duration;
  readonly environment: Record<string, string>;
  /** How many of it may run at once. */
  readonly concurrency: number | undefined;
}

/** A function of the system by its name in `functions/`, with a role and a log group of its own. */
export class WrapUpFunction extends Construct {
  readonly function: LambdaFunction;
  readonly role: IRole;
  readonly logGroup: LogGroup;

  constructor(
    scope: Construct,
    readonly name: string,
    { network, logRetention, encryptionKey, removalPolicy, ...defaults }: FunctionDefaults,
    { timeout, environment, concurrency }: FunctionOptions,
  ) {
    super(scope, name);
    this.logGroup = new LogGroup(this, 'Logs', { retention: logRetention, encryptionKey, removalPolicy });
    this.role = this.roleThatLogs(this.logGroup, network !== undefined);
    this.function = rustFunction(this, name, defaults.code, {
      description: `wrapup: ${name}`,
      architecture: defaults.architecture,
      memorySize: defaults.memorySize,
      timeout,
      environment,
      role: this.role,
      logGroup: this.logGroup,
      reservedConcurrentExecutions: concurrency,
      tracing: Tracing.ACTIVE,
      ...(network && { vpc: network.vpc, vpcSubnets: network.subnets, securityGroups: network.securityGroups }),
    });
    Tags.of(this.function).add('wrapup-function', name);
  }

  /** In place of the managed policies for Lambda, which allow writing into every log group. */
  private roleThatLogs(logGroup: LogGroup, inVpc: boolean): Role {
    // Not for a function of another account.
    const conditions = { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } };
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com', { conditions }) });
    role.addToPolicy(allow(['logs:CreateLogStream', 'logs:PutLogEvents'], logGroup.logGroupArn));
    if (inVpc) role.addToPolicy(allow(NETWORK_INTERFACES, '*'));
    Validations.of(role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason:
        "X-Ray's actions, and those on network interfaces that a function in a VPC needs, know no resources. " +
        'Everything else names its resource.',
    });
    return role;
  }
}

/** What Lambda does in the function's name to run it in a VPC. */
const NETWORK_INTERFACES = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
];

function allow(actions: string[], resource: string): PolicyStatement {
  return new PolicyStatement({ effect: Effect.ALLOW, actions, resources: [resource] });
}
