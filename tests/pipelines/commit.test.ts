import { from, lastValueFrom, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import type { Position, Source } from '../../connectors/source.js'
import type { StateStore } from '../../connectors/store.js'
import type { Outcome } from '../../pipelines/batch.js'
import { checkpointSome } from '../../pipelines/checkpoint.js'
import { type CommitOptions, commit, writeCheckpoint } from '../../pipelines/commit.js'
import type { Partition } from '../../pipelines/streams.js'
import { turn } from '../../pipelines/turn.js'
import { gate, keeperOf, leaseOf, outcomeOf, partitionAt, storeOf, type TestLease } from './builders.js'

const nothing = { offset: undefined, streams: new Map() }

/** Notes what is written, in its order; `save` and `commit` may be replaced. */
class Scene {
  readonly told: string[] = []
  save: StateStore['save'] = async () => undefined
  commit: Source['commit'] = async () => undefined

  readonly options: CommitOptions = {
    source: {
      connect: async () => undefined,
      read: () => {
        throw new Error('nothing reads here')
      },
      commit: async (positions: readonly Position[]) => {
        await this.commit(positions)
        this.told.push(`committed ${positions.map(({ lease, offset }) => `${lease.partition}/${offset}`)}`)
      },
      close: async () => undefined,
    },
    store: {
      ...storeOf(nothing),
      save: async (round) => {
        await this.save(round)
        this.told.push(`saved up to ${round.offset}`)
      },
    },
    noted: (round) => round,
    committed: () => this.told.push('told'),
    fenced: (_, error) => this.told.push(`fenced: ${error instanceof Error ? error.message : error}`),
  }
}

const checkpointing = { keeper: keeperOf(), every: 0, afterAlerts: 0, streams: 500, now: () => 0 }

/** The outcome of a batch up to `end`, with a checkpoint or without. */
function batchUpTo(partition: Partition, end: number, told: string[], round: boolean): Outcome {
  const finished = partition.ledger.begin(end)
  partition.end = end
  const { round: written } = checkpointSome(checkpointing, partition)
  const finish = () => {
    finished()
    told.push(`finished ${end}`)
  }
  return outcomeOf(partition, { round: round ? written : undefined, finish })
}

const run = ({ options }: Scene, ...outcomes: Outcome[]) => lastValueFrom(from(outcomes).pipe(commit(options), toArray()))

const lostWhile = (lease: TestLease, message: string) => async () => {
  lease.revoked = true
  throw new Error(message)
}

describe('commit', () => {
  it('finishes every batch, and at a checkpoint writes the state, then commits the offset', async () => {
    const scene = new Scene()
    const partition = partitionAt(100)
    const outcomes = [false, true].map((round, i) => batchUpTo(partition, 110 + 10 * i, scene.told, round))
    expect(await run(scene, ...outcomes)).toEqual(outcomes)
    expect(scene.told).toEqual(['finished 110', 'finished 120', 'saved up to 120', 'committed 0/120', 'told'])
    expect(partition.ledger.position).toBe(120)
  })

  it('finishes nothing that comes after a checkpoint before that is written', async () => {
    const scene = new Scene()
    const partition = partitionAt()
    const saving = gate()
    scene.save = () => saving.promise
    const done = run(scene, batchUpTo(partition, 5, scene.told, true), batchUpTo(partition, 9, scene.told, false))
    await turn()
    expect(scene.told).toEqual(['finished 5'])
    saving.open()
    await done
    expect(scene.told).toEqual(['finished 5', 'saved up to 5', 'committed 0/5', 'told', 'finished 9'])
  })

  it('commits no further than the lowest unfinished record', async () => {
    const scene = new Scene()
    const partition = partitionAt(10)
    const waiting = partition.ledger.begin(12)
    await run(scene, batchUpTo(partition, 15, scene.told, true))
    expect(scene.told).toContain('committed 0/10')
    waiting()
    await writeCheckpoint(scene.options, checkpointSome(checkpointing, partition))
    expect(scene.told).toContain('committed 0/15')
  })

  it('writes nothing for a partition that went to another owner, and still gives its credits back', async () => {
    const scene = new Scene()
    const lease = leaseOf()
    const outcome = batchUpTo(partitionAt(0, 0, lease), 5, scene.told, true)
    lease.revoked = true
    expect(await run(scene, outcome)).toEqual([outcome])
    expect(scene.told).toEqual(['finished 5'])
  })

  it.each(['save', 'commit'] as const)('tells, but bears it, when the partition is lost during the %s', async (what) => {
    const scene = new Scene()
    const lease = leaseOf()
    scene[what] = lostWhile(lease, 'the partition went to another reader')
    const outcome = batchUpTo(partitionAt(0, 0, lease), 5, scene.told, true)
    expect(await run(scene, outcome)).toEqual([outcome])
    expect(scene.told.at(-1)).toBe('fenced: the partition went to another reader')
    expect(scene.told).not.toContain('told')
  })

  it.each(['save', 'commit'] as const)('ends with a fault of the %s while the partition is ours', async (what) => {
    const scene = new Scene()
    scene[what] = () => Promise.reject(new Error('no space left'))
    await expect(run(scene, batchUpTo(partitionAt(), 5, scene.told, true))).rejects.toThrow('no space left')
    expect(scene.told.filter((line) => line.startsWith('committed'))).toEqual([])
  })
})
