import { Command } from 'commander'
import { evaluate } from './arguments.js'
import { chaos } from './chaos.js'
import { drift } from './drift/command.js'
import { fit } from './fit/command.js'
import { gaps } from './gaps/command.js'
import { patches } from './images/patches/command.js'
import { images } from './images/speed/command.js'
import { jump } from './jump/command.js'
import { kafka } from './kafka/command.js'
import { latency } from './latency/command.js'
import { page } from './page/command.js'
import { peers } from './peers/command.js'
import { power } from './power/command.js'
import { replicas } from './replicas/command.js'
import { score } from './score/command.js'
import { severity } from './severity/command.js'
import { streams } from './streams/command.js'

/*
 * Every benchmark is one command: `npm run bench -- NAME [options]`. It prints a table and ends with lines `metric NAME VALUE`;
 * a figure that depends on the machine is compared within the run, as `metric NAME_ratio VALUE`.
 */
const benchmarks: readonly Command[] = [
  kafka,
  latency,
  replicas,
  streams,
  score,
  fit,
  drift,
  power,
  jump,
  peers,
  severity,
  gaps,
  chaos,
  page,
  images,
  patches,
]

const program = new Command('npm run bench --').description('Benchmarks of Driftwatch: each prints a table and lines `metric NAME VALUE`')
for (const benchmark of benchmarks) program.addCommand(benchmark)
await evaluate(async () => void (await program.parseAsync()))
