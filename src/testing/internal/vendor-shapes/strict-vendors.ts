import { hasShapes, holdVendorsToTypes } from './vendor-shapes.ts';

// In every test file; where schemas could not be made, global-setup.ts has said so.
if (hasShapes()) holdVendorsToTypes();
