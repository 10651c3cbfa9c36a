import type { RarityAxis } from '../../live/view.js'

const WIDTH = 72
const HEIGHT = 20
const BELOW = 4
const ABOVE = 2

/** The rarest of the last spans as bars; what is over the limit stands out. */
export function Spark({ values, axis }: { readonly values: readonly (number | null)[]; readonly axis: RarityAxis }) {
  const step = WIDTH / Math.max(values.length, 1)
  const bars = values.map((value, i) => {
    if (value === null) return ''
    const share = (Math.min(Math.max(value - axis.bar, -BELOW), ABOVE) + BELOW) / (BELOW + ABOVE)
    const height = Math.max(1, share * HEIGHT)
    const width = (step - 1).toFixed(1)
    return `M${(i * step).toFixed(1)} ${(HEIGHT - height).toFixed(1)}h${width}V${HEIGHT}h-${width}Z`
  })
  const over = (wanted: boolean) => bars.filter((_, i) => (values[i] ?? Number.NEGATIVE_INFINITY) >= axis.bar === wanted).join('')
  return (
    <svg class="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width={WIDTH} height={HEIGHT} aria-hidden="true">
      <path d={over(false)} />
      <path class="over" d={over(true)} />
    </svg>
  )
}
