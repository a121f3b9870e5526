import { refuseAiProvider } from './ai-provider';
import { refuseAuditDestination } from './audit';
import { refuseEvents } from './events';
import { WrapUpApiProps } from './props';
import { outside, refuse, unlike } from './refusal';
import { refuseSegmentTables } from './segment-tables';
import { refuseRequestBounds } from './web-acl';

/** Refuses what cannot work: functions that would not start, and what would come to nothing without a word. */
export function refuseProps(props: WrapUpApiProps): void {
  const {
    tablePrefix = '',
    language = '',
    allowedOrigins = [],
    retentionDays = 1,
    supervisorPage,
    indexes = 3,
  } = props;
  refuse(
    unlike(tablePrefix, /^[A-Za-z0-9_.-]{0,200}$/),
    `tablePrefix has to be of up to 200 letters, digits, '_', '.' and '-', and is '${tablePrefix}'`,
  );
  refuse(unlike(language, /^([a-z]{2})?$/), `language has to be of two small letters, and is '${language}'`);
  for (const origin of allowedOrigins) {
    refuse(
      unlike(origin, ORIGIN),
      `allowedOrigins has '${origin}', which is no origin such as https://desk.example or http://localhost:3000`,
    );
  }
  refuse(
    outside(retentionDays, 1, 36500),
    `retentionDays has to be a whole number from 1 to 36500, and is ${retentionDays}`,
  );
  refuse(
    supervisorPage === true && indexes === 0,
    'supervisorPage reads wrap-ups by time: set indexes to 1 or more, or leave the page out',
  );
  refuse(
    props.aiLearn === true && !props.aiProvider,
    'aiLearn is about the AI filler: choose an aiProvider, or leave aiLearn out',
  );
  if (props.segmentTables) refuseSegmentTables(props.segmentTables);
  if (props.aiProvider) refuseAiProvider(props.aiProvider);
  if (props.events) refuseEvents(props.events);
  if (props.requestBounds) refuseRequestBounds(props.webAcl, props.requestBounds);
  if (props.auditDestination) refuseAuditDestination(props.auditDestination);
}

/** What functions take for one (`shared/src/api/origins.rs`). */
const ORIGIN = /^(null|[A-Za-z][A-Za-z0-9+.-]*:\/\/([A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?)$/;
