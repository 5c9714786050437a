import type { Argv, TransferStep } from '../domain/plan.ts';

/**
 * One fixed script that changes a node. It tests its precondition in the same process as its rename. Exit codes: 0 done ·
 * 10 the node is not as the plan saw it (nothing was changed) · 11 no tool for an atomic rename · 12 no space · 13 not permitted ·
 * 14 digest differs · 15 somebody else holds the lease · 16 what was brought is gone or not whole (nothing was changed) · others: failed. The first line of stderr says what, in words.
 */
export type Action = {
  readonly name: string;
  readonly script: string;
  readonly timeoutMs: number;
};

/** By name: the first word of an argv. */
export type Actions = ReadonlyMap<string, Action>;

export const ActionExit = {
  moved: 10,
  noTool: 11,
  noSpace: 12,
  notPermitted: 13,
  digestDiffers: 14,
  leaseHeld: 15,
  notArrived: 16,
} as const;

/** The changes that the engine itself asks for around a plan's steps. */
export type EngineArgvs = {
  /** Puts a file that arrived under `temporary` in its place, by rename, after its digest was right on the node. */
  placeModel(step: TransferStep, temporary: string): Argv;
  discardTemporary(step: TransferStep, temporary: string): Argv;
  /** `journal`: what is about to be done and how it is taken back by hand. */
  takeLease(folder: string, owner: string, seconds: number, journal: string): Argv;
  /** `over`: how it ended; empty: a person has to look. */
  dropLease(folder: string, owner: string, over: string): Argv;
};
