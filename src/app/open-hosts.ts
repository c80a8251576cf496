import { createAzureHost } from '../providers/azure/azure-host.ts';
import { createBedrockHost } from '../providers/bedrock/bedrock-host.ts';
import type { HostOpeners } from '../providers/host.ts';
import { createVertexHost } from '../providers/vertex/vertex-host.ts';

/** The clouds. Their packages for credentials are loaded when a call first needs one. */
export const HOSTS: HostOpeners = {
  azure: (endpoint) => createAzureHost(endpoint),
  bedrock: (endpoint) => createBedrockHost(endpoint),
  vertex: (endpoint) => createVertexHost(endpoint),
};
