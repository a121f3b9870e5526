import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, CfnElement, Stack, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { WrapUpApi, WrapUpApiProps } from '../lib';
import { FunctionSpec, system } from '../lib/system';

/** A resource of a template. */
export interface Resource {
  readonly Type: string;
  readonly Properties: any;
  readonly DeletionPolicy?: string;
}

/** A statement of a policy. */
export interface Statement {
  readonly actions: string[];
  readonly resource: unknown;
  readonly conditions: unknown;
}

const scratch = mkdtempSync(join(tmpdir(), 'wrapup-cdk-'));

/** Archives for all functions, with the same bytes each time, so that templates are the same too. */
export const prebuilt = join(scratch, 'lambda');
Object.keys(system.functions).forEach(archive);

function archive(name: string): void {
  mkdirSync(join(prebuilt, name), { recursive: true });
  writeFileSync(join(prebuilt, name, 'bootstrap.zip'), name);
}

/** A deployment as CloudFormation would get it, without what CDK notes down for itself. */
export class Deployment {
  readonly template: any;
  /** What AWS's rules object to, where they were asked. */
  readonly findings: unknown[];
  private readonly stack: Stack;
  private readonly api: WrapUpApi;

  /** Fails where AWS's rules are asked and find an error; a mere warning is a finding. */
  constructor(props: WrapUpApiProps | ((stack: Stack) => WrapUpApiProps) = {}, { rules = false } = {}) {
    const app = new App({ outdir: mkdtempSync(join(scratch, 'out-')) });
    this.stack = new Stack(app, 'wrapup');
    const decided = typeof props === 'function' ? props(this.stack) : props;
    this.api = new WrapUpApi(this.stack, 'Api', { code: { prebuilt }, ...decided });
    if (rules) Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    const { directory } = app.synth();
    this.template = read(join(directory, 'wrapup.template.json'));
    for (const resource of Object.values<any>(this.template.Resources)) delete resource.Metadata;
    this.findings = rules ? read(join(directory, 'validation-report.json')).pluginReports : [];
  }

  resources(type: string): [string, Resource][] {
    return Object.entries<Resource>(this.template.Resources).filter(([, resource]) => resource.Type === type);
  }

  /** The only resource of a type. */
  only(type: string): Resource {
    const [[, found] = [], ...others] = this.resources(type);
    if (!found || others.length > 0) throw new Error(`${others.length + (found ? 1 : 0)} resources are ${type}`);
    return found;
  }

  lambda(name: string): Resource {
    return this.template.Resources[this.lambdaId(name)];
  }

  lambdaId(name: string): string {
    return this.idOf(this.api.functions.get(name)?.node.defaultChild);
  }

  table(name: string): Resource {
    return this.template.Resources[this.tableId(name)];
  }

  tableId(name: string): string {
    return this.idOf(this.api.tables.get(name)?.node.defaultChild);
  }

  /** All that the role of a function is allowed. */
  statements(name: string): Statement[] {
    const role = this.lambda(name).Properties.Role['Fn::GetAtt'][0];
    const { ManagedPolicyArns = [], Policies = [] } = this.template.Resources[role].Properties;
    if (ManagedPolicyArns.length + Policies.length > 0) throw new Error(`${name} has policies that this does not read`);
    return this.resources('AWS::IAM::Policy')
      .filter(([, policy]) => policy.Properties.Roles.some((one: any) => one.Ref === role))
      .flatMap(([, policy]) => policy.Properties.PolicyDocument.Statement)
      .map(({ Action, Resource, Condition, Effect }: any) => {
        if (Effect !== 'Allow') throw new Error(`${name} has a statement with the effect ${Effect}`);
        return { actions: [Action].flat(), resource: Resource, conditions: Condition };
      });
  }

  /** Methods by path: what is found at `/api/now/v1/wrapup/code` and so on. */
  methods(): Map<string, Record<string, any>> {
    const paths = new Map<string, Record<string, any>>();
    for (const [, { Properties }] of this.resources('AWS::ApiGateway::Method')) {
      const path = this.path(Properties.ResourceId.Ref);
      paths.set(path, { ...paths.get(path), [Properties.HttpMethod]: Properties });
    }
    return paths;
  }

  /** The path of a resource; the root has an attribute of the API in place of an id. */
  private path(resource: string | undefined): string {
    if (!resource) return '/';
    const { ParentId, PathPart } = this.template.Resources[resource].Properties;
    return `${this.path(ParentId.Ref).replace(/\/$/, '')}/${PathPart}`;
  }

  private idOf(element: unknown): string {
    return this.stack.resolve(this.stack.getLogicalId(element as CfnElement));
  }
}

/** A deployment of a system that has further functions. */
export function bigger(further: Record<string, FunctionSpec>, props: WrapUpApiProps = {}): Deployment {
  Object.keys(further).forEach(archive);
  Object.assign(system.functions, further);
  try {
    return new Deployment(props, { rules: true });
  } finally {
    for (const name of Object.keys(further)) delete system.functions[name];
  }
}

/** One that decides nothing. */
export const defaults = new Deployment();

function read(path: string): any {
  return JSON.parse(readFileSync(path, 'utf8'));
}
