import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { system } from '../lib/system';
import { AiProvider } from '../lib';
import { Deployment, Resource, defaults } from './deployment';

const ACCOUNT = 'arn:aws:SERVICE:eu-central-1:123456789012';
const arn = (service: string, name: string) => `${ACCOUNT.replace('SERVICE', service)}:${name}`;

/** What the filler is told beside where its tables are. */
function variables(deployment: Deployment): Record<string, string> {
  const { WRAPUP_TABLE_PREFIX: _, ...others } = deployment.lambda('ai-filler').Properties.Environment.Variables;
  return others;
}

/** What the filler may do outside of DynamoDB, the queue and its logs. */
function onModels(deployment: Deployment) {
  const others = /^(bedrock|secretsmanager|ssm|kms):/;
  return deployment.statements('ai-filler').filter(({ actions }) => actions.some((action) => others.test(action)));
}

/** What invokes the filler: by the stream of segments, and by that of interactions. */
function sources(deployment: Deployment): [[string, Resource], [string, Resource]] {
  const found = deployment.resources('AWS::Lambda::EventSourceMapping');
  const [first, second, ...others] = found.sort(
    ([one], [other]) => Number(/Second/.test(one)) - Number(/Second/.test(other)),
  );
  assert.deepEqual(others, []);
  return [first ?? assert.fail(), second ?? assert.fail()];
}

/** Whether a queue is the filler's, of all that there are. */
function ofTheFiller([id]: [string, unknown]): boolean {
  return id.includes('aifiller');
}

