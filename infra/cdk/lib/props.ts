import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { IRole } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { IHostedZone } from 'aws-cdk-lib/aws-route53';
import { ITopic } from 'aws-cdk-lib/aws-sns';
import { AiProvider } from './ai-provider';
import { FunctionCode } from './code';
import { Events } from './events';
import { SegmentTable } from './segment-tables';

/** The name that callers reach the API by, in place of the one that API Gateway gives it. */
export interface Domain {
  /** Such as `wrapup.example.com`. */
  readonly name: string;
  /** For that name, in the API's region. */
  readonly certificate: ICertificate;
  /** Gets an alias record for the name. Without it, point the name at `WrapUpApi.api.domainName` yourself. */
  readonly hostedZone?: IHostedZone;
}

/**
 * The VPC that the functions run in. It has to reach DynamoDB, Secrets Manager, and what segment tables, AI provider and
 * events need.
 */
export interface Network {
  readonly vpc: IVpc;
  /** @default the VPC's private subnets */
  readonly subnets?: SubnetSelection;
  /** @default one of their own that lets nothing in */
  readonly securityGroups?: ISecurityGroup[];
}

/** The WAF in front of the API: rules that AWS manages, or a web ACL of yours. */
export type WebAcl = 'managed-rules' | { readonly arn: string };

/**
 * How many requests the web ACL lets through in five minutes; beyond that it answers 429. At least 10 each. Who guesses
 * passwords has another `Authorization` header each time, and is bound by his address; who has many addresses, by
 * `authorizerConcurrency`. The bound on a header is for what loops, or was stolen.
 */
export interface RequestBounds {
  /** From one address. @default any number */
  readonly perAddress?: number;
  /** With one `Authorization` header. @default any number */
  readonly perCredential?: number;
}

/**
 * How many requests the API takes; beyond that it answers 429. API Gateway has a token bucket for each method of each
 * path, which all callers share, and may let more through than it aims at. It keeps the account within its means, and
 * tells no caller from another.
 */
export interface Throttling {
  /** Requests a second, of each method. */
  readonly rate: number;
  /** Requests at once, of each method. */
  readonly burst: number;
}

/** What is redacted: card numbers, passwords and the like always, and personal data where it is wanted. */
export interface Redaction {
  /** Whether agents' notes are redacted before they are stored. @default false */
  readonly notes?: boolean;
  /** Personal data that go too. @default all of them */
  readonly personal?: PersonalData[];
}

/** Personal data that a deployment may keep. */
export type PersonalData = 'date_of_birth' | 'email' | 'phone';

/** Where audit lines go, one of each change: a stream, a function, or a destination of CloudWatch Logs. */
export interface AuditDestination {
  /** Of a Kinesis stream, a Firehose stream, a Lambda function or a destination of CloudWatch Logs. */
  readonly arn: string;
  /** The role by which CloudWatch Logs writes there. @default none, as functions and destinations want it */
  readonly role?: IRole;
}

