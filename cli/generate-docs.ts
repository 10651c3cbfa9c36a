import { writeFileSync } from 'node:fs'
import { configurationPage } from '../config/docs.js'
import { labelValues } from '../pipelines/metric-labels.js'
import { Metrics } from '../pipelines/metrics.js'
import { metricsPage } from '../telemetry/metrics-page.js'
import { commandLinePage } from './cli-page.js'
import { severityPicture } from './severity-picture.js'

/** The pages and pictures under docs/ that are made from code (`npm run docs`). */
const pages = {
  'docs/cli.md': commandLinePage(),
  'docs/configuration.md': configurationPage(),
  'docs/metrics.md': metricsPage(new Metrics().registry, labelValues),
  'docs/pictures/severity.svg': severityPicture(),
}

for (const [path, text] of Object.entries(pages)) writeFileSync(path, text)
