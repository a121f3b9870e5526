import { RemovalPolicy, Tags, Validations } from 'aws-cdk-lib';
import { IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { grantKey } from './keys';
import { FunctionSpec } from './system';

/** What the list calls the secret. */
const NAME = 'oauth-keys';

/** The keys that OAuth's tokens are signed with. */
export class OAuthKeys extends Construct {
  readonly secret: Secret;

  constructor(
    scope: Construct,
    id: string,
    private readonly encryptionKey: IKey | undefined,
  ) {
    super(scope, id);
    this.secret = new Secret(this, 'Secret', {
      description: 'The keys that access and refresh tokens are signed with',
      // Made once. Whoever changes a word of this has another key made, which ends all tokens.
      generateSecretString: {
        secretStringTemplate: '{}',
        generateStringKey: 'key',
        passwordLength: 64,
        excludePunctuation: true,
      },
      encryptionKey,
      // Without the stack there is nobody whom a token tells anything.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    Tags.of(this.secret).add('wrapup-secret', NAME);
    Validations.of(this.secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'The function rotate-keys replaces the keys, each after 100 days.',
    });
  }

  /** The variable by which a function finds the keys, where it has to do with them. */
  environment({ secrets = {} }: FunctionSpec): Record<string, string> {
    return secrets[NAME] ? { WRAPUP_OAUTH_KEYS: this.secret.secretArn } : {};
  }

  /** Allows the role of a function what it does with the keys. */
  grant({ secrets = {} }: FunctionSpec, role: IRole): void {
    const actions = secrets[NAME];
    if (!actions) return;
    const named = actions.map((action) => `secretsmanager:${action}`);
    role.addToPrincipalPolicy(new PolicyStatement({ actions: named, resources: [this.secret.secretArn] }));
    const byKey = ['kms:Decrypt', ...(actions.includes('PutSecretValue') ? ['kms:GenerateDataKey'] : [])];
    if (this.encryptionKey) grantKey(this.encryptionKey, role, 'secretsmanager', byKey);
  }
}
