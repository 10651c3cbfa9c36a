import { useState } from 'preact/hooks'
import { count } from '../../alerts/words.js'
import type { AlertView } from '../../live/view.js'
import { Time } from './time.js'

/** The rarest records, where they lie, and the command that explains the worst. */
export const Worst = ({ alert: { latest, explain }, now }: { readonly alert: AlertView; readonly now: number }) => (
  <section class="worst">
    <h3>
      Worst records <small>rarest first: topic / partition / offset</small>
    </h3>
    <ul>
      {latest.worst.map(({ topic, partition, offset, id, time }) => (
        <li key={`${topic}/${partition}/${offset}`}>
          <span class="place">
            {topic} / {partition} / {count(offset)}
            {id !== undefined && <span class="quiet"> {id}</span>}
          </span>
          <span class="quiet">
            <Time at={Date.parse(time)} now={now} />
          </span>
        </li>
      ))}
    </ul>
    {explain !== undefined && <Command text={explain} />}
  </section>
)

/** A command to copy. Where the page may not write to the clipboard, it is selected instead. */
function Command({ text }: { readonly text: string }) {
  const [done, setDone] = useState('copy')
  const copy = async (box: HTMLElement) => {
    try {
      await navigator.clipboard.writeText(text)
      setDone('copied')
    } catch {
      getSelection()?.selectAllChildren(box)
      setDone('selected')
    }
    setTimeout(() => setDone('copy'), 2000)
  }
  return (
    <div class="command">
      <code>{text}</code>
      <button
        type="button"
        aria-label={`${done} the command that explains the worst record`}
        onClick={({ currentTarget }) => {
          const box = currentTarget.previousElementSibling
          if (box instanceof HTMLElement) void copy(box)
        }}
      >
        {done}
      </button>
    </div>
  )
}
