import { finishIn, type TapReader } from '../shared/answer-tap.ts';
import { fieldsIn, parseFields } from '../shared/fields.ts';
import { CONVERSE_FINISH } from './converse-finish.ts';
import { converseUsage } from './converse-usage.ts';

/** What an answer says of itself, whole or in events. */
export const converseTap: TapReader = {
  deltaMark: '"delta"',
  stream:
    () =>
    (answer, { data }) => {
      const { metadata, messageStop } = parseFields(data) ?? {};
      answer.usage = converseUsage(fieldsIn(metadata)['usage']) ?? answer.usage;
      answer.finishReason = finishIn(CONVERSE_FINISH, fieldsIn(messageStop)['stopReason']) ?? answer.finishReason;
      answer.isComplete ||= messageStop !== undefined;
    },
  whole: (answer, body) => {
    answer.usage = converseUsage(body['usage']);
    answer.finishReason = finishIn(CONVERSE_FINISH, body['stopReason']);
  },
};
