export { createGateway } from './create-gateway.ts';
export { GATEWAY_DEFAULTS } from './gateway-settings.ts';
export type { Gateway, GatewayDeps } from './gateway.ts';
export type { GatewaySettings } from './gateway-settings.ts';
export type { AccessKey } from './access-keys.ts';
