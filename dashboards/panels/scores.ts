import { type AnyPanel, bars, heatmap, lines } from '../looks.js'
import { buckets, bucketsNow, ofMonitor, ofStream, range } from '../queries.js'

const limit = {
  expr: `max by (monitor) (driftwatch_rarity_limit{${ofMonitor}})`,
  legend: '{{monitor}} limit',
}

/** What the axis says to whoever does not think in logarithms. */
const RARITY = '0 once a day, 1 once in 10 days, …'

const rarity = (kind: 'record' | 'drift', what: string): AnyPanel =>
  lines({
    title: `Rarity of ${what}`,
    description:
      'How rarely clean data are as unusual as the most unusual of the last minute, as a = -log10(λ), λ being the alerts per day that one detector alone would open at this score. Dashed: above it alerts open; there all detectors together open as many as the budget allows.',
    unit: 'none',
    axis: RARITY,
    span: 12,
    height: 9,
    targets: [
      range({
        expr: `max by (monitor, stream) (driftwatch_stream_rarity{${ofStream}, kind="${kind}"})`,
        legend: '{{monitor}} / {{stream}}',
      }),
      range(limit),
    ],
  }).overrideByRegexp('.* limit$', [
    { id: 'custom.lineStyle', value: { fill: 'dash', dash: [8, 6] } },
    { id: 'color', value: { mode: 'fixed', fixedColor: 'red' } },
  ])

export const rarityOfRecords = (): AnyPanel => rarity('record', 'records')
export const rarityOfWindows = (): AnyPanel => rarity('drift', 'windows (drift)')

const effects = (title: string, description: string, selector: string): AnyPanel =>
  lines({
    title,
    description,
    unit: 'none',
    colours: [
      { color: 'green', value: null },
      { color: 'red', value: 1 },
    ],
    targets: [
      range({
        expr: `max by (monitor, stream, detector) (driftwatch_stream_window_effect_ratio{${ofStream}, ${selector}})`,
        legend: '{{stream}} {{detector}}',
      }),
    ],
  })

export const windowDrift = (): AnyPanel =>
  effects(
    'Window drift over its limit',
    'Latest score of each window detector over its limit at the budget; at 1 it is at the limit.',
    'detector!~".*/.*"',
  )

export const charts = (): AnyPanel =>
  effects(
    'Charts over their limit',
    'CUSUM, EWMA and e-process over the window detectors, for drift too slow for one window; only where `charts` are configured. At 1 a chart is at its limit.',
    'detector=~".*/.*"',
  )

export const scoresOverTime = (): AnyPanel =>
  heatmap({
    title: 'Scores over time',
    description: 'How many scores of all streams had which rarity a = -log10(λ). The band moves up when the streams leave the reference.',
    unit: 'none',
    span: 24,
    targets: [
      buckets({ expr: `sum by (le) (increase(driftwatch_score_log_rate_bucket{${ofMonitor}}[$__rate_interval]))`, legend: '{{le}}' }),
    ],
  })

export const rarityBuckets = (): AnyPanel =>
  bars({
    title: 'λ: scores by rarity',
    description: 'Scores in this time range by a = -log10(λ). Clean data thin out towards the top; a heap there is anomalies or drift.',
    unit: 'short',
    targets: [bucketsNow({ expr: `sum by (le) (increase(driftwatch_score_log_rate_bucket{${ofMonitor}}[$__range]))`, legend: '{{le}}' })],
  })

/** Tenths alone: the buckets below 0.1 are narrower and would look empty. Prometheus 3 writes 1.0 for 1. */
const tenths = 'le=~"0\\\\.[1-9]|1(\\\\.0)?"'

export const pBuckets = (): AnyPanel =>
  bars({
    title: 'p: scores by chance under the reference',
    description:
      'A sample of p-values in tenths. Even while the streams are like the reference; a heap at 0.1 is anomalies or drift, a heap at 1 a reference that is too wide.',
    unit: 'short',
    targets: [
      bucketsNow({ expr: `sum by (le) (increase(driftwatch_score_p_value_bucket{${ofMonitor}, ${tenths}}[$__range]))`, legend: '{{le}}' }),
    ],
  })

export const pUniformity = (): AnyPanel =>
  lines({
    title: 'p: small values beside the expected',
    description:
      'Share of p at or below 0.1, over 0.1, by detector: 1 is uniform. Twice as many for long: the streams are no longer like the reference, or the reference was fitted to too little.',
    unit: 'none',
    span: 24,
    min: 0,
    colours: [
      { color: 'green', value: null },
      { color: 'orange', value: 2 },
    ],
    targets: [
      range({
        expr: `sum by (monitor, detector) (rate(driftwatch_score_p_value_bucket{${ofMonitor}, le="0.1"}[$__rate_interval])) / (sum by (monitor, detector) (rate(driftwatch_score_p_value_count{${ofMonitor}}[$__rate_interval])) > 0) / 0.1`,
        legend: '{{monitor}} {{detector}}',
      }),
    ],
  })
