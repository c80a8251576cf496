/** A call as it came over the network. */
export interface ArrivedCall {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/**
 * What stands before a vendor's models at a cloud: addresses, credentials and framing of its own. Real ones need packages that
 * only development has; tests hand them in.
 */
export interface ScriptedCloud {
  open(call: ArrivedCall): Promise<Opened> | Opened;
}

export type Opened =
  | {
      readonly kind: 'opened';
      /** As the model's own wire format has it at its vendor's address. */
      readonly path: string;
      readonly body: Buffer;
      /** How events of a stream are sent. Absent: as server-sent events. */
      readonly framing?: Framing;
      /** A count in the cloud's own form. Absent: as the wire format has it. */
      readonly counted?: (count: object) => object;
      /** Switches of the model's vendor that the cloud takes in the body. Absent: none. */
      readonly betas?: readonly string[];
    }
  | { readonly kind: 'refused'; readonly status: number; readonly body: unknown };

export interface Framing {
  readonly contentType: string;
  /** One server-sent event as bytes of the cloud's own framing. */
  frame(event: string): Buffer;
  /** The body of an error in the cloud's own form. Absent: as the wire format has it. */
  failure?(body: unknown): unknown;
}

export type OpenedCall = Extract<Opened, { kind: 'opened' }>;
