import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { z } from 'zod'
import { run } from '../cli/capture.js'
import { deployTool, deployToolsOrSkip } from '../kit/deploy-tools.js'
import { useProcesses } from '../kit/process.js'
import { signingSecret } from '../kit/stage.js'

const chart = fileURLToPath(new URL('../../../deploy/helm/driftwatch/', import.meta.url))
const { skip } = await deployToolsOrSkip('helm', 'kubernetes-validate')
/** The oldest that the chart allows, and the newest whose schemas the validator has. */
const versions = ['1.27.0', '1.37.0']

const manifest = z.looseObject({ kind: z.string(), data: z.object({ 'driftwatch.yaml': z.string() }).optional() })
const deployment = z.object({
  spec: z.object({
    template: z.object({
      metadata: z.object({ annotations: z.record(z.string(), z.string()) }),
      spec: z.object({ terminationGracePeriodSeconds: z.number() }),
    }),
  }),
})

describe.skipIf(skip !== undefined)(`the Helm chart${skip ? `; skipped: ${skip}` : ''}`, () => {
  const place = useProcesses()
  const rules = () => join(place.folder, 'rules.yml')
  beforeAll(async () => {
    for (const [name, value] of Object.entries({ WEBHOOK_SECRET: signingSecret, KAFKA_PASSWORD: 'secret' })) vi.stubEnv(name, value)
    await writeFile(rules(), 'groups:\n  - name: driftwatch\n    rules: [{ alert: Down, expr: up == 0 }]\n')
    await writeFile(join(place.folder, 'webhook'), signingSecret)
  })
  afterAll(() => void vi.unstubAllEnvs())

  const helm = (command: string, values: string, ...settings: string[]) =>
    deployTool('helm', ...command.split(' '), chart, '-f', join(chart, 'ci', `${values}-values.yaml`), ...settings)
  const withRules = () => ['--set-file', `prometheusRule.rules=${rules()}`]
  const template = async (values: string, ...settings: string[]) => {
    const { status, stdout, stderr } = await helm(`template dw --kube-version ${versions[0]}`, values, ...withRules(), ...settings)
    expect(status, stderr).toBe(0)
    return { text: stdout, manifests: parseAllDocuments(stdout).map((document) => manifest.parse(document.toJS())) }
  }
  const deploymentOf = async (...settings: string[]) => {
    const { manifests } = await template('kafka', ...settings)
    return deployment.parse(manifests.find(({ kind }) => kind === 'Deployment')).spec.template
  }
  const refusal = async (...settings: string[]) => {
    const { status, stderr } = await helm(`template dw --kube-version ${versions[0]}`, 'kafka', ...settings)
    expect(status).toBe(1)
    return stderr
  }

  it.each(['kafka', 'own-past', 'everything'])('with the values %s: lint, Kubernetes schemas, a valid configuration', async (values) => {
    expect(await helm(`lint --strict --quiet --kube-version ${versions[0]}`, values, ...withRules())).toMatchObject({
      status: 0,
      stdout: '',
    })
    const { text, manifests } = await template(values)
    const path = join(place.folder, `${values}-manifests.yaml`)
    await writeFile(path, text)
    for (const version of versions) {
      const { status, stdout, stderr } = await deployTool('kubernetes-validate', '--strict', '--quiet', '--no-warn', '-k', version, path)
      expect(status, stdout + stderr).toBe(0)
    }
    const config = manifests.find(({ kind }) => kind === 'ConfigMap')?.data?.['driftwatch.yaml'] ?? ''
    const { code, out, err } = await run('check', await place.config(values, config.replaceAll('/run/secrets/driftwatch', place.folder)))
    expect(code, out + err).toBe(0)
  })

  it('gives a pod longer to end than Driftwatch takes, and starts pods anew when the configuration changes', async () => {
    const [one, other] = [await deploymentOf(), await deploymentOf('--set', 'shutdownSeconds=90')]
    expect([one, other].map(({ spec }) => spec.terminationGracePeriodSeconds)).toEqual([45, 105])
    expect(one.metadata.annotations['checksum/config']).not.toBe(other.metadata.annotations['checksum/config'])
  })

  it('says where the live page is, and that it is open without a token', async () => {
    const copy = join(place.folder, 'chart')
    await cp(chart, copy, { recursive: true })
    // Without a cluster nothing else renders the notes.
    await writeFile(join(copy, 'templates', 'notes.yaml'), 'notes: {{ include "driftwatch/templates/NOTES.txt" . | quote }}\n')
    const notes = async (...settings: string[]) => {
      const args = ['--kube-version', versions[0], '--show-only', 'templates/notes.yaml', '-f', join(chart, 'ci', 'kafka-values.yaml')]
      const { status, stdout, stderr } = await deployTool('helm', 'template', 'dw', copy, ...args, ...settings)
      expect(status, stderr).toBe(0)
      return z.object({ notes: z.string() }).parse(parseAllDocuments(stdout)[0].toJS()).notes
    }
    const address = 'http://localhost:9464\n'
    const warning = 'WARNING: config.page.token is not set'
    const open = await notes()
    expect(open).toContain('port-forward deployment/dw-driftwatch 9464\n')
    expect(open).toContain(address)
    expect(open).toContain(warning)
    expect(await notes('--set', 'config.page.token=secret')).not.toContain(warning)
    const without = await notes('--set', 'config.page.enabled=false')
    for (const part of [warning, address]) expect(without).not.toContain(part)
  })

  it('refuses state in files for partitions that move between pods', async () => {
    expect(await refusal('--set-json', 'config.monitors[0].state={"file":{"path":"./state"}}')).toContain(
      'payments reads from kafka, so it needs state',
    )
  })

  it('refuses what its schema does not know, two places of references, and rules that were not given', async () => {
    expect(await refusal('--set', 'replica=3')).toContain("additional properties 'replica' not allowed")
    expect(await refusal('--set', 'references.image=registry.example.org/references:1')).toContain('/references')
    expect(await refusal('--set', 'prometheusRule.enabled=true')).toContain('prometheusRule.rules is empty')
  })
})
