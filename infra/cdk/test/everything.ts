// An app with all options that go together, but for a domain and a VPC, as tests/deploy deploys it. The context says what
// is there already, by ARN.
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Architecture, Function } from 'aws-cdk-lib/aws-lambda';
import { Role } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Table } from 'aws-cdk-lib/aws-dynamodb';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { WrapUpApi } from '../lib';

const app = new App();
const given = (name: string): string => {
  const value = app.node.tryGetContext(name);
  if (typeof value !== 'string') throw new TypeError(`-c ${name}=...`);
  return value;
};

const stack = new Stack(app, 'everything');
const secret = (name: string) => Secret.fromSecretCompleteArn(stack, name, given(name));
const account = { sameEnvironment: true };

new WrapUpApi(stack, 'Api', {
  code: { prebuilt: given('prebuilt') },
  tablePrefix: given('table-prefix'),
  language: 'de',
  allowedOrigins: ['https://desk.example'],
  log: 'info',
  architecture: Architecture.X86_64,
  memorySize: 512,
  segmentTables: {
    u_chat: { function: Function.fromFunctionAttributes(stack, 'Chat', { functionArn: given('chat'), ...account }) },
    u_ticket: {
      table: Table.fromTableArn(stack, 'Tickets', given('tickets')),
      key: 'ticket',
      columns: { interaction: 'conversation', agent: 'owner', start: 'began', transcript: 'words' },
    },
  },
  indexes: 3,
  aiLearn: true,
  aiProvider: { kind: 'openai', url: given('model-url'), model: 'a-model', key: { secret: secret('model-key') } },
  deadlines: true,
  supervisorPage: true,
  retentionDays: 365,
  events: {
    notes: true,
    archive: Duration.days(7),
    webhook: { url: 'https://desk.example/wrap-ups', sender: { keyIn: secret('webhook-key') } },
  },
  redaction: { notes: true, personal: ['email', 'phone'] },
  requestBounds: { perAddress: 100_000, perCredential: 100_000 },
  allowedCidrs: ['127.0.0.0/8'],
  authorizerConcurrency: 20,
  encryptionKey: Key.fromKeyArn(stack, 'Key', given('key')),
  alarmTopic: Topic.fromTopicArn(stack, 'Alarms', given('topic')),
  manyFailedSignIns: 50,
  auditDestination: { arn: given('audit'), role: Role.fromRoleArn(stack, 'Audit', given('audit-role')) },
  logRetention: RetentionDays.ONE_WEEK,
  authorizerCache: Duration.minutes(1),
  throttling: { rate: 1000, burst: 2000 },
});
