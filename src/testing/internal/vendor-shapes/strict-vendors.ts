import { useShapeCheck } from '../../../providers/scripted/vendor-checks.ts';
import { hasShapes, requestFlaw } from './vendor-shapes.ts';

// In every test file: scripted vendors take only what their own SDKs' types allow.
if (hasShapes()) useShapeCheck(({ wire, model, body }) => requestFlaw(wire, model, body));
