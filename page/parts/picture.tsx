import { useState } from 'preact/hooks'
import type { AlertView } from '../../live/view.js'

/** The worst picture; the slider uncovers the heatmap over it. */
export function Picture({ picture, stream }: { readonly picture: NonNullable<AlertView['picture']>; readonly stream: string }) {
  const [share, setShare] = useState(0)
  const { image, heatmap } = picture
  return (
    <section class="picture">
      <h3>Worst picture {heatmap !== undefined && <small>where it is unusual; the slider takes the colours away</small>}</h3>
      <div class="layers">
        <img src={image} alt={`The worst of ${stream}`} />
        {heatmap !== undefined && (
          <>
            <img src={heatmap} alt="Where it is unusual" style={{ clipPath: `inset(0 0 0 ${share}%)` }} />
            <i style={{ left: `${share}%` }} />
          </>
        )}
      </div>
      {heatmap !== undefined && (
        <input
          type="range"
          min="0"
          max="100"
          value={share}
          aria-label="How much of the picture is shown without heatmap, in per cent"
          onInput={({ currentTarget }) => setShare(currentTarget.valueAsNumber)}
        />
      )}
    </section>
  )
}
