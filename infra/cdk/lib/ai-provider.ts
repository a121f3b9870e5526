import { BlockList, isIP } from 'node:net';
import { Stack, Token } from 'aws-cdk-lib';
import { IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { IParameter } from 'aws-cdk-lib/aws-ssm';
import { grantKey } from './keys';
import { refuse, refuseBoth, unlike } from './refusal';

/** The provider that is embedded in the function: no model, no cost. */
export interface Extractive {
  readonly kind: 'extractive';
}

/** A model of Amazon Bedrock. */
export interface Bedrock {
  readonly kind: 'bedrock';
  /** Its id, such as `amazon.nova-lite-v1:0`; without a region's prefix. */
  readonly model: string;
  /** The inference profile that the model is called by, where it is not called directly. */
  readonly inferenceProfile?: InferenceProfile;
}

/** An inference profile of Bedrock, which spreads calls of one model over regions. */
export interface InferenceProfile {
  /** Such as `eu.amazon.nova-lite-v1:0`. */
  readonly id: string;
  /** The regions that it sends calls to. A global profile also needs `''`, for the model's ARN without a region. */
  readonly regions: string[];
}

/** A model behind an endpoint for chat completions. */
export interface OpenAi {
  readonly kind: 'openai';
  /** Base URL, below which `chat/completions` is. */
  readonly url: string;
  /** The model, as the endpoint calls it. */
  readonly model: string;
  /** Holds the key as plain text; a parameter is best a SecureString. @default the endpoint wants no key */
  readonly key?: Key;
}

/** Where a key is kept. `encryptionKey` is the one of a SecureString, if that is not AWS's own. */
export type Key = { readonly secret: ISecret } | { readonly parameter: IParameter; readonly encryptionKey?: IKey };

/** Who suggests wrap-up codes and notes. */
export type AiProvider = Extractive | Bedrock | OpenAi;

/** Refuses a provider that the AI filler would not start with, or that could not do what it is for. */
export function refuseAiProvider(provider: AiProvider): void {
  if (provider.kind === 'extractive') return;
  const { kind, model } = provider;
  refuse(unlike(model, /^[^\s*?][^*?]*$/), `aiProvider ${kind}: model is '${model}': say which one is to be asked`);
  if (provider.kind === 'bedrock') {
    const { id, regions } = provider.inferenceProfile ?? { id: model, regions: ['any'] };
    refuse(unlike(id, /^[^\s*?][^*?]*$/), `aiProvider bedrock: inferenceProfile.id is '${id}': say which one it is`);
    refuse(regions.length === 0, 'aiProvider bedrock: inferenceProfile.regions is empty: say where it sends calls to');
    return;
  }
  const { url, key } = provider;
  refuse(
    unlike(url, /^https?:\/\/[^\s@?#/]+(\/[^\s@?#]*)?$/),
    `aiProvider openai: url has to be an http or https URL without credentials, query and fragment, and is '${url}'`,
  );
  if (!key) return;
  refuseBoth('aiProvider.key', key, 'secret', 'parameter');
  refuse(
    'secret' in key && 'encryptionKey' in key,
    'aiProvider.key: the encryptionKey of a secret is told by the secret: give it to fromSecretAttributes',
  );
  refuse(
    !Token.isUnresolved(url) && !keepsSecrets(url),
    `aiProvider openai: with a key, url has to begin with https:// but for localhost and private addresses, and is '${url}'`,
  );
}

/** Whether what is sent there is read by nobody on the way (`shared/src/ai/settings.rs`). */
function keepsSecrets(url: string): boolean {
  if (url.startsWith('https://')) return true;
  const { hostname } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  if (host === 'localhost') return true;
  const version = isIP(host);
  return version !== 0 && PRIVATE.check(host, version === 6 ? 'ipv6' : 'ipv4');
}

/** Addresses of this machine and of private networks. */
const PRIVATE = new BlockList();
PRIVATE.addSubnet('127.0.0.0', 8);
PRIVATE.addSubnet('10.0.0.0', 8);
PRIVATE.addSubnet('172.16.0.0', 12);
PRIVATE.addSubnet('192.168.0.0', 16);
PRIVATE.addAddress('::1', 'ipv6');
PRIVATE.addSubnet('fc00::', 7, 'ipv6');

/** The provider as the functions' variables say it. */
export function aiEnvironment(provider: AiProvider): Record<string, string> {
  const kind = { WRAPUP_AI_PROVIDER: provider.kind };
  switch (provider.kind) {
    case 'extractive':
      return kind;
    case 'bedrock':
      return { ...kind, WRAPUP_AI_MODEL: provider.inferenceProfile?.id ?? provider.model };
    case 'openai': {
      const key = provider.key && { WRAPUP_AI_KEY: reference(provider.key) };
      return { ...kind, WRAPUP_AI_URL: provider.url, WRAPUP_AI_MODEL: provider.model, ...key };
    }
  }
}

/** Allows the role of a function that calls the provider what that takes, and no more. */
export function grantAi(provider: AiProvider, role: IRole): void {
  if (provider.kind === 'bedrock') {
    invocations(provider, Stack.of(role)).forEach((statement) => role.addToPrincipalPolicy(statement));
  }
  if (provider.kind === 'openai' && provider.key) grantRead(provider.key, role);
}

function invocations({ model, inferenceProfile }: Bedrock, stack: Stack): PolicyStatement[] {
  const actions = ['bedrock:InvokeModel'];
  const modelIn = (region?: string) =>
    stack.formatArn({ service: 'bedrock', region, account: '', resource: 'foundation-model', resourceName: model });
  if (!inferenceProfile) return [new PolicyStatement({ actions, resources: [modelIn()] })];
  const { id, regions } = inferenceProfile;
  const profile = stack.formatArn({ service: 'bedrock', resource: 'inference-profile', resourceName: id });
  return [
    new PolicyStatement({ actions, resources: [profile] }),
    // The model by way of the profile alone.
    new PolicyStatement({
      actions,
      resources: regions.map((region) => modelIn(region)),
      conditions: { StringEquals: { 'bedrock:InferenceProfileArn': profile } },
    }),
  ];
}

function reference(key: Key): string {
  return 'secret' in key
    ? `secretsmanager:${key.secret.secretFullArn ?? key.secret.secretName}`
    : `ssm:${key.parameter.parameterName}`;
}

function grantRead(key: Key, role: IRole): void {
  const [service, action, resource, encryptionKey] =
    'secret' in key
      ? ['secretsmanager', 'GetSecretValue', secretArn(key.secret), key.secret.encryptionKey]
      : ['ssm', 'GetParameter', key.parameter.parameterArn, key.encryptionKey];
  role.addToPrincipalPolicy(new PolicyStatement({ actions: [`${service}:${action}`], resources: [resource] }));
  if (encryptionKey) grantKey(encryptionKey, role, service);
}

function secretArn(secret: ISecret): string {
  // Secrets Manager ends each ARN in six characters of its own, which are unknown where only the name is known.
  return secret.secretFullArn ?? `${secret.secretArn}-??????`;
}
