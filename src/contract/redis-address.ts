/** Where Redis is: one server, or several sentinels that know which server is the master. */
export type RedisAddress = {
  readonly at:
    | { readonly kind: 'server'; readonly url: string }
    | {
        readonly kind: 'sentinels';
        readonly sentinels: readonly { readonly host: string; readonly port: number }[];
        /** What the sentinels call the master. */
        readonly master: string;
        readonly user: string | undefined;
        readonly password: string | undefined;
        readonly database: number;
        readonly tls: boolean;
      };
  /** PEM of the authority that signed the servers' certificates; undefined: the usual ones. */
  readonly ca: string | undefined;
};
