import { App, Stack, Validations } from 'aws-cdk-lib';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { AwsSolutionsChecks } from 'cdk-nag';
import { WrapUpApi } from '../lib';

const app = new App();
const context = (name: string): string | undefined => app.node.tryGetContext(name);
const prebuilt = context('prebuilt');

new WrapUpApi(new Stack(app, context('stack') ?? 'wrapup'), 'Api', {
  code: prebuilt ? { prebuilt } : undefined,
  tablePrefix: context('table-prefix'),
  language: context('language'),
  architecture: context('architecture') === 'x86_64' ? Architecture.X86_64 : Architecture.ARM_64,
  aiProvider: context('ai') === 'extractive' ? { kind: 'extractive' } : undefined,
  webAcl: context('waf') === 'managed-rules' ? 'managed-rules' : undefined,
});
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
