import { program, runProgram } from '../../cli/program.js'

/* A command of Driftwatch that tells its parent the largest resident memory it had: `node fit-process.js COMMAND ...`. */
process.exitCode = await runProgram(program(), process.argv)
process.send?.(process.resourceUsage().maxRSS * 1024)
process.disconnect?.()
