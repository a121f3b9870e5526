import { CfnOutput, Duration, RemovalPolicy, Stack, Tags } from 'aws-cdk-lib';
import { RestApi } from 'aws-cdk-lib/aws-apigateway';
import { Table } from 'aws-cdk-lib/aws-dynamodb';
import { Architecture, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { aiEnvironment, grantAi } from './ai-provider';
import { Alarms } from './alarms';
import { audit } from './audit';
import { Source, consume, schedule } from './background';
import { dashboard } from './dashboard';
import { EventTelling } from './events';
import { letLogsUse } from './keys';
import { WrapUpFunction } from './lambda-function';
import { Metrics } from './metrics';
import { OAuthKeys } from './oauth-keys';
import { WrapUpApiProps } from './props';
import { refuseVariables } from './refusal';
import { refuseProps } from './refused-props';
import { redactionEnvironment } from './redaction';
import { Gateway } from './rest-api';
import { grantSegmentTables, segmentTablesEnvironment } from './segment-tables';
import { FunctionSpec, deadLettersName, inBackground, streams, system, wantsAi, wantsIndex } from './system';
import { Tables } from './tables';

/** ServiceNow's Wrap Up API on API Gateway, Lambda and DynamoDB. */
export class WrapUpApi extends Construct {
  readonly api: RestApi;
  /** Where the API is: what stands before `/api/now/v1/wrapup`. */
  readonly url: string;
  /** By name in `functions/`. */
  readonly functions: ReadonlyMap<string, LambdaFunction>;
  /** By name without prefix. */
  readonly tables: ReadonlyMap<string, Table>;
  /** What the AI filler gave up on, where there is one. */
  readonly deadLetters?: IQueue;
  /** What functions that nobody waits for gave up on, by their names. */
  readonly allDeadLetters: ReadonlyMap<string, IQueue>;

  /** The bus that is told what happens to segments, where there is one, and what the webhook did not take. */
  readonly events?: EventTelling;

  private readonly oauthKeys: OAuthKeys;
  private readonly tablePrefix: string;
  private readonly removalPolicy: RemovalPolicy;
  private readonly logRetention: RetentionDays;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: WrapUpApiProps = {},
  ) {
    super(scope, id);
    this.tablePrefix = props.tablePrefix ?? 'wrapup-';
    this.removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    this.logRetention = props.logRetention ?? RetentionDays.ONE_MONTH;
    refuseProps(props);
    if (props.encryptionKey) letLogsUse(props.encryptionKey, Stack.of(this));
    const tables = this.createTables();
    this.tables = tables.all;
    this.oauthKeys = new OAuthKeys(this, 'OAuthKeys', props.encryptionKey);
    this.events = this.createEvents();
    const functions = this.createFunctions(tables);
    this.functions = new Map([...functions].map(([name, one]) => [name, one.function]));
    this.allDeadLetters = this.runInBackground(functions, tables);
    this.deadLetters = this.allDeadLetters.get('ai-filler');
    this.api = this.createGateway();
    this.url = props.domain ? `https://${props.domain.name}` : this.api.url.replace(/\/$/, '');
    this.watch();
    Tags.of(this).add('application', 'wrapup');
    new CfnOutput(this, 'Url', { value: this.url, description: 'What stands before /api/now/v1/wrapup' });
    this.tellOfDeadLetters();
    this.tellOfEvents();
  }

  private createTables(): Tables {
    const { tablePrefix: prefix, removalPolicy } = this;
    const streamed = new Set(this.deployed().flatMap(([, spec]) => streams(spec).map(({ table }) => table)));
    const { encryptionKey, indexes = 3 } = this.props;
    return new Tables(this, 'Tables', { prefix, removalPolicy, streamed, indexes, encryptionKey });
  }

  private createEvents(): EventTelling | undefined {
    const { tablePrefix, props } = this;
    const { events, encryptionKey } = props;
    return events && new EventTelling(this, 'Events', { events, tablePrefix, encryptionKey });
  }

  private createFunctions(tables: Tables): Map<string, WrapUpFunction> {
    const scope = new Construct(this, 'Functions');
    return new Map(this.deployed().map(([name, spec]) => [name, this.createFunction(scope, name, spec, tables)]));
  }

  /**
   * The functions of this deployment: without an AI provider none that calls one, without the index none that reads it,
   * without a bus no relay, and a page only where it is wanted.
   */
  private deployed(): [string, FunctionSpec][] {
    const { aiProvider, events, supervisorPage, indexes = 3 } = this.props;
    return Object.entries(system.functions).filter(
      ([, spec]) =>
        (!wantsAi(spec) || aiProvider) &&
        (!wantsIndex(spec) || indexes > 0) &&
        (!spec.bus || events) &&
        (!spec.option || supervisorPage),
    );
  }

  private createFunction(scope: Construct, name: string, spec: FunctionSpec, tables: Tables): WrapUpFunction {
    const { code, network, segmentTables = {}, aiProvider, encryptionKey, auditDestination } = this.props;
    const defaults = {
      code,
      network,
      architecture: this.props.architecture ?? Architecture.ARM_64,
      memorySize: this.props.memorySize ?? 256,
      logRetention: this.logRetention,
      encryptionKey,
      removalPolicy: this.removalPolicy,
    };
    const environment = this.environment(spec);
    refuseVariables(name, environment, Stack.of(this));
    const created = new WrapUpFunction(scope, name, defaults, {
      timeout: timeout(spec),
      environment,
      concurrency: name === 'authorizer' ? this.props.authorizerConcurrency : undefined,
    });
    tables.grant(spec, created.role);
    if (this.props.aiLearn && spec.learning) tables.grant(spec.learning, created.role);
    this.oauthKeys.grant(spec, created.role);
    this.events?.grant(spec, created.role);
    grantSegmentTables(spec, segmentTables, created.role);
    if (wantsAi(spec) && aiProvider) grantAi(aiProvider, created.role);
    if (auditDestination) audit(created, spec, auditDestination);
    return created;
  }

  /** The variables of a function; one that a deployment does not set is left out. */
  private environment(spec: FunctionSpec): Record<string, string> {
    const {
      language,
      log,
      allowedOrigins = [],
      segmentTables = {},
      aiProvider,
      deadlines = true,
      retentionDays,
    } = this.props;
    const wants = (variable: string) => spec.environment?.includes(variable) ?? false;
    return {
      ...(this.tablePrefix && { WRAPUP_TABLE_PREFIX: this.tablePrefix }),
      ...(language && { WRAPUP_LANGUAGE: language }),
      ...(log && { WRAPUP_LOG: log }),
      ...(allowedOrigins.length > 0 && { WRAPUP_ALLOWED_ORIGINS: allowedOrigins.join(',') }),
      ...this.oauthKeys.environment(spec),
      ...this.events?.environment(spec),
      ...segmentTablesEnvironment(spec, segmentTables, Stack.of(this)),
      ...(wantsAi(spec) && aiProvider && aiEnvironment(aiProvider)),
      ...(this.props.aiLearn && wants('WRAPUP_AI_LEARN') && { WRAPUP_AI_LEARN: 'on' }),
      ...(retentionDays && wants('WRAPUP_RETENTION_DAYS') && { WRAPUP_RETENTION_DAYS: `${retentionDays}` }),
      ...(!deadlines && wants('WRAPUP_DEADLINES') && { WRAPUP_DEADLINES: 'off' }),
      ...redactionEnvironment(spec, this.props.redaction),
    };
  }

  /** Has consumers and jobs run, and answers their queues of dead letters. */
  private runInBackground(functions: Map<string, WrapUpFunction>, tables: Tables): Map<string, IQueue> {
    const { encryptionKey } = this.props;
    const queues = new Map<string, IQueue>();
    for (const [name, one] of functions) {
      const spec = system.functions[name];
      if (spec?.stream) queues.set(name, consume(one, this.sources(spec, tables), encryptionKey));
      if (spec?.schedule) queues.set(name, schedule(one, spec.schedule, encryptionKey));
    }
    return queues;
  }

  private sources(spec: FunctionSpec, tables: Tables): Source[] {
    const learned = this.props.aiLearn ? (spec.learning?.filters ?? []) : [];
    return streams(spec).map((stream) => ({
      stream,
      table: tables.get(stream.table),
      furtherFilters: stream === spec.stream ? learned : [],
    }));
  }

  private tellOfDeadLetters(): void {
    for (const [name, { queueUrl: value }] of this.allDeadLetters) {
      new CfnOutput(this, deadLettersName(name), { value, description: `The queue of what ${name} gave up on` });
    }
  }

  private tellOfEvents(): void {
    if (!this.events) return;
    const { bus, webhookDeadLetters } = this.events;
    new CfnOutput(this, 'EventBusName', { value: bus.eventBusName, description: 'The bus that events go to' });
    if (!webhookDeadLetters) return;
    const description = 'The queue of what the webhook did not take';
    new CfnOutput(this, 'WebhookDeadLetters', { value: webhookDeadLetters.queueUrl, description });
  }

  private createGateway(): RestApi {
    const { domain, webAcl, requestBounds, encryptionKey } = this.props;
    const gateway = new Gateway(this, 'Gateway', {
      name: `${this.tablePrefix}api`,
      lambda: (name) => this.function(name),
      functions: this.functions.keys(),
      domain,
      webAcl,
      requestBounds,
      allowedCidrs: this.props.allowedCidrs ?? [],
      allowedOrigins: this.props.allowedOrigins ?? [],
      encryptionKey,
      authorizerCache: this.props.authorizerCache ?? Duration.minutes(5),
      throttling: this.props.throttling ?? { rate: 100, burst: 200 },
      logRole: this.props.apiGatewayLogRole ?? true,
      logRetention: this.logRetention,
      removalPolicy: this.removalPolicy,
    });
    return gateway.api;
  }

  private function(name: string): LambdaFunction {
    const found = this.functions.get(name);
    if (!found) throw new RangeError(`infra/system.json has no function ${name}`);
    return found;
  }

  private watch(): void {
    const { functions, tables, allDeadLetters } = this;
    const background = [...allDeadLetters].map(([name, deadLetters]) => ({
      name,
      function: this.function(name),
      deadLetters,
      reads: system.functions[name]?.stream !== undefined,
      late: system.functions[name]?.late,
    }));
    const webhookDeadLetters = this.events?.webhookDeadLetters;
    const stage = this.api.deploymentStage;
    const metrics = new Metrics({ stage, functions, tables, background, webhookDeadLetters });
    new Alarms(this, 'Alarms', metrics, this.props.alarmTopic, this.props.manyFailedSignIns ?? 100);
    dashboard(this, 'Dashboard', metrics);
  }
}

/**
 * API Gateway waits 29 seconds at most, and for an authorizer 10 are plenty; in the background a model or many records
 * may take their time.
 */
function timeout(spec: FunctionSpec): Duration {
  if (inBackground(spec)) return Duration.minutes(2);
  return Duration.seconds(spec.routes || spec.public_routes ? 29 : 10);
}
