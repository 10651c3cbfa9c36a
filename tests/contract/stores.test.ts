import { stores } from '../../connectors/registry.js'
import { temporaryFolder } from '../connectors/files/write.js'
import { kafkaOrSkip, unique } from '../kit/kafka.js'
import { describeRegistry } from './registry.js'
import { describeStoreContract, type StoreCase } from './store-contract.js'

const { skip, brokers = [] } = await kafkaOrSkip()
const partition = (topic: string, number: number) => ({ topic, partition: number })

/** Each store's empty place. */
const cases: Readonly<Record<string, StoreCase>> = {
  kafka: {
    skip,
    durable: true,
    partitions: [partition('features', 0), partition('features', 1)],
    options: async () => ({ brokers, partitions: 3, topic: unique('state') }),
  },
  file: {
    durable: true,
    partitions: [partition('../data/rows é.csv', 0), partition('../data/rows_é.csv', 0)],
    options: async () => ({ path: await temporaryFolder() }),
  },
  memory: {
    durable: false,
    partitions: [partition('features', 0), partition('features', 1)],
    options: async () => ({}),
  },
}

describeRegistry('stores', stores, cases, describeStoreContract)
