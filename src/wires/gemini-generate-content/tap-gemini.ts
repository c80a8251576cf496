import { finishIn, noteSignature, type TappedAnswer, type TapReader } from '../shared/answer-tap.ts';
import { fieldsIn, isFields, listIn, parseFields, textIn, type Fields } from '../shared/fields.ts';
import { GEMINI_FINISH } from './gemini-finish.ts';
import { geminiTier, geminiUsage } from './gemini-usage.ts';

/** Reads `generateContent` answers as they pass: each chunk is a whole response, and the last has the last word. */
export const geminiTap: TapReader = {
  deltaMark: '"parts"',
  stream: () => {
    let report: Fields = {};
    return (answer, { data }) => {
      const chunk = parseFields(data);
      if (chunk === undefined) return;
      report = { ...report, ...fieldsIn(chunk['usageMetadata']) };
      takeResponse(answer, { ...chunk, usageMetadata: report });
    };
  },
  whole: takeResponse,
};

function takeResponse(answer: TappedAnswer, chunk: Fields): void {
  if (isFields(chunk['error'])) answer.hasError = true;
  answer.servedModel ??= textIn(chunk['modelVersion']);
  answer.usage = geminiUsage(chunk['usageMetadata']) ?? answer.usage;
  answer.servedTier = geminiTier(chunk['usageMetadata']) ?? answer.servedTier;
  for (const raw of listIn(chunk['candidates'])) takeCandidate(answer, fieldsIn(raw));
  if (textIn(fieldsIn(chunk['promptFeedback'])['blockReason']) === undefined) return;
  answer.finishReason = 'content-filter';
  answer.isComplete = true;
}

function takeCandidate(answer: TappedAnswer, candidate: Fields): void {
  let hasCalls = answer.finishReason === 'tool-calls';
  for (const part of listIn(fieldsIn(candidate['content'])['parts']).map(fieldsIn)) {
    const call = part['functionCall'];
    const signature = textIn(part['thoughtSignature']);
    noteSignature(answer, signature);
    if (!isFields(call)) continue;
    hasCalls = true;
    const id = textIn(call['id']);
    if (id !== undefined && signature !== undefined) answer.toolStates.push([id, { thoughtSignature: signature }]);
  }
  const said = finishIn(GEMINI_FINISH, candidate['finishReason']);
  if (hasCalls) answer.finishReason = said === undefined || said === 'stop' ? 'tool-calls' : said;
  else answer.finishReason = said ?? answer.finishReason;
  if (said !== undefined) answer.isComplete = true;
}
