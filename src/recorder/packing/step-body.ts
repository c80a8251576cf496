import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { At } from '../../domain/time.ts';

/**
 * Steps as they lie in the table: one byte that names the form, when the step started, then its JSON compressed. Stores of
 * before hold the JSON as text.
 */
const FORM = 1;
const HEAD_BYTES = 9;

/**
 * What bodies have in common, the most frequent last. Part of form 1: another text is another form, and this one is kept for what
 * was written with it.
 */
const DICTIONARY = Buffer.from(
  [
    '"heads":[{"key":"","gateway-read","code":"check-failed","check-then-escalate","over-budget","context-too-small","no-tools",',
    '"why":"It does not call tools."},"mode":"handoff","mode":"isolate","kind":"escalate","from":"claude-","gpt-","gemini-","trigger":"tool-result",',
    '"Nothing is warm yet; bill and likely failures over the job come to $ less on than on .","You named , and it is obeyed exactly.",',
    '"Switching to  saves $, the way back included."," holds k tokens warm;  would cost $ more."," is expected to succeed in  % of such steps, ',
    '{"v":2,"jobId":"","sessionId":"","stepId":"#4","attempt":0,"kind":"code","title":"","input":{"v":1,"decisionId":"dec_","now":179,"session":{"incumbent":"",',
    '"transcriptTokens":,"openToolLoop":false,"spentNanoUsd":0,"neverSwitchNanoUsd":0,"switchCount":0,"authorFamilies":[],"risk":"none","sessionId":"","neverSwitchModel":"","isFirst":true},',
    '"step":{"modes":["continue"],"callGapMs":8000,"requirements":{"tools":true,"toolNames":[],"structuredOutput":false,"inputModalities":["text"]},"checks":[],"tried":[],"stepId":"","kind":"plan","trigger":"user",',
    '"size":{"callCount":,"newTokensPerCall":,"outputTokensPerCall":,"handoffTokens":6000,"isolateTokens":4000,"resultTokens":900,"instructionTokens":0,"pieceRatio":0.},',
    '"need":{"v":1,"kind":{"ratios":[0.],"source":"local-encoder"},"size":{"ratios":[0.],"source":"local-head"},"difficulty":{"ratios":[0.],"source":"declared"},"stakes":{"ratios":[0.],"source":""},"origin":"person","grounds":["words"]}},',
    '"forecast":{"$part":""},"scenarios":[{"weightRatio":0.3807,"forecast":{"$likeForecast":{"kind":"plan","size":{"callCount":,"quality":{"$input":"quality"}}}}],"models":{"$part":""},',
    '"warmth":{"$rows":[[0,1,2,3,4,5]],"forms":,"columns":[["model",{"names":[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47,48,49,50,51,52,53,54,55,56,57,58,59,60,61,62,63,64,65,66,67,68,69,70]}],',
    '["warmTokens",{"all":0}],["hitRatio",{"of":[0.63,0.6111,0.5670000000000001,0.44099999999999995,0.5984999999999999,0.9,0.6,0.378],"at":"0000"}],["lastUsedAt",{"all":0}],["ttlMs",{"of":[300000,1800000,86400000,7200000,600000],"at":"0000"}],',
    '["hitRatios",{"of":[{"user":[1,0.86,0.8,0.63,0.63],"tool-result":[1,1,1,1,1]},{"user":[0.97,0.8341999999999999,0.776,0.6111,0.6111],"tool-result":[0.97,0.97,0.97,0.97,0.97]},{"user":[0.9,0.774,0.7200000000000001,0.5670000000000001,0.5670000000000001],"tool-result":[0.9,0.9,0.9,0.9,0.9]},',
    '{"user":[0.7,0.602,0.5599999999999999,0.44099999999999995,0.44099999999999995],"tool-result":[0.7,0.7,0.7,0.7,0.7]},{"user":[0.95,0.817,0.76,0.5984999999999999,0.5984999999999999],"tool-result":[0.95,0.95,0.95,0.95,0.95]}],"at":""}]]},',
    '"quality":{"$rows":[[0,1,2,3]],"forms":,"columns":[["model",{"names":"*"}],["successRatio",[0.]],["widthRatio",[0.0]],["basis",{"all":"prior"}]]},"drift":[],"policy":{"$part":""},"budget":{},"override":""},',
    '"decision":{"v":1,"decisionId":"dec_","at":179,"policyId":"balanced","policyVersion":1,"candidates":{"$rows":[[0,1,2,3,4,5,6,7,8,9,10,11,12,13],[0,1,2,3,4,5,6,7,8,9,10,11,12,14,13]],"forms":"0011111","columns":[["model",{"names":[]}],["mode",{"all":"continue"}],',
    '["tokens",{"of":[{"uncached":,"cacheRead":,"cacheWrite":,"output":}],"at":""}],["tokens",{"rows":{"$rows":[[0,1,2,3]],"forms":,"columns":[["uncached",[]],["cacheRead",[]],["cacheWrite",[]],["output",[]]]}}],["billNanoUsd",[]],["frontierPenaltyNanoUsd",{"all":null}],["failureNanoUsd",{"all":null}],["latencyNanoUsd",{"all":0}],["ladderNanoUsd",{"all":0}],["futureNanoUsd",{"of":[],"at":""}],["totalNanoUsd",{"all":null}],["successRatio",{"all":null}],["driftRatio",{"of":[0,0.02],"at":""}],["warmTokens",{"all":0}],["ladder",{"all":null}],["beatenBy",{"all":"claude-opus-5-5"}]],"follows":2,"gamma":},',
    '"rejected":[],"lookahead":{"method":"exact","stepCount":5,"stateCount":},"reasons":[{"code":"switch-costs-more","text":"Leaving  for  would cost $0. more than it gains.","amountNanoUsd":},{"code":"first-step","text":"","amountNanoUsd":},{"code":"future-steps","text":"The steps that may follow are expected to cost $0. from there.","amountNanoUsd":}],',
    '"kind":"switch","kind":"stay","to":"claude-","mode":"continue","ladder":[{"model":"claude-","mode":"continue"}]},"shadows":[],"predictorVersion":"shipped-2026-11+hashed-1024-1+beliefs-1.none","startedAt":179',
  ].join(''),
);

