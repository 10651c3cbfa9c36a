import { defineConfig } from 'vitest/config'
import { BaseSequencer } from 'vitest/node'

// Tests run against the build, so what is tested is what is shipped (workers included), loaded by Node as it is: Vite need not look at it.
const build = process.env.DRIFTWATCH_BUILD ?? 'dist'

/** First the files that wait for processes and brokers, which take the longest; the others fill the gaps, the largest first. */
class LongestFirst extends BaseSequencer {
  async sort(files) {
    const waits = ({ moduleId }) => /\/(e2e|examples|integration)\//.test(moduleId)
    return (await super.sort(files)).toSorted((one, other) => waits(other) - waits(one))
  }
}

export default defineConfig({
  test: {
    server: { deps: { external: [new RegExp(`/${build}/`)] } },
    include: [`${build}/tests/**/*.test.js`],
    globalSetup: [`${build}/tests/kit/global-setup.js`],
    setupFiles: [`${build}/tests/kit/equal-bytes.js`, `${build}/tests/kit/fixed-seed.js`],
    pool: 'forks',
    // A process runs one file after the other and loads each module once: a file must leave nothing behind, such as faked timers.
    isolate: false,
    // One more than a small machine has cores, for many files mostly wait.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    testTimeout: 60_000,
    hookTimeout: 120_000,
    reporters: process.env.CI ? ['default', ['json', { outputFile: '.cache/vitest.json' }]] : ['default'],
  },
})
