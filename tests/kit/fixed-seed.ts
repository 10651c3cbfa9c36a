import fc from 'fast-check'

/** Properties are tried on the same values in every run. DRIFTWATCH_SEED, a whole number, has others tried. */
fc.configureGlobal({ seed: Number(process.env.DRIFTWATCH_SEED ?? 1) })
