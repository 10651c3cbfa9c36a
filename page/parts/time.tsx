import { lasting } from '../../alerts/words.js'
import { moment, zoned } from '../model/words.js'

/** A local time; its zone on hovering. */
export const Time = ({ at, now }: { readonly at: number; readonly now: number }) => (
  <time dateTime={new Date(at).toISOString()} title={zoned(at)}>
    {moment(at, now)}
  </time>
)

/** How long ago. */
export const Ago = ({ at, now }: { readonly at: number; readonly now: number }) => (
  <time dateTime={new Date(at).toISOString()} title={zoned(at)}>
    {lasting(now - at)}
  </time>
)
