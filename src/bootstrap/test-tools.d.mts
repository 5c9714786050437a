/** Where the programs the tests use are; an absent one is missing on this machine. */
export interface TestTools {
  readonly sshd?: string;
  readonly rsync?: string;
  readonly busybox?: string;
  readonly chromium?: string;
  readonly redis?: string;
  readonly torch?: string;
}
/** The programs the tests use that are here already, by name; a name without a path is missing. */
export function locateTestTools(): TestTools;
/** Brings the programs the tests use, but those `without`, as far as this user can: installed as root, unpacked otherwise. Returns where they are. */
export function findTestTools(options?: { readonly without?: readonly string[] }): Promise<TestTools>;
