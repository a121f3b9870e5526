import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Duration, Stack, Token } from 'aws-cdk-lib';
import { Table } from 'aws-cdk-lib/aws-dynamodb';
import { Role } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { IParameter, StringParameter } from 'aws-cdk-lib/aws-ssm';
import { refuseProps } from '../lib/refused-props';
import { AiProvider, SegmentTable, WrapUpApiProps } from '../lib';
import { Deployment } from './deployment';

type Props = WrapUpApiProps | ((stack: Stack) => WrapUpApiProps);

const ACCOUNT = 'eu-central-1:123456789012';
const KINESIS = `arn:aws:kinesis:${ACCOUNT}:stream/audit`;
const CHAT = `arn:aws:lambda:${ACCOUNT}:function:chat`;

const secret = (stack: Stack): ISecret =>
  Secret.fromSecretCompleteArn(stack, 'Secret', `arn:aws:secretsmanager:${ACCOUNT}:secret:llm-AbCdEf`);
const parameter = (stack: Stack): IParameter => StringParameter.fromStringParameterName(stack, 'Parameter', '/llm');
const role = (stack: Stack) => Role.fromRoleArn(stack, 'Role', 'arn:aws:iam::123456789012:role/audit');
const chat = (stack: Stack) => LambdaFunction.fromFunctionArn(stack, 'Chat', CHAT);
const tickets = (stack: Stack) => Table.fromTableArn(stack, 'Tickets', `arn:aws:dynamodb:${ACCOUNT}:table/tickets`);

/** A provider behind a URL, with a key or without. */
function openai(url: string, key?: (stack: Stack) => any): Props {
  return (stack) => ({ aiProvider: { kind: 'openai', url, model: 'llama', key: key?.(stack) } });
}

function table(more: (stack: Stack) => object): Props {
  return (stack) => ({
    segmentTables: { u: { table: tickets(stack), key: 'ticket', columns: {}, ...more(stack) } as SegmentTable },
  });
}

function webhook(url: string, sender: (secret: ISecret) => any): Props {
  return (stack) => ({ events: { webhook: { url, sender: sender(secret(stack)) } } });
}

const HOOK = 'https://desk.example/in';
const PROFILE = { id: 'eu.nova', regions: ['eu-central-1'] };

