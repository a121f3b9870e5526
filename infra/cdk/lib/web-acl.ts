import { CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import { WebAcl } from './props';

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

/** Puts a web ACL in front of an API's stage. */
export function protect(scope: Construct, webAcl: WebAcl, stageArn: string): void {
  const webAclArn = webAcl === 'managed-rules' ? managedRules(scope).attrArn : webAcl.arn;
  new CfnWebACLAssociation(scope, 'WebAclAssociation', { resourceArn: stageArn, webAclArn });
}

function managedRules(scope: Construct): CfnWebACL {
  return new CfnWebACL(scope, 'WebAcl', {
    scope: 'REGIONAL',
    defaultAction: { allow: {} },
    visibilityConfig: visibility('wrapup'),
    rules: Object.entries(MANAGED).map(([name, counted], priority) => ({
      name,
      priority,
      overrideAction: { none: {} },
      statement: {
        managedRuleGroupStatement: {
          vendorName: 'AWS',
          name,
          ruleActionOverrides: counted.map((rule) => ({ name: rule, actionToUse: { count: {} } })),
        },
      },
      visibilityConfig: visibility(name),
    })),
  });
}

/** Requests are counted; samples of them would show headers and queries. */
function visibility(metricName: string): CfnWebACL.VisibilityConfigProperty {
  return { metricName, cloudWatchMetricsEnabled: true, sampledRequestsEnabled: false };
}
