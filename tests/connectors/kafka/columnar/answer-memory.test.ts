import { describe, expect, it } from 'vitest'
import { AnswerMemory } from '../../../../connectors/kafka/columnar/answer-memory.js'
import { RecordSet } from '../../../../connectors/kafka/columnar/record-set.js'
import { batch } from './batches.js'

describe('the memory of answers', () => {
  it('is used again only after everybody has released it', () => {
    const memory = new AnswerMemory()
    const answer = memory.take(1000)
    const view = answer.subarray(10, 20)
    memory.hold(view)
    memory.release(answer)
    expect(memory.take(1000).buffer).not.toBe(answer.buffer)
    memory.release(view)
    expect(memory.take(1000).buffer).toBe(answer.buffer)
  })

  it('takes a release too many, and views of other memory, for nothing', () => {
    const memory = new AnswerMemory()
    const answer = memory.take(1000)
    memory.release(answer)
    memory.release(answer)
    memory.release(Buffer.alloc(1000))
    const [one, other] = [memory.take(1000), memory.take(1000)]
    expect(one.buffer).not.toBe(other.buffer)
  })

  it('stays a portion’s until that is recycled, however often it is', () => {
    const memory = new AnswerMemory()
    const bytes = batch({ records: Array.from({ length: 1500 }, (_, offset) => ({ offset, value: `value ${offset}` })) })
    const answer = memory.take(bytes.length)
    bytes.copy(answer)
    const [first, second] = new RecordSet({ topic: 't', partition: 0 }, answer, [], false, memory).portions(0, Number.POSITIVE_INFINITY)
    memory.release(answer)
    first.recycle?.()
    first.recycle?.()
    expect(memory.take(bytes.length).buffer).not.toBe(answer.buffer)
    expect(String(second.records.at(0)?.value)).toBe('value 1024')
    second.recycle?.()
    expect(memory.take(bytes.length).buffer).toBe(answer.buffer)
  })
})
