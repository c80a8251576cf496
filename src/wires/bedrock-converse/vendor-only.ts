import { PointsmanError } from '../../domain/errors.ts';
import type { PassingBodies, VendorSide, WireFormat } from '../shared/wire-format.ts';

/** What a format that nobody calls in still needs of bodies: its own are sent again to keep a prefix, and their answers read. */
type OwnBodies = Pick<PassingBodies, 'mediaOf' | 'pingEdits' | 'tap' | 'isCached' | 'headOf' | 'isStream' | 'modelOf'>;

/**
 * A format in which a cloud takes calls and no caller speaks: no path is one of its calls, and no caller's body passes by.
 */
export function vendorOnly(side: Pick<WireFormat, 'wire' | 'vendor'> & VendorSide & OwnBodies): WireFormat {
  const never = (): never => {
    throw new PointsmanError('internal', `Nobody calls in ${side.wire}`);
  };
  return {
    ...side,
    passedHeaders: /(?!)/u,
    callPaths: [],
    isCallPath: () => false,
    isCountPath: () => false,
    isWireOf: () => false,
    readRequest: never,
    createAnswerWriter: never,
    countBody: never,
    modelEntry: never,
    modelList: never,
    streamType: 'text/event-stream',
    errorBody: never,
    errorEvent: never,
    ping: '',
    overflowMessage: never,
    modelEdits: never,
    transcriptFault: never,
    transcriptOf: never,
    briefOf: never,
    limitFields: [],
    effortOf: never,
    tierOf: never,
    effortEdits: never,
    lastUserText: never,
    repair: never,
    reanchor: never,
    streamRelay: never,
  };
}
