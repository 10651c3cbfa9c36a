const KEPT = 'driftwatch-theme'
type Theme = 'light' | 'dark'

const system = matchMedia('(prefers-color-scheme: dark)')
const systemTheme = (): Theme => (system.matches ? 'dark' : 'light')
const theme = (): Theme => chosen ?? systemTheme()

let chosen = kept()

/** A report on a disk may have no storage. */
function kept(): Theme | undefined {
  try {
    const text = localStorage.getItem(KEPT)
    return text === 'light' || text === 'dark' ? text : undefined
  } catch {
    return undefined
  }
}

function keep(): void {
  try {
    if (chosen === undefined) localStorage.removeItem(KEPT)
    else localStorage.setItem(KEPT, chosen)
  } catch {
    // Then it lasts as long as the page.
  }
}

/** Puts the theme on the page, now and whenever it changes: the system's, unless the user has chosen the other. */
export function startTheme(): void {
  system.addEventListener('change', apply)
  apply()
}

export function toggleTheme(): void {
  const other = theme() === 'dark' ? 'light' : 'dark'
  chosen = other === systemTheme() ? undefined : other
  keep()
  apply()
}

function apply(): void {
  document.documentElement.dataset.theme = theme()
  document.dispatchEvent(new Event('theme'))
}

/** A canvas is not styled by the sheet: it draws itself again. Returns the way to stop that. */
export function onTheme(redraw: () => void): () => void {
  document.addEventListener('theme', redraw)
  return () => document.removeEventListener('theme', redraw)
}

/** A colour of the style sheet, as the theme has it now. */
export const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()
