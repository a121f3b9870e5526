import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { inBackground, system, wantsAi } from '../lib/system';
import { Deployment, Statement, defaults } from './deployment';

const deployment = new Deployment({
  tablePrefix: 'p-',
  language: 'de',
  log: 'debug',
  allowedOrigins: ['https://desk.example'],
  aiProvider: { kind: 'extractive' },
  events: {},
  supervisorPage: true,
});

/** The DynamoDB actions of statements, by table, and by index as the list names it. */
function onTables(deployment: Deployment, statements: Statement[]): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const { actions, resource } of statements) {
    for (const [table, { indexes = {} }] of Object.entries(system.tables)) {
      const arn = { 'Fn::GetAtt': [deployment.tableId(table), 'Arn'] };
      const ofIndex = (index: string): [string, unknown] => {
        const path = `/index/${index}`;
        return [`${table}${path}`, { 'Fn::Join': ['', [arn, path]] }];
      };
      for (const [name, one] of [[table, arn] as const, ...Object.keys(indexes).map(ofIndex)]) {
        if (JSON.stringify(resource) === JSON.stringify(one)) {
          found[name] = [...(found[name] ?? []), ...actions.map((action) => action.replace('dynamodb:', ''))].sort();
        }
      }
    }
  }
  return found;
}

/** Whether it is Lambda that takes a role. */
function ofLambda(policy: any): boolean {
  return policy.Statement[0].Principal.Service === 'lambda.amazonaws.com';
}

/** Whether it is EventBridge Scheduler that takes a role. */
function ofSchedules(policy: any): boolean {
  return policy.Statement[0].Principal.Service === 'scheduler.amazonaws.com';
}

