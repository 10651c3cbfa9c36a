import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { deployTool, deployToolsOrSkip } from '../kit/deploy-tools.js'

const { skip } = await deployToolsOrSkip('hadolint')

it.skipIf(skip !== undefined)(`hadolint has nothing to say of the Dockerfile${skip ? `; skipped: ${skip}` : ''}`, async () => {
  expect(await deployTool('hadolint', fileURLToPath(new URL('../../../Dockerfile', import.meta.url)))).toMatchObject({
    stdout: '',
    status: 0,
  })
})
