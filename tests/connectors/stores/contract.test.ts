import { fileStore } from '../../../connectors/stores/file.js'
import { memoryStore } from '../../../connectors/stores/memory.js'
import { silent } from '../../contract/silent-logger.js'
import { describeStoreContract } from '../../contract/store-contract.js'
import { temporaryFolder } from '../files/write.js'

const context = { monitor: 'test', logger: silent }

describeStoreContract(
  'memory',
  {
    durable: false,
    partitions: [
      { topic: 'features', partition: 0 },
      { topic: 'features', partition: 1 },
    ],
  },
  async () => ({
    open: () => memoryStore.create({}, context),
    close: async () => undefined,
  }),
)

describeStoreContract(
  'file',
  {
    durable: true,
    partitions: [
      { topic: '../data/rows é.csv', partition: 0 },
      { topic: '../data/rows_é.csv', partition: 0 },
    ],
  },
  async () => {
    const path = await temporaryFolder()
    return { open: () => fileStore.create({ path }, context), close: async () => undefined }
  },
)