describe('functions', () => {
  it('are those of the list', () => {
    const described = deployment.resources('AWS::Lambda::Function').map(([, { Properties }]) => Properties.Description);
    assert.deepEqual(
      described.sort(),
      Object.keys(system.functions)
        .map((name) => `wrapup: ${name}`)
        .sort(),
    );
  });

  for (const [name, spec] of Object.entries(system.functions)) {
    it(`${name} may do on tables what the list says`, () => {
      const listed = Object.entries(spec.dynamodb).map(([table, actions]) => [table, [...actions].sort()]);
      assert.deepEqual(onTables(deployment, deployment.statements(name)), Object.fromEntries(listed));
    });

    it(`${name} may do nothing else but log, trace, read its stream, use its secrets and tell the bus`, () => {
      const others = deployment.statements(name).flatMap(({ actions }) => actions);
      const tableActions = Object.values(spec.dynamodb)
        .flat()
        .map((action) => `dynamodb:${action}`);
      const log = ['logs:CreateLogStream', 'logs:PutLogEvents', 'xray:PutTelemetryRecords', 'xray:PutTraceSegments'];
      const stream = ['DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams'].map(
        (one) => `dynamodb:${one}`,
      );
      const streams = [spec.stream, spec.second_stream].flatMap((one) => (one ? stream : []));
      const secrets = Object.values(spec.secrets ?? {})
        .flat()
        .map((action) => `secretsmanager:${action}`);
      const letters = inBackground(spec) ? ['sqs:SendMessage'] : [];
      const bus = (spec.bus ?? []).map((action) => `events:${action}`);
      const expected = [...tableActions, ...secrets, ...bus, ...log, ...streams, ...letters];
      assert.deepEqual(others.sort(), expected.sort());
    });

    it(`${name} is allowed no action on everything but to trace`, () => {
      for (const { actions, resource } of deployment.statements(name)) {
        assert.ok(!actions.some((action) => action.includes('*')), actions.join());
        if (JSON.stringify(resource).includes('"*"')) assert.ok(actions.every((action) => action.startsWith('xray:')));
      }
    });

    it(`${name} reads no variable that the list does not have`, () => {
      const variables = Object.keys(deployment.lambda(name).Properties.Environment.Variables);
      const listed = [...system.environment, ...(spec.environment ?? [])];
      assert.deepEqual(
        variables.filter((variable) => !listed.includes(variable)),
        [],
      );
      assert.deepEqual(
        system.environment.filter((variable) => !variables.includes(variable)),
        [],
      );
    });

    it(`${name} runs on Lambda's own Linux, is traced, and logs to a group of its own`, () => {
      const { Properties } = deployment.lambda(name);
      assert.equal(Properties.Runtime, 'provided.al2023');
      assert.deepEqual(Properties.Architectures, ['arm64']);
      assert.equal(Properties.MemorySize, 256);
      assert.equal(Properties.Timeout, inBackground(spec) ? 120 : (spec.routes ?? spec.public_routes) ? 29 : 10);
      assert.deepEqual(Properties.TracingConfig, { Mode: 'Active' });
      const logs = Properties.LoggingConfig.LogGroup.Ref;
      assert.equal(deployment.template.Resources[logs].Properties.RetentionInDays, 30);
      assert.deepEqual(deployment.statements(name)[0]?.resource, { 'Fn::GetAtt': [logs, 'Arn'] });
    });
  }

  it('have roles that only functions of the account can take', () => {
    const roles = deployment
      .resources('AWS::IAM::Role')
      .map(([, { Properties }]) => Properties.AssumeRolePolicyDocument);
    const [conditions, others] = [roles.filter(ofLambda), roles.filter((one) => !ofLambda(one))];
    assert.equal(conditions.length, Object.keys(system.functions).length);
    for (const { Statement } of conditions) {
      assert.deepEqual(Statement[0].Condition, { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } });
    }
    const [bySchedule, byApiGateway] = [others.filter(ofSchedules), others.filter((one) => !ofSchedules(one))];
    for (const { Statement } of bySchedule) {
      assert.deepEqual(Statement[0].Condition, { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } });
    }
    assert.equal(bySchedule.length, Object.values(system.functions).filter(({ schedule }) => schedule).length);
    // By which API Gateway writes logs: nothing says that it names an account when it takes that role.
    assert.equal(byApiGateway.length, 1);
  });

  it('are bounded in how many sign-ins are checked at once only where a deployment says so', () => {
    const reserved = (one: Deployment) =>
      one
        .resources('AWS::Lambda::Function')
        .flatMap(([, { Properties }]) => Properties.ReservedConcurrentExecutions ?? []);
    assert.deepEqual(reserved(deployment), []);
    const bounded = new Deployment({ authorizerConcurrency: 20 });
    assert.deepEqual(reserved(bounded), [20]);
    assert.equal(bounded.lambda('authorizer').Properties.ReservedConcurrentExecutions, 20);
  });

  it('are built for x86-64 and given more memory on demand', () => {
    const { Properties } = new Deployment({ architecture: Architecture.X86_64, memorySize: 512 }).lambda('get-code');
    assert.deepEqual(Properties.Architectures, ['x86_64']);
    assert.equal(Properties.MemorySize, 512);
  });

  it('are refused where their code is missing', () => {
    assert.throws(
      () => new Deployment({ code: { prebuilt: 'no/such/folder' } }),
      /get-code.bootstrap\.zip does not exist/,
    );
    assert.throws(() => new Deployment({ code: { sources: 'no/such/folder' } }), /Cargo\.toml does not exist/);
  });

  it('that set a deadline are told where a deployment wants none', () => {
    for (const deadlines of [undefined, true, false]) {
      const deployment = new Deployment({ deadlines });
      const told = Object.keys(system.functions).filter(
        (name) =>
          !inBackground(system.functions[name]!) &&
          name !== 'console' &&
          deployment.lambda(name).Properties.Environment?.Variables.WRAPUP_DEADLINES === 'off',
      );
      assert.deepEqual(told, deadlines === false ? ['create-segment', 'update-segment'] : [], `${deadlines}`);
    }
  });

  it('that close are told how long what is over is kept, which is a whole number of days', () => {
    const deployment = new Deployment({ retentionDays: 30 });
    const told = Object.keys(system.functions).filter(
      (name) =>
        !wantsAi(system.functions[name]!) &&
        !['relay', 'console'].includes(name) &&
        deployment.lambda(name).Properties.Environment?.Variables.WRAPUP_RETENTION_DAYS === '30',
    );
    assert.deepEqual(told, ['create-segment', 'update-segment', 'update-segment-ai', 'save-draft', 'close-overdue']);
    for (const retentionDays of [0, -1, 1.5, 36501]) {
      assert.throws(() => new Deployment({ retentionDays }), /retentionDays has to be a whole number from 1 to 36500/);
    }
  });

  it('are told nothing that a deployment does not set', () => {
    assert.deepEqual(defaults.lambda('get-code').Properties.Environment.Variables, { WRAPUP_TABLE_PREFIX: 'wrapup-' });
    assert.equal(new Deployment({ tablePrefix: '' }).lambda('get-code').Properties.Environment, undefined);
  });
});
