import { Aws, Duration } from 'aws-cdk-lib';
import {
  ApiDestination,
  Archive,
  Authorization,
  Connection,
  EventBus,
  HttpMethod,
  HttpParameter,
  IEventBus,
  Rule,
  RuleTargetInput,
} from 'aws-cdk-lib/aws-events';
import { ApiDestination as Post } from 'aws-cdk-lib/aws-events-targets';
import { IRole, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { deadLetterQueue } from './background';
import { refuse, refuseBoth, unlike } from './refusal';
import { FunctionSpec } from './system';

/** The bus of EventBridge that is told what happens to segments, and what stands behind it. */
export interface Events {
  /** @default one of the deployment's own */
  readonly bus?: IEventBus;
  /** What events say they are from, a URI reference. @default `/wrapup/` and the tables' prefix */
  readonly source?: string;
  /** Whether events carry notes, drafts and AI notes. @default false */
  readonly notes?: boolean;
  /** How long events are kept, to replay them from: whole days. @default no archive */
  readonly archive?: Duration;
  /** Where each event is posted to. @default nowhere */
  readonly webhook?: Webhook;
}

/** A receiver of events. */
export interface Webhook {
  /** Such as `https://desk.example/wrap-ups`. */
  readonly url: string;
  /** By what it knows who posts. */
  readonly sender: WebhookKey | WebhookClient;
}

/** A key that the receiver wants in a header. */
export interface WebhookKey {
  /** JSON with `api_key`. */
  readonly keyIn: ISecret;
  /** @default x-api-key */
  readonly header?: string;
}

/** A client of OAuth's, by whose credentials tokens for the receiver are got. */
export interface WebhookClient {
  /** JSON with `client_id` and `client_secret`. */
  readonly clientIn: ISecret;
  /** Where tokens are got. */
  readonly tokenUrl: string;
}

/** Refuses events that EventBridge would not take, or that would not be kept for as long as it reads. */
export function refuseEvents({ source, archive, webhook }: Events): void {
  refuse(
    source !== undefined && unlike(source, /^(?!aws\.)[A-Za-z0-9._~:/?#@!$&()*+,;=%-]{1,256}$/),
    `events.source has to be a URI reference of up to 256 characters, not of AWS's, and is '${source}'`,
  );
  // Without days EventBridge keeps them for good.
  refuse(
    archive !== undefined && !archive.isUnresolved() && archive.toDays({ integral: false }) < 1,
    'events.archive has to be a day or more: leave it out for no archive',
  );
  if (!webhook) return;
  const { url, sender } = webhook;
  refuse(unlike(url, HTTPS), `events.webhook.url has to be an https URL without query, and is '${url}'`);
  refuseBoth('events.webhook.sender', sender, 'keyIn', 'clientIn');
  refuseBoth('events.webhook.sender', sender, 'header', 'clientIn');
  refuseBoth('events.webhook.sender', sender, 'keyIn', 'tokenUrl');
  if (!('tokenUrl' in sender)) return;
  const { tokenUrl } = sender;
  refuse(unlike(tokenUrl, HTTPS), `events.webhook.sender.tokenUrl has to be an https URL, and is '${tokenUrl}'`);
}

const HTTPS = /^https:\/\/[^?#@\s]+$/;

/** What a deployment decides of its events, and what else they depend on. */
export interface EventTellingProps {
  readonly events: Events;
  readonly tablePrefix: string;
  readonly encryptionKey: IKey | undefined;
}

/** The bus, the archive and the webhook. */
export class EventTelling extends Construct {
  readonly bus: IEventBus;
  /** What the webhook did not take, where there is one. */
  readonly webhookDeadLetters?: IQueue;
  private readonly events: Events;

  constructor(scope: Construct, id: string, { events, tablePrefix, encryptionKey }: EventTellingProps) {
    super(scope, id);
    this.events = events;
    this.bus = events.bus ?? new EventBus(this, 'Bus', { description: 'What happens to wrap-up segments' });
    const eventPattern = { source: [events.source ?? `/wrapup/${tablePrefix}`] };
    if (events.archive) {
      const description = 'What happened to wrap-up segments';
      new Archive(this, 'Archive', { sourceEventBus: this.bus, description, eventPattern, retention: events.archive });
    }
    if (events.webhook) {
      const description = 'Posts each event to the webhook';
      const rule = new Rule(this, 'Rule', { eventBus: this.bus, description, eventPattern });
      this.webhookDeadLetters = deadLetterQueue(this, encryptionKey);
      rule.addTarget(this.post(events.webhook, this.webhookDeadLetters));
    }
  }

  /** The variables of a function that puts events on the bus; one that the deployment does not set is left out. */
  environment({ bus }: FunctionSpec): Record<string, string> {
    const { source, notes } = this.events;
    if (!bus) return {};
    return {
      WRAPUP_EVENT_BUS: this.bus.eventBusName,
      ...(source && { WRAPUP_EVENT_SOURCE: source }),
      ...(notes && { WRAPUP_EVENT_NOTES: 'on' }),
    };
  }

  /** Allows the role of a function what it does with the bus. */
  grant({ bus = [] }: FunctionSpec, role: IRole): void {
    const actions = bus.map((action) => `events:${action}`);
    if (actions.length === 0) return;
    role.addToPrincipalPolicy(new PolicyStatement({ actions, resources: [this.bus.eventBusArn] }));
  }

  private post(webhook: Webhook, deadLetterQueue: IQueue): Post {
    const description = 'How the webhook knows who posts';
    const connection = new Connection(this, 'Connection', {
      description,
      authorization: authorization(webhook.sender),
    });
    const destination = new ApiDestination(this, 'Destination', {
      connection,
      endpoint: webhook.url,
      httpMethod: HttpMethod.POST,
    });
    // Not for another account.
    const conditions = { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } };
    const eventRole = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('events.amazonaws.com', { conditions }),
    });
    const resources = [destination.apiDestinationArn];
    eventRole.addToPolicy(new PolicyStatement({ actions: ['events:InvokeApiDestination'], resources }));
    return new Post(destination, {
      eventRole,
      // The CloudEvent, without what EventBridge puts around it.
      event: RuleTargetInput.fromEventPath('$.detail'),
      headerParameters: { 'Content-Type': 'application/cloudevents+json; charset=utf-8' },
      retryAttempts: 185,
      maxEventAge: Duration.days(1),
      deadLetterQueue,
    });
  }
}

function authorization(sender: WebhookKey | WebhookClient): Authorization {
  if ('keyIn' in sender) {
    return Authorization.apiKey(sender.header ?? 'x-api-key', sender.keyIn.secretValueFromJson('api_key'));
  }
  return Authorization.oauth({
    authorizationEndpoint: sender.tokenUrl,
    httpMethod: HttpMethod.POST,
    // A reference that CloudFormation looks up, like the secret's.
    clientId: sender.clientIn.secretValueFromJson('client_id').unsafeUnwrap(),
    clientSecret: sender.clientIn.secretValueFromJson('client_secret'),
    bodyParameters: { grant_type: HttpParameter.fromString('client_credentials') },
  });
}
