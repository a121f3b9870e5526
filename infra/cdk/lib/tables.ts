import { RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  BillingMode,
  ProjectionType,
  StreamViewType,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import { IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { grantKey } from './keys';
import { FunctionSpec, system } from './system';

/** How the tables are kept. */
export interface TablesProps {
  readonly prefix: string;
  readonly encryptionKey: IKey | undefined;
  /** Of those whose stream somebody reads, the names. */
  readonly streamed: ReadonlySet<string>;
  /** How many of its indexes each has at most. */
  readonly indexes: number;
  readonly removalPolicy: RemovalPolicy;
}

/** The tables of a deployment. */
export class Tables extends Construct {
  /** By name without prefix. */
  readonly all: ReadonlyMap<string, Table>;
  private readonly encryptionKey: IKey | undefined;

  constructor(scope: Construct, id: string, props: TablesProps) {
    super(scope, id);
    this.encryptionKey = props.encryptionKey;
    this.all = new Map(Object.keys(system.tables).map((name) => [name, this.create(name, props)]));
  }

  private create(name: string, { prefix, encryptionKey, streamed, indexes, removalPolicy }: TablesProps): Table {
    const stream = streamed.has(name) && system.tables[name]?.stream;
    const timeToLiveAttribute = system.tables[name]?.ttl;
    const table = new Table(this, name, {
      tableName: `${prefix}${name}`,
      partitionKey: { name: 'sys_id', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: removalPolicy !== RemovalPolicy.DESTROY,
      removalPolicy,
      ...(timeToLiveAttribute && { timeToLiveAttribute }),
      ...(stream && { stream: stream as StreamViewType }),
      ...(encryptionKey && { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey }),
    });
    for (const [indexName, index] of Object.entries(system.tables[name]?.indexes ?? {}).slice(0, indexes)) {
      table.addGlobalSecondaryIndex({
        indexName,
        partitionKey: { name: index.partition, type: AttributeType.STRING },
        sortKey: { name: index.sort, type: AttributeType.STRING },
        ...(index.shown
          ? { projectionType: ProjectionType.INCLUDE, nonKeyAttributes: index.shown }
          : { projectionType: ProjectionType.KEYS_ONLY }),
      });
    }
    return table;
  }

  /** The table that the code knows by `name`. */
  get(name: string): Table {
    const table = this.all.get(name);
    if (!table) throw new RangeError(`infra/system.json has no table ${name}`);
    return table;
  }

  /** Allows the role of a function what it does with the tables. */
  grant({ dynamodb }: Pick<FunctionSpec, 'dynamodb'>, role: IRole): void {
    for (const [resource, actions] of Object.entries(dynamodb)) {
      const [name = '', index] = resource.split('/index/');
      const { tableArn } = this.get(name);
      const statement = {
        actions: actions.map((action) => `dynamodb:${action}`),
        resources: [index ? `${tableArn}/index/${index}` : tableArn],
      };
      role.addToPrincipalPolicy(new PolicyStatement(statement));
    }
    if (this.encryptionKey) grantKey(this.encryptionKey, role, 'dynamodb', ['kms:Decrypt', 'kms:GenerateDataKey']);
  }
}
