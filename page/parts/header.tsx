import { count, lasting } from '../../alerts/words.js'
import type { MonitorView, View } from '../../live/view.js'
import { toggleTheme } from '../client/theme.js'
import type { Link } from '../model/state.js'
import { figure, zoned } from '../model/words.js'
import { Glyph } from './glyph.js'

interface Props {
  readonly view: View
  readonly monitor: MonitorView
  readonly link: Link
  readonly choose: (monitor: string) => void
}

export const Header = ({ view, monitor, link, choose }: Props) => (
  <header class="header">
    <h1>Driftwatch</h1>
    {view.monitors.length > 1 ? (
      <select aria-label="Monitor" value={monitor.name} onChange={({ currentTarget }) => choose(currentTarget.value)}>
        {view.monitors.map(({ name }) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    ) : (
      <span class="name">{monitor.name}</span>
    )}
    <State monitor={monitor} link={link} />
    <Figures view={view} monitor={monitor} />
    <ThemeToggle />
  </header>
)

const Figures = ({ view, monitor: { pipeline, unit, provider } }: Pick<Props, 'view' | 'monitor'>) => (
  <dl class="figures">
    {!view.frozen && (
      <>
        <Figure
          name="rate"
          value={`${figure(pipeline.recordsPerSecond)} ${unit}/s`}
          title={`${count(pipeline.records)} ${unit} so far, ${count(pipeline.rejected)} of them rejected`}
        />
        <Figure name="lag" value={`lag ${figure(pipeline.lag)}`} title="Records that wait in the source" />
      </>
    )}
    <Figure name="provider" value={`on ${provider}`} title="What the scores are computed on" />
    {view.frozen ? (
      <Figure name="version" value={view.version} title="Of Driftwatch" />
    ) : (
      <Figure
        name="up"
        value={`up ${lasting(view.now - view.startedAt)}`}
        title={`Since ${zoned(view.startedAt)}; Driftwatch ${view.version}`}
      />
    )}
  </dl>
)

const ThemeToggle = () => (
  <button type="button" class="theme" onClick={toggleTheme} aria-label="Light or dark" title="Light or dark">
    <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <circle class="hollow" cx="8" cy="8" r="6.5" />
      <path d="M8 1.5a6.5 6.5 0 0 1 0 13Z" />
    </svg>
  </button>
)

function State({ monitor: { state }, link }: Pick<Props, 'monitor' | 'link'>) {
  if (link.is === 'lost') return <Word shape="no data" word="connection lost" />
  if (state.is === 'troubled') return <Word shape="troubled" word="troubled" />
  return <Word shape={state.is === 'watching' ? 'watching' : 'quiet'} word={link.is === 'frozen' ? 'finished run' : state.is} />
}

const Word = ({ shape, word }: { readonly shape: 'no data' | 'troubled' | 'watching' | 'quiet'; readonly word: string }) => (
  <span class="state">
    <Glyph shape={shape} /> {word}
  </span>
)

const Figure = ({ name, value, title }: { readonly name: string; readonly value: string; readonly title: string }) => (
  <div title={title}>
    <dt class="unseen">{name}</dt>
    <dd>{value}</dd>
  </div>
)