describe('the AI filler', () => {
  it('is not there without a provider, nor are its queue and alarms', () => {
    const without = defaults;
    assert.equal(
      without.resources('AWS::Lambda::Function').length,
      Object.keys(system.functions).length - 3,
      'nor are the relay and the page',
    );
    assert.deepEqual(without.resources('AWS::Lambda::EventSourceMapping'), []);
    assert.deepEqual(without.resources('AWS::SQS::Queue').filter(ofTheFiller), []);
  });

  it('gets the segments that want it, in bounds, and leaves a trace of what it gave up on', () => {
    const deployment = new Deployment({ aiProvider: { kind: 'extractive' } });
    const [[, { Properties }], [, second]] = sources(deployment);
    const { stream, second_stream: secondStream } = system.functions['ai-filler'] ?? assert.fail();
    assert.deepEqual(Properties.FunctionName, { Ref: deployment.lambdaId('ai-filler') });
    assert.deepEqual(Properties.EventSourceArn, {
      'Fn::GetAtt': [deployment.tableId(stream?.table ?? ''), 'StreamArn'],
    });
    assert.deepEqual(
      Properties.FilterCriteria.Filters.map(({ Pattern }: any) => JSON.parse(Pattern)),
      [stream?.filter],
    );
    assert.deepEqual(second.Properties, {
      ...Properties,
      EventSourceArn: { 'Fn::GetAtt': [deployment.tableId(secondStream?.table ?? ''), 'StreamArn'] },
      FilterCriteria: { Filters: [{ Pattern: JSON.stringify(secondStream?.filter) }] },
    });
    assert.deepEqual(Properties.FunctionResponseTypes, ['ReportBatchItemFailures']);
    assert.equal(Properties.StartingPosition, 'TRIM_HORIZON');
    assert.equal(Properties.BisectBatchOnFunctionError, true);
    assert.equal(Properties.MaximumRetryAttempts, 5);
    assert.equal(Properties.MaximumRecordAgeInSeconds, 6 * 3600);
    const queues = deployment.resources('AWS::SQS::Queue').filter(ofTheFiller);
    const [[queue, { Properties: settings }] = assert.fail()] = queues;
    assert.deepEqual(Properties.DestinationConfig.OnFailure.Destination, { 'Fn::GetAtt': [queue, 'Arn'] });
    assert.equal(settings.SqsManagedSseEnabled, true);
    const outputs = Object.values<any>(deployment.template.Outputs).map(({ Value }) => Value);
    assert.ok(outputs.some((value) => JSON.stringify(value) === JSON.stringify({ Ref: queue })));
    assert.deepEqual(variables(deployment), { WRAPUP_AI_PROVIDER: 'extractive' });
    assert.deepEqual(onModels(deployment), []);
  });

  it('gets what agents close, too, and may keep what it learned, where the deployment learns', () => {
    const { stream, learning } = system.functions['ai-filler'] ?? assert.fail();
    const about = (deployment: Deployment) => {
      const table = JSON.stringify({ 'Fn::GetAtt': [deployment.tableId('ai_learned'), 'Arn'] });
      return deployment.statements('ai-filler').filter(({ resource }) => JSON.stringify(resource) === table);
    };
    const learns = new Deployment({ aiProvider: { kind: 'extractive' }, aiLearn: true }, { rules: true });
    const [[, { Properties }]] = sources(learns);
    assert.deepEqual(
      Properties.FilterCriteria.Filters.map(({ Pattern }: any) => JSON.parse(Pattern)),
      [stream?.filter, ...(learning?.filters ?? [])],
    );
    const actions = learning?.dynamodb['ai_learned']?.map((action) => `dynamodb:${action}`);
    assert.deepEqual(
      about(learns).map((statement) => statement.actions),
      [actions],
    );
    assert.equal(variables(learns)['WRAPUP_AI_LEARN'], 'on');
    assert.deepEqual(about(new Deployment({ aiProvider: { kind: 'extractive' } })), []);
  });

  it('is the only function that knows of the provider', () => {
    const deployment = new Deployment({ tablePrefix: 'p-', aiProvider: { kind: 'extractive' } });
    const others = Object.keys(system.functions).filter((name) => !['ai-filler', 'console', 'relay'].includes(name));
    for (const name of others) {
      const { WRAPUP_OAUTH_KEYS: _, ...told } = deployment.lambda(name).Properties.Environment.Variables;
      assert.deepEqual(told, { WRAPUP_TABLE_PREFIX: 'p-' });
    }
  });

  it('may invoke the one model of Bedrock', () => {
    const deployment = new Deployment({ aiProvider: { kind: 'bedrock', model: 'amazon.nova-lite-v1:0' } });
    assert.deepEqual(variables(deployment), {
      WRAPUP_AI_PROVIDER: 'bedrock',
      WRAPUP_AI_MODEL: 'amazon.nova-lite-v1:0',
    });
    const [{ actions, resource } = assert.fail(), ...others] = onModels(deployment);
    assert.deepEqual([actions, others], [['bedrock:InvokeModel'], []]);
    assert.match(JSON.stringify(resource), /"::foundation-model\/amazon\.nova-lite-v1:0"/);
  });

  it('may invoke an inference profile, and its model in its regions by way of it', () => {
    const inferenceProfile = { id: 'eu.amazon.nova-lite-v1:0', regions: ['eu-central-1', 'eu-west-1'] };
    const deployment = new Deployment({
      aiProvider: { kind: 'bedrock', model: 'amazon.nova-lite-v1:0', inferenceProfile },
    });
    assert.equal(variables(deployment)['WRAPUP_AI_MODEL'], 'eu.amazon.nova-lite-v1:0');
    const [profile, model, ...others] = onModels(deployment);
    assert.deepEqual(others, []);
    assert.match(JSON.stringify(profile?.resource), /inference-profile\/eu\.amazon\.nova-lite-v1:0"/);
    assert.equal([model?.resource].flat().length, 2);
    assert.match(
      JSON.stringify(model?.resource),
      /eu-central-1::foundation-model\/amazon.*eu-west-1::foundation-model\/amazon/,
    );
    assert.deepEqual(model?.conditions, { StringEquals: { 'bedrock:InferenceProfileArn': profile?.resource } });
  });

  const openAi = (key: Extract<AiProvider, { kind: 'openai' }>['key']): AiProvider => {
    return { kind: 'openai', url: 'https://llm.example.com/v1', model: 'small', key };
  };

  it('may read the one secret that its key is in, and is told where it is', () => {
    const secret = arn('secretsmanager', 'secret:llm-AbCdEf');
    const deployment = new Deployment((stack) => ({
      aiProvider: openAi({ secret: Secret.fromSecretCompleteArn(stack, 'Secret', secret) }),
    }));
    assert.deepEqual(variables(deployment), {
      WRAPUP_AI_PROVIDER: 'openai',
      WRAPUP_AI_URL: 'https://llm.example.com/v1',
      WRAPUP_AI_MODEL: 'small',
      WRAPUP_AI_KEY: `secretsmanager:${secret}`,
    });
    assert.deepEqual(onModels(deployment), [
      { actions: ['secretsmanager:GetSecretValue'], resource: secret, conditions: undefined },
    ]);
  });

  it('finds a secret by its name', () => {
    const deployment = new Deployment((stack) => ({
      aiProvider: openAi({ secret: Secret.fromSecretNameV2(stack, 'Secret', 'llm') }),
    }));
    assert.equal(variables(deployment)['WRAPUP_AI_KEY'], 'secretsmanager:llm');
    assert.match(JSON.stringify(onModels(deployment)[0]?.resource), /:secret:llm-\?{6}"/);
  });

  it('may read the one parameter that its key is in, and decrypt it', () => {
    const deployment = new Deployment((stack) => ({
      aiProvider: openAi({
        parameter: StringParameter.fromSecureStringParameterAttributes(stack, 'Parameter', { parameterName: '/llm' }),
        encryptionKey: Key.fromKeyArn(stack, 'Key', arn('kms', 'key/11111111-2222-3333-4444-555555555555')),
      }),
    }));
    assert.equal(variables(deployment)['WRAPUP_AI_KEY'], 'ssm:/llm');
    const [parameter, key, ...others] = onModels(deployment);
    assert.deepEqual([parameter?.actions, key?.actions, others], [['ssm:GetParameter'], ['kms:Decrypt'], []]);
    assert.match(JSON.stringify(parameter?.resource), /:parameter\/llm"/);
    assert.equal(key?.resource, arn('kms', 'key/11111111-2222-3333-4444-555555555555'));
    assert.match(JSON.stringify(key?.conditions), /"StringEquals":.*"kms:ViaService":.*"ssm\./);
  });

  it('may decrypt the secret that its key is in', () => {
    const deployment = new Deployment((stack) => ({
      aiProvider: openAi({
        secret: Secret.fromSecretAttributes(stack, 'Secret', {
          secretCompleteArn: arn('secretsmanager', 'secret:llm-AbCdEf'),
          encryptionKey: Key.fromKeyArn(stack, 'Key', arn('kms', 'key/11111111-2222-3333-4444-555555555555')),
        }),
      }),
    }));
    const [, key, ...others] = onModels(deployment);
    assert.deepEqual(
      [key?.actions, key?.resource, others],
      [['kms:Decrypt'], arn('kms', 'key/11111111-2222-3333-4444-555555555555'), []],
    );
    assert.match(JSON.stringify(key?.conditions), /"StringEquals":.*"kms:ViaService":.*"secretsmanager\./);
  });
});
