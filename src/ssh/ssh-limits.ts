/** Limits of the sessions; times in milliseconds. */
export type SshLimits = {
  /** From the first packet to a finished login, for each address. */
  readonly connectTimeoutMs: number;
  readonly keepaliveMs: number;
  /** An unused connection is closed after this time. */
  readonly idleMs: number;
  /** How long to wait for a node's word that an ended script is gone. */
  readonly graceMs: number;
  readonly shellsPerConnection: number;
  readonly streamsPerConnection: number;
  /** At once to one host through one jump host: below sshd's MaxStartups of 10. */
  readonly handshakesPerHost: number;
  readonly handshakes: number;
};

/** What usual servers bear: shells and streams together stay below sshd's MaxSessions of 10. */
export const defaultSshLimits: SshLimits = {
  connectTimeoutMs: 10_000,
  keepaliveMs: 10_000,
  idleMs: 300_000,
  graceMs: 2_000,
  shellsPerConnection: 6,
  streamsPerConnection: 3,
  handshakesPerHost: 8,
  handshakes: 64,
};
