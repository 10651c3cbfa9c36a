import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { inject } from 'vitest'

/** What the run makes once, when the first test file asks (global-setup.ts). */
export async function askDesk(what: 'kafka' | 'reference' | 'browser'): Promise<unknown> {
  const answer = await fetch(`${inject('desk')}/${what}`)
  if (!answer.ok) throw new Error(`the run's ${what} could not be made: ${await answer.text()}`)
  return answer.json()
}

/** Puts the run's one reference to normal data into the folder, as `fitNormal` fits it, and returns its path. */
export async function sharedReference(folder: string): Promise<string> {
  const reference = join(folder, 'reference')
  await cp((await askDesk('reference')) as string, reference, { recursive: true })
  return reference
}
