import { App, Stack, Validations } from 'aws-cdk-lib';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { AwsSolutionsChecks } from 'cdk-nag';
import { WrapUpApi } from '../lib';

const app = new App();
const prebuilt = option('prebuilt');

new WrapUpApi(new Stack(app, option('stack') ?? 'wrapup'), 'Api', {
  code: prebuilt ? { prebuilt } : undefined,
  tablePrefix: option('table-prefix'),
  language: option('language'),
  allowedOrigins: option('allowed-origins')?.split(','),
  architecture: choice('architecture', ['arm64', 'x86_64']) === 'x86_64' ? Architecture.X86_64 : Architecture.ARM_64,
  events: choice('events', ['on']) && {},
  aiProvider: choice('ai', ['extractive']) && { kind: 'extractive' },
  indexes: Number(choice('indexes', ['0', '1', '2', '3']) ?? '3') as 0 | 1 | 2 | 3,
  webAcl: choice('waf', ['managed-rules']),
  requestBounds: { perAddress: number('requests-per-address'), perCredential: number('requests-per-credential') },
  allowedCidrs: option('allowed-cidrs')?.split(','),
  authorizerConcurrency: number('authorizer-concurrency'),
});
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));

/** What `-c NAME=VALUE` says. */
function option(name: string): string | undefined {
  return app.node.tryGetContext(name);
}

function number(name: string): number | undefined {
  const given = option(name);
  const found = given === undefined ? undefined : Number(given);
  if (found !== undefined && !Number.isSafeInteger(found)) throw new RangeError(`-c ${name}=${given}: no whole number`);
  return found;
}

function choice<const T extends string>(name: string, known: readonly T[]): T | undefined {
  const given = option(name);
  const found = known.find((one) => one === given);
  if (given !== undefined && !found) throw new RangeError(`-c ${name}=${given}: it has to be ${known.join(' or ')}`);
  return found;
}
