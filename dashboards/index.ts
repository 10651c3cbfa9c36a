import * as marks from './annotations.js'
import type { Board } from './board.js'
import * as alerts from './panels/alerts.js'
import * as budget from './panels/budget.js'
import * as deliveries from './panels/deliveries.js'
import * as flow from './panels/flow.js'
import * as process from './panels/process.js'
import * as scores from './panels/scores.js'

/** The dashboards, as their readers go through them. */
export const boards: readonly Board[] = [
  {
    name: 'overview',
    title: 'Overview',
    description: 'Every monitor and stream at a glance: what is open, what each stream does, and whether the data flows.',
    narrowBy: 'stream',
    annotations: [marks.newReference(), marks.newConfiguration(), marks.newDriftwatch(), marks.deploys()],
    rows: {
      Now: [alerts.openAlerts(), alerts.streamsByState()],
      Streams: [alerts.statusTimeline(), alerts.everyStream()],
      Flow: [flow.recordsPerSecond(), flow.lag(), flow.rejectedShare()],
    },
  },
  {
    name: 'stream',
    title: 'Stream',
    description: 'One stream, or some: how unusual it is, since when, and which features make it so.',
    narrowBy: 'stream',
    annotations: [marks.episodes(), marks.newReference(), marks.newConfiguration(), marks.newDriftwatch(), marks.deploys()],
    rows: {
      State: [alerts.statusTimeline()],
      Rarity: [scores.rarityOfRecords(), scores.rarityOfWindows()],
      Drift: [scores.windowDrift(), scores.charts()],
      Why: [alerts.contributions(), alerts.openedByStream()],
      Scores: [flow.recordsOfStreams(), scores.scoresOverTime()],
    },
  },
  {
    name: 'calibration',
    title: 'Calibration',
    description: 'Whether the budget of false alarms is held, and what the reference can promise.',
    narrowBy: 'monitor',
    annotations: [marks.newReference(), marks.newConfiguration()],
    rows: {
      Budget: [budget.sinceStart(), budget.resolution(), budget.budgetAndRealised(), budget.timeInAlarm(), budget.budgetWatch()],
      Uniformity: [scores.pBuckets(), scores.rarityBuckets(), scores.pUniformity(), scores.scoresOverTime()],
      Reference: [budget.referenceAge(), budget.pegged(), budget.adapted(), budget.references()],
    },
  },
  {
    name: 'health',
    title: 'Health',
    description: 'Driftwatch itself: its processes, what holds the data up, its sinks and its commits.',
    narrowBy: 'monitor',
    annotations: [marks.newReference(), marks.newConfiguration(), marks.newDriftwatch()],
    rows: {
      Processes: [process.up(), process.fallback(), process.providers(), process.versions(), process.eventLoop(), process.workerRestarts()],
      Latency: [process.endToEnd(), process.stages()],
      'Back-pressure': [flow.inFlight(), flow.bytesInFlight(), flow.lag()],
      Deliveries: [deliveries.accepted(), deliveries.failed(), deliveries.lost()],
      'Dead letters and commits': [flow.rejectedByReason(), deliveries.commitAge(), deliveries.stateRounds(), deliveries.stateBytes()],
    },
  },
]
