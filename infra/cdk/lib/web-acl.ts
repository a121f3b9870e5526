import { CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import { gatewayResponses } from './gateway-responses';
import { asJson } from './platform-error';
import { RequestBounds, WebAcl } from './props';
import { outside, refuse } from './refusal';

/** Rules of AWS's that a deployment gets, in their order, and those of their parts that only count. */
const MANAGED: Record<string, string[]> = {
  AWSManagedRulesAmazonIpReputationList: [],
  // What was said may quote anything.
  AWSManagedRulesKnownBadInputsRuleSet: ['JavaDeserializationRCE_BODY', 'Log4JRCE_BODY'],
  AWSManagedRulesCommonRuleSet: [
    // A request has up to 1 MiB.
    'SizeRestrictions_BODY',
    'CrossSiteScripting_BODY',
    'EC2MetaDataSSRF_BODY',
    'GenericLFI_BODY',
    'GenericRFI_BODY',
    // Contact-centre systems are programs; some send no User-Agent.
    'NoUserAgent_HEADER',
  ],
};

/** What a web ACL is made of. */
export interface Protection {
  readonly webAcl: WebAcl | undefined;
  readonly requestBounds: RequestBounds | undefined;
}

/** Whether there is anything for a web ACL to do. */
export function isProtected({ webAcl, requestBounds = {} }: Protection): boolean {
  return webAcl !== undefined || bounding(requestBounds).length > 0;
}

/** Refuses bounds that AWS WAF does not count, and those that would be rules of a web ACL of somebody else's. */
export function refuseRequestBounds(webAcl: WebAcl | undefined, bounds: RequestBounds): void {
  for (const [name, limit = 10] of Object.entries<number | undefined>({ ...bounds })) {
    refuse(
      outside(limit, 10, 2_000_000_000),
      `requestBounds.${name}: ${limit} in five minutes; AWS WAF counts from 10 on`,
    );
  }
  refuse(
    typeof webAcl === 'object' && bounding(bounds).length > 0,
    'requestBounds are rules of a web ACL of ours: give yours rules of its own',
  );
}

/** Puts a web ACL in front of an API's stage, where there is anything for it to do. */
export function protect(scope: Construct, protection: Protection, stageArn: string): void {
  if (!isProtected(protection)) return;
  const { webAcl, requestBounds = {} } = protection;
  const bounds = bounding(requestBounds);
  const ours = () => create(scope, [...bounds, ...(webAcl === 'managed-rules' ? managed() : [])]).attrArn;
  const webAclArn = typeof webAcl === 'object' ? webAcl.arn : ours();
  new CfnWebACLAssociation(scope, 'WebAclAssociation', { resourceArn: stageArn, webAclArn });
}

/** A rule, but for its place among the others. */
type Rule = Omit<CfnWebACL.RuleProperty, 'priority'>;

function create(scope: Construct, rules: Rule[]): CfnWebACL {
  return new CfnWebACL(scope, 'WebAcl', {
    scope: 'REGIONAL',
    defaultAction: { allow: {} },
    visibilityConfig: visibility('wrapup'),
    customResponseBodies: { [TOO_MANY]: tooMany() },
    rules: rules.map((rule, priority) => ({ ...rule, priority })),
  });
}

function managed(): Rule[] {
  return Object.entries(MANAGED).map(([name, counted]) => ({
    name,
    overrideAction: { none: {} },
    statement: {
      managedRuleGroupStatement: {
        vendorName: 'AWS',
        name,
        ruleActionOverrides: counted.map((rule) => ({ name: rule, actionToUse: { count: {} } })),
      },
    },
    visibilityConfig: visibility(name),
  }));
}

function bounding({ perAddress, perCredential }: RequestBounds): Rule[] {
  const authorization = { name: 'authorization', textTransformations: [{ priority: 0, type: 'NONE' }] };
  return [
    ...bound('requests-per-address', perAddress, { aggregateKeyType: 'IP' }),
    ...bound('requests-per-credential', perCredential, {
      aggregateKeyType: 'CUSTOM_KEYS',
      customKeys: [{ header: authorization }],
    }),
  ];
}

function bound(
  name: string,
  limit: number | undefined,
  how: Pick<CfnWebACL.RateBasedStatementProperty, 'aggregateKeyType' | 'customKeys'>,
): Rule[] {
  if (limit === undefined) return [];
  const responseHeaders = [
    { name: 'Retry-After', value: '60' },
    { name: 'Cache-Control', value: 'no-store' },
    { name: 'X-Content-Type-Options', value: 'nosniff' },
  ];
  const customResponse = { responseCode: 429, customResponseBodyKey: TOO_MANY, responseHeaders };
  return [
    {
      name,
      action: { block: { customResponse } },
      statement: { rateBasedStatement: { limit, evaluationWindowSec: 300, ...how } },
      visibilityConfig: visibility(name),
    },
  ];
}

const TOO_MANY = 'too-many';

/** What API Gateway says of too many requests: a web ACL has one form of an answer. */
function tooMany(): CfnWebACL.CustomResponseBodyProperty {
  const { THROTTLED: throttled } = gatewayResponses;
  if (!throttled) throw new RangeError('infra/gateway-responses.json has no THROTTLED');
  return { contentType: 'APPLICATION_JSON', content: asJson(throttled) };
}

/** Requests are counted; samples of them would show headers and queries. */
function visibility(metricName: string): CfnWebACL.VisibilityConfigProperty {
  return { metricName, cloudWatchMetricsEnabled: true, sampledRequestsEnabled: false };
}
