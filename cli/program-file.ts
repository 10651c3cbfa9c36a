import { fileURLToPath } from 'node:url'

/** The file that starts this program, to start it once more. It stands beside this one, or has this one in it (bundle.js). */
export const programFile = fileURLToPath(new URL('./main.js', import.meta.url))