/** Little to make room for and to clear: most of the time of a short text. */
const QUICK = { level: 1, memLevel: 6, windowBits: 14, chunkSize: 4096 } as const;

/** A step's JSON as it is stored. */
export function packBody(json: string, startedAt: At): Uint8Array {
  const text = deflateRawSync(json, { ...QUICK, dictionary: DICTIONARY });
  const body = Buffer.allocUnsafe(HEAD_BYTES + text.length);
  body.writeUInt8(FORM, 0);
  body.writeDoubleBE(startedAt, 1);
  text.copy(body, HEAD_BYTES);
  return body;
}

/**
 * The JSON of a stored step, whichever form it has.
 * @throws Error where the body is damaged or has a form that this build does not know
 */
export function unpackBody(body: unknown): string {
  if (!(body instanceof Uint8Array)) return String(body);
  if (body[0] !== FORM) throw new Error(`a step has a form that is not known: ${body[0]}`);
  return inflateRawSync(body.subarray(HEAD_BYTES), { dictionary: DICTIONARY }).toString();
}

/** SQL for what `startedAtOf` reads of a row of steps or calls: of a packed body its head, of a text the number that it says. */
export const STARTED_AT: string = `case when typeof(body) = 'blob' then substr(body, 1, ${HEAD_BYTES})
  when json_valid(body) then json_extract(body, '$.startedAt') end`;

/** `undefined`: the row cannot be read. */
export function startedAtOf(value: unknown): At | undefined {
  if (typeof value === 'number') return value;
  if (!(value instanceof Uint8Array) || value.length < HEAD_BYTES || value[0] !== FORM) return undefined;
  return new DataView(value.buffer, value.byteOffset).getFloat64(1);
}
