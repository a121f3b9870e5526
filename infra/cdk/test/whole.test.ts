import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Duration, Stack } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { FlowLogDestination, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Role } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { WrapUpApiProps } from '../lib';
import { Deployment } from './deployment';

const AUDIT_ROLE = 'arn:aws:iam::123456789012:role/audit';

/** A deployment that decides everything. */
function everything(stack: Stack): WrapUpApiProps {
  const arn = (service: string, name: string) => `arn:aws:${service}:eu-central-1:123456789012:${name}`;
  return {
    tablePrefix: 'prod-',
    language: 'de',
    log: 'wrapup=debug',
    allowedOrigins: ['https://desk.example', 'https://agents.example'],
    segmentTables: {
      u_chat: { function: LambdaFunction.fromFunctionArn(stack, 'Chat', arn('lambda', 'function:chat')) },
    },
    aiProvider: { kind: 'bedrock', model: 'amazon.nova-lite-v1:0' },
    events: {
      source: 'https://wrapup.example.com',
      notes: true,
      archive: Duration.days(30),
      webhook: {
        url: 'https://desk.example/wrap-ups',
        sender: {
          keyIn: Secret.fromSecretCompleteArn(stack, 'Webhook', arn('secretsmanager', 'secret:webhook-AbCdEf')),
        },
      },
    },
    domain: {
      name: 'wrapup.example.com',
      certificate: Certificate.fromCertificateArn(stack, 'Certificate', arn('acm', 'certificate/1')),
    },
    network: {
      vpc: new Vpc(stack, 'Vpc', {
        maxAzs: 2,
        flowLogs: { all: { destination: FlowLogDestination.toCloudWatchLogs() } },
      }),
    },
    webAcl: 'managed-rules',
    requestBounds: { perAddress: 2000, perCredential: 3000 },
    allowedCidrs: ['192.0.2.0/24'],
    authorizerConcurrency: 20,
    encryptionKey: Key.fromKeyArn(stack, 'Key', arn('kms', 'key/11111111-2222-3333-4444-555555555555')),
    alarmTopic: Topic.fromTopicArn(stack, 'Topic', arn('sns', 'pager')),
    auditDestination: { arn: arn('kinesis', 'stream/audit'), role: Role.fromRoleArn(stack, 'AuditRole', AUDIT_ROLE) },
  };
}

for (const [name, props] of Object.entries({ defaults: {}, everything })) {
  describe(`a deployment with ${name}`, () => {
    it('is without objections by the AwsSolutions rules', () => {
      assert.deepEqual(new Deployment(props, { rules: true }).findings, []);
    });
  });
}

describe('the rules', () => {
  it('object where there is something to object to', () => {
    const withTopic = (stack: Stack): WrapUpApiProps => {
      new Topic(stack, 'Topic');
      return {};
    };
    assert.throws(() => new Deployment(withTopic, { rules: true }), /Validation failed/);
  });
});

describe('functions in a VPC', () => {
  it('run in its private subnets, and may have network interfaces there', () => {
    const deployment = new Deployment(everything);
    const { VpcConfig } = deployment.lambda('get-code').Properties;
    assert.equal(VpcConfig.SubnetIds.length, 2);
    assert.equal(VpcConfig.SecurityGroupIds.length, 1);
    const interfaces = deployment
      .statements('get-code')
      .filter(({ actions }) => actions.includes('ec2:CreateNetworkInterface'));
    assert.equal(interfaces.length, 1);
  });
});