/** What is refused, by what it is told, beside the nearest that is taken. */
const CASES: [Props, RegExp, Props][] = [
  [{ aiLearn: true }, /aiLearn is about the AI filler/, { aiLearn: true, aiProvider: { kind: 'extractive' } }],
  [{ aiProvider: { kind: 'bedrock', model: '' } }, /model is ''/, { aiProvider: { kind: 'bedrock', model: 'nova' } }],
  [
    { aiProvider: { kind: 'bedrock', model: '*' } },
    /model is '\*'/,
    { aiProvider: { kind: 'bedrock', model: 'nova' } },
  ],
  [
    { aiProvider: { kind: 'bedrock', model: 'nova', inferenceProfile: { ...PROFILE, regions: [] } } },
    /inferenceProfile\.regions is empty/,
    { aiProvider: { kind: 'bedrock', model: 'nova', inferenceProfile: PROFILE } },
  ],
  [openai(''), /url has to be/, openai('https://llm.example')],
  [openai('https://llm.example/v1?a=b'), /url has to be/, openai('https://llm.example/v1')],
  [openai('https://user:word@llm.example'), /without credentials/, openai('http://llm.example:8000/v1')],
  [
    openai('http://llm.example', (stack) => ({ secret: secret(stack) })),
    /begin with https/,
    openai('http://llm.example'),
  ],
  ...['http://172.32.0.1', 'http://10.example.com/v1', 'http://[2001:db8::1]/v1', 'http://0.0.0.0/v1'].map(
    (url): [Props, RegExp, Props] => [
      openai(url, (stack) => ({ parameter: parameter(stack) })),
      /begin with https/,
      openai('http://[fd12:3456::1]/v1', (stack) => ({ parameter: parameter(stack) })),
    ],
  ),
  ...['localhost:11434', '127.0.0.1', '10.0.0.7:8000', '172.31.255.254', '192.168.1.2', '[::1]:8000'].map(
    (host): [Props, RegExp, Props] => [
      openai(`http://user@${host}/v1`, (stack) => ({ parameter: parameter(stack) })),
      /without credentials/,
      openai(`http://${host}/v1`, (stack) => ({ parameter: parameter(stack) })),
    ],
  ),
  [
    openai('https://llm.example', (stack) => ({ secret: secret(stack), parameter: parameter(stack) })),
    /key has secret or parameter, not both/,
    openai('https://llm.example', (stack) => ({ secret: secret(stack) })),
  ],
  [
    openai('https://llm.example', (stack) => ({
      secret: secret(stack),
      encryptionKey: Key.fromKeyArn(stack, 'Key', `arn:aws:kms:${ACCOUNT}:key/own`),
    })),
    /told by the secret/,
    openai('https://llm.example', (stack) => ({
      parameter: parameter(stack),
      encryptionKey: Key.fromKeyArn(stack, 'Key', `arn:aws:kms:${ACCOUNT}:key/own`),
    })),
  ],
  [
    table((stack) => ({ function: chat(stack) })),
    /segmentTables\.u has function or table, not both/,
    table(() => ({})),
  ],
  [table(() => ({ key: '' })), /segmentTables\.u\.key has to be a name/, table(() => ({ key: 'x' }))],
  [
    table(() => ({ columns: { agent: 'ticket' } })),
    /columns\.agent is the column 'ticket', which key has/,
    table(() => ({ columns: { agent: 'owner' } })),
  ],
  [
    table(() => ({ columns: { agent: 'a', start: 'a' } })),
    /columns\.start is the column 'a', which columns\.agent has/,
    table(() => ({ columns: { agent: 'a', start: 'b' } })),
  ],
  [webhook('http://desk.example/in', (keyIn) => ({ keyIn })), /webhook\.url/, webhook(HOOK, (keyIn) => ({ keyIn }))],
  [
    webhook(HOOK, (one) => ({ keyIn: one, clientIn: one, tokenUrl: HOOK })),
    /keyIn or clientIn, not both/,
    webhook(HOOK, (clientIn) => ({ clientIn, tokenUrl: HOOK })),
  ],
  [
    webhook(HOOK, (clientIn) => ({ clientIn, tokenUrl: HOOK, header: 'x-hook' })),
    /header or clientIn, not both/,
    webhook(HOOK, (keyIn) => ({ keyIn, header: 'x-hook' })),
  ],
  [
    webhook(HOOK, (keyIn) => ({ keyIn, tokenUrl: HOOK })),
    /keyIn or tokenUrl, not both/,
    webhook(HOOK, (clientIn) => ({ clientIn, tokenUrl: HOOK })),
  ],
  [
    webhook(HOOK, (clientIn) => ({ clientIn, tokenUrl: 'http://id.example' })),
    /tokenUrl has to be an https URL/,
    webhook(HOOK, (clientIn) => ({ clientIn, tokenUrl: 'https://id.example' })),
  ],
  [{ events: { source: 'aws.wrapup' } }, /events\.source/, { events: { source: 'https://wrapup.example.com' } }],
  [{ events: { archive: Duration.days(0) } }, /a day or more/, { events: { archive: Duration.days(1) } }],
  [
    { auditDestination: { arn: KINESIS } },
    /give a role that writes to/,
    (stack) => ({ auditDestination: { arn: KINESIS, role: role(stack) } }),
  ],
  [
    (stack) => ({ auditDestination: { arn: CHAT, role: role(stack) } }),
    /a function takes no role/,
    { auditDestination: { arn: CHAT } },
  ],
  [{ auditDestination: { arn: 'arn:aws:s3:::audit' } }, /takes no log lines/, { auditDestination: { arn: CHAT } }],
  [{ supervisorPage: true, indexes: 0 }, /set indexes to 1 or more/, { supervisorPage: true, indexes: 1 }],
  [{ supervisorPage: true, indexes: 0 }, /leave the page out/, { indexes: 0 }],
  [{ requestBounds: { perAddress: 9 } }, /AWS WAF counts from 10/, { requestBounds: { perAddress: 10 } }],
  [{ requestBounds: { perCredential: NaN } }, /AWS WAF counts from 10/, { requestBounds: { perCredential: 10 } }],
  [
    { requestBounds: { perAddress: 100 }, webAcl: { arn: 'arn:aws:wafv2:own' } },
    /give yours rules of its own/,
    { requestBounds: { perAddress: 100 }, webAcl: 'managed-rules' },
  ],
  [{ tablePrefix: 'prod/' }, /tablePrefix/, { tablePrefix: 'prod-' }],
  [{ language: 'de-AT' }, /language/, { language: 'de' }],
  ...['desk.example', 'https://desk.example/', 'https://*.example', 'https://one.example,https://two.example'].map(
    (origin): [Props, RegExp, Props] => [
      { allowedOrigins: [origin] },
      /allowedOrigins has/,
      { allowedOrigins: ['https://desk.example', 'http://localhost:3000', 'http://[::1]:8080', 'null'] },
    ],
  ),
];

/** What a construct does first; all of it takes a second. */
function refused(props: Props): void {
  refuseProps(typeof props === 'function' ? props(new Stack()) : props);
}

describe('a deployment', () => {
  it('is refused that cannot work, by what mends it', () => {
    for (const [wrong, why, right] of CASES) {
      assert.throws(() => refused(wrong), why);
      refused(right);
    }
  });

  it('is refused by the construct, before anything is made', () => {
    assert.throws(() => new Deployment({ supervisorPage: true, indexes: 0 }), /set indexes to 1 or more/);
  });

  it('has no more variables than Lambda takes, by what is known of them', () => {
    const many = (count: number) => (stack: Stack) => {
      const one = chat(stack);
      const names = Array.from({ length: count }, (_, index) => `u_${100 + index}`);
      return { segmentTables: Object.fromEntries(names.map((name) => [name, { function: one }])) };
    };
    // An entry as it is measured, JSON in JSON.
    const entry = JSON.stringify(JSON.stringify({ u_100: CHAT }).slice(1, -1)).length;
    const most = Math.floor(4096 / entry);
    new Deployment(many(most - 3));
    const words = /create-segment: its variables have \d+ bytes in JSON, .* 4096: the longest is WRAPUP_SEGMENT_TABLES/;
    assert.throws(() => new Deployment(many(most + 3)), words);
    // The account and region of this one are known to CloudFormation alone.
    const later = (stack: Stack) => LambdaFunction.fromFunctionName(stack, 'Later', 'chat');
    assert.throws(
      () => new Deployment((stack) => ({ segmentTables: { ['u'.repeat(4000)]: { function: later(stack) } } })),
      words,
    );
  });

  it('takes as it comes what only CloudFormation knows', () => {
    const later = Token.asString({ Ref: 'AWS::StackName' });
    const aiProvider: AiProvider = { kind: 'openai', url: later, model: later };
    new Deployment({ tablePrefix: later, aiProvider, auditDestination: { arn: later } });
  });
});
