import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Duration } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { HostedZone } from 'aws-cdk-lib/aws-route53';
import { gatewayResponses } from '../lib/gateway-responses';
import { system } from '../lib/system';
import { Deployment, defaults } from './deployment';

const deployment = defaults;
const methods = deployment.methods();
const BASES = ['/api/now/', '/api/now/v1/'];

/** The paths of the list with the methods that functions serve, in both forms. */
const served = Object.entries(system.functions).flatMap(([name, { routes = [] }]) =>
  routes.flatMap((route) => {
    const [method = '', path = ''] = route.split(' ');
    return BASES.map((base) => ({
      name,
      path: `${base}${path}`,
      methods: method === 'GET' ? ['GET', 'HEAD'] : [method],
    }));
  }),
);

/** The functions of a path. The first one refuses what none of them has, and its POST may name another method. */
const first = new Map<string, string>([...served].reverse().map(({ name, path }) => [path, name]));

const OTHER_PATHS = '/{path+}';

/** Where clients fetch tokens. */
const TOKENS = '/oauth_token.do';

/** `/` and what lies between it and a path. */
function foldersOf(path: string): string[] {
  const parts = path.split('/').slice(1, -1);
  return ['/', ...parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`)];
}

/** Every method that has nothing of its own leads to the function, without the authorizer. */
function assertRefusedBy(name: string, path: string): void {
  const { Integration, AuthorizationType } = methods.get(path)?.['ANY'];
  assert.equal(Integration.Type, 'AWS_PROXY');
  assert.equal(AuthorizationType, 'NONE');
  assert.ok(JSON.stringify(Integration.Uri).includes(`"${deployment.lambdaId(name)}"`));
}

describe('the API', () => {
  const otherVersions = served.map(({ path }) => path.replace(/^\/api\/now\/(v1\/)?/, '/api/now/{api_version}/'));
  const paths = new Set([...served.map(({ path }) => path), ...otherVersions, TOKENS]);
  const folders = new Set([...paths].flatMap(foldersOf).filter((folder) => !paths.has(folder)));

  it('has the paths of the list in both forms, and ones for what is not there', () => {
    assert.deepEqual([...methods.keys()].sort(), [...paths, ...folders, OTHER_PATHS].sort());
  });

  it('has folders that are no paths refused by a function, as any other path', () => {
    for (const folder of ['/', '/api', '/api/now/v1', ...folders, OTHER_PATHS]) {
      assert.deepEqual(Object.keys(methods.get(folder) ?? {}), ['ANY']);
      assertRefusedBy('get-code', folder);
    }
  });

  for (const { name, path, methods: allowed } of served) {
    it(`${path} is served by ${name}, behind the authorizer`, () => {
      for (const method of allowed) {
        const { Integration, AuthorizationType, AuthorizerId } = methods.get(path)?.[method];
        assert.equal(Integration.Type, 'AWS_PROXY');
        assert.ok(JSON.stringify(Integration.Uri).includes(`"${deployment.lambdaId(name)}"`));
        assert.equal(AuthorizationType, 'CUSTOM');
        assert.ok(AuthorizerId.Ref);
      }
    });
  }

  for (const [path, name] of first) {
    it(`${path} has ${name} refuse other methods, before credentials`, () => {
      // A POST may name another method: behind the authorizer, since a function signs nobody in.
      const own = served.filter((one) => one.path === path).flatMap((one) => one.methods);
      assert.deepEqual(Object.keys(methods.get(path) ?? {}).sort(), [...new Set([...own, 'POST', 'ANY'])].sort());
      assert.equal(methods.get(path)?.['POST'].AuthorizationType, 'CUSTOM');
      assertRefusedBy(name, path);
    });
  }

  it('lets everybody ask for tokens, by the one method', () => {
    const { ANY: _, ...others } = methods.get(TOKENS) ?? {};
    assert.deepEqual(Object.keys(others), ['POST']);
    assert.equal(others['POST'].AuthorizationType, 'NONE');
    assert.ok(JSON.stringify(others['POST'].Integration.Uri).includes(`"${deployment.lambdaId('oauth-token')}"`));
    assertRefusedBy('oauth-token', TOKENS);
  });

  it('has a page for supervisors, which everybody may load, where a deployment wants it', () => {
    const pages = (one: Deployment) => [...one.methods()].filter(([path]) => path.startsWith('/supervisor'));
    assert.deepEqual(pages(deployment), []);
    const wanted = new Deployment({ supervisorPage: true }, { rules: true });
    assert.deepEqual(wanted.findings, []);
    assert.deepEqual(
      pages(wanted).map(([path, methods]) => [path, Object.keys(methods).sort()]),
      ['/supervisor', '/supervisor/{file}'].map((path) => [path, ['ANY', 'GET', 'HEAD']]),
    );
    for (const { AuthorizationType, Integration } of pages(wanted).flatMap(([, methods]) => Object.values(methods))) {
      assert.equal(AuthorizationType, 'NONE');
      assert.ok(JSON.stringify(Integration.Uri).includes(`"${wanted.lambdaId('console')}"`));
    }
  });

  it('is all that may invoke the functions', () => {
    for (const [, { Properties }] of deployment.resources('AWS::Lambda::Permission')) {
      assert.equal(Properties.Principal, 'apigateway.amazonaws.com');
      const ofTheAuthorizer = JSON.stringify(Properties.FunctionName).includes(deployment.lambdaId('authorizer'));
      const part = ofTheAuthorizer ? '/authorizers/' : '/(?:live/|",{"Ref":"ApiGatewayRestDeploymentStagelive)';
      const source = JSON.stringify(Properties.SourceArn);
      assert.match(source, new RegExp(`execute-api:.*"Ref":"ApiGatewayRest[0-9A-F]+"},"${part}`));
    }
  });

  it('takes TLS 1.2 at least', () => {
    const { SecurityPolicy, EndpointAccessMode } = deployment.only('AWS::ApiGateway::RestApi').Properties;
    assert.deepEqual([SecurityPolicy, EndpointAccessMode], ['SecurityPolicy_TLS13_1_2_2021_06', 'BASIC']);
  });

  it('may be called by anybody, or from the addresses that a deployment names', () => {
    const statements = (one: Deployment) => one.only('AWS::ApiGateway::RestApi').Properties.Policy.Statement;
    const anybody = { Action: 'execute-api:Invoke', Resource: 'execute-api:/*', Principal: { AWS: '*' } };
    assert.deepEqual(statements(deployment), [{ ...anybody, Effect: 'Allow' }]);
    const allowedCidrs = ['192.0.2.0/24', '2001:db8::/32'];
    const Condition = { NotIpAddress: { 'aws:SourceIp': allowedCidrs } };
    assert.deepEqual(statements(new Deployment({ allowedCidrs })), [
      { ...anybody, Effect: 'Allow' },
      { ...anybody, Effect: 'Deny', Condition },
    ]);
  });

  for (const [known, name] of first) {
    const path = known.replace(/^\/api\/now\/(v1\/)?/, '/api/now/{api_version}/');
    it(`${path} has ${name} refuse the version`, () => {
      assert.deepEqual(Object.keys(methods.get(path) ?? {}), ['ANY']);
      assertRefusedBy(name, path);
    });
  }

  it('has a function refuse all other paths', () => {
    assert.deepEqual(Object.keys(methods.get(OTHER_PATHS) ?? {}), ['ANY']);
    assertRefusedBy('get-code', OTHER_PATHS);
  });

  it('speaks of its own errors as the functions do, in JSON and XML', () => {
    const found = deployment.resources('AWS::ApiGateway::GatewayResponse').map(([, { Properties }]) => Properties);
    assert.deepEqual(found.map((one) => one.ResponseType).sort(), Object.keys(gatewayResponses).sort());
    for (const { ResponseType, StatusCode, ResponseTemplates, ResponseParameters } of found) {
      const { status, message, detail, headers = {} } = gatewayResponses[ResponseType] ?? assert.fail(ResponseType);
      assert.equal(StatusCode, status?.toString());
      const [[first, json], ...others] = Object.entries<any>(ResponseTemplates) as [[string, string]];
      // Where Accept matches none of them, the first is taken.
      assert.equal(first, 'application/json; charset=UTF-8');
      assert.deepEqual(JSON.parse(json), { error: { message, detail }, status: 'failure' });
      const xml =
        `<?xml version="1.0" encoding="UTF-8"?><response><error><message>${message}</message><detail>${detail}</detail>` +
        '</error><status>failure</status></response>';
      const types = ['; charset=UTF-8', ''].flatMap((encoding) => [
        `application/xml${encoding}`,
        `text/xml${encoding}`,
      ]);
      assert.deepEqual(
        others,
        types.map((type) => [type, xml]),
      );
      const common = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' };
      for (const [name, value] of Object.entries({ ...common, ...headers })) {
        assert.equal(ResponseParameters[`gatewayresponse.header.${name}`], `'${value}'`);
      }
    }
  });

  it('lets the first of the pages that may call read its own errors, and no page where none may', () => {
    const told = (allowedOrigins?: string[]) =>
      new Deployment({ allowedOrigins }).resources('AWS::ApiGateway::GatewayResponse').map(([, { Properties }]) => {
        const headers = Properties.ResponseParameters;
        return ['Allow-Origin', 'Expose-Headers'].map(
          (name) => headers[`gatewayresponse.header.Access-Control-${name}`],
        );
      });
    const exposed = "'Accept-Encoding, Allow, Retry-After, WWW-Authenticate'";
    for (const one of told(['https://desk.example', 'http://localhost:3000'])) {
      assert.deepEqual(one, ["'https://desk.example'", exposed]);
    }
    for (const one of told()) assert.deepEqual(one, [undefined, undefined]);
  });

  it('hands bodies on as the bytes that they are', () => {
    assert.deepEqual(deployment.only('AWS::ApiGateway::RestApi').Properties.BinaryMediaTypes, ['*/*']);
  });

  it('asks the authorizer about the Authorization header, and remembers its verdict', () => {
    const cached = (deployment: Deployment) => deployment.only('AWS::ApiGateway::Authorizer').Properties;
    const { Type, IdentitySource, AuthorizerResultTtlInSeconds, AuthorizerUri } = cached(deployment);
    assert.deepEqual(
      [Type, IdentitySource, AuthorizerResultTtlInSeconds],
      ['REQUEST', 'method.request.header.Authorization', 300],
    );
    assert.ok(JSON.stringify(AuthorizerUri).includes(deployment.lambdaId('authorizer')));
    const shorter = new Deployment({ authorizerCache: Duration.seconds(10) });
    assert.equal(cached(shorter).AuthorizerResultTtlInSeconds, 10);
  });

  it('is deployed again when the authorizer or who may call changes, whatever flags the app has', () => {
    const deployed = (one: Deployment) => one.resources('AWS::ApiGateway::Deployment').map(([id]) => id);
    const shorter = new Deployment({ authorizerCache: Duration.seconds(10) });
    assert.notDeepEqual(deployed(shorter), deployed(deployment));
    const [some, others] = ['192.0.2.0/24', '198.51.100.0/24'].map((one) => new Deployment({ allowedCidrs: [one] }));
    assert.notDeepEqual(deployed(some ?? assert.fail()), deployed(deployment));
    assert.notDeepEqual(deployed(some ?? assert.fail()), deployed(others ?? assert.fail()));
    assert.deepEqual(deployed(new Deployment()), deployed(deployment));
  });

  it('is throttled and logged without paths, queries and bodies, and not traced, since traces hold URLs', () => {
    const { MethodSettings, TracingEnabled, AccessLogSetting } = deployment.only('AWS::ApiGateway::Stage').Properties;
    const [{ ThrottlingRateLimit, ThrottlingBurstLimit, DataTraceEnabled, LoggingLevel }] = MethodSettings;
    assert.deepEqual([ThrottlingRateLimit, ThrottlingBurstLimit], [100, 200]);
    assert.deepEqual([DataTraceEnabled, LoggingLevel, TracingEnabled], [false, 'ERROR', false]);
    const logged = Object.values(JSON.parse(AccessLogSetting.Format));
    for (const personal of ['$context.path', '$context.identity.sourceIp', '$context.authorizer.principalId']) {
      assert.ok(!logged.includes(personal));
    }
    const own = new Deployment({ throttling: { rate: 7, burst: 9 } }).only('AWS::ApiGateway::Stage').Properties;
    assert.equal(own.MethodSettings[0].ThrottlingRateLimit, 7);
    assert.equal(own.MethodSettings[0].ThrottlingBurstLimit, 9);
  });

  it('leaves the account the role for its logs, or does not touch it', () => {
    assert.equal(deployment.only('AWS::ApiGateway::Account').DeletionPolicy, 'Retain');
    assert.deepEqual(new Deployment({ apiGatewayLogRole: false }).resources('AWS::ApiGateway::Account'), []);
  });

  it('has a name of yours, and then no other', () => {
    const named = new Deployment((stack) => ({
      domain: {
        name: 'wrapup.example.com',
        certificate: Certificate.fromCertificateArn(
          stack,
          'Certificate',
          'arn:aws:acm:eu-central-1:123456789012:certificate/1',
        ),
        hostedZone: HostedZone.fromHostedZoneAttributes(stack, 'Zone', { hostedZoneId: 'Z1', zoneName: 'example.com' }),
      },
    }));
    const { DomainName, SecurityPolicy } = named.only('AWS::ApiGateway::DomainName').Properties;
    assert.deepEqual([DomainName, SecurityPolicy], ['wrapup.example.com', 'TLS_1_2']);
    assert.equal(named.only('AWS::ApiGateway::RestApi').Properties.DisableExecuteApiEndpoint, true);
    assert.equal(named.only('AWS::Route53::RecordSet').Properties.Name, 'wrapup.example.com.');
    const outputs = Object.values<any>(named.template.Outputs).map(({ Value }) => Value);
    assert.deepEqual(
      outputs.filter((value) => typeof value === 'string'),
      ['https://wrapup.example.com'],
    );
  });

  it("stands behind rules of AWS's, which leave bodies alone", () => {
    const guarded = new Deployment({ webAcl: 'managed-rules' });
    const { Rules } = guarded.only('AWS::WAFv2::WebACL').Properties;
    const counted = Rules.flatMap((rule: any) => rule.Statement.ManagedRuleGroupStatement.RuleActionOverrides);
    for (const name of ['SizeRestrictions_BODY', 'CrossSiteScripting_BODY', 'Log4JRCE_BODY']) {
      assert.ok(counted.some((rule: any) => rule.Name === name));
    }
    const { ResourceArn } = guarded.only('AWS::WAFv2::WebACLAssociation').Properties;
    assert.match(JSON.stringify(ResourceArn), /\/restapis\/.*\/stages\//);
  });

  it('bounds the requests of an address and of a credential, beside those rules or alone', () => {
    const rules = (one: Deployment) => one.only('AWS::WAFv2::WebACL').Properties.Rules;
    const alone = rules(new Deployment({ requestBounds: { perAddress: 500, perCredential: 300 } }));
    assert.deepEqual(
      alone.map(({ Name, Priority, Action, Statement }: any) => {
        const { Limit, AggregateKeyType, CustomKeys } = Statement.RateBasedStatement;
        const { ResponseCode, ResponseHeaders } = Action.Block.CustomResponse;
        return [
          Name,
          Priority,
          Limit,
          CustomKeys?.[0].Header.Name ?? AggregateKeyType,
          ResponseCode,
          ResponseHeaders[0],
        ];
      }),
      [
        ['requests-per-address', 0, 500, 'IP', 429, { Name: 'Retry-After', Value: '60' }],
        ['requests-per-credential', 1, 300, 'authorization', 429, { Name: 'Retry-After', Value: '60' }],
      ],
    );
    const both = rules(new Deployment({ webAcl: 'managed-rules', requestBounds: { perAddress: 500 } }));
    assert.deepEqual(
      both.map(({ Name, Priority }: any) => `${Priority} ${Name}`),
      [
        '0 requests-per-address',
        '1 AWSManagedRulesAmazonIpReputationList',
        '2 AWSManagedRulesKnownBadInputsRuleSet',
        '3 AWSManagedRulesCommonRuleSet',
      ],
    );
    for (const { Statement } of alone) assert.equal(Statement.RateBasedStatement.EvaluationWindowSec, 300);
    // A sample is a request with its headers.
    for (const { VisibilityConfig } of both) assert.equal(VisibilityConfig.SampledRequestsEnabled, false);
    assert.deepEqual(new Deployment({ requestBounds: {} }).resources('AWS::WAFv2::WebACL'), []);
    assert.throws(
      () => new Deployment({ requestBounds: { perAddress: 9 } }),
      /requestBounds\.perAddress: 9 .* from 10 on/,
    );
  });

  it('says of too many requests in the web ACL what API Gateway says of them', () => {
    const guarded = new Deployment({ requestBounds: { perAddress: 500 } }).only('AWS::WAFv2::WebACL').Properties;
    const [body] = Object.values<any>(guarded.CustomResponseBodies);
    const { message, detail } = gatewayResponses['THROTTLED'] ?? assert.fail();
    assert.deepEqual(JSON.parse(body.Content), { error: { message, detail }, status: 'failure' });
  });

  it('stands behind a web ACL of yours', () => {
    const arn = 'arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/a/1';
    const guarded = new Deployment({ webAcl: { arn } });
    assert.equal(guarded.only('AWS::WAFv2::WebACLAssociation').Properties.WebACLArn, arn);
    assert.throws(
      () => new Deployment({ webAcl: { arn }, requestBounds: { perAddress: 500 } }),
      /give yours rules of its own/,
    );
  });
});
