#!/usr/bin/env node
import { endProcess } from './end.js'
import { exitCodes } from './exit.js'
import { program, runProgram } from './program.js'

// A reader that has seen enough (`| head`) ends the command without an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(exitCodes.ok.code)
})

const code = await runProgram(program(), process.argv)
process.exitCode = code
// What could not be closed in time does not keep the process alive.
setTimeout(() => void endProcess(code), 1000).unref()
