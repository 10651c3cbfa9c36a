import { defineConfig } from 'vitest/config'

// Tests run against the build, so what is tested is what is shipped (workers included), loaded by Node as it is: Vite need not look at it.
const build = process.env.DRIFTWATCH_BUILD ?? 'dist'

export default defineConfig({
  test: {
    server: { deps: { external: [new RegExp(`/${build}/`)] } },
    include: [`${build}/tests/**/*.test.js`],
    globalSetup: [`${build}/tests/kit/global-setup.js`],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    reporters: process.env.CI ? ['default', ['json', { outputFile: '.cache/vitest.json' }]] : ['default'],
  },
})
