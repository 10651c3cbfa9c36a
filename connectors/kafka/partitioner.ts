import { createHash } from 'node:crypto'
import kafkajs, { type ICustomPartitioner } from 'kafkajs'

const longestHashed = 1024

/**
 * The partition of each message by its key, as Kafka's own clients choose it; of a key above 1 KiB, by the key's digest.
 * The time of kafkajs 2.2.4's hash grows with the square of the key's length: a key of 1 MB would hold the process for minutes.
 */
export const partitioner: ICustomPartitioner = () => {
  const choose = kafkajs.Partitioners.DefaultPartitioner()
  return (args) => {
    const { key } = args.message
    if (!key || key.length <= longestHashed) return choose(args)
    const digest = createHash('sha256').update(key).digest()
    return choose({ ...args, message: { ...args.message, key: digest } })
  }
}
