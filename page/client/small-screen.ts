/** As in styles/small.css: the stream is below the lists. */
const small = matchMedia('(max-width: 860px)')

/** Scrolls to what was chosen, once it is drawn, where it would else be out of sight. */
export function bringIntoSight(id: string): void {
  if (small.matches) requestAnimationFrame(() => setTimeout(() => document.getElementById(id)?.scrollIntoView()))
}
