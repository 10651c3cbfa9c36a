import { afterAll, vi } from 'vitest'
import { z } from 'zod'
import type { AlertEvent } from '../../alerts/event.js'
import { printable } from '../../alerts/names.js'
import { sinks } from '../../connectors/registry.js'
import { HttpReceiver } from '../kit/http-receiver.js'
import { KafkaTestClient, kafkaOrSkip } from '../kit/kafka.js'
import { WebhookReceiver } from '../kit/webhook-receiver.js'
import { describeRegistry } from './registry.js'
import { describeSinkContract, type SinkCase } from './sink-contract.js'

const { skip, brokers = [] } = await kafkaOrSkip()
const client = new KafkaTestClient(brokers)
afterAll(() => client.close())

const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`
const parse = (text: string) => JSON.parse(text) as AlertEvent

const postedAlerts = z.array(z.object({ labels: z.record(z.string(), z.string()), annotations: z.object({ alert_id: z.string() }) }))

/** Each sink's receiver. */
const cases: Readonly<Record<string, SinkCase>> = {
  kafka: {
    skip,
    receiver: async () => {
      const topic = await client.topic('alerts')
      const received = async () => (await client.readAll(topic)).map(({ value }) => parse(String(value)))
      return { options: { brokers, topic }, received }
    },
  },
  webhook: {
    receiver: async () => {
      const receiver = await WebhookReceiver.start(secret)
      return {
        options: { url: receiver.url, secret },
        received: () => receiver.accepted.map(({ body }) => parse(body)),
        stall: () => receiver.answers.push('stall'),
        close: () => receiver.close(),
      }
    },
  },
  alertmanager: {
    receiver: async () => {
      const receiver = await HttpReceiver.start()
      return {
        options: { urls: [new URL(receiver.url).origin] },
        received: () => receiver.accepted.flatMap(({ body }) => postedAlerts.parse(JSON.parse(body))),
        asReceived: ({ data }) => ({
          labels: {
            alertname: 'DriftwatchDrift',
            monitor: data.monitor,
            stream: printable(data.stream),
            kind: data.kind,
            severity: data.peakSeverity,
          },
          annotations: { alert_id: data.alertId },
        }),
        stall: () => receiver.answers.push('stall'),
        close: () => receiver.close(),
      }
    },
  },
  stdout: {
    receiver: async () => {
      const lines: string[] = []
      let stalled = false
      const write = vi.spyOn(process.stdout, 'write').mockImplementation((...[line, done]: unknown[]) => {
        if (stalled) return false
        lines.push(String(line))
        if (typeof done === 'function') done()
        return true
      })
      return {
        options: { format: 'ndjson' },
        received: () => lines.map(parse),
        stall: () => {
          stalled = true
        },
        close: async () => write.mockRestore(),
      }
    },
  },
}

describeRegistry('sinks', sinks, cases, describeSinkContract)
