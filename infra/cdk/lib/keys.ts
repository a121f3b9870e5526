import { Stack } from 'aws-cdk-lib';
import { IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';

/**
 * Allows a role that has something read by `service`, such as `dynamodb`, the key that it is encrypted with. The
 * service asks for the key in the role's name; it is of no other use to the role.
 */
export function grantKey(key: IKey, role: IRole, service: string, actions = ['kms:Decrypt']): void {
  const conditions = { StringEquals: { 'kms:ViaService': `${service}.${Stack.of(role).region}.amazonaws.com` } };
  role.addToPrincipalPolicy(new PolicyStatement({ actions, resources: [key.keyArn], conditions }));
}
