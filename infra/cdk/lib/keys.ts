import { ArnFormat, Stack } from 'aws-cdk-lib';
import { IRole, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';

/**
 * Allows a role that has something read by `service`, such as `dynamodb`, the key that it is encrypted with. The
 * service asks for the key in the role's name; it is of no other use to the role.
 */
export function grantKey(key: IKey, role: IRole, service: string, actions = ['kms:Decrypt']): void {
  const { region, urlSuffix } = Stack.of(role);
  // KMS names the service by its domain, and the domain of a partition is not always the one of its endpoints.
  const hosts = ['amazonaws.com', urlSuffix].map((domain) => `${service}.${region}.${domain}`);
  const conditions = { StringEquals: { 'kms:ViaService': hosts } };
  role.addToPrincipalPolicy(new PolicyStatement({ actions, resources: [key.keyArn], conditions }));
}

/**
 * Lets CloudWatch Logs encrypt the stack's log groups by a key. A key from elsewhere has a policy of its own, which has
 * to say so itself.
 */
export function letLogsUse(key: IKey, stack: Stack): void {
  const groups = stack.formatArn({
    service: 'logs',
    resource: 'log-group',
    resourceName: '*',
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  key.addToResourcePolicy(
    new PolicyStatement({
      actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
      principals: [new ServicePrincipal(`logs.${stack.region}.amazonaws.com`)],
      resources: ['*'],
      conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': groups } },
    }),
  );
}
