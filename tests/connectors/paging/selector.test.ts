import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { routed, routeSchema } from '../../../connectors/paging/route.js'
import { isLike, momentSelectorSchema, selectorSchema, selects } from '../../../connectors/paging/selector.js'
import type { Sink, StandingAlert } from '../../../connectors/sink.js'
import { never, partition, Story } from './stories.js'

describe('a pattern', () => {
  it('is like a name where each * stands for any characters', () => {
    const like = ['camera-*', '*-1', '*', 'camera-1', 'c*a*1', '**'].filter((pattern) => isLike(pattern, 'camera-1'))
    expect(like).toEqual(['camera-*', '*-1', '*', 'camera-1', 'c*a*1', '**'])
    for (const pattern of ['camera', 'amera-1', 'camera-*-', 'Camera-1', 'camera.1', '']) expect(isLike(pattern, 'camera-1')).toBe(false)
  })

  it('says what the regular expression would', () => {
    const texts = (...of: string[]) => fc.array(fc.constantFrom(...of), { maxLength: 8 }).map((parts) => parts.join(''))
    fc.assert(
      fc.property(texts('a', 'b', '*'), texts('a', 'b', '\n'), (pattern, name) => {
        expect(isLike(pattern, name)).toBe(new RegExp(`^${pattern.replaceAll('*', '[^]*')}$`).test(name))
      }),
      { numRuns: 1000 },
    )
  })
})

describe('a selector', () => {
  const { data } = new Story('camera-1').opened('error')

  it('takes one value or several, all fields of which agree with the alert', () => {
    const parse = (selector: object) => momentSelectorSchema.parse(selector)
    expect(selects(parse({ stream: ['door-*', 'camera-*'], severity: 'error', monitor: 'payments', detector: 'gauss*' }), data)).toBe(true)
    for (const other of [{ stream: 'door-*' }, { severity: ['info', 'critical'] }, { kind: 'feed' }, { detector: 'knn' }])
      expect(selects(parse({ monitor: 'payments', ...other }), data)).toBe(false)
  })

  it('that is empty is refused: it would mean everything', () => {
    expect(selectorSchema.safeParse({}).error?.issues[0].message).toBe('expected at least one of monitor, stream, kind, detector')
    expect(momentSelectorSchema.safeParse({ stream: [] }).success).toBe(false)
  })
})

describe('the route of a plain sink', () => {
  const told: string[] = []
  const adopted: string[] = []
  const sink: Sink = {
    name: 'hook',
    connect: async () => undefined,
    write: async ({ data }) => void told.push(`${data.stream} ${data.transition} ${data.severity}`),
    adopt: (_, open: readonly StandingAlert[]) => adopted.push(...open.map(({ stream }) => stream)),
    close: async () => undefined,
  }

  it('lets through what is severe enough, from then on to its end, whatever it falls to', async () => {
    const way = routed(sink, routeSchema.parse({ severity: 'error', match: { stream: 'camera-*' } }))
    const [camera, door] = [new Story('camera-1'), new Story('door-1')]
    const steps = [camera.opened('warning'), camera.went('error'), camera.went('info'), camera.resolved(), door.opened('critical')]
    for (const event of steps) await way.write(event, never)
    expect(told).toEqual(['camera-1 escalated error', 'camera-1 updated info', 'camera-1 resolved info'])
    camera.opened('critical')
    way.adopt?.(partition, [camera.standing(), door.standing()], undefined)
    expect(adopted).toEqual(['camera-1'])
  })
})
