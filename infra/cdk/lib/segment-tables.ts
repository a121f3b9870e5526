import { Stack } from 'aws-cdk-lib';
import { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { IFunction } from 'aws-cdk-lib/aws-lambda';
import { grantKey } from './keys';
import { refuse, refuseBoth } from './refusal';
import { FunctionSpec } from './system';

/** The variable that the functions read their segment tables from. */
const SEGMENT_TABLES = 'WRAPUP_SEGMENT_TABLES';

/** The segment table that is built in. Who may do what on it, may do so on the others. */
const BUILT_IN = 'sn_openframe_phone_log';

/** A field of a segment's record that can have a column of its own. */
export type SegmentField = 'interaction' | 'agent' | 'start' | 'end' | 'transcript' | 'external_segment_id';

/** A segment table behind a Lambda function, which is asked to create and to retrieve records. */
export interface FunctionTable {
  readonly function: IFunction;
}

/** A segment table in DynamoDB. */
export interface DynamoDbTable {
  readonly table: ITable;
  /** Its partition key: a string, which holds the `segment_id`. */
  readonly key: string;
  /** Columns by field; a field without one is not kept. */
  readonly columns: Partial<Record<SegmentField, string>>;
}

/** A segment table of a deployment's own. */
export type SegmentTable = FunctionTable | DynamoDbTable;

/** Refuses segment tables that the functions would not start with. */
export function refuseSegmentTables(tables: Record<string, SegmentTable>): void {
  for (const [name, table] of Object.entries(tables)) {
    const what = `segmentTables.${name}`;
    refuse(name === '', 'segmentTables: a table has a name that requests call it by, and one has none');
    refuseBoth(what, table, 'function', 'table');
    if (!('table' in table)) continue;
    const columns = Object.entries(table.columns);
    const all = [['key', table.key], ...columns.map(([field, column]) => [`columns.${field}`, column])];
    for (const [field, column = ''] of all) {
      refuse(column.length < 1 || column.length > 255, `${what}.${field} has to be a name of up to 255 characters`);
      const other = all.find(([, taken]) => taken === column)?.[0];
      refuse(other !== field, `${what}.${field} is the column '${column}', which ${other} has: give each its own`);
    }
  }
}

/** The segment tables as the functions' variable says them; nothing for a function that uses none. */
export function segmentTablesEnvironment(
  { environment = [] }: FunctionSpec,
  tables: Record<string, SegmentTable>,
  stack: Stack,
): Record<string, string> {
  if (!environment.includes(SEGMENT_TABLES) || Object.keys(tables).length === 0) return {};
  const described = Object.entries(tables).map(([name, table]) => [name, describe(table)]);
  return { [SEGMENT_TABLES]: stack.toJsonString(Object.fromEntries(described)) };
}

function describe(table: SegmentTable): unknown {
  if ('function' in table) return table.function.functionArn;
  return { dynamodb_table: table.table.tableName, key: table.key, columns: table.columns };
}

/** Allows the role of a function that uses segment tables just that. */
export function grantSegmentTables(spec: FunctionSpec, tables: Record<string, SegmentTable>, role: IRole): void {
  if (!spec.environment?.includes(SEGMENT_TABLES)) return;
  const actions = (spec.dynamodb[BUILT_IN] ?? []).map((action) => `dynamodb:${action}`);
  for (const table of Object.values(tables)) {
    role.addToPrincipalPolicy(
      'function' in table
        ? new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [table.function.functionArn] })
        : new PolicyStatement({ actions, resources: [table.table.tableArn] }),
    );
    // DynamoDB decrypts a table's key for reads and writes alike.
    if ('table' in table && table.table.encryptionKey) grantKey(table.table.encryptionKey, role, 'dynamodb');
  }
}
