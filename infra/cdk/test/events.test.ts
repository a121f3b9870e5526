import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Duration, Stack } from 'aws-cdk-lib';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Events, WebhookClient, WebhookKey } from '../lib/events';
import { Deployment, defaults } from './deployment';

const SECRET = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:webhook-AbCdEf';

function withWebhook(sender: (secret: Secret | any) => WebhookKey | WebhookClient): Deployment {
  return new Deployment((stack: Stack) => {
    const secret = Secret.fromSecretCompleteArn(stack, 'Webhook', SECRET);
    return { events: { webhook: { url: 'https://desk.example/wrap-ups', sender: sender(secret) } } };
  });
}

function variables(deployment: Deployment): Record<string, unknown> {
  const all = deployment.lambda('relay').Properties.Environment.Variables;
  return Object.fromEntries(Object.entries(all).filter(([name]) => name.startsWith('WRAPUP_EVENT_')));
}

describe('a deployment without events', () => {
  it('has neither relay nor bus', () => {
    const kinds = Object.values<any>(defaults.template.Resources).map(({ Type }) => Type);
    assert.deepEqual(
      kinds.filter((kind) => kind.startsWith('AWS::Events::')),
      [],
    );
    assert.equal(JSON.stringify(defaults.template).includes('relay'), false);
  });
});

describe('the relay', () => {
  it('puts events on a bus of its own, and may put them on no other', () => {
    const deployment = new Deployment({ events: {} });
    const [[bus] = assert.fail()] = deployment.resources('AWS::Events::EventBus');
    assert.deepEqual(variables(deployment), { WRAPUP_EVENT_BUS: { Ref: bus } });
    const put = deployment
      .statements('relay')
      .filter(({ actions }) => actions.some((one) => one.startsWith('events:')));
    assert.deepEqual(
      put.map(({ actions, resource }) => [actions, resource]),
      [[['events:DescribeEventBus', 'events:PutEvents'], { 'Fn::GetAtt': [bus, 'Arn'] }]],
    );
  });

  it('puts them on a bus that is there, as the deployment says', () => {
    const events = (stack: Stack): Events => ({
      bus: EventBus.fromEventBusName(stack, 'Teams', 'teams-bus'),
      source: 'https://wrapup.example.com',
      notes: true,
    });
    const deployment = new Deployment((stack) => ({ events: events(stack) }));
    assert.deepEqual(deployment.resources('AWS::Events::EventBus'), []);
    assert.deepEqual(variables(deployment), {
      WRAPUP_EVENT_BUS: 'teams-bus',
      WRAPUP_EVENT_SOURCE: 'https://wrapup.example.com',
      WRAPUP_EVENT_NOTES: 'on',
    });
  });

  it('tries for as long as the stream keeps a record', () => {
    const deployment = new Deployment({ events: {} });
    const source = deployment.only('AWS::Lambda::EventSourceMapping').Properties;
    assert.deepEqual([source.MaximumRetryAttempts, source.MaximumRecordAgeInSeconds], [-1, 24 * 3600]);
    assert.equal(source.BisectBatchOnFunctionError, true);
  });

  it('reads beside the AI filler, and so is the last that the stream lets read', () => {
    const both = new Deployment({ events: {}, aiProvider: { kind: 'extractive' } });
    const segments = JSON.stringify({
      'Fn::GetAtt': [both.tableId('interaction_wrap_up_segment'), 'StreamArn'],
    });
    const sources = both.resources('AWS::Lambda::EventSourceMapping').map(([, { Properties }]) => Properties);
    const readers = sources.filter(({ EventSourceArn }) => JSON.stringify(EventSourceArn) === segments);
    assert.equal(readers.length, 2);
  });
});

describe('an archive', () => {
  it('keeps the events of this deployment', () => {
    const deployment = new Deployment({ tablePrefix: 'prod-', events: { archive: Duration.days(30) } });
    const { RetentionDays, EventPattern } = deployment.only('AWS::Events::Archive').Properties;
    assert.deepEqual([RetentionDays, EventPattern], [30, { source: ['/wrapup/prod-'] }]);
  });
});

describe('a webhook', () => {
  it('gets the event alone, tried for a day, and what it does not take is kept', () => {
    const deployment = withWebhook((keyIn) => ({ keyIn }));
    const { Targets, EventPattern } = deployment.only('AWS::Events::Rule').Properties;
    assert.deepEqual(EventPattern, { source: ['/wrapup/wrapup-'] });
    const [target] = Targets;
    assert.equal(target.InputPath, '$.detail');
    assert.deepEqual(target.HttpParameters.HeaderParameters, {
      'Content-Type': 'application/cloudevents+json; charset=utf-8',
    });
    assert.deepEqual(target.RetryPolicy, { MaximumRetryAttempts: 185, MaximumEventAgeInSeconds: 86400 });
    const letters = target.DeadLetterConfig.Arn['Fn::GetAtt'][0];
    const alarms = deployment.resources('AWS::CloudWatch::Alarm').map(([id, { Properties }]) => [id, Properties]);
    const [, alarm] = alarms.find(([id]) => id.includes('WebhookDeadLettersVisible')) ?? assert.fail();
    assert.ok(JSON.stringify(alarm).includes(JSON.stringify({ 'Fn::GetAtt': [letters, 'QueueName'] })));
    const { HttpMethod, InvocationEndpoint } = deployment.only('AWS::Events::ApiDestination').Properties;
    assert.deepEqual([HttpMethod, InvocationEndpoint], ['POST', 'https://desk.example/wrap-ups']);
  });

  it('knows the sender by a key, which stands in no template', () => {
    const { AuthorizationType, AuthParameters } = withWebhook((keyIn) => ({ keyIn, header: 'x-hook' })).only(
      'AWS::Events::Connection',
    ).Properties;
    assert.equal(AuthorizationType, 'API_KEY');
    const ApiKeyValue = `{{resolve:secretsmanager:${SECRET}:SecretString:api_key::}}`;
    assert.deepEqual(AuthParameters, { ApiKeyAuthParameters: { ApiKeyName: 'x-hook', ApiKeyValue } });
  });

  it('knows the sender by tokens', () => {
    const tokenUrl = 'https://id.example/token';
    const { AuthorizationType, AuthParameters } = withWebhook((clientIn) => ({ clientIn, tokenUrl })).only(
      'AWS::Events::Connection',
    ).Properties;
    assert.equal(AuthorizationType, 'OAUTH_CLIENT_CREDENTIALS');
    const { AuthorizationEndpoint, ClientParameters } = AuthParameters.OAuthParameters;
    assert.equal(AuthorizationEndpoint, tokenUrl);
    const field = (name: string) => `{{resolve:secretsmanager:${SECRET}:SecretString:${name}::}}`;
    assert.deepEqual(ClientParameters, { ClientID: field('client_id'), ClientSecret: field('client_secret') });
  });
});
