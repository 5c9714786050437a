/** A vitest reporter that ends a run with one plain line: `N passed, N failed, N skipped`. */
export function createSummaryReporter() {
  return {
    onTestRunEnd(modules, unhandledErrors) {
      const count = { passed: 0, failed: 0, skipped: 0 };
      for (const module of modules) {
        const results = [...module.children.allTests()].map((test) => test.result().state);
        for (const state of results) count[state === 'passed' || state === 'failed' ? state : 'skipped'] += 1;
        // A file that could not be loaded has no failed test, and is a failure all the same.
        if (module.state() === 'failed' && !results.includes('failed')) count.failed += 1;
      }
      count.failed += unhandledErrors.length;
      // After the other reporters' lines, which are written in the same turn.
      setImmediate(() =>
        process.stdout.write(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped\n`),
      );
    },
  };
}
