import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import {
  AccessLogField,
  AccessLogFormat,
  AuthorizationType,
  CfnRestApi,
  EndpointType,
  IResource,
  IdentitySource,
  LambdaIntegration,
  LogGroupLogDestination,
  Method,
  MethodLoggingLevel,
  RequestAuthorizer,
  Resource,
  RestApi,
  SecurityPolicy,
} from 'aws-cdk-lib/aws-apigateway';
import { AnyPrincipal, Effect, PolicyDocument, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { Function, IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { ARecord, RecordTarget } from 'aws-cdk-lib/aws-route53';
import { ApiGateway } from 'aws-cdk-lib/aws-route53-targets';
import { APIGATEWAY_AUTHORIZER_CHANGE_DEPLOYMENT_LOGICAL_ID } from 'aws-cdk-lib/cx-api';
import { Construct } from 'constructs';
import { addGatewayResponses } from './gateway-responses';
import { Domain, RequestBounds, Throttling, WebAcl } from './props';
import { publicRoutes, routes, title } from './system';
import { isProtected, protect } from './web-acl';

/** The one stage that an API has. */
const STAGE = 'live';

/**
 * TLS 1.2 or 1.3, with forward secrecy. BASIC is what routed requests before: STRICT also refuses a Host header that is
 * not the name in the TLS handshake, and takes 15 minutes without service to go back from.
 */
const TLS = { securityPolicy: 'SecurityPolicy_TLS13_1_2_2021_06', endpointAccessMode: 'BASIC' };

/** How the API is reached, guarded and logged. */
export interface GatewayProps {
  readonly name: string;
  /** The Lambda function by its name in `functions/`. */
  readonly lambda: (name: string) => IFunction;
  /** The names of all that there are. */
  readonly functions: Iterable<string>;
  readonly authorizerCache: Duration;
  readonly throttling: Throttling;
  readonly domain: Domain | undefined;
  readonly webAcl: WebAcl | undefined;
  readonly requestBounds: RequestBounds | undefined;
  readonly allowedCidrs: string[];
  readonly allowedOrigins: string[];
  readonly encryptionKey: IKey | undefined;
  readonly logRetention: RetentionDays;
  readonly removalPolicy: RemovalPolicy;
  readonly logRole: boolean;
}

/** The REST API in front of the functions. */
export class Gateway extends Construct {
  readonly api: RestApi;
  private readonly integrations = new Map<string, LambdaIntegration>();

  constructor(
    scope: Construct,
    id: string,
    private readonly props: GatewayProps,
  ) {
    super(scope, id);
    // A stage keeps what it was deployed with: without this an authorizer that has changed is not deployed. Set here,
    // where there are no children yet, it holds in any app, and for this API alone.
    this.node.setContext(APIGATEWAY_AUTHORIZER_CHANGE_DEPLOYMENT_LOGICAL_ID, true);
    this.api = this.restApi();
    addGatewayResponses(this.api, props.allowedOrigins);
    this.addRoutes();
    this.logErrors();
    this.pointDomain();
    protect(this, props, this.api.deploymentStage.stageArn);
  }

  private restApi(): RestApi {
    const { domain, throttling, logRole } = this.props;
    const api = new RestApi(this, 'Rest', {
      restApiName: this.props.name,
      description: 'Wrap Up API',
      endpointTypes: [EndpointType.REGIONAL],
      policy: whoMayCall(this.props.allowedCidrs),
      // Bodies come as the bytes that they are: API Gateway would put another character for what is no UTF-8.
      binaryMediaTypes: ['*/*'],
      disableExecuteApiEndpoint: domain !== undefined,
      ...(domain && {
        domainName: {
          domainName: domain.name,
          certificate: domain.certificate,
          endpointType: EndpointType.REGIONAL,
          securityPolicy: SecurityPolicy.TLS_1_2,
        },
      }),
      cloudWatchRole: logRole,
      ...(logRole && { cloudWatchRoleRemovalPolicy: RemovalPolicy.RETAIN }),
      deployOptions: {
        stageName: STAGE,
        throttlingRateLimit: throttling.rate,
        throttlingBurstLimit: throttling.burst,
        // The functions are traced, the stage is not: its traces hold URLs, which name segments, agents and interactions.
        tracingEnabled: false,
        metricsEnabled: true,
        loggingLevel: MethodLoggingLevel.ERROR,
        // Bodies are personal data.
        dataTraceEnabled: false,
        accessLogDestination: new LogGroupLogDestination(this.logGroup('AccessLogs')),
        accessLogFormat: ACCESS_LOG,
      },
    });
    Object.assign(api.node.defaultChild as CfnRestApi, TLS);
    // The output that CDK adds: there is one of ours, which knows of the domain.
    api.node.tryRemoveChild('Endpoint');
    this.acknowledge(api);
    return api;
  }

  private addRoutes(): void {
    const { lambda, authorizerCache } = this.props;
    const authorizer = new RequestAuthorizer(this, 'Authorizer', {
      handler: lambda('authorizer'),
      identitySources: [IdentitySource.header('Authorization')],
      resultsCacheTtl: authorizerCache,
    });
    const now = this.api.root.addResource('api').addResource('now');
    const [v1, others] = [now.addResource('v1'), now.addResource('{api_version}')];
    for (const { path, methods, name, isFirst } of routes()) {
      for (const resource of [below(now, path), below(v1, path)]) {
        for (const method of methods) resource.addMethod(method, this.invoke(name), { authorizer });
        if (isFirst) this.refuse(resource, name);
      }
      if (isFirst) this.refuse(below(others, path), name);
    }
    for (const { path, methods, name } of publicRoutes(this.props.functions)) {
      const resource = below(this.api.root, path.replace(/^\//, ''));
      for (const method of methods) this.letEverybody(resource, method, name);
      this.refuse(resource, name);
    }
    // Any function with a route knows what is no path: what stands beside a path, and the folders on the way to it.
    const first = routes()[0]?.name ?? '';
    for (const folder of withoutMethods(this.api.root)) this.refuse(folder, first);
    this.refuse(this.api.root.addResource('{path+}'), first);
  }

  /** Has a method invoke a function. One permission for the stage is enough: CDK would add one for each method. */
  private invoke(name: string): LambdaIntegration {
    const known = this.integrations.get(name);
    if (known) return known;
    const { functionArn } = this.props.lambda(name);
    const sourceArn = this.api.arnForExecuteApi('*', '/*', STAGE);
    this.props
      .lambda(name)
      .addPermission('Stage', { principal: new ServicePrincipal('apigateway.amazonaws.com'), sourceArn });
    const invoked = Function.fromFunctionAttributes(this, `To${title(name)}`, { functionArn, skipPermissions: true });
    const integration = new LambdaIntegration(invoked, { allowTestInvoke: false });
    this.integrations.set(name, integration);
    return integration;
  }

  /** Where callers prove who they are, and where a page is that asks them to, no authorizer can stand in front. */
  private letEverybody(path: IResource, httpMethod: string, name: string): void {
    const method = path.addMethod(httpMethod, this.invoke(name), { authorizationType: AuthorizationType.NONE });
    const reason =
      'Clients fetch tokens by secrets that the function asks for itself; a page holds nothing until somebody signs in.';
    for (const id of ['AwsSolutions-APIG4', 'AwsSolutions-COG4']) Validations.of(method).acknowledge({ id, reason });
  }

  /**
   * Has the function refuse the rest of what a path is tried with: other methods, versions, or the path itself. It
   * does so in JSON or XML before it looks at anything else; API Gateway can for some content types only.
   */
  private refuse(path: IResource, name: string): void {
    const method = path.addMethod('ANY', this.invoke(name), { authorizationType: AuthorizationType.NONE });
    const reason =
      'Path, version and method are judged before credentials; the function answers nothing but 400 to 405.';
    for (const id of ['AwsSolutions-APIG4', 'AwsSolutions-COG4']) Validations.of(method).acknowledge({ id, reason });
  }

  /** API Gateway's own log of errors would be kept for ever if API Gateway made its log group. */
  private logErrors(): void {
    const name = `API-Gateway-Execution-Logs_${this.api.restApiId}/${STAGE}`;
    this.api.deploymentStage.node.addDependency(this.logGroup('ErrorLogs', name));
  }

  private logGroup(id: string, logGroupName?: string): LogGroup {
    const { logRetention, encryptionKey, removalPolicy } = this.props;
    return new LogGroup(this, id, { logGroupName, retention: logRetention, encryptionKey, removalPolicy });
  }

  private pointDomain(): void {
    const { domain } = this.props;
    if (!domain?.hostedZone) return;
    const target = RecordTarget.fromAlias(new ApiGateway(this.api));
    new ARecord(this, 'Alias', { zone: domain.hostedZone, recordName: `${domain.name}.`, target });
  }

  /** What AWS's rules find, and why it is so. */
  private acknowledge(api: RestApi): void {
    const reasons: Record<string, string | false> = {
      APIG2: 'The functions check requests themselves, and name every violation in one answer.',
      COG4: 'Callers have HTTP Basic credentials, as on the platform; a Lambda authorizer checks them.',
      APIG3:
        !isProtected(this.props) &&
        'Whether a web application firewall is worth its price is for each deployment to say.',
      [`IAM4[Policy::${LOG_POLICY}]`]:
        this.props.logRole && 'AWS made this policy for the role, which an account has one of.',
    };
    for (const [rule, reason] of Object.entries(reasons)) {
      if (reason) Validations.of(api).acknowledge({ id: `AwsSolutions-${rule}`, reason });
    }
  }
}

/**
 * Anybody, but for addresses out of the allowed ranges. A refusal has to be a Deny: what is merely not allowed here, the
 * authorizer may still allow. Never left out: an API keeps the policy that it has where none is named.
 */
function whoMayCall(allowedCidrs: string[]): PolicyDocument {
  const anybody = {
    principals: [new AnyPrincipal()],
    actions: ['execute-api:Invoke'],
    resources: ['execute-api:/*'],
  };
  const conditions = { NotIpAddress: { 'aws:SourceIp': allowedCidrs } };
  const others = new PolicyStatement({ ...anybody, effect: Effect.DENY, conditions });
  const statements = [new PolicyStatement(anybody), ...(allowedCidrs.length > 0 ? [others] : [])];
  return new PolicyDocument({ statements });
}

/** The resource at a path below another. */
function below(base: IResource, path: string): IResource {
  return path.split('/').reduce((parent, part) => parent.getResource(part) ?? parent.addResource(part), base);
}

/** The resource and what lies in it, as far as they have no methods: API Gateway answers these by itself. */
function withoutMethods(resource: IResource): IResource[] {
  const children = resource.node.children;
  const own = children.some((child) => child instanceof Method) ? [] : [resource];
  return own.concat(children.filter((child) => child instanceof Resource).flatMap(withoutMethods));
}

const LOG_POLICY = 'arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs';

/** Neither path, query nor caller: these may name people. */
const ACCESS_LOG = AccessLogFormat.custom(
  JSON.stringify({
    request_id: AccessLogField.contextRequestId(),
    time: AccessLogField.contextRequestTimeEpoch(),
    method: AccessLogField.contextHttpMethod(),
    resource: AccessLogField.contextResourcePath(),
    status: AccessLogField.contextStatus(),
    latency_ms: AccessLogField.contextResponseLatency(),
    function_latency_ms: AccessLogField.contextIntegrationLatency(),
    gateway_error: AccessLogField.contextErrorResponseType(),
  }),
);
