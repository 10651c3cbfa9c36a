import type { Severity } from '../../alerts/severity.js'
import type { StreamStatusShown } from '../../live/view.js'

export type Shape = Severity | Exclude<StreamStatusShown, 'open'> | 'watching' | 'troubled'

/** Each state has a shape of its own, for colours are not told apart by everyone. The word stands beside it. */
const shapes: Readonly<Record<Shape, preact.JSX.Element>> = {
  info: <circle cx="8" cy="8" r="5.5" />,
  warning: <path d="M8 1.5 15 14H1Z" />,
  error: <path d="M8 .8 15.2 8 8 15.2.8 8Z" />,
  critical: <path d="M5 1h6l4 4v6l-4 4H5l-4-4V5Z" />,
  watching: <circle cx="8" cy="8" r="5.5" />,
  troubled: <path d="M8 1.5 15 14H1Z" />,
  quiet: <circle class="hollow" cx="8" cy="8" r="5" />,
  'no data': <circle class="hollow dotted" cx="8" cy="8" r="5.5" />,
  learning: (
    <>
      <circle class="hollow" cx="8" cy="8" r="5.5" />
      <path d="M8 2.5a5.5 5.5 0 0 1 0 11Z" />
    </>
  ),
  refused: (
    <>
      <circle class="hollow" cx="8" cy="8" r="5.5" />
      <path class="hollow" d="m4.2 11.8 7.6-7.6" />
    </>
  ),
}

export const Glyph = ({ shape }: { readonly shape: Shape }) => (
  <svg class={`glyph is-${shape.replace(' ', '-')}`} viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
    {shapes[shape]}
  </svg>
)
