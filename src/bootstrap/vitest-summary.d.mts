import type { Reporter } from 'vitest/node';

/** A vitest reporter that ends a run with one plain line: `N passed, N failed, N skipped`. */
export function createSummaryReporter(): Reporter;
