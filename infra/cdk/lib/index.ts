export * from './ai-provider';
export { EventTelling, Events, Webhook, WebhookClient, WebhookKey } from './events';
export { FunctionCode, NoSuchCode } from './code';
export * from './props';
export { DynamoDbTable, FunctionTable, SegmentField, SegmentTable } from './segment-tables';
export * from './wrap-up-api';