/** What a deployment decides. Everything has a default. */
export interface WrapUpApiProps {
  /**
   * Where the functions' code comes from.
   * @default compiled from the checkout that this package lies in
   */
  readonly code?: FunctionCode;
  /** Stands in front of the tables' names, so that one account can have several deployments. @default wrapup- */
  readonly tablePrefix?: string;
  /**
   * Language of translations where neither request nor user names one: two letters.
   * @default the translation that was stored first
   */
  readonly language?: string;
  /**
   * Origins whose web pages may call, such as `https://desk.example`. The first may read what API Gateway says by itself, too.
   * @default none
   */
  readonly allowedOrigins?: string[];
  /** What is logged, as `tracing` directives. @default info */
  readonly log?: string;
  /** @default arm64 */
  readonly architecture?: Architecture;
  /** Of each function, in MB. @default 256 */
  readonly memorySize?: number;
  /** Segment tables of your own, by the name that requests call them by. @default none */
  readonly segmentTables?: Record<string, SegmentTable>;
  /**
   * How many indexes a table has at most: 1 for wrap-ups by time, which reports, lists by state or time and the sweep of
   * deadlines read, and codes by label; 2 for wrap-ups by agent, too; 3 for wrap-ups by interaction, too. A new stack takes
   * all at once, and one that is there one more with each update. They cost at most 8 write units over a wrap-up's life.
   * @default 3
   */
  readonly indexes?: 0 | 1 | 2 | 3;
  /** Who fills in what an opened segment lacks. @default nobody; the AI filler is not deployed */
  readonly aiProvider?: AiProvider;
  /**
   * Whether the AI filler learns from the codes that agents pick. It keeps how often words occur by keyed hashes, and no text.
   * @default false
   */
  readonly aiLearn?: boolean;
  /**
   * Whether wrap-ups that have a duration end by themselves when it is over. It counts for those that open, or get another
   * configuration, from then on.
   * @default true
   */
  readonly deadlines?: boolean;
  /**
   * Whether the supervisor's page is served at `/supervisor`. Everybody may load it, and signs in to see anything.
   * @default false
   */
  readonly supervisorPage?: boolean;
  /**
   * Days, from 1 to 36500, for which wrap-ups are kept once they are closed, and interactions and phone logs once they are
   * written. It counts for those that are closed or written from then on.
   * @default for good
   */
  readonly retentionDays?: number;
  /** Which bus is told what happens to segments. @default none; the relay is not deployed */
  readonly events?: Events;
  /** What goes of what was said or written. @default secrets and personal data for the AI filler, nothing in notes */
  readonly redaction?: Redaction;
  /** @default the name that API Gateway gives the API */
  readonly domain?: Domain;
  /** @default none: the functions run outside of any VPC */
  readonly network?: Network;
  /** @default none */
  readonly webAcl?: WebAcl;
  /**
   * Rules of the web ACL, which is made for them if need be; not beside a web ACL of yours, which has rules of its own.
   * At list prices a web ACL is about US$ 5 a month, each rule 1 a month, and a million requests 0.60.
   * @default none
   */
  readonly requestBounds?: RequestBounds;
  /** Ranges of addresses that may call, such as `192.0.2.0/24`; the rest is answered 403. @default all */
  readonly allowedCidrs?: string[];
  /**
   * How many sign-ins may be checked at once. That many are kept for it, and taken from the account's concurrency, of
   * which Lambda wants 100 left to the rest: a new account, with 10, has none to spare. What goes beyond is answered 500.
   * @default no bound
   */
  readonly authorizerConcurrency?: number;
  /**
   * Encrypts tables, logs and dead letters. The policy of a key from elsewhere has to let CloudWatch Logs use it.
   * @default keys that AWS owns
   */
  readonly encryptionKey?: IKey;
  /** Told of each alarm that goes off or ends. @default nobody is told */
  readonly alarmTopic?: ITopic;
  /** Failed sign-ins within five minutes from which on there is an alarm. @default 100 */
  readonly manyFailedSignIns?: number;
  /** Gets the audit lines out of the logs of all functions that write. @default none: they stay in the logs alone */
  readonly auditDestination?: AuditDestination;
  /** Of all log groups. @default a month */
  readonly logRetention?: RetentionDays;
  /**
   * How long API Gateway remembers that a user's password is right: a user who is disabled works on for as long.
   * At most an hour.
   * @default five minutes
   */
  readonly authorizerCache?: Duration;
  /** What becomes of tables and logs when they leave the stack. @default RETAIN, and tables cannot be deleted */
  readonly removalPolicy?: RemovalPolicy;
  /** @default 100 requests a second, 200 at once */
  readonly throttling?: Throttling;
  /**
   * Whether to give API Gateway the role that it writes logs with. An account and region has one for all its APIs.
   * @default true; it stays when the stack goes
   */
  readonly apiGatewayLogRole?: boolean;
}
