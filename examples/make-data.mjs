// Made-up data for the examples: node examples/make-data.mjs [folder, default ./data]
//
//   normal.csv   10 normal days of three tenants: what a reference is fitted on
//   watched.csv  the 2 days after them, with a burst of slow payments (tenant south) and a queue that grows (tenant west)
//
// A tenant sends a record every 5 minutes: 864 rows a day. The same files every time.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = process.argv[2] ?? 'data'
const tenants = ['north', 'south', 'west']
const start = Date.UTC(2026, 2, 1)
const minute = 60_000
const roundsPerDay = 288

/** Uniform on [0, 1), the same every time (mulberry32). */
let state = 7
function uniform() {
  state = (state + 0x6d2b79f5) | 0
  let t = Math.imul(state ^ (state >>> 15), 1 | state)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}

const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())

/** Load that wanders slowly, per tenant (AR(1), variance 1); the features follow it. */
const load = tenants.map(normal)

function row(round, tenant, latencyFault, queueFault) {
  load[tenant] = 0.8 * load[tenant] + 0.6 * normal()
  const follow = (share) => share * load[tenant] + Math.sqrt(1 - share * share) * normal()
  const amount = 80 + 12 * follow(0.3)
  const latency = 240 + 30 * (follow(0.8) + latencyFault)
  const queue = 14 + 3 * (follow(0.7) + queueFault)
  const time = new Date(start + round * 5 * minute).toISOString()
  return [tenants[tenant], time, amount.toFixed(2), latency.toFixed(1), queue.toFixed(2)].join(',')
}

/** Rounds [from, to), counted from the start; each has one row of each tenant. */
function* rows(from, to, fault = () => ({})) {
  for (let round = from; round < to; round++) {
    for (const tenant of tenants.keys()) {
      const { latency = 0, queue = 0 } = fault(tenants[tenant], round - from)
      yield row(round, tenant, latency, queue)
    }
  }
}

/** Faults of the watched days, in standard deviations. */
function faults(tenant, round) {
  if (tenant === 'south' && round >= 150 && round < 170) return { latency: 7 }
  if (tenant === 'west' && round >= 250 && round < 450) return { queue: Math.min(2, (round - 250) / 50) }
  return {}
}

const write = (name, lines) => writeFileSync(join(folder, name), `${['tenant,ts,amount,latency_p95,queue_depth', ...lines].join('\n')}\n`)

mkdirSync(folder, { recursive: true })
write('normal.csv', rows(0, 10 * roundsPerDay))
write('watched.csv', rows(10 * roundsPerDay, 12 * roundsPerDay, faults))
