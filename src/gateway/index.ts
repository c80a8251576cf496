export { createGateway } from './create-gateway.ts';
export { GATEWAY_DEFAULTS } from './settings/gateway-settings.ts';
export type { Gateway, GatewayDeps, Reloadable } from './gateway.ts';
export type { GatewaySettings } from './settings/gateway-settings.ts';
export type { AccessKey } from './core/access-keys.ts';
